/**
 * Verified releases of bundles: TUF refresh, rollout choice, download by hash, slots, trials, offline start, collection.
 *
 *   const releases = new Releases({ store, config, platform, fetcher?, presetFetcher?, patch?, clock?, shellVersion?, failures? });
 *   await releases.load();                       // offline start: what is stored, verified again → Release[]
 *   await releases.update({ onProgress });       // → { releases, trust, policies, refused: [{bundle, code, message}], changed: [bundle] }
 *       // onProgress({ bundle, phase: "metadata"|"files"|"done", doneBytes, totalBytes, doneFiles, totalFiles })
 *       // throws ShellError OFFLINE or a TufError (.code TUF_…); stored releases stay usable
 *   await releases.preset();                     // bundles of which nothing is stored, from inside the app → number installed
 *   releases.list() → Release[];  releases.get(bundle) → Release | null     // what the next opening shows
 *   await releases.opening(bundle) → Release | null                         // switch, and begin the trial
 *       // throws ShellError CHECK_REQUIRED (stale) or UPDATE_REQUIRED (a forced release is not here); see terms.mjs
 *   releases.mustLeave(bundle, digest) → whether an open page of that digest must give way to a forced release
 *   await releases.ready(bundle, digest);  await releases.left(bundle, digest)
 *   await releases.failed(bundle, digest, reason) → { back: Release | null }   // the release to show instead, if there is one
 *   releases.standing(bundle)                    // see trials.mjs
 *   await releases.object(sha256) → Uint8Array   // hash checked again at each read; fetched again when it is damaged
 *   releases.trust → { root: {version, expires, keyids, threshold}, timestamp, snapshot, targets, "app-wealth", … } | null
 *   releases.policies → { wealth: { policy, bucket, reason, halt, floor, offered: [{version, permyriad}] } }
 *   await releases.installId() → string;  await releases.collect() → number of objects removed
 *   releases.onEvent = (event, bundle, digest) => {}                        // for the adoption counters
 *
 * Release = { bundle, version, digest, ref: "wealth@1.0.0#<digest>", manifest, manifestBytes, roleBytes, entry,
 *   files: [{ bundle, path, sha256, length, type }] (own and shared), shared: [{ id, digest, version, manifest, manifestBytes }],
 *   policy: { policy, bucket, reason, permyriad, halt, floor } | null }
 *
 * An update either brings a whole release or leaves the one before; a switch is one write of one record. A policy that
 * gives nothing (halted, not my cohort) leaves what runs. Expiry stops updating, not what is stored.
 */
import { utf8 } from "./encoding.mjs";
import { freshId } from "./dpop.mjs";
import { ShellError } from "./errors.mjs";
import { Objects } from "./objects.mjs";
import { Offers, rolesOf } from "./offers.mjs";
import * as terms from "./terms.mjs";
import * as trials from "./trials.mjs";
import { besideTrust, noNetwork, storedMetadata, tufArea } from "./trust_storage.mjs";
import { TufClient } from "../tuf/client.mjs";
import { TufError } from "../tuf/errors.mjs";
import { repositoryFetcher } from "../tuf/fetch.mjs";

const PRESET_INDEX = "preset.json";
const PRESET_BYTES = 65_536;
const ANY_DAY = new Date(0);

/** Repository of bundles as this installation sees it. */
export class Releases {
  #store;
  #config;
  #fetcher;
  #presetFetcher;
  #clock;
  #failures;
  #objects;
  #offers;
  /** Verified releases whose files are stored, by digest. @type {Map<string, any>} */
  #known = new Map();
  /** @type {Map<string, any>} */
  #standings = new Map();
  #trust = null;
  #policies = {};
  /** @type {Promise<any> | null} */
  #running = null;
  onEvent = (/** @type {string} */ event, /** @type {string} */ bundle, /** @type {string} */ digest) => {};

  /**
   * @param {{store: import("./store.mjs").Store, platform: string, shellVersion?: string, failures?: number,
   *   config: {repository: string, trustedRoot: string, bundles: string[], app: {version: string}, preset?: string},
   *   fetcher?: import("../tuf/client.mjs").Fetcher, presetFetcher?: import("../tuf/client.mjs").Fetcher | null,
   *   patch?: import("./objects.mjs").Patch | null, clock?: () => number}} parts
   */
  constructor({ store, config, platform, fetcher, presetFetcher, patch = null, clock = Date.now, shellVersion = "1.0.0", failures = trials.FAILURES }) {
    this.#store = store;
    this.#config = config;
    this.#fetcher = fetcher ?? repositoryFetcher(config.repository);
    this.#presetFetcher = presetFetcher ?? (config.preset ? repositoryFetcher(config.preset) : null);
    this.#clock = clock;
    this.#failures = failures;
    this.#objects = new Objects({ store, patch });
    const here = async () => ({ installId: await this.installId(), appVersion: config.app.version, platform, channel: config.app.channel ?? "stable" });
    this.#offers = new Offers({ objects: this.#objects, here, shellVersion });
  }

