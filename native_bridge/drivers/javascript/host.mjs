/**
 * The JavaScript core as a process that speaks the vectors' protocol (docs/vectors.md): one command a line, one answer a line.
 *
 *   node native_bridge/drivers/javascript/host.mjs
 */
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { b64urlDecode, sameBytes } from "../../shell/core/encoding.mjs";
import { lowS } from "../../shell/core/keys.mjs";
import { BridgeError, Dispatcher } from "../../shell/host/dispatcher.mjs";
import { acceptWindowMessage } from "../../shell/host/origin.mjs";
import { Clock, NONCE, Scripted, settled, TOKEN } from "../../vectors/runner.mjs";
import { signedBytes } from "./approvals.mjs";

const compiled = readFileSync(new URL("../../contract/contract.json", import.meta.url));
const contract = JSON.parse(compiled.toString("utf8"));
const SIGNATURE_BYTES = 64;
const HASH = `sha256-${createHash("sha256").update(compiled).digest("hex")}`;

/** One dispatcher with scripted methods, and what it sent and audited. */
class Session {
  sent = [];
  audit = [];

  constructor(core, { manifest, policy, killList, methods }) {
    this.clock = new Clock();
    this.scripted = new Scripted({ BridgeError }, methods);
    this.dispatcher = new core({
      contract, manifest, policy, killList, methods: this.scripted.methods, audit: (entry) => this.audit.push(entry),
      clock: () => this.clock.now, setTimer: this.clock.setTimer, clearTimer: this.clock.clearTimer, nonce: () => NONCE,
      token: () => TOKEN, host: { platform: "browser", app: "1.0.0" }, send: (text) => this.sent.push(text),
    });
    this.dispatcher.start();
  }
}

const ACTS = {
  receive: (session, { raw }) => session.dispatcher.receive(raw),
  finish: (session, command) => session.scripted.finish(command),
  chunk: (session, command) => session.scripted.chunk(command),
  wait: (session, { ms }) => session.clock.advance(ms),
  emit: (session, { event, payload }) => session.dispatcher.emit(event, payload),
  revoke: (session, { method }) => session.dispatcher.revoke(method),
  end: (session, { reason }) => session.dispatcher.end(reason),
};

/** Answers commands with one core; a command that it cannot follow is told and changes nothing else. */
export class Harness {
  #core;
  #session = null;

  /** @param {typeof Dispatcher} core */
  constructor(core) {
    this.#core = core;
  }

  /** @param {string} line @returns {Promise<any>} */
  async answer(line) {
    try {
      return await this.#follow(JSON.parse(line));
    } catch (error) {
      return { error: `${error?.name}: ${error?.message}` };
    }
  }

  async #follow(command) {
    if (command.do === "bytes") return signedBytes(command.operation);
    if (command.do === "verify") return { valid: await verifies(command) };
    if (command.do === "about") return { protocol: 1, language: "javascript", contract: HASH, can: ["session", "window", "bytes", "verify"] };
    if (command.do === "window") return verdict(command);
    if (command.do === "open") this.#session = new Session(this.#core, command);
    else if (command.do === "close") return this.#told();
    else if (Object.hasOwn(ACTS, command.do)) ACTS[command.do](this.#opened(), command);
    else throw new Error(`no such command: ${command.do}`);
    await settled();
    return { sent: this.#opened().sent.splice(0) };
  }

  #told() {
    const { audit, scripted } = this.#opened();
    return { calls: scripted.calls, audit };
  }

  #opened() {
    if (this.#session === null) throw new Error("no session was opened");
    return this.#session;
  }
}

function verdict({ source, origin, data, expectedOrigin, state }) {
  const { accept, reason } = acceptWindowMessage({ source, origin, data, expectedOrigin, state });
  return accept ? { accept } : { accept, reason };
}

function decoded(text) {
  try {
    return b64urlDecode(text);
  } catch {
    return null;
  }
}

/** Signatures in wire form, as the bank's side takes them: 64 bytes, s in the lower half. */
async function verifies({ bytes, signature, key }) {
  const wire = decoded(signature);
  if (wire?.length !== SIGNATURE_BYTES || !sameBytes(lowS(wire), wire)) return false;
  const imported = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, wire, b64urlDecode(bytes));
}

/** Lines end with a newline and with nothing else: a text may hold U+2028. */
async function* lines(stream) {
  let rest = "";
  for await (const text of stream.setEncoding("utf8")) {
    const parts = (rest + text).split("\n");
    rest = /** @type {string} */ (parts.pop());
    yield* parts;
  }
  if (rest) yield rest;
}

/** @param {typeof Dispatcher} core */
export async function serve(core) {
  const harness = new Harness(core);
  for await (const line of lines(process.stdin)) {
    process.stdout.write(`${JSON.stringify(await harness.answer(line))}\n`);
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await serve(Dispatcher);
