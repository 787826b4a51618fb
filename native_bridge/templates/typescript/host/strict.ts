/**
 * Reads JSON more strictly than the language does: what two readers could understand differently is refused.
 *
 * Refused: duplicate keys, `__proto__` as a key, integers beyond 2^53-1, numbers without end, lone surrogates, nesting
 * deeper than the limit, and of course NaN, comments, trailing commas and anything after the value.
 *
 * @GENERATED@
 */
import { hasLoneSurrogate, JsonError, JsonObject, JsonValue } from "./json.js";

const SPACE = new RegExp("[ \\t\\n\\r]*", "y");
const STRING = new RegExp('"[^"\\\\\\u0000-\\u001F]*(?:\\\\(?:["\\\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\\\\u0000-\\u001F]*)*"', "y");
const NUMBER = new RegExp("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", "y");

class Reader {
  private readonly text: string;
  private readonly maxDepth: number;
  private at: number = 0;

  constructor(text: string, maxDepth: number) {
    this.text = text;
    this.maxDepth = maxDepth;
  }

  whole(): JsonValue {
    const value = this.value(0);
    if (this.peek() !== "") {
      throw this.error("something after the value");
    }
    return value;
  }

  private error(message: string): JsonError {
    return new JsonError(message, this.at);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) {
      return "";
    }
    this.at = pattern.lastIndex;
    return found[0];
  }

  /** Skip space and give the next character without taking it; empty at the end. */
  private peek(): string {
    this.match(SPACE);
    return this.text.charAt(this.at);
  }

  private value(depth: number): JsonValue {
    const next = this.peek();
    if (next === "{") {
      return this.object(depth + 1);
    }
    if (next === "[") {
      return this.array(depth + 1);
    }
    if (next === '"') {
      return this.string();
    }
    return this.word();
  }

  private word(): JsonValue {
    if (this.takes("true")) {
      return true;
    }
    if (this.takes("false")) {
      return false;
    }
    return this.takes("null") ? null : this.number();
  }

  private takes(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) {
      return false;
    }
    this.at += word.length;
    return true;
  }

  private string(): string {
    const raw = this.match(STRING);
    if (raw === "") {
      throw this.error("a broken string");
    }
    const value = raw.includes("\\") ? JSON.parse(raw) as string : raw.slice(1, -1);
    if (hasLoneSurrogate(value)) {
      throw this.error("a lone surrogate");
    }
    return value;
  }

  private number(): number {
    const raw = this.match(NUMBER);
    if (raw === "") {
      throw this.error("no JSON value");
    }
    const value = Number(raw);
    if (!Number.isFinite(value)) {
      throw this.error("a number without end");
    }
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw this.error("a number beyond 2^53-1");
    }
    return value;
  }

  private enter(depth: number): void {
    if (depth > this.maxDepth) {
      throw this.error(`deeper than ${this.maxDepth}`);
    }
    this.at += 1;
  }

  /** Take what follows an item; true when another item comes. */
  private more(closing: string): boolean {
    const next = this.peek();
    if (next !== closing && next !== ",") {
      throw this.error(`neither , nor ${closing}`);
    }
    this.at += 1;
    return next === ",";
  }

  private array(depth: number): JsonValue[] {
    this.enter(depth);
    const items: JsonValue[] = [];
    if (this.peek() === "]") {
      this.at += 1;
      return items;
    }
    do {
      items.push(this.value(depth));
    } while (this.more("]"));
    return items;
  }

  private object(depth: number): JsonObject {
    this.enter(depth);
    const members = new JsonObject();
    if (this.peek() === "}") {
      this.at += 1;
      return members;
    }
    do {
      this.member(members, depth);
    } while (this.more("}"));
    return members;
  }

  private member(members: JsonObject, depth: number): void {
    if (this.peek() !== '"') {
      throw this.error("a key that is no string");
    }
    const key = this.string();
    if (key === "__proto__") {
      throw this.error("the key __proto__");
    }
    if (members.has(key)) {
      throw this.error("a key given twice");
    }
    if (this.peek() !== ":") {
      throw this.error("no colon after a key");
    }
    this.at += 1;
    members.set(key, this.value(depth));
  }
}

/** Read one value; throws JsonError. */
export function parseStrict(text: string, maxDepth: number): JsonValue {
  return new Reader(text, maxDepth).whole();
}
