/**
 * Where the shell keeps things: areas of key → value in IndexedDB, or in memory where there is none.
 *
 * Areas: `keys` (CryptoKey pairs), `values` (small facts: device id, install id, nonces), `tuf` (trusted metadata bytes
 * by role), `objects` (files by SHA-256), `releases` (which verified release is installed), `pages` (what bundles keep).
 * Values are structured-cloned. What is read back is not trusted: callers verify hashes and signatures again.
 */
import { ShellError } from "./errors.mjs";

export const AREAS = Object.freeze(["keys", "values", "tuf", "objects", "releases", "pages"]);
const VERSION = 1;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(storageError(request.error));
  });
}

/** @param {DOMException | null} error */
function storageError(error) {
  const code = error?.name === "QuotaExceededError" ? "STORAGE_FULL" : "STORAGE_FAILED";
  return new ShellError(code, `IndexedDB: ${error?.name ?? "unknown"}`);
}

/** IndexedDB behind six areas. */
export class Store {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    database.onversionchange = () => database.close();
  }

  /** @param {string} [name] @returns {Promise<Store>} */
  static async open(name = "tidegate") {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      for (const area of AREAS) {
        if (!request.result.objectStoreNames.contains(area)) request.result.createObjectStore(area);
      }
    };
    return new Store(await settled(request));
  }

  /** @param {string} area @param {string} key @returns {Promise<any>} undefined when absent */
  async get(area, key) {
    return settled(this.#database.transaction(area).objectStore(area).get(key));
  }

  /** Durable when it returns. @param {string} area @param {string} key @param {any} value @returns {Promise<void>} */
  async put(area, key, value) {
    await this.putAll(area, [[key, value]]);
  }

  /**
   * All or nothing.
   * @param {string} area @param {Iterable<[string, any]>} entries @returns {Promise<void>}
   */
  async putAll(area, entries) {
    await this.#write(area, (objects) => {
      for (const [key, value] of entries) objects.put(value, key);
    });
  }

  /**
   * Replace a value by what is made of it, in one transaction: other tabs come before or after, never between.
   * @param {string} area @param {string} key @param {(value: any) => any} change must not wait for anything
   * @returns {Promise<any>} the new value, durable
   */
  async change(area, key, change) {
    let made;
    await this.#write(area, (objects, transaction) => {
      const request = objects.get(key);
      request.onsuccess = () => {
        try {
          made = change(request.result);
          objects.put(made, key);
        } catch (error) {
          transaction.abort();
          throw error;
        }
      };
    });
    return made;
  }

  /** @param {string} area @param {...string} keys @returns {Promise<void>} */
  async remove(area, ...keys) {
    await this.#write(area, (objects) => {
      for (const key of keys) objects.delete(key);
    });
  }

  /** @param {string} area @returns {Promise<string[]>} */
  async keys(area) {
    const keys = await settled(this.#database.transaction(area).objectStore(area).getAllKeys());
    return keys.map(String);
  }

  /** Forget everything in the area. @param {string} area @returns {Promise<void>} */
  async clear(area) {
    await this.#write(area, (objects) => objects.clear());
  }

  close() {
    this.#database.close();
  }

  /** @param {string} area @param {(objects: IDBObjectStore, transaction: IDBTransaction) => void} change @returns {Promise<void>} */
  #write(area, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(area, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(storageError(transaction.error));
      transaction.onerror = () => reject(storageError(transaction.error));
      change(transaction.objectStore(area), transaction);
    });
  }
}

/** The same interface in memory: for Node and for tests. */
export class MemoryStore {
  #areas = new Map(AREAS.map((area) => [area, new Map()]));

  async get(area, key) {
    return this.#areas.get(area).get(key);
  }

  async put(area, key, value) {
    this.#areas.get(area).set(key, structuredClone(value));
  }

  async change(area, key, change) {
    const made = change(await this.get(area, key));
    await this.put(area, key, made);
    return made;
  }

  async putAll(area, entries) {
    for (const [key, value] of entries) await this.put(area, key, value);
  }

  async remove(area, ...keys) {
    for (const key of keys) this.#areas.get(area).delete(key);
  }

  async keys(area) {
    return [...this.#areas.get(area).keys()];
  }

  async clear(area) {
    this.#areas.get(area).clear();
  }

  close() {}
}
