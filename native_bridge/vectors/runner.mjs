/**
 * Plays one conformance vector against the JavaScript host core and tells every difference from what it expects.
 *
 *   const differences = await runVector({ Dispatcher, BridgeError, acceptWindowMessage }, contract, vector);   // [] = conforms
 */
import { Clock, NONCE, Scripted, settled, TOKEN } from "../shell/host/scripted.mjs";

export { Clock, NONCE, Scripted, settled, TOKEN };

const unfold = (text) =>
  text
    .replace(/@FILL\((\d+)\)@/g, (_, length) => "x".repeat(Number(length)))
    .replace(/@WIDE\((\d+)\)@/g, (_, length) => "字".repeat(Number(length)))
    .replace(/@NEST\((\d+)\)@/g, (_, depth) => "[".repeat(Number(depth)) + "]".repeat(Number(depth)));

const withoutMessage = (reply) => {
  if (!reply.e || typeof reply.e !== "object") return reply;
  const { message: _message, ...e } = reply.e;
  return { ...reply, e };
};

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
};

const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

/** Whether every member of the expected value is in the actual one; objects within are compared the same way. */
const holds = (expected, actual) =>
  typeof expected === "object" && expected !== null && !Array.isArray(expected)
    ? typeof actual === "object" && actual !== null && Object.keys(expected).every((key) => holds(expected[key], actual[key]))
    : same(expected ?? null, actual ?? null);

/** An audit entry by the members given; `params` whole, for what it keeps too much is a mistake. */
const audited = (expected, actual) =>
  holds(expected, actual) && (expected.params === undefined || same(expected.params, actual.params));

class Stage {
  sent = [];
  audit = [];
  differences = [];

  constructor(core, contract, vector) {
    this.clock = new Clock();
    this.scripted = new Scripted(core, JSON.parse(unfold(JSON.stringify(vector.methods))));
    this.dispatcher = new core.Dispatcher({
      contract, manifest: vector.manifest, policy: vector.policy ?? Object.keys(contract.methods),
      killList: vector.killList ?? [], methods: this.scripted.methods, audit: (entry) => this.audit.push(entry),
      clock: () => this.clock.now, setTimer: this.clock.setTimer, clearTimer: this.clock.clearTimer, nonce: () => NONCE,
      token: () => TOKEN, host: { platform: "browser", app: "1.0.0" }, send: (text) => this.sent.push(text),
    });
  }

  greet(contract, handshake) {
    this.dispatcher.start();
    const hash = `sha256-${"0".repeat(64)}`;
    const hello = { v: 1, t: "hello", nonce: NONCE, sdk: "vector", contract: contract.contract, hash, need: {}, want: {} };
    if (handshake) this.dispatcher.receive(JSON.stringify(hello));
    this.sent.length = 0;
    this.audit.length = 0;
  }

  act(step) {
    if (step.do === "receive") this.dispatcher.receive(step.text === undefined ? this.#written(step.message) : unfold(step.text));
    if (step.do === "finish") this.scripted.finish(step);
    if (step.do === "chunk") this.scripted.chunk(step);
    if (step.do === "wait") this.clock.advance(step.ms);
    if (step.do === "emit") this.dispatcher.emit(step.event, step.payload);
    if (step.do === "revoke") this.dispatcher.revoke(step.method);
    if (step.do === "end") this.dispatcher.end(step.reason);
  }

  /** Text and objects go as JSON, `null` as the raw value: not every message is a string. */
  #written(message) {
    return message === null ? null : JSON.stringify(message);
  }

  compare(place, expected, actual, equal = same) {
    if (!equal(expected, actual)) {
      this.differences.push(`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
    }
  }

  async play(step, index) {
    for (let time = 1; time < (step.times ?? 1); time += 1) {
      this.act(step);
      await settled();
      this.sent.length = 0;
    }
    this.act(step);
    await settled();
    const texts = this.sent.splice(0);
    this.compare(`step ${index} replies`, step.replies, texts.map((text) => withoutMessage(JSON.parse(text))));
    if (step.texts) this.compare(`step ${index} texts`, step.texts, texts);
  }
}

/** @returns {Promise<string[]>} differences; empty when the host conforms */
export async function runVector(core, contract, vector) {
  if (vector.window) return runWindow(core, vector.window);
  const stage = new Stage(core, contract, vector);
  stage.greet(contract, vector.handshake ?? true);
  for (const [index, step] of vector.steps.entries()) await stage.play(step, index);
  stage.compare("calls", vector.calls, stage.scripted.calls);
  stage.compare("audit entries", vector.audit.length, stage.audit.length);
  for (const [index, entry] of vector.audit.entries()) stage.compare(`audit ${index}`, entry, stage.audit[index], audited);
  return stage.differences;
}

function runWindow({ acceptWindowMessage }, messages) {
  return messages.flatMap(({ accept, reason, ...message }, index) => {
    const verdict = acceptWindowMessage(message);
    const right = verdict.accept === accept && (reason === undefined || verdict.reason === reason);
    return right ? [] : [`window ${index}: expected ${accept} ${reason}, got ${verdict.accept} ${verdict.reason}`];
  });
}
