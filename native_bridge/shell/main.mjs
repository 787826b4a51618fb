/**
 * The shell in the browser, wired: configuration, store, keys, API, releases, phone, sheets, pages, panels.
 *
 * Nothing here decides about trust; it brings together those who do and shows what they found, failures included.
 */
import { Adoption, adoptionSender } from "./core/adoption.mjs";
import { Api } from "./core/api.mjs";
import { cohort } from "./core/policy.mjs";
import { ShellError } from "./core/errors.mjs";
import { BundleFrame } from "./core/frames.mjs";
import { DeviceKeys } from "./core/keys.mjs";
import { deltaPatch } from "./core/patching.mjs";
import { Previews } from "./core/preview.mjs";
import { Releases } from "./core/releases.mjs";
import { tellingFetch } from "./core/sending.mjs";
import { Store } from "./core/store.mjs";
import { CustomerDoor } from "./host/door.mjs";
import { createMethods, sessionStatus, deviceStatus } from "./host/methods.mjs";
import { BundleStore } from "./host/pages_store.mjs";
import { repositoryFetcher } from "./tuf/fetch.mjs";
import { applyAppearance, keepLook, keptLook } from "./ui/appearance.mjs";
import { followDeepLink } from "./ui/deep_link.mjs";
import { confirmation, help, notice } from "./ui/dialog.mjs";
import { h, loadSprite } from "./ui/dom.mjs";
import { Faults } from "./ui/faults.mjs";
import { pairText, sayIn } from "./ui/i18n.mjs";
import { Journal } from "./ui/journal.mjs";
import { listenKeys } from "./ui/keyboard.mjs";
import { followRepository, liveWish, promptly } from "./ui/live.mjs";
import { deviceInfo, modelOf } from "./ui/models.mjs";
import { Pages } from "./ui/pages.mjs";
import { PinVault } from "./ui/pin.mjs";
import { followPreviewLink, leavePreview } from "./ui/preview.mjs";
import { Recording } from "./ui/recording.mjs";
import { createState, drawScreen } from "./ui/screen.mjs";
import { createSheets } from "./ui/sheets.mjs";

const PLATFORM = "browser";
const JOURNAL_MS = 60;
const JOURNAL_MOST_MS = 1000;
const DRAWING_SHARE = 20;
const DOCUMENT_MS = 15_000;
const REPORT_MS = 5000;
const RELOAD_MS = 1500;
const PROBE = "accounts.application.current";
const kept = keptLook();
const state = createState(kept);
const t = () => sayIn(state.get("locale"));
let tiers = /** @type {Record<string, number>} */ ({});
let parts = /** @type {any} */ (null);
let starting = /** @type {Promise<void> | null} */ (null);
let journalTimer = 0;
let journalFree = 0;
let reportTimer = 0;

const journal = new Journal({ onChange: journalChanged, tiers: () => tiers });
const faults = new Faults({ onChange: faultsChanged });
const recording = new Recording();
faults.network = kept.network;
const { phone, debug } = drawScreen({ state, t, journal, faults, stored, on: actions() });

/** The newest version of a method. @param {Record<string, any>} versions */
function newest(versions) {
  return versions[Math.max(...Object.keys(versions).map(Number))];
}

/**
 * Tell the panel at most every 60 ms, and so seldom that drawing takes a twentieth of the time: looking at the calls
 * must not slow them down.
 */
function journalChanged() {
  if (journalTimer) return;
  const begun = performance.now();
  journalTimer = setTimeout(() => {
    journalTimer = 0;
    const drawing = performance.now();
    state.set({ journal: state.get("journal") + 1 });
    queueMicrotask(() => { // the state tells its watchers in the microtask before this one
      const drawn = performance.now();
      journalFree = drawn + Math.min(DRAWING_SHARE * (drawn - drawing), JOURNAL_MOST_MS);
    });
  }, Math.max(JOURNAL_MS, journalFree - begun));
}

/** Every control of the screen, and what it does. */
function actions() {
  return {
    reload: () => void start(), record, help: () => void help(t()), open: (/** @type {string} */ bundle) => void parts?.pages.open(bundle),
    back: () => parts?.pages.back(), leave: () => void leavePreview(parts.pages, parts.releases, t()), network: (/** @type {any} */ network) => { faults.network = network; },
    model: (/** @type {string} */ id) => look({ model: id }),
    locale: (/** @type {string | Event} */ locale) => look({ locale: typeof locale === "string" ? locale : state.get("locale") === "en" ? "zh-CN" : "en" }),
    theme: () => look({ theme: state.get("theme") === "dark" ? "light" : "dark" }),
    reset: () => void reset(), logout: () => void parts?.api.logout(),
  };
}

