/**
 * The contract as the dispatcher reads it: methods, events, errors, limits and types.
 *
 * @GENERATED@
 */
import { Limits } from "./envelope.js";
import { ShapeBook } from "./shapes.js";

/** One version of one method. */
export interface MethodSpec {
  readonly name: string;
  readonly mv: number;
  readonly tier: number;
  readonly consent: string;
  readonly timeoutMs: number;
  readonly input: string;
  readonly output: string;
  /** Type of the chunks that a call may send; empty when it sends none. */
  readonly chunk: string;
  readonly errors: string[];
  /** Fields of the input that the audit may keep. */
  readonly audit: string[];
  /** Field whose value has to stand in the manifest's list; both are empty when there is none. */
  readonly allowField: string;
  readonly allowList: string;
}

export interface EventSpec {
  readonly name: string;
  readonly payload: string;
  /** True when a page gets it without asking. */
  readonly always: boolean;
}

export interface ErrorSpec {
  readonly code: string;
  readonly common: boolean;
  readonly retryable: boolean;
}

/** One contract. */
export class Contract {
  readonly version: string;
  readonly hash: string;
  readonly limits: Limits;
  readonly shapes: ShapeBook;
  private readonly methods: Map<string, MethodSpec[]> = new Map<string, MethodSpec[]>();
  private readonly events: Map<string, EventSpec> = new Map<string, EventSpec>();
  private readonly errors: Map<string, ErrorSpec> = new Map<string, ErrorSpec>();

  constructor(version: string, hash: string, limits: Limits, shapes: ShapeBook) {
    this.version = version;
    this.hash = hash;
    this.limits = limits;
    this.shapes = shapes;
  }

  addMethods(specs: MethodSpec[]): Contract {
    for (const spec of specs) {
      this.methods.set(spec.name, (this.methods.get(spec.name) ?? []).concat([spec]));
    }
    return this;
  }

  addEvents(specs: EventSpec[]): Contract {
    for (const spec of specs) {
      this.events.set(spec.name, spec);
    }
    return this;
  }

  addErrors(specs: ErrorSpec[]): Contract {
    for (const spec of specs) {
      this.errors.set(spec.code, spec);
    }
    return this;
  }

  hasMethod(name: string): boolean {
    return this.methods.has(name);
  }

  method(name: string, mv: number): MethodSpec | null {
    return (this.methods.get(name) ?? []).find((spec: MethodSpec): boolean => spec.mv === mv) ?? null;
  }

  methodNames(): string[] {
    return Array.from(this.methods.keys());
  }

  event(name: string): EventSpec | null {
    return this.events.get(name) ?? null;
  }

  error(code: string): ErrorSpec | null {
    return this.errors.get(code) ?? null;
  }
}
