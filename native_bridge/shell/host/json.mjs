/**
 * Reads JSON more strictly than JSON.parse: what two readers could understand differently is refused.
 *
 * Refused: duplicate keys, `__proto__` as a key, integers beyond 2^53−1, numbers that become infinite, lone surrogates,
 * nesting deeper than the limit, and of course NaN, comments, trailing commas and anything after the value.
 */
export class JsonError extends Error {
  /** @param {string} message @param {number} at offset in the text */
  constructor(message, at) {
    super(`${message} at ${at}`);
    this.name = "JsonError";
  }
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"[^"\\\u0000-\u001F]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\u0000-\u001F]*)*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LONE = /\p{Surrogate}/u;
const WORDS = Object.freeze([["true", true], ["false", false], ["null", null]]);

class Reader {
  /** @param {string} text @param {number} maxDepth */
  constructor(text, maxDepth) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.at = 0;
  }

  /** @param {string} message @returns {never} */
  fail(message) {
    throw new JsonError(message, this.at);
  }

  /** @param {RegExp} pattern sticky @returns {string} what matched, empty when nothing did */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) return "";
    this.at = pattern.lastIndex;
    return found[0];
  }

  /** Skip space and give the next character without taking it. */
  peek() {
    this.match(SPACE);
    return this.text[this.at];
  }

  /** @param {number} depth @returns {unknown} */
  value(depth) {
    const next = this.peek();
    if (next === "{") return this.object(depth + 1);
    if (next === "[") return this.array(depth + 1);
    if (next === '"') return this.string();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  string() {
    const raw = this.match(STRING);
    if (!raw) this.fail("a broken string");
    const value = raw.includes("\\") ? JSON.parse(raw) : raw.slice(1, -1);
    if (LONE.test(value)) this.fail("a lone surrogate");
    return value;
  }

  number() {
    const raw = this.match(NUMBER);
    if (!raw) this.fail("no JSON value");
    const value = Number(raw);
    if (!Number.isFinite(value)) this.fail("a number without end");
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) this.fail("a number beyond 2^53-1");
    return value;
  }

  /** @param {number} depth */
  enter(depth) {
    if (depth > this.maxDepth) this.fail(`deeper than ${this.maxDepth}`);
    this.at += 1;
  }

  /** @param {string} closing @returns {boolean} true when another item follows */
  more(closing) {
    const next = this.peek();
    if (next !== closing && next !== ",") this.fail(`neither , nor ${closing}`);
    this.at += 1;
    return next === ",";
  }

  /** @param {number} depth */
  array(depth) {
    this.enter(depth);
    const items = [];
    if (this.peek() === "]") {
      this.at += 1;
      return items;
    }
    do items.push(this.value(depth));
    while (this.more("]"));
    return items;
  }

  /** @param {number} depth */
  object(depth) {
    this.enter(depth);
    /** @type {Record<string, unknown>} */
    const members = {};
    if (this.peek() === "}") {
      this.at += 1;
      return members;
    }
    do {
      if (this.peek() !== '"') this.fail("a key that is no string");
      const key = this.string();
      if (key === "__proto__") this.fail("the key __proto__");
      if (Object.hasOwn(members, key)) this.fail("a key given twice");
      if (this.peek() !== ":") this.fail("no colon after a key");
      this.at += 1;
      members[key] = this.value(depth);
    } while (this.more("}"));
    return members;
  }
}

/** What a walk through a parsed value has counted. */
class Count {
  members = 0;
  colons = 0;

  /** @param {number} maxDepth */
  constructor(maxDepth) {
    this.maxDepth = maxDepth;
  }

  /** @param {string} text */
  text(text) {
    for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) this.colons += 1;
  }

  /**
   * Walk through a value. @param {unknown} value @param {number} depth
   * @returns {boolean} whether depth, numbers and keys are what strict reading lets pass
   */
  value(value, depth) {
    if (typeof value === "string") this.text(value);
    else if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    else if (typeof value === "object" && value !== null) {
      if (depth === this.maxDepth) return false;
      if (Array.isArray(value)) {
        for (const item of value) if (!this.value(item, depth + 1)) return false;
        return true;
      }
      for (const key of Object.keys(value)) {
        if (key === "__proto__" || !this.value(value[key], depth + 1)) return false;
        this.members += 1;
        this.text(key);
      }
    }
    return true;
  }
}

/** Tell whether a text has no lone surrogate; younger engines know it by themselves. @param {string} text */
function wellFormed(text) {
  return typeof text.isWellFormed === "function" ? text.isWellFormed() : !LONE.test(text);
}

/**
 * Read with JSON.parse where that gives what strict reading gives, or give undefined.
 *
 * A member has one colon outside strings. So when no string is written with `\u`, a text has as many colons as its
 * members and strings hold, unless JSON.parse has dropped a key that was given twice.
 * @param {string} text @param {number} maxDepth
 */
function parseFast(text, maxDepth) {
  if (text.includes("\\u") || !wellFormed(text)) return undefined;
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const held = new Count(maxDepth);
  if (!held.value(value, 0)) return undefined;
  const written = new Count(maxDepth);
  written.text(text);
  return written.colons === held.members + held.colons ? value : undefined;
}

/**
 * @param {string} text
 * @param {number} maxDepth
 * @returns {unknown}
 * @throws {JsonError}
 */
export function parseStrict(text, maxDepth) {
  const value = parseFast(text, maxDepth);
  return value === undefined ? readStrictly(text, maxDepth) : value;
}

/**
 * Read character by character: the one that says what is wrong, and the measure of the fast way.
 * @param {string} text
 * @param {number} maxDepth
 * @returns {unknown}
 * @throws {JsonError}
 */
export function readStrictly(text, maxDepth) {
  const reader = new Reader(text, maxDepth);
  const value = reader.value(0);
  if (reader.peek() !== undefined) reader.fail("something after the value");
  return value;
}

/** Tell whether a text has at most so many bytes in UTF-8. @param {string} text @param {number} most */
export function fitsUtf8(text, most) {
  if (text.length * 3 <= most) return true;
  return text.length <= most && new TextEncoder().encodeInto(text, new Uint8Array(most)).read === text.length;
}

/** @param {string} text @returns {number} bytes in UTF-8 */
export function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}

/**
 * Write JSON that stays inert wherever it is pasted: no `<`, no U+2028, no U+2029.
 * @param {unknown} value
 * @returns {string}
 */
export function writeInert(value) {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
