// Applies deltas and decodes frames in Node: cases come as JSON lines, bytes as base64; each answer is a line.
import { createInterface } from "node:readline";
import { applyDelta, DeltaError } from "../../../native_bridge/shell/core/delta.mjs";
import { unzstd, ZstdError } from "../../../native_bridge/shell/core/zstd.mjs";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (data) => Buffer.from(data).toString("base64");
let base = new Map();
let manifest = null;

async function answer(asked) {
  if (asked.base) {
    base = new Map(Object.entries(asked.base).map(([path, data]) => [path, bytes(data)]));
    manifest = asked.manifest;
    return null;
  }
  try {
    if (asked.delta !== undefined) {
      const files = await applyDelta(bytes(asked.delta), base, manifest);
      return Object.fromEntries([...files].map(([path, data]) => [path, text(data)]));
    }
    return text(unzstd(bytes(asked.frame), { size: asked.size, prefix: bytes(asked.prefix) }));
  } catch (error) {
    if (error instanceof DeltaError || error instanceof ZstdError) return null;
    return { escaped: `${error.stack}` };
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(JSON.parse(line))));