/** @param {{locale?: string, theme?: string, model?: string}} change */
function look({ model, ...change }) {
  state.set(model ? { ...change, model } : change);
  const appearance = { locale: state.get("locale"), theme: state.get("theme") };
  applyAppearance(appearance);
  keepLook(model ? { ...change, device: model } : change);
  parts?.pages.emitAll("theme.changed", appearance);
}

/** @param {string[]} on */
function faultsChanged(on) {
  const before = state.get("network");
  state.set({ faults: on, network: faults.network });
  if (before !== faults.network) keepLook({ network: faults.network });
  if ((before === "offline") !== (faults.network === "offline")) parts?.pages.emitAll("network.changed", { online: faults.network !== "offline" });
}

/** Fetch a JSON document of the shell, or take the one that was kept. @param {Store} store @param {string} address */
async function shellDocument(store, address) {
  const key = `kept:${address}`;
  try {
    const response = await faults.fetch(fetch)(address, { cache: "no-cache", signal: AbortSignal.timeout(DOCUMENT_MS) });
    if (!response.ok) throw new ShellError("UPSTREAM_ERROR", `${address} answers ${response.status}`);
    const content = await response.json();
    await store.put("values", key, content);
    return content;
  } catch (error) {
    const kept = await store.get("values", key);
    if (kept) return kept;
    throw error instanceof ShellError ? error : new ShellError("OFFLINE", `${address}: ${error.message}`);
  }
}

/** Make what lives as long as the document. */
async function build() {
  const store = await Store.open();
  const config = await shellDocument(store, "/shell/config.json");
  const contract = await shellDocument(store, config.contract);
  tiers = Object.fromEntries(Object.entries(contract.methods).map(([name, versions]) => [name, newest(/** @type {any} */ (versions)).tier]));
  state.set({ bank: config.bank, env: config.env, samples: config.samples ?? [] });
  const keys = await navigator.locks.request("tidegate-keys", () => DeviceKeys.open(store)); // two tabs make one pair
  state.set({ keyId: keys.tx.thumbprint });
  const api = new Api({ base: config.apiBase, keys, store, env: config.env, aud: config.aud, app: config.app, platform: PLATFORM, model: "Browser simulator", fetch: faults.fetch(fetch), sending: (/** @type {any} */ told) => faults.fetch(/** @type {any} */ (tellingFetch(told))) });
  const fetcher = repositoryFetcher(config.repository, { fetch: faults.fetch(fetch) });
  const presetFetcher = config.preset ? repositoryFetcher(config.preset) : null;
  const patch = deltaPatch({ fetcher, object: (/** @type {string} */ sha256) => releases.object(sha256) });
  const releases = new Releases({ store, config, platform: PLATFORM, fetcher, presetFetcher, patch });
  const previews = new Previews({ releases, store, config, platform: PLATFORM, fetcher });
  const adoption = new Adoption({ store, platform: PLATFORM, send: adoptionSender(config.apiBase, faults.fetch(fetch)) });
  releases.onEvent = (event, bundle, digest) => void counted(adoption, event, bundle, digest);
  const vault = new PinVault({ store });
  const sheet = createSheets({ phone, store, vault, look: sheetLook, sandbox: () => (config.env === "sandbox" ? t()("sandbox") : null), clock: () => api.now().getTime() });
  const door = new CustomerDoor({ api, sheet });
  const made = { store, config, contract, keys, api, releases, sheet, door };
  const pages = new Pages({
    holder: phone.frame, state, t, config, contract, releases, faults, recording, journal, tiers, busy: () => sheet.busy,
    methods: (/** @type {any} */ page) => createMethods({ ...made, ui: pageUi(), page }),
  });
  pages.onTrial = () => state.set({ releases: releases.list(), trials: standings(releases, config) });
  pages.onBack = (/** @type {any} */ what) => notice(t()("phone.back.release", what));
  api.onSession = sessionChanged;
  api.onCall = (/** @type {any} */ call) => called(call);
  return { ...made, pages, previews };
}

/** Count an event and send what waits a little later; neither ever stops what is counted. @param {any} adoption @param {string} event @param {string} bundle @param {string} digest */
async function counted(adoption, event, bundle, digest) {
  await adoption.count(event, bundle, digest).catch(() => {});
  reportTimer ||= setTimeout(() => {
    reportTimer = 0;
    void adoption.flush();
  }, REPORT_MS);
}

/** What was sent back on this device, by bundle. @param {any} releases @param {any} config */
function standings(releases, config) {
  return Object.fromEntries(config.bundles.map((/** @type {string} */ bundle) => [bundle, releases.standing(bundle)]));
}

function sheetLook() {
  const locale = state.get("locale");
  return { locale, t: t(), bank: pairText(state.get("bank"), locale), level: state.get("device")?.level ?? "sim" };
}

