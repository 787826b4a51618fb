/** Where the TUF client keeps what it trusts: the store's own area, what was kept with a release, or beside both for a preset. */
import { ShellError } from "./errors.mjs";

/** A fetcher for what is stored. */
export async function noNetwork() {
  throw new ShellError("OFFLINE", "stored releases only");
}

/** The TUF client's storage in the store's own area. @param {import("./store.mjs").Store} store */
export function tufArea(store) {
  return {
    get: (role) => store.get("tuf", role),
    put: (role, bytes) => store.put("tuf", role, bytes),
    remove: (role) => store.remove("tuf", role),
  };
}

/** Storage of an offline start: the roots as far as they are known, the rest as it was kept with the release. */
export function storedMetadata(store, roles) {
  return {
    ...tufArea(store),
    get: async (role) => (role.startsWith("root/") ? store.get("tuf", role) : roles[role.replace(/^delegated\//, "")]),
  };
}

/** Storage for a preset: roots are roots wherever they come from; the rest must not pass for what the network said. */
export function besideTrust(store) {
  const kept = new Map();
  const roots = tufArea(store);
  const place = (role) => (role.startsWith("root/") ? roots : { get: async () => kept.get(role), put: async (_, bytes) => kept.set(role, bytes), remove: async () => kept.delete(role) });
  return {
    get: (role) => place(role).get(role),
    put: (role, bytes) => place(role).put(role, bytes),
    remove: (role) => place(role).remove(role),
  };
}
