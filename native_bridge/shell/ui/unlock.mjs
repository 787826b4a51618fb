/** Showing that it is the customer, to log in or for one purpose: a face or the PIN, on the bank's sheet, never in a page. */
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
   * @param {{bundle: string | null, purpose?: "login" | "user" | "step-up" | "unbind", signal?: AbortSignal}} asked who needs it, and what for
   * @returns {Promise<"face" | "pin">}
   * @throws {ShellError} USER_CANCELLED, LOCKED_OUT
   */
  async show({ bundle, purpose = "login", signal }) {
    const { t, bank } = this.look();
    const phrase = await this.phrase();
    const until = await this.vault.lockedUntil();
    const view = { t, purpose, who: bundle ? t(`unlock.${purpose}.who`, { bundle }) : t("unlock.you") };
    return this.stand.show({
      t, label: t(`unlock.${purpose}.label`), title: `${bank} · ${t(`unlock.${purpose}.title`)}`, phrase, signal,
      draw: (sheet) => {
        if (until) showLocked(sheet, new ShellError("LOCKED_OUT", "too many wrong PINs", { until: new Date(until).toISOString() }));
        else this.#face(sheet, view);
      },
    });
  }

  #face(sheet, view) {
    const { t } = view;
    sheet.onKey = () => {};
    const buttons = faceButtons({ t, label: t(`unlock.${view.purpose}.face`), onFace: () => sheet.done("face"), onPin: () => this.#pin(sheet, view) });
    sheet.draw(head(view), h("div", { class: "space" }), ...buttons);
    buttons[1].focus();
  }

  #pin(sheet, view) {
    const { t } = view;
    const pad = checkedPad({ sheet, vault: this.vault, sentence: t("unlock.pin"), onFace: () => this.#face(sheet, view), onRight: () => sheet.done("pin") });
    sheet.draw(head(view), ...pad.elements);
  }
}

/** @param {{t: any, who: string, purpose: string}} view */
function head({ t, who, purpose }) {
  return h("div", { class: "refused" }, h("h3", null, t(`unlock.${purpose}.heading`)), h("p", null, who), h("p", null, t(`unlock.${purpose}.what`)));
}
