/**
 * Public keys of roles (ECDSA P-256, PEM SubjectPublicKeyInfo) and their DER signatures.
 *
 * TUF carries ASN.1 signatures, WebCrypto takes raw r‖s: the conversion accepts strict DER only, so one signature has
 * one form. Imported keys are kept by their PEM text.
 */
import { fromHex } from "../core/encoding.mjs";

const CURVE = Object.freeze({ name: "ECDSA", namedCurve: "P-256" });
const SCHEME = "ecdsa-sha2-nistp256";
const KEY_TYPES = new Set(["ecdsa", SCHEME]);
const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/;
/** @type {Map<string, Promise<CryptoKey>>} */
const imported = new Map();

/** @param {string} pem @returns {Promise<CryptoKey>} rejects when it is no P-256 key */
export function importPem(pem) {
  let key = imported.get(pem);
  if (!key) {
    key = importSpki(pem);
    key.catch(() => imported.delete(pem));
    imported.set(pem, key);
  }
  return key;
}

/** @param {string} pem @returns {Promise<CryptoKey>} */
async function importSpki(pem) {
  const match = PEM.exec(pem);
  if (!match) throw new TypeError("not a PEM public key");
  const der = Uint8Array.from(atob(match[1].replace(/[\r\n]/g, "")), (letter) => letter.charCodeAt(0));
  return crypto.subtle.importKey("spki", der, CURVE, true, ["verify"]);
}

/**
 * Turn an ASN.1 ECDSA-Sig-Value into r‖s of 32 bytes each.
 * @param {Uint8Array} der @returns {Uint8Array | null} null when it is not strict DER or out of size
 */
export function rawSignature(der) {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const number = derInteger(der, at);
    if (!number) return null;
    raw.set(number, end - number.length);
    at += 2 + der[at + 1];
  }
  return at === der.length ? raw : null;
}

/** Positive, minimal, at most 32 bytes. @param {Uint8Array} der @param {number} at @returns {Uint8Array | null} */
function derInteger(der, at) {
  const length = der[at + 1];
  if (der[at] !== 0x02 || !(length >= 1 && length <= 33) || at + 2 + length > der.length) return null;
  const body = der.subarray(at + 2, at + 2 + length);
  if (body[0] & 0x80) return null;
  if (body[0] !== 0) return body.length > 32 ? null : body;
  if (body.length === 1 || !(body[1] & 0x80)) return null;
  return body.subarray(1);
}

/**
 * Tell whether one signature of a key stands over the message. A key or a signature of another kind counts as none.
 * @param {{keytype: string, scheme: string, keyval: {public: string}}} key
 * @param {string} signature hex of DER @param {Uint8Array} message @returns {Promise<boolean>}
 */
export async function verifies(key, signature, message) {
  if (!KEY_TYPES.has(key.keytype) || key.scheme !== SCHEME) return false;
  if (!/^([0-9a-f]{2}){8,72}$/.test(signature)) return false;
  const raw = rawSignature(fromHex(signature));
  if (!raw) return false;
  try {
    const publicKey = await importPem(key.keyval.public);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, publicKey, raw, message);
  } catch {
    return false;
  }
}
