/**
 * The one error of the shell's core: a stable code, an English sentence for developers, and data.
 *
 * Codes used here: OFFLINE, TIMEOUT, AUTH_REQUIRED, NOT_BOUND, USER_CANCELLED, PERMISSION_DENIED, PARAMS_INVALID,
 * UPSTREAM_ERROR, CHALLENGE_INVALID, ENCODING_INVALID, KEY_INVALIDATED, RELEASE_INVALID, FRAME_FAILED, STORAGE_FULL,
 * UPDATE_REQUIRED, CHECK_REQUIRED.
 */
export class ShellError extends Error {
  /**
   * @param {string} code stable code; bridge codes are used as they are
   * @param {string} message English, free of personal data
   * @param {Record<string, unknown>} [details]
   */
  constructor(code, message, details = {}) {
    super(message);
    this.name = "ShellError";
    this.code = code;
    this.details = details;
  }
}
