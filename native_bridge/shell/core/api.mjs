/**
 * The shell's client of the bank's API: registration, sessions, DPoP proofs, and calls built from the catalogue.
 *
 *   const api = new Api({ base: "/app/v1", keys, store, env, aud, app: { id, version }, platform, model });
 *   await api.loadCatalogue();                 // kept in the store for offline starts
 *   await api.register();                      // → { deviceId, level, state }; does nothing when already registered
 *   await api.ensureSession();                 // any session; registers first when needed → api.session
 *   await api.login({ confirmFactor });        // customer session; confirmFactor: async ({purpose:"login"}) → "face" | "pin",
 *                                              // throws USER_CANCELLED to stop
 *   await api.request({ op, params, body, idempotencyKey, bundle });   // → { status, body, headers }; problem+json too
 *   await api.upload({ op, params, file, idempotencyKey, bundle, onProgress, signal });   // the same, with a file as the body
 *   await api.logout();
 *   await api.prepareBind();                   // → answer of device.bind.prepare
 *   await api.confirmBind(prepared, code);     // signs with K_tx → { status, body }; prepared: the body of prepareBind
 *   await api.device();                        // → { status, body } of device.get
 *   await api.forgetDevice();                  // drops device id, keys and sessions; open the keys again afterwards
 *   api.session                                // { state: "none"|"onboarding"|"customer", customer, deviceId, deviceState }
 *   api.onSession = (session) => {}            // after each change
 *   api.onCall = ({ op, bundle, method, path, status, code, milliseconds }) => {}   // for the timeline
 *   api.now()                                  // Date by the server's clock
 *
 * `bundle` is the running bundle's string `wealth@1.0.0#<digest>`; it goes into the proof's `bnd`. Without it the call is
 * the shell's own. Throws ShellError: OFFLINE, TIMEOUT, AUTH_REQUIRED (a customer operation without a customer session),
 * PERMISSION_DENIED (a shell operation asked by a bundle), METHOD_UNKNOWN (no such operation), PARAMS_INVALID, and
 * UPSTREAM_ERROR with details {status, body} where the shell's own step was refused. Tokens live in memory only.
 */
import { buildCall, readCatalogue } from "./calls.mjs";
import { proof } from "./dpop.mjs";
import { b64urlEncode, parseJson } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";
import { DeviceKeys, bindMessage, loginMessage, registerTranscript } from "./keys.mjs";
import { tellingFetch } from "./sending.mjs";

const BUNDLE = /^[a-z][a-z0-9-]{0,63}@\d+\.\d+\.\d+[0-9A-Za-z.+-]*#[0-9a-f]{64}$/;
const EARLY_MS = 20_000;
const UPLOAD_MS = 600_000;
const LONGEST_BINDING_S = 3600;
const MAX_ANSWER = 4 * 1024 * 1024;

/**
 * @typedef {{status: number, body: any, headers: Record<string, string>}} Answer
 * @typedef {{accessToken: string, refreshToken: string, expiresAt: number, scope: "onboarding" | "customer",
 *   customer: {customerId: string, name: string} | null}} Session
 * @typedef {(ask: {purpose: string}) => Promise<"face" | "pin">} ConfirmFactor
 */

export class Api {
  #base;
  #keys;
  #store;
  #env;
  #aud;
  #app;
  #platform;
  #model;
  #confirmFactor;
  #fetch;
  #sending;
  #clock;
  #timeoutMs;
  #skewMs = 0;
  #nonce = "";
  /** @type {Map<string, import("./calls.mjs").Entry> | null} */
  #catalogue = null;
  /** @type {{deviceId: string, level: string, state: string} | null} */
  #device = null;
  /** @type {Session | null} */
  #session = null;
  /** @type {Map<string, Promise<any>>} */
  #flights = new Map();

  /** @type {(session: Api["session"]) => void} */
  onSession = () => {};
  /** @type {(call: Record<string, unknown>) => void} */
  onCall = () => {};

