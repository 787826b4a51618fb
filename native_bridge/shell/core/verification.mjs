/**
 * Showing the bank that its customer is in front of this device: one challenge, one purpose, one signature of `tx`.
 *
 *   await verifyPerson({ api, keys, config }, { op: "session.verification.step_up", purpose: "step-up", factor });
 *
 * Audience and environment are this shell's own, never the bank's answer. Gives the body of the operation's answer; throws
 * what the API throws, and CHALLENGE_INVALID, USER_VERIFICATION_FAILED or UPSTREAM_ERROR for what the bank refused.
 */
import { ShellError } from "./errors.mjs";
import { verificationMessage } from "./keys.mjs";

/**
 * @param {{api: import("./api.mjs").Api, keys: import("./keys.mjs").DeviceKeys, config: {aud: string, env: string}}} parts
 * @param {{op: string, purpose: "user" | "step-up" | "unbind", factor: "pin" | "fingerprint" | "face"}} asked
 * @returns {Promise<any>}
 */
export async function verifyPerson({ api, keys, config }, { op, purpose, factor }) {
  const { customer, deviceId } = api.session;
  if (!customer || !deviceId) throw new ShellError("AUTH_REQUIRED", "the customer has to log in");
  const { challenge } = accepted(await api.request({ op: "session.verification.challenge", body: { purpose } }));
  const message = verificationMessage({
    aud: config.aud, env: config.env, purpose, deviceId, customerId: customer.customerId, challenge, popJkt: keys.pop.thumbprint, factor,
  });
  const txSignature = await keys.signText("tx", message);
  return accepted(await api.request({ op, body: { challenge, factor, txSignature } }));
}

/** @param {{status: number, body: any}} answer */
function accepted({ status, body }) {
  if (status < 400) return body;
  const { code, message } = body ?? {};
  const ours = { CHALLENGE_INVALID: "CHALLENGE_INVALID", VERIFICATION_REFUSED: "USER_VERIFICATION_FAILED" }[code] ?? "UPSTREAM_ERROR";
  throw new ShellError(ours, `the bank refused: ${code ?? status}`, { status, code, message });
}
