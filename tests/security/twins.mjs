/** Holds the shell's JavaScript to the golden vectors; prints "agreed", or what differs. */
import { readFileSync } from "node:fs";
import * as display from "../../native_bridge/shell/core/display.mjs";
import * as encoding from "../../native_bridge/shell/core/encoding.mjs";
import * as keys from "../../native_bridge/shell/core/keys.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(`../../native_bridge/vectors/${name}`, import.meta.url)));
const bytes = read("encoding.json");
const sheet = read("display.json");
const differences = [];

function same(actual, expected, what) {
  if (actual !== expected) differences.push(`${what}: ${actual} instead of ${expected}`);
}

function refuses(call, what) {
  try {
    call();
  } catch {
    return;
  }
  differences.push(`${what} was accepted`);
}

for (const { hex, text } of bytes.b64url.valid) same(encoding.b64urlEncode(encoding.fromHex(hex)), text, "b64url");
for (const text of bytes.b64url.invalid) refuses(() => encoding.b64urlDecode(text), JSON.stringify(text));
for (const { texts, hex } of bytes.lp) same(encoding.hex(encoding.lp(...texts)), hex, "lp");
for (const text of bytes.cleanText.clean) same(encoding.cleanText(text), text, "clean text");
for (const text of bytes.cleanText.unclean) refuses(() => encoding.cleanText(text), JSON.stringify(text));
for (const { value, text } of bytes.canonicalJson) same(encoding.canonicalJson(value), text, "canonical JSON");
for (const { jwk, thumbprint } of bytes.thumbprints) same(await keys.thumbprint(jwk), thumbprint, "thumbprint");
const { register, bind, login, verification } = bytes.transcripts;
same(encoding.hex(keys.registerTranscript(register.parts)), register.hex, "registration");
same(encoding.hex(keys.bindMessage(bind.parts)), bind.hex, "binding");
same(encoding.hex(keys.loginMessage(login.parts)), login.hex, "log-in");
same(encoding.hex(keys.verificationMessage(verification.parts)), verification.hex, "verification");
for (const { canonical, highS } of bytes.signatures) {
  same(encoding.b64urlEncode(keys.lowS(encoding.b64urlDecode(highS))), canonical, "low s");
}
for (const { fields, locale, rows, hash } of sheet.cases) {
  const drawn = display.renderRows({ template: sheet.template, fields, locale });
  same(JSON.stringify(drawn.map(({ key, label, value }) => [key, label, value])), JSON.stringify(rows), "rows");
  same(await display.displayHash(drawn), hash, "display hash");
}
same(await display.templateHash(sheet.template), sheet.templateHash, "template hash");
for (const { amount, text } of sheet.uppercase) same(display.uppercaseAmount(amount), text, "capital numerals");
for (const amount of sheet.refusedAmounts) refuses(() => display.uppercaseAmount(amount), JSON.stringify(amount));
for (const row of sheet.refusedRows) {
  const template = { ...sheet.template, rows: [row] };
  refuses(() => display.renderRows({ template, fields: sheet.cases[0].fields, locale: "en" }), JSON.stringify(row));
}
console.log(differences.length ? differences.join("\n") : "agreed");
