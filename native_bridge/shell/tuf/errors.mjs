/**
 * Why the client refuses metadata or a target: one class per rule of the specification, each with a stable code.
 */
export class TufError extends Error {
  /** @param {string} code @param {string} message @param {string} [role] the role whose metadata is refused */
  constructor(code, message, role = "") {
    super(role ? `${role}: ${message}` : message);
    this.name = new.target.name;
    this.code = code;
    this.role = role;
  }
}

/** @param {string} code @returns {new (message: string, role?: string) => TufError} */
function refusal(code) {
  return class extends TufError {
    constructor(message, role) {
      super(code, message, role);
    }
  };
}

/** Fewer valid signatures than the threshold. */
export class SignatureError extends refusal("TUF_SIGNATURE") {}
/** A version lower than one that was trusted before, or a role that vanished. */
export class RollbackError extends refusal("TUF_ROLLBACK") {}
/** Metadata past its expiry: a freeze. */
export class ExpiredError extends refusal("TUF_EXPIRED") {}
/** More bytes than announced or allowed. */
export class LengthError extends refusal("TUF_LENGTH") {}
/** Bytes other than announced. */
export class HashError extends refusal("TUF_HASH") {}
/** A version other than the one announced: a mix of two repositories' states, or a gap in the chain of roots. */
export class VersionError extends refusal("TUF_VERSION") {}
/** No role that may speak for the path knows it. */
export class DelegationError extends refusal("TUF_DELEGATION") {}
/** Not metadata of that role. */
export class FormatError extends refusal("TUF_FORMAT") {}
/** Announced metadata is not served. */
export class MissingError extends refusal("TUF_MISSING") {}
