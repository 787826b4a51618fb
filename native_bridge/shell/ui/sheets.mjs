/** All sheets of the bank behind one port, as host/methods.mjs wants it, and whether one is open. */
import { AskSheet } from "./ask.mjs";
import { BindSheet } from "./bind.mjs";
import { SheetStand } from "./sheet.mjs";
import { SignSheet } from "./sign.mjs";
import { UnlockSheet } from "./unlock.mjs";

const AREA = "values";
const PHRASE = "phrase";

/**
 * @param {{phone: any, store: any, vault: import("./pin.mjs").PinVault, look: () => any, sandbox: () => string | null, clock: () => number}} parts
 */
export function createSheets({ phone, store, vault, look, sandbox, clock }) {
  const stand = new SheetStand({ phone, sandbox });
  const phrase = async () => (await store.get(AREA, PHRASE)) ?? null;
  const keepPhrase = (/** @type {string} */ words) => store.put(AREA, PHRASE, words);
  const sign = new SignSheet({ stand, vault, phrase, look, clock });
  const bind = new BindSheet({ stand, vault, keepPhrase, look });
  const unlock = new UnlockSheet({ stand, vault, phrase, look });
  const ask = new AskSheet({ stand, look });
  return {
    get busy() {
      return stand.busy;
    },
    sign: (/** @type {any} */ asked) => sign.show(asked),
    refuse: (/** @type {any} */ error) => sign.refuse(error),
    bind: (/** @type {any} */ asked) => bind.show(asked),
    unlock: (/** @type {any} */ asked) => unlock.show(asked),
    leave: (/** @type {any} */ asked) => ask.leave(asked),
    scan: (/** @type {any} */ asked) => ask.scan(asked),
    pick: (/** @type {any} */ asked) => ask.pick(asked),
    share: (/** @type {any} */ asked) => ask.share(asked),
    save: (/** @type {any} */ asked) => ask.save(asked),
  };
}
