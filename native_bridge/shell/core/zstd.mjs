/**
 * Zstandard decoding (RFC 8878) in plain JavaScript: one frame, with a raw prefix as its dictionary.
 *
 *   const bytes = unzstd(frame, { size, prefix });   // exactly `size` bytes, or ZstdError
 *
 * `frame` has no magic number (the zstd library's "magicless" form). Trained dictionaries, skippable frames and
 * checksums are refused: a delta has none. Memory is prefix + size and what the tables need, whatever the frame claims:
 * the output is one array of known length that begins with the prefix, so a match is a copy inside it and no window
 * is kept. Reading past the input, an offset before the prefix, a byte too many or too few: each is a ZstdError.
 */
const BLOCK_MAX = 1 << 17;
const COPY_WITHIN = 48;

/** The frame is not one that can be decoded to what was asked for. */
export class ZstdError extends Error {}

/** Lengths: base and extra bits of each code (RFC 8878, 3.1.1.3.2.1.1). */
const LITERALS = codes(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCHES = codes(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const KINDS = {
  literals: { codes: 36, maxLog: 9, preset: spread([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6) },
  offsets: { codes: 32, maxLog: 8, preset: spread([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5) },
  matches: { codes: 53, maxLog: 9, preset: spread([1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1], 6) },
};

/**
 * @param {Uint8Array} frame without its magic number @param {{size: number, prefix?: Uint8Array}} wanted
 * @returns {Uint8Array} exactly `size` bytes
 */
export function unzstd(frame, { size, prefix = new Uint8Array(0) }) {
  const out = new Uint8Array(prefix.length + size);
  out.set(prefix);
  return unzstdInto(frame, out, prefix.length);
}

/**
 * Decode into an array that begins with the prefix and ends with room for exactly what is decoded.
 * @param {Uint8Array} frame @param {Uint8Array} out @param {number} start length of the prefix
 * @returns {Uint8Array} the decoded part of `out`
 */
export function unzstdInto(frame, out, start) {
  const state = { input: frame, out, at: start, end: out.length, tree: null, tables: {}, recent: [1, 4, 8] };
  let place = skipHeader(frame, out.length - start);
  for (let last = false; !last; ) {
    need(place + 3 <= frame.length, "it ends before its last block");
    const head = frame[place] | (frame[place + 1] << 8) | (frame[place + 2] << 16);
    last = (head & 1) === 1;
    place = block(state, (head >> 1) & 3, head >> 3, place + 3);
  }
  need(place === frame.length, "bytes follow it");
  need(state.at === state.end, "it is too short");
  return out.subarray(start);
}

function need(holds, what) {
  if (!holds) throw new ZstdError(what);
}

/** Check the frame header. @returns {number} where the blocks begin */
function skipHeader(frame, size) {
  need(frame.length > 1, "there is no header");
  const flags = frame[0];
  need((flags & 0b1111) === 0, "it has a checksum, a dictionary id or a reserved bit");
  const single = (flags & 0b100000) !== 0;
  const bytes = [single ? 1 : 0, 2, 4, 8][flags >> 6];
  const place = single ? 1 : 2;
  need(place + bytes <= frame.length, "its header is cut off");
  if (bytes > 0) {
    let claimed = 0;
    for (let index = bytes - 1; index >= 0; index -= 1) claimed = claimed * 256 + frame[place + index];
    need(claimed + (bytes === 2 ? 256 : 0) === size, "it claims another size");
  }
  return place + bytes;
}

/** Decode one block. @returns {number} where the next begins */
function block(state, kind, length, place) {
  need(kind !== 3 && length <= BLOCK_MAX, "a block is of no known kind or too long");
  const { input, out } = state;
  if (kind === 1) {
    need(place < input.length && state.at + length <= state.end, "a run is cut off or too long");
    out.fill(input[place], state.at, state.at + length);
    state.at += length;
    return place + 1;
  }
  need(place + length <= input.length, "a block is cut off");
  if (kind === 0) {
    need(state.at + length <= state.end, "it is too long");
    out.set(input.subarray(place, place + length), state.at);
    state.at += length;
  } else {
    const literals = readLiterals(state, place, place + length);
    sequences(state, literals.bytes, literals.next, place + length);
  }
  return place + length;
}

/** Decode the literals of a block. @returns {{bytes: Uint8Array, next: number}} */
function readLiterals(state, place, end) {
  const { input } = state;
  need(place < end, "a block is empty");
  const kind = input[place] & 3;
  const form = (input[place] >> 2) & 3;
  if (kind < 2) {
    const [bytes, shift] = form === 1 ? [2, 4] : form === 3 ? [3, 4] : [1, 3];
    need(place + bytes <= end, "literals are cut off");
    const size = little(input, place, bytes) >> shift;
    const from = place + bytes;
    need(size <= BLOCK_MAX && from + (kind === 0 ? size : 1) <= end, "literals are too long");
    if (kind === 1) return { bytes: new Uint8Array(size).fill(input[from]), next: from + 1 };
    return { bytes: input.subarray(from, from + size), next: from + size };
  }
  const [bytes, bits] = [[3, 10], [3, 10], [4, 14], [5, 18]][form];
  need(place + bytes <= end, "literals are cut off");
  const packed = Math.floor(little(input, place, bytes) / 16);
  const size = packed % 2 ** bits;
  const length = Math.floor(packed / 2 ** bits);
  let from = place + bytes;
  const next = from + length;
  need(size <= BLOCK_MAX && next <= end, "literals are too long");
  if (kind === 2) {
    const read = readTree(input, from, next);
    state.tree = read.tree;
    from = read.next;
  }
  need(state.tree !== null, "a tree is used before it is known");
  return { bytes: huffman(input, from, next, size, form === 0 ? 1 : 4, state.tree), next };
}

function little(input, place, bytes) {
  let value = 0;
  for (let index = bytes - 1; index >= 0; index -= 1) value = value * 256 + input[place + index];
  return value;
}

/** Decode one or four streams of Huffman codes. */
function huffman(input, from, to, size, streams, tree) {
  const bytes = new Uint8Array(size);
  if (streams === 1) {
    stream(input, from, to, bytes, 0, size, tree);
    return bytes;
  }
  need(from + 6 <= to && size >= 6, "literals are cut off");
  const part = (size + 3) >> 2;
  need(part * 3 <= size, "literals do not divide by four");
  let begin = from + 6;
  for (let index = 0; index < 4; index += 1) {
    const stop = index === 3 ? to : begin + little(input, from + index * 2, 2);
    need(stop <= to, "a stream is cut off");
    stream(input, begin, stop, bytes, index * part, index === 3 ? size : (index + 1) * part, tree);
    begin = stop;
  }
  return bytes;
}

function stream(input, from, to, bytes, at, until, { symbols, widths, log }) {
  const bits = new Backwards(input, from, to);
  const mask = (1 << log) - 1;
  let place = bits.left;
  for (let index = at; index < until; index += 1) {
    const code = bits.peekAt(place - log, log) & mask;
    place -= widths[code];
    bytes[index] = symbols[code];
  }
  need(place === 0, "a stream of literals does not end where it should");
}

/** Read a Huffman tree. */
function readTree(input, from, end) {
  need(from < end, "a tree is cut off");
  const head = input[from];
  const weights = [];
  let next = from + 1;
  if (head >= 128) {
    const count = head - 127;
    next += (count + 1) >> 1;
    need(next <= end, "a tree is cut off");
    for (let index = 0; index < count; index += 1) {
      const pair = input[from + 1 + (index >> 1)];
      weights.push(index % 2 === 0 ? pair >> 4 : pair & 15);
    }
  } else {
    next += head;
    need(next <= end, "a tree is cut off");
    fseWeights(input, from + 1, next, weights);
  }
  return { tree: grow(weights), next };
}

/** Weights of a tree, compressed by two alternating FSE states. */
function fseWeights(input, from, to, weights) {
  const { table: states, next } = readTable(input, from, to, 6, 255);
  const bits = new Backwards(input, next, to);
  let [one, other] = [bits.read(states.log), bits.read(states.log)];
  need(bits.left >= 0, "a tree is cut off");
  for (;;) {
    weights.push(states.symbols[one]);
    need(weights.length < 255, "a tree is too large");
    one = states.base[one] + bits.read(states.bits[one]);
    if (bits.left < 0) {
      weights.push(states.symbols[other]);
      return;
    }
    [one, other] = [other, one];
  }
}

/** Make the decoding table of a tree from the weights of all symbols but the last. */
function grow(weights) {
  let sum = 0;
  for (const weight of weights) {
    need(weight <= 11, "a code is too long");
    sum += weight > 0 ? 1 << (weight - 1) : 0;
  }
  need(sum > 0 && weights.length < 256, "a tree has no symbols");
  const log = 32 - Math.clz32(sum);
  need(log <= 11, "a tree is too deep");
  const rest = (1 << log) - sum;
  need((rest & (rest - 1)) === 0, "a tree has a hole");
  const all = [...weights, 32 - Math.clz32(rest)];
  const [symbols, widths] = [new Uint8Array(1 << log), new Uint8Array(1 << log)];
  let at = 0;
  for (let weight = 1; weight <= log; weight += 1) {
    for (let symbol = 0; symbol < all.length; symbol += 1) {
      if (all[symbol] !== weight) continue;
      const width = 1 << (weight - 1);
      symbols.fill(symbol, at, at + width);
      widths.fill(log + 1 - weight, at, at + width);
      at += width;
    }
  }
  return { symbols, widths, log };
}

/** Carry out the sequences of a block: literals, then a match, again and again. */
function sequences(state, literals, from, end) {
  const { input, out, recent } = state;
  need(from < end, "sequences are cut off");
  let [count, place] = [input[from], from + 1];
  if (count >= 128) {
    need(place + (count === 255 ? 2 : 1) <= end, "sequences are cut off");
    if (count === 255) [count, place] = [little(input, place, 2) + 0x7f00, place + 2];
    else [count, place] = [((count - 128) << 8) + input[place], place + 1];
  }
  let used = 0;
  let { at } = state;
  const started = at;
  if (count > 0) {
    need(place < end, "sequences are cut off");
    const modes = input[place];
    need((modes & 3) === 0, "a reserved bit is set");
    place += 1;
    for (const [kind, mode] of [["literals", modes >> 6], ["offsets", (modes >> 4) & 3], ["matches", (modes >> 2) & 3]]) {
      place = chooseTable(state, kind, mode, place, end);
    }
    const { literals: first, offsets: second, matches: third } = state.tables;
    const bits = new Backwards(input, place, end);
    let [literal, offset, match] = [bits.read(first.log), bits.read(second.log), bits.read(third.log)];
    for (let left = count; left > 0; left -= 1) {
      const offsetCode = second.symbols[offset];
      const far = 2 ** offsetCode + bits.read(offsetCode);
      const matchCode = third.symbols[match];
      const length = MATCHES.base[matchCode] + bits.read(MATCHES.bits[matchCode]);
      const literalCode = first.symbols[literal];
      const run = LITERALS.base[literalCode] + bits.read(LITERALS.bits[literalCode]);
      if (left > 1) {
        literal = first.base[literal] + bits.read(first.bits[literal]);
        match = third.base[match] + bits.read(third.bits[match]);
        offset = second.base[offset] + bits.read(second.bits[offset]);
      }
      need(bits.left >= 0, "sequences are cut off");
      const distance = recall(recent, far, run);
      need(used + run <= literals.length && at + run + length <= state.end, "a sequence is too long");
      if (run > 0) copyLiterals(out, at, literals, used, run);
      used += run;
      at += run;
      need(distance > 0 && distance <= at, "an offset lies before the prefix");
      copyMatch(out, at, distance, length);
      at += length;
    }
    need(bits.left === 0, "sequences do not end where they should");
  } else {
    need(place === end, "bytes follow the literals");
  }
  const rest = literals.length - used;
  need(at + rest <= state.end && at + rest - started <= BLOCK_MAX, "a block is too long");
  out.set(literals.subarray(used), at);
  state.at = at + rest;
}

/** Turn an offset value into a distance, and remember it (RFC 8878, 3.1.1.5). */
function recall(recent, value, run) {
  if (value > 3) {
    [recent[2], recent[1], recent[0]] = [recent[1], recent[0], value - 3];
    return recent[0];
  }
  const index = run === 0 ? value : value - 1;
  if (index === 0) return recent[0];
  const distance = index === 3 ? recent[0] - 1 : recent[index];
  if (index > 1) recent[2] = recent[1];
  recent[1] = recent[0];
  recent[0] = distance;
  return distance;
}

function copyLiterals(out, at, literals, used, run) {
  if (run > COPY_WITHIN) out.set(literals.subarray(used, used + run), at);
  else for (let index = 0; index < run; index += 1) out[at + index] = literals[used + index];
}

function copyMatch(out, at, distance, length) {
  const from = at - distance;
  if (distance >= length && length > COPY_WITHIN) out.copyWithin(at, from, from + length);
  else for (let index = 0; index < length; index += 1) out[at + index] = out[from + index];
}

/** Take the table of one kind of code: preset, one symbol, described here, or the one before. */
function chooseTable(state, kind, mode, place, end) {
  const { codes: limit, maxLog, preset } = KINDS[kind];
  if (mode === 0) state.tables[kind] = preset;
  else if (mode === 1) {
    need(place < end && state.input[place] < limit, "a code is unknown");
    state.tables[kind] = { log: 0, symbols: Uint8Array.of(state.input[place]), bits: Uint8Array.of(0), base: Uint16Array.of(0) };
    return place + 1;
  } else if (mode === 2) {
    const { table, next } = readTable(state.input, place, end, maxLog, limit - 1);
    state.tables[kind] = table;
    return next;
  }
  need(state.tables[kind] !== undefined, "a table is used before it is known");
  return place;
}

/** Read an FSE table's description (RFC 8878, 4.1.1). */
function readTable(input, from, end, maxLog, maxSymbol) {
  need(from < end, "a table is cut off");
  let bit = from * 8;
  const last = end * 8;
  const take = (width) => {
    const value = peek(input, bit, width, end);
    bit += width;
    need(bit <= last + 7, "a table is cut off");
    return value;
  };
  const log = take(4) + 5;
  need(log <= maxLog, "a table is too large");
  const counts = [];
  let left = (1 << log) + 1;
  while (left > 1) {
    need(counts.length <= maxSymbol, "a table has too many symbols");
    const width = 32 - Math.clz32(left);
    const low = (1 << (width - 1)) - 1;
    const spare = (1 << width) - 1 - left;
    let value = take(width);
    if ((value & low) < spare) {
      value &= low;
      bit -= 1;
    } else if (value > low) value -= spare;
    const count = value - 1;
    left -= count < 0 ? 1 : count;
    need(left >= 1, "a table overflows");
    counts.push(count);
    if (count !== 0) continue;
    for (let repeat = 3; repeat === 3; ) {
      repeat = take(2);
      for (let index = 0; index < repeat; index += 1) counts.push(0);
      need(counts.length <= maxSymbol + 1, "a table has too many symbols");
    }
  }
  const next = (bit + 7) >> 3;
  need(next <= end, "a table is cut off");
  return { table: spread(counts, log), next };
}

function peek(input, bit, width, end) {
  let value = 0;
  for (let index = 0, place = bit >> 3; index < 3 && place + index < end; index += 1) value |= input[place + index] << (8 * index);
  return (value >> (bit & 7)) & ((1 << width) - 1);
}

/** Spread symbols over the states of an FSE table (RFC 8878, 4.1.1). */
function spread(counts, log) {
  const size = 1 << log;
  const [symbols, bits, base] = [new Uint8Array(size), new Uint8Array(size), new Uint16Array(size)];
  let high = size;
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[(high -= 1)] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  counts.forEach((count, symbol) => {
    for (let index = 0; index < count; index += 1) {
      symbols[place] = symbol;
      do place = (place + step) & (size - 1);
      while (place >= high);
    }
  });
  const seen = counts.map((count) => (count === -1 ? 1 : count));
  for (let state = 0; state < size; state += 1) {
    const number = seen[symbols[state]]++;
    bits[state] = log - (31 - Math.clz32(number));
    base[state] = (number << bits[state]) - size;
  }
  return { log, symbols, bits, base };
}

/** Bases and extra bits of a length's codes: the first ones are lengths themselves. */
function codes(first, plain, extra) {
  const bits = [...new Array(plain).fill(0), ...extra];
  let value = first;
  const base = bits.map((width) => {
    const here = value;
    value += 2 ** width;
    return here;
  });
  return { base, bits };
}

/** A bit stream that is read from its end; reading past its begin gives zeros, and `left` goes below 0. */
class Backwards {
  constructor(input, from, to) {
    need(to > from && input[to - 1] !== 0, "a bit stream has no end mark");
    this.input = input;
    this.from = from;
    this.left = (to - from) * 8 - 8 + (31 - Math.clz32(input[to - 1]));
  }

  read(width) {
    if (width === 0) return 0;
    this.left -= width;
    return this.peekAt(this.left, width);
  }

  /** Bits `bit` to `bit + width` of the stream, up to 31 of them. */
  peekAt(bit, width) {
    if (bit < 0) return bit + width <= 0 ? 0 : (this.peekAt(0, bit + width) << -bit) >>> 0;
    const { input } = this;
    const place = this.from + (bit >> 3);
    const shift = bit & 7;
    const low = (input[place] | (input[place + 1] << 8) | (input[place + 2] << 16) | (input[place + 3] << 24)) >>> shift;
    const all = shift + width > 32 ? low | (input[place + 4] << (32 - shift)) : low;
    return (all & (width === 31 ? 0x7fffffff : (1 << width) - 1)) >>> 0;
  }
}
