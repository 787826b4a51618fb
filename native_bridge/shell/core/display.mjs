/**
 * What the sign sheet shows: rows drawn from a template and the frozen transaction; twin of the server's renderer.
 *
 * A row shows nothing that is not in the signed fields or in the template whose hash is signed. What cannot be drawn is
 * an error, and then nothing is drawn. Both twins are held to the same vectors (vectors/display.json).
 */
import { canonicalBytes, cleanText, sha256Hex } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";

/** @typedef {{key: string, label: string, value: string}} Row */
/** @typedef {"zh-CN" | "en"} Locale */

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["仟", "佰", "拾", ""];
const GROUPS = ["亿", "万", ""];
const SYMBOLS = Object.freeze({ CNY: "¥" });
const RISKS = Object.freeze({
  R1: ["低", "low"], R2: ["中低", "lower-medium"], R3: ["中", "medium"], R4: ["中高", "upper-medium"], R5: ["高", "high"],
});
const LEVELS = ["C1", "C2", "C3", "C4", "C5"];
const ROW_MEMBERS = new Set(["key", "label", "as", "from", "text"]);
const NOT_FROZEN = new Set(["ui", "seq", "factor"]);
const BUNDLE = /^([a-z][a-z0-9-]{0,40})@((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:[-+][0-9A-Za-z.+-]{1,40})?)#([0-9a-f]{64})$/;

/** @param {string} message @returns {ShellError} */
function undrawable(message) {
  return new ShellError("CHALLENGE_INVALID", message);
}

/** Hex SHA-256 of the template's canonical JSON. @param {object} template @returns {Promise<string>} */
export function templateHash(template) {
  return sha256Hex(canonicalBytes(template));
}

/** Hex SHA-256 of the rows as canonical JSON. @param {Row[]} rows @returns {Promise<string>} */
export function displayHash(rows) {
  return sha256Hex(canonicalBytes(rows.map(({ key, label, value }) => [key, label, value])));
}

/**
 * Draw the rows.
 * @param {{template: any, fields: Record<string, string>, locale: Locale}} what @returns {Row[]}
 */
export function renderRows({ template, fields, locale }) {
  if (locale !== "zh-CN" && locale !== "en") throw undrawable("no such locale");
  if (!Array.isArray(template?.rows) || template.rows.length === 0) throw undrawable("the template has no rows");
  const rows = template.rows.map((entry) => drawn(entry, fields, locale));
  if (new Set(rows.map((row) => row.key)).size !== rows.length) throw undrawable("two rows of one key");
  return rows;
}

/** @param {any} entry @param {Record<string, string>} fields @param {Locale} locale @returns {Row} */
function drawn(entry, fields, locale) {
  if (!Object.keys(entry).every((member) => ROW_MEMBERS.has(member))) throw undrawable("a row has unknown members");
  const zh = locale === "zh-CN";
  const language = zh ? "zh" : "en";
  const value = entry.as === "warning" ? warning(entry, language) : fieldValue(entry, fields, zh);
  try {
    return { key: cleanText(entry.key), label: cleanText(entry.label[language]), value: cleanText(value) };
  } catch {
    throw undrawable("a row is no clean text");
  }
}

function warning(entry, language) {
  if (!Array.isArray(entry.from) || entry.from.length > 0) throw undrawable("a warning shows its own text only");
  return entry.text?.[language];
}

function fieldValue(entry, fields, zh) {
  const drawer = Object.hasOwn(DRAWERS, entry.as) ? DRAWERS[entry.as] : null;
  const sound = drawer && Array.isArray(entry.from) && entry.from.length === drawer.length - 1 && !("text" in entry);
  if (!sound) throw undrawable("a row cannot be drawn");
  return drawer(zh, ...entry.from.map((source) => sourceValue(source, fields)));
}

/** @param {unknown} source field or `memo.x` @param {Record<string, string>} fields */
function sourceValue(source, fields) {
  if (typeof source !== "string") throw undrawable("a source is no text");
  if (source.startsWith("memo.")) {
    const value = memoDecode(fields.memo).get(source.slice(5));
    if (value === undefined) throw undrawable(`no field ${source}`);
    return value;
  }
  if (NOT_FROZEN.has(source) || !Object.hasOwn(fields, source) || typeof fields[source] !== "string") {
    throw undrawable(`no field ${source}`);
  }
  return fields[source];
}

