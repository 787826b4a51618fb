/** What a scanned preview link brings up: the preview itself, or a screen that says why not and whom to show what. */
import { asksForPreview, readLink } from "../core/preview.mjs";
import { qrOfHash, qrPath } from "../core/qr.mjs";
import { ask, copyText, notice } from "./dialog.mjs";
import { drawing, h } from "./dom.mjs";

const QUIET = 4;
const MODULES = 33;

/**
 * Open what the shell's address asks for, once; the wish is taken out of the address, so that loading it anew is normal.
 * @param {{location: Location, history: History, previews: import("../core/preview.mjs").Previews, revoked: (ref: string) => Promise<boolean>, pages: any, t: any, log: (event: any) => void}} parts
 */
export async function followPreviewLink({ location, history, previews, revoked, pages, t, log }) {
  if (!asksForPreview(location.search)) return;
  const wish = readLink(location.href, `${location.origin}${location.pathname}`);
  history.replaceState(null, "", location.pathname);
  if (!wish) {
    await refused(t, t("preview.link"));
    return;
  }
  try {
    const { release, reason, hashed } = await previews.open(wish);
    log({ level: "info", name: "preview.judged", fields: { ...wish, reason } });
    if (reason === "not-named") await notMine(t, wish, hashed);
    else if (!release) await refused(t, t(`preview.${reason}`, wish));
    else if (await revoked(release.ref)) await refused(t, t("preview.revoked", wish));
    else await pages.openPreview(release, (/** @type {string} */ sha256) => previews.object(sha256));
  } catch (error) {
    log({ level: "warn", name: "preview.failed", fields: { ...wish, code: error.code ?? error.name, message: error.message } });
    await refused(t, t(error.code === "OFFLINE" ? "preview.offline" : "preview.unverified", wish), error.code);
  }
}

/** Go from the preview to what the policy chooses for everybody like this installation. @param {any} pages @param {any} releases @param {any} t */
export async function leavePreview(pages, releases, t) {
  const bundle = pages.top?.bundle;
  pages.home();
  if (!bundle || !releases.get(bundle)?.entry) {
    notice(t("preview.none", { bundle: bundle ?? "" }));
    return;
  }
  await pages.open(bundle);
  notice(t("preview.left"));
}

/** @param {any} t @param {string} sentence @param {string} [code] */
function refused(t, sentence, code) {
  return ask(t("preview.title"), (close) => [
    h("p", null, sentence), code ? h("p", { class: "mono" }, code) : h("span"),
    h("div", { class: "row" }, h("button", { class: "btn", onclick: () => close(true) }, t("close")))]);
}

/** Show who this installation is, so that the owner of the release can name it. @param {any} t @param {any} wish @param {string} hashed */
function notMine(t, wish, hashed) {
  const side = MODULES + 2 * QUIET;
  const code = drawing(`0 0 ${side} ${side}`, qrPath(qrOfHash(hashed), QUIET), "qr");
  return ask(t("preview.notMine"), (close) => [
    h("p", null, t("preview.not-named", wish)), h("div", null, code),
    h("p", { class: "mono hash", "aria-label": t("preview.hash") }, hashed),
    h("div", { class: "row g2" },
      h("button", { class: "btn", onclick: () => void copyText(hashed, t("copied")) }, t("preview.copy")),
      h("button", { class: "btn", onclick: () => close(true) }, t("close")))]);
}
