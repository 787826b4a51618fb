/**
 * Applying deltas between releases of a bundle (docs/deltas.md), in the browser and in Node, without WebAssembly.
 *
 *   const files = await applyDelta(bytes, baseFiles, manifest);   // Map(path → Uint8Array), or DeltaError
 *
 * `baseFiles` is a Map(path → Uint8Array) of every file of the base release, whole and verified; `manifest` is the new
 * release's, verified. The result has the files whose bytes the base lacks, each hash once and each proven against the
 * manifest. Nothing in a delta is believed, and whatever is wrong with it is a DeltaError: fetch the whole files then.
 */
import { sha256Hex } from "./encoding.mjs";
import { unzstd, unzstdInto, ZstdError } from "./zstd.mjs";

const MAGIC = [0x54, 0x47, 0x44, 0x31, 0x7a];
const HEAD_LIMIT = 1 << 20;
const NAME_LIMIT = 3;
const HASH_MIN = 6;
const SEPARATOR = /[-._]/g;
const DOT = 0x2e;
/** A longer window would not fit the bytes of its table. */
const MAX_WINDOW = 200;

/** The bytes are no delta between these releases. */
export class DeltaError extends Error {
  code = "DELTA_INVALID";
}

/**
 * @param {Uint8Array} delta @param {Map<string, Uint8Array>} base
 * @param {{files: Record<string, {length: number, sha256: string}>}} manifest
 * @returns {Promise<Map<string, Uint8Array>>}
 */
export async function applyDelta(delta, base, manifest) {
  const wanted = await changedFiles(base, manifest);
  const content = contentOf(delta, base, manifest, wanted);
  const files = new Map();
  let place = 0;
  for (const { path, length, sha256 } of wanted) {
    const bytes = content.slice(place, place + length);
    place += length;
    if ((await sha256Hex(bytes)) !== sha256) throw new DeltaError(`${path} does not come out with the bytes of the manifest`);
    files.set(path, bytes);
  }
  return files;
}

/** The files of a release whose bytes the base lacks, in their order, each hash once. */
export async function changedFiles(base, manifest) {
  const known = new Set();
  for (const bytes of base.values()) known.add(await sha256Hex(bytes));
  const wanted = [];
  for (const path of Object.keys(manifest.files).sort()) {
    const { length, sha256 } = manifest.files[path];
    if (known.has(sha256)) continue;
    known.add(sha256);
    wanted.push({ path, length, sha256 });
  }
  return wanted;
}

/** The changed files one behind another, not proven yet. */
export function contentOf(delta, base, manifest, wanted) {
  try {
    const { head, body } = readDelta(delta);
    const size = wanted.reduce((sum, file) => sum + file.length, 0);
    const { out, length } = dictionary(head, base, Object.keys(manifest.files).sort(), size);
    return unzstdInto(body, out.subarray(0, length + size), length);
  } catch (error) {
    if (error instanceof ZstdError) throw new DeltaError(`a frame does not decompress: ${error.message}`);
    throw error;
  }
}

function need(holds, what) {
  if (!holds) throw new DeltaError(what);
}

function readDelta(delta) {
  need(MAGIC.every((byte, index) => delta[index] === byte), "it does not begin like a delta of this codec");
  const reader = new Reader(delta, MAGIC.length);
  const places = readSection(reader);
  const names = readSection(reader);
  return { head: readHead(places, names), body: reader.take(reader.left) };
}

function readSection(reader) {
  const length = reader.number();
  if (length === 0) return new Uint8Array(0);
  const packed = reader.number();
  need(length <= HEAD_LIMIT && packed < length, "its head is too large");
  return packed === 0 ? reader.take(length) : unzstd(reader.take(packed), { size: length });
}

function readHead(places, names) {
  const head = { pairs: [], renamed: [], gaps: [], names: [] };
  if (places.length === 0 && names.length === 0) return head;
  const reader = new Reader(places, 0);
  for (let left = count(reader, places); left > 0; left -= 1) head.pairs.push([reader.number(), reader.number()]);
  for (let left = count(reader, places); left > 0; left -= 1) head.renamed.push(reader.number());
  while (reader.left > 0) head.gaps.push(reader.number());
  let begin = 0;
  for (let index = 0; index < names.length; index += 1) {
    if (names[index] !== 0x0a) continue;
    const length = index - begin;
    need(length > 0 && length <= NAME_LIMIT, "the names in its head are not in order");
    head.names.push(packedName(names, begin, length));
    begin = index + 1;
  }
  need(begin === names.length && head.names.length === head.gaps.length, "the names in its head are not in order");
  return head;
}