/** Read `k=v; k=v`. @param {string} memo @returns {Map<string, string>} */
export function memoDecode(memo) {
  if (typeof memo !== "string") throw undrawable("no memo");
  const items = new Map();
  for (const pair of memo.split("; ")) {
    const match = /^([a-z_]+)=([^;=]+)$/.exec(pair);
    if (!match || match[2].trim() !== match[2] || items.has(match[1])) throw undrawable("memo is not in its form");
    items.set(match[1], match[2]);
  }
  return items;
}

/**
 * Write an amount in the capital numerals of Chinese bills.
 * @param {string} amount fixed-scale, two decimals, below 10^12 @returns {string}
 */
export function uppercaseAmount(amount) {
  const match = /^(\d{0,12})\.(\d)(\d)$/.exec(amount);
  if (!match || match[1] === "") throw undrawable("not an amount");
  const yuan = yuanText(match[1].padStart(12, "0"));
  const [jiao, fen] = [Number(match[2]), Number(match[3])];
  let words = yuan ? `${yuan}元` : "";
  if (jiao) words += `${DIGITS[jiao]}角`;
  else if (yuan && fen) words += "零";
  words += fen ? `${DIGITS[fen]}分` : "整";
  return `人民币${words === "整" ? "零元整" : words}`;
}

/** @param {string} whole twelve digits */
function yuanText(whole) {
  let words = "";
  GROUPS.forEach((unit, index) => {
    const group = whole.slice(4 * index, 4 * index + 4);
    if (Number(group) > 0) {
      const gap = words !== "" && (group[0] === "0" || words.endsWith("零"));
      words = `${stripped(words)}${gap ? "零" : ""}${groupText(group)}${unit}`;
    } else if (words !== "") words = `${stripped(words)}零`;
  });
  return stripped(words);
}

/** @param {string} group four digits */
function groupText(group) {
  let words = "";
  [...group].forEach((digit, index) => {
    if (digit !== "0") words += DIGITS[Number(digit)] + PLACES[index];
    else if (words !== "" && !words.endsWith("零")) words += "零";
  });
  return stripped(words);
}

const stripped = (words) => words.replace(/零+$/, "");
const tail = (account) => [...account].slice(-4).join("");

/** How each `as` is drawn; the number of parameters after `zh` is the number of its sources. */
const DRAWERS = Object.freeze({
  money(zh, currency, amount) {
    if (!Object.hasOwn(SYMBOLS, currency)) throw undrawable("the currency has no symbol");
    uppercaseAmount(amount);
    const [whole, cents] = amount.split(".");
    return `${SYMBOLS[currency]}${String(Number(whole)).replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
  },
  upper: (zh, amount) => uppercaseAmount(amount),
  text: (zh, value) => value,
  date: (zh, value) => value,
  payee: (zh, name, account) => `${name} · ${zh ? "尾号" : "ending"} ${tail(account)}`,
  payer: (zh, name, account) => (zh ? `${name} · Ⅱ类户（${tail(account)}）` : `${name} · Class II (${tail(account)})`),
  risk(zh, risk, level) {
    if (!Object.hasOwn(RISKS, risk) || !LEVELS.includes(level)) throw undrawable("no such risk or level");
    const suits = level[1] >= risk[1];
    const [nameZh, nameEn] = RISKS[risk];
    if (zh) return `${risk} ${nameZh}风险 · 你是 ${level}，${suits ? "匹配" : "不匹配"}`;
    return `${risk} ${nameEn} risk · you are ${level}, ${suits ? "suitable" : "not suitable"}`;
  },
  device: (zh, kid) => `${zh ? "密钥" : "key"} ${kid.slice(0, 4)} ${kid.slice(4, 8)}`,
  bundle(zh, name) {
    const match = BUNDLE.exec(name);
    if (!match) throw undrawable("bundle is not in its form");
    return `${match[1]} ${match[2]} · ${match[3].slice(0, 8)}…${match[3].slice(-8)}`;
  },
});
