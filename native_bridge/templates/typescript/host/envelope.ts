/**
 * The wire envelope as a page sends it: one JSON object with exactly the members of its kind.
 *
 * @GENERATED@
 */
import { JsonError, JsonObject, JsonValue, utf8Length } from "./json.js";
import { parseStrict } from "./strict.js";

/** What one session may send. */
export interface Limits {
  readonly version: number;
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly inflight: number;
  readonly requests: number;
  readonly chunks: number;
}

/** A message that is no envelope; `id` is that of the request when it has one. */
export class EnvelopeError extends Error {
  readonly code: string;
  readonly id: string | null;

  constructor(code: string, message: string, id: string | null) {
    super(message);
    this.name = "EnvelopeError";
    this.code = code;
    this.id = id;
  }
}

/** A message whose members were found good for its kind. */
export class Envelope {
  readonly kind: string;
  private readonly members: JsonObject;

  constructor(kind: string, members: JsonObject) {
    this.kind = kind;
    this.members = members;
  }

  get(name: string): JsonValue | undefined {
    return this.members.get(name);
  }

  text(name: string): string {
    const value = this.members.get(name);
    return typeof value === "string" ? value : "";
  }

  count(name: string): number {
    const value = this.members.get(name);
    return typeof value === "number" ? value : -1;
  }

  object(name: string): JsonObject {
    const value = this.members.get(name);
    return value instanceof JsonObject ? value : new JsonObject();
  }
}

type Check = (value: JsonValue) => boolean;

class Member {
  readonly name: string;
  readonly optional: boolean;
  readonly fits: Check;

  constructor(name: string, optional: boolean, fits: Check) {
    this.name = name;
    this.optional = optional;
    this.fits = fits;
  }
}

const ID = new RegExp("^[A-Za-z0-9_-]{1,32}$");
const METHOD = new RegExp("^[A-Za-z][A-Za-z0-9.]{0,63}$");
const VERSION = new RegExp("^[1-9][0-9]{0,3}\\.(?:0|[1-9][0-9]{0,3})$");
const HASH = new RegExp("^sha256-[0-9a-f]{64}$");
const TRACE = new RegExp("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$");
const MOST_LETTERS = 64;
const MOST_METHODS = 64;
const MOST_MS = 900000;

function matching(pattern: RegExp): Check {
  return (value: JsonValue): boolean => typeof value === "string" && pattern.test(value);
}

function isCount(value: JsonValue): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isShort(value: JsonValue): boolean {
  return typeof value === "string" && value.length <= MOST_LETTERS;
}

function isVersions(value: JsonValue): boolean {
  if (!(value instanceof JsonObject) || value.size() > MOST_METHODS) {
    return false;
  }
  return value.names().every((name: string): boolean => {
    const mv = value.get(name) ?? null;
    return METHOD.test(name) && isCount(mv) && mv !== 0;
  });
}

function isObject(value: JsonValue): boolean {
  return value instanceof JsonObject;
}

function isAnything(_value: JsonValue): boolean {
  return true;
}

function isWait(value: JsonValue): boolean {
  return typeof value === "number" && isCount(value) && value >= 1 && value <= MOST_MS;
}

/** Members by kind; `s` is judged by the session, so anything may stand there. */
const KINDS: Map<string, Member[]> = new Map<string, Member[]>([
  ["hello", [
    new Member("nonce", false, isShort),
    new Member("sdk", false, isShort),
    new Member("contract", false, matching(VERSION)),
    new Member("hash", false, matching(HASH)),
    new Member("need", false, isVersions),
    new Member("want", false, isVersions),
  ]],
  ["req", [
    new Member("s", true, isAnything),
    new Member("n", false, isCount),
    new Member("id", false, matching(ID)),
    new Member("m", false, matching(METHOD)),
    new Member("mv", false, isCount),
    new Member("p", false, isObject),
    new Member("timeoutMs", true, isWait),
    new Member("traceparent", true, matching(TRACE)),
  ]],
  ["cancel", [new Member("s", true, isAnything), new Member("n", false, isCount), new Member("id", false, matching(ID))]],
  ["ping", [new Member("n", false, isCount)]],
  ["pong", [new Member("n", false, isCount)]],
]);

/** Read what came over the port; null stands for what is no text. Throws EnvelopeError. */
export function readEnvelope(raw: string | null, limits: Limits): Envelope {
  if (raw === null) {
    throw new EnvelopeError("ENVELOPE_INVALID", "a message is a string", null);
  }
  if (raw.length > limits.maxBytes || utf8Length(raw) > limits.maxBytes) {
    throw new EnvelopeError("TOO_LARGE", `a message may have ${limits.maxBytes} bytes`, null);
  }
  const message = parse(raw, limits.maxDepth);
  if (!(message instanceof JsonObject)) {
    throw new EnvelopeError("ENVELOPE_INVALID", "a message is an object", null);
  }
  const id = message.get("t") === "req" ? idOf(message) : null;
  if (message.get("v") !== limits.version) {
    throw new EnvelopeError("VERSION_UNSUPPORTED", "another version of the envelope", id);
  }
  return checked(message, id);
}

function idOf(message: JsonObject): string | null {
  const id = message.get("id");
  return typeof id === "string" && ID.test(id) ? id : null;
}

function parse(raw: string, maxDepth: number): JsonValue {
  try {
    return parseStrict(raw, maxDepth);
  } catch (error) {
    if (error instanceof JsonError) {
      throw new EnvelopeError("ENVELOPE_INVALID", error.message, null);
    }
    throw new Error("the reader of JSON failed");
  }
}

function checked(message: JsonObject, id: string | null): Envelope {
  const kind = message.get("t");
  const members = typeof kind === "string" ? KINDS.get(kind) : undefined;
  if (typeof kind !== "string" || members === undefined) {
    throw new EnvelopeError("ENVELOPE_INVALID", "no such kind of message", id);
  }
  for (const name of message.names()) {
    if (name !== "v" && name !== "t" && !members.some((member: Member): boolean => member.name === name)) {
      throw new EnvelopeError("ENVELOPE_INVALID", "a member that the envelope does not have", id);
    }
  }
  for (const member of members) {
    const value = message.get(member.name);
    if (value === undefined ? !member.optional : !member.fits(value)) {
      throw new EnvelopeError("ENVELOPE_INVALID", `${member.name} is missing or wrong`, id);
    }
  }
  return new Envelope(kind, message);
}
