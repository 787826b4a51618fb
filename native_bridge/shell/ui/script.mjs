/**
 * The script of a vector from recorded steps: acts for each method's calls, and steps in an order that every player can follow.
 *
 * A player ends the oldest waiting call of a method. A call that ended before an older one of its method answers at once
 * instead; chunks of a call that is not the oldest come right before its end. Time stands still unless a call ran out of it.
 */

/** @typedef {import("./tape.mjs").Step} Step @typedef {{step: any, from: Step, sent: string[], audit: any[]}} Line */

/** @param {Step} step @returns {any} as the vector writes it */
function written({ do: act, raw, method, returns, throws, payload, event, reason }) {
  if (act === "receive") return { do: act, ...message(raw) };
  if (act === "finish") return throws ? { do: act, method, throws } : { do: act, method, returns };
  if (act === "chunk") return { do: act, method, payload };
  if (act === "emit") return { do: act, event, payload };
  return act === "revoke" ? { do: act, method } : { do: act, reason };
}

/** A message as an object when that gives the same text, else as the text; what is no text is null. @param {unknown} raw */
function message(raw) {
  if (typeof raw !== "string") return { message: null };
  try {
    const read = JSON.parse(raw);
    return read !== null && JSON.stringify(read) === raw ? { message: read } : { text: raw };
  } catch {
    return { text: raw };
  }
}

/** The script while it is written: which calls wait, and which answer at once. */
class Script {
  lines = /** @type {Line[]} */ ([]);
  acts = /** @type {Record<string, any[]>} */ ({});
  calls = /** @type {Record<string, any[]>} */ ({});
  #waiting = /** @type {Record<string, string[]>} */ ({});
  #begun = new Map();
  #held = new Map();

  /** @param {Step} step */
  add(step) {
    const line = { step: written(step), from: step, sent: [...step.sent], audit: [...step.audit] };
    if (step.do === "finish") this.#finish(step, line);
    else if (step.do === "chunk") this.#chunk(step, line);
    else this.lines.push(line);
    if (step.do === "receive" && step.call) this.#call(step, line);
  }

  #call({ id, call }, line) {
    const { method, params } = call;
    const act = { waits: true };
    (this.acts[method] ??= []).push(act);
    (this.calls[method] ??= []).push({ params });
    (this.#waiting[method] ??= []).push(id);
    this.#begun.set(id, { act, line });
  }

  #finish({ id, method, returns, throws }, line) {
    const waiting = this.#waiting[method] ?? [];
    if (!waiting.includes(id)) return;
    if (waiting[0] === id) {
      this.lines.push(...this.#released(id), line);
      waiting.shift();
    } else if (line.sent.length) this.#atOnce(id, waiting, line, throws ? { throws } : { returns });
  }

  /** A late end behind an older call changes nothing and keeps waiting; any other is its call's own answer. */
  #atOnce(id, waiting, line, act) {
    waiting.splice(waiting.indexOf(id), 1);
    const begun = this.#begun.get(id);
    delete begun.act.waits;
    Object.assign(begun.act, act);
    begun.line.sent.push(...line.sent);
    begun.line.audit.push(...line.audit.map((/** @type {any} */ { chunks: _chunks, ...entry }) => entry));
  }

  /** Chunks that waited for their call to be the oldest. @param {string} id @returns {Line[]} */
  #released(id) {
    const held = this.#held.get(id) ?? [];
    this.#held.delete(id);
    return held;
  }

  #chunk({ id, method }, line) {
    const waiting = this.#waiting[method] ?? [];
    if (waiting[0] === id) this.lines.push(...this.#released(id), line);
    else if (waiting.includes(id)) this.#held.set(id, [...(this.#held.get(id) ?? []), line]);
  }
}

/** Virtual time: as it was, but never past the end of a timer that is still running. */
class Time {
  #now = 0;
  #running = /** @type {{timer: any, due: number}[]} */ ([]);

  /** @param {Step} step @param {number} begun @returns {number} how long to wait before the step */
  before(step, begun) {
    this.#running = this.#running.filter(({ timer }) => timer.gone >= step.serial);
    const due = this.#running.find(({ timer }) => timer === step.timer)?.due;
    const limit = Math.min(...this.#running.map((each) => each.due - 1));
    const until = due ?? Math.min(step.at - begun, limit);
    const wait = Math.max(0, Math.floor(until - this.#now));
    this.#now += wait;
    if (due !== undefined) this.#running = this.#running.filter(({ timer }) => timer !== step.timer);
    this.#running.push(...step.timers.map((timer) => ({ timer, due: this.#now + timer.ms })));
    return wait;
  }
}

/** Put the waits in. @param {Step[]} steps @param {Script} script */
function timed(steps, script) {
  const time = new Time();
  const passing = steps.some((step) => step.do === "wait");
  for (const step of steps) {
    const ms = passing ? time.before(step, steps[0].at) : 0;
    const last = script.lines.at(-1);
    const ended = step.do === "wait";
    if (ms > 0) script.lines.push({ step: { do: "wait", ms }, from: step, sent: ended ? [...step.sent] : [], audit: ended ? [...step.audit] : [] });
    else if (ended) {
      last?.sent.push(...step.sent);
      last?.audit.push(...step.audit);
    }
    if (!ended) script.add(step);
  }
}

/**
 * @param {Step[]} steps recorded ones @param {string[]} implemented methods that the manifest names and the shell has
 * @returns {{methods: Record<string, any[]>, calls: Record<string, any[]>, script: Line[]}}
 */
export function planned(steps, implemented) {
  const script = new Script();
  timed(steps.filter((step) => step.do !== "wait" || steps.includes(/** @type {any} */ (step.timer?.owner))), script);
  const methods = Object.fromEntries(implemented.map((name) => [name, script.acts[name] ?? [{ waits: true }]]));
  return { methods, calls: script.calls, script: script.lines };
}
