/** The left column's upper part: what is installed, by whom it was signed, how far it is rolled out, and what TUF verified. */
import { copyText } from "./dialog.mjs";
import { fill, h, icon } from "./dom.mjs";
import { moment, shortDigest, size } from "./format.mjs";
import { knows, pairText } from "./i18n.mjs";

const FROM_FOLDER = 900_000;
const ROLES = Object.freeze(["root", "timestamp", "snapshot", "targets"]);

/** Who of the role's keys signed its metadata; TUF has verified that they reach the threshold. @param {Uint8Array} bytes @param {string[]} keyids */
function signersOf(bytes, keyids) {
  const { signatures } = JSON.parse(new TextDecoder().decode(bytes));
  return keyids.filter((keyid) => signatures.some((/** @type {any} */ signature) => signature.keyid === keyid && signature.sig));
}

/** Whether live reload made this release from a folder: its patch numbers begin where nobody publishes. @param {string} version */
export function isFromFolder(version) {
  return Number(version.split(".")[2]) >= FROM_FOLDER;
}

/** The panel of bundles. */
export class BundlePanel {
  #unfolded = null;

  /** @param {{root: HTMLElement, state: import("./state.mjs").State, t: () => any, onOpen: (bundle: string) => void, onRetry: () => void, onReset: () => void}} parts */
  constructor({ root, state, t, onOpen, onRetry, onReset }) {
    Object.assign(this, { root, state, t, onOpen, onRetry, onReset });
    state.watch(["locale", "env", "releases", "trust", "refused", "trials", "waiting", "progress", "failure", "open", "busy"], () => this.#render());
  }

  #render() {
    const t = this.t();
    const releases = this.state.get("releases");
    const open = this.state.get("open")?.bundle ?? this.#unfolded;
    fill(this.root,
      h("section", { class: "sec", "aria-label": t("bundles.title") },
        h("h2", null, t("bundles.title"), h("small", { class: "num" }, t("bundles.count", { count: releases.length }))),
        this.#failure(), this.#progress(),
        releases.map((/** @type {any} */ release) => (release.bundle === open ? this.#unfold(release) : this.#row(release))),
        this.state.get("refused").map((/** @type {any} */ refused) => this.#refused(refused)),
        releases.length || this.state.get("progress") || this.state.get("failure") ? null : h("p", { class: "muted" }, t("bundles.none"))),
      this.#trust());
  }

  #row(release) {
    const unfold = () => { this.#unfolded = release.bundle; this.#render(); };
    return h("button", { class: "bundle", onclick: unfold, "aria-expanded": "false", "data-bundle": release.bundle }, ...this.#names(release));
  }

  #names(release) {
    const t = this.t();
    const open = this.state.get("open");
    const running = open?.bundle === release.bundle && !open.preview;
    return [h("span", { class: "lead good", title: t("bundles.verified") }, icon("shield")),
      h("span", { class: "nm" }, h("b", null, pairText(release.manifest.title, this.state.get("locale"))), h("span", { class: "mono" }, release.bundle)),
      h("span", { class: "row g2" }, this.#refusals(release.bundle).length ? h("span", { class: "chip warn" }, t("bundles.sentBack")) : null,
        isFromFolder(release.version) ? h("span", { class: "chip warn", "data-origin": "folder" }, t("bundles.local")) : null,
        running ? h("span", { class: "chip tide" }, t("bundles.running")) : null, h("span", { class: "mono soft num" }, release.version))];
  }

  #unfold(release) {
    const t = this.t();
    const { min, max } = release.manifest.contract;
    const fold = () => { this.#unfolded = null; this.#render(); };
    const running = this.state.get("open")?.bundle === release.bundle;
    const head = running ? h("div", { class: "bundle" }, ...this.#names(release))
      : h("button", { class: "bundle", onclick: fold, "aria-expanded": "true", "data-bundle": release.bundle }, ...this.#names(release));
    return h("div", { class: "open" }, head,
      h("dl", null, h("dt", null, t("bundles.state")), h("dd", { class: "good" }, t("bundles.verified")),
        h("dt", null, t("bundles.from")), h("dd", null, t(isFromFolder(release.version) ? "bundles.fromFolder" : "bundles.fromRelease")),
        h("dt", null, t("bundles.digest")), h("dd", { class: "mono row between" }, shortDigest(release.digest),
          h("button", { class: "mini", "aria-label": t("bundles.copyDigest"), onclick: () => copyText(release.digest, t("copied")) }, icon("copy", 16))),
        h("dt", null, t("bundles.signed")), h("dd", null, this.#signatures(release)),
        h("dt", null, t("bundles.contract")), h("dd", { class: "mono" }, min === max ? min : `${min} – ${max}`),
        h("dt", null, t("bundles.files")), h("dd", { class: "num" }, this.#files(release))),
      this.#sentBack(release.bundle), this.#rollout(release), release.entry && !running
        ? h("button", { class: "btn enter", onclick: () => this.onOpen(release.bundle) }, icon("play", 16), t("bundles.open")) : null);
  }

  #refusals(bundle) {
    return this.state.get("trials")[bundle]?.refused ?? [];
  }

  /** What was sent back on this device, when and why. @param {string} bundle */
  #sentBack(bundle) {
    const t = this.t();
    const locale = this.state.get("locale");
    const why = (/** @type {string} */ reason) => t(knows(locale, `back.${reason}`) ? `back.${reason}` : "back.ended");
    return this.#refusals(bundle).map((/** @type {any} */ { version, digest, reason, at }) => h("div", { class: "note warn", "data-back": version }, icon("undo", 16), h("div", null,
      h("p", null, t("bundles.backWhy", { version, why: why(reason), time: moment(at, locale) })),
      h("p", { class: "mono" }, `${reason} · ${shortDigest(digest)}`))));
  }

  #signatures(release) {
    const role = this.state.get("trust")?.[`app-${release.bundle}`];
    if (!role) return this.t()("bundles.signedUnknown");
    const signed = signersOf(release.roleBytes, role.keyids).length;
    return this.t()("bundles.signedBy", { signed, keys: role.keyids.length, role: `app-${release.bundle}`, threshold: role.threshold });
  }

  #files(release) {
    const own = release.files.filter((/** @type {any} */ file) => file.bundle === release.bundle);
    const bytes = release.files.reduce((/** @type {number} */ sum, /** @type {any} */ file) => sum + file.length, 0);
    return this.t()("bundles.fileCount", { own: own.length, shared: release.files.length - own.length, size: size(bytes) });
  }

  /** A gauge only while a policy is partial. */
  #rollout(release) {
    const t = this.t();
    const shown = this.state.get("waiting")[release.bundle] ?? release.policy;
    if (!shown || shown.permyriad >= 10_000 || shown.bucket === undefined || shown.bucket === null) return null;
    const mine = shown.bucket / 100;
    const share = shown.permyriad / 100;
    const sentence = shown.bucket < shown.permyriad ? "rollout.in" : "rollout.out";
    return h("div", { class: "roll" },
      h("div", { class: "row between" }, h("b", { class: "num" }, t("rollout.title", { version: shown.version ?? release.version, share }))),
      h("div", { class: "gauge" }, h("s", { place: { width: `${share}%` } }), h("em", { place: { left: `${mine}%` } })),
      h("div", { class: "ticks num" }, h("span", { place: { left: "0" } }, mine < 22 ? "" : "0"),
        h("span", { place: { left: `${Math.min(88, Math.max(12, mine))}%` } }, h("b", null, t("rollout.here", { share: mine.toFixed(1) }))),
        h("span", { place: { left: "100%" } }, mine > 78 ? "" : "100%")),
      h("div", { class: "muted" }, t(sentence, { version: release.version })));
  }

  #refused({ bundle, code, message }) {
    const t = this.t();
    return h("div", { class: "note bad failure", role: "alert" }, icon("alert", 16),
      h("div", null, h("p", null, t("bundles.refused", { bundle })), h("p", { class: "mono" }, `${code} · ${message}`)));
  }

