/**
 * What went over the bridge, as the debug panel tells it: one row for each call, made from the envelopes themselves.
 *
 * Nothing here can change a call, or keep it waiting: what was said is kept as it came, and read when somebody looks. Rows hold what the page sent and got; the shell's own calls to the bank stand between.
 */
const MOST_ROWS = 400;
const MOST_UNREAD = 1000;
const GRAVE = new Set(["INTERNAL", "PERMISSION_DENIED", "SESSION_INVALID", "REPLAYED", "ENVELOPE_INVALID", "METHOD_UNKNOWN", "VERSION_UNSUPPORTED", "PARAMS_INVALID", "TOO_LARGE"]);

/**
 * @typedef {{id: number, page: number, bundle: string, at: number, tier: number | null, method: string, note: string,
 *   ms: number | null, result: "open" | "ok" | "warn" | "bad", code: string | null, n: number | null, call: string | null,
 *   request: any, answer: any, chunks: {at: number, seq: number, p: any}[], gates: Record<string, string> | null}} Row
 */

const GATES = Object.freeze({
  manifest: { pass: "declared", fail: "undeclared" }, policy: { pass: "allowed", fail: "forbidden" },
  killList: { pass: "clear", fail: "revoked" }, consent: { pass: "given", fail: "denied", "not-asked": "unasked" },
});

/** The dispatcher's gates in the words of the panel. @param {Record<string, string>} gates */
function gateWords(gates) {
  return Object.fromEntries(Object.entries(GATES).map(([gate, words]) => [gate, words[gates[gate]] ?? "unasked"]));
}

/** @param {any} request @param {any} answer @returns {string} what distinguishes this call from others of its method */
function noteOf(request, answer) {
  const parameters = request?.p ?? {};
  const subject = [parameters.op, parameters.title, parameters.route, parameters.key, parameters.name].find((each) => typeof each === "string") ?? "";
  const status = answer?.r?.status;
  const problem = status >= 400 ? `${status} ${answer.r.body?.code ?? ""}` : "";
  return [subject, problem || answer?.e?.code].filter(Boolean).join(" · ");
}

/** The object that a text holds, or null. @param {string} text @returns {any} */
function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The journal of this shell. */
export class Journal {
  #serial = 0;
  #started = 0;
  #rows = /** @type {Row[]} */ ([]);
  #events = /** @type {any[]} */ ([]);
  #logs = /** @type {any[]} */ ([]);
  /** What came and was not read yet, in order. @type {(() => void)[]} */
  #unread = [];
  #onChange;
  #clock;
  #tiers;

  /** @param {{onChange: () => void, clock?: () => number, tiers: () => Record<string, number>}} parts */
  constructor({ onChange, clock = () => performance.now(), tiers }) {
    this.#onChange = onChange;
    this.#clock = clock;
    this.#tiers = tiers;
    this.#started = clock();
  }

  get rows() {
    this.#read();
    return this.#rows;
  }

  get events() {
    this.#read();
    return this.#events;
  }

  get logs() {
    this.#read();
    return this.#logs;
  }

  #read() {
    for (const read of this.#unread.splice(0)) read();
  }

  /** Keep what came until somebody looks. @param {() => void} read */
  #later(read) {
    this.#unread.push(read);
    if (this.#unread.length > MOST_UNREAD) this.#read();
    this.#onChange();
  }

