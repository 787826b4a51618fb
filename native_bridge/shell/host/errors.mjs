/** What a method of the host throws to answer with a code of the contract. Any error with such a `code` is read alike. */
export class BridgeError extends Error {
  /**
   * @param {string} code of the contract
   * @param {string} [message] English, free of personal data
   * @param {{retryable?: boolean, details?: Record<string, unknown>}} [more] retryable: what the contract says when absent
   */
  constructor(code, message = "", { retryable, details = {} } = {}) {
    super(message);
    this.name = "BridgeError";
    this.code = code;
    this.retryable = retryable;
    this.details = details;
  }
}
