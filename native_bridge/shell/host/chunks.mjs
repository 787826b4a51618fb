/**
 * Pieces of a call under way: numbered from 0 without gaps, cut to the declared type, bounded in size and number.
 */
import { utf8Length, writeInert } from "./json.mjs";
import { ShapeError } from "./shapes.mjs";

export class Chunks {
  #shapes;
  #maxBytes;
  #most;

  /** @param {import("./shapes.mjs").Shapes} shapes @param {{maxBytes: number, chunks?: number}} limits of the envelope */
  constructor(shapes, { maxBytes, chunks = 0 }) {
    this.#shapes = shapes;
    this.#maxBytes = maxBytes;
    this.#most = chunks;
  }

  /**
   * @param {{id: string, spec: {chunk?: string | null}, chunks: number}} job counts its own chunks
   * @param {unknown} payload
   * @returns {{text: string, failure: null} | {text: "", failure: {code: string, message: string, reason?: string}}}
   */
  next(job, payload) {
    if (!job.spec.chunk) return failed("INTERNAL", "the method declares no chunks");
    if (job.chunks >= this.#most) return failed("INTERNAL", `more than ${this.#most} chunks`);
    let clean;
    try {
      clean = this.#shapes.output(job.spec.chunk, payload);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      return failed("INTERNAL", `the chunk's ${error.message}`);
    }
    const text = writeInert({ v: 1, t: "chunk", id: job.id, seq: job.chunks, p: clean });
    if (utf8Length(text) > this.#maxBytes) return failed("TOO_LARGE");
    job.chunks += 1;
    return { text, failure: null };
  }
}

/** @param {string} code @param {string} [reason] for the audit */
function failed(code, reason) {
  return { text: /** @type {const} */ (""), failure: { code, message: "", reason } };
}
