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

/** Members of a policy and of its releases: exactly these, as in the toolkit. */
const POLICY = "bundle,change,floor,format,halt,policy,releases,stale_hours";
const RELEASE = "allow,app,channels,digest,forced,manifest,permyriad,platforms,salt,version";

/** @param {any} value @param {string} names @returns {boolean} whether it is an object of exactly these members */
function hasExactly(value, names) {
  return value !== null && typeof value === "object" && Object.keys(value).sort().join() === names;
}

/** @param {any} value @returns {boolean} */
function isTexts(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/**
 * Read a rollout policy.
 * @param {Uint8Array} bytes @param {string} bundle @returns {any}
 */
export function readPolicy(bytes, bundle) {
  const policy = canonical(bytes);
  const sound = hasExactly(policy, POLICY) && policy.format === "tidegate-rollout/1" && policy.bundle === bundle
    && Array.isArray(policy.releases) && policy.releases.length <= 16 && Number.isSafeInteger(policy.policy) && policy.policy >= 1
    && typeof policy.halt === "boolean" && VERSION.test(policy.floor) && hasExactly(policy.change, "by,reason")
    && isTexts(Object.values(policy.change))
    && (policy.stale_hours === null || (Number.isSafeInteger(policy.stale_hours) && policy.stale_hours >= 1));
  if (!sound) throw invalid(`the rollout policy of ${bundle} is malformed`);
  for (const release of policy.releases) checkRelease(release, bundle);
  return policy;
}

/** @param {any} release @param {string} bundle */
function checkRelease(release, bundle) {
  const whole = hasExactly(release, RELEASE) && VERSION.test(release.version) && DIGEST.test(release.digest)
    && typeof release.salt === "string" && Number.isInteger(release.permyriad) && release.permyriad >= 0 && release.permyriad <= 10_000
    && isTexts(release.allow) && release.allow.length <= 1000 && release.allow.every((one) => DIGEST.test(one))
    && isTexts(release.platforms) && isTexts(release.channels) && typeof release.forced === "boolean"
    && release.manifest === `apps/${bundle}/${release.version}.manifest.json` && hasExactly(release.app, "max,min")
    && VERSION.test(release.app.min) && (release.app.max === null || VERSION.test(release.app.max));
  if (!whole) throw invalid(`the rollout policy of ${bundle} holds a malformed release`);
}

/** @param {string} installId @param {string} salt @returns {Promise<number>} 0 to 9999 */
export async function cohort(installId, salt) {
  const digest = await sha256(utf8(`${installId}:${salt}`));
  return new DataView(digest.buffer).getUint32(0) % 10_000;
}

/**
 * Why an installation gets a release, or does not. The first condition that fails is the reason.
 * @typedef {"named" | "cohort" | "outside" | "platform" | "channel" | "app-too-old" | "app-too-new" | "below-floor"} Reason
 * @typedef {{version: string, permyriad: number, bucket: number, reason: Reason}} Verdict
 */

/**
 * The first release whose conditions hold; a halted policy gives nothing new, and what runs goes on running.
 * @param {any} policy
 * @param {{installId: string, appVersion: string, platform: string, channel?: string}} here
 * @returns {Promise<{release: any | null, bucket: number | null, reason: Reason | "halted" | "none", forced: boolean, verdicts: Verdict[]}>}
 *   bucket: place in the cohort of the release that is given, else of the last one that was looked at
 */
export async function choose(policy, here) {
  const hashed = await sha256Hex(utf8(here.installId));
  const verdicts = [];
  for (const release of policy.releases) {
    const bucket = await cohort(here.installId, release.salt);
    verdicts.push({ version: release.version, permyriad: release.permyriad, bucket, reason: reasonFor(policy, release, here, hashed, bucket) });
  }
  const found = verdicts.findIndex(({ reason }) => reason === "named" || reason === "cohort");
  if (policy.halt || found < 0) {
    return { release: null, bucket: verdicts.at(-1)?.bucket ?? null, reason: policy.halt ? "halted" : "none", forced: false, verdicts };
  }
  const { bucket, reason } = verdicts[found];
  return { release: policy.releases[found], bucket, reason, forced: policy.releases[found].forced, verdicts };
}

/** @returns {Reason} */
function reasonFor(policy, release, { appVersion, platform, channel = "stable" }, hashed, bucket) {
  const { platforms, channels, app } = release;
  if (compareVersions(release.version, policy.floor) < 0) return "below-floor";
  if (platforms.length > 0 && !platforms.includes(platform)) return "platform";
  if (channels.length > 0 && !channels.includes(channel)) return "channel";
  if (compareVersions(appVersion, app.min) < 0) return "app-too-old";
  if (app.max !== null && compareVersions(appVersion, app.max) > 0) return "app-too-new";
  if (release.allow.includes(hashed)) return "named";
  return bucket < release.permyriad ? "cohort" : "outside";
}

/**
 * Whether this installation may open exactly the release that a link names. The link grants nothing: the signed policy
 * must name the installation as a tester, its share does not count, and a halted policy gives no preview either.
 * @param {any} policy @param {{bundle: string, version: string, digest: string}} wish
 * @param {{installId: string, appVersion: string, platform: string, channel?: string}} here
 * @returns {Promise<{release: any | null, reason: string}>}
 */
export async function previewed(policy, wish, here) {
  const refused = (/** @type {string} */ reason) => ({ release: null, reason });
  const release = policy.releases.find(({ version }) => version === wish.version);
  if (wish.bundle !== policy.bundle) return refused("foreign");
  if (compareVersions(wish.version, policy.floor) < 0) return refused("below-floor");
  if (policy.halt) return refused("halted");
  if (!release) return refused("not-offered");
  if (release.digest !== wish.digest) return refused("other-digest");
  const hashed = await sha256Hex(utf8(here.installId));
  const reason = reasonFor(policy, release, here, hashed, await cohort(here.installId, release.salt));
  if (reason === "named") return { release, reason };
  return refused(reason === "cohort" || reason === "outside" ? "not-named" : reason);
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
