/**
 * What a bundle's tests are written with: `import { equal, open, test } from "h5bundle/test"`.
 *
 * The page runs in a frame as large as a phone, under the manifest's CSP, and speaks to the real dispatcher: what its
 * manifest does not grant is refused, and answers that the contract does not know fail the test. What the page logs as
 * an error, throws, or tries against its CSP fails the test as well.
 */
import { BridgeError, Dispatcher } from "/host/dispatcher.mjs";

export const collected = [];
const READY_MS = 8_000;
const STEP_MS = 20;
const [contract, manifest] = await Promise.all(["/contract.json", "/manifest.json"].map(async (path) => (await fetch(path)).json()));
let pages = [];

/** Declare a test. */
export function test(name, work) {
  collected.push({ name, work, clean });
}

/** Fail unless both are the same; objects are compared by their JSON. */
export function equal(actual, expected) {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`expected ${wanted}, got ${got}`);
}

/** A refusal for the answers of a test: `"net.request": refusal("OFFLINE")`. */
export function refusal(code, details = {}) {
  return () => {
    throw new BridgeError(code, code, details);
  };
}

/** Take the pages of a test away and give what they complained of. */
function clean() {
  const complaints = pages.flatMap((page) => page.complaints);
  for (const page of pages) page.close();
  pages = [];
  return complaints;
}

/**
 * Open the bundle's page and wait until it tells the app that it is ready.
 * options: { locale, theme, insets, at, answers }; answers: what a method or an operation answers, a value or a function
 * of its parameters: { "wealth.product.list": { products: [] }, "store.get": { value: null } }
 */
export async function open(options = {}) {
  const page = new Page(options);
  pages.push(page);
  await page.begin();
  return page;
}

class Page {
  #calls = [];
  #frame;
  #dispatcher;
  #options;
  #ready = false;
  complaints = [];

  constructor({ locale = "zh-CN", theme = "light", insets = {}, at = "", answers = {} }) {
    this.#options = { locale, theme, at, answers, insets: { top: 47, bottom: 34, left: 0, right: 0, ...insets } };
  }

  /** The page's document. */
  get document() {
    return this.#frame.contentDocument;
  }

  async begin() {
    const hello = new Promise((resolve) => {
      addEventListener("message", ({ data, source }) => source === this.#frame.contentWindow && data?.tidegate === "page-hello" && resolve());
    });
    this.#frame = Object.assign(document.createElement("iframe"), { width: 390, height: 844, src: `/page/${manifest.entry}${this.#options.at}` });
    document.body.append(this.#frame);
    this.#frame.addEventListener("load", () => this.#listen(), { once: true });
    await within(hello, "the page did not connect to the app");
    this.#connect();
    await this.until(() => this.#ready, "the page did not call app.ready");
  }

  #listen() {
    const complain = (what) => this.complaints.push(what);
    this.document.addEventListener("securitypolicyviolation", (event) => complain(`the CSP blocked ${event.violatedDirective} ${event.blockedURI}`));
    this.#frame.contentWindow.addEventListener("error", (event) => complain(`the page threw: ${event.message}`));
    this.#frame.contentWindow.addEventListener("unhandledrejection", (event) => complain(`the page threw: ${event.reason?.message ?? event.reason}`));
  }

  #connect() {
    const { port1, port2 } = new MessageChannel();
    const methods = Object.fromEntries(Object.keys(contract.methods).map((name) => [name, (params) => this.#answer(name, params)]));
    let last = 0;
    const chance = () => (last += 1).toString(16).padStart(32, "0");
    this.#dispatcher = new Dispatcher({
      contract, manifest, methods, policy: Object.keys(contract.methods), killList: [], audit: (entry) => this.#audited(entry),
      clock: () => Math.round(performance.now()), setTimer: (run, ms) => setTimeout(run, ms), clearTimer: clearTimeout.bind(globalThis),
      nonce: chance, token: chance, host: { platform: "browser", app: "1.0.0" }, send: (text) => port1.postMessage(text),
    });
    port1.onmessage = ({ data }) => this.#dispatcher.receive(data);
    this.#frame.contentWindow.postMessage({ tidegate: "page-init" }, location.origin, [port2]);
    this.#dispatcher.start();
  }

  #audited(entry) {
    if (entry.code === "PERMISSION_DENIED" && entry.kind !== "event") this.complaints.push(`the manifest does not grant ${entry.method ?? "a call"}`);
  }

  #answer(name, params) {
    this.#calls.push({ method: name, params });
    const { answers } = this.#options;
    const key = name === "net.request" && !(name in answers) ? params.op : name;
    if (key in answers) {
      const given = typeof answers[key] === "function" ? answers[key](params) : answers[key];
      return key === name ? given : { status: 200, body: given };
    }
    return this.#usual(name, key);
  }

  #usual(name, key) {
    const { locale, theme, insets } = this.#options;
    if (name === "app.info") return { platform: "browser", version: "1.0.0", locale, theme, insets, env: "sandbox", bank: { zh: "银行", en: "Bank" } };
    if (name === "app.ready") this.#ready = true;
    if (name === "store.get") return { value: null };
    if (Object.values(contract.methods[name])[0].output === "Nothing") return {};
    this.complaints.push(`the test gives no answer for ${key}`);
    throw new BridgeError("UPSTREAM_ERROR", `no answer for ${key}`);
  }

  /** The trimmed text of the first element that a selector finds; null when there is none. */
  text(selector) {
    return this.document.querySelector(selector)?.textContent.trim() ?? null;
  }

  /** Press the button or link of that name. */
  async press(name) {
    const found = () => [...this.document.querySelectorAll("button, a")].find((one) => one.textContent.trim() === name || one.ariaLabel === name);
    await this.until(found, `there is nothing to press called ${name}`);
    found().click();
  }

  /** Type into the field of that label. */
  async type(label, text) {
    const found = () => [...this.document.querySelectorAll("input, textarea")].find((one) => one.labels?.[0]?.textContent.trim() === label);
    await this.until(found, `there is no field called ${label}`);
    found().value = text;
    found().dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Wait until something holds. */
  async until(holds, otherwise = `${holds} did not come true`) {
    const end = performance.now() + READY_MS;
    while (!holds()) {
      if (performance.now() > end) throw new Error(otherwise);
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }

  /** The parameters of the calls that the page made of a method or an operation. */
  calls(name) {
    return this.#calls.filter(({ method, params }) => method === name || (method === "net.request" && params.op === name)).map(({ params }) => params);
  }

  /** Tell the page an event. */
  emit(event, payload) {
    this.#dispatcher.emit(event, payload);
  }

  close() {
    this.#dispatcher?.end("the test ended");
    this.#frame?.remove();
  }
}

function within(promise, otherwise) {
  return Promise.race([promise, new Promise((_, late) => setTimeout(() => late(new Error(otherwise)), READY_MS))]);
}
