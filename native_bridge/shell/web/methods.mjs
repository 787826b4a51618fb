/**
 * The methods of the web host: what needs no device, no session and no app. Every other method of the contract is not
 * here, so the dispatcher answers METHOD_UNSUPPORTED for it.
 *
 * `net.request` is among those: the bank has no operation that may be called without a session.
 */
import { ShellError } from "../core/errors.mjs";
import { readRoute } from "../core/route.mjs";
import { storeMethods } from "../host/pages_store.mjs";

const INSETS = Object.freeze({ top: 0, bottom: 0, left: 0, right: 0 });
const NOBODY = Object.freeze({ state: "none", customer: null, deviceState: "none" });
const NOTHING = Object.freeze({});
export const PLATFORM = "web";

/**
 * @param {{config: any, page: {bundle: string}, store: any, ui: {appearance: () => any, ready: () => void,
 *   setTitleBar: (bar: any) => void, setBackGuard: (on: boolean) => void, go: (where: any) => void,
 *   close: (result: any) => void, log: (event: any) => void}}} parts
 * @returns {Record<string, (params: any) => Promise<any>>}
 */
export function webMethods({ config, page, store, ui }) {
  return {
    "app.info": async () => ({
      platform: PLATFORM, version: config.app.version, ...ui.appearance(), insets: INSETS, env: config.env, bank: config.bank,
    }),
    "app.ready": async () => done(ui.ready()),
    "ui.setTitleBar": async ({ title, leading }) => done(ui.setTitleBar({ title, leading: leading ?? "back" })),
    "nav.open": async ({ route, params }) => {
      const where = readRoute(route);
      if (!where || !config.bundles.includes(where.bundle)) {
        throw new ShellError("PARAMS_INVALID", "no bundle of that name is on the web", { path: "route" });
      }
      return done(ui.go({ ...where, params: params ?? null, caller: page.bundle }));
    },
    "nav.close": async ({ result }) => done(ui.close(result ?? null)),
    "nav.setBackGuard": async ({ enabled }) => done(ui.setBackGuard(enabled)),
    "log.event": async (event) => done(ui.log(event)),
    "session.status": async () => NOBODY,
    ...storeMethods({ store, page }),
  };
}

/** @param {unknown} _effect */
function done(_effect) {
  return NOTHING;
}
