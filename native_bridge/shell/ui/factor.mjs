/**
 * The two factors of the sheet: a face, which a simulator can only pretend, and the transaction PIN.
 *
 * Both stop at a lock-out; a wrong PIN stays on the pad and says how many tries are left.
 */
import { h, icon } from "./dom.mjs";
import { clock as clockText } from "./format.mjs";
import { pinPad } from "./pinpad.mjs";
import { complaint, refusal } from "./sheet.mjs";

/** @param {import("./sheet.mjs").Sheet} sheet @param {any} error @param {string} sentenceKey */
export function showLocked(sheet, error, sentenceKey = "locked.sentence") {
  const until = new Date(error.details.until);
  refusal(sheet, {
    title: sheet.t("locked.title"), sentence: sheet.t(sentenceKey, { time: clockText(until) }), code: error.code, error,
  });
}

/**
 * The face's button, the link to the PIN, and the sentence that says that this face is simulated.
 * @param {{t: any, label: string, onFace: (button: HTMLElement) => void, onPin: () => void}} parts
 * @returns {HTMLElement[]}
 */
export function faceButtons({ t, label, onFace, onPin }) {
  const button = h("button", { class: "nbtn", onclick: () => onFace(button) }, icon("face", 24), label);
  return [
    h("p", { class: "nsay" }, t("face.simulated")), button,
    h("button", { class: "nlink", onclick: onPin }, t("face.usePin")),
  ];
}

/**
 * The pad, checking each try.
 * @param {{sheet: import("./sheet.mjs").Sheet, vault: import("./pin.mjs").PinVault, sentence: string,
 *   onFace?: () => void, onRight: () => void}} parts
 * @returns {{elements: HTMLElement[], say: (sentence: string) => void}}
 */
export function checkedPad({ sheet, vault, sentence, onFace, onRight }) {
  const trouble = h("div");
  const saying = h("div", { class: "pinsay num" }, sentence);
  const pad = pinPad({ t: sheet.t, onFace, onDone: (pin) => void tryPin(pin) });
  /** @param {string} pin */
  async function tryPin(pin) {
    try {
      await vault.verify(pin);
      onRight();
    } catch (error) {
      pad.clear(true);
      if (error.code === "LOCKED_OUT") showLocked(sheet, error);
      else if (error.code === "NOT_ENROLLED") trouble.replaceChildren(complaint(sheet.t("pin.unset")));
      else trouble.replaceChildren(complaint(sheet.t("pin.wrong", { left: error.details?.left ?? 0 })));
    }
  }
  sheet.onKey = pad.key;
  return { elements: [saying, trouble, ...pad.elements], say: (text) => saying.replaceChildren(text) };
}