  #failure() {
    const failure = this.state.get("failure");
    if (!failure) return null;
    const t = this.t();
    const key = `fail.${failure.code}`;
    const stored = this.state.get("releases").length > 0;
    return h("div", { class: "note bad failure", role: "alert" }, icon("alert", 16), h("div", null,
      h("p", null, knows(this.state.get("locale"), key) ? t(key) : t("fail.other")), stored ? h("p", null, t("fail.stored")) : null,
      this.#anew(failure.code),
      h("p", { class: "mono" }, `${failure.code} · ${failure.message}`),
      h("button", { class: "btn", onclick: this.onRetry }, icon("refresh", 16), t("retry"))));
  }

  /** A device that the bank refuses, and in a sandbox a repository that is another one, need a new beginning. @param {string} code */
  #anew(code) {
    const t = this.t();
    const rebuilt = code.startsWith("TUF_") && code !== "TUF_EXPIRED" && this.state.get("env") === "sandbox";
    if (code !== "DEVICE_REFUSED" && !rebuilt) return null;
    return [rebuilt ? h("p", null, t("fail.rebuilt")) : null,
      h("button", { class: "btn", onclick: this.onReset, "data-do": "anew" }, icon("undo", 16), t(rebuilt ? "device.reset" : "fail.register"))];
  }

  #progress() {
    const progress = this.state.get("progress");
    if (!progress) return null;
    const t = this.t();
    const share = progress.totalBytes ? (progress.doneBytes / progress.totalBytes) * 100 : 0;
    const known = knows(this.state.get("locale"), `progress.${progress.phase}`) ? progress.phase : "files";
    return h("div", { class: "progress" },
      h("div", { class: "row between" }, h("span", null, t(`progress.${known}`, { bundle: progress.bundle ?? "" })),
        progress.totalBytes ? h("span", { class: "muted num" }, `${size(progress.doneBytes)} / ${size(progress.totalBytes)}`) : null),
      h("div", { class: "gauge", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(share), "aria-label": t("progress.label") },
        h("s", { place: { width: `${share}%` } })));
  }

  #trust() {
    const trust = this.state.get("trust");
    if (!trust) return null;
    const t = this.t();
    const locale = this.state.get("locale");
    return h("section", { class: "sec", "aria-label": t("trust.title") }, h("h2", null, t("trust.title"), h("small", null, "TUF")),
      h("div", { class: "trust num" }, ROLES.filter((role) => trust[role]).flatMap((role) => [
        h("span", { class: "mono" }, role), h("span", null, t("trust.version", { version: trust[role].version })),
        h("span", { class: Date.parse(trust[role].expires) < Date.now() ? "ill" : null }, t("trust.until", { time: moment(trust[role].expires, locale) }))])));
  }
}
