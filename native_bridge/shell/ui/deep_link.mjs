/** What a link to the app brings up: the page that it names, if that bundle is installed, else the home. It grants nothing. */
import { readRoute } from "../core/route.mjs";

/**
 * Open the route that the shell's address asks for, once; the wish is taken out of the address.
 * @param {{location: Location, history: History, pages: any, releases: any, log: (event: any) => void}} parts
 */
export async function followDeepLink({ location, history, pages, releases, log }) {
  const asked = new URLSearchParams(location.search).getAll("open");
  if (asked.length === 0) return;
  history.replaceState(null, "", location.pathname);
  const wish = asked.length === 1 ? readRoute(asked[0]) : null;
  const known = wish !== null && Boolean(releases.get(wish.bundle)?.entry);
  log({ level: known ? "info" : "warn", name: "link.judged", fields: { opened: known, bundle: wish?.bundle ?? "" } });
  if (wish && known) await pages.open(wish.route);
}
