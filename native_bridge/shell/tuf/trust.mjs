/**
 * The rules of the client workflow over metadata that somebody else fetched: thresholds, versions, expiry, hashes.
 *
 * Nothing here reads or writes. A `TrustedSet` grows in the order root, timestamp, snapshot, targets, delegated roles;
 * what it holds has passed every rule.
 */
import { hex, olpcCanonical } from "../core/encoding.mjs";
import {
  DelegationError, ExpiredError, FormatError, HashError, LengthError, RollbackError, SignatureError, VersionError,
} from "./errors.mjs";
import { verifies } from "./keys.mjs";
import { parseMetadata } from "./metadata.mjs";
import { delegatedKeys } from "./paths.mjs";
import { SHELL_RULES } from "./rules.mjs";

/**
 * @typedef {import("./metadata.mjs").Metadata} Metadata
 * @typedef {import("./rules.mjs").Rules} Rules
 */

/** How WebCrypto calls the hashes that rules may name. */
const DIGESTS = new Map([["sha256", "SHA-256"], ["sha512", "SHA-512"]]);

/**
 * Refuse metadata that fewer keys than the threshold have signed. Keys are counted by their public part.
 * @param {Metadata} metadata
 * @param {{keys: Record<string, any>, keyids: string[], threshold: number}} rule @param {string} role
 * @param {Rules} rules
 */
export async function verifyThreshold(metadata, { keys, keyids, threshold }, role, rules) {
  let message;
  try {
    message = olpcCanonical(metadata.signed);
  } catch (error) {
    throw new FormatError(error.message, role);
  }
  const valid = new Set();
  for (const keyid of keyids) {
    const signature = metadata.signatures.get(keyid);
    const key = Object.hasOwn(keys, keyid) ? keys[keyid] : null;
    if (key && signature && (await verifies(key, signature, message, rules.schemes))) {
      valid.add(key.keyval.public.replace(/\s/g, ""));
    }
  }
  if (valid.size < threshold) throw new SignatureError(`${valid.size} valid signatures of ${threshold}`, role);
}

/** The announced hashes that the rules know. @param {Record<string, string>} hashes @param {Rules} rules */
export function knownHashes(hashes, rules) {
  return rules.hashes.filter((name) => Object.hasOwn(hashes, name));
}

/**
 * Refuse bytes that differ from what signed metadata announced: every announced hash that the rules know must fit.
 * @param {Uint8Array} bytes @param {{length?: number, hashes?: Record<string, string>}} announced @param {string} role
 * @param {Rules} rules
 */
export async function verifyBytes(bytes, announced, role, rules) {
  if (announced.length !== undefined && bytes.length !== announced.length) {
    throw new LengthError(`${bytes.length} bytes instead of ${announced.length}`, role);
  }
  if (announced.hashes === undefined) return;
  const names = knownHashes(announced.hashes, rules);
  if (names.length === 0) throw new HashError(`none of ${rules.hashes.join(", ")} is announced`, role);
  for (const name of names) {
    const digest = hex(new Uint8Array(await crypto.subtle.digest(DIGESTS.get(name), bytes)));
    if (digest !== announced.hashes[name]) throw new HashError(`${name} differs`, role);
  }
}

/** The rule by which a root judges a top-level role. @param {Metadata} root @param {string} role */
function topLevelRule(root, role) {
  const { keyids, threshold } = root.signed.roles[role];
  return { keys: root.signed.keys, keyids, threshold };
}

/** What is trusted so far. */
export class TrustedSet {
  /** @type {Map<string, Metadata>} */
  #roles = new Map();

  /** @param {Metadata} root @param {Date} now @param {Rules} rules */
  constructor(root, now, rules) {
    this.#roles.set("root", root);
    this.now = now;
    this.rules = rules;
  }

  /** Begin with the root that came with the app. @param {Uint8Array} bytes @param {Date} now @param {Rules} [rules] */
  static async begin(bytes, now, rules = SHELL_RULES) {
    const root = parseMetadata(bytes, "root");
    await verifyThreshold(root, topLevelRule(root, "root"), "root", rules);
    return new TrustedSet(root, now, rules);
  }

  /** @param {string} role @returns {Metadata | undefined} */
  get(role) {
    return this.#roles.get(role);
  }

