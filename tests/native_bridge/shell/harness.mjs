// What the tests call in the shell's page: small verbs over the real modules, answering plain JSON.
import { Api } from "/shell/core/api.mjs";
import * as approval from "/shell/core/approval.mjs";
import * as encoding from "/shell/core/encoding.mjs";
import { BundleFrame } from "/shell/core/frames.mjs";
import * as keys from "/shell/core/keys.mjs";
import * as policy from "/shell/core/policy.mjs";
import { deltaPatch } from "/shell/core/patching.mjs";
import { Releases } from "/shell/core/releases.mjs";
import { MemoryStore, Store } from "/shell/core/store.mjs";
import * as trials from "/shell/core/trials.mjs";
import { Adoption } from "/shell/core/adoption.mjs";
import { visibleDeadline } from "/shell/core/deadline.mjs";
import { TufClient } from "/shell/tuf/client.mjs";
import { repositoryFetcher } from "/shell/tuf/fetch.mjs";
import * as tufKeys from "/shell/tuf/keys.mjs";
import * as tufPaths from "/shell/tuf/paths.mjs";

Object.assign(globalThis, {
  Api, approval, encoding, BundleFrame, keys, policy, Releases, MemoryStore, Store, TufClient, repositoryFetcher, tufKeys, tufPaths,
  trials, Adoption, visibleDeadline,
});

/** Run and tell how it ended. */
globalThis.outcome = async (action) => {
  try {
    return { ok: (await action()) ?? null };
  } catch (error) {
    return { code: error.code ?? error.name, message: error.message };
  }
};

const memory = () => {
  const kept = new Map();
  return { kept, get: async (name) => kept.get(name), put: async (name, bytes) => kept.set(name, bytes), remove: async (name) => kept.delete(name) };
};
globalThis.forget = () => {
  globalThis.storage = memory();
};

globalThis.tuf = async (now, paths = []) => {
  const config = await (await fetch("/config.json")).json();
  const client = new TufClient({
    root: encoding.utf8(config.trustedRoot), storage: globalThis.storage, fetcher: repositoryFetcher("/repo"), now: new Date(now),
  });
  await client.refresh();
  for (const path of paths) await client.download(path);
  return Object.fromEntries(Object.entries(client.summary()).map(([role, { version }]) => [role, version]));
};

/** The patch of the shell itself. */
function repositoryPatch() {
  return deltaPatch({ fetcher: repositoryFetcher(globalThis.config.repository), object: (sha256) => globalThis.releases.object(sha256) });
}

/** Open the shell's stores and the stored releases. */
globalThis.begin = async ({ now, store = "tidegate", preset = null, patch = null, deltas = false }) => {
  globalThis.config ??= await (await fetch("/config.json")).json();
  globalThis.store = await Store.open(store);
  globalThis.releases = new Releases({ store: globalThis.store, config: globalThis.config, platform: "browser", clock: () => now, patch: deltas ? repositoryPatch() : patch, presetFetcher: preset && repositoryFetcher(preset) });
  globalThis.events = [];
  globalThis.releases.onEvent = (event, bundle, digest) => globalThis.events.push([event, bundle, digest]);
  return (await globalThis.releases.load()).map(({ ref }) => ref);
};

globalThis.update = async () => {
  const progress = [];
  const answer = await globalThis.releases.update({ onProgress: (step) => progress.push(step) });
  return { refs: answer.releases.map(({ ref }) => ref), refused: answer.refused, changed: answer.changed, progress, trust: answer.trust };
};

globalThis.makeFrame = (bundle = "wealth", options = {}) => {
  const { port } = location;
  const frame = new BundleFrame({
    bundle, origin: `http://${bundle}-h5.localhost:${port}`, object: (sha256) => globalThis.releases.object(sha256), ...options,
  });
  globalThis.frame = frame;
  globalThis.states = [];
  globalThis.heard = [];
  globalThis.ports = 0;
  globalThis.drops = [];
  frame.onDrop = (drop) => globalThis.drops.push(drop);
  frame.onState = (change) => globalThis.states.push(change);
  frame.onPage = (pagePort) => {
    globalThis.ports += 1;
    globalThis.pagePort = pagePort;
    pagePort.onmessage = ({ data }) => globalThis.heard.push(data);
  };
  return frame;
};

globalThis.prepare = (bundle) => makeFrame(bundle).prepare(globalThis.releases.get(bundle), document.getElementById("stage"));
globalThis.show = (bundle, { options, ...how } = {}) =>
  makeFrame(bundle, options).open(globalThis.releases.get(bundle), document.getElementById("stage"), how).then(() => frame.state);
