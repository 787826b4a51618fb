/**
 * The sign sheet: every row is one of the rows that core/approval.mjs rendered from the bytes to be signed.
 *
 * The template says how a row looks (`as`), never what it says. A row that this file cannot place is a refusal.
 */
import { factorsOf } from "../core/approval.mjs";
import { ShellError } from "../core/errors.mjs";
import { h, icon } from "./dom.mjs";
import { checkedPad, faceButtons, showLocked } from "./factor.mjs";
import { complaint, refusal } from "./sheet.mjs";

const DONE_MS = 700;
const PLAIN = Object.freeze(["text", "payee", "payer", "risk", "device", "date"]);

/** Join the template's look with the rendered text; an amount that is signed is shown. @param {any} operation @param {string} locale */
function drawnRows(operation, locale) {
  const rows = operation.rows(locale);
  const looks = operation.template.rows;
  if (rows.length !== looks.length) throw unknownRow("the rows do not fit the template");
  if (Number(operation.fields.amt) !== 0 && !looks.some((/** @type {any} */ look) => look.as === "money")) throw unknownRow("the amount has no row");
  return rows.map((/** @type {any} */ row, /** @type {number} */ index) => {
    const look = looks[index];
    if (look.key !== row.key) throw unknownRow(`row ${row.key}`);
    return { ...row, as: look.as };
  });
}

/** @param {string} what */
function unknownRow(what) {
  return new ShellError("CHALLENGE_INVALID", `cannot be drawn: ${what}`, { what });
}

/** @param {any} row @param {boolean} simulated @param {any} t */
function plainRow(row, simulated, t) {
  const value = row.key === "product" ? h("b", null, row.value) : h("span", { class: "num" }, row.value);
  if (row.as === "device" && simulated) value.append(h("span", { class: "keynote" }, t("sign.simulatedKey")));
  return h("div", { class: "kv" }, h("span", null, row.label), value);
}

/** @param {any} row */
function moneyRow(row) {
  return h("div", { class: "big num" }, h("small", null, row.value.slice(0, 1)), row.value.slice(1));
}

/** @param {any} row */
function bundleRow(row) {
  const [name, digest] = row.value.split(" · ");
  return h("div", { class: "row between fine" },
    h("span", { class: "from" }, icon("shield", 16), `${row.label} ${name}`), h("span", { class: "mono" }, digest));
}

/**
 * What the slip is about, the largest thing on it: the amount in figures and in words, or of an agreement its first row.
 * @param {any[]} rows @param {boolean} tight @returns {{shown: any[], elements: HTMLElement[]}} the rows that it took
 */
function headOf(rows, tight) {
  const money = rows.find((row) => row.as === "money");
  const upper = rows.find((row) => row.as === "upper");
  if (!money && !upper && rows[0].as === "text") {
    return { shown: [rows[0]], elements: [h("div", { class: "cap" }, rows[0].label), h("div", { class: "what" }, rows[0].value)] };
  }
  if (!money || !upper) throw unknownRow("amount is missing");
  const label = h("div", { class: "cap" }, money.label);
  const words = h("div", { class: "fine" }, upper.value);
  return { shown: [money, upper], elements: tight ? [h("div", { class: "row between" }, label, words), moneyRow(money)] : [label, moneyRow(money), words] };
}

/**
 * The paper slip. @param {any[]} rows @param {{tight: boolean, simulated: boolean, t: any}} look @returns {HTMLElement}
 */
export function slip(rows, { tight, simulated, t }) {
  const paper = h("div", { class: tight ? "slip tight" : "slip roomy" });
  const tail = rows.filter((row) => row.as === "bundle");
  if (tail.length !== 1) throw unknownRow("bundle is missing");
  const head = headOf(rows, tight);
  paper.append(...head.elements, h("div", { class: "perf" }));
  for (const row of rows) {
    if (head.shown.includes(row) || row.as === "bundle") continue;
    if (row.as === "warning") paper.append(h("div", { class: "warning" }, icon("alert", 16), h("span", null, row.value)));
    else if (PLAIN.includes(row.as)) paper.append(plainRow(row, simulated, t));
    else throw unknownRow(`row type ${row.as}`);
  }
  paper.append(h("div", { class: "perf" }), bundleRow(tail[0]));
  return paper;
}

