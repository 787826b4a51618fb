/**
 * What a client demands where the format leaves a choice: the schemes that count as signatures, the hashes that bind bytes.
 *
 * `SHELL_RULES` are the bank's own and the default everywhere; `FORMAT_RULES` read any repository of the format and
 * serve the conformance command. Both are lists of what is allowed: what stands in neither counts as absent.
 */
import { KNOWN_SCHEMES } from "./keys.mjs";

/** @typedef {{schemes: readonly string[], hashes: readonly string[]}} Rules */

/** @type {Rules} */
export const SHELL_RULES = Object.freeze({
  schemes: Object.freeze(["ecdsa-sha2-nistp256"]), hashes: Object.freeze(["sha256"]),
});

/** @type {Rules} */
export const FORMAT_RULES = Object.freeze({ schemes: KNOWN_SCHEMES, hashes: Object.freeze(["sha256", "sha512"]) });
