/** Holds the shell's preview rule and its reading of links to the golden cases; prints "agreed", or what differs. */
import { readFileSync } from "node:fs";
import { canonicalJson, utf8 } from "../../native_bridge/shell/core/encoding.mjs";
import { previewed, readPolicy } from "../../native_bridge/shell/core/policy.mjs";
import { readLink } from "../../native_bridge/shell/core/preview.mjs";

const { links, decisions } = JSON.parse(readFileSync(new URL("../../native_bridge/vectors/preview.json", import.meta.url)));
const differences = [];
for (const { link, app, wish } of links) {
  const found = readLink(link, app);
  if (canonicalJson(found) !== canonicalJson(wish)) differences.push(`link ${link}: ${JSON.stringify(found)}`);
}
for (const [index, { policy, here, wish, expected }] of decisions.entries()) {
  const { release, reason } = await previewed(readPolicy(utf8(canonicalJson(policy)), "wealth"), wish, here);
  const found = { digest: release?.digest ?? null, reason };
  if (canonicalJson(found) !== canonicalJson(expected)) differences.push(`case ${index}: ${JSON.stringify(found)}`);
}
console.log(differences.length === 0 ? "agreed" : differences.slice(0, 5).join("\n"));
