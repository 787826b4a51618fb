// A shell for the pages' tests: it speaks the bridge's envelope on a real port to the real client, and records what it heard.

import { Bank } from "./bank.js";

const asked = new URLSearchParams(location.search);
const bundle = asked.get("bundle");
const origin = location.protocol + "//" + bundle + "-h5.localhost:" + location.port;
const declared = await (await fetch("/host/declared/" + bundle + ".json")).json();
const own = declared.answers ? await import("/host/answers/" + bundle + ".js") : { answers: () => ({}), keyed: [] };
const KEYED = new Set([...own.keyed, "accounts.application.create", "accounts.application.resend_code", "accounts.application.verify_code", "accounts.application.bind_card",
  "accounts.application.declare_tax", "accounts.fund", "wealth.suitability.assess", "wealth.order.prepare"]);

class Refused extends Error {
  constructor(code, details = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

const host = {
  bank: new Bank({ state: asked.get("state") || "new", level: asked.get("level") === "none" ? null : undefined }),
  /** When set, every operation answers this instead: {status, body}. */
  failing: null,
  info: { platform: "browser", version: "1.0.0", locale: asked.get("locale") || "zh-CN", theme: asked.get("theme") || "light", insets: { top: 0, bottom: Number(asked.get("inset") || 34), left: 0, right: 0 }, env: "sandbox", bank: { zh: "澜江银行", en: "Lanjiang Bank" } },
  calls: [], opened: [], titles: [], ready: 0, guarded: false, offline: false, slow: 0, slowOps: {}, sign: "ACCEPTED", bind: "ok", save: "ok", saved: [], store: new Map(), queued: {}, protectedNow: false, post: null,
  /** Answer the next call of an operation with this instead: {status, body} or {error: code, details}. */
  next(op, answer) {
    (this.queued[op] ??= []).push(answer);
  },
  event(name, payload) {
    this.post({ v: 1, t: "evt", e: name, seq: 1, p: payload });
  },
};
host.bank.more = own.answers(host.bank, asked.get("state") || "new");
window.host = host;

function request(p) {
  if (!declared.ops.includes(p.op)) throw new Refused("PERMISSION_DENIED");
  if (p.params && Object.values(p.params).some((value) => typeof value !== "string")) throw new Refused("PARAMS_INVALID");
  if (KEYED.has(p.op) && !/^[A-Za-z0-9_-]{8,64}$/.test(p.idempotencyKey || "")) throw new Refused("PARAMS_INVALID");
  if (host.offline) throw new Refused("OFFLINE");
  if (host.failing) return host.failing;
  const queued = (host.queued[p.op] || []).shift();
  if (queued && queued.after) host.bank.answer(p);
  if (queued && queued.error) throw new Refused(queued.error, queued.details);
  return queued || host.bank.answer(p);
}

function sign(p) {
  if (!host.bank.challenges.has(p.challengeId)) throw new Refused("CHALLENGE_INVALID");
  if (!["ACCEPTED", "REJECTED", "UNKNOWN", "LOST"].includes(host.sign)) throw new Refused(host.sign, host.signDetails);
  const order = host.bank.place(p.challengeId, host.sign === "LOST" ? "ACCEPTED" : host.sign);
  if (host.sign === "LOST") throw new Refused("INTERRUPTED");
  return { approval: "A".repeat(100) + "." + "B".repeat(86), keyId: "k".repeat(43), displayHash: "0".repeat(64), operationId: order.operationId, status: "SPENT", result: { orderId: order.orderId, state: order.state } };
}

function bind() {
  if (host.bind !== "ok") throw new Refused(host.bind);
  host.bank.bound = true;
  return { state: "ACTIVE", boundAt: "2026-11-20T06:32:00Z" };
}

const METHODS = {
  "app.info": () => host.info,
  "app.ready": () => { host.ready += 1; return {}; },
  "ui.setTitleBar": (p) => { host.titles.push(p.title); return {}; },
  "nav.setBackGuard": (p) => { host.guarded = p.enabled; return {}; },
  "nav.open": (p) => { host.opened.push(p.route); return {}; },
  "log.event": () => ({}),
  "screen.protect": (p) => { host.protectedNow = p.enabled; return {}; },
  "session.status": () => ({ state: host.bank.bound ? "customer" : "onboarding", customer: host.bank.bound ? { name: "陈*" } : null, deviceState: host.bank.bound ? "ACTIVE" : "PENDING" }),
  "store.get": (p) => ({ value: host.store.has(p.key) ? JSON.parse(host.store.get(p.key)) : null }),
  "store.set": (p) => { host.store.set(p.key, JSON.stringify(p.value)); return {}; },
  "store.remove": (p) => { host.store.delete(p.key); return {}; },
  "file.save": (p) => {
    if (host.save !== "ok") throw new Refused(host.save);
    host.saved.push(p);
    return { saved: true };
  },
  "net.request": request, "tx.sign": sign, "device.bind": bind,
};

async function perform(message) {
  host.calls.push({ m: message.m, p: message.p });
  if (!(message.m in declared.permissions)) throw new Refused("PERMISSION_DENIED");
  const slow = host.slowOps[message.p?.op] || host.slow;
  if (slow) await new Promise((resolve) => setTimeout(resolve, slow));
  return METHODS[message.m](message.p);
}

async function receive(port, token, message) {
  if (message.t === "hello") {
    const granted = Object.fromEntries(Object.entries({ ...message.need, ...message.want }).filter(([name]) => name in declared.permissions));
    const denied = Object.fromEntries(Object.keys(message.need).filter((name) => !(name in granted)).map((name) => [name, "PERMISSION_DENIED"]));
    host.post({ v: 1, t: "welcome", s: token, contract: "1.0", host: { platform: "browser", app: "1.0.0" }, granted, denied, bundle: { id: bundle, version: "1.0.0" }, limits: { bytes: 262144, inflight: 16 } });
    return;
  }
  if (message.t !== "req" || message.s !== token) return;
  try {
    host.post({ v: 1, t: "res", id: message.id, ok: true, r: await perform(message) });
  } catch (error) {
    host.post({ v: 1, t: "res", id: message.id, ok: false, e: { code: error.code || "INTERNAL", message: String(error.message), retryable: false, details: error.details || {} } });
  }
}

window.addEventListener("message", (event) => {
  if (event.origin !== origin || event.data?.tidegate !== "page-hello") return;
  const { port1, port2 } = new MessageChannel();
  const token = crypto.getRandomValues(new Uint32Array(4)).join("-");
  host.post = (message) => port1.postMessage(JSON.stringify(message));
  port1.onmessage = (heard) => receive(port1, token, JSON.parse(heard.data));
  event.source.postMessage({ tidegate: "page-init" }, origin, [port2]);
  host.post({ v: 1, t: "init", nonce: "bm9uY2U" });
});

document.getElementById("frame").src = origin + "/v/" + "0".repeat(64) + "/index.html#" + (asked.get("at") || "/");
