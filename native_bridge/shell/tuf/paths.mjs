/**
 * Which delegated role may speak for a target path: shell-style patterns per path segment, hash prefixes, hash bins.
 */
import { sha256Hex, utf8 } from "../core/encoding.mjs";

/** Letters that stand for themselves in a regular expression only when escaped. */
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** @param {string} segment @param {string} pattern `*`, `?`, `[abc]`, `[!abc]`; never across `/` */
export function segmentMatches(segment, pattern) {
  let source = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const close = pattern[at] === "[" ? pattern.indexOf("]", at + (pattern[at + 1] === "!" ? 3 : 2)) : -1;
    if (pattern[at] === "*") source += ".*";
    else if (pattern[at] === "?") source += ".";
    else if (close > 0) {
      source += characterClass(pattern.slice(at + 1, close));
      at = close;
    } else source += pattern[at].replace(SPECIAL, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, "s").test(segment);
  } catch {
    return false;
  }
}

/** @param {string} inner what stands between the brackets */
function characterClass(inner) {
  const negated = inner.startsWith("!");
  const letters = (negated ? inner.slice(1) : inner).replace(/[\\\]^[]/g, "\\$&");
  return `[${negated ? "^" : ""}${letters}]`;
}

/** @param {string} path @param {string} pattern @returns {boolean} */
export function pathMatches(path, pattern) {
  const segments = path.split("/");
  const patterns = pattern.split("/");
  return segments.length === patterns.length && segments.every((part, index) => segmentMatches(part, patterns[index]));
}

/**
 * The delegated roles to ask for a path, in order.
 * @param {any} delegations @param {string} path
 * @returns {Promise<{name: string, terminating: boolean}[]>}
 */
export async function rolesFor(delegations, path) {
  const digest = await sha256Hex(utf8(path));
  if (delegations.succinct_roles) return [bin(delegations.succinct_roles, digest)];
  return delegations.roles.filter((role) =>
    role.paths
      ? role.paths.some((pattern) => pathMatches(path, pattern))
      : role.path_hash_prefixes.some((prefix) => digest.startsWith(prefix)));
}

/** @param {{bit_length: number, name_prefix: string}} succinct @param {string} digest */
function bin({ bit_length: bits, name_prefix: prefix }, digest) {
  const number = parseInt(digest.slice(0, 8), 16) >>> (32 - bits);
  const width = Math.ceil(bits / 4);
  return { name: `${prefix}-${number.toString(16).padStart(width, "0")}`, terminating: true };
}

/**
 * The keys that a delegation gives to a role; for hash bins every bin has the same.
 * @param {any} delegations @param {string} name
 * @returns {{keys: Record<string, any>, keyids: string[], threshold: number} | null}
 */
export function delegatedKeys(delegations, name) {
  const role = delegations.succinct_roles ?? delegations.roles.find((candidate) => candidate.name === name);
  return role ? { keys: delegations.keys, keyids: role.keyids, threshold: role.threshold } : null;
}
