/**
 * The pure core of a bridge host: one session between one page and the shell. No platform, no clock and no chance of its own.
 *
 * Invariants: nothing that a page sends makes `receive` throw; each id gets at most one terminal answer, and exactly one
 * while the session lives; a method runs only after envelope, session, counter, grant and parameters were found good;
 * everything, dropped messages too, is told to the audit.
 *
 * @GENERATED@
 */
import { Answer, Answers, BridgeError, Failure, plainError } from "./answers.js";
import { audited, BundleRef, Call, consentOf, Job } from "./calls.js";
import { Envelope, EnvelopeError, readEnvelope } from "./envelope.js";
import { Gates, Grants, speaks } from "./grants.js";
import { JsonObject, JsonValue, utf8Length, writeInert } from "./json.js";
import { versionsOf } from "./manifest.js";
import { HostMethod, SessionParts } from "./ports.js";
import { ShapeError } from "./scalars.js";
import { EventSpec, MethodSpec } from "./spec.js";
import { Trail } from "./trail.js";

const MOST_QUEUED = 32;

interface QueuedEvent {
  readonly spec: EventSpec;
  readonly payload: JsonValue;
}

export class Dispatcher {
  private readonly parts: SessionParts;
  private readonly answers: Answers;
  private readonly grants: Grants;
  private readonly bundle: BundleRef;
  private readonly trail: Trail;
  private readonly ids: Set<string> = new Set<string>();
  private readonly jobs: Map<string, Job> = new Map<string, Job>();
  private queued: QueuedEvent[] = [];
  private phase: string = "new";
  private nonce: string = "";
  private token: string = "";
  private counter: number = -1;
  private running: number = 0;
  private seq: number = 0;

  constructor(parts: SessionParts) {
    const manifest = parts.manifest;
    this.parts = parts;
    this.answers = new Answers(parts.contract);
    this.grants = new Grants(parts.contract, manifest.permissions, parts.policy, parts.killList, Array.from(parts.methods.keys()));
    this.bundle = { id: manifest.bundle, version: manifest.version, digest: parts.digest };
    this.trail = new Trail(parts.audit, parts.clock, manifest.bundle);
  }

  /** Give the session's state: new, greeted, live or ended. */
  state(): string {
    return this.phase;
  }

  /** Greet the page: its answer has to carry the same nonce. Throws when the session was started before. */
  start(): void {
    if (this.phase !== "new") {
      throw new Error("a session starts once");
    }
    this.phase = "greeted";
    this.nonce = this.parts.chance.nonce();
    this.send(new JsonObject().set("v", 1).set("t", "init").set("nonce", this.nonce));
  }

  /** Take what came over the port; null stands for what is no text. */
  receive(raw: string | null): void {
    if (this.phase === "ended" || this.phase === "new") {
      this.trail.drop("SESSION_INVALID", `the session is ${this.phase}`);
      return;
    }
    let message: Envelope;
    try {
      message = readEnvelope(raw, this.parts.contract.limits);
    } catch (error) {
      const refused = error instanceof EnvelopeError ? error : new EnvelopeError("INTERNAL", "the reader failed", null);
      this.refuse(refused.id, refused.code, refused.message, null);
      return;
    }
    this.handle(message);
  }

  /** Tell the page an event; before welcome it waits. Events that the manifest does not list are left out. */
  emit(event: string, payload: JsonValue): void {
    const spec = this.parts.contract.event(event);
    if (spec === null) {
      throw new TypeError(`the contract has no event ${event}`);
    }
    if (this.phase === "ended") {
      this.trail.event(event, "SESSION_INVALID", null, null);
    } else if (!spec.always && !this.parts.manifest.includes("events", event)) {
      this.trail.event(event, "PERMISSION_DENIED", null, null);
    } else if (this.phase === "live") {
      this.tell(spec, payload);
    } else {
      this.queued.push({ spec: spec, payload: payload });
      if (this.queued.length > MOST_QUEUED) {
        this.queued.shift();
      }
    }
  }

  /** Take a method away in mid-session: calls under way end, later ones are refused. */
  revoke(method: string): void {
    this.grants.kill(method);
    for (const job of Array.from(this.jobs.values())) {
      if (job.spec.name === method) {
        job.gates.killList = "fail";
        this.cut(job, new Failure("PERMISSION_DENIED", "the grant was revoked", ""));
      }
    }
    const entry = this.trail.entry("revoke", true, "");
    entry.method = method;
    this.trail.write(entry);
    if (this.phase !== "ended") {
      this.emit("grant.revoked", new JsonObject().set("method", method));
    }
  }

