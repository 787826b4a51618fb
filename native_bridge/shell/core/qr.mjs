/**
 * The QR code of one SHA-256 in hexadecimal, by ISO/IEC 18004: version 4, level L, byte mode, mask 0.
 *
 * Sixty-four characters always fit this one size, so there are no tables of sizes here. Readers take any mask; a hash is
 * even enough that the choice among eight of them gains nothing.
 */
const SIZE = 33;
const DATA_BYTES = 80;
const CHECK_BYTES = 20;
const FORMAT = 0b111011111000100; // level L, mask 0, with its check bits and mask (table C.1)
const HEX = /^[0-9a-f]{64}$/;
const FIELD = 0x11d;

/** Product in GF(2⁸) as the standard chooses it. @param {number} a @param {number} b */
function product(a, b) {
  let result = 0;
  for (let left = a, right = b; right > 0; right >>= 1) {
    if (right & 1) result ^= left;
    left = left & 0x80 ? (left << 1) ^ FIELD : left << 1;
  }
  return result;
}

/** Coefficients of (x − 2⁰)(x − 2¹)…, without the leading one. @param {number} degree */
function generator(degree) {
  let made = [1];
  for (let index = 0, root = 1; index < degree; index += 1, root = product(root, 2)) {
    made = [...made, 0].map((own, at) => own ^ (at > 0 ? product(made[at - 1], root) : 0));
  }
  return made.slice(1);
}

/** @param {number[]} data @returns {number[]} Reed–Solomon check bytes */
function checkBytes(data) {
  const divisor = generator(CHECK_BYTES);
  let rest = Array(CHECK_BYTES).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest[0];
    rest = [...rest.slice(1), 0].map((own, at) => own ^ product(divisor[at], factor));
  }
  return rest;
}

/** Mode, length, text, end and filling. @param {string} text @returns {number[]} */
function dataBytes(text) {
  const bits = `0100${text.length.toString(2).padStart(8, "0")}${[...text].map((one) => one.charCodeAt(0).toString(2).padStart(8, "0")).join("")}0000`;
  const bytes = (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2));
  while (bytes.length < DATA_BYTES) bytes.push(bytes.length % 2 === text.length % 2 ? 0xec : 0x11);
  return bytes;
}

/** What is not data: finders, alignment, timing, the dark module and the format, as rows of 0, 1 or null. */
function frame() {
  const rows = Array.from({ length: SIZE }, () => Array(SIZE).fill(null));
  const square = (/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ reach, /** @type {number[]} */ light) => {
    for (let y = -reach; y <= reach; y += 1) {
      for (let x = -reach; x <= reach; x += 1) {
        if (rows[row + y]?.[column + x] !== undefined) rows[row + y][column + x] = light.includes(Math.max(Math.abs(x), Math.abs(y))) ? 0 : 1;
      }
    }
  };
  for (const [row, column] of [[3, 3], [3, SIZE - 4], [SIZE - 4, 3]]) square(row, column, 4, [2, 4]);
  square(26, 26, 2, [1]);
  for (let at = 8; at < SIZE - 8; at += 1) rows[6][at] = rows[at][6] = 1 - (at % 2);
  for (let bit = 0; bit < 15; bit += 1) {
    const value = (FORMAT >> bit) & 1;
    rows[bit < 6 ? bit : bit < 8 ? bit + 1 : SIZE - 15 + bit][8] = value;
    rows[8][bit < 8 ? SIZE - 1 - bit : bit === 8 ? 7 : 14 - bit] = value;
  }
  rows[SIZE - 8][8] = 1;
  return rows;
}

/**
 * The modules of a hash's code, without the quiet zone.
 * @param {string} hash 64 hexadecimal digits @returns {number[][]} rows of 1 (dark) and 0
 */
export function qrOfHash(hash) {
  if (!HEX.test(hash)) throw new RangeError("not a SHA-256 in hexadecimal");
  const data = dataBytes(hash);
  const bits = [...data, ...checkBytes(data)].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((place) => (byte >> place) & 1));
  const rows = frame();
  let upward = true;
  for (let right = SIZE - 1; right > 0; right -= right === 8 ? 3 : 2, upward = !upward) {
    for (let step = 0; step < SIZE; step += 1) {
      const row = upward ? SIZE - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (rows[row][column] === null) rows[row][column] = (bits.shift() ?? 0) ^ ((row + column) % 2 === 0 ? 1 : 0);
      }
    }
  }
  return rows;
}

/** The modules as path data, one unit a module. @param {number[][]} rows @param {number} quiet @returns {string} */
export function qrPath(rows, quiet) {
  return rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + quiet} ${y + quiet}h1v1h-1z` : ""))).join("");
}
