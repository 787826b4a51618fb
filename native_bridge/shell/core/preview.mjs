/**
 * Previews: one release that a link names, for an installation that the signed policy names as its tester.
 *
 *   readLink(href, app)                          // → { bundle, version, digest } or null; app: the shell's own address
 *   const previews = new Previews({ releases, store, config, platform, fetcher, shellVersion?, clock? });
 *   await previews.open(wish)                    // → { release, reason: "named" } or { release: null, reason, hashed }
 *   await previews.object(sha256) → Uint8Array
 *
 * A link grants nothing. A preview is verified from the embedded root like every release. It lives in memory alone: it
 * takes no slot, no trial and no counter of what is installed, and it is gone when the shell is closed.
 */
import { sha256Hex, utf8 } from "./encoding.mjs";
import { Objects } from "./objects.mjs";
import { Offers } from "./offers.mjs";
import { previewed } from "./policy.mjs";
import { exclusively } from "./releases.mjs";
import { tufArea } from "./trust_storage.mjs";
import { TufClient } from "../tuf/client.mjs";

const NUMBER = "(?:0|[1-9][0-9]{0,5})";
const WISH = new RegExp(`^([a-z][a-z0-9]{1,23})_(${NUMBER}\\.${NUMBER}\\.${NUMBER})_([0-9a-f]{64})$`);
const PARAMETER = "?preview=";

/**
 * What a link wishes; null when it is no preview link of this app, whatever it holds instead.
 * @param {string} href @param {string} app address of the app, as `https://bank.example/open`
 * @returns {{bundle: string, version: string, digest: string} | null}
 */
export function readLink(href, app) {
  const base = (/:\/\/.*\//.test(app) ? app : `${app}/`) + PARAMETER;
  const match = href.startsWith(base) ? WISH.exec(href.slice(base.length)) : null;
  return match ? { bundle: match[1], version: match[2], digest: match[3] } : null;
}

/** Whether somebody means a preview, well written or not. @param {string} search */
export function asksForPreview(search) {
  return new URLSearchParams(search).has("preview");
}

/** The previews of this document. */
export class Previews {
  #memory = new Map();
  #objects;
  #parts;

  /**
   * @param {{releases: import("./releases.mjs").Releases, store: any, platform: string, fetcher: import("../tuf/client.mjs").Fetcher,
   *   config: {trustedRoot: string, bundles: string[], app: {version: string, channel?: string}}, shellVersion?: string, clock?: () => number}} parts
   */
  constructor({ shellVersion = "1.0.0", clock = Date.now, ...parts }) {
    this.#parts = { shellVersion, clock, ...parts };
    this.#objects = new Objects({ store: overlay(parts.store, this.#memory) });
  }

  /** Bytes of an opened preview's file. @param {string} sha256 @returns {Promise<Uint8Array>} */
  async object(sha256) {
    return this.#objects.get(sha256);
  }

  /**
   * Look for updates, and verify and fetch exactly the wished release if the policy gives it to this installation.
   * @param {{bundle: string, version: string, digest: string}} wish
   * @returns {Promise<{release: any | null, reason: string, hashed: string}>}
   *   throws ShellError or TufError when the repository cannot be reached or does not verify
   */
  async open(wish) {
    const { releases, store, config, platform, fetcher, shellVersion, clock } = this.#parts;
    const installId = await releases.installId();
    const hashed = await sha256Hex(utf8(installId));
    if (!config.bundles.includes(wish.bundle)) return { release: null, reason: "foreign", hashed };
    const here = { installId, appVersion: config.app.version, platform, channel: config.app.channel ?? "stable" };
    this.#memory.clear();
    const offers = new Offers({ objects: this.#objects, here: async () => here, shellVersion });
    return exclusively(async () => {
      const client = new TufClient({ root: utf8(config.trustedRoot), storage: tufArea(store), fetcher, now: new Date(clock()) });
      await client.refresh();
      const policy = await offers.read(client, wish.bundle);
      const { release: given, reason } = policy ? await previewed(policy, wish, here) : { release: null, reason: "not-offered" };
      if (!given) return { release: null, reason, hashed };
      const release = await offers.release(client, wish.bundle, given);
      await this.#objects.obtain(release, null, fetcher, () => {});
      return { release: Object.freeze({ ...release, policy: null, policyDigest: null }), reason, hashed };
    });
  }
}

/** A store that reads what is kept and writes into memory alone. @param {any} store @param {Map<string, Uint8Array>} memory */
function overlay(store, memory) {
  return {
    get: async (/** @type {string} */ area, /** @type {string} */ key) => {
      if (!memory.has(key)) {
        const bytes = await store.get(area, key);
        if (bytes) memory.set(key, bytes);
      }
      return memory.get(key)?.slice();
    },
    put: async (/** @type {string} */ _area, /** @type {string} */ key, /** @type {Uint8Array} */ bytes) => void memory.set(key, bytes.slice()),
  };
}
