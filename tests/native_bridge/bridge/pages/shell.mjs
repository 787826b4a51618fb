/** A small shell: frames a page of the bundle's origin, checks its greeting, and answers it with the real dispatcher. */
import { BridgeError, Dispatcher } from "/shell/host/dispatcher.mjs";
import { acceptWindowMessage } from "/shell/host/origin.mjs";

const contract = await (await fetch("/contract/contract.json")).json();
const expectedOrigin = `http://wealth-h5.localhost:${location.port}`;
let state = "entering";
let frame = null;

window.audit = [];
window.refused = [];
window.pongs = [];
window.port = undefined;

const methods = {
  "app.info": async () => ({
    platform: "browser", version: "1.0.0", locale: "zh-CN", theme: "light", insets: { top: 0, bottom: 34, left: 0, right: 0 },
    env: "sandbox", bank: { zh: "澜江银行", en: "Lanjiang Bank" }, secret: "token",
  }),
  "store.get": async ({ key }, ctx) => ({ value: `${ctx.bundle.id}/${key}` }),
  "net.request": (_params, ctx) => new Promise((_, reject) => {
    ctx.signal.addEventListener("abort", () => reject(new BridgeError("OFFLINE")));
  }),
  "tx.sign": async () => {
    throw new BridgeError("USER_CANCELLED", "closed", { details: { by: "person" } });
  },
};

const serve = (port, granted) => {
  const names = ["app.info", "store.get", "net.request", "tx.sign"].filter((name) => granted.includes(name));
  const manifest = {
    bundle: "wealth", version: "1.0.0", contract: { min: "1.0", max: "1.0" }, events: ["page.shown", "theme.changed"], ops: ["wealth.product.list"],
    purposes: [], permissions: Object.fromEntries(names.map((name) => [name, 1])),
  };
  const dispatcher = new Dispatcher({
    contract, manifest, policy: Object.keys(contract.methods), killList: [], methods, audit: (entry) => window.audit.push(entry),
    clock: () => performance.now(), setTimer: setTimeout.bind(window), clearTimer: clearTimeout.bind(window),
    nonce: () => crypto.randomUUID(), token: () => crypto.randomUUID(), host: { platform: "browser", app: "1.0.0" },
    send: (text) => port.postMessage(text),
  });
  port.onmessage = ({ data }) => {
    if (typeof data === "string" && data.includes('"pong"')) window.pongs.push(JSON.parse(data).n);
    else dispatcher.receive(data);
  };
  dispatcher.start();
  window.dispatcher = dispatcher;
  window.port = port;
};

window.frame = (granted) => {
  frame?.remove();
  state = "entering";
  frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
  frame.src = `${expectedOrigin}/pages/page.html`;
  window.granted = granted;
  document.body.append(frame);
};

window.addEventListener("message", ({ source, origin, data }) => {
  const verdict = acceptWindowMessage({ source: source === frame?.contentWindow, origin, data, expectedOrigin, state });
  if (!verdict.accept) return void window.refused.push(verdict.reason);
  state = "live";
  const channel = new MessageChannel();
  frame.contentWindow.postMessage({ tidegate: "page-init" }, expectedOrigin, [channel.port2]);
  serve(channel.port1, window.granted);
});
window.ready = true;
