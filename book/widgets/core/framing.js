// Frames in a stream, as the chapter on framing makes and reads them. The suite
// holds all of this against the reference program of that chapter.

/** The most octets a message may have. */
export const MAX = 65536;

/** Thrown for octets that no frame begins with, or holds; `offset` says where. */
export class Bad extends Error {
  constructor(offset, why) {
    super(why(offset));
    this.offset = offset;
    this.why = why;
  }

  /** The same error, found in a buffer that starts `by` octets into a stream. */
  moved(by) { return new Bad(this.offset + by, this.why); }
}

const amount = (number) => `${number} octet${number === 1 ? '' : 's'}`;
const octet = (value) => `0x${value.toString(16).padStart(2, '0')}`;

/** Four octets of length, big endian, then the message. RFC 1035 §4.2.2 has two. */
const length = {
  emit: (message) => [24, 16, 8, 0].map((shift) => (message.length >>> shift) & 255).concat(message),
  parse(buffer, max) {
    if (buffer.length < 4) return null;
    const len = buffer.slice(0, 4).reduce((sum, each) => sum * 256 + each, 0);
    if (len > max) throw new Bad(0, (at) => `the frame at offset ${at} announces ${amount(len)}, the limit is ${max}`);
    return buffer.length < 4 + len ? null : { message: buffer.slice(4, 4 + len), len: 4 + len };
  },
};

const tooLong = (max) => new Bad(0, (at) => `the frame at offset ${at} holds more than the limit of ${amount(max)}`);

/** Where the mark is, or -1 if it may still come. */
function end(buffer, mark, most, max) {
  const at = buffer.slice(0, most).indexOf(mark);
  if (at < 0 && buffer.length >= most) throw tooLong(max);
  return at;
}

const [LF, BACKSLASH, N] = [0x0a, 0x5c, 0x6e];

/** LF ends a message; `\n` and `\\` stand for LF and backslash. */
const line = {
  emit: (message) => message.flatMap((each) => ({ [LF]: [BACKSLASH, N], [BACKSLASH]: [BACKSLASH, BACKSLASH] }[each] ?? [each])).concat(LF),
  parse(buffer, max) {
    const stop = end(buffer, LF, 2 * max + 1, max);
    if (stop < 0) return null;
    const message = [];
    for (let at = 0; at < stop; at += 1) {
      if (buffer[at] === BACKSLASH) {
        const [start, next] = [at, buffer[at + 1]];
        if (next !== N && next !== BACKSLASH) throw new Bad(start, (place) => `octet ${octet(next)} after the backslash at offset ${place} is no escape`);
        message.push(next === N ? LF : BACKSLASH);
        at += 1;
      } else message.push(buffer[at]);
      if (message.length > max) throw tooLong(max);
    }
    return { message, len: stop + 1 };
  },
};

const BLOCK = 254;

/** Consistent Overhead Byte Stuffing: blocks without a zero, and a zero. */
const cobs = {
  emit(message) {
    const out = [];
    let start = 0;
    for (;;) {
      const zero = message.indexOf(0, start);
      const run = message.slice(start, zero < 0 ? message.length : zero);
      let rest = run;
      for (; rest.length >= BLOCK; rest = rest.slice(BLOCK)) out.push(0xff, ...rest.slice(0, BLOCK));
      if (rest.length > 0 || run.length === 0 || zero >= 0) out.push(rest.length + 1, ...rest);
      if (zero < 0) return [...out, 0];
      start = zero + 1;
    }
  },
  parse(buffer, max) {
    const stop = end(buffer, 0, max + Math.floor(max / BLOCK) + 2, max);
    if (stop < 0) return null;
    if (stop === 0) throw new Bad(0, (place) => `the frame at offset ${place} is empty, without even a code`);
    const message = [];
    for (let at = 0; at < stop; at += buffer[at]) {
      const code = buffer[at];
      if (at + code > stop) {
        const came = stop - at - 1;
        throw new Bad(at, (place) => `code ${octet(code)} at offset ${place} promises ${amount(code - 1)}, the frame has ${came} more`);
      }
      message.push(...buffer.slice(at + 1, at + code));
      if (code !== 0xff && at + code < stop) message.push(0);
      if (message.length > max) throw tooLong(max);
    }
    return { message, len: stop + 1 };
  },
};

export const FRAMINGS = { length, line, cobs };

/** The stream of the messages. Without a framing they follow one another bare. */
export function emit(framing, messages) {
  return messages.flatMap((message) => FRAMINGS[framing]?.emit(message) ?? message);
}

/** Takes a stream of frames apart, in whatever pieces it comes. */
export class Decoder {
  constructor(framing, max = MAX) {
    Object.assign(this, { framing, max, buffer: [], offset: 0 });
  }

  /** Takes the next octets, and returns the messages that are whole with them. */
  handle(octets) {
    this.buffer.push(...octets);
    const messages = [];
    for (;;) {
      let frame;
      try {
        frame = FRAMINGS[this.framing].parse(this.buffer, this.max);
      } catch (error) {
        if (!(error instanceof Bad)) throw error;
        this.error = error.moved(this.offset);
        return messages;
      }
      if (!frame) return messages;
      messages.push(frame.message);
      this.buffer.splice(0, frame.len);
      this.offset += frame.len;
    }
  }

  /** Why the stream may not end here; null if it may. */
  end() {
    if (this.error || this.buffer.length === 0) return this.error?.message ?? null;
    return `the stream ended in mid-message, after ${amount(this.buffer.length)} of the frame at offset ${this.offset}`;
  }
}

/** The pieces of a stream cut after each of these octets. */
export function pieces(stream, cuts) {
  const inside = [...new Set(cuts)].filter((cut) => cut > 0 && cut < stream.length).sort((a, b) => a - b);
  return [0, ...inside].map((from, index) => stream.slice(from, inside[index] ?? stream.length)).filter((piece) => piece.length);
}

// ---------------------------------------------------------------- messages as text

const ESCAPES = { n: 0x0a, r: 0x0d, t: 0x09, '\\': 0x5c };

/** The octets that a line of text stands for, or null: the chapter's notation. */
export function unescape(text) {
  const out = [];
  const octets = [...new TextEncoder().encode(text)];
  for (let at = 0; at < octets.length; at += 1) {
    if (octets[at] !== 0x5c) {
      out.push(octets[at]);
      continue;
    }
    at += 1;
    const sign = String.fromCharCode(octets[at] ?? 0);
    const digits = String.fromCharCode(...octets.slice(at + 1, at + 3));
    if (sign in ESCAPES) out.push(ESCAPES[sign]);
    else if (sign === 'x' && /^[0-9a-fA-F]{2}$/.test(digits)) {
      out.push(parseInt(digits, 16));
      at += 2;
    } else return null;
  }
  return out;
}

const NAMES = { 0x0a: '\\n', 0x0d: '\\r', 0x09: '\\t', 0x5c: '\\\\' };

/** The line of text that stands for the octets. */
export function escape(octets) {
  return octets.map((each) => NAMES[each]
    ?? (each >= 0x20 && each <= 0x7e ? String.fromCharCode(each) : `\\x${each.toString(16).padStart(2, '0')}`)).join('');
}
