/**
 * What the repository offers this installation of one bundle, verified: the policy's choice, and releases by their digest.
 *
 * Nothing is given out that does not stand under a verified chain: root → targets → role → manifest → hash of each file.
 */
import { ShellError } from "./errors.mjs";
import * as terms from "./terms.mjs";
import { choose, readManifest, readPolicy } from "./policy.mjs";

/** Reads offers through a verified TUF client. */
export class Offers {
  #objects;
  #here;
  #shellVersion;

  /** @param {{objects: import("./objects.mjs").Objects, here: () => Promise<any>, shellVersion: string}} parts here: what the policy asks of the installation */
  constructor({ objects, here, shellVersion }) {
    this.#objects = objects;
    this.#here = here;
    this.#shellVersion = shellVersion;
  }

  /** The policy of a bundle, verified; null when the bundle is not offered. @param {any} client @param {string} bundle */
  async read(client, bundle) {
    const target = await offered(client, `rollout/${bundle}.json`);
    return target && readPolicy(await this.bytes(client, target), bundle);
  }

  /** The policy of a bundle and what it chooses here; null when the bundle is not offered. @param {any} client @param {string} bundle */
  async policy(client, bundle) {
    const target = await offered(client, `rollout/${bundle}.json`);
    if (!target) return null;
    const policy = readPolicy(await this.bytes(client, target), bundle);
    const { release, bucket, reason, forced } = await choose(policy, await this.#here());
    const seen = { policy: policy.policy, bucket, reason, halt: policy.halt, floor: policy.floor };
    const shares = new Map(policy.releases.map((/** @type {any} */ one) => [one.digest, one.permyriad]));
    const choices = policy.releases.map(({ version, permyriad }) => ({ version, permyriad }));
    const demanded = (/** @type {number} */ now) => terms.checked(policy, { release, forced }, now);
    return { seen, choices, shares, terms: demanded, chosen: release ? { version: release.version, digest: release.digest } : null, policyDigest: target.sha256 };
  }

  /** A release with the shared bundles that its manifest pins. @param {any} client @param {string} bundle @param {{version: string, digest: string}} slot */
  async release(client, bundle, slot) {
    const { digest, manifest, manifestBytes } = await this.#manifest(client, bundle, slot);
    const shared = [];
    for (const [id, pinned] of Object.entries(manifest.requires ?? {})) {
      shared.push({ id, version: pinned.version, ...(await this.#manifest(client, id, pinned, "shared")) });
    }
    const files = [{ bundle, manifest }, ...shared].flatMap((part) => filesOf(part.bundle, part.manifest));
    return {
      bundle, digest, manifest, manifestBytes, files, shared, version: slot.version, entry: manifest.entry,
      roleBytes: client.raw(`app-${bundle}`), ref: `${bundle}@${slot.version}#${digest}`,
    };
  }

  /** A manifest that is a target of the bundle's own role and has the digest that was asked for. */
  async #manifest(client, bundle, { version, digest }, kind = undefined) {
    const target = await client.target(`apps/${bundle}/${version}.manifest.json`);
    if (target.role !== `app-${bundle}`) throw new ShellError("RELEASE_INVALID", `${target.role} speaks for ${bundle}`);
    if (target.sha256 !== digest) throw new ShellError("RELEASE_INVALID", `${bundle} ${version} has another digest`);
    const manifestBytes = await this.bytes(client, target);
    const manifest = readManifest(manifestBytes, { bundle, version, kind, shellVersion: this.#shellVersion });
    return { bundle, digest, manifest, manifestBytes };
  }

  /** Bytes of a verified target: stored, or downloaded and stored. */
  async bytes(client, target) {
    try {
      return await this.#objects.get(target.sha256);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      const bytes = await client.download(target.path);
      await this.#objects.keep(target.sha256, bytes);
      return bytes;
    }
  }
}

/** The metadata under which a release was verified: what an offline start walks again. @param {any} client @param {any} release */
export function rolesOf(client, release) {
  const wanted = ["timestamp", "snapshot", "targets", "rollout", `app-${release.bundle}`, ...release.shared.map((/** @type {any} */ { id }) => `app-${id}`)];
  const known = Object.keys(client.summary());
  return Object.fromEntries(wanted.filter((role) => known.includes(role)).map((role) => [role, client.raw(role)]));
}

/** A target, or null when no role offers it. */
async function offered(client, path) {
  try {
    return await client.target(path);
  } catch (error) {
    if (error.code === "TUF_DELEGATION") return null;
    throw error;
  }
}

/** @param {string} bundle @param {any} manifest */
function filesOf(bundle, manifest) {
  return Object.entries(manifest.files).map(([path, { sha256, length, type }]) => ({ bundle, path, sha256, length, type }));
}
