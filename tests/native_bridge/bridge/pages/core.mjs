/** The host core, the contract and a session that a test can throw messages at. */
import * as host from "/shell/host/dispatcher.mjs";
import { fitsUtf8, JsonError, parseStrict, readStrictly } from "/shell/host/json.mjs";
import { acceptWindowMessage } from "/shell/host/origin.mjs";
import { ShapeError, Shapes } from "/shell/host/shapes.mjs";
import { runVector } from "/vectors/runner.mjs";

const contract = await (await fetch("/contract/contract.json")).json();
const MANIFEST = {
  bundle: "wealth", version: "1.0.0", contract: { min: "1.0", max: "1.0" }, events: Object.keys(contract.events),
  ops: ["wealth.product.list"], purposes: [], permissions: Object.fromEntries(Object.keys(contract.methods).map((name) => [name, 1])),
};

window.vector = (vector) => runVector({ ...host, acceptWindowMessage }, contract, vector);

window.strict = (texts) => texts.map((text) => {
  try {
    return { ok: true, value: JSON.stringify(parseStrict(text, 32)) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { ok: false };
  }
});

/** What a reader makes of a text: its value, in which −0 is not 0, or the words of its refusal. */
function outcome(read, text, depth) {
  try {
    return JSON.stringify(read(text, depth), (_, value) => (Object.is(value, -0) ? { minus: "zero" } : value));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return `refused: ${error.message}`;
  }
}

window.fitting = (pairs) => pairs.map(([text, most]) => fitsUtf8(text, most));

window.differing = ({ texts, depth }) => texts.filter((text) => outcome(parseStrict, text, depth) !== outcome(readStrictly, text, depth));

window.shape = ({ types, type, value, output }) => {
  const shapes = new Shapes(types);
  try {
    return { ok: true, value: output ? shapes.output(type, value) : shapes.input(type, value) };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return { ok: false, path: error.path };
  }
};

/** Play texts against a session whose methods answer, fail, wait or lie by turns; tell what came out of it. */
window.throwAt = async ({ texts, greeted }) => {
  const sent = [];
  const audit = [];
  const thrown = [];
  let turn = 0;
  const acts = [
    async () => ({ value: 1, state: "none", status: 200, body: null }), async () => { throw new host.BridgeError("OFFLINE"); },
    () => { throw new Error("a bug"); }, () => new Promise(() => {}), async () => undefined, () => ({ get value() { throw null; } }),
  ];
  const act = () => acts[turn++ % acts.length]();
  const methods = Object.fromEntries(Object.keys(contract.methods).map((name) => [name, act]));
  const timers = [];
  const dispatcher = new host.Dispatcher({
    contract, manifest: MANIFEST, policy: Object.keys(contract.methods), killList: [], methods, audit: (entry) => audit.push(entry),
    clock: () => 0, setTimer: (run) => timers.push(run), clearTimer: () => {}, nonce: () => "NONCE", token: () => "TOKEN",
    host: { platform: "browser", app: "1.0.0" }, send: (text) => sent.push(JSON.parse(text)),
  });
  dispatcher.start();
  const hello = { v: 1, t: "hello", nonce: "NONCE", sdk: "fuzz", contract: "1.0", hash: `sha256-${"0".repeat(64)}`, need: {}, want: {} };
  for (const text of [...(greeted ? [JSON.stringify(hello)] : []), ...texts]) {
    try {
      dispatcher.receive(text);
    } catch (error) {
      thrown.push(String(error));
    }
    for (let step = 0; step < 8; step += 1) await Promise.resolve();
  }
  for (const run of timers) run();
  for (let step = 0; step < 8; step += 1) await Promise.resolve();
  return { sent, audit: audit.length, thrown, state: dispatcher.state };
};
/** A session that a test plays by itself; what was sent and audited stands beside it. */
window.session = (changes = {}) => {
  const sent = [];
  const audit = [];
  const { envelope = {}, contractVersion = contract.contract, manifest = {}, ...parts } = changes;
  const dispatcher = new host.Dispatcher({
    contract: { ...contract, contract: contractVersion, envelope: { ...contract.envelope, ...envelope } },
    manifest: { ...MANIFEST, ...manifest }, policy: Object.keys(contract.methods), killList: [], methods: {},
    audit: (entry) => audit.push(entry), clock: () => 0, setTimer: () => null, clearTimer: () => {}, nonce: () => "NONCE",
    token: () => "TOKEN", host: { platform: "browser", app: "1.0.0" }, send: (text) => sent.push(JSON.parse(text)), ...parts,
  });
  const hash = `sha256-${"0".repeat(64)}`;
  const hello = (more = {}) => dispatcher.receive(JSON.stringify({
    v: 1, t: "hello", nonce: "NONCE", sdk: "test", contract: "1.0", hash, need: {}, want: {}, ...more,
  }));
  const call = (n, m, p, more = {}) =>
    dispatcher.receive(JSON.stringify({ v: 1, t: "req", s: "TOKEN", n, id: `r${n}`, m, mv: 1, p, ...more }));
  const later = async () => {
    for (let step = 0; step < 8; step += 1) await Promise.resolve();
  };
  return { dispatcher, sent, audit, hello, call, later };
};
window.PromptGate = host.PromptGate;
window.ready = true;
