/** Verifies signatures in wire form: base64url of 64 bytes, r then s, and of two twins the one with the lower s. */
import { b64urlDecode } from "../../shell/core/encoding.mjs";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF = ORDER / 2n;

/** @param {JsonWebKey} key @param {Uint8Array} bytes @param {string} signature @returns {Promise<boolean>} */
export async function verifies(key, bytes, signature) {
  let raw;
  try {
    raw = b64urlDecode(signature);
  } catch {
    return false;
  }
  if (raw.length !== 64) return false;
  const [r, s] = [number(raw.subarray(0, 32)), number(raw.subarray(32))];
  if (r === 0n || r >= ORDER || s === 0n || s > HALF) return false;
  const { kty, crv, x, y } = key;
  const known = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, known, raw, bytes);
}

/** @param {Uint8Array} bytes @returns {bigint} */
function number(bytes) {
  return [...bytes].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
