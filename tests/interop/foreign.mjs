// tuf-js, unmodified, as a program: foreign.mjs METADATA_DIR TARGET_DIR REPOSITORY TARGET… → JSON of the fetched places.
import { argv, stdout } from "node:process";

import { Updater } from "tuf-js";

const [metadataDir, targetDir, repository, ...names] = argv.slice(2);
const updater = new Updater({
  metadataDir, targetDir, metadataBaseUrl: `${repository}/metadata`, targetBaseUrl: `${repository}/targets`,
});
await updater.refresh();
const places = {};
for (const name of names) {
  const target = await updater.getTargetInfo(name);
  if (!target) throw new Error(`${name} is not offered`);
  places[name] = (await updater.findCachedTarget(target)) ?? (await updater.downloadTarget(target));
}
stdout.write(JSON.stringify(places));
