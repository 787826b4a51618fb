/** How figures, digests, times and sizes are written, as 07 of the look says: Beijing time, decimal units, 8…8 digests. */

/** @param {string} digest @returns {string} first 8 … last 8 */
export function shortDigest(digest) {
  return `${digest.slice(0, 8)}…${digest.slice(-8)}`;
}

/** @param {string} thumbprint @returns {string} first 4, next 4 */
export function shortKey(thumbprint) {
  return `${thumbprint.slice(0, 4)} ${thumbprint.slice(4, 8)}`;
}

/** @param {number} bytes @returns {string} kB and MB, decimal */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

/** @param {number} milliseconds @returns {string} at most four characters */
export function latency(milliseconds) {
  if (milliseconds < 100) return milliseconds.toFixed(1);
  return String(Math.round(milliseconds));
}

/** @param {number} milliseconds since the first call @returns {string} */
export function offset(milliseconds) {
  if (milliseconds < 1000) return `+${Math.round(milliseconds)}`;
  if (milliseconds < 10_000) return `+${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds < 600_000 ? `+${Math.round(milliseconds / 1000)} s` : `+${Math.round(milliseconds / 60_000)} m`;
}

/** @param {number} seconds @returns {string} 1:46 */
export function countdown(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

/** @param {Date} instant @returns {string} 14:32, Beijing */
export function clock(instant) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" }).format(instant);
}

/** @param {string | Date} instant @param {string} locale @returns {string} 2026年12月8日 14:32 / 8 Dec 2026, 14:32 */
export function moment(instant, locale) {
  const date = new Date(instant);
  const zone = { timeZone: "Asia/Shanghai" };
  if (locale === "en") {
    const day = new Intl.DateTimeFormat("en-GB", { ...zone, day: "numeric", month: "short", year: "numeric" });
    return `${day.format(date)}, ${clock(date)}`;
  }
  return `${new Intl.DateTimeFormat("zh-CN", { ...zone, year: "numeric", month: "long", day: "numeric" }).format(date)} ${clock(date)}`;
}

/** @param {string} number a card or mobile number @returns {string} groups of four */
export function grouped(number) {
  return number.replace(/(.{4})(?=.)/g, "$1 ");
}