/** What methods may do to the screen. */
function pageUi() {
  return {
    appearance: () => ({ locale: state.get("locale"), theme: state.get("theme"), ...deviceInfo(modelOf(state.get("model"))) }),
    ready: (/** @type {any} */ page) => parts.pages.markReady(page),
    setTitleBar: (/** @type {any} */ page, /** @type {any} */ bar) => parts.pages.change(page, bar),
    openRoute: (/** @type {any} */ where) => parts.pages.openRoute(where),
    closePage: (/** @type {any} */ page, /** @type {any} */ result) => setTimeout(() => parts.pages.closePage(page, result)),
    setBackGuard: (/** @type {any} */ page, /** @type {boolean} */ guard) => parts.pages.change(page, { guard }),
    protect: (/** @type {any} */ page, /** @type {boolean} */ on) => parts.pages.change(page, { protected: on }),
    log: (/** @type {any} */ page, /** @type {any} */ event) => journal.log(event, page.bundle),
    bound: async () => {
      await readDevice(parts.api);
      notice(t()("device.boundNow"));
    },
    unbound: () => setTimeout(() => void forgotten()),
  };
}

/** The device was taken away from its customer: keys and what its bundles kept go, and the shell begins as a new device. */
async function forgotten() {
  parts.pages.emitAll("device.bindingChanged", { state: "REMOVED" });
  parts.pages.home();
  await parts.api.forgetDevice();
  for (const area of ["keys", "pages"]) await parts.store.clear(area);
  for (const name of ["phrase", "pin"]) await parts.store.remove("values", name);
  notice(t()("device.unboundNow"));
  setTimeout(() => location.reload(), RELOAD_MS);
}

/** @param {any} session */
function sessionChanged(session) {
  state.set({ session });
  parts?.pages.emitAll("session.changed", sessionStatus(session));
}

/** @param {any} call */
function called(call) {
  state.set({ bff: call.status === undefined || call.status === null || call.status === 0 ? "unreachable" : "connected" });
  if (call.op === "session.create" && call.code === "LOGIN_REFUSED") state.set({ failure: { code: "DEVICE_REFUSED", message: call.code } });
  journal.own(call);
}

/** Ask the bank what it knows of this device. @param {any} api */
async function readDevice(api) {
  await api.ensureSession();
  const { status, body } = await api.device();
  if (status !== 200) throw new ShellError("UPSTREAM_ERROR", `device.get answers ${status}: ${body?.code ?? ""}`);
  const changed = state.get("device")?.state !== body.state;
  state.set({ device: body });
  if (changed) parts?.pages.emitAll("device.bindingChanged", deviceStatus(body, parts.keys.tx.thumbprint));
}

/** Where this installation stands in a rollout that did not reach it. @param {any} made */
async function waitingReleases({ store, releases }) {
  const waiting = {};
  const installId = await releases.installId();
  for (const { bundle, version, policyDigest } of releases.list()) {
    const bytes = await store.get("objects", policyDigest);
    const policy = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : { releases: [] };
    const partial = policy.releases.find((/** @type {any} */ release) => release.version !== version && release.permyriad < 10_000);
    if (partial) waiting[bundle] = { version: partial.version, permyriad: partial.permyriad, bucket: await cohort(installId, partial.salt) };
  }
  return waiting;
}

/** Bring the releases up to date and put each where its worker can serve it. */
async function update() {
  const { releases, config } = parts;
  await releases.load();
  await releases.preset();
  state.set({ releases: releases.list(), trust: releases.trust, trials: standings(releases, config) });
  const onProgress = (/** @type {any} */ progress) => state.set({ progress: progress.phase === "done" ? null : progress });
  const { refused, changed } = await releases.update({ onProgress }).catch((/** @type {any} */ error) => {
    parts.pages.requireUpdates(); // what is forced holds although its files cannot be had
    throw error;
  });
  state.set({ releases: releases.list(), trust: releases.trust, trials: standings(releases, config), refused, progress: null, waiting: await waitingReleases(parts) });
  const holder = h("div", { hidden: true, "aria-hidden": "true" });
  document.body.append(holder);
  for (const release of releases.list().filter((/** @type {any} */ each) => each.entry)) {
    if (changed.includes(release.bundle)) parts.pages.emitAll("bundle.updateReady", { version: release.version });
    const origin = config.bundleOrigin.replace("{bundle}", release.bundle);
    const frame = new BundleFrame({ bundle: release.bundle, origin, object: (/** @type {string} */ sha256) => releases.object(sha256) });
    await frame.prepare(release, holder).catch((error) => journal.log({ level: "warn", name: "bundle.prepare", fields: { bundle: release.bundle, message: error.message } }, "shell"));
  }
  holder.remove();
  parts.pages.requireUpdates();
}

