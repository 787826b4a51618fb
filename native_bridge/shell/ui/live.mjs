/**
 * Live reload: while a front-end developer works on a bundle, follow the repository and show each new release at once.
 *
 *   const wish = liveWish(location.search, env);      // { bundle, at } from ?live=wealth&at=%23%2Forders, or null
 *   const stop = followRepository({ address, fetch, changed, failed });
 *       // changed(): called at once and whenever the timestamp has changed, one call at a time; after a failure again
 *   await promptly(show);                             // show(), and once more when the page is not there within a second
 *
 * Only a sandbox listens to the address: elsewhere a link must not be able to keep an app busy.
 */
const BUNDLE = /^[a-z][a-z0-9]{1,23}$/;
const EVERY_MS = 50;
const IDLE_MS = 1_000;
const TIMEOUT_MS = 5_000;
const SOON_MS = 1_000;

/**
 * What the address asks for.
 * @param {string} search @param {string} env
 * @returns {{bundle: string, at: string} | null}
 */
export function liveWish(search, env) {
  const asked = new URLSearchParams(search);
  const bundle = asked.get("live") ?? "";
  const at = asked.get("at") ?? "";
  return env === "sandbox" && BUNDLE.test(bundle) ? { bundle, at: at.startsWith("#") ? at : "" } : null;
}

/**
 * Ask for the timestamp again and again; it is a small file that any web server gives from memory.
 * @param {{address: string, fetch: typeof globalThis.fetch, changed: () => Promise<void>, failed: (error: any) => void}} parts
 * @returns {() => void} ends it
 */
export function followRepository({ address, fetch, changed, failed }) {
  let seen = "";
  let timer = 0;
  let ended = false;
  const look = async () => {
    const now = await timestamp(address, fetch);
    try {
      if (now !== null && now !== seen) await changed();
      seen = now ?? seen;
    } catch (error) {
      failed(error);
    }
    if (!ended) timer = setTimeout(look, now === null || document.hidden ? IDLE_MS : EVERY_MS);
  };
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/**
 * Show a page, and begin anew when it is not there soon: now and then the browser does not go on after a frame's first
 * script, and only the deadline of the page would end that. The second showing has all the time that it wants.
 * @param {() => Promise<void>} show takes away what it showed before @param {number} [milliseconds]
 * @returns {Promise<boolean>} whether it was there at once
 */
export async function promptly(show, milliseconds = SOON_MS) {
  let timer = 0;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, milliseconds, "late"); });
  const first = show();
  first.catch(() => {}); // taken away by the second showing
  const outcome = await Promise.race([first, late]).finally(() => clearTimeout(timer));
  if (outcome === "late") await show();
  return outcome !== "late";
}

/** The timestamp's text, or null while the server does not answer. @param {string} address @param {typeof globalThis.fetch} fetch */
async function timestamp(address, fetch) {
  try {
    const response = await fetch(address, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
