/**
 * The pure core of a bridge host: one session between one page and the shell. No DOM, no clock and no chance of its own.
 *
 *   const dispatcher = new Dispatcher({ contract, manifest, policy, killList, methods, audit, clock, setTimer, clearTimer,
 *     nonce, token, host: { platform, app }, send, digest?, prompts?, unsupported? });
 *   dispatcher.start();                 // sends init
 *   port.onmessage = (event) => dispatcher.receive(event.data);
 *   dispatcher.emit("theme.changed", { theme: "dark", locale: "en" });
 *   dispatcher.revoke("tx.sign");       // the kill-list grew
 *   dispatcher.end("navigation");       // the document is gone: nothing is sent any more
 *
 * Invariants: nothing that a page sends makes `receive` throw; each id gets at most one terminal `res`, and exactly one
 * while the session lives; a method runs only after envelope, session, counter, grant and parameters were found good;
 * everything, dropped messages too, is told to `audit`.
 */
import { Answers } from "./answers.mjs";
import { audited, consentOf, described, failureOf, PromptGate } from "./calls.mjs";
import { EnvelopeError, readEnvelope } from "./envelope.mjs";
import { BridgeError } from "./errors.mjs";
import { Grants, speaks } from "./grants.mjs";
import { writeInert } from "./json.mjs";
import { ShapeError, Shapes } from "./shapes.mjs";
import { nextChunk } from "./streams.mjs";

export { BridgeError, PromptGate };

const ASKING = new Set(["ask", "sheet"]);
const MOST_QUEUED = 32;

export class Dispatcher {
  #parts;
  #contract;
  #limits;
  #shapes;
  #answers;
  #grants;
  #bundle;
  #prompts;
  #state = "new";
  #nonce = "";
  #token = "";
  #counter = -1;
  #ids = new Set();
  #jobs = new Map();
  #running = 0;
  #seq = 0;
  #queued = [];

  /**
   * @param {{
   *   contract: any, manifest: any, policy: Iterable<string>, killList: Iterable<string>,
   *   methods: Record<string, (params: any, ctx: any) => any>, audit: (entry: any) => void, clock: () => number,
   *   setTimer: (run: () => void, ms: number) => any, clearTimer: (timer: any) => void,
   *   nonce: () => string, token: () => string, host: {platform: string, app: string}, send: (text: string) => void,
   *   digest?: string, prompts?: PromptGate, unsupported?: (method: string) => Record<string, unknown>,
   * }} parts unsupported: details of the refusal of a method that this host does not have; policy and killList name methods; manifest is the verified one; digest is that of its bytes
   */
  constructor(parts) {
    const { contract, manifest, policy, killList, methods } = parts;
    this.#parts = parts;
    this.#contract = contract;
    this.#limits = { ...contract.envelope };
    this.#shapes = new Shapes(contract.types);
    this.#answers = new Answers(contract.errors, contract.envelope.maxBytes);
    this.#grants = new Grants(contract, manifest.permissions, policy, killList, (method) => Object.hasOwn(methods, method));
    this.#bundle = Object.freeze({ id: manifest.bundle, version: manifest.version, digest: parts.digest ?? null });
    this.#prompts = parts.prompts ?? new PromptGate();
  }

  /** new, greeted, live or ended. */
  get state() {
    return this.#state;
  }

