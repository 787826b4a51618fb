/**
 * From one bundle to the next and back: each has a host page of its own, and what one hands to the other lies in this
 * tab's storage, where no bundle can reach. The caller is stamped here.
 */
const KEY = "tidegate.web.journey";

/** @typedef {{to: string, route: string | null, params: any, caller: string | null, result: any}} Step */

/** @param {Storage} storage @param {Step} step */
export function handOver(storage, step) {
  storage.setItem(KEY, JSON.stringify(step));
}

/**
 * Take what was handed to this bundle, once. What is for another one is thrown away.
 * @param {Storage} storage @param {string} bundle @returns {Step | null}
 */
export function takeOver(storage, bundle) {
  const text = storage.getItem(KEY);
  storage.removeItem(KEY);
  const step = text === null ? null : JSON.parse(text);
  return step?.to === bundle ? step : null;
}
