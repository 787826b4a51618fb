/**
 * Shapes of TUF metadata: parses bytes into `{ signed, signatures, bytes }` and refuses whatever is not of the role.
 *
 * Only shape is judged here; who signed it and whether it is new enough is judged in trust.mjs.
 */
import { parseJson } from "../core/encoding.mjs";
import { FormatError } from "./errors.mjs";

/**
 * @typedef {{keytype: string, scheme: string, keyval: {public: string}}} Key
 * @typedef {{keyids: string[], threshold: number}} RoleKeys
 * @typedef {{version: number, length?: number, hashes?: Record<string, string>}} MetaFile
 * @typedef {{length: number, hashes: Record<string, string>, custom?: unknown}} TargetFile
 * @typedef {{signed: any, signatures: Map<string, string>, bytes: Uint8Array}} Metadata
 */

const EXPIRES = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const HEX = /^([0-9a-f]{2})+$/;
const TOP_LEVEL = ["root", "timestamp", "snapshot", "targets"];

/** @param {unknown} value @returns {value is Record<string, any>} */
const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const isCount = (value, least = 0) => Number.isSafeInteger(value) && value >= least;
const isTextList = (value) => Array.isArray(value) && value.every(isText);

/**
 * Parse metadata of a role.
 * @param {Uint8Array} bytes @param {string} role name for messages @param {string} [type] `_type`, the role by default
 * @returns {Metadata}
 */
export function parseMetadata(bytes, role, type = role) {
  const check = checker(role);
  const envelope = parsed(bytes, role);
  check(isMap(envelope) && isMap(envelope.signed) && Array.isArray(envelope.signatures), "no signed part or signatures");
  checkSigned(envelope.signed, type, check);
  SHAPES[type](envelope.signed, check);
  return { signed: envelope.signed, signatures: signaturesOf(envelope.signatures, check), bytes };
}

/** @param {Uint8Array} bytes @param {string} role */
function parsed(bytes, role) {
  try {
    return parseJson(bytes);
  } catch (error) {
    throw new FormatError(error.message, role);
  }
}

/** @param {string} role @returns {(condition: unknown, message: string) => asserts condition} */
function checker(role) {
  return (condition, message) => {
    if (!condition) throw new FormatError(message, role);
  };
}

function signaturesOf(list, check) {
  const signatures = new Map();
  for (const entry of list) {
    check(isMap(entry) && isText(entry.keyid) && isText(entry.sig), "a signature is malformed");
    check(!signatures.has(entry.keyid), "two signatures of one key");
    signatures.set(entry.keyid, entry.sig);
  }
  return signatures;
}

function checkSigned(signed, type, check) {
  check(signed._type === type, `_type is not ${type}`);
  check(isText(signed.spec_version) && /^1(\.\d+){1,2}$/.test(signed.spec_version), "specification version is not 1");
  check(isCount(signed.version, 1), "version is not a positive integer");
  check(isText(signed.expires) && EXPIRES.test(signed.expires), "expires is not an instant");
}

function checkKeys(keys, check) {
  check(isMap(keys), "keys are malformed");
  for (const key of Object.values(keys)) {
    check(isMap(key) && isText(key.keytype) && isText(key.scheme), "a key is malformed");
    check(isMap(key.keyval) && isText(key.keyval.public), "a key has no public part");
  }
}

function checkRole(role, check) {
  check(isMap(role) && isTextList(role.keyids) && isCount(role.threshold, 1), "a role is malformed");
  check(new Set(role.keyids).size === role.keyids.length, "a role names a key twice");
}

function checkHashes(hashes, check) {
  check(isMap(hashes) && Object.keys(hashes).length > 0, "hashes are malformed");
  for (const value of Object.values(hashes)) check(isText(value) && HEX.test(value), "a hash is not hex");
}

function checkMeta(meta, check) {
  check(isMap(meta), "meta is malformed");
  for (const file of Object.values(meta)) {
    check(isMap(file) && isCount(file.version, 1), "a version in meta is malformed");
    check(file.length === undefined || isCount(file.length, 1), "a length in meta is malformed");
    if (file.hashes !== undefined) checkHashes(file.hashes, check);
  }
}

function checkDelegations(delegations, check) {
  check(isMap(delegations), "delegations are malformed");
  checkKeys(delegations.keys, check);
  const { roles, succinct_roles: succinct } = delegations;
  check((roles === undefined) !== (succinct === undefined), "delegations name either roles or succinct_roles");
  if (succinct !== undefined) {
    checkRole(succinct, check);
    check(isCount(succinct.bit_length, 1) && succinct.bit_length <= 32, "bit_length is out of range");
    check(isText(succinct.name_prefix) && succinct.name_prefix !== "", "name_prefix is missing");
    return;
  }
  check(Array.isArray(roles), "delegated roles are malformed");
  const names = new Set(TOP_LEVEL);
  for (const role of roles) checkDelegatedRole(role, names, check);
}

function checkDelegatedRole(role, names, check) {
  checkRole(role, check);
  check(isText(role.name) && role.name !== "" && !names.has(role.name), "a delegated role's name is taken or empty");
  names.add(role.name);
  check(typeof role.terminating === "boolean", "terminating is missing");
  check((role.paths === undefined) !== (role.path_hash_prefixes === undefined), "either paths or path_hash_prefixes");
  check(isTextList(role.paths ?? role.path_hash_prefixes), "paths are malformed");
}

const SHAPES = {
  root(signed, check) {
    check(typeof signed.consistent_snapshot === "boolean", "consistent_snapshot is missing");
    checkKeys(signed.keys, check);
    check(isMap(signed.roles), "roles are malformed");
    for (const name of TOP_LEVEL) {
      check(Object.hasOwn(signed.roles, name), `role ${name} is missing`);
      checkRole(signed.roles[name], check);
      for (const keyid of signed.roles[name].keyids) check(Object.hasOwn(signed.keys, keyid), `key of ${name} is missing`);
    }
  },
  timestamp(signed, check) {
    checkMeta(signed.meta, check);
    check(Object.keys(signed.meta).join() === "snapshot.json", "meta names other than snapshot.json");
  },
  snapshot(signed, check) {
    checkMeta(signed.meta, check);
    check(Object.hasOwn(signed.meta, "targets.json"), "meta lacks targets.json");
  },
  targets(signed, check) {
    check(isMap(signed.targets), "targets are malformed");
    for (const file of Object.values(signed.targets)) {
      check(isMap(file) && isCount(file.length), "a target's length is malformed");
      checkHashes(file.hashes, check);
    }
    if (signed.delegations !== undefined) checkDelegations(signed.delegations, check);
  },
};
