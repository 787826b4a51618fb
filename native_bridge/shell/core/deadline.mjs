/**
 * A deadline that only runs while somebody can see the page: hidden tabs, covered pages and a sleeping machine do not count.
 */
const STEP_MS = 200;
const LONGEST_STEP_MS = 1000;

/**
 * Run once so much visible time has passed.
 * @param {number} milliseconds @param {() => void} run
 * @param {{visible?: () => boolean, now?: () => number}} [options]
 * @returns {() => void} call it off
 */
export function visibleDeadline(milliseconds, run, { visible = () => document.visibilityState === "visible", now = () => performance.now() } = {}) {
  let left = milliseconds;
  let before = now();
  const timer = setInterval(() => {
    const [passed, at] = [now() - before, now()];
    before = at;
    if (visible()) left -= Math.min(passed, LONGEST_STEP_MS);
    if (left > 0) return;
    clearInterval(timer);
    run();
  }, Math.min(STEP_MS, milliseconds));
  return () => clearInterval(timer);
}
