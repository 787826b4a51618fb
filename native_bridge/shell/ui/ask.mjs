/**
 * Asking before the app reaches outside: leave for an address, read a code, pick or keep files, hand something on.
 *
 * Each is the bank's own sheet, so a page cannot draw it, and names the page by its signed title. Its "no" is CONSENT_DENIED;
 * closing it is USER_CANCELLED.
 * A browser has no scanner of the phone: a picture or a typed text stands in for the camera.
 */
import { ShellError } from "../core/errors.mjs";
import { fill, h, icon } from "./dom.mjs";
import { pairText } from "./i18n.mjs";
import { complaint } from "./sheet.mjs";

const MOST_BYTES = 104_857_600;
const LONGEST_CODE = 4096;
const ACCEPT = Object.freeze({ image: "image/*", document: ".pdf,.doc,.docx,.txt,application/pdf,text/plain" });
const READS = Object.freeze({ qr: "qr_code", ean13: "ean_13", code128: "code_128", pdf417: "pdf417" });

/** The asking sheets of this shell. */
export class AskSheet {
  /** @param {{stand: import("./sheet.mjs").SheetStand, look: () => any, open?: (address: string) => void}} parts */
  constructor({ stand, look, open = (address) => void window.open(address, "_blank", "noopener,noreferrer") }) {
    Object.assign(this, { stand, look, open });
  }

  /** @param {{page: any, address: string, signal?: AbortSignal}} asked @returns {Promise<void>} */
  leave({ page, address, signal }) {
    return this.#ask("leave", { page, signal }, (sheet, { t, go }) => {
      go(t("ask.leave.yes"), () => {
        this.open(address);
        sheet.done(undefined);
      });
      return [line(t("ask.address"), address)];
    });
  }

  /** @param {{page: any, text: string, address: string | null, signal?: AbortSignal}} asked @returns {Promise<boolean>} */
  share({ page, text, address, signal }) {
    return this.#ask("share", { page, signal }, (sheet, { t, go }) => {
      go(t("ask.share.yes"), async () => sheet.done(await handOn({ text, url: address })));
      return [line(t("ask.text"), text), address && line(t("ask.address"), address)];
    });
  }

  /** @param {{page: any, file: File, signal?: AbortSignal}} asked @returns {Promise<boolean>} */
  save({ page, file, signal }) {
    return this.#ask("save", { page, signal }, (sheet, { t, go }) => {
      go(t("ask.save.yes"), () => {
        download(file);
        sheet.done(true);
      });
      return [line(t("ask.save.name"), file.name), line(t("ask.save.size"), t("ask.save.bytes", { size: (file.size / 1000).toFixed(1) }))];
    });
  }

  /** @param {{page: any, kind: "image" | "document", most: number, signal?: AbortSignal}} asked @returns {Promise<File[]>} */
  pick({ page, kind, most, signal }) {
    return this.#ask("pick", { page, signal }, (sheet, { t, go, trouble }) => {
      const input = h("input", { id: "ask-files", type: "file", accept: ACCEPT[kind], multiple: most > 1 });
      go(t("ask.pick.yes"), () => {
        const files = [.../** @type {HTMLInputElement} */ (input).files ?? []];
        if (files.length === 0) return trouble(t("ask.pick.none"));
        if (files.length > most) return trouble(t("ask.pick.many", { most }));
        if (files.some((file) => file.size > MOST_BYTES)) return trouble(t("ask.pick.large"));
        return sheet.done(files);
      });
      return [h("div", { class: "nfield" }, h("label", { for: "ask-files" }, t(`ask.pick.${kind}`, { most })), input)];
    });
  }

  /** @param {{page: any, formats: string[], signal?: AbortSignal}} asked @returns {Promise<{format: string, text: string}>} */
  scan({ page, formats, signal }) {
    return this.#ask("scan", { page, signal }, (sheet, { t, go, trouble }) => {
      const typed = h("textarea", { id: "ask-code", rows: "3", maxlength: String(LONGEST_CODE), spellcheck: "false" });
      const picture = h("input", { id: "ask-picture", type: "file", accept: "image/*" });
      picture.addEventListener("change", () => void readPicture(picture, formats).then(
        (found) => (found ? sheet.done(found) : trouble(t("ask.scan.none"))), () => trouble(t("ask.scan.unable"))));
      go(t("ask.scan.yes"), () => {
        const text = /** @type {HTMLTextAreaElement} */ (typed).value;
        return text ? sheet.done({ format: formats[0], text }) : trouble(t("ask.scan.empty"));
      });
      return [
        h("div", { class: "nfield" }, h("label", { for: "ask-code" }, t("ask.scan.typed")), typed),
        "BarcodeDetector" in window && h("div", { class: "nfield" }, h("label", { for: "ask-picture" }, t("ask.scan.picture")), picture)];
    });
  }

  /** One sheet: who asks for what, the content, yes and no. */
  #ask(kind, { page, signal }, content) {
    const { t, bank, locale } = this.look();
    const title = t(`ask.${kind}.title`);
    return this.stand.show({
      t, label: title, title: `${bank} · ${title}`, phrase: undefined, signal,
      draw: (sheet) => {
        const said = h("div");
        let yes = /** @type {any} */ (null);
        const go = (/** @type {string} */ label, /** @type {() => unknown} */ run) => { yes = { label, run }; };
        const trouble = (/** @type {string} */ sentence) => fill(said, complaint(sentence));
        const parts = content(sheet, { t, go, trouble });
        const no = () => sheet.fail(new ShellError("CONSENT_DENIED", "the person said no"));
        const button = h("button", { class: "nbtn", onclick: () => void yes.run() }, icon("shield", 20), yes.label);
        sheet.draw(
          h("div", { class: "nbody" }, h("p", { class: "nsay" }, t(`ask.${kind}.who`, { title: pairText(page.release.manifest.title, locale) })), ...parts, said),
          h("div", { class: "space" }), button, h("button", { class: "nlink", onclick: no }, t("ask.no")),
          h("div", { place: { height: "12px", flex: "none" } }));
        button.focus();
      },
    });
  }
}

/** @param {string} label @param {string} value */
function line(label, value) {
  return h("div", { class: "slip roomy dense" }, h("div", { class: "kv" }, h("span", null, label), h("b", { class: "wraps" }, value)));
}

/** Hand a file to the browser's downloads. @param {File} file */
function download(file) {
  const address = URL.createObjectURL(file);
  h("a", { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The system's own share sheet where there is one, else the clipboard. @param {{text: string, url: string | null}} what @returns {Promise<boolean>} */
async function handOn({ text, url }) {
  const data = url ? { text, url } : { text };
  try {
    if (navigator.share) await navigator.share(data);
    else await navigator.clipboard.writeText(url ? `${text} ${url}` : text);
    return true;
  } catch {
    return false;
  }
}

/** @param {any} input @param {string[]} formats @returns {Promise<{format: string, text: string} | null>} */
async function readPicture(input, formats) {
  const names = Object.fromEntries(formats.map((format) => [READS[format], format]));
  const detector = new /** @type {any} */ (window).BarcodeDetector({ formats: Object.keys(names) });
  const [found] = await detector.detect(await createImageBitmap(input.files[0]));
  return found ? { format: names[found.format], text: found.rawValue.slice(0, LONGEST_CODE) } : null;
}
