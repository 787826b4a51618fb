/**
 * Who may start a session: only the frame that the shell made, from exactly the origin that the shell opened in it.
 */

/** What each greeting needs: the state in which it may come, once. */
const GREETINGS = Object.freeze({ "loader-hello": "loading", "page-hello": "entering" });

/** An origin as browsers write it, and as the shell opens it: scheme, lower-case host, perhaps a port; nothing else. */
const ORIGIN = /^https?:\/\/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[1-9][0-9]{0,4})?$/;

/**
 * Judge a window message by its frame, its origin and the frame's state. Compared as text and whole: no parsing that a
 * look-alike (suffix, user info, backslash, port, punycode, `null`) could bend.
 *
 * @param {{source: boolean, origin: unknown, data: unknown, expectedOrigin: string, state: string}} message
 *   source: `event.source === frame.contentWindow`; origin: `event.origin`; state: loading, loader, entering, live, ended
 * @returns {{accept: boolean, reason: string, greeting: string|null}} a refusal is dropped without an answer and audited
 */
export function acceptWindowMessage({ source, origin, data, expectedOrigin, state }) {
  const refuse = (/** @type {string} */ reason) => ({ accept: false, reason, greeting: null });
  if (source !== true) return refuse("source");
  if (!ORIGIN.test(expectedOrigin) || typeof origin !== "string" || origin !== expectedOrigin) return refuse("origin");
  const greeting = greetingOf(data);
  if (greeting === null) return refuse("data");
  if (GREETINGS[greeting] !== state) return refuse("state");
  return { accept: true, reason: "", greeting };
}

/** @param {unknown} data @returns {"loader-hello"|"page-hello"|null} */
export function greetingOf(data) {
  if (typeof data !== "object" || data === null || Object.keys(data).length !== 1) return null;
  const name = Object.hasOwn(data, "tidegate") ? /** @type {any} */ (data).tidegate : null;
  return name === "loader-hello" || name === "page-hello" ? name : null;
}
