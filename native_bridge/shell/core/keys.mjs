/**
 * The device's two P-256 keys (stand-in for the secure element, level `sim`) and the byte strings that they sign.
 *
 * `pop` signs DPoP proofs without a prompt; `tx` signs registration, binding, log-in and transactions, and only after
 * the shell has asked the person. Both are non-extractable and live in the store's `keys` area. Signatures are raw
 * r‖s with s in the lower half: WebCrypto gives either half, the server refuses the upper one.
 */
import { b64urlEncode, concat, lp, sha256, utf8 } from "./encoding.mjs";
import { ShellError } from "./errors.mjs";

const ALGORITHM = Object.freeze({ name: "ECDSA", namedCurve: "P-256" });
const ES256 = Object.freeze({ name: "ECDSA", hash: "SHA-256" });
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** @typedef {{kty: "EC", crv: "P-256", x: string, y: string}} PublicJwk */
/** @typedef {{jwk: PublicJwk, thumbprint: string, privateKey: CryptoKey, publicKey: CryptoKey}} DeviceKey */

/** RFC 7638 thumbprint, base64url. @param {PublicJwk} jwk @returns {Promise<string>} */
export async function thumbprint(jwk) {
  return b64urlEncode(await sha256(utf8(`{"crv":"${jwk.crv}","kty":"${jwk.kty}","x":"${jwk.x}","y":"${jwk.y}"}`)));
}

/** Replace s by n − s when it lies in the upper half. @param {Uint8Array} signature 64 bytes @returns {Uint8Array} */
export function lowS(signature) {
  if (signature.length !== 64) throw new ShellError("ENCODING_INVALID", "a raw ES256 signature has 64 bytes");
  const s = signature.slice(32).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  if (s <= ORDER >> 1n) return signature;
  const low = new Uint8Array(32);
  let rest = ORDER - s;
  for (let index = 31; index >= 0; index -= 1) {
    low[index] = Number(rest & 255n);
    rest >>= 8n;
  }
  return concat(signature.slice(0, 32), low);
}

/** Sign with ES256. @param {CryptoKey} privateKey @param {Uint8Array} message @returns {Promise<Uint8Array>} raw r‖s */
export async function sign(privateKey, message) {
  return lowS(new Uint8Array(await crypto.subtle.sign(ES256, privateKey, message)));
}

/** @param {CryptoKeyPair} pair @returns {Promise<DeviceKey>} */
async function described(pair) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = /** @type {PublicJwk} */ (Object.freeze({ kty, crv, x, y }));
  return Object.freeze({ jwk, thumbprint: await thumbprint(jwk), ...pickKeys(pair) });
}

/** @param {CryptoKeyPair} pair */
function pickKeys({ privateKey, publicKey }) {
  return { privateKey, publicKey };
}

/** The pair of keys of this installation. */
export class DeviceKeys {
  /** @param {{pop: DeviceKey, tx: DeviceKey}} keys */
  constructor({ pop, tx }) {
    this.pop = pop;
    this.tx = tx;
  }

  /**
   * Read the keys from the store, or make them at the first start.
   * @param {import("./store.mjs").Store} store @returns {Promise<DeviceKeys>}
   */
  static async open(store) {
    const pop = await DeviceKeys.#load(store, "pop");
    return new DeviceKeys({ pop, tx: await DeviceKeys.#load(store, "tx") });
  }

  /** @param {import("./store.mjs").Store} store @param {string} name @returns {Promise<DeviceKey>} */
  static async #load(store, name) {
    const kept = await store.get("keys", name);
    if (kept) return described(kept);
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    await store.put("keys", name, pickKeys(pair));
    return described(pair);
  }

  /** Forget both keys: the device is then unknown to the bank. @param {import("./store.mjs").Store} store */
  static async destroy(store) {
    await store.remove("keys", "pop", "tx");
  }

  /** @param {"pop" | "tx"} name @param {Uint8Array} message @returns {Promise<Uint8Array>} raw r‖s, low s */
  async sign(name, message) {
    return sign(this[name].privateKey, message);
  }

  /** @param {"pop" | "tx"} name @param {Uint8Array} message @returns {Promise<string>} base64url of {@link sign} */
  async signText(name, message) {
    return b64urlEncode(await this.sign(name, message));
  }
}

/**
 * What both keys sign at registration.
 * @param {{aud: string, env: string, challenge: string, appId: string, appVersion: string, platform: string,
 *   popJkt: string, txJkt: string}} parts
 * @returns {Uint8Array}
 */
export function registerTranscript({ aud, env, challenge, appId, appVersion, platform, popJkt, txJkt }) {
  return lp("BANK-DEVBIND/v1/DEV-REGISTER", aud, env, challenge, appId, appVersion, platform, popJkt, txJkt);
}

/**
 * What `tx` signs to bind the device to one customer.
 * @param {{aud: string, env: string, eventId: string, deviceId: string, customerId: string, popJkt: string,
 *   txJkt: string, expires: number}} parts expires: epoch seconds
 * @returns {Uint8Array}
 */
export function bindMessage({ aud, env, eventId, deviceId, customerId, popJkt, txJkt, expires }) {
  return lp("BANK-DEVBIND/v1/DEV-BIND", aud, env, eventId, deviceId, customerId, popJkt, txJkt, String(expires));
}

/**
 * What `tx` signs to show that its owner is there, for one purpose and by one factor.
 * @param {{aud: string, env: string, purpose: string, deviceId: string, customerId: string, challenge: string,
 *   popJkt: string, factor: string}} parts
 * @returns {Uint8Array}
 */
export function verificationMessage({ aud, env, purpose, deviceId, customerId, challenge, popJkt, factor }) {
  return lp("BANK-DEVBIND/v1/VERIFY", aud, env, purpose, deviceId, customerId, challenge, popJkt, factor);
}

/**
 * What `tx` signs to log in.
 * @param {{aud: string, env: string, deviceId: string, challenge: string, popJkt: string}} parts
 * @returns {Uint8Array}
 */
export function loginMessage({ aud, env, deviceId, challenge, popJkt }) {
  return lp("BANK-DEVBIND/v1/LOGIN", aud, env, deviceId, challenge, popJkt);
}
