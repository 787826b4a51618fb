/**
 * A harness around the TypeScript core that speaks the vectors' protocol over standard input and output, under Node.
 *
 * Its first argument is the language that it says it is; the host's modules lie beside it in `host/`.
 */
import { BridgeError } from "./host/answers.js";
import { AuditEntry } from "./host/audit.js";
import { Call, PromptGate } from "./host/calls.js";
import { CONTRACT } from "./host/contract.js";
import { Dispatcher } from "./host/dispatcher.js";
import { JsonObject, JsonValue, writeJson } from "./host/json.js";
import { readManifest } from "./host/manifest.js";
import { refusalOf } from "./host/origin.js";
import { Clock, HostMethod, Timer } from "./host/ports.js";

declare const process: {
  readonly argv: readonly string[];
  readonly stdin: { setEncoding(encoding: string): void; on(event: "data" | "end", listener: (text: string) => void): void };
  readonly stdout: { write(text: string): boolean };
};
declare function setImmediate(run: () => void): void;

/** Time that moves only when a command says so. */
class ScriptedClock implements Clock {
  private time = 0;
  private readonly timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): Timer {
    const timer = { at: this.time + milliseconds, run };
    this.timers.add(timer);
    return { cancel: (): void => void this.timers.delete(timer) };
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    for (const timer of [...this.timers].sort((one, other) => one.at - other.at)) {
      if (timer.at <= this.time && this.timers.delete(timer)) timer.run();
    }
  }
}

interface Waiting {
  readonly method: string;
  readonly call: Call;
  readonly resolve: (result: JsonValue) => void;
  readonly reject: (error: Error) => void;
}

/** Methods that do what a vector scripts, and remember who called them with what. */
class ScriptedMethods {
  readonly calls = new Map<string, JsonValue[]>();
  readonly table = new Map<string, HostMethod>();
  private readonly waiting: Waiting[] = [];

  constructor(script: JsonObject) {
    for (const name of script.names()) this.table.set(name, this.method(name, listOf(script.get(name))));
  }

  private method(name: string, acts: JsonValue[]): HostMethod {
    return async (input, call) => {
      const calls = this.calls.get(name) ?? [];
      this.calls.set(name, calls);
      calls.push(new JsonObject().set("bundle", call.bundle.id).set("params", input));
      const act = objectOf(acts[Math.min(calls.length, acts.length) - 1]);
      if (act.get("waits") !== true) return ended(act);
      return new Promise<JsonValue>((resolve, reject) => {
        this.waiting.push({ method: name, call, resolve, reject });
      });
    };
  }

  finish(command: JsonObject): void {
    const job = this.oldest(textOf(command.get("method")));
    this.waiting.splice(this.waiting.indexOf(job), 1);
    try {
      job.resolve(ended(command));
    } catch (error) {
      job.reject(error as Error);
    }
  }

  chunk(command: JsonObject): void {
    this.oldest(textOf(command.get("method"))).call.chunk(command.get("payload") ?? null);
  }

  private oldest(method: string): Waiting {
    const job = this.waiting.find((waiting) => waiting.method === method);
    if (job === undefined) throw new Error(`no call of ${method} waits`);
    return job;
  }
}

function ended(act: JsonObject): JsonValue {
  const thrown = act.get("throws");
  if (thrown instanceof JsonObject) {
    const retryable = thrown.get("retryable");
    const given = typeof retryable === "boolean" ? retryable : null;
    throw new BridgeError(textOf(thrown.get("code")), textOf(thrown.get("message")), objectOf(thrown.get("details")), given);
  }
  return act.get("returns") ?? null;
}

/** One session under test, and what it sent and audited. */
class Stage {
  readonly sent: string[] = [];
  readonly audit: JsonValue[] = [];
  readonly clock = new ScriptedClock();
  readonly methods: ScriptedMethods;
  readonly dispatcher: Dispatcher;

  constructor(command: JsonObject) {
    this.methods = new ScriptedMethods(objectOf(command.get("methods")));
    this.dispatcher = new Dispatcher({
      contract: CONTRACT,
      manifest: readManifest(objectOf(command.get("manifest"))),
      digest: "",
      policy: command.has("policy") ? listOf(command.get("policy")).map(textOf) : CONTRACT.methodNames(),
      killList: listOf(command.get("killList")).map(textOf),
      methods: this.methods.table,
      host: { platform: "browser", app: "1.0.0" },
      clock: this.clock,
      chance: { nonce: () => "VECTOR-NONCE", token: () => "VECTOR-TOKEN" },
      port: { send: (text: string): void => void this.sent.push(text) },
      audit: { write: (entry: AuditEntry): void => void this.audit.push(entry.toJson()) },
      prompts: new PromptGate(),
    });
    this.dispatcher.start();
  }

  act(command: JsonObject): void {
    const raw = command.get("raw");
    const ms = command.get("ms");
    switch (command.get("do")) {
      case "receive": return this.dispatcher.receive(typeof raw === "string" ? raw : null);
      case "finish": return this.methods.finish(command);
      case "chunk": return this.methods.chunk(command);
      case "wait": return this.clock.advance(typeof ms === "number" ? ms : 0);
      case "emit": return this.dispatcher.emit(textOf(command.get("event")), command.get("payload") ?? null);
      case "revoke": return this.dispatcher.revoke(textOf(command.get("method")));
      case "end": return this.dispatcher.end(textOf(command.get("reason")));
      default: throw new Error(`no command ${textOf(command.get("do"))}`);
    }
  }

  closed(): JsonObject {
    const calls = new JsonObject();
    this.methods.calls.forEach((made, method) => calls.set(method, made));
    return new JsonObject().set("calls", calls).set("audit", this.audit.splice(0));
  }
}

let stage: Stage | null = null;

async function answer(command: JsonObject): Promise<JsonObject> {
  const name = command.get("do");
  if (name === "about") {
    return new JsonObject().set("protocol", 1).set("language", process.argv[2] ?? "typescript")
      .set("contract", CONTRACT.hash).set("can", ["session", "window"]);
  }
  if (name === "window") return judged(command);
  if (name === "open") stage = new Stage(command);
  if (stage === null) throw new Error("no session is open");
  if (name === "close") return stage.closed();
  if (name !== "open") stage.act(command);
  await new Promise<void>((resolve) => setImmediate(resolve));
  return new JsonObject().set("sent", stage.sent.splice(0));
}

function judged(command: JsonObject): JsonObject {
  const reason = refusalOf({
    fromFrame: command.get("source") === true,
    origin: command.get("origin") ?? null,
    data: command.get("data") ?? null,
    expectedOrigin: textOf(command.get("expectedOrigin")),
    state: textOf(command.get("state")),
  });
  return reason === "" ? new JsonObject().set("accept", true) : new JsonObject().set("accept", false).set("reason", reason);
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return value instanceof JsonObject ? value : new JsonObject();
}

/** Commands are read leniently: what a page sends stands in them as text. */
function fromLanguage(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(fromLanguage);
  if (typeof value !== "object" || value === null) return value as string | number | boolean | null;
  const json = new JsonObject();
  for (const [name, member] of Object.entries(value)) json.set(name, fromLanguage(member));
  return json;
}

async function serve(line: string): Promise<void> {
  let told: JsonObject;
  try {
    told = await answer(objectOf(fromLanguage(JSON.parse(line))));
  } catch (error) {
    told = new JsonObject().set("error", error instanceof Error ? error.message : "failed");
  }
  process.stdout.write(`${writeJson(told)}\n`);
}

let rest = "";
let turn: Promise<void> = Promise.resolve();
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) turn = turn.then(() => serve(line));
});
