/**
 * The sheet that the bank draws over the whole phone: its frame, its one way out, and that there is only one at a time.
 *
 * The page behind shrinks, turns grey and cannot be touched; the bezel turns brass. Focus stays inside, Esc is 取消.
 * What stands on the sheet comes from sign.mjs, bind.mjs and unlock.mjs.
 */
import { ShellError } from "../core/errors.mjs";
import { drawing, fill, h, icon } from "./dom.mjs";
import { holdFocus } from "./focus.mjs";
import { countdown } from "./format.mjs";
import { guilloche } from "./guilloche.mjs";

const TICK_MS = 250;
const LAST_SECONDS = 15;

/** @param {string} sentence */
function cancelled(sentence) {
  return new ShellError("USER_CANCELLED", sentence);
}

/** Where sheets are shown. */
export class SheetStand {
  #phone;
  #open = false;

  /** @param {{phone: {element: HTMLElement, screen: HTMLElement, view: HTMLElement}, sandbox: () => string | null}} parts */
  constructor({ phone, sandbox }) {
    this.#phone = phone;
    this.sandbox = sandbox;
  }

  get busy() {
    return this.#open;
  }

  /**
   * Show one sheet until it settles.
   * @template T
   * @param {{t: any, label: string, title: string, phrase: string | null | undefined,
   *   draw: (sheet: Sheet) => void, signal?: AbortSignal}} content signal: whoever asked has gone, so the sheet goes too
   * @returns {Promise<T>}
   * @throws {ShellError} BUSY when another sheet is open, USER_CANCELLED, and what the content refuses with
   */
  show(content) {
    if (this.#open) return Promise.reject(new ShellError("BUSY", "another sheet is open"));
    if (content.signal?.aborted) return Promise.reject(cancelled("whoever asked had gone before the sheet stood"));
    this.#open = true;
    const { element, screen, view } = this.#phone;
    return new Promise((resolve, reject) => {
      const sheet = new Sheet({ content, sandbox: this.sandbox(), settle: { resolve, reject } });
      element.classList.add("signing");
      view.inert = true;
      screen.append(sheet.element);
      sheet.begin(() => {
        element.classList.remove("signing");
        view.inert = false;
        this.#open = false;
      });
      content.signal?.addEventListener("abort", () => sheet.cancel());
      try {
        content.draw(sheet);
      } catch (error) {
        sheet.fail(error);
      }
    });
  }
}

/** One sheet while it is open. */
export class Sheet {
  #settle;
  #timer = 0;
  #finish = () => {};
  #onKey = (/** @type {KeyboardEvent} */ _event) => {};
  #locked = false;

  constructor({ content, sandbox, settle }) {
    this.#settle = settle;
    this.t = content.t;
    this.main = h("div", { class: "row", place: { flex: "1", minHeight: "0", flexDirection: "column", alignItems: "stretch" } });
    this.cancelButton = h("button", { class: "cancel", onclick: () => this.cancel() }, this.t("cancel"));
    this.frame = h("div", { class: "nsheet" },
      drawing("0 0 390 260", guilloche(), "guilloche"),
      h("div", { class: "nhead" },
        h("span", { class: "seal" }, icon("mark", 24)),
        h("div", null, h("h2", null, content.title), h("p", null, this.t("sheet.layer"))), this.cancelButton),
      content.phrase === undefined ? null : phraseLine(this.t, content.phrase), this.main, h("div", { class: "home-ind" }));
    this.element = h("div", { class: "native", role: "dialog", "aria-modal": "true", "aria-label": content.label },
      sandbox ? h("span", { class: "sandbox" }, sandbox) : null, this.frame);
  }

  /** @param {() => void} finish what to undo when the sheet goes */
  begin(finish) {
    const release = holdFocus(this.element, { onEscape: () => this.cancel(), onKey: (event) => this.#onKey(event) });
    this.#finish = () => {
      this.#finish = () => {};
      clearInterval(this.#timer);
      this.element.remove();
      finish();
      release();
    };
  }

  /** Draw the content below the head. @param {...any} children */
  draw(...children) {
    fill(this.main, ...children);
  }

  /** Who gets the keys that the frame does not use. @param {(event: KeyboardEvent) => void} listener */
  set onKey(listener) {
    this.#onKey = listener;
  }

  /** While bytes are under way there is no way back. @param {boolean} locked */
  set locked(locked) {
    this.#locked = locked;
    this.cancelButton.toggleAttribute("disabled", locked);
  }

  cancel() {
    if (!this.#locked && this.element.isConnected) this.fail(this.way ?? cancelled("the person closed the sheet"));
  }

  /** @param {unknown} value */
  done(value) {
    this.#finish();
    this.#settle.resolve(value);
  }

  /** @param {unknown} error */
  fail(error) {
    this.#finish();
    this.#settle.reject(error);
  }

  /** From now on closing means this error. @param {Error | null} error */
  closeWith(error) {
    this.way = error;
    this.cancelButton.textContent = this.t(error ? "close" : "cancel");
  }

  /**
   * Count down to an instant.
   * @param {{until: number, clock: () => number, say: (text: string) => void, over: () => void}} parts epoch milliseconds
   */
  countDown({ until, clock, say, over }) {
    const tick = () => {
      const left = (until - clock()) / 1000;
      if (left > 0) {
        say(countdown(left));
        this.element.classList.toggle("last", left < LAST_SECONDS);
        return;
      }
      clearInterval(this.#timer);
      over();
    };
    this.#timer = window.setInterval(tick, TICK_MS);
    tick();
  }

  stopCountDown() {
    clearInterval(this.#timer);
  }
}

/** @param {any} t @param {string | null} phrase */
function phraseLine(t, phrase) {
  return h("div", { class: "phrase" }, icon("lock", 16), h("span", null, t("sheet.phrase")), h("span", { class: "grow" }),
    phrase ? h("b", null, phrase) : h("b", { class: "unset" }, t("sheet.noPhrase")));
}

/** A sentence on the sheet that says why not. @param {string} sentence @returns {HTMLElement} */
export function complaint(sentence) {
  return h("div", { class: "nerr", role: "alert" }, icon("alert", 16), h("span", null, sentence));
}

/**
 * Nothing but a refusal and a way out.
 * @param {Sheet} sheet @param {{title: string, sentence: string, code: string, detail?: string, error: Error}} refusal
 */
export function refusal(sheet, { title, sentence, code, detail, error }) {
  sheet.stopCountDown();
  sheet.locked = false;
  sheet.closeWith(error);
  sheet.onKey = () => {};
  const leave = h("button", { class: "nbtn", onclick: () => sheet.fail(error) }, sheet.t("close"));
  sheet.draw(
    h("div", { class: "refused", role: "alert" }, icon("alert", 24), h("h3", null, title), h("p", null, sentence),
      h("p", { class: "mono" }, detail ? `${code} · ${detail}` : code)),
    h("div", { class: "space" }), leave, h("div", { place: { height: "12px", flex: "none" } }));
  leave.focus();
}