/** Amount and payee first. @param {any[]} rows @param {string} title */
function spoken(rows, title) {
  const first = ["money", "payee"].map((as) => rows.find((row) => row.as === as)?.value).filter(Boolean);
  return [...first, title].join("，");
}

/**
 * The box in which the slip scrolls, and whether its end has been seen.
 * @param {HTMLElement} paper @param {any} t @param {boolean} [seen] it was seen before
 * @returns {{elements: HTMLElement[], seen: () => boolean, settle: (button: HTMLElement) => void}}
 */
function scrolled(paper, t, seen = false) {
  const box = h("div", { class: "slipbox", tabindex: "0", role: "group", "aria-label": t("sign.slip") }, paper);
  const more = h("button", { class: "more", onclick: () => box.scrollTo({ top: box.scrollHeight }) }, icon("downc", 16), t("sign.more"));
  more.hidden = true;
  /** @param {HTMLElement | null} button */
  function look(button) {
    seen ||= box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
    more.hidden = seen;
    if (button) button.setAttribute("aria-disabled", String(!seen));
  }
  return {
    elements: [box, more],
    seen: () => seen,
    settle(button) {
      if (box.clientHeight > 0) look(button);
      box.addEventListener("scroll", () => look(button));
    },
  };
}

/** The sign sheets of this shell. */
export class SignSheet {
  /** @param {{stand: import("./sheet.mjs").SheetStand, vault: any, phrase: () => Promise<string | null>, look: () => {locale: string, t: any, bank: string, level: string}, clock: () => number}} parts */
  constructor({ stand, vault, phrase, look, clock }) {
    Object.assign(this, { stand, vault, phrase, look, clock });
  }

  /**
   * Show the operation, ask for the factor, and hand over to `complete`.
   * @param {{operation: any, complete: (factor: "face" | "pin", locale: string) => Promise<any>, signal?: AbortSignal}} asked
   * @returns {Promise<any>} what `complete` answers
   * @throws {ShellError} USER_CANCELLED (its details say `reason: "NOT_ME"` when that was why), LOCKED_OUT, TIMEOUT, CHALLENGE_INVALID, BUSY, and what `complete` refuses with
   */
  async show({ operation, complete, signal }) {
    const { locale, t, bank, level } = this.look();
    const phrase = await this.phrase();
    const lockedUntil = await this.vault.lockedUntil();
    const view = { operation, complete, locale, t, simulated: level === "sim" };
    try {
      view.rows = drawnRows(operation, locale);
      view.papers = [slip(view.rows, { tight: false, ...view }), slip(view.rows, { tight: true, ...view })];
    } catch (error) {
      return this.refuse(error);
    }
    const label = spoken(view.rows, `${bank} · ${operation.title?.[locale === "en" ? "en" : "zh"] ?? t("sign.title")}`);
    return this.stand.show({ t, label, title: `${bank} · ${t("sign.title")}`, phrase, signal, draw: (sheet) => this.#begin(sheet, view, lockedUntil) });
  }

  /** Show that nothing is signed, and why. @param {any} error @returns {Promise<never>} */
  async refuse(error) {
    const { t, bank } = this.look();
    const phrase = await this.phrase();
    return this.stand.show({
      t, label: t("sign.refused"), title: `${bank} · ${t("sign.title")}`, phrase,
      draw: (sheet) => refusal(sheet, { title: t("sign.refused"), sentence: t("sign.refusedWhy"), code: error.code, detail: error.message, error }),
    });
  }

  #begin(sheet, view, lockedUntil) {
    if (lockedUntil) {
      showLocked(sheet, new ShellError("LOCKED_OUT", "too many wrong PINs", { until: new Date(lockedUntil).toISOString() }));
      return;
    }
    const error = new ShellError("TIMEOUT", "the challenge expired before it was signed");
    const over = () => refusal(sheet, { title: view.t("sign.expired"), sentence: view.t("sign.expiredWhy"), code: "TIMEOUT", error });
    view.tell = () => {};
    sheet.countDown({ until: Date.parse(view.operation.expiresAt), clock: this.clock, over, say: (left) => { view.left = left; view.tell(left); } });
    view.factors = factorsOf(view.operation);
    if (sheet.element.isConnected && view.left) this.#begun(sheet, view);
  }

  #begun(sheet, view) {
    if (view.factors.includes("face")) this.#face(sheet, view, null);
    else this.#pin(sheet, view);
  }

