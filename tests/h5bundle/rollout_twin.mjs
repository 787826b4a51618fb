/** Holds the shell's rollout rules to the golden cases; prints "agreed", or what differs. */
import { readFileSync } from "node:fs";
import { canonicalJson, utf8 } from "../../native_bridge/shell/core/encoding.mjs";
import { choose, readPolicy } from "../../native_bridge/shell/core/policy.mjs";
import * as terms from "../../native_bridge/shell/core/terms.mjs";

const cases = JSON.parse(readFileSync(new URL("../../native_bridge/vectors/rollout.json", import.meta.url)));
const differences = [];
for (const [index, { policy, here, expected, device }] of cases.entries()) {
  const read = readPolicy(utf8(canonicalJson(policy)), "wealth");
  const { release, reason, forced, verdicts } = await choose(read, here);
  const found = { version: release?.version ?? null, reason, forced, verdicts: verdicts.map((one) => [one.bucket, one.reason]) };
  if (device) {
    const kept = terms.seen(terms.checked(read, { release, forced }, device.checked), device.seen);
    Object.assign(found, { must: kept.must, stale: terms.isStale(kept, device.now), obstacle: terms.obstacle(kept, device) });
  }
  if (canonicalJson(found) !== canonicalJson(expected)) differences.push(`case ${index}: ${JSON.stringify(found)}`);
}

const sound = cases.find(({ policy }) => policy.releases.length > 0).policy;
const [first, ...others] = sound.releases;
const wrong = {
  "an unknown member": { ...sound, extra: 1 },
  "a missing member": Object.fromEntries(Object.entries(sound).filter(([name]) => name !== "change")),
  "policy 0": { ...sound, policy: 0 },
  "a share above all": { ...sound, releases: [{ ...first, permyriad: 10_001 }, ...others] },
  "a manifest of another bundle": { ...sound, releases: [{ ...first, manifest: first.manifest.replace("wealth", "cards") }, ...others] },
  "a tester in clear": { ...sound, releases: [{ ...first, allow: ["install-1"] }, ...others] },
  "an app range upside down in type": { ...sound, releases: [{ ...first, app: { min: "1.0.0", max: 2 } }, ...others] },
  "too many releases": { ...sound, releases: Array.from({ length: 17 }, () => first) },
};
for (const [what, policy] of Object.entries(wrong)) {
  try {
    readPolicy(utf8(canonicalJson(policy)), "wealth");
    differences.push(`${what} was accepted`);
  } catch (error) {
    if (error.code !== "RELEASE_INVALID") differences.push(`${what}: ${error.code}`);
  }
}
console.log(differences.length === 0 ? "agreed" : differences.slice(0, 5).join("\n"));
