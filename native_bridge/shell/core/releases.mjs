/**
 * Verified releases of bundles: TUF refresh, rollout choice, download by hash, storage, offline start, collection.
 *
 *   const releases = new Releases({ store, config, platform, fetcher?, clock?, shellVersion? });   // config = /shell/config.json
 *   await releases.load();                       // offline start: what is stored, verified again → Release[]
 *   await releases.update({ onProgress });       // → { releases, trust, refused: [{bundle, code, message}], changed: [bundle] }
 *       // onProgress({ bundle, phase: "metadata"|"files"|"done", doneBytes, totalBytes, doneFiles, totalFiles })
 *       // throws ShellError OFFLINE or a TufError (.code TUF_…); stored releases stay usable
 *   releases.list() → Release[];  releases.get(bundle) → Release | null
 *   await releases.object(sha256) → Uint8Array   // hash checked again at each read
 *   releases.trust → { root: {version, expires, keyids, threshold}, timestamp, snapshot, targets, "app-wealth", … } | null
 *   releases.policies → { wealth: { policy, bucket, reason, halt, floor, offered: [{version, permyriad}] } }
 *   await releases.installId() → string;  await releases.collect() → number of objects removed
 *
 * Release = { bundle, version, digest, ref: "wealth@1.0.0#<digest>", manifest, manifestBytes, roleBytes, entry,
 *   files: [{ bundle, path, sha256, length, type }] (own and shared), shared: [{ id, digest, version, manifest, manifestBytes }],
 *   policy: { policy, bucket, reason, permyriad, halt, floor } }
 *
 * Nothing is given out that does not stand under a verified chain: root → targets → role → manifest → hash of each file.
 * An update either brings a whole release or leaves the one before. Expiry stops updating, not what is stored.
 */
import { sha256Hex, utf8 } from "./encoding.mjs";
import { freshId } from "./dpop.mjs";
import { ShellError } from "./errors.mjs";
import { choose, readManifest, readPolicy } from "./policy.mjs";
import { TufClient } from "../tuf/client.mjs";
import { TufError } from "../tuf/errors.mjs";
import { repositoryFetcher } from "../tuf/fetch.mjs";

const AT_ONCE = 4;

/** Repository of bundles as this installation sees it. */
export class Releases {
  #store;
  #config;
  #platform;
  #fetcher;
  #clock;
  #shellVersion;
  /** @type {Map<string, any>} */
  #releases = new Map();
  #trust = null;
  #policies = {};
  /** @type {Promise<any> | null} */
  #running = null;

  /**
   * @param {{store: import("./store.mjs").Store, platform: string, shellVersion?: string,
   *   config: {repository: string, trustedRoot: string, bundles: string[], app: {version: string}},
   *   fetcher?: import("../tuf/client.mjs").Fetcher, clock?: () => number}} parts
   */
  constructor({ store, config, platform, fetcher, clock = Date.now, shellVersion = "1.0.0" }) {
    this.#store = store;
    this.#config = config;
    this.#platform = platform;
    this.#fetcher = fetcher ?? repositoryFetcher(config.repository);
    this.#clock = clock;
    this.#shellVersion = shellVersion;
  }

