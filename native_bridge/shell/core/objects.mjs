/**
 * Files by their hash: stored, made from older files, or fetched whole; never given out without hashing them again.
 *
 * `obtain` is the one place where a release's missing files come from: what is stored stays, then `patch` may make some
 * (this is where deltas come in), and what is still missing or was made wrongly is fetched whole.
 */
import { sha256Hex } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";

const AT_ONCE = 4;

/** @typedef {{bundle: string, path: string, sha256: string, length: number, type: string}} File */
/** @typedef {(made: {release: any, running: any | null, missing: File[]}) => Promise<Map<string, Uint8Array>>} Patch bytes by hash */

/** The stored files. */
export class Objects {
  #store;

  /** @param {{store: any, patch?: Patch | null}} parts */
  constructor({ store, patch = null }) {
    this.#store = store;
    this.patch = patch;
  }

  /** @param {string} sha256 @returns {Promise<Uint8Array>} or an error when it is absent or altered */
  async get(sha256) {
    const bytes = await this.#store.get("objects", sha256);
    if (!bytes || (await sha256Hex(bytes)) !== sha256) throw new ShellError("RELEASE_INVALID", "a file is absent or altered");
    return bytes;
  }

  /** @param {string} sha256 @param {Uint8Array} bytes verified by the caller */
  async keep(sha256, bytes) {
    await this.#store.put("objects", sha256, bytes);
  }

  /** Files whose bytes are not stored or not right, each hash once. @param {File[]} files @returns {Promise<File[]>} */
  async missing(files) {
    const missing = new Map();
    for (const file of files) {
      if (missing.has(file.sha256)) continue;
      const intact = await this.get(file.sha256).then(() => true, () => false);
      if (!intact) missing.set(file.sha256, file);
    }
    return [...missing.values()];
  }

  /**
   * Bring in what a release lacks.
   * @param {any} release @param {any | null} running the release whose files are stored already
   * @param {import("../tuf/client.mjs").Fetcher} fetcher @param {(progress: any) => void} onProgress
   */
  async obtain(release, running, fetcher, onProgress) {
    const missing = await this.missing(release.files);
    const totals = { totalFiles: missing.length, totalBytes: missing.reduce((sum, file) => sum + file.length, 0) };
    let [doneFiles, doneBytes] = [0, 0];
    const done = (/** @type {File | null} */ file) => {
      doneFiles += file ? 1 : 0;
      doneBytes += file ? file.length : 0;
      onProgress({ phase: "files", doneFiles, doneBytes, ...totals });
    };
    done(null);
    const queue = await this.#patched(release, running, missing, done);
    const worker = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        await this.fetch(file, fetcher);
        done(file);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    onProgress({ phase: "done", doneFiles, doneBytes, ...totals });
  }

  /** Let older files make what they can; give what must be fetched whole. */
  async #patched(release, running, missing, done) {
    if (!this.patch || missing.length === 0) return [...missing];
    const made = await this.patch({ release, running, missing }).catch(() => new Map());
    const whole = [];
    for (const file of missing) {
      const bytes = made.get(file.sha256);
      if (bytes && (await sha256Hex(bytes)) === file.sha256) {
        await this.keep(file.sha256, bytes);
        done(file);
      } else whole.push(file);
    }
    return whole;
  }

  /** Fetch one file whole. @param {File} file @param {import("../tuf/client.mjs").Fetcher} fetcher @returns {Promise<Uint8Array>} */
  async fetch({ sha256, length, path }, fetcher) {
    const bytes = await fetcher(`objects/${sha256}`, length);
    if (bytes === null) throw new ShellError("RELEASE_INVALID", `${path} is not served`);
    if (bytes.length !== length || (await sha256Hex(bytes)) !== sha256) {
      throw new ShellError("RELEASE_INVALID", `${path} is not what the manifest says`);
    }
    await this.keep(sha256, bytes);
    return bytes;
  }
}