  /**
   * @param {{base: string, keys: DeviceKeys, store: import("./store.mjs").Store, env: string, aud: string,
   *   app: {id: string, version: string}, platform: string, model: string, confirmFactor?: ConfirmFactor,
   *   fetch?: typeof globalThis.fetch, sending?: (onProgress: (sent: number, total: number) => void) => any, clock?: () => number, timeoutMs?: number}} parts
   *   base: address of the API, absolute or on this origin; clock: epoch milliseconds
   */
  constructor({ base, keys, store, env, aud, app, platform, model, confirmFactor, fetch, sending = tellingFetch, clock, timeoutMs = 15_000 }) {
    this.#base = new URL(base, globalThis.location?.href).href.replace(/\/$/, "");
    this.#keys = keys;
    this.#store = store;
    this.#env = env;
    this.#aud = aud;
    this.#app = app;
    this.#platform = platform;
    this.#model = model;
    this.#confirmFactor = confirmFactor;
    this.#sending = sending;
    this.#fetch = fetch ?? globalThis.fetch.bind(globalThis);
    this.#clock = clock ?? Date.now;
    this.#timeoutMs = timeoutMs;
  }

  /** The instant by the server's clock, as far as its answers have told. @returns {Date} */
  now() {
    return new Date(this.#clock() + this.#skewMs);
  }

  /** @returns {{state: string, customer: {customerId: string, name: string} | null, deviceId: string | null, deviceState: string}} */
  get session() {
    return {
      state: this.#session?.scope ?? "none",
      customer: this.#session?.customer ?? null,
      deviceId: this.#device?.deviceId ?? null,
      deviceState: this.#device?.state ?? "NONE",
    };
  }

  /** Fetch the catalogue; without a connection take the one of the last start. */
  async loadCatalogue() {
    try {
      const { status, body } = await this.#send({ method: "GET", path: "/catalogue" }, { op: "catalogue" });
      if (status !== 200) throw new ShellError("UPSTREAM_ERROR", `the catalogue answers ${status}`, { status, body });
      this.#catalogue = readCatalogue(Array.isArray(body) ? body : body?.operations);
      await this.#store.put("values", "catalogue", [...this.#catalogue.values()]);
    } catch (error) {
      const kept = await this.#store.get("values", "catalogue");
      if (!kept || !["OFFLINE", "TIMEOUT"].includes(error.code)) throw error;
      this.#catalogue = readCatalogue(kept);
    }
  }

  /** Make this device known to the bank, once. */
  async register() {
    return this.#once("register", async () => {
      this.#device ??= (await this.#store.get("values", "device")) ?? null;
      if (this.#device?.popJkt === this.#keys.pop.thumbprint) return this.#device;
      const { challenge } = await this.#own("device.challenge", {});
      const body = await this.#registration(challenge);
      const { deviceId, level, state } = await this.#own("device.register", { body });
      await this.#keepDevice({ deviceId, level, state, popJkt: this.#keys.pop.thumbprint });
      return this.#device;
    });
  }

