/**
 * Making a release's files out of those that run, with deltas from the repository: one for the bundle, one for each
 * shared bundle that changed. A delta is not signed and not believed: what it makes must have the hashes of the new
 * manifest. Whatever is wrong, and wherever there is none, the files are fetched whole.
 */
import { applyDelta } from "./delta.mjs";

/** A bundle and the shared ones that it pins, as parts with a manifest each. @param {any} release */
function partsOf(release) {
  const { bundle, digest, manifest } = release;
  return [{ bundle, digest, manifest }, ...release.shared.map(({ id, digest: own, manifest: its }) => ({ bundle: id, digest: own, manifest: its }))];
}

/**
 * @param {{fetcher: import("../tuf/client.mjs").Fetcher, object: (sha256: string) => Promise<Uint8Array>}} parts
 *   object: verified bytes of a stored file
 * @returns {import("./objects.mjs").Patch}
 */
export function deltaPatch({ fetcher, object }) {
  return async ({ release, running, missing }) => {
    const made = new Map();
    if (!running) return made;
    const before = new Map(partsOf(running).map((part) => [part.bundle, part]));
    for (const part of partsOf(release)) {
      const base = before.get(part.bundle);
      const wanted = missing.filter((file) => file.bundle === part.bundle);
      if (!base || base.digest === part.digest || wanted.length === 0) continue;
      const files = await patched(part, base, wanted, fetcher, object).catch(() => new Map());
      for (const [path, bytes] of files) made.set(part.manifest.files[path].sha256, bytes);
    }
    return made;
  };
}

async function patched(part, base, wanted, fetcher, object) {
  const files = new Map();
  for (const [path, { sha256 }] of Object.entries(base.manifest.files)) files.set(path, await object(sha256));
  const limit = wanted.reduce((sum, file) => sum + file.length, 0);
  const delta = await fetcher(`deltas/${part.digest}/${base.digest}.zst`, limit);
  return delta ? applyDelta(delta, files, part.manifest) : new Map();
}
