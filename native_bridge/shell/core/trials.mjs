/**
 * Which release of a bundle runs, which comes next, which one is known to be good, and which ones were sent back.
 *
 * Pure rules without IO, the same as in h5bundle/client/trials.py; both are held to one list of cases.
 *
 * The digest that was *opened* gets the credit, whatever was downloaded, halted or opened since. A release that reported
 * ready once on this device is good and is never sent back. Nothing is sent back while there is nothing to go back to. A
 * digest that was sent back is not taken again until the policy has named another one in between.
 *
 * Standing = { running, next, good: {version, digest} | null, trial: {digest, failures, silent} | null,
 *   refused: [{version, digest, reason, at, policy, away}], floor, policy }
 */
import { compareVersions } from "./policy.mjs";

/** After how many failures a release is sent back. */
export const FAILURES = 1;
/** How many openings in a row may end without a word before the next one counts as a crash loop. */
export const LOOP = 3;
const KEPT_REFUSALS = 20;

/** @typedef {{version: string, digest: string}} Slot */

/** @returns {any} what stands before anything was installed */
export function nothing() {
  return { running: null, next: null, good: null, trial: null, refused: [], floor: "0.0.0", policy: 0 };
}

/** @param {Slot | null} left @param {Slot | null} right */
function same(left, right) {
  return left?.digest === right?.digest;
}

/** Releases whose files must stay. @param {any} standing @returns {Slot[]} */
export function kept({ next, running, good }) {
  return [next, running, good].filter((slot, index, all) => slot && all.findIndex((other) => same(other, slot)) === index);
}

/** @param {any} standing @param {string} digest @returns {any | null} why it was sent back here */
export function refusal(standing, digest) {
  return standing.refused.find((/** @type {any} */ one) => one.digest === digest) ?? null;
}

/** Whether a release may run: it is at or above the signed floor. @param {any} standing @param {Slot | null} slot */
export function allows(standing, slot) {
  return slot !== null && compareVersions(slot.version, standing.floor) >= 0;
}

/**
 * What the policy says. Without a choice, what was downloaded but not opened is dropped, and what runs goes on as long as
 * it is not below the floor.
 * @param {any} standing @param {{policy: number, floor: string, chosen: string | null}} said
 */
export function told(standing, { policy, floor, chosen }) {
  const moved = (/** @type {any} */ one) => chosen !== null && chosen !== one.digest && policy > one.policy;
  const seen = standing.refused.map((/** @type {any} */ one) => (moved(one) ? { ...one, away: true } : one));
  const refused = seen.filter((/** @type {any} */ one) => !(one.away && one.digest === chosen));
  const highest = compareVersions(floor, standing.floor) > 0 ? floor : standing.floor;
  const after = { ...standing, refused, floor: highest, policy: Math.max(policy, standing.policy) };
  const allowed = (/** @type {Slot | null} */ slot) => (allows(after, slot) ? slot : null);
  const waiting = after.next?.digest === chosen ? after.next : null;
  return { ...after, running: allowed(after.running), next: allowed(waiting), good: allowed(after.good) };
}

/** A whole, verified release is stored: it opens next unless it runs or was sent back. @param {any} standing @param {Slot} slot */
export function downloaded(standing, slot) {
  const known = same(slot, standing.running) || refusal(standing, slot.digest);
  return { ...standing, next: known ? null : slot };
}

/**
 * The bundle is being opened now: switch, and begin or go on with the trial. `running` of the result is what to open.
 * @param {any} standing @param {{at: string, limit?: number, preset?: Slot | null}} how
 */
export function opened(standing, how) {
  const switched = { ...standing, running: standing.next ?? standing.running, next: null };
  const { running } = switched;
  if (!running || same(running, switched.good)) return switched;
  const trial = trialOf(switched, running.digest);
  if (trial.silent >= LOOP) {
    const judged = failed(switched, running.digest, { reason: "crash-loop", ...how });
    if (!same(judged.running, running)) return judged;
  }
  return { ...switched, trial: { ...trial, silent: trial.silent + 1 } };
}

/** The page of that digest reported ready. @param {any} standing @param {string} digest */
export function ready(standing, digest) {
  if (standing.running?.digest !== digest) return standing; // a page that stayed open while another release was switched to
  return { ...standing, good: standing.running, trial: null };
}

/** The page was left before there was a verdict: that is nobody's fault. @param {any} standing @param {string} digest */
export function left(standing, digest) {
  return standing.trial?.digest === digest ? { ...standing, trial: { ...standing.trial, silent: 0 } } : standing;
}

/**
 * The release of that digest did not become ready, or its page broke before it was.
 * @param {any} standing @param {string} digest
 * @param {{reason: string, at: string, limit?: number, preset?: Slot | null}} how preset: what the app carries inside
 */
export function failed(standing, digest, { reason, at, limit = FAILURES, preset = null }) {
  const { running, good } = standing;
  if (good?.digest === digest || running?.digest !== digest) return standing;
  const back = [good, preset].find((slot) => slot && allows(standing, slot) && slot.digest !== digest) ?? null;
  const failures = trialOf(standing, digest).failures + 1;
  if (failures < limit || !back) return { ...standing, trial: { digest, failures, silent: 0 } };
  const entry = { version: running.version, digest, reason, at, policy: standing.policy, away: false };
  const others = standing.refused.filter((/** @type {any} */ one) => one.digest !== digest);
  return { ...standing, running: back, good: back, trial: null, refused: [entry, ...others].slice(0, KEPT_REFUSALS) };
}

/** @param {any} standing @param {string} digest */
function trialOf({ trial }, digest) {
  return trial?.digest === digest ? trial : { digest, failures: 0, silent: 0 };
}
