/** What a vector puts around a host: time that moves when told, and methods that do what they are scripted to do. */
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

  /** Run what is due, in order, each at its own instant. @param {number} ms */
  advance(ms) {
    const end = this.now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = end;
  }
}

/** Methods that do what the vector scripts, and remember who called them with what. */
export class Scripted {
  calls = {};
  #waiting = [];
  #BridgeError;

  /** @param {any} BridgeError of the host @param {Record<string, any[]>} script acts by method, the last for all further calls */
  constructor(BridgeError, script) {
    this.#BridgeError = BridgeError;
    this.methods = Object.fromEntries(Object.entries(script).map(([name, acts]) => [name, this.#method(name, acts)]));
  }

  #method(name, acts) {
    return async (params, ctx) => {
      const calls = (this.calls[name] ??= []);
      calls.push({ bundle: ctx.bundle.id, params });
      const act = acts[Math.min(calls.length, acts.length) - 1];
      if (act.waits) return new Promise((resolve, reject) => this.#waiting.push({ name, resolve, reject, ctx }));
      return this.#acted(act);
    };
  }

  /** Let the oldest waiting call of a method end. */
  finish({ method, returns, throws }) {
    const job = this.#oldest(method);
    this.#waiting.splice(this.#waiting.indexOf(job), 1);
    try {
      job.resolve(this.#acted(throws ? { throws } : { returns }));
    } catch (error) {
      job.reject(error);
    }
  }

  /** Let the oldest waiting call of a method send a chunk. */
  chunk({ method, payload }) {
    this.#oldest(method).ctx.chunk(payload);
  }

  #oldest(method) {
    const job = this.#waiting.find(({ name }) => name === method);
    if (!job) throw new Error(`no call of ${method} waits`);
    return job;
  }

  #acted(act) {
    if (act.throws) throw new this.#BridgeError(act.throws.code, act.throws.message ?? "", act.throws);
    return act.returns;
  }
}
