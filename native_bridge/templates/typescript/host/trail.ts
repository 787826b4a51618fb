/**
 * One session's way of telling the audit: every entry has the time and the bundle, and a call's entries tell the same of it.
 *
 * @GENERATED@
 */
import { AuditEntry } from "./audit.js";
import { Job } from "./calls.js";
import { Audit, Clock } from "./ports.js";

export class Trail {
  private readonly audit: Audit;
  private readonly clock: Clock;
  private readonly bundle: string;

  constructor(audit: Audit, clock: Clock, bundle: string) {
    this.audit = audit;
    this.clock = clock;
    this.bundle = bundle;
  }

  write(entry: AuditEntry): void {
    this.audit.write(entry);
  }

  entry(kind: string, ok: boolean, code: string): AuditEntry {
    return new AuditEntry(this.clock.now(), this.bundle, kind, ok, code);
  }

  /** Tell of a message that belongs to no call. */
  drop(code: string, reason: string): void {
    const entry = this.entry("drop", false, code);
    entry.reason = reason;
    this.write(entry);
  }

  /** Tell of an event; an empty code says that it was sent. */
  event(event: string, code: string, seq: number | null, reason: string | null): void {
    const entry = this.entry("event", code === "", code);
    entry.event = event;
    entry.seq = seq;
    entry.reason = reason;
    this.write(entry);
  }

  /** Begin an entry with what every entry of a call tells. */
  described(kind: string, job: Job, ok: boolean, code: string): AuditEntry {
    const entry = this.entry(kind, ok, code);
    entry.id = job.id;
    entry.method = job.spec.name;
    entry.mv = job.spec.mv;
    entry.tier = job.spec.tier;
    entry.params = job.params;
    entry.gates = job.gates.copy();
    entry.traceparent = job.traceparent;
    return entry;
  }
}
