/**
 * What the dispatcher needs of a platform: time, chance, a port to the page, an audit and the methods.
 *
 * @GENERATED@
 */
import { AuditEntry } from "./audit.js";
import { Call, PromptGate } from "./calls.js";
import { JsonObject, JsonValue } from "./json.js";
import { Manifest } from "./manifest.js";
import { Contract } from "./spec.js";

/** A timer under way. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since any fixed instant. */
  now(): number;
  after(milliseconds: number, run: () => void): Timer;
}

/** Unguessable text, 128 bits or more each time. */
export interface Chance {
  nonce(): string;
  token(): string;
}

/** The way to the page. */
export interface Port {
  send(text: string): void;
}

export interface Audit {
  write(entry: AuditEntry): void;
}

/** What welcome tells of the shell. */
export interface HostInfo {
  readonly platform: string;
  readonly app: string;
}

/** One method of the host. Its parameters were found good; its result is cut to the contract. */
export type HostMethod = (input: JsonObject, call: Call) => Promise<JsonValue>;

/** All that one session is made of. */
export interface SessionParts {
  readonly contract: Contract;
  /** The verified one. */
  readonly manifest: Manifest;
  /** Digest of its bytes; empty when unknown. */
  readonly digest: string;
  /** Methods that this app allows to bundles at all. */
  readonly policy: string[];
  /** Methods that the bank has taken away. */
  readonly killList: string[];
  readonly methods: Map<string, HostMethod>;
  readonly host: HostInfo;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly port: Port;
  readonly audit: Audit;
  /** One for all sessions of one shell. */
  readonly prompts: PromptGate;
}
