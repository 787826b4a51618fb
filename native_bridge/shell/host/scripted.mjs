/**
 * The stage on which a conformance vector is played to the core: time that stands still, and methods that do what is written.
 */
export const NONCE = "VECTOR-NONCE";
export const TOKEN = "VECTOR-TOKEN";
const MICROTASKS = 20;

/** Time that moves only when a step says so. */
export class Clock {
  now = 0;
  #timers = new Set();

  setTimer = (run, ms) => {
    const timer = { at: this.now + ms, run };
    this.#timers.add(timer);
    return timer;
  };

  clearTimer = (timer) => this.#timers.delete(timer);

  advance(ms) {
    this.now += ms;
    for (const timer of [...this.#timers].sort((one, other) => one.at - other.at)) {
      if (timer.at <= this.now && this.#timers.delete(timer)) timer.run();
    }
  }
}

/** Methods that do what the vector scripts, and remember who called them with what. */
export class Scripted {
  calls = {};
  #waiting = [];

  /** @param {{BridgeError: any}} core @param {Record<string, any[]>} script acts by method, one for each call; the last for all further ones */
  constructor(core, script) {
    this.core = core;
    this.methods = Object.fromEntries(Object.entries(script).map(([name, acts]) => [name, this.#method(name, acts)]));
  }

  #method(name, acts) {
    return async (params, ctx) => {
      const calls = (this.calls[name] ??= []);
      calls.push({ bundle: ctx.bundle.id, params });
      const act = acts[Math.min(calls.length, acts.length) - 1];
      if (act.waits) return new Promise((resolve, reject) => this.#waiting.push({ name, ctx, resolve, reject }));
      return this.#act(act);
    };
  }

  #act(act) {
    if (act.throws) throw new this.core.BridgeError(act.throws.code, act.throws.message ?? "", act.throws);
    return act.returns;
  }

  /** Let the oldest waiting call of a method send a chunk. */
  chunk({ method, payload }) {
    this.#waiting[this.#oldest(method)].ctx.chunk(payload);
  }

  #oldest(method) {
    const index = this.#waiting.findIndex(({ name }) => name === method);
    if (index < 0) throw new Error(`no call of ${method} waits`);
    return index;
  }

  /** Let the oldest waiting call of a method end. */
  finish({ method, returns, throws }) {
    const [job] = this.#waiting.splice(this.#oldest(method), 1);
    try {
      job.resolve(this.#act(throws ? { throws } : { returns }));
    } catch (error) {
      job.reject(error);
    }
  }
}

export const settled = async () => {
  for (let turn = 0; turn < MICROTASKS; turn += 1) await Promise.resolve();
};
