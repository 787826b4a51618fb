/** The right column: tabs of what happens on the bridge, the selected call in full, and the fault switches. */
import { FAULTS } from "./faults.mjs";
import { detail } from "./detail.mjs";
import { fill, h, icon } from "./dom.mjs";
import { keepingFocus } from "./focus.mjs";
import { offset, size } from "./format.mjs";
import { grantsList, grantsOf } from "./grants.mjs";
import { latencyTable } from "./latency.mjs";
import { timeline } from "./timeline.mjs";

const TABS = Object.freeze(["timeline", "latency", "grants", "events", "storage", "log"]);

/** @param {string} picture @param {string} sentence */
function empty(picture, sentence) {
  return h("div", { class: "empty" }, h("span", { class: "tile plain" }, icon(picture, 24)), sentence);
}

/** The debug panel. */
export class DebugPanel {
  #tab = "timeline";
  #selected = /** @type {number | null} */ (null);
  #part = "request";
  #stored = /** @type {any[]} */ ([]);

  /**
   * @param {{root: HTMLElement, state: import("./state.mjs").State, t: () => any, journal: import("./journal.mjs").Journal,
   *   faults: import("./faults.mjs").Faults, stored: () => Promise<any[]>}} parts
   */
  constructor({ root, state, t, journal, faults, stored }) {
    Object.assign(this, { root, state, t, journal, faults, stored });
    this.tabs = h("div", { class: "tabs", role: "tablist" });
    this.panel = h("div", { class: "panel", role: "tabpanel" });
    this.switches = h("section", { class: "faults" });
    fill(root, this.tabs, this.panel, this.switches);
    state.watch(["locale", "journal", "open", "grants"], () => this.#render());
    state.watch(["locale", "faults"], () => this.#faults());
  }

  #render() {
    const t = this.t();
    this.root.setAttribute("aria-label", t("debug.title"));
    const counts = { timeline: this.journal.rows.length, grants: this.#grants().length, events: this.journal.events.length, log: this.journal.logs.length };
    this.tabs.setAttribute("aria-label", t("debug.title"));
    this.panel.setAttribute("aria-label", t(`tab.${this.#tab}`));
    keepingFocus(this.tabs, () => fill(this.tabs, TABS.map((tab) => h("button", {
      role: "tab", "aria-selected": String(tab === this.#tab), tabindex: tab === this.#tab ? "0" : "-1", "data-tab": tab,
      onclick: () => this.#choose(tab), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#stepped(event),
    }, t(`tab.${tab}`), counts[tab] ? h("small", { class: "num" }, counts[tab]) : null))));
    this.#panel();
  }

  /** The arrow keys go from tab to tab. @param {KeyboardEvent} event */
  #stepped(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tab = TABS[(TABS.indexOf(this.#tab) + step + TABS.length) % TABS.length];
    /** @type {HTMLElement | null} */ (this.tabs.querySelector(`[data-tab=${tab}]`))?.focus();
    void this.#choose(tab);
  }

  async #choose(tab) {
    this.#tab = tab;
    if (tab === "storage") this.#stored = await this.stored();
    this.#render();
  }

  #panel() {
    const scroller = this.panel.querySelector(".tl");
    const atEnd = !scroller || scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 8;
    const kept = scroller?.scrollTop ?? 0;
    const hadFocus = this.panel.contains(document.activeElement) && document.activeElement?.hasAttribute("data-row");
    fill(this.panel, ...this[`_${this.#tab}`]());
    const table = this.panel.querySelector(".tl");
    if (table) table.scrollTop = atEnd ? table.scrollHeight : kept;
    if (hadFocus) this.#selectedElement()?.focus({ preventScroll: true });
  }