/** A name as one number: its bytes from the lowest on, and its length on top. */
function packedName(bytes, begin, length) {
  let name = length << 24;
  for (let index = 0; index < length; index += 1) name |= bytes[begin + index] << (8 * index);
  return name;
}

function count(reader, bytes) {
  const value = reader.number();
  need(value <= bytes.length, "its head is cut off");
  return value;
}

/**
 * Base files that are not renamed, then those that are, each in the order of their paths: at the begin of one array
 * with room for what is decoded behind them. An identifier has a byte beside it, so renaming at most doubles a file.
 */
function dictionary({ pairs, renamed, gaps, names }, base, newPaths, size) {
  const paths = [...base.keys()].sort();
  need(renamed.every((place, index) => place < paths.length && (index === 0 || renamed[index - 1] < place)), "it renames in files that the base does not have");
  const parts = replacements(pairs, paths, newPaths);
  const files = paths.map((path) => replaced(base.get(path), parts));
  const apart = new Set(renamed);
  const room = files.reduce((sum, file, place) => sum + (apart.has(place) ? 2 * file.length + NAME_LIMIT : file.length), size);
  const out = new Uint8Array(room);
  let length = 0;
  files.forEach((file, place) => {
    if (apart.has(place)) return;
    out.set(file, length);
    length += file.length;
  });
  const changes = { gaps, names, next: 0, left: gaps[0] ?? -1, current: new Uint32Array(KEYS) };
  for (const place of renamed) length = renamedFile(files[place], changes, out, length);
  need(changes.next === gaps.length, "it renames more identifiers than the base has");
  return { out, length };
}

/**
 * What the hashes in file names become: by their first four bytes the [old, new] of each; `shortest` is the length of the
 * shortest; `skips` tells by two neighbouring bytes how far a window of that length may move when it ends with them.
 */
function replacements(pairs, paths, newPaths) {
  const found = new Map();
  const olds = new Set();
  for (const [old, fresh] of pairs) {
    const parts = old < paths.length && fresh < newPaths.length ? hashParts(paths[old], newPaths[fresh]) : null;
    need(parts !== null && !olds.has(parts[0]), "it replaces names that do not differ in a hash");
    olds.add(parts[0]);
    const [from, to] = parts.map((part) => Uint8Array.from(part, (letter) => letter.charCodeAt(0)));
    const key = from[0] | (from[1] << 8) | (from[2] << 16) | (from[3] << 24);
    found.set(key, [...(found.get(key) ?? []), [from, to]]);
  }
  if (found.size === 0) return { found, shortest: 0, skips: new Uint8Array(0) };
  for (const list of found.values()) list.sort(([one], [other]) => compare(one, other));
  const shortest = Math.min(MAX_WINDOW, ...[...olds].map((old) => old.length));
  const skips = new Uint8Array(1 << 16).fill(shortest - 1);
  for (const list of found.values()) {
    for (const [from] of list) {
      for (let index = 1; index < shortest; index += 1) {
        const pair = from[index - 1] | (from[index] << 8);
        skips[pair] = Math.min(skips[pair], shortest - 1 - index);
      }
    }
  }
  return { found, shortest, skips };
}

function compare(one, other) {
  for (let index = 0; index < one.length && index < other.length; index += 1) {
    if (one[index] !== other[index]) return one[index] - other[index];
  }
  return one.length - other.length;
}

/** The parts in which two paths differ: of equal length, at least six bytes, from separator to separator. */
function hashParts(old, fresh) {
  if (old.length !== fresh.length || old === fresh || !/^[\x00-\x7f]*$/.test(old + fresh)) return null;
  let common = 0;
  while (old[common] === fresh[common]) common += 1;
  let same = 0;
  while (old[old.length - 1 - same] === fresh[fresh.length - 1 - same]) same += 1;
  const folder = old.slice(0, common).lastIndexOf("/") + 1;
  const before = [...old.slice(0, common).matchAll(SEPARATOR)].map((match) => match.index + 1);
  const begin = Math.max(folder, ...before);
  const tail = old.slice(old.length - same).search(/[-._]/);
  const end = tail < 0 ? old.length : old.length - same + tail;
  const parts = [old.slice(begin, end), fresh.slice(begin, end)];
  return end - begin < HASH_MIN || parts.some((part) => part.includes("/")) ? null : parts;
}

