/**
 * The phone on the stage: origin and verified state above it; inside, status bar, title bar, and the place where the
 * native home or a bundle's frame stands. The frame fills everything below the title bar; the home indicator lies above it.
 */
import { fill, h, icon } from "./dom.mjs";
import { clock } from "./format.mjs";
import { modelOf } from "./models.mjs";

const MINUTE_CHECK_MS = 5000;
const LOW_BAR = 30;
const GESTURE_BAR = 30;
const BEZELS = 24;
const ABOVE = 72;
const LEAST_SCALE = 0.5;
const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string>} attributes @param {...Element} children */
function shape(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function bars() {
  const marks = [[0, 8, 4], [5, 5.5, 6.5], [10, 3, 9], [15, 0, 12]];
  return shape("svg", { width: "18", height: "12", viewBox: "0 0 18 12", fill: "currentColor", "aria-hidden": "true" },
    ...marks.map(([x, y, height]) => shape("rect", { x: `${x}`, y: `${y}`, width: "3", height: `${height}`, rx: "1" })));
}

function battery() {
  return shape("svg", { width: "26", height: "12", viewBox: "0 0 26 12", "aria-hidden": "true" },
    shape("rect", { x: ".5", y: ".5", width: "22", height: "11", rx: "3.5", fill: "none", stroke: "currentColor", opacity: ".5" }),
    shape("rect", { x: "2", y: "2", width: "16", height: "8", rx: "2", fill: "currentColor" }),
    shape("path", { d: "M24 4v4c.8-.3 1.4-1.1 1.4-2S24.8 4.3 24 4z", fill: "currentColor", opacity: ".5" }));
}

/** The phone and what stands in it. */
export class Phone {
  /** @param {{stage: HTMLElement, state: import("./state.mjs").State, t: () => any, onBack: () => void, onLeave: () => void}} parts */
  constructor({ stage, state, t, onBack, onLeave }) {
    Object.assign(this, { state, t, onBack, onLeave });
    this.origin = h("div", { class: "origin" });
    this.time = h("span");
    this.system = h("span", { class: "sys" });
    this.bar = h("header", { class: "navbar" });
    this.home = h("div", { class: "home" });
    this.frame = h("div", { class: "frame" });
    this.preview = h("div", { class: "preview", role: "status" });
    this.view = h("div", { class: "appview" }, this.bar, this.preview, this.home, this.frame);
    this.indicator = h("div", { class: "home-ind indicator", "aria-hidden": "true" });
    this.guard = h("span", { class: "shotguard chip" });
    this.screen = h("div", { class: "screen" },
      h("div", { class: "status num" }, this.time, this.system), this.view, this.indicator, this.guard);
    this.element = h("div", { class: "phone" }, this.screen);
    fill(stage, this.origin, this.element);
    setInterval(() => this.#clock(), MINUTE_CHECK_MS);
    this.#clock();
    state.watch(["open", "locale", "network"], () => this.#render());
    state.watch(["model"], () => this.#shape());
    globalThis.addEventListener("resize", () => this.#fit());
  }

  /** Become the chosen device. */
  #shape() {
    const { platform, width, height, top, bottom, radius } = modelOf(this.state.get("model"));
    for (const [name, pixels] of Object.entries({ width, height, top, bottom, radius })) this.element.style.setProperty(`--phone-${name}`, `${pixels}px`);
    Object.assign(this.element.dataset, { platform, edge: top < LOW_BAR ? "low" : "tall", bottom: bottom === 0 ? "none" : platform === "android" && bottom > GESTURE_BAR ? "buttons" : "bar" });
    this.#fit();
  }

  /** Shrink the picture of the phone where the window is low; the page keeps its size. */
  #fit() {
    const { height } = modelOf(this.state.get("model"));
    const room = (this.element.parentElement?.clientHeight ?? 0) - ABOVE;
    const scale = Math.min(1, Math.max(LEAST_SCALE, room / (height + BEZELS)));
    const drawn = { transform: scale < 1 ? `scale(${scale})` : "none", marginBottom: `${(scale - 1) * (height + BEZELS)}px` };
    Object.assign(this.element.style, drawn);
  }

  #clock() {
    this.time.textContent = clock(new Date());
  }

  #render() {
    const open = this.state.get("open");
    const t = this.t();
    this.screen.setAttribute("aria-label", t("phone.label"));
    fill(this.system, this.state.get("network") === "offline" ? icon("wifioff", 16) : bars(), battery());
    fill(this.origin, ...(open ? this.#bundleOrigin(open) : this.#homeOrigin()));
    this.bar.hidden = !open;
    this.home.hidden = Boolean(open);
    this.frame.hidden = !open;
    this.guard.hidden = !open?.protected;
    this.preview.hidden = !open?.preview;
    if (open?.preview) fill(this.preview, h("span", { class: "chip warn" }, t("preview.badge", { version: open.preview })), h("button", { class: "btn", onclick: this.onLeave }, t("preview.leave")));
    this.guard.textContent = t("phone.protected");
    if (open) this.#title(open);
  }

  #bundleOrigin(open) {
    const t = this.t();
    const live = open.state === "live";
    const chip = live ? h("span", { class: "chip ok" }, t("phone.verified"))
      : h("span", { class: open.failure ? "chip bad" : "chip" }, t(open.failure ? "phone.refused" : "phone.verifying"));
    return [h("span", { class: live ? "lead good" : "lead muted" }, icon("lock", 16)), h("span", { class: "mono" }, open.origin), chip];
  }

  #homeOrigin() {
    const t = this.t();
    return [h("span", { class: "lead muted" }, icon("phone", 16)), h("span", null, t("phone.native")), h("span", { class: "chip" }, t("phone.noPage"))];
  }

  #title(open) {
    const t = this.t();
    const leading = open.leading === "none" ? h("span")
      : h("button", { "aria-label": t(open.leading === "close" ? "phone.close" : "phone.back"), onclick: this.onBack }, icon(open.leading === "close" ? "x" : "left", 24));
    fill(this.bar, leading, h("h1", null, open.title), h("span"));
  }
}

/** What stands in the frame until the page says that it is ready. @param {any} t @returns {HTMLElement} */
export function bones(t) {
  return h("div", { class: "wait", role: "status", "aria-label": t("phone.verifying") },
    h("div", { class: "bone s" }), h("div", { class: "bone" }), h("div", { class: "bone" }));
}

/** What stands in the frame when the bundle did not open. @param {{t: any, title?: string, action?: string, sentence: string, code: string, retry: () => void, home: () => void}} parts */
export function blocked({ t, title, action, sentence, code, retry, home }) {
  return h("div", { class: "wait" }, h("section", { class: "card", role: "alert" },
    h("h3", null, title ?? t("phone.blocked")), h("p", null, sentence), h("p", { class: "mono" }, code),
    h("div", { class: "row g2" },
      h("button", { class: "btn primary lg", onclick: retry }, action ?? t("retry")), h("button", { class: "btn lg", onclick: home }, t("phone.toHome")))));
}