  /** End the session without a word: the document is gone. The reason is for the audit. */
  end(reason: string): void {
    if (this.phase === "ended") {
      return;
    }
    this.phase = "ended";
    this.token = "";
    this.queued = [];
    for (const job of Array.from(this.jobs.values())) {
      this.cut(job, new Failure("INTERRUPTED", reason, ""));
    }
    const entry = this.trail.entry("session", true, "");
    entry.reason = `ended: ${reason}`;
    this.trail.write(entry);
  }

  private handle(message: Envelope): void {
    if (message.kind === "ping") {
      this.send(new JsonObject().set("v", 1).set("t", "pong").set("n", message.count("n")));
    } else if (message.kind === "hello") {
      this.hello(message);
    } else if (message.kind !== "pong") {
      this.inSession(message);
    }
  }

  private hello(hello: Envelope): void {
    if (this.phase !== "greeted" || hello.text("nonce") !== this.nonce) {
      this.endTelling("SESSION_INVALID", "hello came twice or without this session's nonce");
      return;
    }
    const own = this.parts.contract.version;
    const least = this.parts.manifest.leastContract === "" ? own : this.parts.manifest.leastContract;
    if (!speaks(own, least) || hello.text("contract").split(".")[0] !== own.split(".")[0]) {
      this.endTelling("VERSION_UNSUPPORTED", `this shell speaks contract ${own}`);
      return;
    }
    this.phase = "live";
    this.nonce = "";
    this.token = this.parts.chance.token();
    this.welcome(hello);
  }

  private welcome(hello: Envelope): void {
    const asked = versionsOf(hello.object("want"));
    versionsOf(hello.object("need")).forEach((mv: number, method: string): void => {
      asked.set(method, mv);
    });
    const granted = this.grants.granted();
    const denied = this.grants.denied(asked);
    this.send(this.welcomeMessage(granted, denied));
    const entry = this.trail.entry("session", true, "");
    entry.reason = "welcome";
    entry.granted = granted;
    entry.denied = denied;
    entry.sdk = hello.text("sdk");
    entry.hash = hello.text("hash");
    this.trail.write(entry);
    for (const event of this.queued.splice(0)) {
      this.tell(event.spec, event.payload);
    }
  }

  private welcomeMessage(granted: JsonObject, denied: JsonObject): JsonObject {
    const limits = this.parts.contract.limits;
    return new JsonObject().set("v", 1).set("t", "welcome").set("s", this.token).set("contract", this.parts.contract.version)
      .set("host", new JsonObject().set("platform", this.parts.host.platform).set("app", this.parts.host.app))
      .set("granted", granted).set("denied", denied)
      .set("bundle", new JsonObject().set("id", this.bundle.id).set("version", this.bundle.version))
      .set("limits", new JsonObject().set("bytes", limits.maxBytes).set("inflight", limits.inflight));
  }

  /** A request or a cancel: it belongs to this document and comes after everything before it. */
  private inSession(message: Envelope): void {
    const id = message.kind === "req" ? message.text("id") : null;
    if (this.phase !== "live" || message.get("s") !== this.token) {
      this.refuse(id, "SESSION_INVALID", "not this document's token", message);
    } else if (message.count("n") <= this.counter) {
      this.refuse(id, "REPLAYED", "the counter did not increase", message);
    } else {
      this.counter = message.count("n");
      if (message.kind === "cancel") {
        this.cancel(message.text("id"));
      } else if (this.ids.has(message.text("id"))) {
        this.refuse(id, "REPLAYED", "the id was used before", message);
      } else {
        this.request(message);
      }
    }
  }

  private cancel(id: string): void {
    const job = this.jobs.get(id);
    if (job === undefined) {
      const entry = this.trail.entry("drop", false, "CANCELLED");
      entry.id = id;
      entry.reason = "nothing to cancel";
      this.trail.write(entry);
    } else {
      this.cut(job, new Failure("CANCELLED", "", ""));
    }
  }

  private request(message: Envelope): void {
    const id = message.text("id");
    const refusal = this.grants.refusal(message.text("m"), message.count("mv"));
    const spec = this.specOf(message);
    if (refusal !== "" || spec === null) {
      this.refuse(id, refusal, "", message);
      return;
    }
    let params: JsonObject;
    try {
      params = objectFrom(this.parts.contract.shapes.input(spec.input, message.object("p")));
    } catch (error) {
      const path = error instanceof ShapeError ? error.path : "";
      const why = error instanceof ShapeError ? error.message : "the shapes failed";
      this.refuse(id, "PARAMS_INVALID", why, message, new JsonObject().set("path", path));
      return;
    }
    if (spec.allowList !== "" && !this.parts.manifest.includes(spec.allowList, params.get(spec.allowField))) {
      const why = `not in the manifest's ${spec.allowList}`;
      this.refuse(id, "PERMISSION_DENIED", why, message, new JsonObject(), audited(spec, params));
      return;
    }
    this.admit(message, spec, params);
  }

