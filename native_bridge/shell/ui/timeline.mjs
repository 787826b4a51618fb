/** The timeline: one row for each call, newest last, and the keyboard's way through it. */
import { h, icon } from "./dom.mjs";
import { latency, offset } from "./format.mjs";

const LOOK = Object.freeze({ open: ["muted", "clock", ""], ok: ["good", "check", ""], warn: ["warned", "alert", "w"], bad: ["ill", "x", "b"] });
const SPAN_MS = 4000;

/** @param {number | null} tier @returns {HTMLElement} */
export function tierChip(tier) {
  return tier === null ? h("span", { class: "tier" }, "–") : h("span", { class: `tier t${tier}` }, `T${tier}`);
}

/** Where a latency bar stands: in a window of four seconds around its page's last call. @param {any} row @param {any[]} rows */
export function barPlace(row, rows) {
  const start = Math.floor(row.at / SPAN_MS) * SPAN_MS;
  const crowd = rows.filter((other) => Math.floor(other.at / SPAN_MS) * SPAN_MS === start);
  const end = Math.max(...crowd.map((other) => other.at + (other.ms ?? 0)), row.at + 1);
  const first = Math.min(...crowd.map((other) => other.at));
  const span = Math.max(end - first, 1);
  const left = ((row.at - first) / span) * 100;
  return { left: `${Math.min(left, 96).toFixed(1)}%`, width: `${Math.min(((row.ms ?? 0) / span) * 100, 100 - Math.min(left, 96)).toFixed(1)}%` };
}

/** The heads of the columns. @param {any} t */
function heads(t) {
  return h("div", { class: "call h", role: "row" }, ["at", "tier", "method", "latency", "ms"].map((key) =>
    h("span", { role: "columnheader", class: key === "ms" ? "ms" : null }, t(`timeline.${key}`))), h("span", { role: "columnheader" }, h("span", { class: "sr" }, t("timeline.result"))));
}

/** @param {any} row @param {{rows: any[], selected: number | null, onSelect: (id: number) => void, t: any}} view */
function rowElement(row, { rows, selected, onSelect, t }) {
  const [tone, picture, mark] = LOOK[row.result];
  const on = row.id === selected;
  return h("div", { class: `call ${mark} ${on ? "on" : ""}`, role: "row", tabindex: on ? "0" : "-1", "aria-selected": String(on), "data-row": row.id, onclick: () => onSelect(row.id) },
    h("span", { class: "at mono", role: "cell" }, offset(row.at)), h("span", { role: "cell" }, tierChip(row.tier)),
    h("span", { class: "m mono", role: "cell" }, row.method, h("em", null, row.note)),
    h("span", { class: "lat", role: "cell", "aria-hidden": "true" }, h("u", { class: mark, place: barPlace(row, rows) })),
    h("span", { class: "ms mono", role: "cell" }, row.ms === null ? "…" : latency(row.ms)),
    h("span", { class: `lead ${tone}`, role: "cell", "aria-label": t(`result.${row.result}`) }, icon(picture, 16)));
}

/** The table. @param {{rows: any[], selected: number | null, onSelect: (id: number) => void, t: any}} view @returns {HTMLElement} */
export function timeline(view) {
  const { rows, t } = view;
  if (rows.length === 0) return h("div", { class: "empty" }, h("span", { class: "tile plain" }, icon("list", 24)), t("timeline.empty"));
  return h("div", { class: "tl", role: "table", "aria-label": t("tab.timeline"), "aria-live": "polite", "aria-relevant": "additions" },
    heads(t), rows.map((row) => rowElement(row, view)));
}
