/**
 * Chunks of a running call as text: cut to the declared type, counted from 0 without gaps, never larger than the limit.
 */
import { utf8Length, writeInert } from "./json.mjs";
import { ShapeError } from "./shapes.mjs";

/**
 * @param {{id: string, spec: any, chunks: number}} job a call without its answer; chunks: how many went out
 * @param {unknown} payload @param {import("./shapes.mjs").Shapes} shapes @param {{maxBytes: number, chunks: number}} limits
 * @returns {{text: string, failure: any}} failure: how the call ends instead, null when the text goes out
 */
export function nextChunk({ id, spec, chunks }, payload, shapes, limits) {
  const mistake = (/** @type {string} */ reason) => ({ text: "", failure: { code: "INTERNAL", message: "", reason } });
  if (!spec.chunk) return mistake("the method declares no chunk");
  if (chunks >= limits.chunks) return mistake("the call sent too many chunks");
  let clean;
  try {
    clean = shapes.output(spec.chunk, payload);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return mistake(`the chunk's ${error.message}`);
  }
  const text = writeInert({ v: 1, t: "chunk", id, seq: chunks, p: clean });
  return utf8Length(text) > limits.maxBytes ? { text: "", failure: { code: "TOO_LARGE", message: "" } } : { text, failure: null };
}
