/**
 * The page's port as the dispatcher sees it: strings in, strings out, and a heartbeat that stays inside.
 *
 * A MessagePort tells nobody when its other end is gone; so the shell pings, and a page that misses several pongs in a
 * row counts as gone. Counting begins with the page's first message, so a page that is still starting is not hurried.
 */
const EVERY_MS = 5_000;
const MISSES = 4;

export class PagePort {
  #port;
  #timer;
  #silent;
  #misses = 0;
  #number = 0;
  #awake = false;
  #closed = false;

  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {(() => void) | null} called once when the port is closed from this side */
  onclose = null;

  /**
   * @param {MessagePort} port
   * @param {{silent: () => void, everyMs?: number, misses?: number}} options silent: called when the page is gone
   */
  constructor(port, { silent, everyMs = EVERY_MS, misses = MISSES }) {
    this.#port = port;
    this.#silent = silent;
    port.onmessage = (event) => this.#received(event.data);
    this.#timer = setInterval(() => this.#beat(misses), everyMs);
  }

  /** @param {string} text one envelope */
  postMessage(text) {
    if (typeof text !== "string") throw new TypeError("the bridge carries strings");
    if (!this.#closed) this.#port.postMessage(text);
  }

  /** Nothing to do: it listens from the beginning. */
  start() {}

  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#port.close();
    this.onclose?.();
  }

  #received(data) {
    if (this.#closed || typeof data !== "string") return;
    this.#awake = true;
    const beat = heartbeat(data);
    if (!beat) this.onmessage?.({ data });
    else if (beat.t === "ping") this.postMessage(JSON.stringify({ v: 1, t: "pong", n: beat.n }));
    else if (beat.n === this.#number) this.#misses = 0;
  }

  #beat(misses) {
    if (!this.#awake) return;
    if (this.#misses >= misses) {
      this.#silent();
      return;
    }
    this.#misses += 1;
    this.#number += 1;
    this.postMessage(JSON.stringify({ v: 1, t: "ping", n: this.#number }));
  }
}

/** A ping or pong, exactly. @param {string} data @returns {{t: "ping" | "pong", n: number} | null} */
function heartbeat(data) {
  if (data.length > 64 || !/"t":"p[io]ng"/.test(data)) return null;
  try {
    const { v, t, n } = JSON.parse(data);
    return v === 1 && (t === "ping" || t === "pong") && Number.isSafeInteger(n) ? { t, n } : null;
  } catch {
    return null;
  }
}
