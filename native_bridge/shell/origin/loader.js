"use strict";
// Runs on the bundle's own origin before any bundle code: installs the worker, takes verified bytes from the shell over
// a port into this origin's cache, has the worker check them, and leaves for the page. It decides nothing by itself:
// the worker verifies everything again at each answer.
(() => {
  const SHELL = {{ SHELL_ORIGIN }};
  const SLOTS_KEPT = 3;
  const WORKER_MS = 10000;
  const UPDATE_MS = 4000;

  const deadline = (promise, milliseconds) =>
    Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("TIMEOUT")), milliseconds))]);

  async function worker() {
    const registration = await navigator.serviceWorker.register("/__sw.js", { scope: "/", updateViaCache: "none" });
    await deadline(navigator.serviceWorker.ready, WORKER_MS);
    return registration;
  }

  function ask(registration, message) {
    return deadline(new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = ({ data }) => resolve(data);
      registration.active.postMessage(message, [channel.port2]);
    }), WORKER_MS);
  }

  // A refused signature may only mean that the worker knows older keys: take the newest worker and ask once more.
  async function newest(registration) {
    const changed = new Promise((resolve) => {
      registration.addEventListener("updatefound", () => {
        const fresh = registration.installing;
        fresh.addEventListener("statechange", () => fresh.state === "activated" && resolve());
      });
    });
    try {
      await deadline(registration.update().then(() => (registration.installing || registration.waiting ? changed : null)), UPDATE_MS);
    } catch {
      // Offline, or slower than the deadline: the worker at hand goes on.
    }
  }

  async function keepSlot({ digest, manifest, role, shared }) {
    const cache = await caches.open(`slot-${digest}`);
    await cache.put("/manifest", new Response(manifest));
    await cache.put("/role", new Response(role));
    for (const one of shared) await cache.put(`/shared/${one.id}`, new Response(one.manifest));
    return cache;
  }

  async function dropOldSlots(digest) {
    const others = (await caches.keys()).filter((name) => name !== `slot-${digest}`);
    for (const name of others.slice(0, Math.max(0, others.length - SLOTS_KEPT + 1))) await caches.delete(name);
  }

  async function check(registration, message) {
    await keepSlot(message);
    let answer = await ask(registration, { t: "check", digest: message.digest });
    if (answer.t === "refused") {
      await newest(registration);
      answer = await ask(registration, { t: "check", digest: message.digest });
    }
    if (answer.t === "missing") await dropOldSlots(message.digest);
    return answer;
  }

  async function store(digest, files) {
    const cache = await caches.open(`slot-${digest}`);
    for (const { sha256, bytes } of files) await cache.put(`/object/${sha256}`, new Response(bytes));
    return { t: "stored", count: files.length };
  }

  function serve(port, registration) {
    let digest = "";
    let last = Promise.resolve();
    const answer = async (message) => {
      if (message.t === "check") {
        digest = message.digest;
        return check(await registration, message);
      }
      return store(digest, message.files);
    };
    port.onmessage = ({ data }) => {
      if (data.t === "enter") {
        port.close();
        location.replace(data.path);
        return;
      }
      last = last
        .then(() => answer(data))
        .catch((error) => ({ t: "refused", code: String(error && error.message) }))
        .then((reply) => port.postMessage(reply));
    };
  }

  const registration = worker();
  registration.catch(() => {});
  addEventListener("message", function init(event) {
    if (event.source !== parent || event.origin !== SHELL || !event.data || event.data.tidegate !== "loader-init") return;
    removeEventListener("message", init);
    serve(event.ports[0], registration);
  });
  addEventListener("load", () => parent.postMessage({ tidegate: "loader-hello" }, SHELL));
})();
