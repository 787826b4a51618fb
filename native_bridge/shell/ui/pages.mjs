/**
 * The pages that are open on the phone, newest on top: each is one verified bundle in one frame with one dispatcher.
 *
 * A page's identity is the object made here; methods get it from here and never from the page. One frame per bundle:
 * opening a bundle that is open already goes back to it.
 */
import { BundleFrame } from "../core/frames.mjs";
import { ShellError } from "../core/errors.mjs";
import { Dispatcher, PromptGate } from "../host/dispatcher.mjs";
import { fill, h } from "./dom.mjs";
import { pairText } from "./i18n.mjs";
import { blocked, bones } from "./phone.mjs";

const READY_MS = 10_000;
const SHEET_TIER = 3;

/** @param {number} bytes @returns {string} hex of random bytes */
function randomHex(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} route @returns {{bundle: string, hash: string | null}} */
function parsedRoute(route) {
  const at = route.indexOf("#");
  return at < 0 ? { bundle: route, hash: null } : { bundle: route.slice(0, at), hash: route.slice(at) };
}

/** The stack of pages. */
export class Pages {
  /** @type {any[]} */
  #stack = [];
  #serial = 0;
  #prompts = new PromptGate();

  /**
   * @param {{holder: HTMLElement, state: import("./state.mjs").State, t: () => any, config: any, contract: any, releases: any,
   *   faults: import("./faults.mjs").Faults, journal: import("./journal.mjs").Journal, tiers: Record<string, number>,
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
    const release = this.releases.get(bundle);
    if (!release?.entry) throw new ShellError("PARAMS_INVALID", `no app ${bundle} is installed`, { path: "route" });
    const shown = { route, params, caller: caller?.bundle ?? null, result: null };
    const open = this.#stack.find((page) => page.bundle === bundle);
    if (open) {
      while (this.top !== open) this.#drop(this.#stack.pop(), "left");
      this.#show(open, shown);
      return;
    }
    this.top?.dispatcher?.emit("page.hidden", {});
    await this.#start(this.#made(release, shown), hash);
  }

  #made(release, shown) {
    this.#serial += 1;
    const title = pairText(release.manifest.title, this.state.get("locale"));
    const place = h("div", { class: "place", place: { position: "absolute", inset: "0" } });
    const page = { serial: this.#serial, bundle: release.bundle, release, shown, title, leading: "back", guard: false, protected: false, ready: false, state: "loading", failure: null, origin: this.#origin(release.bundle), place, wait: bones(this.t()) };
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
    page.frame = new BundleFrame({ bundle: page.bundle, origin: page.origin, object: (/** @type {string} */ sha256) => this.releases.object(sha256) });
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
    if (state === "live") setTimeout(() => this.markReady(page), READY_MS);
    if (state === "ended") {
      page.dispatcher?.end(reason ?? "ended");
      this.journal.ended(page, reason ?? "ended");
      if (this.#stack.includes(page)) this.#fail(page, new ShellError("FRAME_FAILED", reason ?? "the page ended"));
    }
    this.#tell();
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
    page.dispatcher = new Dispatcher({
      contract: this.faults.contract(this.contract), manifest: page.release.manifest, digest: page.release.digest,
      policy: Object.keys(this.contract.methods), killList: this.config.killList ?? [],
      methods: this.faults.wrap(this.#fronted(page), this.tiers), audit: (/** @type {any} */ entry) => this.journal.audit(entry, page),
      clock: () => Math.round(performance.now()), setTimer: (run, ms) => setTimeout(run, ms), clearTimer: (timer) => clearTimeout(timer),
      nonce: () => randomHex(16), token: () => (page.token = randomHex(16)), host: { platform: "browser", app: this.config.app.version },
      send: post, prompts: this.#prompts,
    });
    port.onmessage = (event) => {
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
    this.state.set({ grants: { ...this.state.get("grants"), [page.serial]: { granted, denied } } });
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
    const { bundle } = page;
    this.#stack.splice(this.#stack.indexOf(page), 1);
    this.#drop(page, "reopened");
    await this.open(bundle);
  }

  /** Open from the shell's own screen; a failure stands on the phone. @param {string} bundle */
  async open(bundle) {
    try {
      await this.openRoute({ route: bundle });
    } catch (error) {
      this.journal.log({ level: "error", name: "bundle.open", fields: { bundle, message: error.message } }, "shell");
    }
  }

  /** @param {any} page */
  markReady(page) {
    page.ready = true;
    page.wait.remove();
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
    const { token: _token, ...shown } = this.top ?? {};
    this.state.set({ open: this.top ? shown : null });
  }
}
