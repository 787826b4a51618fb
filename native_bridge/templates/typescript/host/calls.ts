/**
 * A call under way: what its method is told, what the audit may keep of it, and the one sheet that may be up.
 *
 * @GENERATED@
 */
import { Failure } from "./answers.js";
import { Gates } from "./grants.js";
import { JsonObject, JsonValue } from "./json.js";
import { Timer } from "./ports.js";
import { MethodSpec } from "./spec.js";

/** The bundle that calls: whose origin the page has, never what a payload says. */
export interface BundleRef {
  readonly id: string;
  readonly version: string;
  /** Digest of the manifest's bytes; empty when the shell does not know it. */
  readonly digest: string;
}

/** What a method is told of its call besides the parameters. */
export class Call {
  readonly bundle: BundleRef;
  readonly method: string;
  readonly id: string;
  /** W3C trace context; empty when the page gave none. */
  readonly traceparent: string;
  private readonly sending: (payload: JsonValue) => void;
  private readonly listeners: Array<() => void> = [];
  private stopped: boolean = false;

  constructor(bundle: BundleRef, method: string, id: string, traceparent: string, sending: (payload: JsonValue) => void) {
    this.bundle = bundle;
    this.method = method;
    this.id = id;
    this.traceparent = traceparent;
    this.sending = sending;
  }

  /** Send a chunk to the page while the call runs. */
  chunk(payload: JsonValue): void {
    this.sending(payload);
  }

  /** True after a cancel, a timeout, a revocation or the end of the session: nobody waits for the result. */
  isStopped(): boolean {
    return this.stopped;
  }

  /** Run something when the call is stopped; at once when it is stopped already. */
  onStop(listener: () => void): void {
    if (this.stopped) {
      listener();
    } else {
      this.listeners.push(listener);
    }
  }

  /** The dispatcher's: tell the method that nobody waits any more. */
  stop(): void {
    if (!this.stopped) {
      this.stopped = true;
      this.listeners.splice(0).forEach((listener: () => void): void => listener());
    }
  }
}

/** A call as the dispatcher keeps it. */
export class Job {
  readonly id: string;
  readonly spec: MethodSpec;
  readonly params: JsonObject;
  readonly at: number;
  readonly gates: Gates;
  readonly traceparent: string | null;
  timer: Timer | null = null;
  call: Call | null = null;
  done: boolean = false;
  chunks: number = 0;
  toldLate: boolean = false;

  constructor(id: string, spec: MethodSpec, params: JsonObject, at: number, gates: Gates, traceparent: string | null) {
    this.id = id;
    this.spec = spec;
    this.params = params;
    this.at = at;
    this.gates = gates;
    this.traceparent = traceparent;
  }
}

/** One sheet at a time. Share one among the dispatchers of one shell. */
export class PromptGate {
  private taken: boolean = false;

  /** Take the gate; false when a sheet is up already. */
  take(): boolean {
    const free = !this.taken;
    this.taken = true;
    return free;
  }

  release(): void {
    this.taken = false;
  }
}

/** Give the input fields whose values the contract lets the audit keep. */
export function audited(spec: MethodSpec, params: JsonObject): JsonObject {
  const kept = new JsonObject();
  for (const name of spec.audit) {
    const value = params.get(name);
    if (value !== undefined) {
      kept.set(name, value);
    }
  }
  return kept;
}

const SAID_NO: string[] = ["CONSENT_DENIED", "USER_CANCELLED", "USER_VERIFICATION_FAILED", "LOCKED_OUT"];

/** Give the gate of consent after a call ended. */
export function consentOf(failure: Failure | null, before: string): string {
  if (failure === null) {
    return "pass";
  }
  return SAID_NO.includes(failure.code) ? "fail" : before;
}
