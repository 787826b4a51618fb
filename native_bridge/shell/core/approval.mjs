/**
 * What the device signs for a transaction: the bytes M, the check of the frozen fields, and how an approval is sent.
 *
 *   const operation = await fetchOperation(api, challengeId, { env, aud, deviceId, keyId, bundle, purposes?, now });
 *       // → { challengeId, operationId, fields, template, title: {zh,en}, expiresAt, lastSeq, status, rows(locale) → Row[] }
 *       // throws ShellError CHALLENGE_INVALID when anything does not fit; nothing may be drawn then.
 *       // keyId: keys.tx.thumbprint; bundle: release.ref; purposes: manifest.purposes, refuses another `type`
 *   const approval = await approve(api, keys, store, operation, { locale, factor, shellVersion? });
 *       // after sheet and factor: signs with K_tx and posts
 *       // → { status, body, approval: "b64url(M).b64url(sig)", keyId, displayHash, operationId }
 *   await reject(api, operation);              // → { status, body }
 *   buildMessage(fields, { ui, seq, factor }) → Uint8Array M;  uiText(shellVersion, locale, hash) → string
 *   renderRows, displayHash, uppercaseAmount, templateHash, memoDecode: from display.mjs
 *
 * A network failure while posting is answered by sending the same bytes again; they count once.
 */
import { displayHash, memoDecode, renderRows, templateHash } from "./display.mjs";
import { b64urlDecode, b64urlEncode, cleanText, lp } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";

export { displayHash, memoDecode, renderRows, templateHash, uppercaseAmount } from "./display.mjs";

const DOMAIN = "BANK-DEVBIND/v1/TX-APPROVE";
export const FIELDS = Object.freeze(
  ("v alg aud env cust dev kid txid type tmpl cur amt payer payee payee_name memo chal iat exp bundle ui seq factor").split(" "));
const FACTORS = Object.freeze(["face", "pin"]);
export const FROZEN = Object.freeze(FIELDS.filter((name) => !["ui", "seq", "factor"].includes(name)));
const SEMVER = "(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)(?:[-+][0-9A-Za-z.+-]{1,40})?";
const ID = "[A-Za-z0-9_-]{1,64}";
const WHOLE = "(?:0|[1-9]\\d{0,15})";
const FORMS = Object.freeze(Object.fromEntries(Object.entries({
  v: "1", alg: "ES256", aud: "[a-z0-9][a-z0-9.-]{0,63}", env: "(?:sandbox|production)", cust: ID, dev: ID,
  kid: "[A-Za-z0-9_-]{43}", txid: ID, type: "[a-z][a-z0-9_]*(?:\\.[a-z][a-z0-9_]*)+",
  tmpl: "[a-z][a-z0-9_.]*/[0-9]+#[0-9a-f]{64}", cur: "[A-Z]{3}", amt: "(?:0|[1-9]\\d{0,11})\\.\\d{2}",
  payer: ID, payee: ID, chal: "[A-Za-z0-9_-]{43}", iat: WHOLE, exp: WHOLE,
  bundle: `[a-z][a-z0-9-]{0,40}@${SEMVER}#[0-9a-f]{64}`,
  ui: `tidegate-shell/${SEMVER};(?:zh-CN|en);sha256:[0-9a-f]{64}`, seq: WHOLE, factor: "(?:face|pin)",
}).map(([name, form]) => [name, new RegExp(`^${form}$`)])));
const LONGEST = Object.freeze({ payee_name: 128, memo: 1024 });
const FINAL = new Set(["APPROVED", "EXECUTING", "DONE", "FAILED", "UNKNOWN", "REJECTED", "EXPIRED", "CANCELLED", "USED", "SPENT"]);
const SENDINGS = 3;
const PAUSE_MS = 700;

/** @param {string} message @returns {ShellError} */
function unfit(message) {
  return new ShellError("CHALLENGE_INVALID", message);
}

/** Hold one field to its one form. @param {string} name @param {unknown} value */
function checkField(name, value) {
  if (typeof value !== "string") throw unfit(`${name} is not a text`);
  if (FORMS[name]) {
    if (!FORMS[name].test(value)) throw unfit(`${name} is not in its form`);
    if (name === "kid" || name === "chal") decoded(name, value);
    return;
  }
  if (value.length === 0 || [...value].length > LONGEST[name]) throw unfit(`${name} is empty or too long`);
  try {
    cleanText(value);
  } catch {
    throw unfit(`${name} holds characters that cannot be seen`);
  }
  if (name === "memo") memoDecode(value);
}

function decoded(name, value) {
  try {
    return b64urlDecode(value);
  } catch {
    throw unfit(`${name} is not base64url`);
  }
}

/**
 * The bytes to sign.
 * @param {Record<string, string>} frozen @param {{ui: string, seq: string, factor: string}} added
 * @returns {Uint8Array} M
 */
export function buildMessage(frozen, { ui, seq, factor }) {
  checkFrozen(frozen);
  const fields = { ...frozen, ui, seq, factor };
  for (const name of ["ui", "seq", "factor"]) checkField(name, fields[name]);
  return lp(DOMAIN, ...FIELDS.flatMap((name) => [name, fields[name]]));
}

/** Exactly the frozen fields, each in its form. @param {Record<string, string>} frozen */
function checkFrozen(frozen) {
  const names = Object.keys(frozen);
  if (names.length !== FROZEN.length || !FROZEN.every((name) => Object.hasOwn(frozen, name))) {
    throw unfit("the frozen fields are not exactly those of a transaction");
  }
  for (const name of FROZEN) checkField(name, frozen[name]);
  if (!(Number(frozen.exp) > Number(frozen.iat))) throw unfit("exp must lie after iat");
}

