/**
 * One bundle in one frame: the handshake by which verified bytes reach the bundle's own origin, and the page's life.
 *
 *   const frame = new BundleFrame({ bundle, origin, object, document?, timeouts?, heartbeat? });
 *       // origin: exact origin of the bundle; object: async (sha256) → Uint8Array (releases.object)
 *   frame.onState = ({ state, reason, bundle, digest, milliseconds, sent }) => {}   // loading → loader → entering → live → ended
 *   frame.onPage = (port, release) => {}      // the page's port, used like a MessagePort: onmessage({data}), postMessage, close;
 *                                             // strings only; heartbeats are answered and counted inside
 *   frame.onDrop = ({ origin, reason }) => {} // a window message that was dropped, for the audit
 *   await frame.prepare(release, holder);     // steps 1–5 in a hidden frame, then removes it → { sent: number of files }
 *   await frame.open(release, container, { hash? });   // resolves when live; rejects with ShellError FRAME_FAILED
 *   frame.close(reason?);                     // ended; removes the iframe
 *   frame.state, frame.reason, frame.release, frame.element
 *
 * One live frame per origin: opening closes the one before, and nothing is prepared beside a live page, because two
 * frames of one origin can reach into each other. Each state takes one hello; a second load, a second hello or silence
 * ends the session for good. `event.source` and `event.origin` are both checked, by host/origin.mjs.
 */
import { acceptWindowMessage } from "../host/origin.mjs";
import { ShellError } from "./errors.mjs";
import { PagePort } from "./page_port.mjs";

const TIMEOUTS = Object.freeze({ loader: 15_000, step: 20_000, page: 15_000 });
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 64;
const SANDBOX = "allow-scripts allow-same-origin allow-forms";

/** @typedef {"idle" | "loading" | "loader" | "entering" | "live" | "ended"} FrameState */

/** Frames in the document by origin: at most one each. @type {Map<string, BundleFrame>} */
const occupied = new Map();

/** @param {string} message @param {Record<string, unknown>} [details] */
function failed(message, details) {
  return new ShellError("FRAME_FAILED", message, details);
}

export class BundleFrame {
  #bundle;
  #origin;
  #object;
  #document;
  #timeouts;
  #heartbeat;
  #begun = 0;
  #loads = 0;
  #sent = 0;
  /** @type {MessagePort | null} */
  #loaderPort = null;
  /** @type {PagePort | null} */
  #pagePort = null;
  /** @type {Map<string, {resolve: (value: any) => void, reject: (error: Error) => void, timer: any}>} */
  #waiting = new Map();
  #listener = (event) => this.#heard(event);

  /** @type {FrameState} */
  state = "idle";
  /** @type {string | null} */
  reason = null;
  release = null;
  /** @type {HTMLIFrameElement | null} */
  element = null;
  onState = (change) => {};
  onPage = (port, release) => {};
  onDrop = (drop) => {};

  /**
   * @param {{bundle: string, origin: string, object: (sha256: string) => Promise<Uint8Array>, document?: Document,
   *   timeouts?: Partial<typeof TIMEOUTS>, heartbeat?: {everyMs: number, misses: number}}} parts
   */
  constructor({ bundle, origin, object, document = globalThis.document, timeouts = {}, heartbeat }) {
    this.#bundle = bundle;
    this.#origin = origin;
    this.#object = object;
    this.#document = document;
    this.#timeouts = { ...TIMEOUTS, ...timeouts };
    this.#heartbeat = heartbeat;
  }

  /**
   * Put the release where the bundle's worker can serve it, without showing anything.
   * @param {any} release @param {HTMLElement} [holder] @returns {Promise<{sent: number}>}
   */
  async prepare(release, holder = this.#document.body) {
    if (occupied.has(this.#origin)) throw failed("a page of this bundle is open");
    await this.#run(async () => {
      await this.#reachLoader(release, holder, true);
      await this.#deliver();
    });
    const sent = this.#sent;
    this.close("prepared");
    return { sent };
  }