  private specOf(message: Envelope): MethodSpec | null {
    return this.grants.declaration(message.text("m"), message.count("mv"));
  }

  /** Calls that were cut short count as running until their method has really returned. */
  private admit(message: Envelope, spec: MethodSpec, params: JsonObject): void {
    const id = message.text("id");
    if (this.running >= this.parts.contract.limits.inflight) {
      this.refuse(id, "BUSY", "too many calls under way", message);
      return;
    }
    const asks = spec.consent !== "none";
    if (asks && !this.parts.prompts.take()) {
      this.refuse(id, "BUSY", "the shell shows a sheet already", message);
      return;
    }
    const method = this.parts.methods.get(spec.name);
    if (method === undefined || !this.remember(id)) {
      if (asks) {
        this.parts.prompts.release();
      }
      return;
    }
    const gates = this.grants.gates(spec.name, spec.mv);
    const traceparent = message.get("traceparent") === undefined ? null : message.text("traceparent");
    const job = new Job(id, spec, audited(spec, params), this.parts.clock.now(), gates, traceparent);
    const wanted = message.count("timeoutMs");
    this.jobs.set(id, job);
    this.run(job, method, params, wanted > 0 ? Math.min(wanted, spec.timeoutMs) : spec.timeoutMs);
  }

  private run(job: Job, method: HostMethod, params: JsonObject, milliseconds: number): void {
    const call = new Call(this.bundle, job.spec.name, job.id, job.traceparent ?? "", (payload: JsonValue): void => {
      this.chunk(job, payload);
    });
    job.call = call;
    job.timer = this.parts.clock.after(milliseconds, (): void => this.cut(job, new Failure("TIMEOUT", "", "")));
    this.running += 1;
    this.finish(job, method, params, call);
  }

  private async finish(job: Job, method: HostMethod, params: JsonObject, call: Call): Promise<void> {
    let result: JsonValue = null;
    let failure: Failure | null = null;
    try {
      result = await method(params, call);
    } catch (error) {
      failure = error instanceof BridgeError ? this.allowed(job, error) : mistake(error instanceof Error ? `${error.name}: ${error.message}` : "");
    }
    this.running -= 1;
    if (job.spec.consent !== "none") {
      this.parts.prompts.release();
    }
    if (failure !== null) {
      this.settle(job, failure, null);
    } else {
      this.succeed(job, result);
    }
  }

  /** Only codes that the contract allows to this method go out; everything else is a mistake of the host. */
  private allowed(job: Job, error: BridgeError): Failure {
    const spec = this.parts.contract.error(error.code);
    if (spec === null || !(spec.common || job.spec.errors.includes(error.code))) {
      return mistake(`${error.name}: ${error.code}`);
    }
    return new Failure(error.code, error.message, "", error.details, error.retryable);
  }

  private succeed(job: Job, result: JsonValue): void {
    let clean: JsonValue;
    try {
      clean = this.parts.contract.shapes.output(job.spec.output, result);
    } catch (error) {
      this.settle(job, mistake(`the result's ${shapeMessage(error instanceof ShapeError ? error : null)}`), null);
      return;
    }
    this.settle(job, null, clean);
  }

  /** Send a part of the result ahead. What the contract does not allow ends the call. */
  private chunk(job: Job, payload: JsonValue): void {
    if (job.done) {
      this.auditLateChunk(job);
      return;
    }
    let clean: JsonValue;
    try {
      clean = this.cleanChunk(job, payload);
    } catch (error) {
      this.cut(job, mistake(`the chunk's ${shapeMessage(error instanceof ShapeError ? error : null)}`));
      return;
    }
    const text = writeInert(new JsonObject().set("v", 1).set("t", "chunk").set("id", job.id).set("seq", job.chunks).set("p", clean));
    if (utf8Length(text) > this.parts.contract.limits.maxBytes) {
      this.cut(job, new Failure("TOO_LARGE", "", ""));
      return;
    }
    job.chunks += 1;
    this.post(text);
  }

  private cleanChunk(job: Job, payload: JsonValue): JsonValue {
    if (job.spec.chunk === "") {
      throw new ShapeError("", "the method declares none");
    }
    if (job.chunks >= this.parts.contract.limits.chunks) {
      throw new ShapeError("", "more chunks than a call may send");
    }
    return this.parts.contract.shapes.output(job.spec.chunk, payload);
  }

  private auditLateChunk(job: Job): void {
    if (!job.toldLate) {
      job.toldLate = true;
      const entry = this.trail.described("late", job, false, "");
      entry.reason = "a chunk after the answer";
      this.trail.write(entry);
    }
  }

