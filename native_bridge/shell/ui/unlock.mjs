/** Logging in on a bound device: a face or the PIN, on the bank's sheet, never in a page. */
import { ShellError } from "../core/errors.mjs";
import { h } from "./dom.mjs";
import { checkedPad, faceButtons, showLocked } from "./factor.mjs";

/** The unlock sheets of this shell. */
export class UnlockSheet {
  /** @param {{stand: import("./sheet.mjs").SheetStand, vault: import("./pin.mjs").PinVault, phrase: () => Promise<string | null>, look: () => any}} parts */
  constructor({ stand, vault, phrase, look }) {
    Object.assign(this, { stand, vault, phrase, look });
  }

  /**
   * Ask who is there.
   * @param {{bundle: string | null}} asked who needs the session
   * @returns {Promise<"face" | "pin">}
   * @throws {ShellError} USER_CANCELLED, LOCKED_OUT
   */
  async show({ bundle }) {
    const { t, bank } = this.look();
    const phrase = await this.phrase();
    const until = await this.vault.lockedUntil();
    const view = { t, who: bundle ? t("unlock.who", { bundle }) : t("unlock.you") };
    return this.stand.show({
      t, label: t("unlock.label"), title: `${bank} · ${t("unlock.title")}`, phrase,
      draw: (sheet) => {
        if (until) showLocked(sheet, new ShellError("LOCKED_OUT", "too many wrong PINs", { until: new Date(until).toISOString() }));
        else this.#face(sheet, view);
      },
    });
  }

  #face(sheet, view) {
    const { t } = view;
    sheet.onKey = () => {};
    const buttons = faceButtons({ t, label: t("unlock.face"), onFace: () => sheet.done("face"), onPin: () => this.#pin(sheet, view) });
    sheet.draw(head(t, view.who), h("div", { class: "space" }), ...buttons);
    buttons[1].focus();
  }

  #pin(sheet, view) {
    const { t } = view;
    const pad = checkedPad({ sheet, vault: this.vault, sentence: t("unlock.pin"), onFace: () => this.#face(sheet, view), onRight: () => sheet.done("pin") });
    sheet.draw(head(t, view.who), ...pad.elements);
  }
}

/** @param {any} t @param {string} who */
function head(t, who) {
  return h("div", { class: "refused" }, h("h3", null, t("unlock.heading")), h("p", null, who), h("p", null, t("unlock.token")));
}
