/**
 * On which terms a bundle may open on a device: which release it must take first, and how old its last check may be.
 *
 * Pure rules without IO, the same as in h5bundle/terms.py; both are held to the golden cases of rollouts. Instants are
 * whole seconds since 1970. Age is measured to the newest instant that the device has shown, so a clock that is set back
 * makes nothing younger; one that runs behind that instant by more than a few minutes asks for a check itself.
 *
 * Terms = { must: digest | null, staleHours: number | null, checked: number | null, seen: number }
 */

/** So many seconds a clock may fall back when it is put right. */
export const CLOCK_TOLERANCE = 300;
const HOUR = 3600;

/** Before the first check nothing is demanded. */
export const NONE = Object.freeze({ must: null, staleHours: null, checked: null, seen: 0 });

/** What a successful check sets. @param {any} policy @param {{release: any | null, forced: boolean}} decision @param {number} now */
export function checked(policy, { release, forced }, now) {
  return { must: release && forced ? release.digest : null, staleHours: policy.stale_hours, checked: now, seen: now };
}

/** Keep the newest instant that the device has shown. @param {any} terms @param {number} now */
export function seen(terms, now) {
  return { ...terms, seen: Math.max(terms.seen, now) };
}

/** Whether a check must succeed before anything opens. @param {any} terms @param {number} now @returns {boolean} */
export function isStale(terms, now) {
  if (terms.staleHours === null || terms.checked === null) return false;
  return terms.seen - now > CLOCK_TOLERANCE || Math.max(terms.seen, now) - terms.checked > terms.staleHours * HOUR;
}

/**
 * What keeps a bundle from opening. A forced release that was sent back on this device is forced no more.
 * @param {any} terms @param {{opens: string | null, sentBack: boolean, now: number}} device opens: digest that would open
 * @returns {"stale" | "forced" | null}
 */
export function obstacle(terms, { opens, sentBack, now }) {
  if (isStale(terms, now)) return "stale";
  return terms.must !== null && terms.must !== opens && !sentBack ? "forced" : null;
}
