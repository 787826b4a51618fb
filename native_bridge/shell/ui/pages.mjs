/**
 * The pages that are open on the phone, newest on top: each is one verified bundle in one frame with one dispatcher.
 *
 * A page's identity is the object made here; methods get it from here and never from the page. One frame per bundle:
 * opening a bundle that is open already goes back to it. A page that is on trial has a deadline for `app.ready`; its own
 * digest gets the verdict, and when that sends the release back, the last good one is opened in its place.
 */
import { visibleDeadline } from "../core/deadline.mjs";
import { BundleFrame } from "../core/frames.mjs";
import { ShellError } from "../core/errors.mjs";
import { PromptGate } from "../host/dispatcher.mjs";
import { fill, h } from "./dom.mjs";
import { pairText } from "./i18n.mjs";
import { blocked, bones } from "./phone.mjs";

const READY_MS = 10_000;
const SHEET_TIER = 3;
const AFTER_SHEET_MS = 1000;
const HELD = Object.freeze(["UPDATE_REQUIRED", "CHECK_REQUIRED"]);
const OWN_FAULTS = Object.freeze(["navigated", "silent", "second-hello", "timeout"]);

/** @param {number} bytes @returns {string} hex of random bytes */
function randomHex(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} route @returns {{bundle: string, hash: string | null}} */
function parsedRoute(route) {
  const at = route.indexOf("#");
  return at < 0 ? { bundle: route, hash: null } : { bundle: route.slice(0, at), hash: route.slice(at) };
}

/** What a greeting asks for; null for any other message. @param {unknown} text @returns {Record<string, number> | null} */
function wished(text) {
  try {
    const { t: kind, need, want } = JSON.parse(/** @type {string} */ (text));
    return kind === "hello" ? { ...want, ...need } : null;
  } catch {
    return null;
  }
}

/** The stack of pages. */
export class Pages {
  /** @type {any[]} */
  #stack = [];
  #serial = 0;
  #prompts = new PromptGate();
  /** Something about a release's trial changed. */
  onTrial = () => {};
  /** A release was sent back, and another one is being opened in its place. */
  onBack = (/** @type {{bundle: string, title: string, version: string, back: string}} */ what) => {};

