/**
 * One release in one frame of an opaque origin, and the handshake that gives its page a port.
 *
 * All bundles share the web host's origin, so the frame's document must not have it: it is sandboxed without
 * `allow-same-origin`, and its origin is `null`. Identity is therefore the frame: `event.source` must be its window, and
 * the host page's `frame-src` lets nothing but this release's files be loaded in it. One hello, one load; whatever comes
 * after ends the session.
 */
import { PagePort } from "../core/page_port.mjs";
import { greetingOf } from "../host/origin.mjs";

const SANDBOX = "allow-scripts allow-forms";
const HELLO_MS = 15_000;
const OPAQUE = "null";

/**
 * @param {{source: boolean, origin: unknown, data: unknown, state: string}} message
 *   source: `event.source === frame.contentWindow`
 * @returns {"page-hello" | "again" | "foreign"} again: the frame's own document speaks where it may not
 */
export function judgeGreeting({ source, origin, data, state }) {
  if (source !== true || origin !== OPAQUE) return "foreign";
  return greetingOf(data) === "page-hello" && state === "entering" ? "page-hello" : "again";
}

export class WebFrame {
  #document;
  #hello;
  #loads = 0;
  /** @type {PagePort | null} */
  #port = null;
  #listener = (/** @type {MessageEvent} */ event) => this.#heard(event);

  /** @type {"idle" | "entering" | "live" | "ended"} */
  state = "idle";
  /** @type {HTMLIFrameElement | null} */
  element = null;
  onPage = (/** @type {PagePort} */ port) => {};
  onEnd = (/** @type {string} */ reason) => {};

  /** @param {{document?: Document}} [parts] */
  constructor({ document = globalThis.document } = {}) {
    this.#document = document;
  }

  /** @param {HTMLElement} container @param {string} address @param {string} title */
  open(container, address, title) {
    if (this.state !== "idle") throw new Error("a frame opens once");
    this.state = "entering";
    this.#document.defaultView.addEventListener("message", this.#listener);
    const frame = this.#document.createElement("iframe");
    frame.setAttribute("sandbox", SANDBOX);
    frame.setAttribute("allow", "");
    frame.setAttribute("referrerpolicy", "no-referrer");
    frame.className = "bundle-frame";
    frame.title = title;
    frame.addEventListener("load", () => this.#loaded());
    frame.src = address;
    this.element = frame;
    this.#hello = setTimeout(() => this.close("timeout"), HELLO_MS);
    container.append(frame);
  }

  /** End the session and take the frame away. @param {string} reason */
  close(reason) {
    if (this.state === "ended" || this.state === "idle") return;
    this.state = "ended";
    clearTimeout(this.#hello);
    this.#document.defaultView.removeEventListener("message", this.#listener);
    this.#port?.close();
    this.element?.remove();
    this.onEnd(reason);
  }

  #loaded() {
    this.#loads += 1;
    if (this.#loads > 1) this.close("navigated");
  }

  #heard(event) {
    const source = event.source === this.element?.contentWindow;
    const verdict = judgeGreeting({ source, origin: event.origin, data: event.data, state: this.state });
    if (verdict === "again") this.close("second-hello");
    if (verdict !== "page-hello") return;
    clearTimeout(this.#hello);
    const channel = new MessageChannel();
    this.#port = new PagePort(channel.port1, { silent: () => this.close("silent") });
    this.state = "live";
    this.onPage(this.#port);
    this.element?.contentWindow?.postMessage({ tidegate: "page-init" }, "*", [channel.port2]); // an opaque origin has no name
  }
}
