/**
 * What the shell does when a page asks: one function per method of the contract, made for one page.
 *
 * The page's identity is `page`, which the shell made when it opened the verified bundle; nothing in a payload can name
 * another. The dispatcher has checked envelope, manifest and parameters before anything here runs. A page never gets a
 * token, never gives a URL or a header, and can name a challenge but nothing that is shown on the sheet.
 */
import { approve, fetchOperation, reject } from "../core/approval.mjs";
import { ShellError } from "../core/errors.mjs";
import { mediaMethods } from "./media.mjs";
import { storeMethods } from "./pages_store.mjs";
import { personMethods } from "./person.mjs";

const INSETS = Object.freeze({ top: 0, bottom: 34, left: 0, right: 0 });
const NOTHING = Object.freeze({});

/**
 * Make the methods of one page.
 * @param {{api: any, keys: any, sheet: any, door: import("./door.mjs").CustomerDoor, store: any, ui: any, config: any,
 *   page: {bundle: string, release: any}}} parts
 * @returns {Record<string, (params: any, context?: any) => Promise<any>>}
 */
export function createMethods(parts) {
  const person = personMethods(parts);
  const session = (/** @type {string} */ op, /** @type {() => Promise<any>} */ call) => {
    requireDeclared(parts.page, op);
    return withSession(parts, person, call);
  };
  return {
    ...appMethods(parts), ...sessionMethods(parts), ...person, ...storeMethods(parts), ...netMethods(parts, session),
    ...mediaMethods({ ...parts, session }), ...signMethods(parts),
  };
}

function appMethods({ ui, config, page }) {
  return {
    "app.info": async () => ({
      platform: "browser", insets: INSETS, ...ui.appearance(), version: config.app.version, env: config.env, bank: config.bank,
    }),
    "app.ready": async () => done(ui.ready(page)),
    "ui.setTitleBar": async ({ title, leading }) => done(ui.setTitleBar(page, { title, leading: leading ?? "back" })),
    "nav.open": async ({ route, params }) => {
      await ui.openRoute({ route, params: params ?? null, caller: page });
      return NOTHING;
    },
    "nav.close": async ({ result }) => done(ui.closePage(page, result ?? null)),
    "nav.setBackGuard": async ({ enabled }) => done(ui.setBackGuard(page, enabled)),
    "log.event": async (event) => done(ui.log(page, event)),
    "screen.protect": async ({ enabled }) => done(ui.protect(page, enabled)),
  };
}

/** @param {unknown} _effect */
function done(_effect) {
  return NOTHING;
}

/** @param {any} session of the api @returns {any} SessionStatus */
export function sessionStatus(session) {
  return {
    state: session.state,
    customer: session.customer ? { name: session.customer.name } : null,
    deviceState: stateName(session.deviceState),
  };
}

/** The contract writes an unregistered device small. @param {string | null | undefined} state */
function stateName(state) {
  return !state || state === "NONE" ? "none" : state;
}

/** The body of an answer, or what the bank said as an error. @param {{status: number, body: any}} answer */
function accepted({ status, body }) {
  if (status < 400) return body;
  const { code, message } = body ?? {};
  throw new ShellError("UPSTREAM_ERROR", `the bank refused: ${code ?? status}`, { status, code, message });
}

/** @param {any} device body of device.get @param {string} keyId @returns {any} DeviceStatus */
export function deviceStatus(device, keyId) {
  return { state: device.state, level: device.level, model: device.model, keyId, boundAt: device.boundAt ?? null };
}

function sessionMethods({ api, keys, sheet, door, ui, page }) {
  return {
    "session.status": async () => sessionStatus(api.session),
    "session.logout": async () => {
      await api.logout();
      return NOTHING;
    },
    "device.status": async () => {
      await api.ensureSession();
      return deviceStatus(accepted(await api.device()), keys.tx.thumbprint);
    },
    "device.bind": async (_params, { signal } = {}) => {
      if (sheet.busy) throw new ShellError("BUSY", "another sheet is open");
      await api.ensureSession();
      const bound = await sheet.bind({
        prepared: accepted(await api.prepareBind()),
        signal,
        confirm: (/** @type {any} */ prepared, /** @type {string} */ code) => api.confirmBind(prepared, code),
      });
      await ui.bound(bound);
      await openQuietly(api);
      return { state: bound.state, boundAt: bound.boundAt };
    },
  };
}

