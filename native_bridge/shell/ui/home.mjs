/** The native home screen: a greeting, the state of this device in plain words, and a door to each installed app. */
import { fill, h, icon } from "./dom.mjs";
import { pairText } from "./i18n.mjs";

const PICTURES = Object.freeze({ home: "home", accounts: "account", sweep: "sweep", wealth: "wealth", cards: "card" });
const ORDER = Object.freeze(Object.keys(PICTURES));

/** Apps first as the bank orders them, then the rest. @param {any} left @param {any} right */
function byOrder(left, right) {
  const place = (/** @type {any} */ release) => (ORDER.includes(release.bundle) ? ORDER.indexOf(release.bundle) : ORDER.length);
  return place(left) - place(right) || left.bundle.localeCompare(right.bundle);
}

/** The home screen. */
export class Home {
  /** @param {{root: HTMLElement, state: import("./state.mjs").State, t: () => any, onOpen: (bundle: string) => void}} parts */
  constructor({ root, state, t, onOpen }) {
    Object.assign(this, { root, state, t, onOpen });
    state.watch(["locale", "releases", "session", "device", "failure", "busy", "bank"], () => this.#render());
  }

  #render() {
    const t = this.t();
    const device = this.state.get("device");
    const name = this.state.get("session")?.customer?.name ?? device?.customer?.name;
    const apps = this.state.get("releases").filter((/** @type {any} */ release) => release.entry).sort(byOrder);
    fill(this.root,
      h("section", { class: "hello" }, h("h1", null, name ? t("home.helloName", { name }) : t("home.hello")), h("p", null, this.#bank())),
      h("section", { class: "tiles", "aria-label": t("home.apps") },
        apps.length ? apps.map((/** @type {any} */ release) => this.#door(release)) : this.#none()),
      this.#device(device), h("div", { class: "fill" }), h("p", { class: "cap home-note" }, t("home.note")), h("div", { class: "home-ind" }));
  }

  #bank() {
    return pairText(this.state.get("bank"), this.state.get("locale"));
  }

  #door(release) {
    const t = this.t();
    const key = `home.door.${release.bundle}`;
    const said = PICTURES[release.bundle] ? t(key) : release.bundle;
    return h("button", { class: "card door", onclick: () => this.onOpen(release.bundle), "data-open": release.bundle },
      h("span", { class: "tile" }, icon(PICTURES[release.bundle] ?? "box", 24)),
      h("span", null, h("b", null, pairText(release.manifest.title, this.state.get("locale"))), h("span", { class: "cap" }, said)), icon("right"));
  }

  #none() {
    const t = this.t();
    const failed = this.state.get("failure");
    return h("div", { class: "card" }, h("h3", null, t(failed ? "home.failed" : "home.loading")),
      h("p", { class: "cap" }, t(failed ? "home.failedWhy" : "home.loadingWhy")));
  }

  #device(device) {
    const t = this.t();
    const state = device?.state ?? "none";
    const next = state === "ACTIVE" ? "home.step.active" : state === "PENDING" ? "home.step.pending" : "home.step.none";
    return h("section", { class: "card", "aria-label": t("device.title") },
      h("div", { class: "row between" }, h("h3", null, t("home.device")), stateChip(t, state)), h("p", { class: "cap" }, t(next)));
  }
}

/** The state of a device as a word with its colour. @param {any} t @param {string} state @returns {HTMLElement} */
export function stateChip(t, state) {
  const look = { ACTIVE: "ok", PENDING: "warn", SUSPENDED: "bad", REVOKED: "line" }[state] ?? "";
  const word = { ACTIVE: "device.active", PENDING: "device.pending", SUSPENDED: "device.suspended", REVOKED: "device.revoked" }[state] ?? "device.none";
  return h("span", { class: `chip ${look}` }, t(word));
}