  /** @returns {any[]} releases that can be opened now */
  list() {
    return [...this.#releases.values()];
  }

  /** @param {string} bundle @returns {any | null} */
  get(bundle) {
    return this.#releases.get(bundle) ?? null;
  }

  get trust() {
    return this.#trust;
  }

  get policies() {
    return this.#policies;
  }

  /** The unguessable name of this installation; it never leaves the device. @returns {Promise<string>} */
  async installId() {
    const kept = await this.#store.get("values", "installId");
    if (kept) return kept;
    const made = freshId();
    await this.#store.put("values", "installId", made);
    return made;
  }

  /** Start from what is stored. A release that does not verify any more, or lacks a file, is left out. */
  async load() {
    for (const bundle of this.#config.bundles) {
      const record = await this.#store.get("releases", bundle);
      if (!record) continue;
      try {
        const client = this.#client(storedMetadata(this.#store, record), null);
        await client.restore();
        await this.#take(bundle, await this.#resolve(client, bundle));
        await this.#checkStored(bundle);
        this.#trust = { ...client.summary(), ...this.#trust };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.#releases.delete(bundle);
      }
    }
    return this.list();
  }

  /**
   * Ask the repository, download and verify what is new. Callers at the same time share one run.
   * @param {{onProgress?: (progress: Record<string, unknown>) => void}} [options]
   */
  async update({ onProgress = () => {} } = {}) {
    this.#running ??= this.#update(onProgress).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Bytes of a file, or an error when they are absent or altered. @param {string} sha256 @returns {Promise<Uint8Array>} */
  async object(sha256) {
    const bytes = await this.#store.get("objects", sha256);
    if (!bytes || (await sha256Hex(bytes)) !== sha256) throw new ShellError("RELEASE_INVALID", "a file is absent or altered");
    return bytes;
  }

  /** Remove stored objects that no release needs. @returns {Promise<number>} how many */
  async collect() {
    const needed = new Set();
    for (const { digest, files, shared, policyDigest } of this.#releases.values()) {
      for (const hash of [digest, policyDigest, ...files.map((file) => file.sha256), ...shared.map((one) => one.digest)]) {
        needed.add(hash);
      }
    }
    const unused = (await this.#store.keys("objects")).filter((hash) => !needed.has(hash));
    if (unused.length > 0) await this.#store.remove("objects", ...unused);
    return unused.length;
  }

  async #update(onProgress) {
    onProgress({ bundle: null, phase: "metadata", doneBytes: 0, totalBytes: 0, doneFiles: 0, totalFiles: 0 });
    const client = this.#client(tufArea(this.#store), this.#fetcher);
    await client.refresh();
    const refused = [];
    const changed = [];
    for (const bundle of this.#config.bundles) {
      try {
        if (await this.#updateBundle(client, bundle, onProgress)) changed.push(bundle);
      } catch (error) {
        if (!isRefusal(error) || error.code === "OFFLINE") throw error;
        refused.push({ bundle, code: error.code, message: error.message });
      }
    }
    this.#trust = client.summary();
    if (refused.length === 0) await this.collect();
    return { releases: this.list(), trust: this.#trust, policies: this.#policies, refused, changed };
  }

  /** @returns {Promise<boolean>} whether another release is in force now */
  async #updateBundle(client, bundle, onProgress) {
    const before = this.#releases.get(bundle)?.digest;
    const found = await this.#resolve(client, bundle);
    if (found) await this.#download(client, found, (progress) => onProgress({ bundle, ...progress }));
    await this.#keep(client, bundle, found);
    await this.#take(bundle, found);
    return found?.digest !== before;
  }

  /** The release that this installation gets, verified up to the manifests. @returns {Promise<any | null>} */
  async #resolve(client, bundle) {
    const policyPath = `rollout/${bundle}.json`;
    const policyTarget = await offered(client, policyPath);
    if (!policyTarget) return null;
    const policy = readPolicy(await this.#targetBytes(client, policyTarget), bundle);
    const here = { installId: await this.installId(), appVersion: this.#config.app.version, platform: this.#platform };
    const { release, bucket, reason } = await choose(policy, here);
    const { floor, halt } = policy;
    const seen = { policy: policy.policy, bucket, reason, halt, floor };
    const choices = policy.releases.map(({ version, permyriad }) => ({ version, permyriad }));
    this.#policies = { ...this.#policies, [bundle]: { ...seen, offered: choices } };
    if (!release) return null;
    const pinned = { version: release.version, digest: release.digest };
    const found = await this.#manifest(client, bundle, pinned);
    return this.#whole(client, found, {
      policy: { ...seen, permyriad: release.permyriad }, policyDigest: policyTarget.sha256, version: release.version,
    });
  }

  /** Put a release together with the shared bundles that its manifest pins. */
  async #whole(client, { bundle, digest, manifest, manifestBytes }, chosen) {
    const shared = [];
    for (const [id, pinned] of Object.entries(manifest.requires ?? {})) {
      shared.push({ id, version: pinned.version, ...(await this.#manifest(client, id, pinned, "shared")) });
    }
    const parts = [{ bundle, manifest }, ...shared];
    const files = parts.flatMap((part) => filesOf(part.bundle, part.manifest));
    return Object.freeze({
      bundle, digest, manifest, manifestBytes, files, shared, ...chosen, entry: manifest.entry,
      roleBytes: client.raw(`app-${bundle}`), ref: `${bundle}@${chosen.version}#${digest}`,
    });
  }

  /** A manifest that is a target of the bundle's own role and has the digest that was asked for. */
  async #manifest(client, bundle, { version, digest }, kind = undefined) {
    const target = await client.target(`apps/${bundle}/${version}.manifest.json`);
    if (target.role !== `app-${bundle}`) throw new ShellError("RELEASE_INVALID", `${target.role} speaks for ${bundle}`);
    if (target.sha256 !== digest) throw new ShellError("RELEASE_INVALID", `${bundle} ${version} has another digest`);
    const manifestBytes = await this.#targetBytes(client, target);
    const manifest = readManifest(manifestBytes, { bundle, version, kind, shellVersion: this.#shellVersion });
    return { bundle, digest, manifest, manifestBytes };
  }

  /** Bytes of a verified target: stored, or downloaded and stored. */
  async #targetBytes(client, target) {
    try {
      return await this.object(target.sha256);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      const bytes = await client.download(target.path);
      await this.#store.put("objects", target.sha256, bytes);
      return bytes;
    }
  }

  /** Fetch the files that are not stored, a few at a time. */
  async #download(client, release, onProgress) {
    const missing = await this.#missing(release.files);
    const totals = { totalFiles: missing.length, totalBytes: missing.reduce((sum, file) => sum + file.length, 0) };
    let [doneFiles, doneBytes] = [0, 0];
    onProgress({ phase: "files", doneFiles, doneBytes, ...totals });
    const queue = [...missing];
    const worker = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        await this.#fetchObject(file);
        doneFiles += 1;
        doneBytes += file.length;
        onProgress({ phase: "files", doneFiles, doneBytes, ...totals });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    onProgress({ phase: "done", doneFiles, doneBytes, ...totals });
  }

  /** Files whose bytes are not stored or not right, each hash once. */
  async #missing(files) {
    const missing = new Map();
    for (const file of files) {
      if (missing.has(file.sha256)) continue;
      const intact = await this.object(file.sha256).then(() => true, () => false);
      if (!intact) missing.set(file.sha256, file);
    }
    return [...missing.values()];
  }

  async #fetchObject({ sha256, length, path }) {
    const bytes = await this.#fetcher(`objects/${sha256}`, length);
    if (bytes === null) throw new ShellError("RELEASE_INVALID", `${path} is not served`);
    if (bytes.length !== length || (await sha256Hex(bytes)) !== sha256) {
      throw new ShellError("RELEASE_INVALID", `${path} is not what the manifest says`);
    }
    await this.#store.put("objects", sha256, bytes);
  }

  async #checkStored(bundle) {
    const release = this.#releases.get(bundle);
    if (release && (await this.#missing(release.files)).length > 0) {
      throw new ShellError("RELEASE_INVALID", `files of ${bundle} are absent or altered`);
    }
  }

  /** Store the metadata under which the release was verified, in one write. */
  async #keep(client, bundle, found) {
    const roles = Object.keys(client.summary()).filter((role) => role !== "root");
    const wanted = ["timestamp", "snapshot", "targets", "rollout", `app-${bundle}`, ...(found?.shared ?? []).map(({ id }) => `app-${id}`)];
    const entries = roles.filter((role) => wanted.includes(role)).map((role) => [role, client.raw(role)]);
    await this.#store.put("releases", bundle, Object.fromEntries(entries));
  }

