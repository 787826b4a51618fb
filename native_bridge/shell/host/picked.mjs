/** The files that the person picked for one page: named by tokens that die with the page, read by nobody but the shell. */
import { ShellError } from "../core/errors.mjs";

const MOST_FILES = 50;
const TOKEN_BYTES = 16;

/** One page's files. */
export class PickedFiles {
  /** @type {Map<string, File>} */
  #files = new Map();

  /** @param {File} file @returns {{fileToken: string, name: string, mediaType: string, size: number}} */
  keep(file) {
    if (this.#files.size >= MOST_FILES) throw new ShellError("STORAGE_FULL", `a page may hold ${MOST_FILES} files`);
    const random = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
    const fileToken = `fil_${[...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    this.#files.set(fileToken, file);
    return { fileToken, name: nameOf(file), mediaType: typeOf(file), size: file.size };
  }

  /** @param {string} fileToken @returns {File} @throws {ShellError} PARAMS_INVALID */
  file(fileToken) {
    const found = this.#files.get(fileToken);
    if (!found) throw new ShellError("PARAMS_INVALID", "no file of this page has that token", { path: "fileToken" });
    return found;
  }
}

/** A name that is short and shows what it says. @param {File} file */
function nameOf(file) {
  return [...file.name.replace(/[\p{Cc}\p{Cf}/\\]/gu, "")].slice(-100).join("") || "file";
}

/** @param {File} file */
function typeOf(file) {
  return /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(file.type) ? file.type : "application/octet-stream";
}
