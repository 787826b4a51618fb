/**
 * What the shell counts for the release team: how far each release came, on how many installations, no more.
 *
 *   const adoption = new Adoption({ store, platform, send });   // send: async (batch) → true when it has arrived
 *   await adoption.count("ready", bundle, digest);              // each once per installation and release
 *   await adoption.flush();                                     // → number of events that arrived; never throws
 *
 * An event is a bundle, a digest, a platform and one of six words. There is no id of the installation, the customer or the
 * device in it: a batch's number is drawn for it alone, so that the server can tell a repeated delivery and nothing more.
 */
import { freshId } from "./dpop.mjs";

export const EVENTS = Object.freeze(["checked", "downloaded", "verified", "launched", "ready", "rolledback"]);
const KEY = "adoption";
const LARGEST_BATCH = 32;
const LONGEST_QUEUE = 256;
const REMEMBERED = 2048;
const SEND_MS = 10_000;

/** The counters of one installation. */
export class Adoption {
  #store;
  #platform;
  #send;
  /** @type {Promise<number> | null} */
  #running = null;

  /** @param {{store: any, platform: string, send: (batch: any) => Promise<boolean>}} parts */
  constructor({ store, platform, send }) {
    this.#store = store;
    this.#platform = platform;
    this.#send = send;
  }

  /** @param {string} event @param {string} bundle @param {string} digest */
  async count(event, bundle, digest) {
    const name = `${event} ${bundle} ${digest}`;
    await this.#change((ledger) => {
      if (ledger.counted.includes(name)) return ledger;
      const entry = { bundle, digest, platform: this.#platform, event };
      return { ...ledger, counted: [...ledger.counted, name].slice(-REMEMBERED), waiting: [...ledger.waiting, entry].slice(-LONGEST_QUEUE) };
    });
  }

  /** Send what waits; callers at the same time share one run. @returns {Promise<number>} */
  flush() {
    this.#running ??= this.#flush().catch(() => 0).finally(() => { this.#running = null; });
    return this.#running;
  }

  async #flush() {
    for (let arrived = 0; ;) {
      const { sending } = await this.#change(packed);
      if (!sending || !(await this.#send(sending))) return arrived;
      arrived += sending.events.length;
      await this.#change((ledger) => (ledger.sending?.batch === sending.batch ? { ...ledger, sending: null } : ledger));
    }
  }

  /** @param {(ledger: any) => any} change */
  async #change(change) {
    return this.#store.change("values", KEY, (/** @type {any} */ kept) => change(kept ?? { counted: [], waiting: [], sending: null }));
  }
}

/** Put what waits into a batch, unless one is on its way. @param {any} ledger */
function packed(ledger) {
  if (ledger.sending || ledger.waiting.length === 0) return ledger;
  const events = ledger.waiting.slice(0, LARGEST_BATCH);
  return { ...ledger, waiting: ledger.waiting.slice(LARGEST_BATCH), sending: { batch: freshId(), events } };
}

/**
 * Send batches to the BFF. What it will never take counts as arrived, so that it is not sent for ever.
 * @param {string} base address of the API @param {typeof globalThis.fetch} fetch
 * @returns {(batch: any) => Promise<boolean>}
 */
export function adoptionSender(base, fetch) {
  return async (batch) => {
    const response = await fetch(`${base}/bundles/adoption`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(batch),
      credentials: "omit", redirect: "error", signal: AbortSignal.timeout(SEND_MS),
    });
    return response.ok || [400, 413, 422].includes(response.status);
  };
}