  async #take(bundle, found) {
    if (found) this.#releases.set(bundle, found);
    else this.#releases.delete(bundle);
  }

  #client(storage, fetcher) {
    const root = utf8(this.#config.trustedRoot);
    return new TufClient({ root, storage, fetcher: fetcher ?? noNetwork, now: new Date(this.#clock()) });
  }
}

/** @param {unknown} error */
function isRefusal(error) {
  return error instanceof ShellError || error instanceof TufError;
}

/** A target, or null when no role offers it. */
async function offered(client, path) {
  try {
    return await client.target(path);
  } catch (error) {
    if (error.code === "TUF_DELEGATION") return null;
    throw error;
  }
}

/** @param {string} bundle @param {any} manifest */
function filesOf(bundle, manifest) {
  return Object.entries(manifest.files).map(([path, { sha256, length, type }]) => ({ bundle, path, sha256, length, type }));
}

async function noNetwork() {
  throw new ShellError("OFFLINE", "stored releases only");
}

/** The TUF client's storage in the store's own area. @param {import("./store.mjs").Store} store */
function tufArea(store) {
  return {
    get: (role) => store.get("tuf", role),
    put: (role, bytes) => store.put("tuf", role, bytes),
    remove: (role) => store.remove("tuf", role),
  };
}

/** Storage of an offline start: the roots as far as they are known, the rest as it was kept with the release. */
function storedMetadata(store, record) {
  return {
    ...tufArea(store),
    get: async (role) => (role.startsWith("root/") ? store.get("tuf", role) : record[role.replace(/^delegated\//, "")]),
  };
}
