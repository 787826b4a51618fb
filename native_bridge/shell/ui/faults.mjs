/**
 * The fault switches: what each does to the next calls. Network faults stand between the API client and fetch, the
 * others between the dispatcher and the methods or the port. None of them can make a forbidden call succeed.
 */
import { ShellError } from "../core/errors.mjs";

export const FAULTS = Object.freeze(["deny", "cancel", "locked", "timeout", "offline", "slow", "oldContract", "reorder"]);
export const NETWORKS = Object.freeze(["online", "slow", "offline"]);
export const SLOW_MS = 1200;
export const TIMEOUT_MS = 3000;
const REORDER_MS = 800;
const ASKING = new Set(["ask", "sheet"]);
const OLD_CONTRACT = "0.9";

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * The refusal that a switched-on fault makes of a call that asks the person, if any: only what the contract lets it answer.
 * @param {Set<string>} on @param {{consent: string, errors: string[]}} spec
 */
function refusalOf(on, { consent, errors }) {
  if (!ASKING.has(consent)) return null;
  if (on.has("deny") && errors.includes("CONSENT_DENIED")) return new ShellError("CONSENT_DENIED", "fault switch: consent denied");
  if (on.has("deny") || on.has("cancel")) return new ShellError("USER_CANCELLED", "fault switch: the person cancelled");
  if (on.has("locked") && errors.includes("LOCKED_OUT")) return new ShellError("LOCKED_OUT", "fault switch: locked out", { until: new Date(Date.now() + 900_000).toISOString() });
  return null;
}

/** The faults of this shell. */
export class Faults {
  #on = new Set();
  #onChange;

  /** @param {{onChange: (on: string[]) => void}} parts */
  constructor({ onChange }) {
    this.#onChange = onChange;
  }

  /** @param {string} fault */
  has(fault) {
    return this.#on.has(fault);
  }

  /** @param {string} fault @param {boolean} [on] */
  toggle(fault, on = !this.#on.has(fault)) {
    if (on) this.#on.add(fault);
    else this.#on.delete(fault);
    if (on && fault === "offline") this.#on.delete("slow");
    if (on && fault === "slow") this.#on.delete("offline");
    this.#onChange([...this.#on]);
  }

  /** @returns {"online" | "slow" | "offline"} */
  get network() {
    if (this.#on.has("offline")) return "offline";
    return this.#on.has("slow") ? "slow" : "online";
  }

  /** @param {"online" | "slow" | "offline"} network */
  set network(network) {
    this.#on.delete("offline");
    this.#on.delete("slow");
    if (network !== "online") this.#on.add(network);
    this.#onChange([...this.#on]);
  }

  /** A fetch that lives in this network. @param {typeof fetch} real @returns {typeof fetch} */
  fetch(real) {
    return async (resource, options) => {
      if (this.#on.has("offline")) throw new TypeError("fault switch: offline");
      if (this.#on.has("slow")) await pause(SLOW_MS);
      return real(resource, options);
    };
  }

  /**
   * Methods that fail as the switches say.
   * @param {Record<string, Function>} methods @param {any} contract
   */
  wrap(methods, contract) {
    return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, async (/** @type {any[]} */ ...call) => {
      const spec = /** @type {any} */ (Object.values(contract.methods[name])[0]);
      const refused = refusalOf(this.#on, spec);
      if (refused) throw refused;
      if (this.#on.has("timeout") && spec.tier > 0) {
        await pause(TIMEOUT_MS);
        throw new ShellError("TIMEOUT", "fault switch: no answer in time");
      }
      return method(...call);
    }]));
  }

  /** The contract as an older shell would know it. @param {any} contract */
  contract(contract) {
    return this.#on.has("oldContract") ? { ...contract, contract: OLD_CONTRACT } : contract;
  }

  /**
   * A sender that holds each first answer or chunk back until a message of another call has gone, or a while has passed.
   * What belongs to one call keeps its order.
   * @param {(text: string) => void} send @returns {(text: string) => void}
   */
  sender(send) {
    /** @type {{id: string, texts: string[], timer: ReturnType<typeof setTimeout>} | null} */
    let held = null;
    const release = () => {
      const { texts, timer } = /** @type {any} */ (held);
      clearTimeout(timer);
      held = null;
      for (const text of texts) send(text);
    };
    return (text) => {
      const { t: kind, id } = JSON.parse(text);
      const ofCall = kind === "res" || kind === "chunk";
      if (held && ofCall && id === held.id) held.texts.push(text);
      else if (held) {
        send(text);
        release();
      } else if (ofCall && this.#on.has("reorder")) held = { id, texts: [text], timer: setTimeout(release, REORDER_MS) };
      else send(text);
    };
  }
}
