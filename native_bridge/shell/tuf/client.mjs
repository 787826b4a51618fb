/**
 * The Update Framework 1.0, detailed client workflow, over a storage and a fetcher that are passed in.
 *
 *   const client = new TufClient({ root, storage, fetcher, now });
 *   await client.refresh();                                    // roots, timestamp, snapshot, targets
 *   await client.target("apps/wealth/1.0.0.manifest.json");    // loads the delegated roles on the way
 *   await client.download("apps/wealth/1.0.0.manifest.json");  // verified bytes
 *   client.raw("app-wealth");                                  // verified metadata bytes of a role
 *   client.summary();                                          // versions, expiry, keys and thresholds
 *   await client.restore();                                    // instead of refresh: what is stored, expiry tolerated
 *
 * Every root since the embedded one is kept, so an offline start walks the same chain from the embedded root. A client
 * serves one refresh: after an error take a new one.
 */
import { DelegationError, LengthError, MissingError, TufError } from "./errors.mjs";
import { rolesFor } from "./paths.mjs";
import { SHELL_RULES } from "./rules.mjs";
import { knownHashes, TrustedSet, verifyBytes } from "./trust.mjs";

/**
 * Keys of the storage: `root/<version>`, `timestamp`, `snapshot`, `targets`, `delegated/<role>`.
 * @typedef {{get(role: string): Promise<Uint8Array | undefined>, put(role: string, bytes: Uint8Array): Promise<void>,
 *   remove(role: string): Promise<void>}} RoleStorage
 * @typedef {(path: string, maxLength: number) => Promise<Uint8Array | null>} Fetcher path below the repository's
 *   address, null on 404; throws when there is no connection
 * @typedef {{path: string, length: number, hashes: Record<string, string>, sha256: string, role: string, url: string,
 *   custom?: unknown}} Target sha256 is missing only where the rules take another hash
 * @typedef {{version: number, expires: string, keyids: string[], threshold: number}} RoleSummary
 */

export const LIMITS = Object.freeze({
  rootRotations: 256, delegations: 32, root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000,
});