  /** Greet the page: its answer has to carry the same nonce. */
  start() {
    if (this.#state !== "new") throw new Error("a session starts once");
    this.#state = "greeted";
    this.#nonce = this.#parts.nonce();
    this.#send({ v: 1, t: "init", nonce: this.#nonce });
  }

  /** @param {unknown} raw what came over the port */
  receive(raw) {
    if (this.#state === "ended" || this.#state === "new") {
      this.#audit({ kind: "drop", ok: false, code: "SESSION_INVALID", reason: `the session is ${this.#state}` });
      return;
    }
    try {
      this.#handle(readEnvelope(raw, this.#limits));
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      this.#refuse(error.id, error.code, error.message);
    }
  }

  /**
   * Tell the page an event; before welcome it waits. Events that the manifest does not list are left out.
   * @param {string} event @param {unknown} payload
   */
  emit(event, payload) {
    const spec = Object.hasOwn(this.#contract.events, event) ? this.#contract.events[event] : null;
    if (spec === null) throw new TypeError(`the contract has no event ${event}`);
    if (this.#state === "ended") return this.#audit({ kind: "event", event, ok: false, code: "SESSION_INVALID" });
    if (!spec.always && !(this.#parts.manifest.events ?? []).includes(event)) {
      return this.#audit({ kind: "event", event, ok: false, code: "PERMISSION_DENIED" });
    }
    if (this.#state === "live") return this.#tell(event, spec, payload);
    this.#queued.push([event, spec, payload]);
    if (this.#queued.length > MOST_QUEUED) this.#queued.shift();
  }

  /** Take a method away in mid-session: calls under way end, later ones are refused. @param {string} method */
  revoke(method) {
    this.#grants.kill(method);
    for (const job of [...this.#jobs.values()]) {
      if (job.method === method) {
        job.gates.killList = "fail";
        this.#settle(job, { code: "PERMISSION_DENIED", message: "the grant was revoked" });
        job.controller.abort();
      }
    }
    this.#audit({ kind: "revoke", method, ok: true, code: "" });
    if (this.#state !== "ended") this.emit("grant.revoked", { method });
  }

  /** End the session without a word: the document is gone. @param {string} reason for the audit */
  end(reason) {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#token = "";
    this.#queued = [];
    for (const job of [...this.#jobs.values()]) {
      this.#settle(job, { code: "INTERRUPTED", message: reason });
      job.controller.abort();
    }
    this.#audit({ kind: "session", ok: true, code: "", reason: `ended: ${reason}` });
  }

  #handle(message) {
    if (message.t === "ping") this.#send({ v: 1, t: "pong", n: message.n });
    else if (message.t === "hello") this.#hello(message);
    else if (message.t !== "pong") this.#inSession(message);
  }

  #hello(hello) {
    if (this.#state !== "greeted" || hello.nonce !== this.#nonce) {
      return this.#endTelling("SESSION_INVALID", "hello came twice or without this session's nonce");
    }
    const own = this.#contract.contract;
    const least = this.#parts.manifest.contract?.min ?? own;
    if (!speaks(own, least) || hello.contract.split(".")[0] !== own.split(".")[0]) {
      return this.#endTelling("VERSION_UNSUPPORTED", `this shell speaks contract ${own}`);
    }
    this.#state = "live";
    this.#nonce = "";
    this.#token = this.#parts.token();
    this.#welcome(hello, own);
  }

  #welcome(hello, own) {
    const granted = this.#grants.granted();
    const denied = this.#grants.denied({ ...hello.want, ...hello.need });
    const { id, version } = this.#bundle;
    this.#send({
      v: 1, t: "welcome", s: this.#token, contract: own, host: this.#parts.host, granted, denied, bundle: { id, version },
      limits: { bytes: this.#limits.maxBytes, inflight: this.#limits.inflight },
    });
    this.#audit({ kind: "session", ok: true, code: "", reason: "welcome", granted, denied, sdk: hello.sdk, hash: hello.hash });
    for (const [event, spec, payload] of this.#queued.splice(0)) this.#tell(event, spec, payload);
  }

  /** A request or a cancel: it belongs to this document and comes after everything before it. */
  #inSession(message) {
    const id = message.t === "req" ? message.id : null;
    if (this.#state !== "live" || message.s !== this.#token) {
      return this.#refuse(id, "SESSION_INVALID", "not this document's token", message);
    }
    if (message.n <= this.#counter) return this.#refuse(id, "REPLAYED", "the counter did not increase", message);
    this.#counter = message.n;
    if (message.t === "cancel") return this.#cancel(message.id);
    if (this.#ids.has(message.id)) return this.#refuse(id, "REPLAYED", "the id was used before", message);
    this.#request(message);
  }

  #cancel(id) {
    const job = this.#jobs.get(id);
    if (!job) return this.#audit({ kind: "drop", id, ok: false, code: "CANCELLED", reason: "nothing to cancel" });
    this.#settle(job, { code: "CANCELLED", message: "" });
    job.controller.abort();
  }

  #request(message) {
    const refusal = this.#grants.refusal(message.m, message.mv);
    if (refusal) return this.#refuse(message.id, refusal, "", message, this.#wayOut(refusal, message.m));
    const spec = this.#grants.declaration(message.m, message.mv);
    let params;
    try {
      params = this.#shapes.input(spec.input, message.p);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      return this.#refuse(message.id, "PARAMS_INVALID", error.message, message, { path: error.path });
    }
    if (spec.allow && !(this.#parts.manifest[spec.allow.list] ?? []).includes(params[spec.allow.field])) {
      const denied = { ...message, params: audited(spec, params), denied: true };
      return this.#refuse(message.id, "PERMISSION_DENIED", `not in the manifest's ${spec.allow.list}`, denied);
    }
    this.#admit(message, spec, params);
  }

  /** What a host adds when it cannot do a method that the bundle may call elsewhere. */
  #wayOut(refusal, method) {
    return refusal === "METHOD_UNSUPPORTED" ? this.#parts.unsupported?.(method) ?? {} : {};
  }

  /** Calls that were cut short count as running until their method has really returned. */
  #admit(message, spec, params) {
    if (this.#running >= this.#limits.inflight) return this.#refuse(message.id, "BUSY", "too many calls under way", message);
    const release = ASKING.has(spec.consent) ? this.#prompts.take() : () => {};
    if (release === null) return this.#refuse(message.id, "BUSY", "the shell shows a sheet already", message);
    if (!this.#remember(message.id)) return release();
    const job = {
      id: message.id, method: message.m, mv: message.mv, spec, params: audited(spec, params), at: this.#parts.clock(),
      gates: this.#grants.gates(message.m, message.mv), controller: new AbortController(), timer: null,
      traceparent: message.traceparent ?? null, done: false, chunks: 0, toldLate: false,
    };
    this.#jobs.set(job.id, job);
    this.#run(job, params, Math.min(message.timeoutMs ?? spec.timeoutMs, spec.timeoutMs), release);
  }

  #run(job, params, milliseconds, release) {
    job.timer = this.#parts.setTimer(() => {
      this.#settle(job, { code: "TIMEOUT", message: "" });
      job.controller.abort();
    }, milliseconds);
    const { id, method, traceparent } = job;
    const chunk = (/** @type {unknown} */ payload) => this.#chunk(job, payload);
    const ctx = Object.freeze({ bundle: this.#bundle, signal: job.controller.signal, method, id, traceparent, chunk });
    this.#running += 1;
    const left = () => {
      this.#running -= 1;
      release();
    };
    new Promise((resolve) => {
      resolve(this.#parts.methods[method](params, ctx));
    }).then(
      (result) => {
        left();
        this.#succeed(job, result);
      },
      (error) => {
        left();
        this.#settle(job, failureOf(this.#contract.errors, job.spec, error));
      },
    );
  }

  #succeed(job, result) {
    try {
      this.#settle(job, null, this.#shapes.output(job.spec.output, result));
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      this.#settle(job, { code: "INTERNAL", message: "", reason: `the result's ${error.message}` });
    }
  }

  /** Send what a running call has so far; after its answer nothing goes out and the audit is told once. */
  #chunk(job, payload) {
    if (job.done) {
      if (job.toldLate) return;
      job.toldLate = true;
      return this.#audit({ kind: "late", ...described(job), ok: false, code: "", reason: "a chunk after the answer" });
    }
    const { text, failure } = nextChunk(job, payload, this.#shapes, this.#limits);
    if (failure) {
      this.#settle(job, failure);
      return job.controller.abort();
    }
    job.chunks += 1;
    this.#post(text);
  }

  /** Give a call its one terminal answer; what comes later is only told to the audit. */
  #settle(job, failure, result) {
    const code = failure?.code ?? "";
    if (job.spec.consent !== "none") job.gates.consent = consentOf(failure, job.gates.consent);
    if (job.done) {
      return this.#audit({ kind: "late", ...described(job), ok: failure === null, code, ms: this.#parts.clock() - job.at });
    }
    job.done = true;
    this.#parts.clearTimer(job.timer);
    this.#jobs.delete(job.id);
    const sent = this.#state === "ended" ? code : this.#answer(job.id, failure, result);
    const entry = { kind: "call", ...described(job), ok: sent === "", code: sent, ms: this.#parts.clock() - job.at };
    if (job.chunks > 0) entry.chunks = job.chunks;
    this.#audit(failure?.reason ? { ...entry, reason: failure.reason } : entry);
  }

  /** @returns {string} the code that was sent, empty for a success */
  #answer(id, failure, result) {
    const { text, code } = failure ? this.#answers.failure(id, failure) : this.#answers.result(id, result);
    this.#post(text);
    return code;
  }

  /** Refuse a message: as the answer to its id when that is fresh, else as an `err` that belongs to no call. */
  #refuse(id, code, message, request = null, details = {}) {
    const called = request?.t === "req" ? { method: request.m, mv: request.mv, tier: this.#tier(request) } : {};
    const gates = called.method ? this.#gatesOf(request, code) : undefined;
    const fresh = id !== null && !this.#ids.has(id) && this.#remember(id);
    if (this.#state === "ended") return;
    if (fresh) this.#answer(id, { code, message, details });
    else this.#send({ v: 1, t: "err", e: { code, message, retryable: false, details: {} } });
    const params = request?.denied ? request.params : {};
    this.#audit({ kind: fresh ? "call" : "drop", id, ...called, params, ok: false, code, ms: 0, reason: message, gates });
  }

  #gatesOf(request, code) {
    const gates = this.#grants.gates(request.m, request.mv);
    return code === "PERMISSION_DENIED" && request.denied ? { ...gates, manifest: "fail" } : gates;
  }

  #tier(request) {
    return this.#grants.declaration(request.m, request.mv)?.tier ?? null;
  }

  /** @returns {boolean} false when the session had to end because it has used up its ids */
  #remember(id) {
    if (this.#ids.size >= this.#limits.requests) {
      this.#endTelling("RATE_LIMITED", "this session has made all the calls that one may make");
      return false;
    }
    this.#ids.add(id);
    return true;
  }

  #tell(event, spec, payload) {
    let clean;
    try {
      clean = this.#shapes.output(spec.payload, payload);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      return this.#audit({ kind: "event", event, ok: false, code: "INTERNAL", reason: error.message });
    }
    this.#seq += 1;
    this.#send({ v: 1, t: "evt", e: event, seq: this.#seq, p: clean });
    this.#audit({ kind: "event", event, ok: true, code: "", seq: this.#seq });
  }

  #endTelling(code, message) {
    this.#send({ v: 1, t: "end", e: { code, message, retryable: false, details: {} } });
    this.#audit({ kind: "drop", ok: false, code, reason: message });
    this.end(code);
  }

  #send(message) {
    this.#post(writeInert(message));
  }

  /** A port that throws is a port that is gone. */
  #post(text) {
    try {
      this.#parts.send(text);
    } catch (error) {
      this.#audit({ kind: "drop", ok: false, code: "INTERRUPTED", reason: `the port failed: ${error?.name}` });
    }
  }

  #audit(entry) {
    this.#parts.audit({ at: this.#parts.clock(), bundle: this.#bundle.id, ...entry });
  }
}
