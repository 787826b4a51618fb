/** The tool's own dialogs (not the bank's sheet): a question with a confirmation, the list of keys, and short notices. */
import { fill, h, icon } from "./dom.mjs";
import { holdFocus } from "./focus.mjs";

const NOTICE_MS = 5000;

/**
 * Show a dialog until it is answered.
 * @param {string} title @param {(close: (answer: boolean) => void) => HTMLElement[]} content
 * @returns {Promise<boolean>}
 */
export function ask(title, content) {
  const overlay = /** @type {HTMLElement} */ (document.getElementById("overlay"));
  return new Promise((resolve) => {
    /** @param {boolean} answer */
    function close(answer) {
      release();
      fill(overlay);
      resolve(answer);
    }
    const dialog = h("div", { class: "dialog", role: "dialog", "aria-modal": "true", "aria-label": title },
      h("h2", null, title), ...content(close));
    fill(overlay, h("div", { class: "veil" }, dialog));
    const release = holdFocus(dialog, { onEscape: () => close(false) });
  });
}

/**
 * Ask before something that cannot be taken back.
 * @param {{title: string, body: string, yes: string, no: string}} texts @returns {Promise<boolean>}
 */
export function confirmation({ title, body, yes, no }) {
  return ask(title, (close) => [
    h("p", null, body),
    h("div", { class: "row g2" },
      h("button", { class: "btn", onclick: () => close(false) }, no),
      h("button", { class: "btn danger", onclick: () => close(true) }, yes)),
  ]);
}

/** List the keys. @param {(key: string) => string} t @returns {Promise<boolean>} */
export function help(t) {
  const keys = [["J  K", "help.rows"], ["Enter", "help.open"], ["F", "help.faults"], ["H", "help.home"], ["Esc", "help.escape"], ["?", "help.help"]];
  return ask(t("help.title"), (close) => [
    h("dl", null, keys.flatMap(([key, text]) => [
      h("dt", null, key.split("  ").map((each) => h("kbd", null, each))), h("dd", null, t(text))])),
    h("div", { class: "row" }, h("button", { class: "btn", onclick: () => close(true) }, t("close"))),
  ]);
}

/** Say one sentence that needs no decision. @param {string} sentence */
export function notice(sentence) {
  const toast = h("div", { class: "toast" }, icon("check", 16), sentence);
  document.getElementById("toasts")?.append(toast);
  setTimeout(() => toast.remove(), NOTICE_MS);
}

/** Put a text on the clipboard and say so. @param {string} text @param {string} sentence */
export async function copyText(text, sentence) {
  await navigator.clipboard.writeText(text);
  notice(sentence);
}