  /**
   * @param {{holder: HTMLElement, state: import("./state.mjs").State, t: () => any, config: any, contract: any, releases: any,
   *   faults: import("./faults.mjs").Faults, recording: import("./recording.mjs").Recording, journal: import("./journal.mjs").Journal, tiers: Record<string, number>, busy: () => boolean,
   *   methods: (page: any) => Record<string, Function>}} parts
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  get top() {
    return this.#stack.at(-1) ?? null;
  }

  /**
   * Open a bundle on top.
   * @param {{route: string, params?: any, caller?: any}} where @returns {Promise<void>} when its page is live
   */
  async openRoute({ route, params = null, caller = null }) {
    const { bundle, hash } = parsedRoute(route);
    if (!this.releases.get(bundle)?.entry) throw new ShellError("PARAMS_INVALID", `no app ${bundle} is installed`, { path: "route" });
    const shown = { route, params, caller: caller?.bundle ?? null, result: null };
    if (this.#goBackTo(bundle, shown)) return;
    this.top?.dispatcher?.emit("page.hidden", {});
    const release = await this.#admitted(bundle, shown);
    if (!release) throw new ShellError("PARAMS_INVALID", `no app ${bundle} is installed`, { path: "route" });
    if (this.#goBackTo(bundle, shown)) return; // asked twice while the switch was being written
    await this.#start(this.#made(release, shown), hash);
  }

  /** Show a preview alone on the phone: marked, without a verdict. @param {any} release @param {(sha256: string) => Promise<Uint8Array>} object */
  async openPreview(release, object) {
    this.home();
    const page = this.#made(release, { route: release.bundle, params: null, caller: null, result: null });
    this.change(page, { preview: release.version, judged: true, object });
    await this.#start(page, null);
  }

  /** The release to open; what the policy holds back is asked for once, and then a screen says so. @param {string} bundle @param {any} shown */
  async #admitted(bundle, shown) {
    const opening = () => this.releases.opening(bundle);
    try {
      return await opening().catch(async (/** @type {any} */ error) => {
        if (!HELD.includes(error.code)) throw error;
        await this.releases.update().catch(() => {}); // what is still missing refuses the next opening itself
        return opening();
      });
    } catch (error) {
      if (HELD.includes(error.code) && !this.#goBackTo(bundle, shown)) this.#require(this.#made(this.releases.get(bundle), shown), error.code);
      throw error;
    }
  }

  /** Open pages whose release may not go on give way; one under a sheet of the bank waits for its end. */
  requireUpdates() {
    const leaving = this.#stack.filter((page) => page.failure === null && this.releases.mustLeave(page.bundle, page.release.digest));
    if (leaving.length === 0) return;
    if (this.busy()) setTimeout(() => this.requireUpdates(), AFTER_SHEET_MS);
    else for (const page of leaving) this.#require(page, "UPDATE_REQUIRED");
  }

  /** Put the bank's own screen in the place of a page. @param {any} page @param {string} code one of HELD */
  #require(page, code) {
    page.failure = new ShellError(code, page.bundle);
    page.callOff();
    void this.#judged(page, (bundle, digest) => this.releases.left(bundle, digest));
    page.dispatcher?.end("update");
    page.frame?.close("update");
    const t = this.t();
    const forced = code === "UPDATE_REQUIRED";
    const title = pairText(page.release.manifest.title, this.state.get("locale")); // the signed one, not the page's words
    const texts = forced ? { title: t("must.title"), sentence: t("must.why", { title }), action: t("must.do") }
      : { title: t("stale.title"), sentence: t("stale.why", { title }), action: t("stale.do") };
    const screen = blocked({ t, ...texts, code, retry: () => void this.reopen(page), home: () => this.home() });
    screen.dataset.held = code;
    fill(page.place, screen);
    if (page === this.top) screen.querySelector("button")?.focus();
    this.#tell();
  }

  /** Show the bundle's page if it is open already. @param {string} bundle @param {any} shown @returns {boolean} */
  #goBackTo(bundle, shown) {
    const open = this.#stack.find((page) => page.bundle === bundle);
    if (!open) return false;
    while (this.top !== open) this.#drop(this.#stack.pop(), "left");
    this.#show(open, shown);
    return true;
  }

  #made(release, shown) {
    this.#serial += 1;
    const title = pairText(release.manifest.title, this.state.get("locale"));
    const place = h("div", { class: "place", place: { position: "absolute", inset: "0" } });
    const page = { serial: this.#serial, bundle: release.bundle, release, shown, title, leading: "back", guard: false, protected: false, ready: false, entered: false, judged: false, callOff: () => {}, state: "loading", failure: null, origin: this.#origin(release.bundle), place, wait: bones(this.t()) };
    for (const other of this.#stack) other.place.style.visibility = "hidden";
    place.append(page.wait);
    this.holder.append(place);
    this.#stack.push(page);
    this.#tell();
    return page;
  }

  #origin(bundle) {
    return this.config.bundleOrigin.replace("{bundle}", bundle);
  }