  /** @returns {string[]} */
  names() {
    return [...this.#roles.keys()];
  }

  /** @returns {Metadata} */
  get root() {
    return this.#roles.get("root");
  }

  /** Refuse trusted metadata that is past its expiry. @param {string} role */
  checkFresh(role) {
    const { expires } = this.#roles.get(role).signed;
    if (Date.parse(expires) <= this.now.getTime()) throw new ExpiredError(`expired at ${expires}`, role);
  }

  /** Take the next root: signed by the old root's threshold and by its own, version exactly one higher. */
  async updateRoot(bytes) {
    const next = parseMetadata(bytes, "root");
    await verifyThreshold(next, topLevelRule(this.root, "root"), "root", this.rules);
    await verifyThreshold(next, topLevelRule(next, "root"), "root", this.rules);
    if (next.signed.version !== this.root.signed.version + 1) {
      throw new VersionError(`version ${next.signed.version} follows ${this.root.signed.version}`, "root");
    }
    this.#roles.set("root", next);
  }

  /** Take a timestamp; one of the same version is left aside. @returns {Promise<boolean>} whether it was newer */
  async updateTimestamp(bytes) {
    const next = parseMetadata(bytes, "timestamp");
    await verifyThreshold(next, topLevelRule(this.root, "timestamp"), "timestamp", this.rules);
    const trusted = this.#roles.get("timestamp");
    if (trusted) {
      if (next.signed.version < trusted.signed.version) {
        throw new RollbackError(`version ${next.signed.version} after ${trusted.signed.version}`, "timestamp");
      }
      if (next.signed.version === trusted.signed.version) return false;
      refuseLower(next.signed.meta, trusted.signed.meta, "timestamp");
    }
    this.#roles.set("timestamp", next);
    return true;
  }

  /** What the trusted timestamp or snapshot announces about a role's file. @param {string} role */
  announced(role) {
    const holder = role === "snapshot" ? "timestamp" : "snapshot";
    const { meta } = this.#roles.get(holder).signed;
    if (!Object.hasOwn(meta, `${role}.json`)) throw new DelegationError("snapshot does not name it", role);
    return meta[`${role}.json`];
  }

  /**
   * Take a snapshot kept from before: the base of rollback checks, final only when it is the announced one.
   * @param {Uint8Array} bytes
   */
  async baseSnapshot(bytes) {
    const kept = parseMetadata(bytes, "snapshot");
    await verifyThreshold(kept, topLevelRule(this.root, "snapshot"), "snapshot", this.rules);
    this.#roles.set("snapshot", kept);
  }

  /** Take the snapshot that the timestamp announces. @param {Uint8Array} bytes */
  async updateSnapshot(bytes) {
    const announced = this.announced("snapshot");
    await verifyBytes(bytes, announced, "snapshot", this.rules);
    const next = parseMetadata(bytes, "snapshot");
    await verifyThreshold(next, topLevelRule(this.root, "snapshot"), "snapshot", this.rules);
    const trusted = this.#roles.get("snapshot");
    if (trusted) refuseLower(next.signed.meta, trusted.signed.meta, "snapshot");
    if (next.signed.version !== announced.version) {
      throw new VersionError(`version ${next.signed.version}, timestamp says ${announced.version}`, "snapshot");
    }
    this.#roles.set("snapshot", next);
  }

  /**
   * Take targets metadata of a role, judged by the role that delegates to it.
   * @param {Uint8Array} bytes @param {string} role @param {string} delegator "root" for the top-level targets
   */
  async updateTargets(bytes, role, delegator) {
    const announced = this.announced(role);
    await verifyBytes(bytes, announced, role, this.rules);
    const next = parseMetadata(bytes, role, "targets");
    await verifyThreshold(next, this.ruleOf(role, delegator), role, this.rules);
    if (next.signed.version !== announced.version) {
      throw new VersionError(`version ${next.signed.version}, snapshot says ${announced.version}`, role);
    }
    this.#roles.set(role, next);
  }

  /** @param {string} role @param {string} delegator */
  ruleOf(role, delegator) {
    if (delegator === "root") return topLevelRule(this.root, role);
    const { delegations } = this.#roles.get(delegator).signed;
    const rule = delegations ? delegatedKeys(delegations, role) : null;
    if (!rule) throw new DelegationError(`${delegator} does not delegate to it`, role);
    return rule;
  }

  /** Leave a role out again. @param {string} role */
  drop(role) {
    this.#roles.delete(role);
  }
}

/** @param {Record<string, any>} next @param {Record<string, any>} trusted @param {string} role */
function refuseLower(next, trusted, role) {
  for (const [name, file] of Object.entries(trusted)) {
    if (!Object.hasOwn(next, name)) throw new RollbackError(`${name} has vanished`, role);
    if (next[name].version < file.version) {
      throw new RollbackError(`${name} falls from ${file.version} to ${next[name].version}`, role);
    }
  }
}
