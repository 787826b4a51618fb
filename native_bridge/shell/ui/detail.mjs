/** One call in full: the four gates, what to do about a refusal, and what was asked and answered. */
import { copyText } from "./dialog.mjs";
import { h, icon } from "./dom.mjs";
import { knows } from "./i18n.mjs";
import { segments } from "./device.mjs";
import { tierChip } from "./timeline.mjs";

const GATES = Object.freeze(["manifest", "policy", "killList", "consent"]);
const OPEN = new Set(["declared", "allowed", "clear", "given"]);
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/g;

/** JSON with its keys and values marked. @param {any} content @returns {HTMLElement} */
export function jsonBlock(content) {
  const text = JSON.stringify(content, null, 2) ?? "";
  const block = h("div", { class: "code", tabindex: "0" });
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    block.append(text.slice(from, match.index));
    const [whole, string, colon] = match;
    const look = string ? (colon ? "k" : /^"[A-Z]+(_[A-Z]+)+"$|^"[A-Z]{4,}"$/.test(string) ? "e" : "v") : "v";
    block.append(h("span", { class: look }, string ?? whole), colon ?? "");
    from = match.index + whole.length;
  }
  block.append(text.slice(from));
  return block;
}

/** @param {string} gate @param {string} value @param {any} t */
function gateElement(gate, value, t) {
  const picture = OPEN.has(value) ? ["good", "check"] : value === "unasked" ? ["", "more"] : ["ill", "x"];
  return h("div", null, h("b", null, h("span", { class: `lead ${picture[0]}` }, icon(picture[1], 16)), t(`gate.${gate}`)), h("span", null, t(`gate.${value}`)));
}

/** Which gate refused. @param {any} row @param {string} op @returns {string} */
function deniedBy({ gates }, op) {
  if (gates?.killList === "revoked") return "remedy.KILLED";
  if (gates?.policy === "forbidden") return "remedy.POLICY_DENIED";
  return op ? "remedy.OP_DENIED" : "remedy.PERMISSION_DENIED";
}

/** @param {any} row @param {{locale: string, t: any}} look */
function remedy(row, { locale, t }) {
  const op = typeof row.request?.p?.op === "string" ? row.request.p.op : "";
  const upstream = row.answer?.r?.status >= 400 ? row.answer.r.body : null;
  const code = row.code ?? (upstream ? "BANK_REFUSED" : null);
  if (!code) return null;
  const undeclared = code === "PERMISSION_DENIED" ? deniedBy(row, op) : `remedy.${code}`;
  const key = knows(locale, undeclared) ? undeclared : "remedy.other";
  return h("div", { class: row.result === "bad" ? "note bad" : "note warn" }, icon("info", 16),
    h("span", null, t(key, { bundle: row.bundle, method: row.method, op, code: upstream?.code ?? code, status: row.answer?.r?.status ?? "" })));
}

/**
 * @param {{row: any, part: string, onPart: (part: string) => void, locale: string, t: any}} view
 * @returns {HTMLElement}
 */
export function detail({ row, part, onPart, locale, t }) {
  const parts = { request: row.request?.p ?? row.request, answer: row.answer?.r ?? row.answer?.e ?? row.answer, envelope: { in: row.request, out: row.answer }, chunks: row.chunks };
  const shown = part === "chunks" && !row.chunks.length ? "answer" : part;
  const chip = row.code ? h("span", { class: row.result === "bad" ? "chip bad" : "chip warn" }, row.code) : row.result === "ok" ? h("span", { class: "chip ok" }, t("result.ok")) : null;
  return h("section", { class: "detail", "aria-label": t("detail.title"), tabindex: "-1" },
    h("div", { class: "row between g2" }, h("div", { class: "row g2" }, tierChip(row.tier), h("b", { class: "mono" }, row.method), chip),
      h("span", { class: "muted mono" }, row.call ? `n ${row.n ?? "–"} · ${row.call}` : t("detail.own"))),
    row.gates ? h("div", { class: "gates" }, GATES.map((gate) => gateElement(gate, row.gates[gate], t))) : null,
    remedy(row, { locale, t }),
    h("div", { class: "row between" },
      segments({ label: t("detail.part"), choices: ["request", "answer", "envelope", ...(row.chunks.length ? ["chunks"] : [])].map((each) => [each, t(`detail.${each}`)]), chosen: shown, onPick: onPart }),
      h("button", { class: "mini", "aria-label": t("detail.copy"), onclick: () => copyText(JSON.stringify(parts[shown], null, 2), t("copied")) }, icon("copy", 16))),
    jsonBlock(parts[shown] ?? null));
}
