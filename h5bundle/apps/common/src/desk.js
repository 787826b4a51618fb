// The page's desk: operations asked of the bank over the bridge, their troubles in words, keys kept through retries,
// and what was last seen, for hours without a network.

/** The connection of this page: the bridge, what was seen (a promise of it), and whether there is a network. */
export const desk = { bridge: null, seen: null, online: true };
const SEEN = "seen";
const SEEN_MOST = 12;

/** Something that kept an answer away. Kinds: refused, offline, cancelled, auth, unbound, busy, limited, unknown, fault. */
class Trouble extends Error {
  constructor(kind, options) {
    super(options.code || kind);
    this.kind = kind;
    this.code = options.code || "";
    this.status = options.status || 0;
    this.text = options.text || "";
    this.extra = options.extra || {};
  }
}

const KINDS = {
  OFFLINE: "offline", USER_CANCELLED: "cancelled", CONSENT_DENIED: "cancelled", AUTH_REQUIRED: "auth", NOT_BOUND: "unbound",
  BUSY: "busy", RATE_LIMITED: "limited", USER_VERIFICATION_FAILED: "cancelled", LOCKED_OUT: "refused", CHALLENGE_INVALID: "refused",
  KEY_INVALIDATED: "unbound", PERMISSION_DENIED: "refused", NOT_ENROLLED: "unbound",
};

/** A mistake of the page itself: told to the console and the app's log, never taken for the bank's silence. */
function faultOf(error) {
  console.error(error);
  const code = (error && error.name) || "Error";
  const fields = { error: code, message: String(error && error.message).slice(0, 200), at: location.hash.slice(0, 100) };
  if (desk.bridge) quietly(desk.bridge.log.event({ name: "page.fault", level: "error", fields }));
  return new Trouble("fault", { code });
}

/** The trouble behind a bridge error; a problem document that came with it keeps its words. */
export function troubleOf(error) {
  if (error instanceof Trouble) return error;
  if (!error || error.name !== "BridgeError") return faultOf(error);
  const details = error.details || {};
  const code = error.code || "INTERNAL";
  if (details.code && details.status) return Object.assign(refusal(details.status, details), { bridge: code });
  return new Trouble(KINDS[code] || "unknown", { code });
}

function refusal(status, problem) {
  const text = said(problem.message) || said(problem.detail);
  const kind = status === 429 ? "limited" : status >= 500 ? "unknown" : "refused";
  return new Trouble(kind, { code: problem.code, status, text, extra: problem });
}

function parsed(body) {
  return typeof body === "string" ? JSON.parse(body || "null") : body;
}

function given(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));
}

/** Call an operation: its answer, or a Trouble. */
export async function ask(op, params, body, idempotencyKey) {
  let answer;
  try {
    answer = await desk.bridge.net.request(given({ op, params, body, idempotencyKey }));
  } catch (error) {
    throw troubleOf(error);
  }
  const content = parsed(answer.body);
  if (answer.status >= 400) throw refusal(answer.status, content || {});
  return content;
}

async function recalled() {
  const kept = await quietly(desk.bridge.store.get({ key: SEEN }));
  return (kept && kept.value) || {};
}

/** What was seen, read once for all who ask at the same time; `forget` puts another in its place. */
function shelf() {
  desk.seen ??= recalled();
  return desk.seen;
}

/** Lay an answer on the shelf on which it was asked for; when that was forgotten meanwhile, nowhere. */
async function keep(asked, name, data) {
  const seen = await asked;
  if (asked !== desk.seen) return;
  delete seen[name];
  seen[name] = { at: new Date().toISOString(), data };
  for (const old of Object.keys(seen).slice(0, -SEEN_MOST)) delete seen[old];
  await quietly(desk.bridge.store.set({ key: SEEN, value: seen }));
}

/** Read: {data, seenAt: null}, or without a network what was last seen and when. */
export async function look(op, params) {
  const name = op + JSON.stringify(params || {});
  const asked = shelf();
  try {
    const data = await ask(op, params);
    await keep(asked, name, data);
    return { data, seenAt: null };
  } catch (error) {
    const last = error.kind === "offline" ? (await asked)[name] : null;
    if (!last) throw error;
    return { data: last.data, seenAt: last.at };
  }
}

/** Forget what was seen: another customer, or none. */
async function forget() {
  desk.seen = Promise.resolve({});
  await desk.bridge.store.remove({ key: SEEN });
}

function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Wait for something whose failure does not matter to the customer. */
export function quietly(promise) {
  return Promise.resolve(promise).catch(() => undefined);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * One thing the customer wants done once. The same content keeps its idempotency key until an answer is certain, so a
 * retry after silence is the same request; other content, or content that was refused, gets a new one.
 */
export class Attempt {
  constructor(op) {
    this.op = op;
    this.print = "";
    this.key = "";
  }

  /** Take the key for this content: the one in use when the content is the same. */
  prepare(params, body) {
    const print = JSON.stringify([params, body]);
    if (print === this.print) return;
    this.print = print;
    this.key = freshKey();
  }

  /** The next request is another one, even with the same content. */
  renew() {
    this.print = "";
  }

  async send(params, body) {
    this.prepare(params, body);
    try {
      return await this.persist(params, body, 5);
    } catch (error) {
      if (error.kind === "refused") this.renew();
      throw error;
    }
  }

  async persist(params, body, tries) {
    try {
      return await ask(this.op, params, body || {}, this.key);
    } catch (error) {
      if (error.code !== "IDEMPOTENCY_RUNNING") throw error;
      if (tries === 0) throw new Trouble("unknown", { code: error.code });
      await pause(1000);
      return this.persist(params, body, tries - 1);
    }
  }
}

const SHORT = {
  offline: "offline.now", cancelled: "cancelled.short", busy: "busy.short", limited: "limited.short", auth: "auth.text",
  unbound: "bound.text", unknown: "failed.short", refused: "failed.short",
  fault: "fault.short",
};
const MONEY = { offline: "offline.money", unknown: "unknown.money", fault: "fault.money" };

/** One sentence for a form: the server's own words first; for money, what is known about it. */
export function sentence(trouble, money) {
  return trouble.text || t((money && MONEY[trouble.kind]) || SHORT[trouble.kind]);
}

/** Put a trouble where it belongs: under the field its code names, else in the form's own line; then focus it. */
export function placeTrouble(trouble, byCode, fields, elsewhere) {
  const target = fields[byCode[trouble.code]] || fields[trouble.extra.element] || fields[trouble.extra.field] || null;
  if (target) {
    target.error(sentence(trouble));
    target.focus();
    return;
  }
  elsewhere(sentence(trouble), trouble);
}

/** The form's own line for what belongs to no field. */
export function formLine() {
  const element = h("div", { role: "alert" });
  return {
    element, clear: () => refill(element),
    say: (text, trouble) => refill(element, note("bad", trouble && trouble.kind === "offline" ? "offline" : "alert", text)),
  };
}
