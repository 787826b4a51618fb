/** The bytes of a transaction that are signed, and the hash of the rows that its owner sees. */
import { buildMessage, displayHash, FIELDS, FROZEN, renderRows } from "../../shell/core/approval.mjs";
import { b64urlEncode } from "../../shell/core/encoding.mjs";

/** @param {{fields: Record<string, string>, template?: any, locale?: string}} operation @returns {Promise<Record<string, unknown>>} */
export async function signedBytes({ fields, template, locale }) {
  try {
    if (template) return { displayHash: await displayHash(renderRows({ template, fields, locale })) };
    if (Object.keys(fields).length !== FIELDS.length) return { refused: true };
    const { ui, seq, factor } = fields;
    const frozen = Object.fromEntries(FROZEN.map((name) => [name, fields[name]]));
    return { signed: b64urlEncode(buildMessage(frozen, { ui, seq, factor })) };
  } catch (error) {
    if (error.code) return { refused: true };
    throw error;
  }
}
