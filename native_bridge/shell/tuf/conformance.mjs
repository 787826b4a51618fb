/**
 * The JavaScript client behind the command line of the TUF conformance protocol, for Node.
 *
 *   conformance.mjs --metadata-dir DIR init ROOT
 *   conformance.mjs --metadata-dir DIR --metadata-url URL refresh
 *   conformance.mjs --metadata-dir DIR --metadata-url URL --target-base-url URL --target-dir DIR --target-name PATH … download
 *
 * Exit code 0 or 1; why stands in one line of the error output. `root.json` in the folder is the newest trusted root and
 * where the next run begins. This file alone knows Node: the client beside it runs in a browser.
 */
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { argv, exit, stderr } from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { quoted, TufClient } from "./client.mjs";
import { TufError } from "./errors.mjs";
import { repositoryFetcher } from "./fetch.mjs";
import { FORMAT_RULES } from "./rules.mjs";
import { verifyBytes } from "./trust.mjs";

const OPTIONS = /** @type {const} */ ({
  "metadata-dir": { type: "string" },
  "metadata-url": { type: "string" },
  "target-base-url": { type: "string" },
  "target-dir": { type: "string" },
  "target-name": { type: "string", multiple: true },
  "timeout-ms": { type: "string", default: "60000" },
});

/** Bytes of a file, undefined when there is none. @param {string} place @returns {Promise<Uint8Array | undefined>} */
async function read(place) {
  try {
    return new Uint8Array(await readFile(place));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Write a file whole or not at all. @param {string} place @param {Uint8Array} bytes */
async function write(place, bytes) {
  const scratch = path.join(path.dirname(place), `.writing-${randomUUID()}`);
  try {
    await writeFile(scratch, bytes);
    await rename(scratch, place);
  } catch (error) {
    await rm(scratch, { force: true });
    throw error;
  }
}

/**
 * Metadata in a folder, one file for each role without its version.
 * @implements {import("./client.mjs").RoleStorage}
 */
export class FolderStorage {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** Roots after the trusted one are never kept beside it. @param {string} key */
  async get(key) {
    return key.startsWith("root/") ? undefined : read(this.#place(key));
  }

  /** @param {string} key @param {Uint8Array} bytes */
  async put(key, bytes) {
    await write(this.#place(key), bytes);
  }

  /** @param {string} key */
  async remove(key) {
    if (!key.startsWith("root/")) await rm(this.#place(key), { force: true });
  }

  #place(key) {
    const role = key.startsWith("root/") ? "root" : key.replace(/^delegated\//, "");
    return path.join(this.folder, `${quoted(role)}.json`);
  }
}

/** The client of a folder and two addresses, refreshed. @param {Record<string, any>} options */
async function refreshed(options) {
  const folder = required(options, "metadata-dir");
  const root = await read(path.join(folder, "root.json"));
  if (!root) throw new UsageError(`${folder} holds no root.json: run init first`);
  const client = new TufClient({
    root, storage: new FolderStorage(folder), fetcher: fetcherOf(options), now: new Date(), rules: FORMAT_RULES,
  });
  await client.refresh();
  return client;
}

/** @param {Record<string, any>} options @returns {import("./client.mjs").Fetcher} */
function fetcherOf(options) {
  const timing = { timeoutMs: Number(options["timeout-ms"]) };
  const bases = { metadata: required(options, "metadata-url"), targets: options["target-base-url"] ?? "" };
  return (name, maxLength) => {
    const slash = name.indexOf("/");
    const base = bases[name.slice(0, slash)].replace(/\/+$/, "");
    return repositoryFetcher(base, timing)(name.slice(slash + 1), maxLength);
  };
}

/** Fetch one target unless it is there already. @param {TufClient} client @param {string} name @param {string} folder */
async function fetchTarget(client, name, folder) {
  const target = await client.target(name);
  const place = path.join(folder, quoted(name));
  const kept = await read(place);
  if (kept && (await fits(kept, target))) return;
  await write(place, await client.download(name));
}

/** @param {Uint8Array} bytes @param {import("./client.mjs").Target} target */
async function fits(bytes, target) {
  try {
    await verifyBytes(bytes, target, target.path, FORMAT_RULES);
    return true;
  } catch (error) {
    if (error instanceof TufError) return false;
    throw error;
  }
}

class UsageError extends Error {}

/** @param {Record<string, any>} options @param {string} name */
function required(options, name) {
  if (!options[name]) throw new UsageError(`--${name} is missing`);
  return options[name];
}

const COMMANDS = {
  async init(options, [root]) {
    if (!root) throw new UsageError("init takes the file of the trusted root");
    const folder = required(options, "metadata-dir");
    await mkdir(folder, { recursive: true });
    await copyFile(root, path.join(folder, "root.json"));
  },
  async refresh(options) {
    await refreshed(options);
  },
  async download(options) {
    const names = required(options, "target-name");
    required(options, "target-base-url");
    const folder = required(options, "target-dir");
    const client = await refreshed(options);
    for (const name of names) await fetchTarget(client, name, folder);
  },
};

/** @param {string[]} args @returns {Promise<number>} exit code */
export async function main(args) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const [name, ...rest] = positionals;
    if (!Object.hasOwn(COMMANDS, name ?? "")) throw new UsageError("the command is init, refresh or download");
    await COMMANDS[name](values, rest);
    return 0;
  } catch (error) {
    stderr.write(`conformance: ${error.code ?? error.name}: ${error.message}\n`);
    return 1;
  }
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) exit(await main(argv.slice(2)));
