/**
 * One session as it is recorded: a dispatcher that notes what is done to it, what its methods do, and what it sends and audits.
 *
 * Nothing here changes a call. What happens while something is done belongs to that step; what a method brings later
 * belongs to the step in which the method ended.
 */
import { Dispatcher } from "../host/dispatcher.mjs";

const MOST_STEPS = 3000;

/**
 * @typedef {{do: string, serial: number, at: number, sent: string[], audit: any[], timers: Timer[], id?: string | null, raw?: unknown,
 *   call?: {method: string, params: any} | null, timer?: Timer, method?: string, payload?: any, event?: string, reason?: string,
 *   returns?: any, throws?: any}} Step
 * @typedef {{ms: number, owner: Step | null, gone: number}} Timer gone: the serial of the step in which it was cleared
 */

/** @param {unknown} raw @returns {string | null} the id that a message names */
function idOf(raw) {
  try {
    const { id } = JSON.parse(/** @type {string} */ (raw));
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}

/** What an error says in a vector's script. @param {any} error */
function thrown(error) {
  const { code, message, retryable, details } = error ?? {};
  if (typeof code !== "string") return { code: "INTERNAL" };
  return JSON.parse(JSON.stringify({ code, message: typeof message === "string" ? message : undefined, retryable, details }));
}

/** A dispatcher that can be recorded; it is used like the one inside. */
export class Tape {
  /** @type {Step[]} */
  steps = [];
  secrets = { nonce: "", token: "" };
  greeted = false;
  full = false;
  #running = false;
  #serial = 0;
  #now = /** @type {Step | null} */ (null);
  #dispatcher;

  /** @param {any} parts those of a Dispatcher */
  constructor(parts) {
    this.parts = parts;
    const { send, audit, setTimer, clearTimer, nonce, token } = parts;
    this.#dispatcher = new Dispatcher({
      ...parts,
      methods: Object.fromEntries(Object.entries(parts.methods).map(([name, method]) => [name, this.#watched(name, method)])),
      send: (/** @type {string} */ text) => {
        this.#keep("sent", text, idOf(text));
        send(text);
      },
      audit: (/** @type {any} */ entry) => {
        this.#keep("audit", entry, entry.id ?? null);
        audit(entry);
      },
      setTimer: (/** @type {() => void} */ run, /** @type {number} */ ms) => {
        const timer = { ms, owner: this.#now, gone: Infinity, real: /** @type {any} */ (null) };
        this.#now?.timers.push(timer);
        timer.real = setTimer(() => this.#during({ do: "wait", timer, id: timer.owner?.id ?? null }, run), ms);
        return timer;
      },
      clearTimer: (/** @type {any} */ timer) => {
        timer.gone = this.#serial;
        clearTimer(timer.real);
      },
      nonce: () => (this.secrets.nonce = nonce()),
      token: () => (this.secrets.token = token()),
    });
  }

  get state() {
    return this.#dispatcher.state;
  }

  /** Begin anew: what was noted before is forgotten. */
  record() {
    Object.assign(this, { steps: [], greeted: this.state === "live" || this.state === "ended", full: false });
    this.#running = true;
  }

  /** Note nothing more. */
  stop() {
    this.#running = false;
  }

  start() {
    this.#dispatcher.start();
  }

  /** @param {unknown} raw */
  receive(raw) {
    this.#during({ do: "receive", raw, id: idOf(raw) }, () => this.#dispatcher.receive(raw));
  }

  /** @param {string} event @param {any} payload */
  emit(event, payload) {
    this.#during({ do: "emit", event, payload: JSON.parse(JSON.stringify(payload ?? null)) }, () => this.#dispatcher.emit(event, payload));
  }

  /** @param {string} method */
  revoke(method) {
    this.#during({ do: "revoke", method }, () => this.#dispatcher.revoke(method));
  }

  /** @param {string} reason */
  end(reason) {
    if (this.state !== "ended") this.#during({ do: "end", reason }, () => this.#dispatcher.end(reason));
  }

  /** @param {string} name @param {Function} method @returns {(params: any, ctx: any) => Promise<any>} */
  #watched(name, method) {
    return async (params, ctx) => {
      const { id } = ctx;
      if (this.#now?.do === "receive" && this.#now.id === id) this.#now.call = { method: name, params: structuredClone(params) };
      const chunk = (/** @type {any} */ payload) =>
        this.#during({ do: "chunk", method: name, id, payload: JSON.parse(JSON.stringify(payload ?? null)) }, () => ctx.chunk(payload));
      try {
        const returns = await method(params, { ...ctx, chunk });
        this.#note({ do: "finish", method: name, id, returns: JSON.parse(JSON.stringify(returns ?? null)) });
        return returns;
      } catch (error) {
        this.#note({ do: "finish", method: name, id, throws: thrown(error) });
        throw error;
      }
    };
  }

  /** @param {any} what @returns {Step | null} */
  #note(what) {
    if (!this.#running || this.full) return null;
    this.full = this.steps.length >= MOST_STEPS;
    if (this.full) return null;
    this.#serial += 1;
    const step = { serial: this.#serial, at: this.parts.clock(), sent: [], audit: [], timers: [], ...what };
    this.steps.push(step);
    return step;
  }

  /** @param {any} what @param {() => void} run */
  #during(what, run) {
    const before = this.#now;
    this.#now = this.#note(what);
    try {
      run();
    } finally {
      this.#now = before;
    }
  }

  /** @param {"sent" | "audit"} where @param {any} what @param {string | null} id */
  #keep(where, what, id) {
    if (!this.#running || this.full) return;
    const step = this.#now ?? (id === null ? null : this.steps.findLast((each) => each.id === id));
    step?.[where].push(what);
  }
}
