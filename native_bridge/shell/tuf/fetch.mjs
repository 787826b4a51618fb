/**
 * Fetcher port over `fetch`: bytes of a file below one address, bounded in length and time.
 */
import { ShellError } from "../core/errors.mjs";
import { LengthError } from "./errors.mjs";

/**
 * Make a fetcher of a static repository.
 * @param {string} base address of the repository, no slash at its end
 * @param {{fetch?: typeof fetch, timeoutMs?: number}} [options]
 * @returns {import("./client.mjs").Fetcher}
 */
export function repositoryFetcher(base, { fetch = globalThis.fetch.bind(globalThis), timeoutMs = 15_000 } = {}) {
  return async (path, maxLength) => {
    const response = await connected(() =>
      fetch(`${base}/${path}`, { cache: "no-cache", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(timeoutMs) }));
    if (response.status === 404 || response.status === 403) return null;
    if (response.status !== 200) throw new ShellError("OFFLINE", `the repository answers ${response.status}`);
    return bounded(response, maxLength, path);
  };
}

/** @template T @param {() => Promise<T>} action @returns {Promise<T>} */
async function connected(action) {
  try {
    return await action();
  } catch (error) {
    throw new ShellError("OFFLINE", `the repository cannot be reached (${error.name})`);
  }
}

/** Read the body and stop at the limit. @param {Response} response @param {number} maxLength @param {string} path */
async function bounded(response, maxLength, path) {
  const reader = response.body.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await connected(() => reader.read());
    if (done) break;
    length += value.length;
    if (length > maxLength) {
      await reader.cancel();
      throw new LengthError(`${path} is longer than ${maxLength} bytes`);
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