  /** @returns {any[]} releases that can be opened now */
  list() {
    return this.#config.bundles.map((bundle) => this.get(bundle)).filter(Boolean);
  }

  /** @param {string} bundle @returns {any | null} what the next opening shows */
  get(bundle) {
    const slot = this.#usable(this.standing(bundle));
    return slot ? this.#withPolicy(this.#known.get(slot.digest)) : null;
  }

  /** @param {string} bundle */
  standing(bundle) {
    return this.#standings.get(bundle) ?? trials.nothing();
  }

  get trust() {
    return this.#trust;
  }

  get policies() {
    return Object.fromEntries(Object.entries(this.#policies).map(([bundle, { seen, choices }]) => [bundle, { ...seen, offered: choices }]));
  }

  /** The unguessable name of this installation; it never leaves the device. @returns {Promise<string>} */
  async installId() {
    const kept = await this.#store.get("values", "installId");
    if (kept) return kept;
    const made = freshId();
    await this.#store.put("values", "installId", made);
    return made;
  }

  /** Start from what is stored. A release that does not verify any more, or lacks a file, gives way to the last good one. */
  async load() {
    for (const bundle of this.#config.bundles) {
      const record = await this.#store.get("releases", bundle);
      if (!record?.standing) continue;
      this.#standings.set(bundle, record.standing);
      for (const slot of trials.kept(record.standing)) await this.#restore(bundle, slot, record.roles[slot.digest]);
      if (record.latest) await this.#restorePolicy(bundle, record.latest);
    }
    return this.list();
  }

  /** Read again what the policy said last; what runs does not depend on it. */
  async #restorePolicy(bundle, roles) {
    try {
      const client = this.#client(storedMetadata(this.#store, roles), noNetwork);
      await client.restore();
      this.#policies[bundle] = await this.#offers.policy(client, bundle);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  /** Take in what another tab has put in place since. */
  async #reread(bundle) {
    const record = await this.#store.get("releases", bundle);
    if (!record?.standing) return;
    for (const slot of trials.kept(record.standing)) {
      if (!this.#known.has(slot.digest)) await this.#restore(bundle, slot, record.roles[slot.digest]);
    }
  }

  /** Verify one stored release again; one that cannot be is as if it were not there. */
  async #restore(bundle, slot, roles) {
    try {
      const client = this.#client(storedMetadata(this.#store, roles ?? {}), noNetwork);
      await client.restore();
      const release = await this.#offers.release(client, bundle, slot);
      if ((await this.#objects.missing(release.files)).length > 0) throw new ShellError("RELEASE_INVALID", "files are absent or altered");
      this.#known.set(slot.digest, release);
      this.#trust = { ...client.summary(), ...this.#trust };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#known.delete(slot.digest);
    }
  }

  /**
   * Ask the repository, download and verify what is new. Callers at the same time share one run.
   * @param {{onProgress?: (progress: Record<string, unknown>) => void}} [options]
   */
  async update({ onProgress = () => {} } = {}) {
    this.#running ??= exclusively(() => this.#update(onProgress)).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Bytes of a file; a damaged one is fetched again. @param {string} sha256 @returns {Promise<Uint8Array>} */
  async object(sha256) {
    try {
      return await this.#objects.get(sha256);
    } catch (error) {
      const file = [...this.#known.values()].flatMap(({ files }) => files).find((one) => one.sha256 === sha256);
      if (!file || !isRefusal(error)) throw error;
      return this.#objects.fetch(file, this.#fetcher).catch(() => { throw error; });
    }
  }

  /** Remove stored objects that no release needs. @returns {Promise<number>} how many */
  async collect() {
    const needed = new Set(Object.values(this.#policies).filter(Boolean).map(({ policyDigest }) => policyDigest));
    for (const bundle of this.#config.bundles) {
      const record = await this.#store.get("releases", bundle);
      for (const slot of record?.standing ? trials.kept(record.standing) : []) {
        const release = this.#known.get(slot.digest);
        if (!release) return 0; // of another tab, or damaged: whoever has it whole may collect
        for (const hash of [slot.digest, ...release.files.map((file) => file.sha256), ...release.shared.map((one) => one.digest)]) needed.add(hash);
      }
    }
    const unused = (await this.#store.keys("objects")).filter((hash) => !needed.has(hash));
    if (unused.length > 0) await this.#store.remove("objects", ...unused);
    return unused.length;
  }

  /** The bundle is being opened: what was downloaded comes into force now. @param {string} bundle @returns {Promise<any | null>} */
  async opening(bundle) {
    await this.#reread(bundle);
    await this.#admit(bundle);
    const how = { at: this.#instant(), limit: this.#failures };
    await this.#judge(bundle, (standing) => trials.opened(this.#whole(standing), how));
    const { running } = this.standing(bundle);
    if (!running) return null;
    this.onEvent("launched", bundle, running.digest);
    return this.#withPolicy(this.#known.get(running.digest));
  }

  /** Refuse an opening that the policy does not allow, and keep the instant either way. @param {string} bundle */
  async #admit(bundle) {
    const now = this.#seconds();
    /** @type {"stale" | "forced" | null} */
    let found = null;
    await this.#judge(bundle, (standing) => {
      const { next, running } = this.#whole(standing);
      found = terms.obstacle(standing.terms ?? terms.NONE, { opens: (next ?? running)?.digest ?? null, sentBack: isSentBack(standing), now });
      return { ...standing, terms: terms.seen(standing.terms ?? terms.NONE, now) };
    });
    if (found === "stale") throw new ShellError("CHECK_REQUIRED", `the last check of ${bundle} lies too far back, or the clock was set back`);
    if (found === "forced") throw new ShellError("UPDATE_REQUIRED", `${bundle} must be updated before it opens`);
  }

  /** @param {string} bundle @param {string} digest of a page that is open @returns {boolean} */
  mustLeave(bundle, digest) {
    const standing = this.standing(bundle);
    const must = standing.terms?.must ?? null;
    return must !== null && must !== digest && !isSentBack(standing);
  }

  /** The page of that digest reported ready. @param {string} bundle @param {string} digest */
  async ready(bundle, digest) {
    await this.#judge(bundle, (standing) => trials.ready(standing, digest));
    this.onEvent("ready", bundle, digest);
  }

  /** The page of that digest was left before there was a verdict. @param {string} bundle @param {string} digest */
  async left(bundle, digest) {
    await this.#judge(bundle, (standing) => trials.left(standing, digest));
  }

  /**
   * The page of that digest did not become ready, or broke before it was.
   * @param {string} bundle @param {string} digest @param {string} reason @returns {Promise<{back: any | null}>}
   */
  async failed(bundle, digest, reason) {
    const preset = this.standing(bundle).good ? null : await this.#presetOf(bundle).catch(() => null);
    const how = { reason, at: this.#instant(), limit: this.#failures, preset: preset && { version: preset.release.version, digest: preset.release.digest } };
    await this.#judge(bundle, (standing) => trials.failed(standing, digest, how), preset);
    return { back: trials.refusal(this.standing(bundle), digest) ? this.get(bundle) : null };
  }

  /** Install from inside the app what is not installed. @returns {Promise<number>} how many bundles */
  async preset() {
    let installed = 0;
    for (const bundle of this.#config.bundles) {
      if (this.get(bundle)) continue;
      const found = await this.#presetOf(bundle).catch((error) => { if (isRefusal(error)) return null; throw error; });
      if (!found || !trials.allows(this.standing(bundle), found.release)) continue;
      const slot = { version: found.release.version, digest: found.release.digest };
      await this.#judge(bundle, (standing) => ({ ...standing, running: slot, good: slot, trial: null }), found);
      installed += 1;
    }
    return installed;
  }

  /** A bundle's release inside the app with all its files, and the metadata that proves it; null when there is none. */
  async #presetOf(bundle) {
    const fetcher = this.#presetFetcher;
    const bytes = fetcher && (await fetcher(PRESET_INDEX, PRESET_BYTES));
    const named = bytes && JSON.parse(new TextDecoder().decode(bytes)).releases.find((/** @type {any} */ one) => one.bundle === bundle);
    if (!named) return null;
    const client = new TufClient({ root: utf8(this.#config.trustedRoot), storage: besideTrust(this.#store), fetcher, now: ANY_DAY });
    await client.refresh();
    const release = await this.#offers.release(client, bundle, named);
    await this.#objects.obtain(release, null, fetcher, () => {});
    this.#known.set(release.digest, release);
    return { release, roles: rolesOf(client, release) };
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
    return { releases: this.list(), trust: this.#trust, policies: this.policies, refused, changed };
  }

  /** @returns {Promise<boolean>} whether the next opening shows another release now */
  async #updateBundle(client, bundle, onProgress) {
    const before = this.get(bundle)?.digest;
    const offer = await this.#offers.policy(client, bundle);
    if (!offer) return this.#withdraw(bundle, before);
    this.#policies[bundle] = offer;
    await this.#judge(bundle, (standing) => ({ ...standing, terms: offer.terms(this.#seconds()) })); // also when the files cannot be had
    const { seen: { policy, floor }, chosen } = offer;
    const say = (/** @type {any} */ standing) => trials.told(standing, { policy, floor, chosen: chosen?.digest ?? null });
    const wanted = chosen && !trials.refusal(say(this.standing(bundle)), chosen.digest);
    const latest = rolesOf(client, { bundle, shared: [] });
    if (!wanted) {
      await this.#judge(bundle, say, null, latest);
      return this.get(bundle)?.digest !== before;
    }
    this.onEvent("checked", bundle, chosen.digest);
    const release = await this.#offers.release(client, bundle, chosen);
    const fetching = (/** @type {any} */ progress) => onProgress({ bundle, ...progress });
    await this.#objects.obtain(release, this.get(bundle), this.#fetcher, fetching);
    for (const event of ["downloaded", "verified"]) this.onEvent(event, bundle, chosen.digest);
    this.#known.set(release.digest, release);
    const take = release.entry ? (/** @type {any} */ standing) => trials.downloaded(say(standing), chosen)
      : (/** @type {any} */ standing) => ({ ...say(standing), running: chosen, good: chosen }); // nobody opens a shared bundle
    await this.#judge(bundle, take, { release, roles: rolesOf(client, release) }, latest);
    return this.get(bundle)?.digest !== before;
  }

  /** The repository offers the bundle no more. */
  async #withdraw(bundle, before) {
    await this.#store.remove("releases", bundle);
    this.#standings.delete(bundle);
    return before !== undefined;
  }

  /**
   * Write what stands now, in one transaction with what stood: the one step by which a release comes into force.
   * @param {string} bundle @param {(standing: any) => any} change
   * @param {{release: any, roles: any} | null} [found] a release that comes in with its metadata
   * @param {any} [latest] metadata under which the newest policy was verified
   */
  async #judge(bundle, change, found = null, latest = null) {
    let before = trials.nothing();
    const { standing } = await this.#store.change("releases", bundle, (/** @type {any} */ record) => {
      before = record?.standing ?? before;
      const after = change(before);
      const roles = { ...record?.roles, ...(found && { [found.release.digest]: found.roles }) };
      return { standing: after, latest: latest ?? record?.latest ?? null, roles: Object.fromEntries(trials.kept(after).map(({ digest }) => [digest, roles[digest]])) };
    });
    this.#standings.set(bundle, standing);
    for (const { digest } of standing.refused) {
      if (!trials.refusal(before, digest)) this.onEvent("rolledback", bundle, digest);
    }
  }

  /** The first of a bundle's slots that is verified and whole. @param {any} standing */
  #usable({ next, running, good }) {
    return [next, running, good].find((slot) => slot && this.#known.has(slot.digest)) ?? null;
  }

  /** The same standing without what cannot be opened. @param {any} standing */
  #whole(standing) {
    const next = standing.next && this.#known.has(standing.next.digest) ? standing.next : null;
    const running = standing.running && this.#known.has(standing.running.digest) ? standing.running : standing.good;
    return { ...standing, next, running: running && this.#known.has(running.digest) ? running : null };
  }

  /** @param {any} release */
  #withPolicy(release) {
    const offer = this.#policies[release.bundle];
    const permyriad = offer?.shares.get(release.digest) ?? 10_000;
    return Object.freeze({ ...release, policy: offer ? { ...offer.seen, permyriad } : null, policyDigest: offer?.policyDigest ?? null });
  }

  #instant() {
    return new Date(this.#clock()).toISOString();
  }

  #seconds() {
    return Math.floor(this.#clock() / 1000);
  }

  #client(storage, fetcher) {
    return new TufClient({ root: utf8(this.#config.trustedRoot), storage, fetcher, now: new Date(this.#clock()) });
  }
}

/** Whether the forced release failed its trial here. @param {any} standing */
function isSentBack(standing) {
  const must = standing.terms?.must ?? null;
  return must !== null && trials.refusal(standing, must) !== null;
}

/** @param {unknown} error */
function isRefusal(error) {
  return error instanceof ShellError || error instanceof TufError;
}

/** One tab at a time, where the browser can tell tabs apart. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export function exclusively(work) {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request("tidegate-update", work) : work();
}
