// Addresses and prefixes, as the chapter on addresses reads them. The suite
// holds all of this against the reference program of that chapter.

/** Thrown for a text that is refused; the message says why. */
export class Refused extends Error {}

const refuse = (why) => { throw new Refused(why); };
const quoted = (text) => JSON.stringify(text);

/** RFC 6943 §3.1.1, the strict form: four decimal numbers, 0 to 255. → 32 bits */
export function parse(text) {
  const parts = text.split('.');
  if (parts.length !== 4) refuse(`an IPv4 address has 4 parts, this has ${parts.length}`);
  return parts.reduce((bits, part) => {
    if (part === '') refuse('there is nothing between two dots, or beside one');
    if (!/^[0-9]+$/.test(part)) refuse(`${quoted(part)} is no decimal number`);
    if (part.length > 1 && part.startsWith('0')) refuse(`${quoted(part)} starts with 0, and some readers take that for octal`);
    if (Number(part) > 255) refuse(`${part} is above 255, the most an octet holds`);
    return bits * 256 + Number(part);
  }, 0);
}

export const octets = (bits) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255);
export const text = (bits) => octets(bits).join('.');
export const hex = (bits) => octets(bits).map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
export const binary = (bits) => octets(bits).map((octet) => octet.toString(2).padStart(8, '0')).join('.');

/** The class of RFC 791 §3.2 and RFC 1112 §4, by the first bits alone. */
export const classOf = (bits) => 'ABCDE'[Math.min(Math.clz32(~bits), 4)];

/** The special ranges of RFC 6890 and RFC 5771: prefix, name, source. */
export const RANGES = [
  ['0.0.0.0/8', 'this network', 'RFC 791'],
  ['10.0.0.0/8', 'private', 'RFC 1918'],
  ['100.64.0.0/10', 'shared', 'RFC 6598'],
  ['127.0.0.0/8', 'loopback', 'RFC 1122'],
  ['169.254.0.0/16', 'link-local', 'RFC 3927'],
  ['172.16.0.0/12', 'private', 'RFC 1918'],
  ['192.0.0.0/24', 'protocol assignments', 'RFC 6890'],
  ['192.0.2.0/24', 'documentation', 'RFC 5737'],
  ['192.168.0.0/16', 'private', 'RFC 1918'],
  ['198.18.0.0/15', 'benchmarking', 'RFC 2544'],
  ['198.51.100.0/24', 'documentation', 'RFC 5737'],
  ['203.0.113.0/24', 'documentation', 'RFC 5737'],
  ['224.0.0.0/4', 'multicast', 'RFC 5771'],
  ['240.0.0.0/4', 'reserved', 'RFC 1112'],
  ['255.255.255.255/32', 'limited broadcast', 'RFC 919'],
].map(([prefix, name, rfc]) => ({ prefix, name, rfc, ...parsePrefix(prefix) }));

/** The special range of an address, the smallest of several; null: public. */
export function rangeOf(bits) {
  return RANGES.filter(({ address, len }) => network(bits, len) === address)
    .sort((a, b) => b.len - a.len)[0] ?? null;
}

/** `len` ones, then zeros. A shift by 32 would be none, so /0 stands apart. */
export const mask = (len) => (len === 0 ? 0 : (0xffffffff << (32 - len)) >>> 0);

/** RFC 4632 §5.1: the ones of a mask are contiguous, from the left. */
export function maskLen(bits) {
  const len = Math.clz32(~bits);
  if (mask(len) !== bits >>> 0) refuse(`the mask ${text(bits)} has a one after a zero`);
  return len;
}

/** ADDRESS/LENGTH or ADDRESS/MASK → {address, len}. */
export function parsePrefix(given) {
  const slash = given.indexOf('/');
  if (slash < 0) refuse('there is no /LENGTH, and an address alone does not tell it');
  const address = parse(given.slice(0, slash));
  const rest = given.slice(slash + 1);
  return { address, len: rest.includes('.') ? maskLen(parse(rest)) : prefixLen(rest, 32) };
}

function prefixLen(rest, max) {
  if (!/^(0|[1-9][0-9]*)$/.test(rest) || Number(rest) > max) refuse(`${quoted(rest)} is no prefix length from 0 to ${max}`);
  return Number(rest);
}

export const network = (bits, len) => (bits & mask(len)) >>> 0;
export const last = (bits, len) => (bits | ~mask(len)) >>> 0;

