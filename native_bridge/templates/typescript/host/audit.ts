/**
 * What a session tells the audit of a call, an event, a refusal or a dropped message.
 *
 * @GENERATED@
 */
import { Gates } from "./grants.js";
import { JsonObject } from "./json.js";

/** One entry. Members that do not apply are null. */
export class AuditEntry {
  readonly at: number;
  readonly bundle: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly code: string;
  id: string | null = null;
  method: string | null = null;
  mv: number | null = null;
  tier: number | null = null;
  params: JsonObject | null = null;
  gates: Gates | null = null;
  traceparent: string | null = null;
  ms: number | null = null;
  chunks: number | null = null;
  event: string | null = null;
  seq: number | null = null;
  reason: string | null = null;
  granted: JsonObject | null = null;
  denied: JsonObject | null = null;
  sdk: string | null = null;
  hash: string | null = null;

  constructor(at: number, bundle: string, kind: string, ok: boolean, code: string) {
    this.at = at;
    this.bundle = bundle;
    this.kind = kind;
    this.ok = ok;
    this.code = code;
  }

  /** Give the members that apply. */
  toJson(): JsonObject {
    const json = new JsonObject().set("at", this.at).set("kind", this.kind).set("bundle", this.bundle)
      .set("ok", this.ok).set("code", this.code);
    setText(json, "id", this.id);
    setText(json, "method", this.method);
    setNumber(json, "mv", this.mv);
    setNumber(json, "tier", this.tier);
    setObject(json, "params", this.params);
    setObject(json, "gates", this.gates === null ? null : this.gates.toJson());
    setText(json, "traceparent", this.traceparent);
    setNumber(json, "ms", this.ms);
    setNumber(json, "chunks", this.chunks);
    setText(json, "event", this.event);
    setNumber(json, "seq", this.seq);
    setText(json, "reason", this.reason);
    setObject(json, "granted", this.granted);
    setObject(json, "denied", this.denied);
    setText(json, "sdk", this.sdk);
    setText(json, "hash", this.hash);
    return json;
  }
}

function setText(json: JsonObject, name: string, value: string | null): void {
  if (value !== null) {
    json.set(name, value);
  }
}

function setNumber(json: JsonObject, name: string, value: number | null): void {
  if (value !== null) {
    json.set(name, value);
  }
}

function setObject(json: JsonObject, name: string, value: JsonObject | null): void {
  if (value !== null) {
    json.set(name, value);
  }
}
