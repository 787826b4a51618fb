/**
 * What the bundle's verified manifest says to the bridge.
 *
 * @GENERATED@
 */
import { JsonObject, JsonValue } from "./json.js";

/** The part of a verified manifest that the dispatcher reads. */
export class Manifest {
  readonly bundle: string;
  readonly version: string;
  /** Oldest contract that the bundle can work with; empty when it does not say. */
  readonly leastContract: string;
  /** Version by method. */
  readonly permissions: Map<string, number>;
  private readonly lists: Map<string, string[]>;

  constructor(bundle: string, version: string, leastContract: string, permissions: Map<string, number>, lists: Map<string, string[]>) {
    this.bundle = bundle;
    this.version = version;
    this.leastContract = leastContract;
    this.permissions = permissions;
    this.lists = lists;
  }

  /** Tell whether one of the manifest's lists (events, ops) has a word. */
  includes(list: string, word: JsonValue | undefined): boolean {
    return typeof word === "string" && (this.lists.get(list) ?? []).includes(word);
  }
}

/** Read the verified manifest. What is absent grants nothing. Throws TypeError when id or version is no text. */
export function readManifest(json: JsonObject): Manifest {
  const bundle = json.get("bundle");
  const version = json.get("version");
  if (typeof bundle !== "string" || typeof version !== "string") {
    throw new TypeError("a manifest names its bundle and its version");
  }
  const lists = new Map<string, string[]>();
  for (const name of json.names()) {
    const value = json.get(name);
    if (Array.isArray(value)) {
      lists.set(name, words(value));
    }
  }
  return new Manifest(bundle, version, leastOf(json.get("contract")), versionsOf(json.get("permissions")), lists);
}

/** Read versions by method; what is no number is left out. */
export function versionsOf(value: JsonValue | undefined): Map<string, number> {
  const versions = new Map<string, number>();
  if (value instanceof JsonObject) {
    for (const method of value.names()) {
      const mv = value.get(method);
      if (typeof mv === "number") {
        versions.set(method, mv);
      }
    }
  }
  return versions;
}

function leastOf(contract: JsonValue | undefined): string {
  const least = contract instanceof JsonObject ? contract.get("min") : undefined;
  return typeof least === "string" ? least : "";
}

function words(values: JsonValue[]): string[] {
  const found: string[] = [];
  for (const value of values) {
    if (typeof value === "string") {
      found.push(value);
    }
  }
  return found;
}
