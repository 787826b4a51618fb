/**
 * JSON as a bridge reads and writes it: strictly in, inert out.
 *
 * @GENERATED@
 */

/** A JSON value. An object is a JsonObject, so that no key of a page can be taken for a member of the language. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object; its members keep their order. */
export class JsonObject {
  private readonly members: Map<string, JsonValue> = new Map<string, JsonValue>();

  /** Set a member; gives the object itself. */
  set(name: string, value: JsonValue): JsonObject {
    this.members.set(name, value);
    return this;
  }

  /** Give a member; undefined when it is absent. */
  get(name: string): JsonValue | undefined {
    return this.members.get(name);
  }

  has(name: string): boolean {
    return this.members.has(name);
  }

  names(): string[] {
    return Array.from(this.members.keys());
  }

  size(): number {
    return this.members.size;
  }
}

/** A text that is no JSON, or that two readers could understand differently. */
export class JsonError extends Error {
  constructor(message: string, at: number) {
    super(`${message} at ${at}`);
    this.name = "JsonError";
  }
}

/** Tell the kind of a value in JSON's words: object, array, string, number, boolean or null. */
export function rootOf(value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  if (typeof value === "string") {
    return "string";
  }
  if (typeof value === "number") {
    return "number";
  }
  if (typeof value === "boolean") {
    return "boolean";
  }
  return value instanceof JsonObject ? "object" : "array";
}

/** Count the bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      bytes += 1;
    } else if (unit < 0x800) {
      bytes += 2;
    } else if (startsPair(text, index)) {
      bytes += 4;
      index += 1;
    } else {
      bytes += 3;
    }
  }
  return bytes;
}

function startsPair(text: string, index: number): boolean {
  return isBetween(text.charCodeAt(index), 0xd800, 0xdbff) && isBetween(text.charCodeAt(index + 1), 0xdc00, 0xdfff);
}

function isBetween(unit: number, least: number, most: number): boolean {
  return unit >= least && unit <= most;
}

/** Tell whether half of a pair of surrogates stands alone. */
export function hasLoneSurrogate(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (startsPair(text, index)) {
      index += 1;
    } else if (isBetween(text.charCodeAt(index), 0xd800, 0xdfff)) {
      return true;
    }
  }
  return false;
}

/** Write a value as JSON. */
export function writeJson(value: JsonValue): string {
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? String(value) : "null";
  }
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (value instanceof JsonObject) {
    const members = value.names().map((name: string): string => `${JSON.stringify(name)}:${writeJson(value.get(name) ?? null)}`);
    return `{${members.join(",")}}`;
  }
  return `[${value.map((item: JsonValue): string => writeJson(item)).join(",")}]`;
}

const ACTIVE = new RegExp("[<\\u2028\\u2029]", "g");

/** Write JSON that stays inert wherever it is pasted: no `<`, no U+2028, no U+2029. */
export function writeInert(value: JsonValue): string {
  return writeJson(value).replace(ACTIVE, (found: string): string => "\\u" + found.charCodeAt(0).toString(16).padStart(4, "0"));
}