/** A role's name or a target's segment as a part of an address. @param {string} name */
export function quoted(name) {
  return encodeURIComponent(name).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Under which key a role is stored: a delegated role may have any name, so it gets a room of its own. */
function storageKey(role) {
  return ["timestamp", "snapshot", "targets"].includes(role) ? role : `delegated/${role}`;
}

/** Client of one repository for one refresh. */
export class TufClient {
  #root;
  #storage;
  #fetcher;
  #now;
  #limits;
  #rules;
  /** @type {TrustedSet} */
  #trusted;
  /** @type {Map<string, string>} role → who delegates to it */
  #delegators = new Map();
  #stored = false;

  /**
   * @param {{root: Uint8Array, storage: RoleStorage, fetcher: Fetcher, now: Date, limits?: Partial<typeof LIMITS>,
   *   rules?: import("./rules.mjs").Rules}} parts root: bytes of the root metadata that came with the app
   */
  constructor({ root, storage, fetcher, now, limits = {}, rules = SHELL_RULES }) {
    this.#root = root;
    this.#storage = storage;
    this.#fetcher = fetcher;
    this.#now = now;
    this.#limits = { ...LIMITS, ...limits };
    this.#rules = rules;
  }

  /** Bring all top-level roles up to date. @returns {Promise<ReturnType<TufClient["summary"]>>} */
  async refresh() {
    await this.#keptRoots();
    await this.#newRoots();
    await this.#timestamp();
    await this.#snapshot();
    await this.#targets("targets", "root");
    return this.summary();
  }

  /** Trust what an earlier refresh stored, without network and without looking at expiry. */
  async restore() {
    this.#stored = true;
    await this.#keptRoots();
    await this.#trusted.updateTimestamp(await this.#kept("timestamp"));
    await this.#trusted.updateSnapshot(await this.#kept("snapshot"));
    await this.#targets("targets", "root");
    return this.summary();
  }

  /**
   * Find a target, depth first through the delegations.
   * @param {string} path @returns {Promise<Target>}
   */
  async target(path) {
    const asked = new Set();
    const open = [{ role: "targets", delegator: "root" }];
    while (open.length > 0 && asked.size <= this.#limits.delegations) {
      const { role, delegator } = open.pop();
      if (asked.has(role)) continue;
      asked.add(role);
      const { signed } = await this.#targets(role, delegator);
      if (Object.hasOwn(signed.targets, path)) return this.#found(path, signed.targets[path], role);
      if (signed.delegations) await descend(open, signed.delegations, path, role);
    }
    throw new DelegationError(`no role offers ${path}`);
  }

  /**
   * Fetch a target's bytes and verify length and hash.
   * @param {string} path @returns {Promise<Uint8Array>}
   */
  async download(path) {
    const target = await this.target(path);
    const bytes = await this.#fetch(target.url, target.length, target.role);
    await verifyBytes(bytes, target, path, this.#rules);
    return bytes;
  }

  /** Bytes of verified metadata. @param {string} role @returns {Uint8Array} */
  raw(role) {
    const metadata = this.#trusted?.get(role);
    if (!metadata) throw new DelegationError("not loaded", role);
    return metadata.bytes;
  }

  /** @returns {Record<string, RoleSummary>} what is trusted, by role */
  summary() {
    return Object.fromEntries(this.#trusted.names().map((role) => {
      const { version, expires } = this.#trusted.get(role).signed;
      const { keyids, threshold } = this.#trusted.ruleOf(role, this.#delegators.get(role) ?? "root");
      return [role, { version, expires, keyids: [...keyids], threshold }];
    }));
  }

  /** Begin with the embedded root and walk the roots that were stored. */
  async #keptRoots() {
    this.#trusted = await TrustedSet.begin(this.#root, this.#now, this.#rules);
    for (;;) {
      const name = `root/${this.#trusted.root.signed.version + 1}`;
      const kept = await this.#storage.get(name);
      if (!kept) return;
      try {
        await this.#trusted.updateRoot(kept);
      } catch (error) {
        if (!(error instanceof TufError)) throw error;
        await this.#storage.remove(name);
        return;
      }
    }
  }

  async #newRoots() {
    const before = this.#trusted.root.signed;
    for (let rotation = 0; rotation < this.#limits.rootRotations; rotation += 1) {
      const next = this.#trusted.root.signed.version + 1;
      const bytes = await this.#ask(`metadata/${next}.root.json`, this.#limits.root, "root");
      if (bytes === null) break;
      await this.#trusted.updateRoot(bytes);
      await this.#storage.put(`root/${next}`, bytes);
    }
    await this.#forgetAfterRotation(before.roles, this.#trusted.root.signed.roles);
    this.#trusted.checkFresh("root");
  }

  /** A key of an online role was taken away: its last versions may be an attacker's fast-forward. */
  async #forgetAfterRotation(before, after) {
    const rotated = ["timestamp", "snapshot"].some((role) =>
      before[role].keyids.some((keyid) => !after[role].keyids.includes(keyid)));
    if (!rotated) return;
    await this.#storage.remove("timestamp");
    await this.#storage.remove("snapshot");
  }

  async #timestamp() {
    await this.#attempt("timestamp", (bytes) => this.#trusted.updateTimestamp(bytes));
    const bytes = await this.#fetch("metadata/timestamp.json", this.#limits.timestamp, "timestamp");
    const newer = await this.#trusted.updateTimestamp(bytes);
    this.#trusted.checkFresh("timestamp");
    if (newer) await this.#storage.put("timestamp", bytes);
  }

  async #snapshot() {
    await this.#attempt("snapshot", (bytes) => this.#trusted.baseSnapshot(bytes));
    if (!(await this.#snapshotIsCurrent())) {
      const bytes = await this.#fetchMetadata("snapshot", this.#limits.snapshot);
      await this.#trusted.updateSnapshot(bytes);
      this.#trusted.checkFresh("snapshot");
      await this.#storage.put("snapshot", bytes);
    }
    this.#trusted.checkFresh("snapshot");
  }

  async #snapshotIsCurrent() {
    const kept = this.#trusted.get("snapshot");
    const announced = this.#trusted.announced("snapshot");
    if (!kept || kept.signed.version !== announced.version) return false;
    try {
      await verifyBytes(kept.bytes, announced, "snapshot", this.#rules);
      return true;
    } catch {
      return false;
    }
  }

  /** @param {string} role @param {string} delegator */
  async #targets(role, delegator) {
    const loaded = this.#trusted.get(role);
    if (loaded && this.#delegators.get(role) === delegator) return loaded;
    const update = (bytes) => this.#trusted.updateTargets(bytes, role, delegator);
    if (this.#stored) {
      await update(await this.#kept(role));
    } else if (!(await this.#attempt(role, update))) {
      const bytes = await this.#fetchMetadata(role, this.#limits.targets);
      await update(bytes);
      this.#fresh(role);
      await this.#storage.put(storageKey(role), bytes);
    }
    this.#delegators.set(role, delegator);
    if (!this.#stored) this.#fresh(role);
    return this.#trusted.get(role);
  }

  /** Refuse a role that has expired, and hold it as trusted no longer. @param {string} role */
  #fresh(role) {
    try {
      this.#trusted.checkFresh(role);
    } catch (error) {
      this.#trusted.drop(role);
      throw error;
    }
  }

  /** Try stored bytes; what does not hold any more counts as absent. */
  async #attempt(role, update) {
    const kept = await this.#storage.get(storageKey(role));
    if (!kept) return false;
    try {
      await update(kept);
      return true;
    } catch (error) {
      if (!(error instanceof TufError)) throw error;
      return false;
    }
  }

  async #kept(role) {
    const bytes = await this.#storage.get(storageKey(role));
    if (!bytes) throw new MissingError("not stored", role);
    return bytes;
  }

  /** Fetch versioned metadata that the timestamp or the snapshot announces. */
  async #fetchMetadata(role, limit) {
    const { version, length } = this.#trusted.announced(role);
    const prefix = this.#trusted.root.signed.consistent_snapshot ? `${version}.` : "";
    return this.#fetch(`metadata/${prefix}${quoted(role)}.json`, length ?? limit, role);
  }

  async #fetch(path, maxLength, role) {
    const bytes = await this.#ask(path, maxLength, role);
    if (bytes === null) throw new MissingError(`${path} is not served`, role);
    return bytes;
  }

  async #ask(path, maxLength, role) {
    const bytes = await this.#fetcher(path, maxLength);
    if (bytes !== null && bytes.length > maxLength) throw new LengthError(`more than ${maxLength} bytes`, role);
    return bytes;
  }

  /** @returns {Target} */
  #found(path, { length, hashes, custom }, role) {
    const [name] = knownHashes(hashes, this.#rules);
    if (!name) throw new DelegationError(`${path} has none of the hashes ${this.#rules.hashes.join(", ")}`, role);
    const segments = path.split("/");
    if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
      throw new DelegationError(`${path} is no plain path`, role);
    }
    if (this.#trusted.root.signed.consistent_snapshot) segments.push(`${hashes[name]}.${segments.pop()}`);
    return { path, length, hashes, sha256: hashes.sha256, role, url: `targets/${segments.map(quoted).join("/")}`, custom };
  }
}

/** Put the delegated roles that may know the path on the stack, the first on top; a terminating one clears the rest. */
async function descend(open, delegations, path, delegator) {
  const children = [];
  for (const { name, terminating } of await rolesFor(delegations, path)) {
    children.push({ role: name, delegator });
    if (terminating) {
      open.length = 0;
      break;
    }
  }
  open.push(...children.reverse());
}
