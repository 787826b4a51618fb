/** How long the calls of each method took: how many there were, the middle one, and what nineteen of twenty stayed below. */
import { h } from "./dom.mjs";
import { latency } from "./format.mjs";

/** The nearest-rank percentile. @param {number[]} ascending @param {number} share between 0 and 1 */
export function percentile(ascending, share) {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)];
}

/**
 * @param {any[]} rows of the journal
 * @returns {{method: string, count: number, failed: number, p50: number, p95: number, most: number}[]} the slowest at p95 first; only calls that were answered
 */
export function latencies(rows) {
  const byMethod = new Map();
  for (const { method, ms, result, page } of rows) {
    if (ms === null || page === 0) continue;
    const seen = byMethod.get(method) ?? { times: [], failed: 0 };
    seen.times.push(ms);
    seen.failed += result === "ok" ? 0 : 1;
    byMethod.set(method, seen);
  }
  const found = [...byMethod].map(([method, { times, failed }]) => {
    const ascending = times.toSorted((/** @type {number} */ one, /** @type {number} */ other) => one - other);
    return { method, count: times.length, failed, p50: percentile(ascending, 0.5), p95: percentile(ascending, 0.95), most: ascending.at(-1) };
  });
  return found.toSorted((one, other) => other.p95 - one.p95);
}

const COLUMNS = Object.freeze(["method", "count", "failed", "p50", "p95", "most"]);

/** @param {any[]} rows of the journal @param {any} t @returns {HTMLElement | null} null when nothing was answered */
export function latencyTable(rows, t) {
  const found = latencies(rows);
  if (!found.length) return null;
  const cells = (/** @type {any} */ each) => [each.count, each.failed, latency(each.p50), latency(each.p95), latency(each.most)];
  return h("div", { class: "facts", tabindex: "0" }, h("table", { class: "times num" },
    h("caption", { class: "sr" }, t("tab.latency")),
    h("thead", null, h("tr", null, COLUMNS.map((name) => h("th", { scope: "col" }, t(`latency.${name}`))))),
    h("tbody", null, found.map((each) => h("tr", null, h("th", { scope: "row", class: "mono" }, each.method), cells(each).map((text) => h("td", null, text)))))));
}
