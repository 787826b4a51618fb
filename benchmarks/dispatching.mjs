/**
 * Measures bridge cores in one process of Node: a batch of the same calls through each, and the bare JSON of their texts.
 *
 *   node dispatching.mjs SHELL_HOST_FOLDER TYPESCRIPT_HOST_FOLDER CONTRACT
 *
 * Each line of standard input names a case; each answer is one line: calls, seconds and CPU seconds.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [shellFolder, typescriptFolder, contractFile] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { Dispatcher: ShellDispatcher } = await import(`${shellFolder}/dispatcher.mjs`);
const { Dispatcher, CONTRACT, readManifest, PromptGate, fromText } = {
  ...require(`${typescriptFolder}/dispatcher.js`), ...require(`${typescriptFolder}/contract.js`),
  ...require(`${typescriptFolder}/manifest.js`), ...require(`${typescriptFolder}/calls.js`),
  fromText: (text) => require(`${typescriptFolder}/strict.js`).parseStrict(text, 32),
};

const CALLS = 20000;
const TOGETHER = 16;
const MANIFEST = {
  bundle: "wealth", version: "1.0.0", contract: { min: "1.0", max: "1.1" }, events: [], purposes: [],
  permissions: { "store.set": 1, "net.request": 1 }, ops: ["wealth.product.list"],
};
const DRAFT = Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`field${n}`, { label: `字段 ${n}`, value: n * 1.5, done: n % 2 === 0 }]));
const PRODUCT = { code: "JMG-0001", name: { zh: "金芒果", en: "Golden Mango" }, yield: "3.15", term: 180, quota: 1000000, open: true };
const LIST = { status: 200, body: { products: Array.from({ length: 20 }, (_, n) => ({ ...PRODUCT, code: `JMG-${n}` })) } };
const LISTED = JSON.stringify(LIST);

const request = (n) => {
  const [m, p] = n % 2 === 0 ? ["store.set", { key: "draft", value: DRAFT }] : ["net.request", { op: "wealth.product.list", params: { page: "1" } }];
  return JSON.stringify({ v: 1, t: "req", s: "T", n, id: `r${n}`, m, mv: 1, p });
};
const TEXTS = Array.from({ length: CALLS }, (_, n) => request(n));
const HELLO = JSON.stringify({ v: 1, t: "hello", nonce: "N", sdk: "x", contract: "1.1", hash: `sha256-${"0".repeat(64)}`, need: {}, want: {} });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function shell(send) {
  const contract = JSON.parse(readFileSync(contractFile, "utf8"));
  const methods = { "store.set": async () => ({}), "net.request": async () => LIST };
  const session = new ShellDispatcher({
    contract, manifest: MANIFEST, policy: Object.keys(contract.methods), killList: [], methods, audit: () => {}, clock: () => 0,
    setTimer: () => null, clearTimer: () => {}, nonce: () => "N", token: () => "T", host: { platform: "browser", app: "1" }, send,
  });
  session.start();
  session.receive(HELLO);
  return (text) => session.receive(text);
}

function typescript(send) {
  const [empty, list] = [fromText("{}"), fromText(LISTED)];
  const methods = new Map([["store.set", async () => empty], ["net.request", async () => list]]);
  const session = new Dispatcher({
    contract: CONTRACT, manifest: readManifest(fromText(JSON.stringify(MANIFEST))), digest: "", policy: CONTRACT.methodNames(), killList: [],
    methods, host: { platform: "browser", app: "1" }, clock: { now: () => 0, after: () => ({ cancel: () => {} }) }, port: { send },
    chance: { nonce: () => "N", token: () => "T" }, audit: { write: () => {} }, prompts: new PromptGate(),
  });
  session.start();
  session.receive(HELLO);
  return (text) => session.receive(text);
}

/** The peer: each text is read and an answer of the same size is written, and nothing is checked. */
function bare(send) {
  return (text) => {
    const { id, m } = JSON.parse(text);
    send(JSON.stringify({ v: 1, t: "res", id, ok: true, r: m === "store.set" ? {} : LIST }));
  };
}

const CASES = { bare, shell, typescript };

async function measured(name) {
  let answers = 0;
  const give = CASES[name]((text) => { answers += text.startsWith('{"v":1,"t":"res"') && text.includes('"ok":true') ? 1 : 0; });
  const worked = process.cpuUsage();
  const begun = performance.now();
  for (let at = 0; at < CALLS; at += TOGETHER) {
    for (const text of TEXTS.slice(at, at + TOGETHER)) give(text);
    await settled();
  }
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(worked);
  if (answers !== CALLS) throw new Error(`${name}: ${answers} of ${CALLS} calls were answered`);
  return { count: CALLS, seconds, cpu: (user + system) / 1e6 };
}

for await (const name of createInterface({ input: process.stdin })) console.log(JSON.stringify(await measured(name)));
