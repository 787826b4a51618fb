"use strict";
// The worker of one bundle's origin: a stateless verifier. The bundle's id, the keys of its role and the loader's page
// are part of this script, which no page can change. On every answer it verifies again, from this origin's cache:
//   SHA-256(manifest) = the digest in the path; the role's metadata carries enough signatures of the keys below and
//   lists that hash for apps/<bundle>/<version>.manifest.json; the manifest names this bundle; the file has its hash.
// Shared files lie under _shared/<id>/ and hang on the digest that the verified manifest pins.
const BUNDLE = {{ BUNDLE }};
const KEYS = {{ KEYS }};
const THRESHOLD = {{ THRESHOLD }};
const LOADER = {{ LOADER_PAGE }};
const LOADER_HEADERS = {{ LOADER_HEADERS }};
const PAGE_HEADERS = {{ PAGE_HEADERS }};
const REFUSAL_HEADERS = {{ REFUSAL_HEADERS }};
const ORDINARY_PATH = /^\/v\/([0-9a-f]{64})\/([^?#]+)$/;
const ENCODED = /%(2f|5c|25|00|2e)/i;

class Refused extends Error {}
const insist = (condition, code) => {
  if (!condition) throw new Refused(code);
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event)));
self.addEventListener("message", (event) => event.waitUntil(heard(event)));

async function answer(event) {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return Response.error();
  try {
    insist(request.method === "GET" && url.search === "", "REQUEST");
    insist(request.mode !== "navigate" || request.destination === "iframe", "TOP_LEVEL");
    if (url.pathname === "/__loader.html") {
      insist(request.mode === "navigate", "LOADER");
      return new Response(LOADER, { headers: LOADER_HEADERS });
    }
    const place = placeOf(url.pathname);
    if (request.mode !== "navigate") await insistOwnSlot(event.clientId, place.digest);
    return await page(place);
  } catch (error) {
    return new Response(`Not available (${error instanceof Refused ? error.message : "ERROR"})\n`, { status: 404, headers: REFUSAL_HEADERS });
  }
}

// Path → slot and file; nothing encoded that could mean another path.
function placeOf(pathname) {
  const match = ORDINARY_PATH.exec(pathname);
  insist(match && !ENCODED.test(pathname), "PATH");
  const path = decodeURIComponent(match[2]);
  insist(!/[\\%\0]/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== ".."), "PATH");
  return { digest: match[1], path };
}

// A page gets files of the release that it belongs to, of no other.
async function insistOwnSlot(clientId, digest) {
  const client = clientId ? await self.clients.get(clientId) : null;
  insist(client && new URL(client.url).pathname.startsWith(`/v/${digest}/`), "OTHER_SLOT");
}

async function page({ digest, path }) {
  const cache = await existing(digest);
  const manifest = await verifiedManifest(cache, digest);
  const file = await fileOf(cache, manifest, path);
  const bytes = await cached(cache, `/object/${file.sha256}`);
  insist(bytes.length === file.length && (await sha256(bytes)) === file.sha256, "FILE_ALTERED");
  const headers = new Headers(PAGE_HEADERS);
  headers.set("Content-Type", file.type);
  headers.append("Content-Security-Policy", manifest.csp);
  return new Response(bytes, { headers });
}

async function existing(digest) {
  insist(await caches.has(`slot-${digest}`), "NO_SLOT");
  return caches.open(`slot-${digest}`);
}

async function cached(cache, key) {
  const response = await cache.match(key);
  insist(response, "ABSENT");
  return new Uint8Array(await response.arrayBuffer());
}

async function verifiedManifest(cache, digest) {
  const bytes = await cached(cache, "/manifest");
  insist((await sha256(bytes)) === digest, "MANIFEST_ALTERED");
  const manifest = json(bytes);
  insist(manifest.format === "tidegate-bundle/1" && manifest.bundle === BUNDLE, "OTHER_BUNDLE");
  const targets = await verifiedTargets(await cached(cache, "/role"));
  const name = `apps/${BUNDLE}/${manifest.version}.manifest.json`;
  insist(Object.hasOwn(targets, name) && targets[name].hashes.sha256 === digest, "NOT_RELEASED");
  return manifest;
}

// What the bundle's role lists, when enough of its keys have signed.
async function verifiedTargets(bytes) {
  const { signed, signatures } = json(bytes);
  insist(signed && signed._type === "targets" && Array.isArray(signatures), "ROLE_MALFORMED");
  const message = new TextEncoder().encode(olpc(signed));
  const valid = new Set();
  for (const { keyid, sig } of signatures) {
    const key = KEYS.find((one) => one.keyid === keyid);
    if (key && (await verifies(key.pem, sig, message))) valid.add(key.pem);
  }
  insist(valid.size >= THRESHOLD, "ROLE_UNSIGNED");
  return signed.targets;
}

