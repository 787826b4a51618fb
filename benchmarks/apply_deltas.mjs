// Applies the delta of a folder with the shell's code, five times, and prints the fastest in milliseconds, hashes apart.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applyDelta, changedFiles, contentOf } from "../native_bridge/shell/core/delta.mjs";

const folder = process.argv[2];
const { base, manifest } = JSON.parse(readFileSync(join(folder, "update.json"), "utf-8"));
const files = new Map(Object.entries(base).map(([path, name]) => [path, new Uint8Array(readFileSync(join(folder, name)))]));
const delta = new Uint8Array(readFileSync(join(folder, "delta")));
await applyDelta(delta, files, manifest);
const wanted = await changedFiles(files, manifest);
let fastest = Infinity;
for (let round = 0; round < 5; round += 1) {
  const begun = performance.now();
  contentOf(delta, files, manifest, wanted);
  fastest = Math.min(fastest, performance.now() - begun);
}
console.log(fastest);