  /**
   * Show the release in the container.
   * @param {any} release @param {HTMLElement} container
   * @param {{hash?: string}} [options] hash: fragment of the entry page, `#/orders`
   */
  async open(release, container, { hash = "" } = {}) {
    occupied.get(this.#origin)?.close("replaced");
    await this.#run(async () => {
      await this.#reachLoader(release, container, false);
      await this.#deliver();
      await this.#enter(hash);
    });
  }

  /** End the session and take the frame away. @param {string} [reason] */
  close(reason = "closed") {
    if (this.state === "ended" || this.state === "idle") return;
    this.#change("ended", reason);
    this.#document.defaultView.removeEventListener("message", this.#listener);
    this.#loaderPort?.close();
    this.#pagePort?.close();
    this.element?.remove();
    if (occupied.get(this.#origin) === this) occupied.delete(this.#origin);
    for (const name of [...this.#waiting.keys()]) this.#reject(name, failed(`the frame ended: ${reason}`, { reason }));
  }

  /** Run the steps; a step that fails ends the frame. @param {() => Promise<void>} steps */
  async #run(steps) {
    try {
      await steps();
    } catch (error) {
      this.close(error.details?.reason ?? error.message);
      throw error instanceof ShellError ? error : failed(String(error?.message ?? error));
    }
  }

  /** Steps 1 to 2: make the frame, answer the loader's hello with a port. */
  async #reachLoader(release, container, hidden) {
    if (!["idle", "ended"].includes(this.state)) throw failed("the frame is in use");
    Object.assign(this, { release, reason: null });
    this.#begun = performance.now();
    this.#loads = 0;
    this.#sent = 0;
    occupied.set(this.#origin, this);
    this.#document.defaultView.addEventListener("message", this.#listener);
    this.#change("loading");
    const hello = this.#wait("loader-hello", this.#timeouts.loader);
    const loaded = this.#wait("load", this.#timeouts.loader);
    this.element = this.#frame(hidden);
    container.append(this.element);
    await Promise.all([hello, loaded]);
  }

  /** @param {boolean} hidden @returns {HTMLIFrameElement} */
  #frame(hidden) {
    const frame = this.#document.createElement("iframe");
    frame.setAttribute("sandbox", SANDBOX);
    frame.setAttribute("allow", "");
    frame.setAttribute("referrerpolicy", "no-referrer");
    frame.className = "bundle-frame";
    frame.title = this.release.manifest.title?.zh ?? this.#bundle;
    frame.hidden = hidden;
    frame.addEventListener("load", () => this.#loaded(frame));
    frame.src = `${this.#origin}/__loader.html`;
    return frame;
  }

  /** Steps 4 to 5: manifest and signature, then the files that the worker lacks. */
  async #deliver() {
    const { manifestBytes, roleBytes, shared, digest, files } = this.release;
    const check = {
      t: "check", digest, manifest: manifestBytes, role: roleBytes,
      shared: shared.map((one) => ({ id: one.id, manifest: one.manifestBytes })),
    };
    const { files: missing } = await this.#ask(check, "missing");
    const known = new Set(files.map((file) => file.sha256));
    const hashes = [...new Set(missing.map((file) => file.sha256))].filter((hash) => known.has(hash));
    await this.#send(hashes);
    if (missing.length === 0) return;
    const { files: still } = await this.#ask(check, "missing");
    if (still.length > 0) throw failed(`${still.length} files did not arrive`);
  }

  /** Send files in batches, each acknowledged. @param {string[]} hashes */
  async #send(hashes) {
    let batch = [];
    let bytes = 0;
    for (const sha256 of hashes) {
      const file = await this.#object(sha256);
      batch.push({ sha256, bytes: file });
      bytes += file.length;
      if (bytes >= BATCH_BYTES || batch.length >= BATCH_FILES) {
        await this.#store(batch);
        [batch, bytes] = [[], 0];
      }
    }
    if (batch.length > 0) await this.#store(batch);
  }

  async #store(batch) {
    await this.#ask({ t: "store", files: batch }, "stored", batch.map(({ bytes }) => bytes.buffer));
    this.#sent += batch.length;
  }

  /** Step 6 to 7: let the loader go to the page, and wait for the page's hello. */
  async #enter(hash) {
    this.#loads = 0;
    this.#change("entering");
    const hello = this.#wait("page-hello", this.#timeouts.page);
    const path = this.release.entry.split("/").map(encodeURIComponent).join("/");
    this.#loaderPort.postMessage({ t: "enter", path: `/v/${this.release.digest}/${path}${hash}` });
    await hello;
  }

  /** Ask the loader and wait for its answer. */
  async #ask(message, answer, transfer = []) {
    const answered = this.#wait(answer, this.#timeouts.step);
    this.#loaderPort.postMessage(message, transfer);
    return answered;
  }

  /** Window messages, judged by host/origin.mjs; what another bundle's frame says is that frame's to judge. @param {MessageEvent} event */
  #heard(event) {
    if (!this.element) return;
    const source = event.source === this.element.contentWindow;
    if (!source && [...occupied.values()].some(({ element }) => element && element.contentWindow === event.source)) return;
    const { origin, data } = event;
    const verdict = acceptWindowMessage({ source, origin, data, expectedOrigin: this.#origin, state: this.state });
    if (verdict.greeting === "loader-hello") this.#greetLoader();
    else if (verdict.greeting === "page-hello") this.#greetPage();
    else if (verdict.reason === "state") this.close("second-hello");
    else this.onDrop({ origin, reason: verdict.reason });
  }

  #greetLoader() {
    this.#change("loader");
    const channel = new MessageChannel();
    this.#loaderPort = channel.port1;
    channel.port1.onmessage = ({ data }) => this.#loaderSaid(data);
    this.element.contentWindow.postMessage({ tidegate: "loader-init" }, this.#origin, [channel.port2]);
    this.#resolve("loader-hello", null);
  }

  #loaderSaid(message) {
    if (message?.t === "refused") {
      const error = failed(`the loader refuses: ${message.code}`, { code: message.code });
      for (const name of ["missing", "stored"]) this.#reject(name, error);
    } else if (message?.t === "missing" || message?.t === "stored") {
      this.#resolve(message.t, message);
    }
  }

  #greetPage() {
    this.#loaderPort.close();
    const channel = new MessageChannel();
    this.#pagePort = new PagePort(channel.port1, { silent: () => this.close("silent"), ...this.#heartbeat });
    this.#change("live");
    this.onPage(this.#pagePort, this.release);
    this.element.contentWindow.postMessage({ tidegate: "page-init" }, this.#origin, [channel.port2]);
    this.#resolve("page-hello", null);
  }

  /** Count loads: one of the loader, one of the page; the next ends the session. */
  #loaded(frame) {
    if (frame !== this.element || this.state === "ended") return;
    this.#loads += 1;
    if (this.#loads > 1) this.close("navigated");
    else if (this.state === "loading" || this.state === "loader") this.#resolve("load", null);
  }

  /** @param {FrameState} state @param {string | null} [reason] */
  #change(state, reason = null) {
    this.state = state;
    this.reason = reason;
    const milliseconds = Math.round(performance.now() - this.#begun);
    this.onState({ state, reason, bundle: this.#bundle, digest: this.release?.digest ?? null, milliseconds, sent: this.#sent });
  }

  /** Wait for something by name, for a limited time. @param {string} name @param {number} timeoutMs @returns {Promise<any>} */
  #wait(name, timeoutMs) {
    const promise = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#reject(name, failed(`no ${name} in time`, { reason: "timeout" })), timeoutMs);
      this.#waiting.set(name, { resolve, reject, timer });
    });
    promise.catch(() => {});
    return promise;
  }

  #resolve(name, value) {
    this.#taken(name)?.resolve(value);
  }

  #reject(name, error) {
    this.#taken(name)?.reject(error);
  }

  #taken(name) {
    const waiting = this.#waiting.get(name);
    if (waiting) clearTimeout(waiting.timer);
    this.#waiting.delete(name);
    return waiting;
  }
}
