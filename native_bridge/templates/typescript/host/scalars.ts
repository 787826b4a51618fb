/**
 * The contract's types without members: text, numbers, enums, bytes and the JSON that somebody else owns.
 *
 * @GENERATED@
 */
import { JsonValue, rootOf, utf8Length, writeJson } from "./json.js";

/** A value that does not have its type's form; `path` names the place. */
export class ShapeError extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${path === "" ? "value" : path}: ${message}`);
    this.name = "ShapeError";
    this.path = path;
  }
}

/** One type of the contract. */
export abstract class Shape {
  /** Give a clean copy; throws ShapeError. */
  abstract read(value: JsonValue, path: string, strict: boolean): JsonValue;
}

/** Refuse a size out of bounds. */
export function withinBounds(size: number, least: number, most: number, path: string, unit: string): void {
  if (size < least || size > most) {
    throw new ShapeError(path, `${size} ${unit}, allowed are ${least} to ${most}`);
  }
}

const OPEN_VALUE = new RegExp("^[A-Za-z][A-Za-z0-9_-]{0,39}$");
const BASE64URL = new RegExp("^[A-Za-z0-9_-]*$");
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Text of so many code points; a pattern matches all of it. */
export class StringShape extends Shape {
  private readonly least: number;
  private readonly most: number;
  private readonly pattern: RegExp | null;

  constructor(least: number, most: number, pattern: string) {
    super();
    this.least = least;
    this.most = most;
    this.pattern = pattern === "" ? null : new RegExp(`^(?:${pattern})$`, "u");
  }

  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (typeof value !== "string") {
      throw new ShapeError(path, "not a string");
    }
    withinBounds(Array.from(value).length, this.least, this.most, path, "characters");
    if (this.pattern !== null && !this.pattern.test(value)) {
      throw new ShapeError(path, "does not have the form of the contract");
    }
    return value;
  }
}

/** One of several words; an open one may grow. */
export class EnumShape extends Shape {
  private readonly values: string[];
  private readonly open: boolean;

  constructor(values: string[], open: boolean) {
    super();
    this.values = values;
    this.open = open;
  }

  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (typeof value !== "string" || !(this.values.includes(value) || (this.open && OPEN_VALUE.test(value)))) {
      throw new ShapeError(path, `not one of ${this.values.join(", ")}`);
    }
    return value;
  }
}

/** An integer up to 2^53-1. */
export class IntShape extends Shape {
  private readonly least: number;
  private readonly most: number;

  constructor(least: number, most: number) {
    super();
    this.least = least;
    this.most = most;
  }

  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) {
      throw new ShapeError(path, "not an integer up to 2^53-1");
    }
    withinBounds(value, this.least, this.most, path, "in amount");
    return value;
  }
}

export class BoolShape extends Shape {
  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (typeof value !== "boolean") {
      throw new ShapeError(path, "not a boolean");
    }
    return value;
  }
}

/** A decimal number as text, with so many digits after the point at most. */
export class DecimalShape extends Shape {
  private readonly pattern: RegExp;

  constructor(scale: number) {
    super();
    const fraction = scale > 0 ? `(?:\\.[0-9]{1,${scale}})?` : "";
    this.pattern = new RegExp(`^-?(?:0|[1-9][0-9]*)${fraction}$`);
  }

  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (typeof value !== "string" || !this.pattern.test(value)) {
      throw new ShapeError(path, "not a decimal");
    }
    return value;
  }
}

/** Bytes in canonical base64url without padding. */
export class BytesShape extends Shape {
  private readonly least: number;
  private readonly most: number;

  constructor(least: number, most: number) {
    super();
    this.least = least;
    this.most = most;
  }

  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (typeof value !== "string" || !BASE64URL.test(value) || !this.isCanonical(value)) {
      throw new ShapeError(path, "not canonical base64url");
    }
    withinBounds(Math.floor(value.length * 3 / 4), this.least, this.most, path, "bytes");
    return value;
  }

  /** The bits that the last letter has to spare are zero. */
  private isCanonical(value: string): boolean {
    const rest = value.length % 4;
    if (rest === 0) {
      return true;
    }
    const spare = rest === 2 ? 16 : 4;
    return rest !== 1 && ALPHABET.indexOf(value.charAt(value.length - 1)) % spare === 0;
  }
}

/** JSON whose form somebody else owns. */
export class JsonShape extends Shape {
  private readonly roots: string[];
  private readonly most: number;

  constructor(roots: string[], most: number) {
    super();
    this.roots = roots;
    this.most = most;
  }

  override read(value: JsonValue, path: string, _strict: boolean): JsonValue {
    if (this.roots.length > 0 && !this.roots.includes(rootOf(value))) {
      throw new ShapeError(path, `not one of ${this.roots.join(",")}`);
    }
    if (this.most !== Infinity) {
      withinBounds(utf8Length(writeJson(value)), 0, this.most, path, "bytes");
    }
    return value;
  }
}