  #face(sheet, view, trouble) {
    const { t } = view;
    const box = scrolled(view.papers[0], t);
    const timer = h("div", { class: "countdown num" });
    view.tell = (left) => timer.replaceChildren(icon("clock", 16), t("sign.countdown", { left }));
    const buttons = faceButtons({
      t, label: t("sign.face"), onPin: () => { if (box.seen()) this.#pin(sheet, view); },
      onFace: (button) => { if (box.seen()) void this.#complete(sheet, view, "face", button); },
    });
    const links = h("div", { class: "nlinks" }, view.factors.includes("pin") ? buttons[2] : null,
      h("button", { class: "nlink", onclick: () => this.#notMe(sheet, view) }, t("sign.notMe")));
    sheet.onKey = () => {};
    sheet.draw(...box.elements, h("div", { class: "space" }), trouble && complaint(trouble), timer, buttons[0], buttons[1], links);
    view.tell(view.left);
    box.settle(buttons[1]);
    (box.seen() ? buttons[1] : box.elements[0]).focus();
  }

  #pin(sheet, view) {
    const { t } = view;
    const box = scrolled(view.papers[1], t, true);
    const pad = checkedPad({
      sheet, vault: this.vault, sentence: "",
      onFace: view.factors.includes("face") ? () => this.#face(sheet, view, null) : undefined,
      onRight: () => void this.#complete(sheet, view, "pin", null),
    });
    view.tell = (left) => pad.say(t("sign.pin", { left }), t("sign.pinBrief", { left }));
    sheet.draw(...box.elements, ...pad.elements);
    view.tell(view.left);
    box.settle(pad.elements[0]);
  }

  /** Ask once more before everything stops: whoever pressed by mistake goes back to what he was about to sign. */
  #notMe(sheet, view) {
    const { t } = view;
    view.tell = () => {};
    const said = new ShellError("USER_CANCELLED", "the person said that this is not his", { reason: "NOT_ME" });
    const stop = h("button", { class: "nbtn", onclick: () => sheet.fail(said) }, icon("alert", 24), t("sign.notMe.stop"));
    sheet.onKey = () => {};
    sheet.draw(
      h("div", { class: "refused", role: "alert" }, icon("alert", 24), h("h3", null, t("sign.notMe.title")),
        h("p", null, t("sign.notMe.why"))),
      h("div", { class: "space" }), stop,
      h("button", { class: "nlink", onclick: () => this.#begun(sheet, view) }, t("sign.notMe.back")));
    stop.focus();
  }

  async #complete(sheet, view, factor, button) {
    if (view.sent) return;
    view.sent = true;
    sheet.stopCountDown();
    sheet.locked = true;
    const { t } = view;
    const busy = button ?? h("div", { class: "nbtn" });
    busy.setAttribute("aria-busy", "true");
    busy.replaceChildren(icon("lock", 24), t("sign.busy"));
    if (!button) sheet.draw(...scrolled(view.papers[0], t, true).elements, h("div", { class: "space" }), busy, h("div", { place: { height: "48px" } }));
    try {
      const answer = await view.complete(factor, view.locale);
      busy.replaceChildren(icon("check", 24), t("sign.done"));
      setTimeout(() => sheet.done(answer), DONE_MS);
    } catch (error) {
      const code = error.details?.code ?? error.code ?? "INTERNAL";
      const refused = error.details?.status >= 400 && error.details.status < 500;
      const told = refused ? error.details.message?.[view.locale === "en" ? "en" : "zh"] : null;
      refusal(sheet, { title: t(refused ? "sign.failedTitle" : "sign.unknownTitle"), sentence: told ?? t(refused ? "sign.failed" : "sign.unknown"), code, error });
    }
  }
}
