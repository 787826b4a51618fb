/**
 * Holds values against the contract's types and gives clean copies.
 *
 * Inputs are read strictly: an undeclared member is refused. Outputs are cut: an undeclared member never leaves the host.
 *
 * @GENERATED@
 */
import { JsonObject, JsonValue } from "./json.js";
import { BoolShape, BytesShape, DecimalShape, IntShape, JsonShape, Shape, ShapeError, StringShape, withinBounds } from "./scalars.js";

/** One member of a record. */
export class Field {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly nullable: boolean;

  constructor(name: string, type: string, optional: boolean, nullable: boolean) {
    this.name = name;
    this.type = type;
    this.optional = optional;
    this.nullable = nullable;
  }
}

/** The contract's types by name. */
export class ShapeBook {
  private readonly shapes: Map<string, Shape> = new Map<string, Shape>();

  constructor() {
    this.shapes.set("string", new StringShape(0, Infinity, ""));
    this.shapes.set("bool", new BoolShape());
    this.shapes.set("int", new IntShape(-Infinity, Infinity));
    this.shapes.set("decimal", new DecimalShape(0));
    this.shapes.set("bytes", new BytesShape(0, Infinity));
    this.shapes.set("json", new JsonShape([], Infinity));
  }

  add(name: string, shape: Shape): ShapeBook {
    this.shapes.set(name, shape);
    return this;
  }

  /** Give a copy that holds only what the type declares; an undeclared member is an error. Throws ShapeError. */
  input(type: string, value: JsonValue): JsonValue {
    return this.read(type, value, "", true);
  }

  /** Like input, but undeclared members are left out. */
  output(type: string, value: JsonValue): JsonValue {
    return this.read(type, value, "", false);
  }

  read(type: string, value: JsonValue, path: string, strict: boolean): JsonValue {
    return this.shape(type, path).read(value, path, strict);
  }

  record(type: string, path: string): RecordShape {
    const shape = this.shape(type, path);
    if (!(shape instanceof RecordShape)) {
      throw new ShapeError(path, `${type} is no record`);
    }
    return shape;
  }

  private shape(type: string, path: string): Shape {
    const shape = this.shapes.get(type);
    if (shape === undefined) {
      throw new ShapeError(path, `the contract has no type ${type}`);
    }
    return shape;
  }
}

/** An object with declared members. */
export class RecordShape extends Shape {
  private readonly book: ShapeBook;
  private readonly fields: Field[];

  constructor(book: ShapeBook, fields: Field[]) {
    super();
    this.book = book;
    this.fields = fields;
  }

  override read(value: JsonValue, path: string, strict: boolean): JsonValue {
    return this.members(value, path, strict, "", new JsonObject());
  }

  /** Copy the members into an object; `also` names one more that may stand there. */
  members(value: JsonValue, path: string, strict: boolean, also: string, copy: JsonObject): JsonObject {
    if (!(value instanceof JsonObject)) {
      throw new ShapeError(path, "not an object");
    }
    for (const field of this.fields) {
      this.member(field, value.get(field.name), path === "" ? field.name : `${path}.${field.name}`, strict, copy);
    }
    if (strict) {
      this.refuseOthers(value, path, also);
    }
    return copy;
  }

  private member(field: Field, given: JsonValue | undefined, at: string, strict: boolean, copy: JsonObject): void {
    if (given === undefined) {
      if (!field.optional) {
        throw new ShapeError(at, "is missing");
      }
    } else if (given === null && field.nullable) {
      copy.set(field.name, null);
    } else {
      copy.set(field.name, this.book.read(field.type, given, at, strict));
    }
  }

  private refuseOthers(value: JsonObject, path: string, also: string): void {
    for (const name of value.names()) {
      if (name !== also && !this.fields.some((field: Field): boolean => field.name === name)) {
        throw new ShapeError(path === "" ? name : `${path}.${name}`, "is not declared");
      }
    }
  }
}

/** One of several records, told apart by a member. */
export class UnionShape extends Shape {
  private readonly book: ShapeBook;
  private readonly tag: string;
  private readonly cases: Map<string, string>;

  constructor(book: ShapeBook, tag: string, cases: Map<string, string>) {
    super();
    this.book = book;
    this.tag = tag;
    this.cases = cases;
  }

  override read(value: JsonValue, path: string, strict: boolean): JsonValue {
    if (!(value instanceof JsonObject)) {
      throw new ShapeError(path, "not an object");
    }
    const tag = value.get(this.tag);
    const record = typeof tag === "string" ? this.cases.get(tag) : undefined;
    if (tag === undefined || record === undefined) {
      throw new ShapeError(path, `no known ${this.tag}`);
    }
    return this.book.record(record, path).members(value, path, strict, this.tag, new JsonObject().set(this.tag, tag));
  }
}

/** A list of values of one type. */
export class ListShape extends Shape {
  private readonly book: ShapeBook;
  private readonly of: string;
  private readonly least: number;
  private readonly most: number;

  constructor(book: ShapeBook, of: string, least: number, most: number) {
    super();
    this.book = book;
    this.of = of;
    this.least = least;
    this.most = most;
  }

  override read(value: JsonValue, path: string, strict: boolean): JsonValue {
    if (!Array.isArray(value)) {
      throw new ShapeError(path, "not a list");
    }
    withinBounds(value.length, this.least, this.most, path, "items");
    return value.map((item: JsonValue, index: number): JsonValue => this.book.read(this.of, item, `${path}[${index}]`, strict));
  }
}

/** Values of one type by key. */
export class MapShape extends Shape {
  private readonly book: ShapeBook;
  private readonly of: string;
  private readonly keys: RegExp | null;
  private readonly most: number;

  constructor(book: ShapeBook, of: string, keyPattern: string, most: number) {
    super();
    this.book = book;
    this.of = of;
    this.keys = keyPattern === "" ? null : new RegExp(`^(?:${keyPattern})$`, "u");
    this.most = most;
  }

  override read(value: JsonValue, path: string, strict: boolean): JsonValue {
    if (!(value instanceof JsonObject)) {
      throw new ShapeError(path, "not an object");
    }
    withinBounds(value.size(), 0, this.most, path, "entries");
    const copy = new JsonObject();
    for (const key of value.names()) {
      if (this.keys !== null && !this.keys.test(key)) {
        throw new ShapeError(path, "a key does not have the form of the contract");
      }
      copy.set(key, this.book.read(this.of, value.get(key) ?? null, `${path}.${key}`, strict));
    }
    return copy;
  }
}
