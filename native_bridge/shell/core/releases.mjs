/**
 * Verified releases of bundles: TUF refresh, rollout choice, download by hash, storage, offline start, collection.
 *
 *   const releases = new Releases({ store, config, platform, fetcher?, clock? });   // config = /shell/config.json
 *   await releases.load();                       // offline start: what is stored, verified again → Release[]
 *   await releases.update({ onProgress });       // → { releases: Release[], trust, policies, refused: [{bundle, code, message}] }
 *       // onProgress({ bundle, phase: "metadata"|"manifest"|"files", doneBytes, totalBytes, doneFiles, totalFiles })
 *       // throws ShellError OFFLINE / TufError; stored releases stay usable
 *   releases.list() → Release[];  releases.get(bundle) → Release | null
 *   await releases.object(sha256) → Uint8Array   // hash checked again at each read
 *   releases.trust → { root: {version, expires, keyids, threshold}, timestamp, snapshot, targets, roles: {"app-wealth": {...}}} | null
 *   await releases.collect(keep?) → number of objects removed
 *
 * Release = { bundle, version, digest, manifest, manifestBytes, roleBytes, entry, ref: "wealth@1.0.0#<digest>",
 *   files: [{ bundle, path, sha256, length, type }], shared: [{ id, digest, manifest, manifestBytes }],
 *   policy: { version, permyriad, bucket, reason, halt, floor } }
 */