/** Replace bytes from left to right, never twice at a place; lengths stay, so it is done in a copy. */
function replaced(file, { found, shortest, skips }) {
  if (found.size === 0) return file;
  let out = file;
  for (let last = shortest - 1; last < file.length; ) {
    const skip = skips[file[last - 1] | (file[last] << 8)];
    if (skip > 0) {
      last += skip;
      continue;
    }
    const at = last - shortest + 1;
    const key = file[at] | (file[at + 1] << 8) | (file[at + 2] << 16) | (file[at + 3] << 24);
    const hit = found.get(key)?.find(([from]) => from.every((byte, index) => file[at + index] === byte));
    last += 1;
    if (hit === undefined) continue;
    if (out === file) out = file.slice();
    out.set(hit[1], at);
    last += hit[0].length - 1;
  }
  return out;
}

/** Numbers of the 64 bytes that words are made of: digits 0–9, letters, `_` and `$` from 10 on; 255: no part of a word. */
const WORD = new Uint8Array(256).fill(255);
[..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"].forEach((letter, number) => {
  WORD[letter.charCodeAt(0)] = number;
});
const DIGITS = 10;
const NONE = 255;
/** Every word of one to three bytes has a key below this. */
const KEYS = 65 * 65 * 65;

/** Where the scan stands: behind no word, behind one dot, behind more; in an identifier of 1 to 3 bytes; in any other word. */
const [PLAIN, DOTTED, DOTS, SHORT, LONGEST, OTHER] = [0, 1, 2, 3, 5, 6];
/** Added to the next state where an identifier ends. */
const ENDS = 8;
/** By state and byte, the next state: a look into a table costs less than branches that no processor can foresee. */
const STEPS = new Uint8Array(8 << 8);
for (let state = PLAIN; state <= OTHER; state += 1) {
  for (let byte = 0; byte < 256; byte += 1) {
    let step = state >= SHORT ? Math.min(state + 1, OTHER) : state === DOTTED || WORD[byte] < DIGITS ? OTHER : SHORT;
    if (WORD[byte] === NONE) {
      step = byte !== DOT ? PLAIN : state === DOTTED || state === DOTS ? DOTS : DOTTED;
      if (state >= SHORT && state <= LONGEST) step += ENDS;
    }
    STEPS[(state << 8) | byte] = step;
  }
}

/**
 * Rename the identifiers of one file: runs of one to three word bytes, not behind a single dot. A file in which no
 * renaming begins any more is copied at once.
 * @returns {number} where `out` goes on
 */
function renamedFile(file, changes, out, begin) {
  const { gaps, names, current } = changes;
  let { left, next } = changes;
  if (left < 0) {
    out.set(file, begin);
    return begin + file.length;
  }
  const touched = [];
  const end = file.length;
  let to = begin;
  let state = PLAIN;
  for (let at = 0; at <= end; at += 1) {
    const byte = at < end ? file[at] : 0;
    const step = STEPS[(state << 8) | byte];
    if (step >= ENDS) {
      const length = state - SHORT + 1;
      let key = WORD[file[at - 1]] + 1;
      if (length > 1) key += (WORD[file[at - 2]] + 1) * 65;
      if (length > 2) key += (WORD[file[at - 3]] + 1) * 65 * 65;
      if (left === 0) {
        next += 1;
        current[key] = next;
        touched.push(key);
        left = next < gaps.length ? gaps[next] : -1;
      } else if (left > 0) left -= 1;
      const number = current[key];
      if (number !== 0) {
        const name = names[number - 1];
        to -= length;
        for (let index = 0; index < name >> 24; index += 1) out[to++] = (name >> (8 * index)) & 0xff;
      }
    }
    state = step & (ENDS - 1);
    if (at < end) out[to++] = byte;
  }
  for (const key of touched) current[key] = 0;
  changes.left = left;
  changes.next = next;
  return to;
}

/** Reads numbers (LEB128, shortest form, at most five bytes) and bytes, and nothing past the end. */
class Reader {
  #bytes;
  #place;

  constructor(bytes, place) {
    this.#bytes = bytes;
    this.#place = place;
  }

  get left() {
    return this.#bytes.length - this.#place;
  }

  number() {
    let value = 0;
    for (let index = 0; index < 5; index += 1) {
      need(this.#place < this.#bytes.length, "it is cut off");
      const byte = this.#bytes[this.#place++];
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte >= 0x80) continue;
      need(byte !== 0 || index === 0, "a number is not in its shortest form");
      return value;
    }
    throw new DeltaError("a number is too large");
  }

  take(length) {
    need(length <= this.left, "it is cut off");
    this.#place += length;
    return this.#bytes.subarray(this.#place - length, this.#place);
  }
}
