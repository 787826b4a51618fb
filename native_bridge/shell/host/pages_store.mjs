/** What bundles keep: JSON under a key, each bundle in its own drawer, within a quota. */
import { ShellError } from "../core/errors.mjs";

const AREA = "pages";
const QUOTA_BYTES = 262_144;
const MOST_KEYS = 200;
const NOTHING = Object.freeze({});
const KEY = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** @param {string} bundle @param {string} key @returns {string} */
function drawer(bundle, key) {
  if (key.length > 64 || !KEY.test(key)) throw new ShellError("PARAMS_INVALID", "not a key of a bundle's store", { path: "key" });
  return `${bundle}/${key}`;
}

/** The methods of one page's bundle. @param {{store: any, page: {bundle: string}}} parts @returns {Record<string, (params: any) => Promise<any>>} */
export function storeMethods({ store, page }) {
  const drawer = new BundleStore({ store, bundle: page.bundle });
  return {
    "store.get": async ({ key }) => ({ value: await drawer.get(key) }),
    "store.set": async ({ key, value }) => {
      await drawer.set(key, value);
      return NOTHING;
    },
    "store.remove": async ({ key }) => {
      await drawer.remove(key);
      return NOTHING;
    },
  };
}

/** One bundle's drawer. Changes wait for each other, so that the quota holds. */
export class BundleStore {
  #turn = Promise.resolve();

  /** @param {{store: any, bundle: string}} parts */
  constructor({ store, bundle }) {
    this.store = store;
    this.bundle = bundle;
  }

  /** @param {string} key @returns {Promise<any>} null when there is none */
  async get(key) {
    const text = await this.store.get(AREA, drawer(this.bundle, key));
    return text === undefined ? null : JSON.parse(text);
  }

  /** @param {string} key @param {any} value @returns {Promise<void>} @throws {ShellError} STORAGE_FULL */
  set(key, value) {
    const place = drawer(this.bundle, key);
    return this.#next(async () => {
      const text = JSON.stringify(value);
      const used = await this.entries();
      const others = used.filter((entry) => entry.key !== key);
      const bytes = others.reduce((sum, entry) => sum + entry.bytes, bytesOf(key, text));
      if (bytes > QUOTA_BYTES || others.length >= MOST_KEYS) {
        throw new ShellError("STORAGE_FULL", "the bundle's store is full", { quotaBytes: QUOTA_BYTES, usedBytes: bytes });
      }
      await this.store.put(AREA, place, text);
    });
  }

  /** @param {string} key @returns {Promise<void>} */
  remove(key) {
    const place = drawer(this.bundle, key);
    return this.#next(() => this.store.remove(AREA, place));
  }

  /** What is kept. @returns {Promise<{key: string, text: string, bytes: number}[]>} */
  async entries() {
    const mine = (await this.store.keys(AREA)).filter((place) => place.startsWith(`${this.bundle}/`));
    return Promise.all(mine.map(async (place) => {
      const key = place.slice(this.bundle.length + 1);
      const text = await this.store.get(AREA, place);
      return { key, text, bytes: bytesOf(key, text) };
    }));
  }

  /** @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  #next(change) {
    const done = this.#turn.then(change);
    this.#turn = done.then(() => {}, () => {});
    return done;
  }
}

/** @param {string} key @param {string} text */
function bytesOf(key, text) {
  return new TextEncoder().encode(key + text).length;
}
