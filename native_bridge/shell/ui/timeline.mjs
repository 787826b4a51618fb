/** The timeline: one row for each call, newest last, and the keyboard's way through it. */
import { h, icon } from "./dom.mjs";
import { latency, offset } from "./format.mjs";

const LOOK = Object.freeze({ open: ["muted", "clock", ""], ok: ["good", "check", ""], warn: ["warned", "alert", "w"], bad: ["ill", "x", "b"] });
const SPAN_MS = 4000;

/** @param {number | null} tier @returns {HTMLElement} */
export function tierChip(tier) {
  return tier === null ? h("span", { class: "tier" }, "–") : h("span", { class: `tier t${tier}` }, `T${tier}`);
}

/** First and last instant of each window of four seconds. @param {any[]} rows @returns {Map<number, {first: number, last: number}>} */
export function windowsOf(rows) {
  const windows = new Map();
  for (const { at, ms } of rows) {
    const seen = windows.get(Math.floor(at / SPAN_MS)) ?? { first: at, last: at + 1 };
    windows.set(Math.floor(at / SPAN_MS), { first: Math.min(seen.first, at), last: Math.max(seen.last, at + (ms ?? 0)) });
  }
  return windows;
}

/** Where a latency bar stands in its window. @param {any} row @param {Map<number, {first: number, last: number}>} windows */
export function barPlace({ at, ms }, windows) {
  const { first, last } = /** @type {any} */ (windows.get(Math.floor(at / SPAN_MS)));
  const left = Math.min(((at - first) / (last - first)) * 100, 96);
  return { left: `${left.toFixed(1)}%`, width: `${Math.min(((ms ?? 0) / (last - first)) * 100, 100 - left).toFixed(1)}%` };
}

/** The heads of the columns. @param {any} t */
function heads(t) {
  return h("div", { class: "call h", role: "row" }, ["at", "tier", "method", "latency", "ms"].map((key) =>
    h("span", { role: "columnheader", class: key === "ms" ? "ms" : null }, t(`timeline.${key}`))), h("span", { role: "columnheader" }, h("span", { class: "sr" }, t("timeline.result"))));
}

/** Rows as they were drawn last: a row that looks the same is not made again. @type {WeakMap<object, {look: string, element: HTMLElement}>} */
const drawn = new WeakMap();

/** @param {any} row @param {{windows: Map<number, any>, selected: number | null, onSelect: (id: number) => void, t: any}} view */
function rowElement(row, view) {
  const bar = barPlace(row, view.windows);
  const look = [row.result, row.ms, row.note, row.chunks.length, row.id === view.selected, bar.left, bar.width, view.t(`result.${row.result}`)].join("|");
  const kept = drawn.get(row);
  if (kept?.look === look) return kept.element;
  const element = newRow(row, bar, view);
  drawn.set(row, { look, element });
  return element;
}

/** @param {any} row @param {{left: string, width: string}} bar @param {any} view */
function newRow(row, bar, { selected, onSelect, t }) {
  const [tone, picture, mark] = LOOK[row.result];
  const on = row.id === selected;
  return h("div", { class: `call ${mark} ${on ? "on" : ""}`, role: "row", tabindex: on ? "0" : "-1", "aria-selected": String(on), "data-row": row.id, onclick: () => onSelect(row.id) },
    h("span", { class: "at mono", role: "cell" }, offset(row.at)), h("span", { role: "cell" }, tierChip(row.tier)),
    h("span", { class: "m mono", role: "cell" }, row.method, h("em", null, [row.note, row.chunks.length ? t("timeline.chunks", { count: row.chunks.length }) : ""].filter(Boolean).join(" · "))),
    h("span", { class: "lat", role: "cell", "aria-hidden": "true" }, h("u", { class: mark, place: bar })),
    h("span", { class: "ms mono", role: "cell" }, row.ms === null ? "…" : latency(row.ms)),
    h("span", { class: `lead ${tone}`, role: "cell", "aria-label": t(`result.${row.result}`) }, icon(picture, 16)));
}

/** The table. @param {{rows: any[], selected: number | null, onSelect: (id: number) => void, t: any}} view @returns {HTMLElement} */
export function timeline(view) {
  const { rows, t } = view;
  const windows = windowsOf(rows);
  if (rows.length === 0) return h("div", { class: "empty" }, h("span", { class: "tile plain" }, icon("list", 24)), t("timeline.empty"));
  return h("div", { class: "tl", role: "table", "aria-label": t("tab.timeline"), "aria-live": "polite", "aria-relevant": "additions" },
    heads(t), rows.map((row) => rowElement(row, { ...view, windows })));
}