  /**
   * Note one envelope on a page's port.
   * @param {"in" | "out"} direction in: from the page @param {string} text @param {any} page
   */
  message(direction, text, page) {
    const at = this.#clock();
    this.#later(() => {
      const envelope = objectOf(text);
      if (envelope === null) {
        this.#add({ ...this.#blank(page, at), method: "?", note: "ENVELOPE_INVALID", result: "bad", code: "ENVELOPE_INVALID", request: text });
      } else if (direction === "in") this.#fromPage(envelope, page, at);
      else this.#toPage(envelope, page, at);
    });
  }

  #fromPage(envelope, page, at) {
    if (envelope.t === "hello") this.#add({ ...this.#blank(page, at), method: "hello → welcome", request: envelope, call: "hello" });
    if (envelope.t !== "req") return;
    this.#add({
      ...this.#blank(page, at), method: typeof envelope.m === "string" ? envelope.m : "?", tier: this.#tierOf(envelope.m), note: noteOf(envelope, null),
      n: envelope.n, call: envelope.id, request: envelope,
    });
  }

  /** @param {unknown} method what the page named @returns {number | null} */
  #tierOf(method) {
    const tiers = this.#tiers();
    return typeof method === "string" && Object.hasOwn(tiers, method) ? tiers[method] : null;
  }

  #toPage(envelope, page, at) {
    if (envelope.t === "end" || envelope.t === "err") {
      this.#add({ ...this.#blank(page, at), method: envelope.t, note: envelope.e.code, code: envelope.e.code, result: "bad", answer: envelope });
    }
    if (envelope.t === "evt") {
      this.#events.push({ at: at - this.#started, name: envelope.e, bundle: page.bundle, payload: envelope.p });
      this.#events.splice(0, this.#events.length - MOST_ROWS);
    }
    if (envelope.t === "chunk") this.#chunk(envelope, page, at);
    const call = envelope.t === "welcome" ? "hello" : envelope.t === "res" ? envelope.id : null;
    const row = call && this.#rows.findLast((each) => each.page === page.serial && each.call === call && each.result === "open");
    if (!row) return;
    const code = envelope.e?.code ?? null;
    const denied = envelope.t === "welcome" && Object.keys(envelope.denied ?? {}).length > 0;
    const upstream = envelope.r?.status >= 400;
    Object.assign(row, {
      ms: at - this.#started - row.at, answer: envelope, code,
      note: envelope.t === "welcome" ? `${page.bundle} · ${envelope.contract}` : noteOf(row.request, envelope),
      result: code ? (GRAVE.has(code) ? "bad" : "warn") : denied || upstream ? "warn" : "ok",
    });
  }

  #chunk({ id, seq, p }, page, at) {
    const row = this.#rows.findLast((each) => each.page === page.serial && each.call === id && each.result === "open");
    row?.chunks.push({ at: Math.round(at - this.#started - row.at), seq, p });
  }

  /** What the dispatcher tells its audit: gates go to the call's row, the rest to the log. @param {any} entry @param {any} page */
  audit(entry, page) {
    this.#later(() => {
      const row = entry.kind === "call" && this.#rows.findLast((each) => each.page === page.serial && each.call === entry.id);
      if (row && entry.gates) row.gates = gateWords(entry.gates);
    });
    if (entry.kind === "drop" || entry.kind === "late" || entry.code === "INTERNAL") {
      this.log({ level: "warn", name: `bridge.${entry.kind}`, fields: { code: entry.code, reason: entry.reason ?? "", method: entry.method ?? "" } }, page.bundle);
    }
  }

  /** Note a call that the shell makes for itself. @param {any} call from api.onCall */
  own({ op, bundle, method, path, status, code, milliseconds }) {
    if (bundle) return;
    const at = this.#clock() - this.#started - milliseconds;
    const bad = !(status >= 200 && status < 400);
    const usual = code === "NONCE_REQUIRED";
    this.#read();
    this.#add({
      ...this.#blank({ serial: 0, bundle: "" }, this.#clock()), at, method: op, note: bad ? `${status ?? ""} ${code ?? ""}`.trim() : "", ms: milliseconds,
      result: usual || !bad ? "ok" : "warn", code: bad && !usual ? code ?? "OFFLINE" : null, request: { method, path }, answer: { status: status ?? null, code: code ?? null },
    });
    this.#onChange();
  }

  /** @param {{level: string, name: string, fields?: any}} event @param {string} source */
  log(event, source) {
    this.#logs.push({ at: this.#clock() - this.#started, source, ...event });
    this.#logs.splice(0, this.#logs.length - MOST_ROWS);
    this.#onChange();
  }

  /** A page has gone: what it still waited for never came. @param {any} page @param {string} reason */
  ended(page, reason) {
    for (const row of this.rows) {
      if (row.page === page.serial && row.result === "open") Object.assign(row, { result: "warn", note: `${row.note} · ${reason}`, ms: null });
    }
    this.#onChange();
  }

  #blank(page, at) {
    this.#serial += 1;
    return {
      id: this.#serial, page: page.serial, bundle: page.bundle, at: at - this.#started, tier: null, method: "", note: "", ms: null,
      result: "open", code: null, n: null, call: null, request: null, answer: null, chunks: [], gates: null,
    };
  }

  /** @param {Row} row */
  #add(row) {
    this.#rows.push(row);
    this.#rows.splice(0, this.#rows.length - MOST_ROWS);
  }
}