  /** End a call before its method has returned, and tell the method. */
  private cut(job: Job, failure: Failure): void {
    this.settle(job, failure, null);
    job.call?.stop();
  }

  /** Give a call its one terminal answer; what comes later is only told to the audit. */
  private settle(job: Job, failure: Failure | null, result: JsonValue): void {
    if (job.spec.consent !== "none") {
      job.gates.consent = consentOf(failure, job.gates.consent);
    }
    if (job.done) {
      const late = this.trail.described("late", job, failure === null, failure?.code ?? "");
      late.ms = this.parts.clock.now() - job.at;
      this.trail.write(late);
      return;
    }
    job.done = true;
    job.timer?.cancel();
    this.jobs.delete(job.id);
    const code = this.phase === "ended" ? failure?.code ?? "" : this.answer(job.id, failure, result);
    const entry = this.trail.described("call", job, code === "", code);
    entry.ms = this.parts.clock.now() - job.at;
    entry.chunks = job.chunks > 0 ? job.chunks : null;
    entry.reason = failure === null || failure.reason === "" ? null : failure.reason;
    this.trail.write(entry);
  }

  /** Answer, and give the code that was sent; empty for a success. */
  private answer(id: string, failure: Failure | null, result: JsonValue): string {
    const answer: Answer = failure === null ? this.answers.result(id, result) : this.answers.failure(id, failure);
    this.post(answer.text);
    return answer.code;
  }

  /** Refuse a message: as the answer to its id when that is fresh, else as an `err` that belongs to no call. */
  private refuse(id: string | null, code: string, message: string, request: Envelope | null,
    details: JsonObject = new JsonObject(), denied: JsonObject | null = null): void {
    const called = request !== null && request.kind === "req" ? request : null;
    const gates = called === null ? null : this.gatesOf(called, denied !== null);
    const fresh = id !== null && !this.ids.has(id) && this.remember(id);
    if (this.phase === "ended") {
      return;
    }
    if (fresh && id !== null) {
      this.answer(id, new Failure(code, message, "", details), null);
    } else {
      this.send(new JsonObject().set("v", 1).set("t", "err").set("e", plainError(code, message)));
    }
    const entry = this.trail.entry(fresh ? "call" : "drop", false, code);
    entry.id = id;
    entry.method = called === null ? null : called.text("m");
    entry.mv = called === null ? null : called.count("mv");
    entry.tier = called === null ? null : this.specOf(called)?.tier ?? null;
    entry.params = denied ?? new JsonObject();
    entry.ms = 0;
    entry.reason = message;
    entry.gates = gates;
    this.trail.write(entry);
  }

  private gatesOf(request: Envelope, denied: boolean): Gates {
    const gates = this.grants.gates(request.text("m"), request.count("mv"));
    if (denied) {
      gates.manifest = "fail";
    }
    return gates;
  }

  /** Remember an id; false when the session had to end because it has used up its ids. */
  private remember(id: string): boolean {
    if (this.ids.size >= this.parts.contract.limits.requests) {
      this.endTelling("RATE_LIMITED", "this session has made all the calls that one may make");
      return false;
    }
    this.ids.add(id);
    return true;
  }

  private tell(spec: EventSpec, payload: JsonValue): void {
    let clean: JsonValue;
    try {
      clean = this.parts.contract.shapes.output(spec.payload, payload);
    } catch (error) {
      this.trail.event(spec.name, "INTERNAL", null, shapeMessage(error instanceof ShapeError ? error : null));
      return;
    }
    this.seq += 1;
    this.send(new JsonObject().set("v", 1).set("t", "evt").set("e", spec.name).set("seq", this.seq).set("p", clean));
    this.trail.event(spec.name, "", this.seq, null);
  }

  private endTelling(code: string, message: string): void {
    this.send(new JsonObject().set("v", 1).set("t", "end").set("e", plainError(code, message)));
    this.trail.drop(code, message);
    this.end(code);
  }

  private send(message: JsonObject): void {
    this.post(writeInert(message));
  }

  /** A port that throws is a port that is gone. */
  private post(text: string): void {
    try {
      this.parts.port.send(text);
    } catch (error) {
      this.trail.drop("INTERRUPTED", `the port failed: ${error instanceof Error ? error.name : ""}`);
    }
  }
}

function objectFrom(value: JsonValue): JsonObject {
  return value instanceof JsonObject ? value : new JsonObject();
}

/** A mistake of the host: the page is told INTERNAL, the audit is told why. */
function mistake(reason: string): Failure {
  return new Failure("INTERNAL", "", reason);
}

function shapeMessage(error: ShapeError | null): string {
  return error === null ? "shape could not be read" : error.message;
}