  async #start(page, hash) {
    page.frame = new BundleFrame({ bundle: page.bundle, origin: page.origin, object: page.object ?? ((/** @type {string} */ sha256) => this.releases.object(sha256)) });
    page.frame.onState = (/** @type {any} */ change) => this.#changed(page, change);
    page.frame.onDrop = (/** @type {any} */ drop) => this.journal.log({ level: "warn", name: "window.dropped", fields: drop }, page.bundle);
    page.frame.onPage = (/** @type {MessagePort} */ port) => this.#connect(page, port);
    try {
      await page.frame.open(page.release, page.place, hash ? { hash } : {});
    } catch (error) {
      this.#fail(page, error);
      throw new ShellError("UPSTREAM_ERROR", `${page.bundle} did not open: ${error.code ?? error.name}`);
    }
  }

  /** @param {any} page @param {{state: string, reason?: string}} change */
  #changed(page, { state, reason }) {
    page.state = state;
    if (state === "entering") page.entered = true;
    if (state === "live") this.#await(page);
    if (state === "ended") {
      page.callOff();
      page.dispatcher?.end(reason ?? "ended");
      this.journal.ended(page, reason ?? "ended");
      if (this.#stack.includes(page)) {
        this.#fail(page, new ShellError("FRAME_FAILED", reason ?? "the page ended"));
        if (page.entered && OWN_FAULTS.includes(reason ?? "")) void this.#sentBack(page, reason ?? "ended");
      }
    }
    this.#tell();
  }

  /** Give the page its time to become ready; one that may not say so is ready when it is live. */
  #await(page) {
    if (!Object.hasOwn(page.release.manifest.permissions, "app.ready")) {
      void this.#judged(page, (bundle, digest) => this.releases.ready(bundle, digest));
    }
    const visible = () => document.visibilityState === "visible" && page === this.top;
    const late = async () => {
      if (!(await this.#sentBack(page, "not-ready"))) page.wait.remove(); // nothing to go back to: show what there is
    };
    page.callOff = visibleDeadline(this.config.readyMs ?? READY_MS, () => void (page.ready ? null : late()), { visible });
  }

  /** One verdict a page, and it never stops the page. @param {any} page @param {(bundle: string, digest: string) => Promise<any>} verdict */
  async #judged(page, verdict) {
    if (page.judged) return null;
    page.judged = true;
    try {
      return await verdict(page.bundle, page.release.digest);
    } catch (error) {
      this.journal.log({ level: "error", name: "bundle.trial", fields: { bundle: page.bundle, message: error.message } }, "shell");
      return null;
    }
  }

  /**
   * The page did not become ready: when that sends its release back, open the last good one in its place.
   * @param {any} page @param {string} reason @returns {Promise<boolean>} whether another one stands there now
   */
  async #sentBack(page, reason) {
    const verdict = await this.#judged(page, (bundle, digest) => this.releases.failed(bundle, digest, reason));
    this.onTrial();
    if (!verdict?.back) return false;
    const fields = { bundle: page.bundle, version: page.release.version, digest: page.release.digest, reason };
    this.journal.log({ level: "warn", name: "bundle.rolledback", fields }, "shell");
    this.onBack({ bundle: page.bundle, title: page.title, version: page.release.version, back: verdict.back.version });
    if (page === this.top) await this.#reopened(page, page.shown);
    return true;
  }

  #fail(page, error) {
    if (page.failure) return;
    page.failure = error;
    const t = this.t();
    const code = `${error.code ?? error.name} · ${error.message}`;
    const again = blocked({ t, code, sentence: t(page.state === "ended" ? "phone.ended" : "phone.failed"), retry: () => void this.reopen(page), home: () => this.home() });
    fill(page.place, again);
    this.#tell();
  }

  /** @param {any} page @param {MessagePort} port */
  #connect(page, port) {
    const post = this.faults.sender((/** @type {string} */ text) => {
      this.#noted("out", text, page);
      port.postMessage(text);
    });
    page.dispatcher = this.recording.session({
      contract: this.faults.contract(this.contract), manifest: page.release.manifest, digest: page.release.digest,
      policy: Object.keys(this.contract.methods), killList: this.config.killList ?? [],
      methods: this.faults.wrap(this.#fronted(page), this.contract), audit: (/** @type {any} */ entry) => this.journal.audit(entry, page),
      clock: () => Math.round(performance.now()), setTimer: (run, ms) => setTimeout(run, ms), clearTimer: (timer) => clearTimeout(timer),
      nonce: () => randomHex(16), token: () => randomHex(16), host: { platform: "browser", app: this.config.app.version },
      send: post, prompts: this.#prompts,
    });
    port.onmessage = (event) => {
      page.asked ??= wished(event.data);
      this.journal.message("in", typeof event.data === "string" ? event.data : JSON.stringify(event.data), page);
      page.dispatcher.receive(event.data);
    };
    page.dispatcher.emit("page.shown", page.shown);
    page.dispatcher.start();
  }

  /** The page's methods; those that bring something up on the screen work only for the page in front. */
  #fronted(page) {
    const methods = this.methods(page);
    const raising = Object.keys(methods).filter((name) => name === "nav.open" || this.tiers[name] === SHEET_TIER);
    const fronted = (/** @type {string} */ name) => async (/** @type {any[]} */ ...call) => {
      if (page !== this.top) throw new ShellError("BUSY", "another page is in front");
      return methods[name](...call);
    };
    return { ...methods, ...Object.fromEntries(raising.map((name) => [name, fronted(name)])) };
  }

  #noted(direction, text, page) {
    this.journal.message(direction, text, page);
    if (!text.includes('"t":"welcome"')) return;
    const { t: kind, granted, denied } = JSON.parse(text);
    if (kind !== "welcome") return; // a page's own words inside an answer
    this.state.set({ grants: { ...this.state.get("grants"), [page.serial]: { granted, denied, asked: page.asked } } });
  }

  /** @param {any} page @param {any} result */
  closePage(page, result) {
    if (page !== this.top) return;
    this.#drop(this.#stack.pop(), "closed");
    if (this.top) this.#show(this.top, { route: null, params: null, caller: null, result });
    this.#tell();
  }

  #show(page, shown) {
    page.place.style.visibility = "visible";
    page.dispatcher?.emit("page.shown", shown);
    this.#tell();
  }

  #drop(page, reason) {
    page.callOff();
    void this.#judged(page, (bundle, digest) => this.releases.left(bundle, digest));
    page.dispatcher?.end(reason);
    page.frame?.close(reason);
    page.place.remove();
    this.journal.ended(page, reason);
  }

  /** Leave every page. */
  home() {
    for (const page of this.#stack.splice(0).reverse()) this.#drop(page, "home");
    this.#tell();
  }

  /** The back control of the title bar. */
  back() {
    const page = this.top;
    if (!page) return;
    if (page.guard && page.state === "live") page.dispatcher.emit("page.back", { by: "button" });
    else this.closePage(page, null);
  }

  /** @param {any} page */
  async reopen(page) {
    if (page.preview) await this.openPreview(page.release, page.object).catch(() => {}); // the failure stands on the phone
    else await this.#reopened(page, {});
  }

  /** @param {any} page @param {{route?: string | null, params?: any, caller?: string | null}} where */
  async #reopened(page, { route, params = null, caller = null }) {
    this.#stack.splice(this.#stack.indexOf(page), 1);
    this.#drop(page, "reopened");
    await this.open(route ?? page.bundle, { params, caller: caller ? { bundle: caller } : null });
  }

  /** Open from the shell's own screen; a failure stands on the phone. @param {string} route @param {{params?: any, caller?: any}} [how] */
  async open(route, how = {}) {
    try {
      await this.openRoute({ route, ...how });
    } catch (error) {
      this.journal.log({ level: "error", name: "bundle.open", fields: { bundle: parsedRoute(route).bundle, message: error.message } }, "shell");
    }
  }

  /** @param {any} page */
  markReady(page) {
    page.ready = true;
    page.callOff();
    page.wait.remove();
    void this.#judged(page, (bundle, digest) => this.releases.ready(bundle, digest)).then(() => this.onTrial());
  }

  /** @param {any} page @param {Record<string, any>} facts */
  change(page, facts) {
    Object.assign(page, facts);
    this.#tell();
  }

  /** Tell every page. @param {string} event @param {any} payload */
  emitAll(event, payload) {
    for (const page of this.#stack) page.dispatcher?.emit(event, payload);
  }

  #tell() {
    this.state.set({ open: this.top ? { ...this.top } : null });
  }
}
