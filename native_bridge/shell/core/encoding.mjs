/**
 * Bytes and texts: base64url, hex, length-prefixed strings, SHA-256, canonical JSON (RFC 8785 and OLPC), strict JSON.
 *
 * Every decoder accepts the canonical form only: decoding and encoding again gives the same text.
 */
import { ShellError } from "./errors.mjs";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE = new Map([...ALPHABET].map((letter, index) => [letter, index]));
const MAX_DEPTH = 32;

/** @param {string} detail @returns {ShellError} */
function refused(detail) {
  return new ShellError("ENCODING_INVALID", detail);
}

/** UTF-8 of a well-formed text. @param {string} text @returns {Uint8Array} */
export function utf8(text) {
  if (typeof text !== "string" || !isWellFormed(text)) throw refused("not a well-formed text");
  return ENCODER.encode(text);
}

/** @param {string} text */
function isWellFormed(text) {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/** Text of valid UTF-8. @param {Uint8Array} bytes @returns {string} */
export function text(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw refused("not UTF-8");
  }
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** @param {Uint8Array} left @param {Uint8Array} right @returns {boolean} */
export function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** @param {Uint8Array} bytes @returns {string} base64url without padding */
export function b64urlEncode(bytes) {
  let out = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const word = (bytes[index] << 16) | ((left > 1 ? bytes[index + 1] : 0) << 8) | (left > 2 ? bytes[index + 2] : 0);
    out += ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63];
    if (left > 1) out += ALPHABET[(word >> 6) & 63];
    if (left > 2) out += ALPHABET[word & 63];
  }
  return out;
}

/** Strict: no padding, no whitespace, unused bits zero. @param {string} value @returns {Uint8Array} */
export function b64urlDecode(value) {
  if (typeof value !== "string" || value.length % 4 === 1) throw refused("not base64url");
  const out = new Uint8Array(Math.floor((value.length * 3) / 4));
  let bits = 0;
  let word = 0;
  let at = 0;
  for (const letter of value) {
    const six = VALUE.get(letter);
    if (six === undefined) throw refused("not base64url");
    word = ((word << 6) | six) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at] = (word >> bits) & 255;
      at += 1;
    }
  }
  if ((word & ((1 << bits) - 1)) !== 0) throw refused("base64url is not canonical");
  return out;
}

/** @param {Uint8Array} bytes @returns {string} lower-case hex */
export function hex(bytes) {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/** Lower-case hex only. @param {string} value @returns {Uint8Array} */
export function fromHex(value) {
  if (typeof value !== "string" || !/^([0-9a-f]{2})*$/.test(value)) throw refused("not lower-case hex");
  return Uint8Array.from(value.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Each text as its length in bytes (u32 big-endian) and its UTF-8. @param {...string} texts @returns {Uint8Array} */
export function lp(...texts) {
  return concat(...texts.flatMap((value) => {
    const bytes = utf8(value);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length);
    return [length, bytes];
  }));
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** @param {Uint8Array} bytes @returns {Promise<string>} 64 lower-case hex digits */
export async function sha256Hex(bytes) {
  return hex(await sha256(bytes));
}

const UNCLEAN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u;

/**
 * Give the text back when a person can read all of it: NFC, no control, bidi or zero-width character.
 * @param {string} value @returns {string}
 */
export function cleanText(value) {
  if (typeof value !== "string" || !isWellFormed(value)) throw refused("not a well-formed text");
  if (UNCLEAN.test(value)) throw refused("text holds a control, bidi or zero-width character");
  if (value.normalize("NFC") !== value) throw refused("text is not NFC");
  return value;
}

/** RFC 8785 text of a JSON value. @param {unknown} value @returns {string} */
export function canonicalJson(value) {
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refused("not a JSON number");
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!isWellFormed(value)) throw refused("not a well-formed text");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw refused(`${typeof value} is not JSON`);
  const members = Object.keys(value).sort().map((key) => `${canonicalJson(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}

/** RFC 8785 bytes of a JSON value. @param {unknown} value @returns {Uint8Array} */
export function canonicalBytes(value) {
  return utf8(canonicalJson(value));
}

/**
 * OLPC canonical JSON, the form that TUF signs: only `\` and `"` are escaped, numbers are integers, keys sorted by
 * code point.
 * @param {unknown} value @returns {string}
 */
export function olpcCanonicalText(value) {
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw refused("canonical JSON holds integers only");
    return Object.is(value, -0) ? "0" : String(value);
  }
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, (letter) => `\\${letter}`)}"`;
  if (Array.isArray(value)) return `[${value.map(olpcCanonicalText).join(",")}]`;
  if (typeof value !== "object") throw refused(`${typeof value} is not JSON`);
  const keys = Object.keys(value).sort(byCodePoint);
  return `{${keys.map((key) => `${olpcCanonicalText(key)}:${olpcCanonicalText(value[key])}`).join(",")}}`;
}

/** Code-point order; UTF-16 order differs above the BMP. @param {string} left @param {string} right */
function byCodePoint(left, right) {
  const a = [...left];
  const b = [...right];
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const difference = a[index].codePointAt(0) - b[index].codePointAt(0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** @param {unknown} value @returns {Uint8Array} */
export function olpcCanonical(value) {
  return utf8(olpcCanonicalText(value));
}

/**
 * Parse JSON strictly: valid UTF-8, no duplicate key, nothing deeper than 32.
 * @param {Uint8Array | string} source @returns {any}
 */
export function parseJson(source) {
  const value = typeof source === "string" ? source : text(source);
  let parsed;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw refused("not JSON");
  }
  checkShape(value);
  return parsed;
}

/** Walk the tokens of JSON that JSON.parse has accepted; refuse duplicate keys and depth. @param {string} source */
function checkShape(source) {
  const stack = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
  let last = "";
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    const piece = match[0];
    if (piece === "{" || piece === "[") {
      stack.push(piece === "{" ? new Set() : null);
      if (stack.length > MAX_DEPTH) throw refused(`JSON is deeper than ${MAX_DEPTH}`);
    } else if (piece === "}" || piece === "]") {
      stack.pop();
    } else if (piece === ":") {
      const key = JSON.parse(last);
      if (stack.at(-1).has(key)) throw refused("JSON holds a key twice");
      stack.at(-1).add(key);
    } else {
      last = piece;
    }
  }
}
