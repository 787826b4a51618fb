/**
 * A route as the contract writes it, read strictly: where a page of a bundle is, never a URL. And the link that opens
 * the app there.
 */
const ROUTE = /^([a-z][a-z0-9-]{1,30})(#\/[A-Za-z0-9/_.?=&%-]*)?$/;
const LONGEST = 200;

/** @param {unknown} text @returns {{route: string, bundle: string, hash: string} | null} null when it is none */
export function readRoute(text) {
  if (typeof text !== "string" || text.length > LONGEST) return null;
  const found = ROUTE.exec(text);
  return found ? { route: text, bundle: found[1], hash: found[2] ?? "" } : null;
}

/**
 * @param {string} template address of the bank's own settings, with `{route}` in it
 * @param {string} route one that `readRoute` accepts @returns {string}
 */
export function deepLink(template, route) {
  return template.replace("{route}", encodeURIComponent(route));
}
