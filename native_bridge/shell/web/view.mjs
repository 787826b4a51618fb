/** What the web host draws: the title bar, the place of the frame, the bar that leads to the app, and full screens. */
import { pairText } from "../ui/i18n.mjs";
import { fill, h, icon } from "../ui/dom.mjs";
import { sayIn } from "./texts.mjs";

export class View {
  #bar = h("header", { class: "navbar" });
  #wait = h("div", { class: "wait", role: "status" }, h("div", { class: "bone s" }), h("div", { class: "bone" }), h("div", { class: "bone" }));
  #appbar = h("aside", { class: "appbar", role: "status", hidden: true });
  #title = "";
  #leads = false;
  #screen = null;
  place = h("main", { class: "place" });

  /** @param {{root: HTMLElement, appearance: {locale: string, theme: string}, link: () => string, onBack: () => void, onLocale: () => void}} parts */
  constructor({ root, appearance, link, onBack, onLocale }) {
    Object.assign(this, { root, appearance, link, onBack, onLocale });
    this.place.append(this.#wait);
    fill(root, this.#bar, this.place, this.#appbar);
    this.draw();
  }

  get t() {
    return sayIn(this.appearance.locale);
  }

  /** Draw again: another language, title or way back. */
  draw() {
    const t = this.t;
    document.documentElement.lang = this.appearance.locale;
    document.documentElement.dataset.theme = this.appearance.theme;
    document.title = this.#title || "Tidegate";
    this.#wait.setAttribute("aria-label", t("loading"));
    fill(this.#bar, this.#leads ? h("button", { "aria-label": t("back"), onclick: this.onBack }, icon("left", 24)) : h("span"),
      h("h1", null, this.#title),
      h("button", { class: "lang", lang: "mul", onclick: this.onLocale }, this.appearance.locale === "en" ? "中文" : "EN"));
    fill(this.#appbar, h("p", null, t("app.why")), this.#toApp("btn primary"));
    if (this.#screen) this.whole(...this.#screen);
  }

  #toApp(look) {
    return h("a", { class: look, href: this.link(), rel: "noreferrer" }, this.t("app.open"));
  }

  /** @param {{title?: string, leads?: boolean}} change leads: whether there is a way back */
  change({ title = this.#title, leads = this.#leads }) {
    this.#title = title;
    this.#leads = leads;
    this.draw();
  }

  /** The page's first screen stands. */
  ready() {
    this.#wait.remove();
  }

  /** Something was asked for that only the app can do. */
  offerApp() {
    this.#appbar.hidden = false;
    this.draw();
  }

  /**
   * The host's own screen in the place of the page.
   * @param {"need" | "none" | "failed" | "ended" | "left"} kind @param {{title?: {zh: string, en: string}, code?: string, retry?: boolean}} [more]
   */
  whole(kind, more = {}) {
    this.#screen = [kind, more];
    const t = this.t;
    const title = pairText(more.title, this.appearance.locale);
    this.#appbar.hidden = true;
    fill(this.place, h("div", { class: "whole", "data-screen": kind }, h("section", { class: "card", role: "alert" },
      h("h1", null, t(/** @type {any} */ (`${kind}.title`))), h("p", null, t(/** @type {any} */ (`${kind}.why`), { title })),
      more.code ? h("p", { class: "mono" }, more.code) : null, this.#toApp("btn primary lg block"),
      more.retry ? h("button", { class: "btn lg block", onclick: () => location.reload() }, t("retry")) : null)));
  }
}
