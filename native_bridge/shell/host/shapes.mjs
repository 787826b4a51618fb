/**
 * Holds values against the types of the compiled contract and gives clean copies.
 *
 * Inputs are read strictly: an undeclared member is refused. Outputs are cut: an undeclared member never leaves the host.
 */
import { utf8Length } from "./json.mjs";

export class ShapeError extends Error {
  /** @param {string} path @param {string} message */
  constructor(path, message) {
    super(`${path || "value"}: ${message}`);
    this.name = "ShapeError";
    this.path = path;
  }
}

const BYTES = /^[A-Za-z0-9_-]*$/;
const OPEN_VALUE = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const FREE_BITS = [0, null, 15, 3];

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const rootOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

/** One contract's types. */
export class Shapes {
  #types;
  #patterns = new Map();

  /** @param {Record<string, any>} types of the compiled contract */
  constructor(types) {
    this.#types = types;
  }

  /**
   * @param {string} type
   * @param {unknown} value read from JSON, and held by nobody else
   * @returns {any} a copy that holds only what the type declares
   * @throws {ShapeError} with the path of what is wrong
   */
  input(type, value) {
    return this.#read(type, value, "", true);
  }

  /** Like input, but undeclared members are left out instead of refused. */
  output(type, value) {
    return this.#read(type, value, "", false);
  }

  #read(type, value, path, strict) {
    const spec = Object.hasOwn(this.#types, type) ? this.#types[type] : { kind: type };
    switch (spec.kind) {
      case "record": return this.#record(spec, value, path, strict);
      case "union": return this.#union(spec, value, path, strict);
      case "list": return this.#list(spec, value, path, strict);
      case "map": return this.#map(spec, value, path, strict);
      case "enum": return this.#enum(spec, value, path);
      case "string": return this.#string(spec, value, path);
      case "int": return this.#int(spec, value, path);
      case "bool": return expect(typeof value === "boolean", value, path, "not a boolean");
      case "decimal": return this.#decimal(spec, value, path);
      case "bytes": return this.#bytes(spec, value, path);
      case "json": return this.#json(spec, value, path, strict);
      default: throw new ShapeError(path, `the contract has no type ${type}`);
    }
  }

  #record(spec, value, path, strict, also = "") {
    expect(isObject(value), value, path, "not an object");
    const copy = {};
    for (const [name, field] of Object.entries(spec.fields)) {
      const at = path ? `${path}.${name}` : name;
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (given === undefined) expect(field.optional, value, at, "is missing");
      else if (given === null && field.nullable) copy[name] = null;
      else copy[name] = this.#read(field.type, given, at, strict);
    }
    if (strict) {
      const extra = Object.keys(value).find((name) => name !== also && !Object.hasOwn(spec.fields, name));
      if (extra !== undefined) throw new ShapeError(path ? `${path}.${extra}` : extra, "is not declared");
    }
    return copy;
  }

  #union(spec, value, path, strict) {
    expect(isObject(value), value, path, "not an object");
    const tag = Object.hasOwn(value, spec.tag) ? value[spec.tag] : undefined;
    const known = typeof tag === "string" && Object.hasOwn(spec.cases, tag);
    expect(known, value, path, `no known ${spec.tag}`);
    const record = this.#types[spec.cases[tag]];
    return { [spec.tag]: tag, ...this.#record(record, value, path, strict, spec.tag) };
  }

  #list(spec, value, path, strict) {
    expect(Array.isArray(value), value, path, "not a list");
    bounded(value.length, spec.minItems, spec.maxItems, path, "items");
    return value.map((item, index) => this.#read(spec.of, item, `${path}[${index}]`, strict));
  }

  #map(spec, value, path, strict) {
    expect(isObject(value), value, path, "not an object");
    const entries = Object.entries(value);
    bounded(entries.length, 0, spec.maxEntries, path, "entries");
    return Object.fromEntries(entries.map(([key, item]) => {
      const fits = spec.keyPattern === undefined || this.#matches(spec.keyPattern, key);
      expect(fits, value, path, "a key does not have the form of the contract");
      return [key, this.#read(spec.of, item, `${path}.${key}`, strict)];
    }));
  }

  #enum(spec, value, path) {
    const known = spec.values.includes(value) || (spec.open && typeof value === "string" && OPEN_VALUE.test(value));
    return expect(known, value, path, `not one of ${spec.values.join(", ")}`);
  }

  #string(spec, value, path) {
    expect(typeof value === "string", value, path, "not a string");
    bounded([...value].length, spec.minLength, spec.maxLength, path, "characters");
    const fits = spec.pattern === undefined || this.#matches(spec.pattern, value);
    return expect(fits, value, path, "does not have the form of the contract");
  }

  #int(spec, value, path) {
    expect(Number.isSafeInteger(value), value, path, "not an integer up to 2^53-1");
    bounded(value, spec.min, spec.max, path, "in amount");
    return value;
  }

  #decimal(spec, value, path) {
    const pattern = spec.scale > 0 ? `-?(?:0|[1-9][0-9]*)(?:\\.[0-9]{1,${spec.scale}})?` : "-?(?:0|[1-9][0-9]*)";
    return expect(typeof value === "string" && this.#matches(pattern, value), value, path, "not a decimal");
  }

  #bytes(spec, value, path) {
    expect(typeof value === "string" && BYTES.test(value), value, path, "not base64url");
    const free = FREE_BITS[value.length % 4];
    const canonical = free === 0 || (free !== null && (ALPHABET.indexOf(value.at(-1)) & free) === 0);
    expect(canonical, value, path, "not canonical base64url");
    bounded(Math.floor((value.length * 3) / 4), spec.minBytes, spec.maxBytes, path, "bytes");
    return value;
  }

  /** An input is what was read from a text, and nobody else holds it; an output is the host's, and is copied. */
  #json(spec, value, path, read) {
    expect(!spec.roots || spec.roots.includes(rootOf(value)), value, path, `not one of ${spec.roots}`);
    if (read && spec.maxBytes === undefined) return value;
    let text;
    try {
      text = JSON.stringify(value);
    } catch {
      throw new ShapeError(path, "not JSON");
    }
    expect(text !== undefined, value, path, "not JSON");
    bounded(utf8Length(text), 0, spec.maxBytes, path, "bytes");
    return read ? value : JSON.parse(text);
  }

  #matches(pattern, value) {
    let compiled = this.#patterns.get(pattern);
    if (!compiled) {
      compiled = new RegExp(`^(?:${pattern})$`, "u");
      this.#patterns.set(pattern, compiled);
    }
    return compiled.test(value);
  }
}

function expect(holds, value, path, message) {
  if (!holds) throw new ShapeError(path, message);
  return value;
}

function bounded(size, least = -Infinity, most = Infinity, path = "", unit = "") {
  if (size < least || size > most) throw new ShapeError(path, `${size} ${unit}, allowed are ${least} to ${most}`);
}
