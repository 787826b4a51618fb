/**
 * The transaction PIN: kept only as a salted PBKDF2 hash on this device, counted, and locked after five wrong tries.
 *
 * The try is counted before it is checked, so closing the page in mid-check wins nothing. Each lock doubles the wait.
 * A simulator keeps this in IndexedDB; on a phone it belongs into the secure element.
 */
import { ShellError } from "../core/errors.mjs";

export const LENGTH = 6;
export const TRIES = 5;
const ITERATIONS = 600_000;
const FIRST_LOCK_MS = 15 * 60_000;
const LONGEST_LOCK_MS = 24 * 3_600_000;
const AREA = "values";
const KEY = "pin";

/** Too easy: one digit only, or a run up or down. @param {string} pin */
export function isWeak(pin) {
  const steps = [...pin].slice(1).map((digit, index) => Number(digit) - Number(pin[index]));
  return steps.every((step) => step === 0) || steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

/** @param {string} pin @param {Uint8Array} salt @param {number} iterations @returns {Promise<Uint8Array>} */
async function derive(pin, salt, iterations) {
  const material = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const rule = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(rule, material, 256));
}

/** @param {Uint8Array} left @param {Uint8Array} right */
function same(left, right) {
  return left.length === right.length && left.reduce((sum, byte, index) => sum | (byte ^ right[index]), 0) === 0;
}

/** The PIN of this device. */
export class PinVault {
  #store;
  #clock;
  #iterations;

  /** @param {{store: any, clock?: () => number, iterations?: number}} parts clock: epoch milliseconds */
  constructor({ store, clock = Date.now, iterations = ITERATIONS }) {
    this.#store = store;
    this.#clock = clock;
    this.#iterations = iterations;
  }

  /** @returns {Promise<boolean>} */
  async isSet() {
    return Boolean(await this.#store.get(AREA, KEY));
  }

  /** @param {string} pin six digits @returns {Promise<void>} */
  async set(pin) {
    if (!/^\d{6}$/.test(pin) || isWeak(pin)) throw new ShellError("PARAMS_INVALID", "the PIN is malformed or too easy");
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const hash = await derive(pin, salt, this.#iterations);
    await this.#store.put(AREA, KEY, { salt, hash, iterations: this.#iterations, wrong: 0, locks: 0, lockedUntil: 0 });
  }

  /** Until when is it locked? @returns {Promise<number>} epoch milliseconds, 0 when it is open */
  async lockedUntil() {
    const kept = await this.#store.get(AREA, KEY);
    return kept && kept.lockedUntil > this.#clock() ? kept.lockedUntil : 0;
  }

  /**
   * Check a try.
   * @param {string} pin @returns {Promise<void>}
   * @throws {ShellError} NOT_ENROLLED, LOCKED_OUT {until}, USER_VERIFICATION_FAILED {left}
   */
  async verify(pin) {
    const kept = await this.#store.get(AREA, KEY);
    if (!kept) throw new ShellError("NOT_ENROLLED", "no PIN has been set on this device");
    if (kept.lockedUntil > this.#clock()) throw lockedOut(kept.lockedUntil);
    const counted = this.#counted(kept);
    await this.#store.put(AREA, KEY, counted);
    if (same(await derive(pin, kept.salt, kept.iterations), kept.hash)) {
      await this.#store.put(AREA, KEY, { ...kept, wrong: 0, locks: 0, lockedUntil: 0 });
      return;
    }
    if (counted.lockedUntil > 0) throw lockedOut(counted.lockedUntil);
    throw new ShellError("USER_VERIFICATION_FAILED", "wrong PIN", { left: TRIES - counted.wrong });
  }

  /** What is kept while a try is open: as if it were wrong. @param {any} kept */
  #counted(kept) {
    const wrong = kept.wrong + 1;
    if (wrong < TRIES) return { ...kept, wrong, lockedUntil: 0 };
    const wait = Math.min(FIRST_LOCK_MS * 2 ** kept.locks, LONGEST_LOCK_MS);
    return { ...kept, wrong: 0, locks: kept.locks + 1, lockedUntil: this.#clock() + wait };
  }
}

/** @param {number} until */
function lockedOut(until) {
  return new ShellError("LOCKED_OUT", "too many wrong PINs", { until: new Date(until).toISOString() });
}