/** Start, or start again after a failure; asked twice it starts once. */
function start() {
  starting ??= begin().finally(() => { starting = null; });
  return starting;
}

/** The bank accepts this device no more: removed, blocked, or a sandbox whose database is a new one. @param {any} error */
function isDeviceRefused(error) {
  return error.code === "UPSTREAM_ERROR" && error.details?.body?.code === "LOGIN_REFUSED";
}

async function begin() {
  state.set({ busy: true, failure: null, bff: "checking" });
  try {
    parts ??= await build();
    const results = await Promise.allSettled([update(), readDevice(parts.api)]);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw /** @type {PromiseRejectedResult} */ (failed).reason;
  } catch (error) {
    const code = isDeviceRefused(error) ? "DEVICE_REFUSED" : error.code ?? error.name;
    state.set({ failure: { code, message: error.message }, progress: null });
    if (code === "OFFLINE") state.set({ bff: "unreachable" });
    journal.log({ level: "error", name: "shell.start", fields: { code, message: error.message } }, "shell");
  }
  state.set({ busy: false });
}

/** Where the address is a preview link: open that release, or say why not. */
async function followPreview() {
  if (!parts) return;
  const { previews, pages, api } = parts;
  const log = (/** @type {any} */ event) => journal.log(event, "shell");
  const revoked = async (/** @type {string} */ ref) => {
    const answer = await api.request({ op: PROBE, bundle: ref }).catch(() => null); // without an answer the bank refuses its calls later
    return answer?.body?.code === "BUNDLE_REVOKED";
  };
  await followPreviewLink({ location, history, previews, revoked, pages, t: t(), log });
}

/** Where the address is a link to a page: open it, or stay at home. */
async function followLink() {
  if (!parts) return;
  const { pages, releases } = parts;
  await followDeepLink({ location, history, pages, releases, log: (/** @type {any} */ event) => journal.log(event, "shell") });
}

/** Where the address asks for live reload: show the bundle, and show it anew whenever another release of it is there. */
function followDeveloper() {
  const wish = liveWish(location.search, state.get("env"));
  if (!wish || !parts) return;
  let shown = "";
  const changed = async () => {
    const begun = performance.now();
    const { refused } = await parts.releases.update();
    state.set({ releases: parts.releases.list(), trust: parts.releases.trust, refused });
    const release = parts.releases.get(wish.bundle);
    if (!release || release.digest === shown) return;
    shown = release.digest;
    const atOnce = await promptly(() => {
      parts.pages.home();
      return parts.pages.openRoute({ route: `${wish.bundle}${wish.at}` });
    });
    journal.log({ level: "info", name: "live.shown", fields: { bundle: wish.bundle, version: release.version, atOnce, milliseconds: Math.round(performance.now() - begun) } }, "shell");
  };
  const failed = (/** @type {any} */ error) => journal.log({ level: "warn", name: "live.failed", fields: { code: error.code ?? error.name, message: error.message } }, "shell");
  followRepository({ address: `${parts.config.repository}/metadata/timestamp.json`, fetch: fetch.bind(globalThis), changed, failed });
  notice(t()("live.on", { bundle: wish.bundle }));
}

/** What all installed bundles keep. */
async function stored() {
  if (!parts) return [];
  const drawers = parts.releases.list().map(async ({ bundle }) => (await new BundleStore({ store: parts.store, bundle }).entries()).map((entry) => ({ bundle, ...entry })));
  return (await Promise.all(drawers)).flat();
}

/** Begin to record, or end and hand over the files. */
function record() {
  state.set({ recording: !recording.on });
  if (recording.on) void recording.end(parts?.contract, t());
  else recording.begin();
}

/**
 * Make this simulated device a new one: keys, PIN, 预留语 and what bundles kept are gone. In a sandbox the trust in the
 * repository begins anew as well; elsewhere what was seen of it stays, since it is what refuses older releases.
 */
async function reset() {
  const say = t();
  const sandbox = state.get("env") === "sandbox";
  const body = [say("reset.body"), sandbox ? say("reset.trust") : ""].join("");
  const sure = await confirmation({ title: say("reset.title"), body, yes: say("reset.yes"), no: say("cancel") });
  if (!sure) return;
  parts?.pages.home();
  await parts?.api.logout();
  const store = parts?.store ?? (await Store.open());
  for (const area of ["keys", "values", "pages", ...(sandbox ? ["tuf", "releases"] : [])]) await store.clear(area);
  location.reload();
}

applyAppearance({ locale: state.get("locale"), theme: state.get("theme") });
listenKeys({ rows: (step) => debug.move(step), enter: () => debug.enter(), faults: () => debug.toFaults(), home: () => parts?.pages.home(), help: () => void help(t()) });
await Promise.all([loadSprite(), start()]);
await followPreview();
await followLink();
followDeveloper();
