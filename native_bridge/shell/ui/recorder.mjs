/**
 * Recordings as conformance vectors: what was done to a session and what it did about it, in the form of vector.schema.json.
 *
 * A vector is played to the core here before it is handed over. What a session alone cannot repeat (a sheet of another
 * page, a call from before the recording) is left out with all that follows from it, and is counted. Nonces and tokens
 * of all sessions are replaced, so that a file holds nothing that could be used again.
 */
import { BridgeError, Dispatcher } from "../host/dispatcher.mjs";
import { Clock, NONCE, Scripted, settled, TOKEN } from "../host/scripted.mjs";
import { planned } from "./script.mjs";

const LEAST_TOKEN = 16;
const AUDITED = Object.freeze(["kind", "id", "method", "params", "ok", "code", "gates", "event", "chunks"]);
const HOST = Object.freeze({ platform: "browser", app: "1.0.0" });
const FOLD = /@(FILL|WIDE|NEST)\(\d+\)@/;

/** @typedef {import("./tape.mjs").Tape} Tape @typedef {import("./tape.mjs").Step} Step */

/** Tokens by what stands for them: this session's own, those of others, and what a page gave for one. @param {Tape} tape @param {Tape[]} tapes */
function masksOf(tape, tapes) {
  const masks = new Map([[tape.secrets.token, TOKEN], [tape.secrets.nonce, NONCE]]);
  const named = tape.steps.flatMap(({ raw }) => (typeof raw === "string" ? [...raw.matchAll(/"s"\s*:\s*"([^"\\]*)"/g)].map(([, text]) => text) : []));
  for (const secret of [...tapes.flatMap(({ secrets }) => [secrets.token, secrets.nonce]), ...named]) {
    if (secret && !masks.has(secret)) masks.set(secret, `OTHER-TOKEN-${masks.size - 1}`);
  }
  return [...masks].filter(([secret]) => secret.length >= LEAST_TOKEN);
}

/** @param {string} text @param {[string, string][]} masks */
const masked = (text, masks) => masks.reduce((rest, [secret, name]) => rest.replaceAll(secret, name), text);

/** @param {string} text */
const unescaped = (text) => text.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** A step that no vector can carry: it hides a token behind escapes, or holds what a player unfolds. @param {Step} step @param {[string, string][]} masks */
function isUnsayable(step, masks) {
  const { timers: _timers, timer: _timer, sent: _sent, audit: _audit, ...own } = step;
  const text = typeof step.raw === "string" ? step.raw : JSON.stringify(own);
  const hidden = unescaped(masked(text, masks));
  return FOLD.test(text) || masks.some(([secret]) => hidden.includes(secret));
}

/** @param {string} text what a session sent @param {{seq: number}} told how many events went before */
function reply(text, told) {
  const message = JSON.parse(text);
  if (message.t === "evt") message.seq = told.seq += 1;
  if (message.t === "welcome") message.host = HOST;
  if (typeof message.e === "object" && message.e !== null) delete message.e.message;
  return message;
}

/** @param {any} entry of the audit */
function told(entry) {
  const kept = AUDITED.filter((name) => entry[name] !== undefined && entry[name] !== null);
  return Object.fromEntries(kept.map((name) => [name, entry[name]]));
}

const sorted = (/** @type {any} */ value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
};
const same = (/** @type {any} */ one, /** @type {any} */ other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

/** Put a session with scripted methods on the stage. */
class Stage {
  sent = /** @type {string[]} */ ([]);
  audit = /** @type {any[]} */ ([]);
  #clock = new Clock();

  /** @param {any} vector @param {any} contract */
  constructor({ manifest, killList, methods, handshake }, contract) {
    this.scripted = new Scripted({ BridgeError }, methods);
    this.dispatcher = new Dispatcher({
      contract, manifest, policy: Object.keys(contract.methods), killList, methods: this.scripted.methods,
      audit: (entry) => this.audit.push(entry), clock: () => this.#clock.now, setTimer: this.#clock.setTimer, clearTimer: this.#clock.clearTimer,
      nonce: () => NONCE, token: () => TOKEN, host: HOST, send: (text) => this.sent.push(text),
    });
    this.dispatcher.start();
    const hello = { v: 1, t: "hello", nonce: NONCE, sdk: "vector", contract: contract.contract, hash: `sha256-${"0".repeat(64)}`, need: {}, want: {} };
    if (handshake) this.dispatcher.receive(JSON.stringify(hello));
    this.#taken();
  }

  /** @param {any} step of the vector @returns {Promise<{sent: string[], audit: any[]}>} */
  async play(step) {
    const acts = {
      receive: () => this.dispatcher.receive(step.text ?? (step.message === null ? null : JSON.stringify(step.message))),
      finish: () => this.scripted.finish(step), chunk: () => this.scripted.chunk(step), wait: () => this.#clock.advance(step.ms),
      emit: () => this.dispatcher.emit(step.event, step.payload), revoke: () => this.dispatcher.revoke(step.method), end: () => this.dispatcher.end(step.reason),
    };
    acts[step.do]();
    await settled();
    return this.#taken();
  }

  #taken() {
    return { sent: this.sent.splice(0), audit: this.audit.splice(0) };
  }
}

/** A copy without secrets. @param {any} value @param {[string, string][]} masks */
const clean = (value, masks) => JSON.parse(masked(JSON.stringify(value), masks));

/**
 * Write the steps as a vector and play it.
 * @param {Tape} tape @param {Step[]} steps @param {[string, string][]} masks @param {any} contract
 * @returns {Promise<{vector: any, differs: Step | null}>} differs: the first step that came out otherwise
 */
async function attempted(tape, steps, masks, contract) {
  const { manifest, killList } = tape.parts;
  const { bundle, version, permissions, events = [], ops = [], purposes = [] } = manifest;
  const plan = planned(steps, Object.keys(permissions).filter((name) => Object.hasOwn(tape.parts.methods, name)));
  const vector = clean({
    title: `Recorded in the shell: ${bundle} ${version}, ${steps.filter((step) => step.do === "receive").length} messages`, handshake: tape.greeted,
    manifest: { bundle, version, contract: manifest.contract ?? { min: contract.contract, max: contract.contract }, permissions, events, ops, purposes },
    killList: [...killList], methods: plan.methods, steps: [],
    calls: Object.fromEntries(Object.entries(plan.calls).map(([name, calls]) => [name, calls.map((call) => ({ bundle, ...call }))])), audit: [],
  }, masks);
  const stage = new Stage(vector, contract);
  const [seen, expected] = [{ seq: 0 }, { seq: 0 }];
  for (const { step, from, sent, audit } of plan.script) {
    const line = clean(step, masks);
    const result = await stage.play(line);
    const replies = sent.map((text) => reply(masked(text, masks), expected));
    const entries = clean(audit.map(told), masks);
    if (!same(replies, result.sent.map((text) => reply(text, seen))) || !same(entries, result.audit.map(told))) return { vector, differs: from };
    vector.steps.push({ ...line, replies });
    vector.audit.push(...entries);
  }
  return { vector, differs: null };
}

/** What goes when a step goes: the rest of its call. @param {Step[]} steps @param {Step} gone */
function without(steps, gone) {
  const same = (/** @type {Step} */ each) => each === gone || (gone.id && each.id === gone.id && each.serial > gone.serial);
  return steps.filter((step) => !same(step));
}

/**
 * Make a vector of each session that was recorded.
 * @param {{tapes: Tape[], all: Tape[], contract: any}} recorded all: every session whose tokens must not stand in a file; contract: as it is served
 * @returns {Promise<{bundle: string, vector: any, messages: number, leftOut: number}[]>} sessions of which nothing is left are not in it
 */
export async function vectorsOf({ tapes, all, contract }) {
  const made = [];
  for (const tape of tapes.filter(({ steps }) => steps.some((step) => step.do === "receive"))) {
    const masks = masksOf(tape, all);
    let steps = tape.parts.contract.contract === contract.contract ? tape.steps.filter((step) => !isUnsayable(step, masks)) : [];
    let tried = await attempted(tape, steps, masks, contract);
    while (tried.differs) {
      steps = without(steps, tried.differs);
      tried = await attempted(tape, steps, masks, contract);
    }
    const messages = steps.filter((step) => step.do === "receive").length;
    made.push({ bundle: tape.parts.manifest.bundle, vector: tried.vector, messages, leftOut: tape.steps.length - steps.length });
  }
  return made;
}
