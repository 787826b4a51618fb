/**
 * Methods that reach outside the app: the person is asked each time, on the bank's sheet, before anything happens.
 */
import { b64urlDecode } from "../core/encoding.mjs";
import { ShellError } from "../core/errors.mjs";
import { PickedFiles } from "./picked.mjs";

/** @type {Record<string, string>} */
const MEDIA = Object.freeze({ csv: "text/csv", pdf: "application/pdf" });
const NOTHING = Object.freeze({});

/**
 * @param {{api: any, config: any, sheet: any, page: any, session: (op: string, call: () => Promise<any>) => Promise<any>}} parts
 *   session: runs a call of an operation that the manifest names, with the customer's session when it needs one
 * @returns {Record<string, (params: any, context?: any) => Promise<any>>}
 */
export function mediaMethods({ api, config, sheet, page, session }) {
  const files = new PickedFiles();
  const free = () => {
    if (sheet.busy) throw new ShellError("BUSY", "another sheet is open");
  };
  return {
    "nav.openExternal": async ({ linkId }, { signal } = {}) => {
      const address = linked(config, linkId);
      free();
      await sheet.leave({ page, address, signal });
      return NOTHING;
    },
    "scan.code": async ({ formats }, { signal } = {}) => {
      free();
      return sheet.scan({ page, formats: formats ?? ["qr", "ean13", "code128", "pdf417"], signal });
    },
    "media.pick": async ({ kind, maxCount }, { signal } = {}) => {
      free();
      const picked = await sheet.pick({ page, kind, most: maxCount ?? 1, signal });
      return { files: picked.map((/** @type {File} */ file) => files.keep(file)) };
    },
    "share.open": async ({ text, linkId }, { signal } = {}) => {
      const address = linkId === undefined ? null : linked(config, linkId);
      free();
      return { shared: await sheet.share({ page, text, address, signal }) };
    },
    "file.save": async ({ name, kind, content }, { signal } = {}) => {
      free();
      const bytes = b64urlDecode(content);
      return { saved: await sheet.save({ page, file: new File([bytes], `${name}.${kind}`, { type: MEDIA[kind] }), signal }) };
    },
    "net.upload": async ({ op, fileToken, params, idempotencyKey }, { signal, chunk = () => {} } = {}) => {
      const file = files.file(fileToken);
      const onProgress = (/** @type {number} */ sent, /** @type {number} */ total) => chunk({ sent, total });
      const call = { op, params: params ?? {}, file, idempotencyKey, bundle: page.release.ref, onProgress, signal };
      const { status, body } = await session(op, () => api.upload(call));
      return { status, body };
    },
  };
}

/** An address of the bank's own list. @param {any} config @param {string} linkId @returns {string} */
function linked(config, linkId) {
  const links = config.links ?? {};
  if (!Object.hasOwn(links, linkId)) throw new ShellError("PARAMS_INVALID", `the bank lists no address ${linkId}`, { path: "linkId" });
  return links[linkId];
}
