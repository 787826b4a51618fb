/** The left column's lower part: this simulated device, its network and look, and in a sandbox the customers to try. */
import { copyText } from "./dialog.mjs";
import { fill, h, icon } from "./dom.mjs";
import { NETWORKS } from "./faults.mjs";
import { keepingFocus } from "./focus.mjs";
import { grouped, moment, shortKey } from "./format.mjs";
import { stateChip } from "./home.mjs";
import { pairText } from "./i18n.mjs";
import { modelOf, modelsOf, PLATFORMS } from "./models.mjs";


/** A segmented choice. @param {{label: string, choices: [string, string][], chosen: string, onPick: (value: string) => void}} parts */
export function segments({ label, choices, chosen, onPick }) {
  return h("div", { class: "seg", role: "radiogroup", "aria-label": label }, choices.map(([value, text]) =>
    h("button", {
      class: value === chosen ? "on" : null, role: "radio", "aria-checked": String(value === chosen), tabindex: value === chosen ? "0" : "-1", "data-value": value,
      onclick: () => onPick(value), onkeydown: (/** @type {KeyboardEvent} */ event) => stepped(event, choices.map(([each]) => each), value, onPick),
    }, text)));
}

/** The arrow keys pick the neighbour, and the keyboard goes with it. @param {KeyboardEvent} event @param {string[]} values @param {string} value @param {(value: string) => void} onPick */
function stepped(event, values, value, onPick) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = values[(values.indexOf(value) + step + values.length) % values.length];
  const neighbour = /** @type {HTMLElement} */ (event.currentTarget).parentElement?.querySelector(`[data-value="${next}"]`);
  /** @type {HTMLElement | null | undefined} */ (neighbour)?.focus();
  onPick(next);
}

/** The panel of the device. */
export class DevicePanel {
  /**
   * @param {{root: HTMLElement, state: import("./state.mjs").State, t: () => any,
   *   on: {locale: (locale: string) => void, network: (network: string) => void, model: (id: string) => void, theme: () => void, reset: () => void, logout: () => void}}} parts
   */
  constructor({ root, state, t, on }) {
    Object.assign(this, { root, state, t, on });
    state.watch(["locale", "theme", "network", "model", "device", "session", "keyId", "samples", "lockedUntil"], () => this.#render());
  }

  #render() {
    keepingFocus(this.root, () => fill(this.root, this.#device(), this.#samples()));
  }

  #device() {
    const t = this.t();
    const state = this.state;
    const device = state.get("device");
    const session = state.get("session");
    const dark = state.get("theme") === "dark";
    const rows = [
      [t("device.model"), this.#models()],
      [t("device.locale"), segments({ label: t("device.locale"), choices: [["zh-CN", "中文"], ["en", "English"]], chosen: state.get("locale"), onPick: this.on.locale })],
      [t("device.network"), segments({ label: t("device.network"), choices: NETWORKS.map((each) => [each, t(`network.${each}`)]), chosen: state.get("network"), onPick: this.on.network })],
      [t("device.dark"), value(h("span", { class: "muted" }, t(dark ? "device.darkOn" : "device.darkOff")),
        h("button", { class: dark ? "switch on" : "switch", role: "switch", "aria-checked": String(dark), "aria-label": t("device.dark"), onclick: this.on.theme }))],
      [t("device.key"), value(h("span", { class: "mono num" }, state.get("keyId") ? shortKey(state.get("keyId")) : "–"), h("span", { class: "chip" }, t("device.sim")))],
      [t("device.state"), value(stateChip(t, device?.state ?? "none"), device?.boundAt ? h("span", { class: "muted num t12" }, moment(device.boundAt, state.get("locale"))) : null)],
      [t("device.customer"), value(h("span", null, device?.customer?.name ?? session?.customer?.name ?? t("device.unbound")),
        session?.state === "customer" ? h("button", { class: "btn ghost", onclick: this.on.logout }, t("device.logout")) : null)],
    ];
    return h("section", { class: "sec", "aria-label": t("device.title") }, h("h2", null, t("device.title"), device?.deviceId ? h("small", { class: "mono" }, device.deviceId.slice(0, 12)) : null),
      h("div", { class: "platforms" }, segments({ label: t("device.platform"), choices: PLATFORMS.map((each) => [each, t(`platform.${each}`)]), chosen: modelOf(state.get("model")).platform, onPick: (platform) => this.on.model(modelsOf(platform)[0].id) })),
      h("div", { class: "set" }, rows.flatMap(([name, control]) => [h("span", null, name), control])),
      h("button", { class: "btn danger block reset", onclick: this.on.reset, "data-do": "reset" }, icon("undo", 16), t("device.reset")));
  }

  #models() {
    const chosen = modelOf(this.state.get("model"));
    const sizes = modelsOf(chosen.platform).map(({ id, name, width, height }) => h("option", { value: id, selected: id === chosen.id }, name.includes("×") ? name : `${name} · ${width} × ${height}`));
    return h("select", { class: "pick", "aria-label": this.t()("device.model"), "data-do": "model", onchange: (/** @type {any} */ event) => this.on.model(event.target.value) }, sizes);
  }

  #samples() {
    const samples = this.state.get("samples");
    if (!samples?.length) return null;
    const t = this.t();
    return h("section", { class: "sec", "aria-label": t("samples.title") }, h("h2", null, t("samples.title"), h("small", null, t("sandbox"))),
      h("p", { class: "muted t12" }, t("samples.why")), samples.map((/** @type {any} */ sample) => this.#sample(sample)));
  }

  #bank(card) {
    const bank = pairText({ zh: card.bankZh, en: card.bankEn ?? card.bankZh }, this.state.get("locale"));
    return [bank, card.cardClass ? this.t()("samples.class", { class: card.cardClass }) : null].filter(Boolean).join(" · ");
  }

  #sample(sample) {
    const t = this.t();
    const lines = [["samples.name", sample.name, sample.name], ["samples.id", sample.idNumber, sample.idNumber],
      ["samples.mobile", sample.mobile, sample.mobile], ["samples.card", sample.card, grouped(sample.card)]].filter(([, text]) => text);
    const also = (sample.also ?? []).map((/** @type {any} */ one) => ["samples.also", one.card, grouped(one.card), this.#bank(one)]);
    return h("div", { class: "sample" },
      h("div", { class: "row between" }, h("b", null, sample.name),
        h("span", { class: "muted" }, this.#bank(sample))),
      sample.note ? h("p", { class: "muted" }, pairText(sample.note, this.state.get("locale"))) : null,
      h("div", { class: "lines" }, [...lines, ...also].flatMap(([key, text, shown, bank]) => [
        h("span", null, t(key)), h("span", { class: "mono" }, shown, bank ? h("br") : null, bank ?? null),
        h("button", { class: "mini", "aria-label": t("samples.copy", { what: t(key), name: sample.name }), onclick: () => copyText(text, t("copied")) }, icon("copy", 16))])));
  }
}

/** @param {...(Node | null)} children */
function value(...children) {
  return h("div", { class: "val" }, ...children);
}