/** RFC 3021 §2.1: a /31 has no broadcast address; a /32 neither. */
export const broadcast = (bits, len) => (len < 31 ? last(bits, len) : null);

/** RFC 1122 §3.2.1.3; RFC 3021 §2.1 for /31. */
export function hosts(bits, len) {
  const [from, to, size] = [network(bits, len), last(bits, len), 2 ** (32 - len)];
  return len >= 31 ? { first: from, last: to, count: size } : { first: from + 1, last: to - 1, count: size - 2 };
}

// ---------------------------------------------------------------- IPv6

/** RFC 4291 §2.2 → eight groups. */
export function parse6(given) {
  const gap = given.indexOf('::');
  if (gap < 0) {
    const all = groups(given, true);
    if (all.length !== 8) refuse(`an IPv6 address has 8 groups, this has ${all.length}`);
    return all;
  }
  const rest = given.slice(gap + 2);
  if (rest.includes('::')) refuse('there is a second ::');
  const left = groups(given.slice(0, gap), false);
  const right = groups(rest, true);
  const found = left.length + right.length;
  if (found >= 8) refuse(`there are ${found} groups, which leaves none for the ::`);
  return [...left, ...Array(8 - found).fill(0), ...right];
}

function groups(given, end) {
  if (given === '') return [];
  const parts = given.split(':');
  return parts.flatMap((part, index) => {
    if (part.includes('.')) {
      if (!end || index + 1 < parts.length) refuse('an IPv4 address can only be the end of an IPv6 one');
      const bits = parse(part);
      return [bits >>> 16, bits & 0xffff];
    }
    if (part === '') refuse('there is nothing between two colons, or beside one');
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) refuse(`${quoted(part)} is no group of 1 to 4 hexadecimal digits`);
    return [parseInt(part, 16)];
  });
}

/** The canonical text, RFC 5952 §4 and, for ::ffff:0:0/96, §5. */
export function text6(all) {
  if (all.slice(0, 5).every((group) => group === 0) && all[5] === 0xffff) {
    return `::ffff:${text(((all[6] << 16) | all[7]) >>> 0)}`;
  }
  let best = { start: 0, len: 0 };
  for (let start = 0; start < 8; start += 1) {
    let len = 0;
    while (start + len < 8 && all[start + len] === 0) len += 1;
    if (len > best.len) best = { start, len };
  }
  const joined = (some) => some.map((group) => group.toString(16)).join(':');
  if (best.len < 2) return joined(all);
  return `${joined(all.slice(0, best.start))}::${joined(all.slice(best.start + best.len))}`;
}

export const full6 = (all) => all.map((group) => group.toString(16).padStart(4, '0')).join(':');

/** The groups with every bit after the first `len` set to `bit`. */
export function cut6(all, len, bit = 0) {
  return all.map((group, index) => {
    const kept = Math.min(Math.max(len - 16 * index, 0), 16);
    const low = 0xffff >>> kept;
    return bit ? group | low : group & ~low & 0xffff;
  });
}

/** The chapter's table of IPv6 ranges: prefix, name, source. */
export const RANGES6 = [
  ['::1/128', 'loopback', 'RFC 4291 §2.5.3'],
  ['::/128', 'no address yet', 'RFC 4291 §2.5.2'],
  ['::ffff:0:0/96', 'an IPv4 address', 'RFC 4291 §2.5.5.2'],
  ['fe80::/10', 'link-local', 'RFC 4291 §2.5.6'],
  ['fc00::/7', 'private (unique local)', 'RFC 4193 §3'],
  ['ff00::/8', 'multicast', 'RFC 4291 §2.7'],
  ['2001:db8::/32', 'documentation', 'RFC 3849'],
  ['3fff::/20', 'documentation', 'RFC 9637'],
].map(([prefix, name, rfc]) => ({ prefix, name, rfc, ...parsePrefix6(prefix) }));

export function rangeOf6(all) {
  return RANGES6.find(({ address, len }) => full6(cut6(all, len)) === full6(address)) ?? null;
}

/** RFC 4291 §2.3: ADDRESS/LENGTH → {address, len}. */
export function parsePrefix6(given) {
  const slash = given.indexOf('/');
  if (slash < 0) refuse('there is no /LENGTH, and an address alone does not tell it');
  return { address: parse6(given.slice(0, slash)), len: prefixLen(given.slice(slash + 1), 128) };
}
