/**
 * The JavaScript core as a host under test: speaks the vectors' protocol (docs/vectors.md) over standard input and output.
 *
 *   bridge vectors run -- node native_bridge/drivers/javascript/host.mjs
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { b64urlDecode } from "../../shell/core/encoding.mjs";
import { BridgeError, Dispatcher } from "../../shell/host/dispatcher.mjs";
import { acceptWindowMessage } from "../../shell/host/origin.mjs";
import { Clock, Scripted } from "../../vectors/stage.mjs";
import { signedBytes } from "./approvals.mjs";
import { verifies } from "./signatures.mjs";

const COMPILED = readFileSync(new URL("../../contract/contract.json", import.meta.url));
const CONTRACT = JSON.parse(COMPILED.toString("utf8"));
const HASH = `sha256-${createHash("sha256").update(COMPILED).digest("hex")}`;

let stage = /** @type {any} */ (null);

/** Begin a session as the vector wants it. */
function open({ manifest, policy, killList, methods }) {
  const clock = new Clock();
  const scripted = new Scripted(BridgeError, methods);
  const sent = [];
  const audit = [];
  const dispatcher = new Dispatcher({
    contract: CONTRACT, manifest, policy, killList, methods: scripted.methods, audit: (entry) => audit.push(entry),
    clock: () => clock.now, setTimer: clock.setTimer, clearTimer: clock.clearTimer, nonce: () => "VECTOR-NONCE",
    token: () => "VECTOR-TOKEN", host: { platform: "browser", app: "1.0.0" }, send: (text) => sent.push(text),
  });
  stage = { clock, scripted, sent, audit, dispatcher };
  dispatcher.start();
}

const COMMANDS = {
  about: () => ({ protocol: 1, language: "javascript", contract: HASH, can: ["session", "window", "bytes", "verify"] }),
  open,
  receive: ({ raw }) => stage.dispatcher.receive(raw),
  finish: (command) => stage.scripted.finish(command),
  chunk: (command) => stage.scripted.chunk(command),
  wait: ({ ms }) => stage.clock.advance(ms),
  emit: ({ event, payload }) => stage.dispatcher.emit(event, payload),
  revoke: ({ method }) => stage.dispatcher.revoke(method),
  end: ({ reason }) => stage.dispatcher.end(reason),
  close: () => ({ calls: stage.scripted.calls, audit: stage.audit }),
  window: ({ source, origin, data, expectedOrigin, state }) => judged(acceptWindowMessage({ source, origin, data, expectedOrigin, state })),
  bytes: ({ operation }) => signedBytes(operation),
  verify: async ({ bytes, signature, key }) => ({ valid: await verifies(key, b64urlDecode(bytes), signature) }),
};

const IN_SESSION = new Set(["receive", "finish", "chunk", "wait", "emit", "revoke", "end", "close"]);

/** @param {{accept: boolean, reason?: string}} verdict */
function judged({ accept, reason }) {
  return accept ? { accept } : { accept, reason };
}

/** Let everything happen that needs no time. */
function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param {string} line */
async function answer(line) {
  try {
    const command = JSON.parse(line);
    if (!Object.hasOwn(COMMANDS, command?.do)) return { error: "no such command" };
    if (stage === null && IN_SESSION.has(command.do)) return { error: "no session is open" };
    const own = await COMMANDS[command.do](command);
    if (own !== undefined) return own;
    await settled();
    return { sent: stage.sent.splice(0) };
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}` };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
