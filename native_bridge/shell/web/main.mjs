/**
 * The web host, wired: the verified release that the server named, its frame, the dispatcher with fewer methods, and the
 * ways to the app and to the next bundle.
 */
import { sha256Hex } from "../core/encoding.mjs";
import { ShellError } from "../core/errors.mjs";
import { deepLink, readRoute } from "../core/route.mjs";
import { MemoryStore, Store } from "../core/store.mjs";
import { Dispatcher } from "../host/dispatcher.mjs";
import { loadSprite } from "../ui/dom.mjs";
import { pairText, pickLocale } from "../ui/i18n.mjs";
import { WebFrame } from "./frame.mjs";
import { handOver, takeOver } from "./journey.mjs";
import { PLATFORM, webMethods } from "./methods.mjs";
import { View } from "./view.mjs";

const LOCALE = "tidegate.web.locale";
const LEVELS = Object.freeze({ debug: "debug", info: "info", warn: "warn", error: "error" });
const { bundle = "", digest = "" } = document.documentElement.dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");
const appearance = { locale: pickLocale(localStorage.getItem(LOCALE) ?? navigator.language), theme: dark.matches ? "dark" : "light" };
const fallback = document.querySelector("#host a")?.getAttribute("href") ?? "";
const step = takeOver(sessionStorage, bundle);
const page = { bundle, route: (readRoute(`${bundle}${location.hash}`) ?? { route: bundle }).route, guard: false, caller: step?.caller ?? history.state?.caller ?? null };

let config = /** @type {any} */ (null);
let manifest = /** @type {any} */ (null);
let dispatcher = /** @type {Dispatcher | null} */ (null);
let frame = /** @type {WebFrame | null} */ (null);

const view = new View({
  root: /** @type {HTMLElement} */ (document.getElementById("host")), appearance,
  link: () => (config ? deepLink(config.appLink, page.route) : fallback), onBack: back,
  onLocale: () => {
    appearance.locale = appearance.locale === "en" ? "zh-CN" : "en";
    localStorage.setItem(LOCALE, appearance.locale);
    appearanceChanged();
  },
});

function appearanceChanged() {
  view.draw();
  dispatcher?.emit("theme.changed", { ...appearance });
}

