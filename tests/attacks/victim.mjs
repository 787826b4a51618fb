// The shell's releases in Node: victim.mjs REPOSITORY ROOT TIMEOUT_MS; each line of the input is an update, each answer a line.
import { readFileSync } from "node:fs";
import { argv, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import { Releases } from "../../native_bridge/shell/core/releases.mjs";
import { MemoryStore } from "../../native_bridge/shell/core/store.mjs";
import { repositoryFetcher } from "../../native_bridge/shell/tuf/fetch.mjs";

const [repository, root, timeout] = argv.slice(2);
const releases = new Releases({
  store: new MemoryStore(),
  platform: "browser",
  config: { repository, trustedRoot: readFileSync(root, "utf8"), bundles: ["wealth"], app: { version: "1.0.0" } },
  fetcher: repositoryFetcher(repository, { timeoutMs: Number(timeout) }),
});

async function update() {
  try {
    const { refused, releases: found } = await releases.update();
    if (refused.length > 0) return `${refused[0].code}: ${refused[0].message}`;
    return found.length > 0 ? "ok" : "NONE: no release is offered";
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
}

for await (const _line of createInterface({ input: stdin })) {
  const outcome = await update();
  stdout.write(`${JSON.stringify({ outcome, digests: releases.list().map(({ digest }) => digest) })}\n`);
}
