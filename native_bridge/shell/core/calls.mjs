/**
 * From an operation of the catalogue and a page's parameters to an HTTP request; nothing a page gives reaches the
 * address or a header unencoded.
 *
 * Names in braces of the path are taken from `params` (camelCase), the rest of `params` becomes the query of a GET;
 * the body of a POST is JSON.
 */
import { utf8 } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";

/**
 * @typedef {{code: string, method: "GET" | "POST", path: string, changes: boolean, idempotency: string,
 *   scope: string | null, fromShell: boolean, upload?: {mediaTypes: string[], mostBytes: number} | null}} Entry
 * @typedef {{method: string, path: string, body: Uint8Array | Blob | null, idempotencyKey: string | null, type?: string}} HttpCall
 *   path: below the API's base, with its query
 */

const CODE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const KEY = /^[\x21-\x7e]{1,128}$/;
const PATH = /^(\/([a-z0-9-]+|\{[a-z][a-z0-9_]*\}))+$/;

/** @param {string} message @returns {ShellError} */
function invalid(message) {
  return new ShellError("PARAMS_INVALID", message);
}

/**
 * Read the catalogue as the server publishes it.
 * @param {any} list @returns {Map<string, Entry>}
 */
export function readCatalogue(list) {
  if (!Array.isArray(list)) throw new ShellError("UPSTREAM_ERROR", "the catalogue is not a list");
  return new Map(list.map((entry) => {
    const sound = CODE.test(entry?.code) && PATH.test(entry.path) && ["GET", "POST"].includes(entry.method);
    if (!sound) throw new ShellError("UPSTREAM_ERROR", "the catalogue holds a malformed operation");
    return [entry.code, Object.freeze({ ...entry })];
  }));
}

/**
 * @param {Entry} entry
 * @param {{params?: Record<string, unknown>, body?: unknown, file?: Blob, idempotencyKey?: string}} request
 * @returns {HttpCall}
 */
export function buildCall(entry, { params = {}, body, file, idempotencyKey }) {
  const rest = new Map(checkedParams(params));
  const path = entry.path.replace(/\{([a-z0-9_]+)\}/g, (_, name) => encodeURIComponent(taken(rest, name)));
  if (entry.method === "GET") {
    if (body !== undefined && body !== null) throw invalid(`${entry.code} takes no body`);
    return { method: "GET", path: path + query(rest), body: null, idempotencyKey: null };
  }
  if (rest.size > 0) throw invalid(`${entry.code} takes ${[...rest.keys()].join(", ")} in the body`);
  const key = checkedKey(entry, idempotencyKey);
  if (entry.upload) return { method: "POST", path, body: checkedFile(entry, file), idempotencyKey: key, type: file?.type };
  if (file) throw invalid(`${entry.code} takes no file`);
  return { method: "POST", path, body: jsonBody(body), idempotencyKey: key };
}

/** @param {unknown} params @returns {[string, string][]} */
function checkedParams(params) {
  if (typeof params !== "object" || params === null || Array.isArray(params)) throw invalid("params is not a map");
  return Object.entries(params).map(([name, value]) => {
    if (!NAME.test(name)) throw invalid("a parameter's name is malformed");
    if (!["string", "number", "boolean"].includes(typeof value)) throw invalid(`${name} is not a plain value`);
    if (/[\p{Cc}\p{Cs}]/u.test(String(value))) throw invalid(`${name} holds a control character`);
    return [name, String(value)];
  });
}

/** Take a path parameter out of the rest. @param {Map<string, string>} rest @param {string} name snake_case */
function taken(rest, name) {
  const camel = name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  const value = rest.get(camel);
  if (value === undefined || /^\.{0,2}$/.test(value)) throw invalid(`${camel} is missing`);
  rest.delete(camel);
  return value;
}

/** @param {Map<string, string>} rest */
function query(rest) {
  const pairs = [...rest].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

/** @param {unknown} body @returns {Uint8Array} */
function jsonBody(body) {
  const value = body ?? {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("body is not a map");
  return utf8(JSON.stringify(value));
}

/** @param {Entry} entry @param {Blob | undefined} file @returns {Blob} */
function checkedFile({ code, upload }, file) {
  if (!file) throw invalid(`${code} takes a file: call net.upload`);
  if (!upload?.mediaTypes.includes(file.type)) throw invalid(`${code} takes ${upload?.mediaTypes.join(", ")}`);
  if (file.size > upload.mostBytes) throw invalid(`${code} takes at most ${upload.mostBytes} bytes`);
  return file;
}

/** @param {Entry} entry @param {string | undefined} key */
function checkedKey(entry, key) {
  if (entry.idempotency !== "key") return null;
  if (key === undefined || key === null) return crypto.randomUUID();
  if (typeof key !== "string" || !KEY.test(key)) throw invalid("idempotencyKey is malformed");
  return key;
}
