/**
 * The wire envelope as a page sends it: one JSON object with exactly the members of its kind.
 */
import { fitsUtf8, JsonError, parseStrict } from "./json.mjs";

export class EnvelopeError extends Error {
  /** @param {string} code of the contract @param {string} message @param {string|null} [id] of the request, when it has one */
  constructor(code, message, id = null) {
    super(message);
    this.name = "EnvelopeError";
    this.code = code;
    this.id = id;
  }
}

const ID = /^[A-Za-z0-9_-]{1,32}$/;
const METHOD = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;
const VERSION = /^[1-9][0-9]{0,3}\.(?:0|[1-9][0-9]{0,3})$/;
const HASH = /^sha256-[0-9a-f]{64}$/;
const TRACE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const MOST_METHODS = 64;
const MOST_MS = 900000;

const text = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const short = (value) => typeof value === "string" && value.length <= 64;
const count = (value) => Number.isSafeInteger(value) && value >= 0;
const object = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const anything = () => true;
const optional = (check) => Object.assign((value) => value === undefined || check(value), { optional: true });
const versions = (value) =>
  object(value) && Object.keys(value).length <= MOST_METHODS &&
  Object.entries(value).every(([name, mv]) => METHOD.test(name) && Number.isSafeInteger(mv) && mv >= 1);

/** Members by kind; `s` is judged by the session, so anything may stand there. */
const KINDS = Object.freeze({
  hello: { nonce: short, sdk: short, contract: text(VERSION), hash: text(HASH), need: versions, want: versions },
  req: {
    s: optional(anything), n: count, id: text(ID), m: text(METHOD), mv: count, p: object,
    timeoutMs: optional((value) => count(value) && value >= 1 && value <= MOST_MS), traceparent: optional(text(TRACE)),
  },
  cancel: { s: optional(anything), n: count, id: text(ID) },
  ping: { n: count },
  pong: { n: count },
});

/**
 * @param {unknown} raw what came over the port
 * @param {{version: number, maxBytes: number, maxDepth: number}} limits
 * @returns {any} the envelope
 * @throws {EnvelopeError}
 */
export function readEnvelope(raw, limits) {
  if (typeof raw !== "string") throw new EnvelopeError("ENVELOPE_INVALID", "a message is a string");
  if (!fitsUtf8(raw, limits.maxBytes)) {
    throw new EnvelopeError("TOO_LARGE", `a message may have ${limits.maxBytes} bytes`);
  }
  const message = parse(raw, limits.maxDepth);
  if (!object(message)) throw new EnvelopeError("ENVELOPE_INVALID", "a message is an object");
  const id = text(ID)(message.id) && message.t === "req" ? message.id : null;
  if (message.v !== limits.version) throw new EnvelopeError("VERSION_UNSUPPORTED", "another version of the envelope", id);
  checkMembers(message, id);
  return message;
}

function parse(raw, maxDepth) {
  try {
    return parseStrict(raw, maxDepth);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new EnvelopeError("ENVELOPE_INVALID", error.message);
  }
}

function checkMembers(message, id) {
  const members = typeof message.t === "string" && Object.hasOwn(KINDS, message.t) ? KINDS[message.t] : null;
  if (!members) throw new EnvelopeError("ENVELOPE_INVALID", "no such kind of message", id);
  for (const name of Object.keys(message)) {
    if (name !== "v" && name !== "t" && !Object.hasOwn(members, name)) {
      throw new EnvelopeError("ENVELOPE_INVALID", "a member that the envelope does not have", id);
    }
  }
  for (const [name, fits] of Object.entries(members)) {
    const given = Object.hasOwn(message, name);
    if (given ? !fits(message[name]) : !fits.optional) throw new EnvelopeError("ENVELOPE_INVALID", `${name} is missing or wrong`, id);
  }
}