/** The person has just shown the new PIN: log in without asking twice; a failure here is met at the next call. */
async function openQuietly(api) {
  try {
    await api.login({ confirmFactor: async () => "pin" });
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
  }
}

function netMethods({ api, page }, session) {
  return {
    "net.request": async ({ op, params, body, idempotencyKey }) => {
      const call = { op, params: params ?? {}, body: body ?? null, idempotencyKey, bundle: page.release.ref };
      const answer = await session(op, () => api.request(call));
      return { status: answer.status, body: answer.body };
    },
  };
}

/** The signed manifest names what a page may call. @param {any} page @param {string} op */
function requireDeclared(page, op) {
  if (page.release.manifest.ops.includes(op)) return;
  throw new ShellError("PERMISSION_DENIED", `${page.bundle} does not declare the operation ${op}`, { op });
}

/** Run a call; when it needs the customer, or the person anew, have the sheet see to it once and run it again. */
async function withSession({ api, door, page }, person, call) {
  await api.ensureSession();
  const answer = await throughDoor({ door, page }, call);
  if (answer.status !== 403 || answer.body?.code !== "STEP_UP_REQUIRED") return answer;
  await person["session.stepUp"]({});
  return call();
}

async function throughDoor({ door, page }, call) {
  try {
    return await call();
  } catch (error) {
    if (error.code !== "AUTH_REQUIRED") throw error;
    await door.ensure(page.bundle);
    return call();
  }
}

function signMethods({ api, keys, sheet, door, store, config, page }) {
  return {
    "tx.sign": async ({ challengeId }, { signal } = {}) => {
      if (sheet.busy) throw new ShellError("BUSY", "another sheet is open");
      if (api.session.deviceState !== "ACTIVE") throw new ShellError("NOT_BOUND", "this device is not bound to a customer");
      await door.ensure(page.bundle);
      const operation = await askedOperation({ api, keys, sheet, config, page, challengeId });
      const complete = (/** @type {string} */ factor, /** @type {string} */ locale) =>
        signed({ api, keys, store, operation, factor, locale });
      try {
        return await sheet.sign({ operation, complete, signal });
      } catch (error) {
        if (error.code !== "USER_CANCELLED") throw error;
        await rejectQuietly(api, operation, error.details?.reason);
        throw new ShellError("USER_CANCELLED", "the person said no"); // why is between the person and the bank
      }
    },
  };
}

/** Tell the bank that the person said no; when it cannot be told, the challenge runs out by itself. */
async function rejectQuietly(api, operation, reason) {
  try {
    await reject(api, operation, reason);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
  }
}

/**
 * Fetch what is to be signed. What the bank sends and this shell cannot draw is refused before the eyes of the person;
 * a challenge that is merely used up or expired is the page's business.
 */
async function askedOperation({ api, keys, sheet, config, page, challengeId }) {
  const here = {
    env: config.env, aud: config.aud, deviceId: api.session.deviceId, keyId: keys.tx.thumbprint, bundle: page.release.ref,
    purposes: page.release.manifest.purposes, now: api.now(),
  };
  try {
    return await fetchOperation(api, challengeId, here);
  } catch (error) {
    const stale = error.details?.status || /^the (operation is|challenge has expired)/.test(error.message);
    if (error.code === "CHALLENGE_INVALID" && !stale) sheet.refuse(error).catch(() => {});
    throw error;
  }
}

/** Sign and post; a refusal of the bank is an error that carries what the bank said. */
async function signed({ api, keys, store, operation, factor, locale }) {
  const answer = await approve(api, keys, store, operation, { locale, factor });
  if (answer.status >= 400) {
    const { code, message } = answer.body ?? {};
    const invalid = answer.status === 404 || String(code ?? "").startsWith("CHALLENGE_");
    throw new ShellError(invalid ? "CHALLENGE_INVALID" : "UPSTREAM_ERROR", `the bank refused the approval: ${code ?? answer.status}`,
      { status: answer.status, code, message });
  }
  const { approval, keyId, displayHash, operationId, body } = answer;
  return { approval, keyId, displayHash, operationId, status: body.status, result: body.result ?? null };
}
