/**
 * The door to the customer's session: one unlock sheet for all the calls that wait for it.
 *
 * Only a bound device can open it. A person who just said no is not asked again by the next call of the same screen.
 */
import { ShellError } from "../core/errors.mjs";

const QUIET_MS = 1500;

/** Opens the customer's session when a call needs it. */
export class CustomerDoor {
  #opening = null;
  #refusedAt = -Infinity;

  /** @param {{api: any, sheet: {unlock: (asked: {bundle: string | null}) => Promise<"face" | "pin">}, clock?: () => number}} parts */
  constructor({ api, sheet, clock = () => performance.now() }) {
    Object.assign(this, { api, sheet, clock });
  }

  /**
   * Return when a customer's session stands.
   * @param {string | null} bundle who needs it; told on the sheet
   * @returns {Promise<void>}
   * @throws {ShellError} AUTH_REQUIRED when the device is not bound, USER_CANCELLED, LOCKED_OUT, OFFLINE
   */
  async ensure(bundle) {
    if (this.api.session.state === "customer") return;
    if (this.api.session.deviceState !== "ACTIVE") throw new ShellError("AUTH_REQUIRED", "this device is not bound to a customer");
    if (this.clock() - this.#refusedAt < QUIET_MS) throw new ShellError("USER_CANCELLED", "the person has just refused to log in");
    this.#opening ??= this.#open(bundle).finally(() => { this.#opening = null; });
    await this.#opening;
  }

  /** @param {string | null} bundle */
  async #open(bundle) {
    try {
      await this.api.login({ confirmFactor: () => this.sheet.unlock({ bundle }) });
    } catch (error) {
      if (error.code === "USER_CANCELLED") this.#refusedAt = this.clock();
      throw error;
    }
  }
}
