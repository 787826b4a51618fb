/**
 * DPoP proofs (RFC 9449) of the device's `pop` key, with the running bundle in the claim `bnd`.
 */
import { b64urlEncode, sha256, utf8 } from "./encoding.mjs";

/** @returns {string} 24 unpredictable characters */
export function freshId() {
  return b64urlEncode(crypto.getRandomValues(new Uint8Array(18)));
}

/**
 * Make one proof for one request.
 * @param {import("./keys.mjs").DeviceKeys} keys
 * @param {{method: string, url: string, now: Date, token?: string, nonce?: string, bundle?: string}} request
 *   url: absolute; query and fragment are left out. bundle: `wealth@1.0.0#<digest>`
 * @returns {Promise<string>} compact JWS
 */
export async function proof(keys, { method, url, now, token, nonce, bundle }) {
  const address = new URL(url);
  const claims = { htm: method, htu: address.origin + address.pathname, iat: seconds(now), jti: freshId() };
  if (token) claims.ath = b64urlEncode(await sha256(utf8(token)));
  if (nonce) claims.nonce = nonce;
  if (bundle) claims.bnd = bundle;
  const input = `${part({ typ: "dpop+jwt", alg: "ES256", jwk: keys.pop.jwk })}.${part(claims)}`;
  return `${input}.${await keys.signText("pop", utf8(input))}`;
}

/** @param {Date} now */
function seconds(now) {
  return Math.floor(now.getTime() / 1000);
}

/** @param {object} value */
function part(value) {
  return b64urlEncode(utf8(JSON.stringify(value)));
}