// Own files by the manifest; shared files by the manifest whose digest the own one pins.
async function fileOf(cache, manifest, path) {
  const shared = /^_shared\/([a-z][a-z0-9]{1,23})\/(.+)$/.exec(path);
  if (!shared) {
    insist(Object.hasOwn(manifest.files, path), "NO_FILE");
    return manifest.files[path];
  }
  const { files } = await sharedManifest(cache, manifest, shared[1]);
  insist(Object.hasOwn(files, shared[2]), "NO_FILE");
  return files[shared[2]];
}

async function sharedManifest(cache, manifest, id) {
  insist(Object.hasOwn(manifest.requires || {}, id), "NOT_REQUIRED");
  const bytes = await cached(cache, `/shared/${id}`);
  insist((await sha256(bytes)) === manifest.requires[id].digest, "SHARED_ALTERED");
  const found = json(bytes);
  insist(found.bundle === id && found.kind === "shared", "SHARED_MALFORMED");
  return found;
}

// The loader asks what is missing or altered in a slot; nobody else is answered.
async function heard(event) {
  const { source, ports, data } = event;
  if (!source || new URL(source.url).pathname !== "/__loader.html" || !ports[0] || !data || data.t !== "check") return;
  try {
    insist(/^[0-9a-f]{64}$/.test(data.digest), "PATH");
    ports[0].postMessage({ t: "missing", files: await missing(data.digest) });
  } catch (error) {
    ports[0].postMessage({ t: "refused", code: error instanceof Refused ? error.message : "ERROR" });
  }
}

async function missing(digest) {
  const cache = await existing(digest);
  const manifest = await verifiedManifest(cache, digest);
  const parts = [{ bundle: BUNDLE, files: manifest.files }];
  for (const id of Object.keys(manifest.requires || {})) {
    parts.push({ bundle: id, files: (await sharedManifest(cache, manifest, id)).files });
  }
  const wanted = parts.flatMap(({ bundle, files }) => Object.entries(files).map(([path, file]) => ({ bundle, path, sha256: file.sha256 })));
  const intact = await Promise.all(wanted.map(({ sha256: hash }) => isIntact(cache, hash)));
  return wanted.filter((_, index) => !intact[index]);
}

async function isIntact(cache, hash) {
  const response = await cache.match(`/object/${hash}`);
  return Boolean(response) && (await sha256(new Uint8Array(await response.arrayBuffer()))) === hash;
}

function json(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refused("NOT_JSON");
  }
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// OLPC canonical JSON, the form that TUF signs.
function olpc(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    insist(Number.isSafeInteger(value), "ROLE_MALFORMED");
    return String(value);
  }
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(olpc).join(",")}]`;
  const keys = Object.keys(value).sort(byCodePoint);
  return `{${keys.map((key) => `${olpc(key)}:${olpc(value[key])}`).join(",")}}`;
}

function byCodePoint(left, right) {
  const a = Array.from(left, (letter) => letter.codePointAt(0));
  const b = Array.from(right, (letter) => letter.codePointAt(0));
  const at = a.findIndex((point, index) => point !== b[index]);
  return at === -1 ? a.length - b.length : a[at] - (b[at] === undefined ? -1 : b[at]);
}

async function verifies(pem, signature, message) {
  const raw = typeof signature === "string" && /^([0-9a-f]{2})+$/.test(signature) ? rawSignature(signature) : null;
  if (!raw) return false;
  const der = Uint8Array.from(atob(pem.replace(/-----[A-Z ]+-----|\s/g, "")), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey("spki", der, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, message);
}

// Strict DER (SEQUENCE of two positive, minimal INTEGERs) → r‖s.
function rawSignature(text) {
  const match = /^30([0-9a-f]{2})02([0-9a-f]{2})/.exec(text);
  if (!match || parseInt(match[1], 16) * 2 !== text.length - 4) return null;
  const split = 8 + parseInt(match[2], 16) * 2;
  const r = unsigned(text.slice(4, split));
  const s = unsigned(text.slice(split));
  return r && s ? Uint8Array.from((r + s).match(/../g), (pair) => parseInt(pair, 16)) : null;
}

function unsigned(integer) {
  const body = integer.slice(4);
  if (!integer.startsWith("02") || body === "" || parseInt(integer.slice(2, 4), 16) * 2 !== body.length) return null;
  if (/^[89a-f]/.test(body) || /^00([0-7]|$)/.test(body)) return null;
  const bare = body.replace(/^00/, "");
  return bare.length > 64 ? null : bare.padStart(64, "0");
}
