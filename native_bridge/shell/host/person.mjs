/**
 * Methods that verify the person or take the device away: each shows the bank's own sheet and signs a challenge of the bank.
 */
import { ShellError } from "../core/errors.mjs";
import { verifyPerson } from "../core/verification.mjs";

/**
 * @param {{api: any, keys: any, config: any, sheet: any, door: import("./door.mjs").CustomerDoor, ui: any, page: any}} parts
 * @returns {Record<string, (params: any, context?: any) => Promise<any>>}
 */
export function personMethods({ api, keys, config, sheet, door, ui, page }) {
  /** Ask the person on the sheet, then sign. @param {"user" | "step-up" | "unbind"} purpose @param {string} op @param {AbortSignal} [signal] */
  const verified = async (purpose, op, signal) => {
    if (sheet.busy) throw new ShellError("BUSY", "another sheet is open");
    if (api.session.deviceState !== "ACTIVE") throw new ShellError("NOT_BOUND", "this device is not bound to a customer");
    await door.ensure(page.bundle);
    const factor = await sheet.unlock({ bundle: page.bundle, purpose, signal });
    return verifyPerson({ api, keys, config }, { op, purpose, factor });
  };
  return {
    "session.stepUp": async (_params, { signal } = {}) => {
      const { verifiedAt, until } = await verified("step-up", "session.verification.step_up", signal);
      return { verifiedAt, until };
    },
    "auth.verifyUser": async (_params, { signal } = {}) => {
      const { factor, verifiedAt } = await verified("user", "session.verification.user", signal);
      return { factor, verifiedAt };
    },
    "auth.biometricInfo": async () => ({ kind: "face", enrolled: api.session.deviceState === "ACTIVE" }),
    "device.unbind": async (_params, { signal } = {}) => {
      const { state } = await verified("unbind", "device.unbind", signal);
      ui.unbound();
      return { state };
    },
  };
}
