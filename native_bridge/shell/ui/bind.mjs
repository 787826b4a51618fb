/**
 * Binding this device to a customer, in four steps on the bank's sheet: the code, the 预留语, the PIN, the PIN again.
 *
 * The code goes to the bank with a signature of the device's key; 预留语 and PIN stay on the device and are written only
 * after the bank has said yes.
 */
import { h, icon } from "./dom.mjs";
import { pinPad } from "./pinpad.mjs";
import { isWeak } from "./pin.mjs";
import { complaint } from "./sheet.mjs";

const PHRASE_LONGEST = 16;

/** @param {any} t @param {any} prepared */
function who(t, prepared) {
  return h("div", { class: "slip roomy dense" },
    h("div", { class: "kv" }, h("span", null, t("bind.customer")), h("b", null, prepared.customerName)),
    h("div", { class: "kv" }, h("span", null, t("bind.mobile")), h("span", { class: "num" }, prepared.mobile)),
    h("div", { class: "kv" }, h("span", null, t("bind.device")), h("span", null, t("bind.thisDevice"), h("span", { class: "keynote" }, t("sign.simulatedKey")))));
}

/** The bind sheets of this shell. */
export class BindSheet {
  /** @param {{stand: import("./sheet.mjs").SheetStand, vault: import("./pin.mjs").PinVault, keepPhrase: (phrase: string) => Promise<void>, look: () => any}} parts */
  constructor({ stand, vault, keepPhrase, look }) {
    Object.assign(this, { stand, vault, keepPhrase, look });
  }

  /**
   * Ask for all four and confirm.
   * @param {{prepared: any, confirm: (prepared: any, code: string) => Promise<{status: number, body: any}>}} asked
   * @returns {Promise<any>} body of device.bind.confirm
   */
  show({ prepared, confirm, signal }) {
    const { t, bank, locale } = this.look();
    const view = { t, locale, prepared, confirm, code: "", phrase: "" };
    return this.stand.show({
      t, label: t("bind.label", { name: prepared.customerName }), title: `${bank} · ${t("bind.title")}`, phrase: undefined, signal,
      draw: (sheet) => this.#code(sheet, view, null),
    });
  }

  #code(sheet, view, trouble) {
    const { t, prepared } = view;
    const input = h("input", { id: "bind-code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "6", class: "num", "aria-describedby": "bind-code-say" });
    input.value = view.code;
    const go = () => {
      const code = input.value.replace(/\s/g, "");
      if (!/^\d{6}$/.test(code)) return this.#code(sheet, { ...view, code }, t("bind.codeShape"));
      return this.#phrase(sheet, { ...view, code }, null);
    };
    const hint = prepared.sandboxCode ? t("bind.codeSandbox", { code: prepared.sandboxCode }) : t("bind.codeSent", { mobile: prepared.mobile });
    this.#step(sheet, view, 1, go, [
      who(t, prepared),
      h("div", { class: "nfield" }, h("label", { for: "bind-code" }, t("bind.code")), input,
        h("p", { class: "say num", id: "bind-code-say" }, hint)), trouble && complaint(trouble)]);
    input.focus();
  }

  #phrase(sheet, view, trouble) {
    const { t } = view;
    const input = h("input", { id: "bind-phrase", maxlength: String(PHRASE_LONGEST), autocomplete: "off", "aria-describedby": "bind-phrase-say" });
    input.value = view.phrase;
    const go = () => {
      const phrase = input.value.trim();
      if (!/^[\p{L}\p{N}\p{Zs}·，。、！？,.!?'-]{2,16}$/u.test(phrase)) return this.#phrase(sheet, { ...view, phrase }, t("bind.phraseShape"));
      return this.#pin(sheet, { ...view, phrase }, null);
    };
    this.#step(sheet, view, 2, go, [
      h("div", { class: "nfield" }, h("label", { for: "bind-phrase" }, t("bind.phrase")), input,
        h("p", { class: "say", id: "bind-phrase-say" }, t("bind.phraseWhy"))), trouble && complaint(trouble)]);
    input.focus();
  }

  #pin(sheet, view, trouble) {
    this.#pad(sheet, view, 3, "bind.pin", trouble, (pin, retry) => {
      if (isWeak(pin)) retry(view.t("bind.pinWeak"));
      else this.#again(sheet, { ...view, pin });
    });
  }

  #again(sheet, view) {
    this.#pad(sheet, view, 4, "bind.pinAgain", null, (pin) => {
      if (pin === view.pin) void this.#confirm(sheet, view);
      else this.#pin(sheet, view, view.t("bind.pinDiffers"));
    });
  }

  #pad(sheet, view, step, key, trouble, onDone) {
    const { t } = view;
    const say = h("div");
    if (trouble) say.append(complaint(trouble));
    const pad = pinPad({ t, onDone: (pin) => onDone(pin, (sentence) => { pad.clear(true); say.replaceChildren(complaint(sentence)); }) });
    sheet.onKey = pad.key;
    sheet.draw(h("div", { class: "nbody" }, h("p", { class: "nsay num" }, t("bind.step", { step, of: 4 })), h("p", { class: "nsay" }, t("bind.pinWhy"))),
      h("div", { class: "pinsay" }, t(key)), say, ...pad.elements);
    sheet.frame.focus();
  }

  #step(sheet, view, step, go, children) {
    const { t } = view;
    sheet.onKey = (event) => { if (event.key === "Enter" && event.target instanceof HTMLInputElement) go(); };
    sheet.draw(
      h("div", { class: "nbody" }, h("p", { class: "nsay num" }, t("bind.step", { step, of: 4 })), ...children),
      h("button", { class: "nbtn", onclick: go }, t("next")), h("div", { place: { height: "12px", flex: "none" } }));
  }

  async #confirm(sheet, view) {
    const { t } = view;
    sheet.locked = true;
    sheet.onKey = () => {};
    sheet.draw(h("div", { class: "space" }), h("div", { class: "nbtn", role: "status", "aria-busy": "true" }, icon("key", 24), t("bind.busy")), h("div", { class: "space" }));
    try {
      const { status, body } = await view.confirm(view.prepared, view.code);
      sheet.locked = false;
      if (status >= 400) return this.#code(sheet, view, said(body, view.locale) ?? t("bind.refused"));
      await this.vault.set(view.pin);
      await this.keepPhrase(view.phrase);
      return sheet.done(body);
    } catch (error) {
      sheet.locked = false;
      return ["OFFLINE", "TIMEOUT"].includes(error.code) ? this.#code(sheet, view, t("bind.offline")) : sheet.fail(error);
    }
  }
}

/** @param {any} body a problem @param {string} locale */
function said(body, locale) {
  return body?.message?.[locale === "en" ? "en" : "zh"] ?? null;
}
