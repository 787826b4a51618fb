// Figures and dates as the bank writes them. Money is a whole number of fen; days and hours are Beijing's.

const BEIJING = 8 * 3600 * 1000;
const DAY = 24 * 3600 * 1000;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const MINUS = "\u2212";

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Split fen into what is shown large and small: {sign, whole: "50,000", cents: ".00"}. */
function amountParts(fen) {
  const digits = String(Math.abs(fen)).padStart(3, "0");
  return { sign: fen < 0 ? MINUS : "", whole: grouped(digits.slice(0, -2)), cents: "." + digits.slice(-2) };
}

/** Fen as "50,000.00". */
export function plainMoney(fen) {
  const parts = amountParts(fen);
  return parts.sign + parts.whole + parts.cents;
}

/** Fen as "¥50,000.00". */
export function money(fen) {
  const parts = amountParts(fen);
  return parts.sign + "¥" + parts.whole + parts.cents;
}

/** Fen with its sign, "+1,000.00". */
export function signedMoney(fen) {
  return (fen > 0 ? "+" : "") + plainMoney(fen);
}

/** Fen as whole yuan when there are no cents: "10,000". */
export function wholeMoney(fen) {
  return fen % 100 === 0 ? (fen < 0 ? MINUS : "") + grouped(String(Math.abs(fen) / 100)) : plainMoney(fen);
}

/** A quota in 亿 and 万 (in English, in millions): the only place where an amount is shortened. */
export function quotaMoney(fen) {
  const yuan = fen / 100;
  if (language() === "en") return "¥" + (yuan / 1e6).toFixed(2) + " million";
  if (yuan >= 1e8) return (yuan / 1e8).toFixed(2) + " 亿";
  return yuan >= 1e4 ? (yuan / 1e4).toFixed(2) + " 万" : wholeMoney(fen);
}

/** What a customer typed, in fen; null when it is no amount (two decimals at most, no sign, no exponent). */
export function parseYuan(text) {
  const found = /^(\d{1,11})(?:\.(\d{1,2}))?$/.exec(text.replace(/[,，\s¥]/g, ""));
  if (!found) return null;
  return Number(found[1]) * 100 + Number((found[2] || "").padEnd(2, "0") || 0);
}

/** A share of a whole in percent, 0 to 100. */
export function share(part, whole) {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}

function beijing(instant) {
  const date = new Date(instant);
  const shifted = new Date(date.getTime() + BEIJING);
  return {
    year: shifted.getUTCFullYear(), month: shifted.getUTCMonth() + 1, day: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(), time: shifted.toISOString().slice(11, 16),
    dayNumber: Math.floor(shifted.getTime() / DAY),
  };
}

function instantOf(value) {
  return /^\d{4}-\d\d-\d\d$/.test(value) ? value + "T00:00:00+08:00" : value;
}

/** The day of a date or instant: 12月8日, with its year when it is another one; 8 Dec in English. */
export function day(value, now = Date.now()) {
  const at = beijing(instantOf(value));
  const sameYear = at.year === beijing(now).year;
  if (language() === "en") return at.day + " " + MONTHS[at.month - 1] + (sameYear ? "" : " " + at.year);
  return (sameYear ? "" : at.year + "年") + at.month + "月" + at.day + "日";
}

/** The day in full: 2026年12月8日 周二; Tue 8 Dec 2026. */
export function fullDay(value) {
  const at = beijing(instantOf(value));
  const weekday = t("weekdays").split(" ")[at.weekday];
  if (language() === "en") return weekday + " " + at.day + " " + MONTHS[at.month - 1] + " " + at.year;
  return at.year + "年" + at.month + "月" + at.day + "日 " + weekday;
}

/** A day near today by its name: 今日, 昨日, 周六; any other as its date. */
export function nearDay(value, now = Date.now()) {
  const at = beijing(instantOf(value));
  const distance = beijing(now).dayNumber - at.dayNumber;
  if (distance === 0) return t("today");
  if (distance === 1) return t("yesterday");
  if (distance > 1 && distance < 7) return t("weekdays").split(" ")[at.weekday];
  return day(value, now);
}

/** The moment of something that happened: 今日 14:32, 周六 09:12, 11月2日 10:24. */
export function moment(value, now = Date.now()) {
  const near = nearDay(value, now);
  const text = near + " " + beijing(value).time;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A time limit: 今日 15:00 前. */
export function before(value, now = Date.now()) {
  return t("before", { day: nearDay(value, now), time: beijing(value).time });
}

/** Month and day in a chart or a table: 11-20. */
export function shortDay(value) {
  const at = beijing(instantOf(value));
  return String(at.month).padStart(2, "0") + "-" + String(at.day).padStart(2, "0");
}