  /** Have some session: keep the present one, or make an onboarding session. */
  async ensureSession() {
    if (this.#session) return this.session;
    await this.#once("session", async () => {
      const { deviceId } = await this.register();
      const { challenge } = await this.#own("session.challenge", { body: { deviceId } });
      this.#take(await this.#own("session.create", { body: { deviceId, challenge } }));
    });
    return this.session;
  }

  /** Ask the person for a factor and open a customer session with the `tx` key. @param {{confirmFactor?: ConfirmFactor}} [how] */
  async login({ confirmFactor = this.#confirmFactor } = {}) {
    await this.#once("login", async () => {
      const { deviceId } = await this.register();
      await confirmFactor({ purpose: "login" });
      const { challenge } = await this.#own("session.challenge", { body: { deviceId } });
      const message = loginMessage({ ...this.#realm(), deviceId, challenge, popJkt: this.#keys.pop.thumbprint });
      const txSignature = await this.#keys.signText("tx", message);
      this.#take(await this.#own("session.create", { body: { deviceId, challenge, txSignature } }));
    });
    return this.session;
  }

  /** End the session here and at the bank; the bank's answer is not waited for when there is no connection. */
  async logout() {
    if (!this.#session) return;
    try {
      await this.request({ op: "session.revoke" });
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
    } finally {
      this.#drop();
    }
  }

  /** @returns {Promise<Answer>} answer of device.get */
  async device() {
    const answer = await this.request({ op: "device.get" });
    if (answer.status === 200) await this.#keepDevice({ ...this.#device, state: answer.body.state });
    return answer;
  }

  /** @returns {Promise<Answer>} answer of device.bind.prepare */
  async prepareBind() {
    return this.request({ op: "device.bind.prepare" });
  }

  /**
   * Sign the binding and confirm it with the code that the customer received.
   * @param {{eventId: string, customerId: string, aud: string, env: string, expires: number}} prepared
   * @param {string} code @returns {Promise<Answer>}
   */
  async confirmBind(prepared, code) {
    const { eventId, customerId, expires } = prepared;
    const left = expires - this.now().getTime() / 1000;
    if (prepared.aud !== this.#aud || prepared.env !== this.#env || !(left > 0 && left <= LONGEST_BINDING_S)) {
      throw new ShellError("CHALLENGE_INVALID", "the binding is for another bank, environment or time");
    }
    const { deviceId } = await this.register();
    const jkts = { popJkt: this.#keys.pop.thumbprint, txJkt: this.#keys.tx.thumbprint };
    const message = bindMessage({ ...this.#realm(), eventId, deviceId, customerId, expires, ...jkts });
    const signature = await this.#keys.signText("tx", message);
    const answer = await this.request({ op: "device.bind.confirm", body: { eventId, code, signature } });
    if (answer.status === 200) await this.#keepDevice({ ...this.#device, state: answer.body.state });
    return answer;
  }

  /** Forget device id, keys and session on this side. */
  async forgetDevice() {
    this.#drop();
    this.#device = null;
    await this.#store.remove("values", "device", "seq");
    await DeviceKeys.destroy(this.#store);
  }

  /**
   * Call an operation of the catalogue.
   * @param {{op: string, params?: Record<string, unknown>, body?: unknown, idempotencyKey?: string, bundle?: string}} request
   * @returns {Promise<Answer>}
   */
  async request({ op, params, body, idempotencyKey, bundle }) {
    return this.#call({ op, bundle }, { params, body, idempotencyKey });
  }

  /**
   * Send a file to an operation that takes one.
   * @param {{op: string, params?: Record<string, unknown>, file: Blob, idempotencyKey?: string, bundle?: string,
   *   onProgress?: (sent: number, total: number) => void, signal?: AbortSignal}} request
   * @returns {Promise<Answer>}
   */
  async upload({ op, params, file, idempotencyKey, bundle, onProgress = () => {}, signal }) {
    return this.#call({ op, bundle, fetch: this.#sending(onProgress), signal, timeoutMs: UPLOAD_MS }, { params, file, idempotencyKey });
  }

  async #call({ op, bundle, ...way }, request) {
    const entry = await this.#entry(op);
    if (bundle !== undefined) this.#checkBundle(entry, bundle);
    const call = buildCall(entry, request);
    if (entry.scope === "customer") await this.#customerSession();
    else await this.ensureSession();
    const used = await this.#freshSession();
    const answer = await this.#send(call, { op, bundle, ...way, session: used });
    if (answer.status !== 401) return answer;
    return this.#again(call, { op, bundle, ...way, answer, used, scope: entry.scope });
  }

  /** After a 401: refresh an expired token, unless another call has done so meanwhile, and ask once more; or let the session go. */
  async #again(call, { answer, used, scope, ...way }) {
    if (answer.body?.code === "TOKEN_EXPIRED" && this.#session) {
      if (this.#session === used) await this.#refresh();
    } else if (answer.body?.code === "TOKEN_INVALID") {
      this.#drop();
    } else {
      return answer;
    }
    if (scope === "customer" && this.#session?.scope !== "customer") throw authRequired();
    await this.ensureSession();
    return this.#send(call, { ...way, session: this.#session });
  }

  /** @param {import("./calls.mjs").Entry} entry @param {string} bundle */
  #checkBundle(entry, bundle) {
    if (!BUNDLE.test(bundle)) throw new ShellError("PARAMS_INVALID", "the bundle's string is malformed");
    if (entry.fromShell) throw new ShellError("PERMISSION_DENIED", `${entry.code} belongs to the shell`);
  }

  async #entry(op) {
    if (!this.#catalogue) await this.#once("catalogue", () => this.loadCatalogue());
    const entry = typeof op === "string" ? this.#catalogue.get(op) : undefined;
    if (!entry) throw new ShellError("METHOD_UNKNOWN", "no such operation");
    return entry;
  }

  async #customerSession() {
    if (this.#session?.scope !== "customer") throw authRequired();
  }

  /** The present session, refreshed when its token is about to end. */
  async #freshSession() {
    if (this.#session && this.#session.expiresAt - this.now().getTime() < EARLY_MS) {
      const { scope } = this.#session;
      await this.#refresh();
      if (scope === "customer" && this.#session?.scope !== "customer") throw authRequired();
      await this.ensureSession();
    }
    return this.#session;
  }

  /** Rotate the refresh token; callers at the same time share one rotation. */
  async #refresh() {
    await this.#once("refresh", async () => {
      const { refreshToken } = this.#session;
      try {
        this.#take(await this.#own("session.refresh", { body: { refreshToken } }));
      } catch (error) {
        if (error.code !== "UPSTREAM_ERROR" || error.details.status >= 500) throw error;
        this.#drop();
      }
    });
  }

  /** A public operation of the shell itself: no token, and its refusal is an error. */
  async #own(op, { body = {} }) {
    const call = buildCall(await this.#entry(op), { body });
    const answer = await this.#send(call, { op, prove: op === "session.create" || op === "session.refresh" });
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new ShellError("UPSTREAM_ERROR", `${op} answers ${answer.status}`, { status: answer.status, body: answer.body });
  }

  async #registration(challenge) {
    const { pop, tx } = this.#keys;
    const transcript = registerTranscript({
      ...this.#realm(), challenge, appId: this.#app.id, appVersion: this.#app.version, platform: this.#platform,
      popJkt: pop.thumbprint, txJkt: tx.thumbprint,
    });
    return {
      challenge, appId: this.#app.id, appVersion: this.#app.version, platform: this.#platform, model: this.#model,
      popKey: pop.jwk, txKey: tx.jwk, attestation: { format: "sim" },
      popSignature: await this.#keys.signText("pop", transcript),
      txSignature: await this.#keys.signText("tx", transcript),
    };
  }

  #realm() {
    return { aud: this.#aud, env: this.#env };
  }

  async #keepDevice(device) {
    this.#device = device;
    await this.#store.put("values", "device", device);
    this.onSession(this.session);
  }

  /** @param {any} granted the body of session.create or session.refresh */
  #take({ accessToken, refreshToken, expiresIn, scope, customer }) {
    const expiresAt = this.now().getTime() + expiresIn * 1000;
    this.#session = { accessToken, refreshToken, expiresAt, scope, customer: customer ?? null };
    this.onSession(this.session);
  }

  #drop() {
    this.#session = null;
    this.onSession(this.session);
  }

  /** Callers at the same time share one run. @template T @param {string} name @param {() => Promise<T>} run @returns {Promise<T>} */
  #once(name, run) {
    let flight = this.#flights.get(name);
    if (!flight) {
      flight = run().finally(() => this.#flights.delete(name));
      this.#flights.set(name, flight);
    }
    return flight;
  }

  /**
   * Send one request; asked for a nonce, send it once more with the nonce.
   * @returns {Promise<Answer>}
   */
  async #send(call, how) {
    const answer = await this.#sendOnce(call, how);
    const proven = how.session || how.prove;
    if (proven && answer.status === 401 && answer.body?.code === "NONCE_REQUIRED" && answer.headers["dpop-nonce"]) {
      return this.#sendOnce(call, how);
    }
    return answer;
  }

  async #sendOnce(call, how) {
    const begun = this.#clock();
    const report = { op: how.op, bundle: how.bundle ?? null, method: call.method, path: call.path };
    try {
      const answer = await this.#exchange(call, how);
      const code = answer.status >= 400 ? answer.body?.code ?? null : null;
      this.onCall({ ...report, status: answer.status, code, milliseconds: this.#clock() - begun });
      return answer;
    } catch (error) {
      this.onCall({ ...report, status: 0, code: error.code, milliseconds: this.#clock() - begun });
      throw error;
    }
  }

  async #exchange({ method, path, body, idempotencyKey, type = "application/json" }, { session, prove, bundle, ...way }) {
    const headers = { Accept: "application/json, application/problem+json" };
    const url = this.#base + path;
    if (body) headers["Content-Type"] = type;
    if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
    if (session) headers.Authorization = `DPoP ${session.accessToken}`;
    if (session || prove) {
      const claims = { method, url, now: this.now(), nonce: this.#nonce, bundle, token: session?.accessToken };
      headers.DPoP = await proof(this.#keys, claims);
    }
    return this.#answer(url, { method, headers, body: body ?? undefined }, way);
  }

  async #answer(url, options, { fetch = this.#fetch, signal: gone = null, timeoutMs = this.#timeoutMs }) {
    const late = AbortSignal.timeout(timeoutMs);
    const signal = gone ? AbortSignal.any([late, gone]) : late;
    try {
      const response = await fetch(url, { ...options, signal, cache: "no-store", credentials: "omit", redirect: "error" });
      const headers = Object.fromEntries(response.headers);
      this.#learn(headers);
      const file = fileName(headers);
      if (file) return { status: response.status, body: await fileBody(file, response, headers), headers };
      return { status: response.status, body: parsedBody(await response.text(), headers), headers };
    } catch (error) {
      if (error instanceof ShellError) throw error;
      if (gone?.aborted) throw new ShellError("INTERRUPTED", "whoever asked has gone");
      if (late.aborted) throw new ShellError("TIMEOUT", "the bank did not answer in time");
      throw new ShellError("OFFLINE", "the bank cannot be reached");
    }
  }

  /** Take nonce and clock from an answer. @param {Record<string, string>} headers */
  #learn(headers) {
    if (headers["dpop-nonce"]) this.#nonce = headers["dpop-nonce"];
    const date = Date.parse(headers.date ?? "");
    if (Number.isFinite(date)) this.#skewMs = Math.abs(date - this.#clock()) > 2000 ? date - this.#clock() : 0;
  }
}

/** @returns {ShellError} */
function authRequired() {
  return new ShellError("AUTH_REQUIRED", "the customer has to log in");
}

/** The name under which a file is sent; null when the answer is none. @param {Record<string, string>} headers @returns {string | null} */
function fileName(headers) {
  return /^attachment; filename="([A-Za-z0-9][A-Za-z0-9._-]{0,99})"$/.exec(headers["content-disposition"] ?? "")?.[1] ?? null;
}

/**
 * A file as a page gets it: its name, its type and its bytes as base64url.
 * @param {string} name @param {Response} response @param {Record<string, string>} headers
 * @returns {Promise<{file: {name: string, mediaType: string, content: string}} | null>} null when it is too long
 */
async function fileBody(name, response, headers) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > MAX_ANSWER) return null;
  return { file: { name, mediaType: headers["content-type"] ?? "", content: b64urlEncode(bytes) } };
}

/** @param {string} source @param {Record<string, string>} headers @returns {any} null when it is not JSON */
function parsedBody(source, headers) {
  if (!/^application\/(problem\+)?json\b/.test(headers["content-type"] ?? "") || source.length > MAX_ANSWER) return null;
  try {
    return parseJson(source);
  } catch {
    throw new ShellError("UPSTREAM_ERROR", "the bank's answer is not JSON");
  }
}
