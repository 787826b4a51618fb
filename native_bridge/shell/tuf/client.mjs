/**
 * The Update Framework 1.0, detailed client workflow, without IO of its own.
 *
 *   const client = new TufClient({ root: Uint8Array, storage, fetcher, now: Date, limits? });
 *       // storage: { get(role) → Promise<Uint8Array|undefined>, put(role, bytes), remove(role) }
 *       // fetcher(path: "metadata/2.root.json" | "targets/…", maxLength) → Promise<Uint8Array | null on 404>
 *   await client.refresh();                       // → summary; throws TufError with a TUF_… code
 *   await client.target("apps/wealth/1.0.0.manifest.json")  // → { path, length, sha256, role, url } ; throws TUF_DELEGATION when none
 *   client.raw(role) → Uint8Array                 // verified metadata bytes
 *   client.summary() → { root: {version, expires, keyids, threshold}, …, roles: {} }
 *   await TufClient.offline(...)                  // trusted local metadata only, expiry tolerated
 */
