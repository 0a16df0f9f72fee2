// Packets taken apart: Ethernet, 802.1Q, ARP, IPv4, IPv6, ICMP, UDP, TCP and
// the header and questions of DNS. What is wrong is said with its place, and
// what could be read before it stands. The suite holds this against etherparse.

import { text6 } from './address.js';

const pair = (octet) => octet.toString(16).padStart(2, '0');
const hexOf = (octets, sign = ' ') => octets.map(pair).join(sign);
const amount = (number) => `${number} octet${number === 1 ? '' : 's'}`;

/** Thrown where octets are missing or contradict one another. */
class Malformed extends Error {
  constructor(at, text) {
    super(text);
    this.at = at;
  }
}

/** RFC 1071: the one's complement sum of 16-bit words; 0 over a right packet. */
export function checksum(...parts) {
  let sum = 0;
  for (const octets of parts) {
    for (let at = 0; at < octets.length; at += 2) sum += octets[at] * 256 + (octets[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** A header that is being read: its fields, and where it may not read further. */
class Layer {
  constructor(octets, name, at, end, rfc) {
    Object.assign(this, { octets, name, at, end, rfc, fields: [], next: at, notes: [] });
  }

  /** Wants so many octets from the start of the header. */
  need(len, what = `${this.name} header`) {
    const there = this.end - this.at;
    if (there < len) throw new Malformed(this.end, `the ${what} begins at offset ${this.at} and needs ${amount(len)}, ${there === 0 ? 'and there are none' : `and there ${there === 1 ? 'is' : 'are'} only ${there}`}`);
  }

  slice(len) { return this.octets.slice(this.next, this.next + len); }

  number(len) { return this.slice(len).reduce((sum, octet) => sum * 256 + octet, 0); }

  /** The next `len` octets as a field; `say` makes words of the number. */
  take(name, len, { say = (value) => value, note, rfc } = {}) {
    const raw = len <= 6 ? this.number(len) : hexOf(this.slice(len), '');
    this.fields.push({ name, at: this.next, len, raw, text: String(say(raw, this.slice(len))), note, rfc });
    this.next += len;
    return raw;
  }

  /** Some bits of the `len` octets to come: `shift` from the right, `width` wide. */
  bits(name, len, shift, width, { say = (value) => value, note, rfc } = {}) {
    const raw = Math.floor(this.number(len) / 2 ** shift) % 2 ** width;
    this.fields.push({ name, at: this.next, len, bits: [8 * len - shift - width, width], raw, text: String(say(raw)), note, rfc });
    return raw;
  }

  skip(len) { this.next += len; }

  /** Says that the header ends here. */
  done() {
    this.len = this.next - this.at;
    return this.next;
  }
}

const mac = (_, octets) => hexOf(octets, ':');
const ipv4 = (_, octets) => octets.join('.');
const hex4 = (value) => `0x${value.toString(16).padStart(4, '0')}`;
const named = (names, other = '') => (value) => (names[value] ? `${value}, ${names[value]}` : `${value}${other}`);

const ipv6 = (_, octets) => text6(Array.from({ length: 8 }, (__, index) => octets[2 * index] * 256 + octets[2 * index + 1]));

const TYPES = { 0x0800: 'IPv4', 0x0806: 'ARP', 0x8100: '802.1Q', 0x88a8: '802.1ad', 0x9100: 'an outer tag, before 802.1ad', 0x86dd: 'IPv6' };
const typed = (value) => `${hex4(value)}${TYPES[value] ? `, ${TYPES[value]}` : ''}`;
const PROTOCOLS = { 1: 'ICMP', 2: 'IGMP', 6: 'TCP', 17: 'UDP', 47: 'GRE', 50: 'ESP', 58: 'ICMPv6', 89: 'OSPF', 132: 'SCTP' };
const PORTS = { 20: 'FTP data', 21: 'FTP', 22: 'SSH', 23: 'Telnet', 25: 'SMTP', 53: 'DNS', 67: 'DHCP server', 68: 'DHCP client', 69: 'TFTP', 80: 'HTTP', 110: 'POP3', 123: 'NTP', 143: 'IMAP', 443: 'HTTPS' };

const etherType = (kind) => ({ 0x0800: readIpv4, 0x86dd: readIpv6, 0x0806: readArp, 0x8100: readTag, 0x88a8: readTag, 0x9100: readTag }[kind]);

function readEthernet(walk, at, end) {
  const layer = walk.layer('Ethernet', at, end, 'RFC 894, IEEE 802.3');
  layer.need(14);
  layer.take('destination', 6, { say: mac, note: 'the interface that the frame is for; the lowest bit of the first octet is 1 for a group' });
  layer.take('source', 6, { say: mac, note: 'the interface that sent it on this link' });
  const kind = layer.take('type', 2, { say: typed, note: 'which protocol the payload speaks; up to 1500 it would be a length (IEEE 802.3)' });
  layer.done();
  followType(walk, kind, layer);
}

/** The most tags that are read: two are usual (IEEE 802.1ad). */
const TAGS = 4;

function readTag(walk, at, end) {
  const layer = walk.layer('802.1Q tag', at, end, 'IEEE 802.1Q §9');
  layer.need(4);
  layer.bits('priority', 2, 13, 3, { note: '0 to 7, a class of service' });
  layer.bits('drop eligible', 2, 12, 1, { note: 'may be dropped first' });
  layer.bits('VLAN', 2, 0, 12, { say: named({ 0: 'none: priority alone', 4095: 'reserved' }), note: 'the virtual LAN that the frame belongs to' });
  layer.skip(2);
  const kind = layer.take('type', 2, { say: typed, note: 'the type of what follows the tag' });
  layer.done();
  followType(walk, kind, layer);
}

function followType(walk, kind, layer) {
  if (kind <= 1500) {
    layer.notes.push('a frame with a length: what follows is LLC (IEEE 802.2)');
    const rest = layer.end - layer.next;
    if (rest < kind) throw new Malformed(layer.end, `the frame says ${amount(kind)} of payload, and there are ${rest}`);
    walk.rest('LLC payload', layer.next, layer.next + kind);
    walk.rest('padding', layer.next + kind, layer.end);
    return;
  }
  const read = etherType(kind);
  if (read === readTag && walk.layers.length > TAGS) walk.rest('more tags', layer.next, layer.end);
  else if (read) read(walk, layer.next, layer.end);
  else walk.rest('payload', layer.next, layer.end);
}

function readArp(walk, at, end) {
  const layer = walk.layer('ARP', at, end, 'RFC 826');
  layer.need(8);
  const hardware = layer.take('hardware type', 2, { say: named({ 1: 'Ethernet' }) });
  const protocol = layer.take('protocol type', 2, { say: typed });
  const hardwareLen = layer.take('hardware length', 1, { note: 'octets in a hardware address' });
  const protocolLen = layer.take('protocol length', 1, { note: 'octets in a protocol address' });
  layer.take('operation', 2, { say: named({ 1: 'request', 2: 'reply' }) });
  layer.need(8 + 2 * (hardwareLen + protocolLen), 'ARP packet');
  const sayHardware = hardware === 1 && hardwareLen === 6 ? mac : undefined;
  const sayProtocol = protocol === 0x0800 && protocolLen === 4 ? ipv4 : undefined;
  const address = (name, len, say, note) => { if (len) layer.take(name, len, { say: say ?? ((_, octets) => hexOf(octets)), note }); };
  address('sender hardware address', hardwareLen, sayHardware);
  address('sender protocol address', protocolLen, sayProtocol);
  address('target hardware address', hardwareLen, sayHardware, 'in a request it is what is asked for');
  address('target protocol address', protocolLen, sayProtocol, 'in a request, whose hardware address is asked for');
  walk.rest('padding', layer.done(), end);
}

function readIpv4(walk, at, end) {
  const layer = walk.layer('IPv4', at, end, 'RFC 791 §3.1');
  layer.need(1);
  const version = layer.bits('version', 1, 4, 4);
  const words = layer.bits('header length', 1, 0, 4, { say: (value) => `${value} words, ${4 * value} octets`, note: 'in words of four octets: IHL' });
  if (version !== 4) throw new Malformed(at, `the IPv4 header at offset ${at} has version ${version}`);
  if (words < 5) throw new Malformed(at, `the IPv4 header at offset ${at} says ${4 * words} octets for itself, and it has 20 or more`);
  layer.need(20);
  layer.need(4 * words);
  layer.skip(1);
  layer.bits('DSCP', 1, 2, 6, { rfc: 'RFC 2474 §3', note: 'how routers may treat the packet' });
  layer.bits('ECN', 1, 0, 2, { rfc: 'RFC 3168 §5', say: named({ 0: 'not used', 1: 'ECT(1)', 2: 'ECT(0)', 3: 'congestion experienced' }) });
  layer.skip(1);
  const total = layer.take('total length', 2, { say: amount, note: 'header and payload together' });
  layer.take('identification', 2, { say: hex4, note: 'the same in all fragments of one packet (RFC 6864 §4)' });
  layer.bits('reserved', 2, 15, 1, { note: 'must be 0' });
  layer.bits('don’t fragment', 2, 14, 1, { note: 'a router that cannot forward it whole drops it and says so' });
  const more = layer.bits('more fragments', 2, 13, 1);
  const offset = layer.bits('fragment offset', 2, 0, 13, { say: (value) => `${value}, octet ${8 * value}`, note: 'in units of eight octets' });
  layer.skip(2);
  layer.take('time to live', 1, { note: 'each router takes one away; at 0 the packet is dropped' });
  const protocol = layer.take('protocol', 1, { say: named(PROTOCOLS), note: 'which protocol the payload speaks' });
  const right = checksum(walk.octets.slice(at, at + 4 * words)) === 0;
  layer.take('header checksum', 2, { say: (value) => `${hex4(value)}, ${right ? 'right' : 'wrong'}`, note: 'over the header alone (RFC 1071)' });
  layer.take('source', 4, { say: ipv4 });
  layer.take('destination', 4, { say: ipv4 });
  if (words > 5) layer.take('options', 4 * words - 20, { say: (_, octets) => hexOf(octets) });
  layer.done();
  if (!right) walk.warn(at + 10, 'the IPv4 header checksum is wrong');
  if (total < layer.len) throw new Malformed(at + 2, `the total length at offset ${at + 2} is ${total}, less than the header’s ${layer.len}`);
  if (at + total > end) throw new Malformed(end, `the IPv4 packet says ${amount(total)}, and ${end - at} are there`);
  const pseudo = walk.octets.slice(at + 12, at + 20);
  const fragment = more || offset;
  if (offset) walk.rest('fragment', layer.next, at + total);
  else follow(walk, protocol, layer.next, at + total, { fragment, pseudo: (len) => [...pseudo, 0, protocol, len >> 8, len & 255] });
  walk.rest('padding', at + total, end);
}

const EXTENSIONS = { 0: 'hop-by-hop options', 43: 'routing', 60: 'destination options' };
const NEXT = { ...PROTOCOLS, ...EXTENSIONS, 44: 'fragment', 59: 'nothing' };

function readIpv6(walk, at, end) {
  const layer = walk.layer('IPv6', at, end, 'RFC 8200 §3');
  layer.need(1);
  const version = layer.bits('version', 4, 28, 4);
  if (version !== 6) throw new Malformed(at, `the IPv6 header at offset ${at} has version ${version}`);
  layer.need(40);
  layer.bits('traffic class', 4, 20, 8, { note: 'DSCP and ECN, as in IPv4' });
  layer.bits('flow label', 4, 0, 20, { say: (value) => `0x${value.toString(16).padStart(5, '0')}`, rfc: 'RFC 6437' });
  layer.skip(4);
  const len = layer.take('payload length', 2, { say: amount, note: 'without these 40 octets' });
  let next = layer.take('next header', 1, { say: named(NEXT) });
  layer.take('hop limit', 1, { note: 'each router takes one away' });
  layer.take('source', 16, { say: ipv6 });
  layer.take('destination', 16, { say: ipv6 });
  let from = layer.done();
  const stop = from + len;
  if (stop > end) throw new Malformed(end, `the IPv6 packet says ${amount(len)} of payload, and ${end - from} are there`);
  let fragment = false;
  let part = false;
  while (next in EXTENSIONS || next === 44) {
    const name = next === 44 ? 'fragment' : EXTENSIONS[next];
    const extension = walk.layer(`IPv6 ${name}`, from, stop, 'RFC 8200 §4');
    extension.need(8);
    const size = next === 44 ? 8 : 8 * (walk.octets[from + 1] + 1);
    extension.need(size);
    const kind = extension.take('next header', 1, { say: named(NEXT) });
    if (next === 44) {
      extension.take('reserved', 1);
      const offset = extension.bits('fragment offset', 2, 3, 13, { say: (value) => `${value}, octet ${8 * value}` });
      const more = extension.bits('more fragments', 2, 0, 1);
      extension.skip(2);
      extension.take('identification', 4, { say: (value) => `0x${value.toString(16).padStart(8, '0')}` });
      fragment ||= Boolean(offset || more);
      part ||= offset > 0;
    } else {
      extension.take('header length', 1, { say: (value) => `${value}, ${8 * value + 8} octets`, note: 'in units of eight octets, the first eight not counted' });
      extension.take('options', size - 2, { say: (_, octets) => hexOf(octets) });
    }
    from = extension.done();
    next = kind;
    if (part) break;
  }
  const pseudo = walk.octets.slice(at + 8, at + 40);
  if (part) walk.rest('fragment', from, stop);
  else if (next === 59) walk.rest('nothing', from, stop);
  else follow(walk, next, from, stop, { fragment, v6: true, pseudo: (size) => [...pseudo, 0, 0, size >> 8, size & 255, 0, 0, 0, next] });
  walk.rest('padding', stop, end);
}

function follow(walk, protocol, at, end, ip) {
  const read = { 1: ip.v6 ? null : readIcmp, 58: ip.v6 ? readIcmp : null, 6: readTcp, 17: readUdp }[protocol];
  if (read) read(walk, at, end, ip);
  else walk.rest('payload', at, end);
}

/** The words for a checksum over the pseudo header and all of the payload. */
function summed(walk, at, end, ip, what) {
  if (ip.fragment) return (value) => `${hex4(value)}, cannot be told from one fragment`;
  const right = checksum(ip.pseudo?.(end - at) ?? [], walk.octets.slice(at, end)) === 0;
  if (!right) walk.warn(at, `the ${what} checksum is wrong`);
  return (value) => `${hex4(value)}, ${right ? 'right' : 'wrong'}`;
}

const ICMP = { 0: 'echo reply', 3: 'destination unreachable', 4: 'source quench', 5: 'redirect', 8: 'echo request', 11: 'time exceeded', 12: 'parameter problem', 13: 'timestamp', 14: 'timestamp reply' };
const ICMP6 = { 1: 'destination unreachable', 2: 'packet too big', 3: 'time exceeded', 4: 'parameter problem', 128: 'echo request', 129: 'echo reply', 133: 'router solicitation', 134: 'router advertisement', 135: 'neighbor solicitation', 136: 'neighbor advertisement', 137: 'redirect' };
const UNREACHABLE = { 0: 'net', 1: 'host', 2: 'protocol', 3: 'port', 4: 'fragmentation needed' };

function readIcmp(walk, at, end, ip) {
  const v6 = Boolean(ip.v6);
  const layer = walk.layer(v6 ? 'ICMPv6' : 'ICMP', at, end, v6 ? 'RFC 4443 §2.1' : 'RFC 792');
  layer.need(8);
  const type = layer.take('type', 1, { say: named(v6 ? ICMP6 : ICMP) });
  layer.take('code', 1, { say: !v6 && type === 3 ? named(UNREACHABLE) : undefined });
  layer.take('checksum', 2, {
    say: summed(walk, at, end, v6 ? ip : { fragment: ip.fragment }, v6 ? 'ICMPv6' : 'ICMP'),
    note: v6 ? 'with the pseudo header of RFC 8200 §8.1' : 'over the message, without a pseudo header',
  });
  if ([0, 8, 128, 129].includes(type)) {
    layer.take('identifier', 2, { say: hex4, note: 'which ping asks' });
    layer.take('sequence number', 2, { note: 'which of its requests' });
    walk.rest('data', layer.done(), end);
  } else {
    layer.take('rest of the header', 4, { say: (_, octets) => hexOf(octets) });
    walk.rest(!v6 && [3, 4, 5, 11, 12].includes(type) ? 'the packet it is about' : 'body', layer.done(), end);
  }
}

function readUdp(walk, at, end, ip) {
  const layer = walk.layer('UDP', at, end, 'RFC 768');
  layer.need(8);
  const from = layer.take('source port', 2, { say: named(PORTS) });
  const to = layer.take('destination port', 2, { say: named(PORTS) });
  const len = layer.take('length', 2, { say: amount, note: 'header and data together' });
  if (len < 8) throw new Malformed(at + 4, `the UDP length at offset ${at + 4} is ${len}, less than the header’s 8`);
  if (!ip.fragment && at + len > end) throw new Malformed(end, `the UDP datagram says ${amount(len)}, and ${end - at} are there`);
  const stop = Math.min(at + len, end);
  const none = walk.octets[at + 6] === 0 && walk.octets[at + 7] === 0;
  if (none && ip.v6) walk.warn(at + 6, 'the UDP checksum is 0, which IPv6 does not allow (RFC 8200 §8.1)');
  layer.take('checksum', 2, {
    say: none ? () => (ip.v6 ? '0, not allowed over IPv6' : '0, none was made') : summed(walk, at, stop, ip, 'UDP'),
    note: 'over a pseudo header with the addresses, the header and the data',
  });
  layer.done();
  if ((from === 53 || to === 53) && !ip.fragment && stop > layer.next) readDns(walk, layer.next, stop);
  else walk.rest('data', layer.next, stop);
  walk.rest('octets after the datagram', stop, end);
}

const FLAGS = [['CWR', 7, 'RFC 3168 §6.1'], ['ECE', 6, 'RFC 3168 §6.1'], ['URG', 5], ['ACK', 4], ['PSH', 3], ['RST', 2], ['SYN', 1], ['FIN', 0]];
const OPTIONS = { 0: 'end of options', 1: 'no operation', 2: 'maximum segment size', 3: 'window scale', 4: 'SACK permitted', 5: 'SACK', 8: 'timestamps' };
const OPTION_RFCS = { 3: 'RFC 7323 §2', 4: 'RFC 2018 §2', 5: 'RFC 2018 §3', 8: 'RFC 7323 §3' };

function readTcp(walk, at, end, ip) {
  const layer = walk.layer('TCP', at, end, 'RFC 9293 §3.1');
  layer.need(20);
  layer.take('source port', 2, { say: named(PORTS) });
  layer.take('destination port', 2, { say: named(PORTS) });
  layer.take('sequence number', 4, { note: 'of the first octet of data here, or of the SYN' });
  layer.take('acknowledgment number', 4, { note: 'the next octet that is expected, if ACK is set' });
  const words = layer.bits('data offset', 2, 12, 4, { say: (value) => `${value} words, ${4 * value} octets`, note: 'where the data begins, in words of four octets' });
  layer.bits('reserved', 2, 8, 4, { note: 'must be 0 in what is sent' });
  FLAGS.forEach(([name, shift, rfc]) => layer.bits(name, 2, shift, 1, { rfc }));
  if (words < 5) throw new Malformed(at + 12, `the TCP header at offset ${at} says ${4 * words} octets for itself, and it has 20 or more`);
  layer.need(4 * words);
  layer.skip(2);
  layer.take('window', 2, { note: 'how many octets the sender of this segment is ready to take (scaled: RFC 7323 §2)' });
  layer.take('checksum', 2, { say: summed(walk, at, end, ip, 'TCP'), note: 'over a pseudo header with the addresses, the header and the data' });
  layer.take('urgent pointer', 2, { note: 'counts only if URG is set' });
  const stop = at + 4 * words;
  while (layer.next < stop) {
    const kind = walk.octets[layer.next];
    const name = `option: ${OPTIONS[kind] ?? `kind ${kind}`}`;
    const rfc = OPTION_RFCS[kind] ?? 'RFC 9293 §3.1';
    if (kind === 0) {
      layer.take(name, 1, { rfc, say: () => 'the rest is padding' });
      if (layer.next < stop) layer.take('option padding', stop - layer.next, { say: (_, octets) => hexOf(octets) });
    } else if (kind === 1) layer.take(name, 1, { rfc, say: () => 'fills a place' });
    else {
      const len = walk.octets[layer.next + 1];
      if (layer.next + 1 >= stop) throw new Malformed(layer.next, `the TCP option at offset ${layer.next} ends before its length`);
      if (len < 2 || layer.next + len > stop) throw new Malformed(layer.next + 1, `the TCP option at offset ${layer.next} says ${amount(len)}, and ${len < 2 ? 'two are the fewest' : `${stop - layer.next} are left of the header`}`);
      layer.take(name, len, { rfc, say: (_, octets) => option(kind, octets.slice(2)) });
    }
  }
  walk.rest('data', layer.done(), end);
}

function option(kind, octets) {
  const number = (from, len) => octets.slice(from, from + len).reduce((sum, octet) => sum * 256 + octet, 0);
  if (kind === 2 && octets.length === 2) return amount(number(0, 2));
  if (kind === 3 && octets.length === 1) return `${octets[0]}: windows count ${2 ** Math.min(octets[0], 14)} octets`;
  if (kind === 4 && octets.length === 0) return 'yes';
  if (kind === 8 && octets.length === 8) return `value ${number(0, 4)}, echo ${number(4, 4)}`;
  return hexOf(octets) || 'empty';
}

const RCODES = { 0: 'no error', 1: 'format error', 2: 'server failure', 3: 'name error', 4: 'not implemented', 5: 'refused' };
const RECORDS = { 1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA', 255: 'any' };

function readDns(walk, at, end) {
  const layer = walk.layer('DNS', at, end, 'RFC 1035 §4.1.1');
  layer.need(12);
  layer.take('id', 2, { say: hex4, note: 'the answer has the id of its question' });
  layer.bits('QR', 2, 15, 1, { say: named({ 0: 'question', 1: 'answer' }) });
  layer.bits('opcode', 2, 11, 4, { say: named({ 0: 'standard query' }) });
  layer.bits('AA', 2, 10, 1, { note: 'the answer comes from an authority for the name' });
  layer.bits('TC', 2, 9, 1, { note: 'the message was cut' });
  layer.bits('RD', 2, 8, 1, { note: 'recursion is desired' });
  layer.bits('RA', 2, 7, 1, { note: 'recursion is available' });
  layer.bits('Z', 2, 6, 1, { note: 'must be 0' });
  layer.bits('AD', 2, 5, 1, { rfc: 'RFC 4035 §3.2.3', note: 'the data is authentic, says the server' });
  layer.bits('CD', 2, 4, 1, { rfc: 'RFC 4035 §3.2.2', note: 'the client checks by itself' });
  layer.bits('RCODE', 2, 0, 4, { say: named(RCODES) });
  layer.skip(2);
  const questions = layer.take('questions', 2);
  layer.take('answers', 2);
  layer.take('authorities', 2);
  layer.take('additional records', 2);
  for (let turn = 0; turn < questions; turn += 1) {
    const start = layer.next;
    let here = start;
    const labels = [];
    for (;;) {
      if (here >= end) throw new Malformed(end, `the name at offset ${start} has no end`);
      const len = walk.octets[here];
      if (len === 0) break;
      if (len > 63) throw new Malformed(here, len >= 0xc0 ? `the question’s name at offset ${start} has a pointer at offset ${here}, which this page does not follow` : `the label at offset ${here} begins with ${hex4(len).replace('0x00', '0x')}, and a length is at most 63 (RFC 1035 §2.3.4)`);
      if (here + 1 + len > end) throw new Malformed(end, `the label at offset ${here} says ${amount(len)}, and ${end - here - 1} are there`);
      labels.push(String.fromCharCode(...walk.octets.slice(here + 1, here + 1 + len).map((octet) => (octet > 0x20 && octet < 0x7f ? octet : 0x3f))));
      here += 1 + len;
      if (here + 1 - start > 255) throw new Malformed(here, `the name at offset ${start} has more than 255 octets (RFC 1035 §2.3.4)`);
    }
    layer.take('question: name', here + 1 - start, { rfc: 'RFC 1035 §4.1.2', say: () => `${labels.join('.')}.` });
    if (layer.next + 4 > end) throw new Malformed(end, `the question at offset ${start} ends before its type and class`);
    layer.take('question: type', 2, { rfc: 'RFC 1035 §3.2.2', say: named(RECORDS) });
    layer.take('question: class', 2, { rfc: 'RFC 1035 §3.2.4', say: named({ 1: 'IN' }) });
  }
  walk.rest('records', layer.done(), end);
}

/**
 * Takes a packet apart. `first` is `ethernet` or `ip`.
 *
 * → {layers, rest, problem, warnings}: the headers, each with its fields; the
 * stretches that no header reads; what stopped the reading, with its offset,
 * or null; and checksums that are wrong.
 */
export function dissect(octets, first = 'ethernet') {
  const walk = {
    octets,
    layers: [],
    rests: [],
    warnings: [],
    layer(name, at, end, rfc) {
      const layer = new Layer(octets, name, at, end, rfc);
      this.layers.push(layer);
      return layer;
    },
    rest(name, at, end) {
      if (end > at) this.rests.push({ name, at, len: end - at });
    },
    warn(at, text) { this.warnings.push({ at, text }); },
  };
  let problem = null;
  try {
    if (first === 'ethernet') readEthernet(walk, 0, octets.length);
    else if (octets.length === 0) throw new Malformed(0, 'there are no octets');
    else if (octets[0] >> 4 === 6) readIpv6(walk, 0, octets.length);
    else readIpv4(walk, 0, octets.length);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    problem = { at: error.at, text: error.message };
  }
  walk.layers.forEach((layer) => { layer.len ??= layer.next - layer.at; });
  return { layers: walk.layers, rests: walk.rests.sort((a, b) => a.at - b.at), problem, warnings: walk.warnings };
}

/** The most octets that are read from a text: the largest IPv4 packet, and Ethernet. */
export const ROOM = 65535 + 18;

/**
 * Octets from what people copy: `45 00`, `4500`, `45:00`, `0x45, 0x00`, and the
 * dumps of xxd, hexdump, tcpdump -x and Wireshark, whose offsets and letters
 * are left out. → {octets} or {refused}
 */
export function readHex(text) {
  const octets = [];
  for (const [index, whole] of text.split('\n').entries()) {
    let line = whole.replace(/\r$/, '');
    let shift = 0;
    const offset = /^\s*(?:0x)?(?:[0-9a-fA-F]{4,8}:\s|[0-9a-fA-F]{4}\s\s|[0-9a-fA-F]{8}\s\s)\s*/.exec(line);
    if (offset) {
      shift = offset[0].length;
      line = line.slice(shift);
      // What follows a wide gap is the letters; hexdump has bars around them.
      line = line.includes('|') ? line.slice(0, line.indexOf('|')) : line.split(/\s{2,}/)[0];
    }
    for (const word of line.matchAll(/[^\s,:;-]+/g)) {
      const digits = word[0].replace(/^(?:0x|\\x)/i, '');
      const place = `line ${index + 1}, column ${shift + word.index + 1}`;
      if (!/^[0-9a-fA-F]+$/.test(digits)) return { refused: `${place}: ${JSON.stringify(word[0])} is not hexadecimal` };
      if (digits.length % 2) return { refused: `${place}: ${JSON.stringify(word[0])} has an odd number of digits, and an octet has two` };
      for (let at = 0; at < digits.length; at += 2) octets.push(parseInt(digits.slice(at, at + 2), 16));
      if (octets.length > ROOM) return { refused: `${place}: more than ${ROOM} octets, and no packet has so many` };
    }
  }
  return octets.length ? { octets } : { refused: 'there are no octets' };
}
