/**
 * A call under way: what the audit may keep of it, how the person decided, and the one sheet that may be up.
 */
const SAID_NO = new Set(["CONSENT_DENIED", "USER_CANCELLED", "USER_VERIFICATION_FAILED", "LOCKED_OUT"]);

/** One sheet at a time. Share one among the dispatchers of one shell. */
export class PromptGate {
  #taken = false;

  /** @returns {(() => void)|null} what gives the gate back, or null when it is taken */
  take() {
    if (this.#taken) return null;
    this.#taken = true;
    return () => {
      this.#taken = false;
    };
  }
}

/** The input fields whose values the contract lets the audit keep. */
export function audited(spec, params) {
  return Object.fromEntries(spec.audit.filter((name) => Object.hasOwn(params, name)).map((name) => [name, params[name]]));
}

/** What every audit entry about a call tells. @param {any} job */
export function described({ id, method, mv, spec, params, gates, traceparent }) {
  return { id, method, mv, tier: spec.tier, params, gates: { ...gates }, traceparent };
}

/** The gate of consent after a call ended. @param {any} failure @param {string} before */
export function consentOf(failure, before) {
  if (failure === null) return "pass";
  return SAID_NO.has(failure.code) ? "fail" : before;
}

/**
 * Only codes that the contract allows to this method go out; everything else is a mistake of the host.
 * @param {Record<string, {common: boolean}>} errors of the contract @param {any} spec @param {any} error
 */
export function failureOf(errors, spec, error) {
  const code = error?.code;
  const known = typeof code === "string" && Object.hasOwn(errors, code);
  if (!known || !(errors[code].common || spec.errors.includes(code))) {
    return { code: "INTERNAL", message: "", reason: `${error?.name ?? typeof error}: ${code ?? error?.message ?? ""}` };
  }
  const { message, retryable, details } = error;
  return { code, message: typeof message === "string" ? message : "", retryable, details };
}
