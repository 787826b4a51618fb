/**
 * Which release of a bundle this installation takes: the rollout policy and the manifest, read strictly, without IO.
 *
 * The cohort is a number from 0 to 9999 made of the install id and the release's salt; it never changes, so raising
 * `permyriad` only ever adds installations. Policy chooses among signed releases at or above the floor, nothing else.
 */
import { canonicalJson, parseJson, sha256, sha256Hex, text, utf8 } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const KINDS = ["app", "shared"];
const DIGEST = /^[0-9a-f]{64}$/;
const BUNDLE = /^[a-z][a-z0-9]{1,23}$/;
const SEGMENT = "(?!\\.{1,2}(?:/|$))[^\\x00-\\x1f\\x7f/\\\\:*?\"<>|%#]+";
const FILE = new RegExp(`^(?!_shared/)${SEGMENT}(?:/${SEGMENT})*$`);

/** @param {string} message @returns {ShellError} */
function invalid(message) {
  return new ShellError("RELEASE_INVALID", message);
}

/**
 * Order of semantic versions: negative, zero, positive.
 * @param {string} left @param {string} right @returns {number}
 */
export function compareVersions(left, right) {
  const [a, b] = [VERSION.exec(left), VERSION.exec(right)];
  if (!a || !b) throw invalid("not a semantic version");
  for (const index of [1, 2, 3]) {
    if (Number(a[index]) !== Number(b[index])) return Number(a[index]) - Number(b[index]);
  }
  return comparePrereleases(a[4], b[4]);
}

/** @param {string | undefined} left @param {string | undefined} right */
function comparePrereleases(left, right) {
  if (left === right) return 0;
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  const [a, b] = [left.split("."), right.split(".")];
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    if (a[index] === b[index]) continue;
    const [numericA, numericB] = [/^\d+$/.test(a[index]), /^\d+$/.test(b[index])];
    if (numericA && numericB) return Number(a[index]) - Number(b[index]);
    if (numericA !== numericB) return numericA ? -1 : 1;
    return a[index] < b[index] ? -1 : 1;
  }
  return a.length - b.length;
}

/** Parse bytes that must be RFC 8785 JSON. @param {Uint8Array} bytes @returns {any} */
function canonical(bytes) {
  const value = parseJson(bytes);
  if (canonicalJson(value) !== text(bytes)) throw invalid("not in canonical form");
  return value;
}

/**
 * Read a rollout policy.
 * @param {Uint8Array} bytes @param {string} bundle @returns {any}
 */
export function readPolicy(bytes, bundle) {
  const policy = canonical(bytes);
  const sound = policy?.format === "tidegate-rollout/1" && policy.bundle === bundle && Array.isArray(policy.releases)
    && Number.isSafeInteger(policy.policy) && typeof policy.halt === "boolean" && VERSION.test(policy.floor);
  if (!sound) throw invalid(`the rollout policy of ${bundle} is malformed`);
  for (const release of policy.releases) {
    const whole = VERSION.test(release.version) && DIGEST.test(release.digest) && typeof release.salt === "string"
      && Number.isInteger(release.permyriad) && Array.isArray(release.allow) && Array.isArray(release.platforms)
      && release.manifest === `apps/${bundle}/${release.version}.manifest.json` && VERSION.test(release.app?.min);
    if (!whole) throw invalid(`the rollout policy of ${bundle} holds a malformed release`);
  }
  return policy;
}

/** @param {string} installId @param {string} salt @returns {Promise<number>} 0 to 9999 */
export async function cohort(installId, salt) {
  const digest = await sha256(utf8(`${installId}:${salt}`));
  return new DataView(digest.buffer).getUint32(0) % 10_000;
}

/**
 * The first release whose conditions hold.
 * @param {any} policy
 * @param {{installId: string, appVersion: string, platform: string}} here
 * @returns {Promise<{release: any | null, bucket: number | null, reason: "halted" | "cohort" | "named" | "none"}>}
 */
export async function choose(policy, { installId, appVersion, platform }) {
  if (policy.halt) return { release: null, bucket: null, reason: "halted" };
  const hashed = await sha256Hex(utf8(installId));
  let bucket = null;
  for (const release of policy.releases) {
    bucket = await cohort(installId, release.salt);
    const fits = release.platforms.length === 0 || release.platforms.includes(platform);
    const named = release.allow.includes(hashed);
    const within = compareVersions(release.version, policy.floor) >= 0 && compareVersions(appVersion, release.app.min) >= 0;
    if (fits && within && (named || bucket < release.permyriad)) {
      return { release, bucket, reason: named ? "named" : "cohort" };
    }
  }
  return { release: null, bucket, reason: "none" };
}

/**
 * Read a manifest whose bytes are verified already.
 * @param {Uint8Array} bytes @param {{bundle: string, version: string, kind?: "app" | "shared", shellVersion: string}} expected
 *   kind: either when it is not said
 */
export function readManifest(bytes, { bundle, version, kind, shellVersion }) {
  const manifest = canonical(bytes);
  if (manifest?.format !== "tidegate-bundle/1") throw invalid(`the manifest of ${bundle} has another format`);
  if (manifest.bundle !== bundle || manifest.version !== version || !(kind ? [kind] : KINDS).includes(manifest.kind)) {
    throw invalid(`the manifest of ${bundle} ${version} speaks of ${manifest.bundle} ${manifest.version}`);
  }
  if (manifest.kind === "app" && !Object.hasOwn(manifest.files ?? {}, manifest.entry)) throw invalid(`${bundle} has no entry`);
  if (compareVersions(shellVersion, manifest.shell?.min) < 0) {
    throw new ShellError("SHELL_TOO_OLD", `${bundle} ${version} needs shell ${manifest.shell.min}`);
  }
  for (const [path, file] of Object.entries(manifest.files)) checkFile(path, file);
  for (const [id, pinned] of Object.entries(manifest.requires ?? {})) {
    if (!BUNDLE.test(id) || !VERSION.test(pinned.version) || !DIGEST.test(pinned.digest)) throw invalid(`requires.${id}`);
  }
  return manifest;
}

/** @param {string} path @param {any} file */
function checkFile(path, file) {
  const sound = FILE.test(path) && Number.isSafeInteger(file?.length) && file.length >= 0
    && DIGEST.test(file.sha256) && typeof file.type === "string";
  if (!sound) throw invalid("the manifest holds a malformed file");
}
