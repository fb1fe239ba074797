// Unpacks the plan: base64, then gzip by the browser, or by the plain inflate below (RFC 1951, 1952).
(function (S) {
  "use strict";

  S.bytesFromBase64 = function (text) {
    const raw = atob(text.trim());
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };

  S.gunzip = async function (bytes) {
    if (typeof DecompressionStream !== "function") return S.plainGunzip(bytes);
    const packed = new Blob([bytes]).stream();
    const stream = packed.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // SandGrid writes gzip with the ten-byte header only and the unpacked size at the end.
  S.plainGunzip = function (bytes) {
    const end = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4);
    const out = new Uint8Array(end.getUint32(0, true));
    inflate({ bytes: bytes, place: 10, bits: 0, held: 0 }, out);
    return out;
  };

  const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  function inflate(source, out) {
    let at = 0;
    let last = 0;
    while (!last) {
      last = take(source, 1);
      const kind = take(source, 2);
      if (kind === 0) at = copyStored(source, out, at);
      else if (kind === 1) at = copyCoded(source, out, at, FIXED.literals, FIXED.distances);
      else {
        const codes = readCodes(source);
        at = copyCoded(source, out, at, codes.literals, codes.distances);
      }
    }
  }

  function take(source, count) {
    while (source.held < count) {
      source.bits |= source.bytes[source.place] << source.held;
      source.place += 1;
      source.held += 8;
    }
    const value = source.bits & ((1 << count) - 1);
    source.bits >>>= count;
    source.held -= count;
    return value;
  }

  function copyStored(source, out, start) {
    source.bits = 0;
    source.held = 0;
    const size = source.bytes[source.place] | (source.bytes[source.place + 1] << 8);
    const from = source.place + 4;
    out.set(source.bytes.subarray(from, from + size), start);
    source.place = from + size;
    return start + size;
  }

  // A canonical code: how many symbols have each length, and the symbols by length, then value.
  function makeCode(lengths) {
    const counts = new Uint16Array(16);
    lengths.forEach((length) => { counts[length] += 1; });
    counts[0] = 0;
    const next = new Uint16Array(16);
    for (let i = 1; i < 16; i += 1) next[i] = next[i - 1] + counts[i - 1];
    const symbols = new Uint16Array(lengths.length);
    lengths.forEach((length, symbol) => {
      if (length) symbols[next[length]++] = symbol;
    });
    return { counts: counts, symbols: symbols };
  }

  function readSymbol(source, code) {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length += 1) {
      value |= take(source, 1);
      const count = code.counts[length];
      if (value - first < count) return code.symbols[index + value - first];
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw new Error("the plan inside this file is damaged");
  }

  function readCodes(source) {
    const literals = take(source, 5) + 257;
    const distances = take(source, 5) + 1;
    const used = take(source, 4) + 4;
    const first = new Array(19).fill(0);
    for (let i = 0; i < used; i += 1) first[LENGTH_ORDER[i]] = take(source, 3);
    const lengths = readLengths(source, makeCode(first), literals + distances);
    return {
      literals: makeCode(lengths.slice(0, literals)),
      distances: makeCode(lengths.slice(literals)),
    };
  }

  function readLengths(source, code, total) {
    const lengths = [];
    while (lengths.length < total) {
      const symbol = readSymbol(source, code);
      if (symbol < 16) lengths.push(symbol);
      else if (symbol === 16) repeat(lengths, lengths[lengths.length - 1], 3 + take(source, 2));
      else if (symbol === 17) repeat(lengths, 0, 3 + take(source, 3));
      else repeat(lengths, 0, 11 + take(source, 7));
    }
    return lengths;
  }

  function repeat(list, value, times) {
    for (let i = 0; i < times; i += 1) list.push(value);
  }

  // Lengths 3..258 and distances 1..32768 stand as a base and some extra bits.
  function steps(count, start, group) {
    const extra = [];
    const base = [];
    let value = start;
    for (let i = 0; i < count; i += 1) {
      const bits = Math.max(0, Math.floor(i / group) - 1);
      extra.push(bits);
      base.push(value);
      value += 1 << bits;
    }
    return { base: base, extra: extra };
  }

  const LENGTHS = steps(29, 3, 4);
  LENGTHS.base[28] = 258;
  LENGTHS.extra[28] = 0;
  const DISTANCES = steps(30, 1, 2);
  const FIXED = {
    literals: makeCode([].concat(
      new Array(144).fill(8), new Array(112).fill(9), new Array(24).fill(7), new Array(8).fill(8)
    )),
    distances: makeCode(new Array(30).fill(5)),
  };

  function copyCoded(source, out, start, literals, distances) {
    let at = start;
    for (;;) {
      const symbol = readSymbol(source, literals);
      if (symbol === 256) return at;
      if (symbol < 256) {
        out[at++] = symbol;
      } else {
        const length = LENGTHS.base[symbol - 257] + take(source, LENGTHS.extra[symbol - 257]);
        const step = readSymbol(source, distances);
        const back = DISTANCES.base[step] + take(source, DISTANCES.extra[step]);
        for (let i = 0; i < length; i += 1, at += 1) out[at] = out[at - back];
      }
    }
  }
})((window.SandGrid = window.SandGrid || {}));
