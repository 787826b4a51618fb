/**
 * Terminal answers as text: a result or a failure, never larger than the limit.
 */
import { fitsUtf8, writeInert } from "./json.mjs";

export class Answers {
  #errors;
  #maxBytes;

  /** @param {Record<string, {retryable: boolean}>} errors of the contract @param {number} maxBytes */
  constructor(errors, maxBytes) {
    this.#errors = errors;
    this.#maxBytes = maxBytes;
  }

  /** @param {string} id @param {unknown} result @returns {{text: string, code: string}} code is empty for a success */
  result(id, result) {
    const text = writeInert({ v: 1, t: "res", id, ok: true, r: result });
    return fitsUtf8(text, this.#maxBytes) ? { text, code: "" } : this.failure(id, { code: "TOO_LARGE", message: "" });
  }

  /** @param {string} id @param {{code: string, message: string, retryable?: boolean, details?: unknown}} failure */
  failure(id, { code, message, retryable, details }) {
    const e = { code, message, retryable: retryable ?? this.#errors[code].retryable, details: plain(details) };
    const text = writeInert({ v: 1, t: "res", id, ok: false, e });
    if (fitsUtf8(text, this.#maxBytes)) return { text, code };
    return { text: writeInert({ v: 1, t: "res", id, ok: false, e: { ...e, message: "", details: {} } }), code };
  }
}

/** Details are plain JSON or nothing. */
function plain(details) {
  try {
    const copy = JSON.parse(JSON.stringify(details ?? {}));
    return typeof copy === "object" && copy !== null && !Array.isArray(copy) ? copy : {};
  } catch {
    return {};
  }
}