/** @param {string} address @returns {Promise<Uint8Array>} @throws {ShellError} OFFLINE or UPSTREAM_ERROR */
async function bytesOf(address) {
  const response = await fetch(address, { credentials: "omit" }).catch(() => null);
  if (!response) throw new ShellError("OFFLINE", address);
  if (!response.ok) throw new ShellError("UPSTREAM_ERROR", `${address} answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** @param {Uint8Array} bytes */
function json(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The manifest whose digest the server put into this page. */
async function readManifest() {
  const bytes = await bytesOf(`/web/${bundle}/${digest}.json`);
  if ((await sha256Hex(bytes)) !== digest) throw new ShellError("RELEASE_INVALID", "the manifest is another one");
  return json(bytes);
}

/** The store of a browser that keeps nothing for this page lives as long as the page. */
async function openStore() {
  return Store.open("tidegate-web").catch(() => new MemoryStore());
}

/** What methods may do. */
function ui() {
  return {
    appearance: () => ({ ...appearance }),
    ready: () => view.ready(),
    setTitleBar: (/** @type {any} */ { title, leading }) => view.change({ title, leads: leading !== "none" && (page.guard || page.caller !== null) }),
    setBackGuard: (/** @type {boolean} */ on) => {
      page.guard = on;
      view.change({ leads: on || page.caller !== null });
    },
    go, close: (/** @type {any} */ result) => setTimeout(() => leave(result)),
    log: (/** @type {any} */ { level, name, fields }) => console[LEVELS[level] ?? "info"](`${bundle} ${name}`, fields ?? {}),
  };
}

/** Another page of this bundle is told where to go; another bundle has a host page of its own. @param {any} where */
function go({ bundle: to, route, hash, params, caller }) {
  if (to === bundle) {
    page.route = route;
    dispatcher?.emit("page.shown", { route, params, caller, result: null });
    return;
  }
  handOver(sessionStorage, { to, route, params, caller, result: null });
  setTimeout(() => location.assign(`/web/${to}/${hash}`));
}

/** @param {any} result */
function leave(result) {
  if (page.caller === null) {
    frame?.close("closed");
    view.whole("left");
    return;
  }
  handOver(sessionStorage, { to: page.caller, route: null, params: null, caller: null, result });
  history.back();
}

function back() {
  if (page.guard && dispatcher?.state === "live") dispatcher.emit("page.back", { by: "button" });
  else leave(null);
}

/** @param {number} count @returns {string} hex of random bytes */
function randomHex(count) {
  return [...crypto.getRandomValues(new Uint8Array(count))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the page said that it cannot work without. @param {string} text @returns {Record<string, number> | null} */
function needOf(text) {
  if (!text.includes('"hello"')) return null;
  try {
    const message = JSON.parse(text);
    return message?.t === "hello" && typeof message.need === "object" ? message.need : null;
  } catch {
    return null;
  }
}

/** The page refuses itself when a need is not granted: then the person gets the way to the app, not the page's excuse. @param {Record<string, number>} need @param {string} text */
function judgeWelcome(need, text) {
  const message = JSON.parse(text);
  if (message.t !== "welcome") return;
  const unmet = Object.keys(need).filter((name) => message.granted[name] !== need[name]);
  if (unmet.length === 0) return;
  setTimeout(() => {
    dispatcher?.end("unmet");
    frame?.close("unmet");
    view.whole("need", { title: manifest.title, code: `METHOD_UNSUPPORTED · ${unmet.join(", ")}` });
  });
}

/** @param {{port: import("../core/page_port.mjs").PagePort, contract: any, store: any}} parts */
function connect({ port, contract, store }) {
  let need = {};
  const made = new Dispatcher({
    contract, manifest, digest, policy: Object.keys(contract.methods), killList: [],
    methods: webMethods({ config, page, store, ui: ui() }), audit: (entry) => console.debug(JSON.stringify(entry)),
    clock: () => Math.round(performance.now()), setTimer: (run, ms) => setTimeout(run, ms), clearTimer: (timer) => clearTimeout(timer),
    nonce: () => randomHex(16), token: () => randomHex(16), host: { platform: PLATFORM, app: config.app.version },
    unsupported: () => {
      view.offerApp();
      return { deepLink: deepLink(config.appLink, page.route) };
    },
    send: (text) => {
      port.postMessage(text);
      if (text.includes('"welcome"')) judgeWelcome(need, text);
    },
  });
  dispatcher = made;
  port.onmessage = ({ data }) => {
    need = needOf(data) ?? need;
    made.receive(data);
  };
  made.emit("page.shown", { route: step?.route ?? page.route, params: step?.params ?? null, caller: step?.caller ?? null, result: step?.result ?? null });
  made.start();
}

/** @param {string} reason */
function ended(reason) {
  dispatcher?.end(reason);
  if (!["closed", "unmet"].includes(reason)) view.whole("ended", { code: `FRAME_FAILED · ${reason}`, retry: true });
}

async function begin() {
  if (typeof Object.hasOwn !== "function") throw new ShellError("BROWSER_TOO_OLD", "the bridge does not run here");
  if (page.caller) history.replaceState({ caller: page.caller }, "");
  config = json(await bytesOf("/web/config.json"));
  if (!digest) return view.whole("none", { retry: true });
  const contract = json(await bytesOf("/shell/contract.json"));
  manifest = await readManifest();
  const title = pairText(manifest.title, appearance.locale);
  view.change({ title, leads: page.caller !== null });
  const store = await openStore();
  frame = new WebFrame();
  frame.onPage = (port) => connect({ port, contract, store });
  frame.onEnd = ended;
  const path = manifest.entry.split("/").map(encodeURIComponent).join("/");
  frame.open(view.place, `/web/${bundle}/${digest}/${path}${readRoute(page.route)?.hash ?? ""}`, view.t("frame", { title }));
}

dark.addEventListener?.("change", () => {
  appearance.theme = dark.matches ? "dark" : "light";
  appearanceChanged();
});
for (const name of ["online", "offline"]) addEventListener(name, () => dispatcher?.emit("network.changed", { online: name === "online" }));
addEventListener("pageshow", (event) => event.persisted && location.reload()); // what was handed back is read anew
addEventListener("hashchange", () => location.reload());
void loadSprite();
begin().catch((error) => view.whole("failed", { code: `${error.code ?? error.name} · ${error.message}`, retry: true }));
