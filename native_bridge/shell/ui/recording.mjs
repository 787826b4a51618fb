/** Recording on the screen: begin, end, and the files that are handed over, one for each session. */
import { ask, notice } from "./dialog.mjs";
import { h, icon } from "./dom.mjs";
import { vectorsOf } from "./recorder.mjs";
import { Tape } from "./tape.mjs";

/** Offer a file for saving. @param {string} name @param {any} content */
function saveJson(name, content) {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The sessions of this shell, and whether they are recorded. */
export class Recording {
  on = false;
  /** @type {Tape[]} */
  #tapes = [];

  /** A dispatcher for a new session. @param {any} parts those of a Dispatcher @returns {Tape} */
  session(parts) {
    const tape = new Tape(parts);
    if (this.on) tape.record();
    else this.#tapes = this.#tapes.filter(({ state }) => state !== "ended");
    this.#tapes.push(tape);
    return tape;
  }

  begin() {
    this.on = true;
    for (const tape of this.#tapes) tape.record();
  }

  /**
   * End, and hand over what was recorded.
   * @param {any} contract as it is served @param {any} t
   */
  async end(contract, t) {
    this.on = false;
    for (const tape of this.#tapes) tape.stop();
    const made = await vectorsOf({ tapes: this.#tapes, all: this.#tapes, contract });
    const files = made.filter(({ messages }) => messages > 0).map(({ bundle, vector, messages }, index, { length }) =>
      ({ name: length === 1 ? `recorded-${bundle}.json` : `recorded-${index + 1}-${bundle}.json`, vector, messages }));
    const leftOut = made.reduce((sum, each) => sum + each.leftOut, 0);
    const missing = leftOut ? t("record.leftOut", { count: leftOut }) : "";
    if (!files.length) notice(missing || t("record.empty"));
    else if (files.length === 1) {
      saveJson(files[0].name, files[0].vector);
      notice([t("record.saved", { count: files[0].messages }), missing].filter(Boolean).join(" "));
    } else await chosen(files, missing, t);
  }
}

/** Several sessions are several files, and each is saved by its own button. @param {{name: string, vector: any, messages: number}[]} files @param {string} missing @param {any} t */
function chosen(files, missing, t) {
  return ask(t("record.several"), (close) => [
    ...(missing ? [h("p", null, missing)] : []),
    h("div", { class: "files" }, files.map(({ name, vector, messages }) => h("button", { class: "btn block", "data-save": name, onclick: () => saveJson(name, vector) },
      icon("rec", 16), h("span", { class: "mono" }, name), h("span", { class: "muted num" }, t("record.messages", { count: messages }))))),
    h("div", { class: "row" }, h("button", { class: "btn", onclick: () => close(true) }, t("close"))),
  ]);
}