  #selectedElement() {
    return /** @type {HTMLElement | null} */ (this.panel.querySelector(".call.on"));
  }

  _timeline() {
    const view = { rows: this.journal.rows, selected: this.#selected, onSelect: (/** @type {number} */ id) => this.select(id), t: this.t() };
    const row = this.journal.rows.find((each) => each.id === this.#selected);
    const shown = row ? detail({ row, part: this.#part, onPart: (part) => { this.#part = part; this.#panel(); }, locale: this.state.get("locale"), t: this.t() }) : null;
    return [timeline(view), shown];
  }

  /** Declared methods and operations of the open page. */
  #grants() {
    const page = this.state.get("open");
    return grantsOf(page, this.state.get("grants")?.[page?.serial]);
  }

  _latency() {
    return [latencyTable(this.journal.rows, this.t()) ?? empty("clock", this.t()("latency.empty"))];
  }

  _grants() {
    const grants = this.#grants();
    return [grants.length ? grantsList(grants, this.state.get("open").bundle, this.t()) : empty("key", this.t()("grants.empty"))];
  }

  _events() {
    const t = this.t();
    if (!this.journal.events.length) return [empty("bell", t("events.empty"))];
    return [h("div", { class: "facts", tabindex: "0" }, this.journal.events.toReversed().map(({ at, name, bundle, payload }) => h("div", { class: "fact" },
      h("span", { class: "mono" }, name), h("span", { class: "muted mono" }, `${bundle} ${offset(at)}`), h("span", { class: "sub mono" }, JSON.stringify(payload)))))];
  }

  _storage() {
    const t = this.t();
    if (!this.#stored.length) return [empty("box", t("storage.empty"))];
    return [h("div", { class: "facts", tabindex: "0" }, this.#stored.map(({ bundle, key, text, bytes }) => h("div", { class: "fact" },
      h("span", { class: "mono" }, `${bundle} / ${key}`), h("span", { class: "muted num" }, size(bytes)), h("span", { class: "sub mono" }, text.slice(0, 400)))))];
  }

  _log() {
    const t = this.t();
    if (!this.journal.logs.length) return [empty("list", t("log.empty"))];
    const look = { warn: "chip warn", error: "chip bad", info: "chip info" };
    return [h("div", { class: "facts", tabindex: "0" }, this.journal.logs.toReversed().map(({ at, source, level, name, fields }) => h("div", { class: "fact" },
      h("span", { class: "mono" }, name), h("span", { class: "row g2" }, h("span", { class: look[level] ?? "chip" }, level), h("span", { class: "muted mono" }, `${source} ${offset(at)}`)),
      fields && Object.keys(fields).length ? h("span", { class: "sub mono" }, JSON.stringify(fields)) : null)))];
  }

  #faults() {
    const t = this.t();
    const focused = document.activeElement?.getAttribute("data-fault");
    this.switches.setAttribute("aria-label", t("faults.title"));
    fill(this.switches, h("div", { class: "row between" }, h("h2", null, t("faults.title")), h("span", { class: "muted t12" }, t("faults.when"))),
      h("div", { class: "fgrid" }, FAULTS.map((fault) => h("button", {
        class: "fault", role: "switch", "aria-checked": String(this.faults.has(fault)), title: t(`fault.${fault}.why`), "data-fault": fault, onclick: () => this.faults.toggle(fault),
      }, h("span", null, t(`fault.${fault}`)), h("span", { class: "sw" })))));
    if (focused) /** @type {HTMLElement | null} */ (this.switches.querySelector(`[data-fault=${focused}]`))?.focus();
  }

  /** @param {number} id */
  select(id) {
    this.#selected = this.#selected === id ? null : id;
    this.#panel();
  }

  /** Go to another row. @param {1 | -1} step */
  move(step) {
    this.#tab = "timeline";
    const { rows } = this.journal;
    if (!rows.length) return this.#render();
    const at = rows.findIndex((row) => row.id === this.#selected);
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
    this.#selected = rows[next].id;
    this.#render();
    const element = this.#selectedElement();
    element?.focus();
    return element?.scrollIntoView({ block: "nearest" });
  }

  /** Put the keyboard on the selected call's detail. */
  enter() {
    /** @type {HTMLElement | null} */ (this.panel.querySelector(".detail"))?.focus();
  }

  /** Put the keyboard on the fault switches. */
  toFaults() {
    /** @type {HTMLElement | null} */ (this.switches.querySelector(".fault"))?.focus();
  }
}