/** The field `ui`. @param {string} version @param {"zh-CN" | "en"} locale @param {string} hash @returns {string} */
export function uiText(version, locale, hash) {
  return `tidegate-shell/${version};${locale};sha256:${hash}`;
}

/**
 * Fetch the operation of a challenge over the shell's own channel and hold it against what is true here.
 * @param {import("./api.mjs").Api} api @param {string} challengeId
 * @param {{env: string, aud: string, deviceId: string, keyId: string, bundle: string, purposes?: string[], now: Date}} here
 */
export async function fetchOperation(api, challengeId, here) {
  const { status, body } = await api.request({ op: "approval.get", params: { challengeId } });
  if (status !== 200) throw new ShellError("CHALLENGE_INVALID", `the challenge answers ${status}`, { status, body });
  await checkOperation(body, challengeId, here);
  const { operationId, fields, template, expiresAt, lastSeq } = body;
  const rows = (locale) => renderRows({ template, fields, locale });
  rows("zh-CN");
  rows("en");
  return Object.freeze({
    challengeId, operationId, fields: Object.freeze({ ...fields }), template, title: template.title, expiresAt, lastSeq,
    status: body.status, rows,
  });
}

/** @param {any} body @param {string} challengeId @param {any} here */
async function checkOperation(body, challengeId, here) {
  const { fields, template } = body ?? {};
  if (typeof fields !== "object" || fields === null) throw unfit("no fields");
  if (body.challengeId !== challengeId) throw unfit("the answer is for another challenge");
  checkFrozen(fields);
  const expected = {
    env: here.env, aud: here.aud, dev: here.deviceId, kid: here.keyId, bundle: here.bundle, txid: body.operationId,
    tmpl: `${template?.id}#${await templateHash(template ?? null)}`,
  };
  const different = Object.keys(expected).filter((name) => fields[name] !== expected[name]);
  if (different.length > 0) throw unfit(`does not belong here: ${different.join(", ")}`);
  if (here.purposes && !here.purposes.includes(fields.type)) throw unfit("the bundle may not ask for this kind");
  if (FINAL.has(body.status)) throw unfit(`the operation is ${body.status}`);
  if (!(Number(fields.exp) * 1000 > here.now.getTime())) throw unfit("the challenge has expired");
  if (!Number.isSafeInteger(body.lastSeq) || body.lastSeq < 0) throw unfit("no counter");
}

/**
 * Sign what the person has seen and approved, and send it.
 * @param {import("./api.mjs").Api} api @param {import("./keys.mjs").DeviceKeys} keys
 * @param {import("./store.mjs").Store} store
 * @param {{challengeId: string, operationId: string, fields: Record<string, string>, lastSeq: number, rows: Function}} operation
 * @param {{locale: "zh-CN" | "en", factor: "face" | "pin", shellVersion?: string}} how
 */
export async function approve(api, keys, store, operation, { locale, factor, shellVersion = "1.0.0" }) {
  const hash = await displayHash(operation.rows(locale));
  const seq = await nextSeq(store, operation.lastSeq);
  const ui = uiText(shellVersion, locale, hash);
  const message = buildMessage(operation.fields, { ui, seq: String(seq), factor });
  const body = { message: b64urlEncode(message), signature: await keys.signText("tx", message) };
  const answer = await sent(api, { op: "approval.approve", params: { challengeId: operation.challengeId }, body });
  return {
    status: answer.status, body: answer.body, approval: `${body.message}.${body.signature}`,
    keyId: keys.tx.thumbprint, displayHash: hash, operationId: operation.operationId,
  };
}

/** Use up the next value of the device's counter. @param {import("./store.mjs").Store} store @param {number} lastSeq */
async function nextSeq(store, lastSeq) {
  const seq = Math.max(lastSeq, (await store.get("values", "seq")) ?? 0) + 1;
  await store.put("values", "seq", seq);
  return seq;
}

/** Post, and post the same bytes again when no answer came. */
async function sent(api, request) {
  for (let sending = 1; ; sending += 1) {
    try {
      return await api.request(request);
    } catch (error) {
      if (sending === SENDINGS || !["OFFLINE", "TIMEOUT"].includes(error.code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * sending));
    }
  }
}

/**
 * Tell the bank that the person declined; after `NOT_ME` it ends the customer's sessions and holds his approvals.
 * @param {import("./api.mjs").Api} api @param {{challengeId: string}} operation
 * @param {"CHANGED_MIND" | "WRONG_DETAILS" | "NOT_ME"} reason
 */
export function reject(api, operation, reason = "CHANGED_MIND") {
  return api.request({ op: "approval.reject", params: { challengeId: operation.challengeId }, body: { reason } });
}

/**
 * Which factors the operation's terms take for its amount; the bank holds the approval to the same terms.
 * @param {{template: any, fields: Record<string, string>}} operation @returns {string[]}
 */
export function factorsOf({ template, fields }) {
  const policy = template.policy ?? { factors: FACTORS };
  const strong = policy.strong && fenOf(fields.amt) >= policy.strong.from_fen;
  return FACTORS.filter((factor) => (strong ? policy.strong.factors : policy.factors).includes(factor));
}

/** @param {string} amount fixed-scale, two decimals @returns {number} */
function fenOf(amount) {
  return Number(amount.replace(".", ""));
}
