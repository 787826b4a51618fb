/**
 * Public keys of roles and their signatures, by the scheme's name in TUF: ECDSA, Ed25519 and RSA over WebCrypto.
 *
 * TUF carries ASN.1 ECDSA signatures, WebCrypto takes raw r‖s: the conversion accepts strict DER only, so one signature
 * has one form. Which schemes count is the caller's rule (rules.mjs). Imported keys are kept by scheme and text.
 */
import { fromHex } from "../core/encoding.mjs";

/**
 * How WebCrypto calls a scheme.
 * @typedef {{keytypes: string[], format: "spki" | "raw", imported: any, verified: any, size?: number}} Scheme
 *   size: bytes of r and of s, for ECDSA
 */

const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/;

/** @type {ReadonlyMap<string, Scheme>} */
const SCHEMES = new Map([
  ["ecdsa-sha2-nistp256", ecdsa("ecdsa-sha2-nistp256", "P-256", "SHA-256", 32)],
  ["ecdsa-sha2-nistp384", ecdsa("ecdsa-sha2-nistp384", "P-384", "SHA-384", 48)],
  ["ecdsa-sha2-nistp521", ecdsa("ecdsa-sha2-nistp521", "P-521", "SHA-512", 66)],
  ["ed25519", { keytypes: ["ed25519"], format: "raw", imported: { name: "Ed25519" }, verified: { name: "Ed25519" } }],
  ...[256, 384, 512].flatMap((bits) => [
    [`rsassa-pss-sha${bits}`, rsa({ name: "RSA-PSS", saltLength: bits / 8 }, bits)],
    [`rsa-pkcs1v15-sha${bits}`, rsa({ name: "RSASSA-PKCS1-v1_5" }, bits)],
  ]),
]);

export const KNOWN_SCHEMES = Object.freeze([...SCHEMES.keys()]);

/** @param {string} scheme @param {string} namedCurve @param {string} hash @param {number} size @returns {Scheme} */
function ecdsa(scheme, namedCurve, hash, size) {
  return {
    keytypes: ["ecdsa", scheme], format: "spki", imported: { name: "ECDSA", namedCurve }, verified: { name: "ECDSA", hash }, size,
  };
}

/** @param {{name: string, saltLength?: number}} verified @param {number} bits @returns {Scheme} */
function rsa(verified, bits) {
  return { keytypes: ["rsa"], format: "spki", imported: { name: verified.name, hash: `SHA-${bits}` }, verified };
}

/** @type {Map<string, Promise<CryptoKey>>} */
const imported = new Map();

/** @param {{scheme: string, keyval: {public: string}}} key @param {Scheme} scheme @returns {Promise<CryptoKey>} */
function importKey({ scheme: name, keyval }, scheme) {
  const place = `${name} ${keyval.public}`;
  let key = imported.get(place);
  if (!key) {
    key = importPublic(keyval.public, scheme);
    key.catch(() => imported.delete(place));
    imported.set(place, key);
  }
  return key;
}

/** @param {string} text PEM, or hex of the raw key @param {Scheme} scheme @returns {Promise<CryptoKey>} */
async function importPublic(text, { format, imported: algorithm }) {
  return crypto.subtle.importKey(format, format === "raw" ? fromHex(text) : derOfPem(text), algorithm, true, ["verify"]);
}

/** @param {string} pem @returns {Uint8Array} */
function derOfPem(pem) {
  const match = PEM.exec(pem);
  if (!match) throw new TypeError("not a PEM public key");
  return Uint8Array.from(atob(match[1].replace(/[\r\n]/g, "")), (letter) => letter.charCodeAt(0));
}

/**
 * Turn an ASN.1 ECDSA-Sig-Value into r‖s.
 * @param {Uint8Array} der @param {number} [size] bytes of r and of s
 * @returns {Uint8Array | null} null when it is not strict DER or out of size
 */
export function rawSignature(der, size = 32) {
  const start = der[1] === 0x81 ? 3 : 2;
  if (der.length < start + 6 || der[0] !== 0x30 || der[start - 1] !== der.length - start) return null;
  if ((start === 3) !== (der.length - start > 127)) return null;
  const raw = new Uint8Array(2 * size);
  let at = start;
  for (const end of [size, 2 * size]) {
    const number = derInteger(der, at, size);
    if (!number) return null;
    raw.set(number, end - number.length);
    at += 2 + der[at + 1];
  }
  return at === der.length ? raw : null;
}

/** Positive, minimal, of limited size. @param {Uint8Array} der @param {number} at @param {number} size */
function derInteger(der, at, size) {
  const length = der[at + 1];
  if (der[at] !== 0x02 || !(length >= 1 && length <= size + 1) || at + 2 + length > der.length) return null;
  const body = der.subarray(at + 2, at + 2 + length);
  if (body[0] & 0x80) return null;
  if (body[0] !== 0) return body.length > size ? null : body;
  if (body.length === 1 || !(body[1] & 0x80)) return null;
  return body.subarray(1);
}

/**
 * Tell whether one signature of a key stands over the message. A key or a signature of another kind counts as none.
 * @param {{keytype: string, scheme: string, keyval: {public: string}}} key
 * @param {string} signature hex @param {Uint8Array} message @param {readonly string[]} schemes that count
 * @returns {Promise<boolean>}
 */
export async function verifies(key, signature, message, schemes) {
  const scheme = schemes.includes(key.scheme) ? SCHEMES.get(key.scheme) : undefined;
  if (!scheme?.keytypes.includes(key.keytype) || !/^([0-9a-f]{2}){8,1024}$/.test(signature)) return false;
  const bytes = scheme.size ? rawSignature(fromHex(signature), scheme.size) : fromHex(signature);
  if (!bytes) return false;
  try {
    return await crypto.subtle.verify(scheme.verified, await importKey(key, scheme), bytes, message);
  } catch {
    return false;
  }
}
