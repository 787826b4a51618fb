/**
 * The two factors of the sheet: a face, which a simulator can only pretend, and the transaction PIN.
 *
 * Both stop at a lock-out; a wrong PIN stays on the pad and says how many tries are left.
 */
import { h, icon } from "./dom.mjs";
import { clock as clockText } from "./format.mjs";
import { pinPad } from "./pinpad.mjs";
import { refusal } from "./sheet.mjs";

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
 * The pad, checking each try. Who cancels or turns to the face while a try is checked has given no factor.
 * @param {{sheet: import("./sheet.mjs").Sheet, vault: import("./pin.mjs").PinVault, sentence: string,
 *   onFace?: () => void, onRight: () => void}} parts
 * @returns {{elements: HTMLElement[], say: (sentence: string, brief: string) => void}}
 */
export function checkedPad({ sheet, vault, sentence, onFace, onRight }) {
  const saying = h("div", { class: "pinsay num", role: "status" });
  const pad = pinPad({ t: sheet.t, onFace, onDone: (pin) => void tryPin(pin) });
  let trouble = "";
  let told = sentence;
  let brief = "";
  function show() {
    saying.classList.toggle("wrong", trouble !== "");
    saying.replaceChildren(trouble ? `${trouble}${brief}` : told);
  }
  /** @param {string} pin */
  async function tryPin(pin) {
    try {
      await vault.verify(pin);
      if (saying.isConnected) onRight();
    } catch (error) {
      if (!saying.isConnected) return;
      pad.clear(true);
      if (error.code === "LOCKED_OUT") showLocked(sheet, error);
      else trouble = error.code === "NOT_ENROLLED" ? sheet.t("pin.unset") : sheet.t("pin.wrong", { left: error.details?.left ?? 0 });
      show();
    }
  }
  sheet.onKey = pad.key;
  show();
  return {
    elements: [saying, ...pad.elements],
    say(text, short) {
      told = text;
      brief = short;
      show();
    },
  };
}
