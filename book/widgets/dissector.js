import { choices, count, define, flag, html, select } from './widget.js';
import { FRAMES } from './core/frames.js';
import { dissect, readHex } from './core/packet.js';
import { cells, fieldTable, stretches, tell } from './parts/octets.js';

const hex = (octets) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
const lines = (octets) => hex(octets).match(/.{1,48}/g).map((line) => line.trim()).join('\n');

const tagged = [...FRAMES.dns.octets.slice(0, 12), 0x81, 0x00, 0x00, 0x2a, ...FRAMES.dns.octets.slice(12)];
const SAMPLES = [
  ...Object.values(FRAMES).map(({ name, octets }) => [name, lines(octets), 'ethernet']),
  ['the query with a VLAN tag', lines(tagged), 'ethernet'],
  ['the query, cut', lines(FRAMES.dns.octets.slice(0, 55)), 'ethernet'],
  ['twenty octets of the chapter on addresses', '45 00 00 1c\n1c 46 40 00\n40 11 32 03\nc0 00 02 4d\nc6 33 64 07', 'ip'],
];

function read(state) {
  const { octets, refused } = readHex(state.hex);
  return refused ? { refused } : { octets, packet: dissect(octets, state.first) };
}

function said(state, { refused, octets, packet }) {
  if (refused) return `Not read: ${refused}.`;
  if (state._at !== '' && Number(state._at) < octets.length) return tell(packet, octets, Number(state._at));
  const names = packet.layers.map((layer) => layer.name).join(', ');
  const wrong = packet.warnings.map(({ at, text }) => ` At offset ${at}: ${text}.`).join('');
  return `${count(octets.length, 'octet')}: ${names || 'no header'}.${packet.problem ? ` Stopped at offset ${packet.problem.at}: ${packet.problem.text}.` : ''}${wrong}`;
}

export default define({
  name: 'dissector',
  label: 'Packet dissector',
  start: { hex: SAMPLES[0][1], first: 'ethernet', _at: '' },
  still: { _at: '' },
  sound: (state) => (['ethernet', 'ip'].includes(state.first) ? state : { ...state, first: 'ethernet' }),
  view(state, { still }) {
    const now = read(state);
    const { refused, octets, packet } = now;
    const at = state._at === '' ? -1 : Number(state._at);
    const chosen = SAMPLES.findIndex(([, text, first]) => text === state.hex && first === state.first);
    const controls = html`<label class="field wide"><span>Octets in hexadecimal, or a dump of them</span><textarea name="hex" rows="5" cols="48" spellcheck="false" autocapitalize="off" ${flag(refused, 'aria-invalid="true"')}>${state.hex}</textarea></label>
${choices('dissector', 'first', 'Begins with', [['ethernet', 'an Ethernet header'], ['ip', 'an IP header']], state.first)}
${select('sample', 'Or take', [['', 'your own'], ...SAMPLES.map(([name], index) => [String(index), name])], chosen < 0 ? '' : String(chosen))}`;
    if (refused) return { controls, said: said(state, now), figure: html`` };
    return {
      controls,
      said: said(state, now),
      figure: html`<div ${!still && html`role="toolbar" aria-label="The octets, each with its field"`}>${stretches(packet).map((part) => html`<div class="shell"><p class="shell-name"><b>${part.name}</b> ${count(part.len, 'octet')}${part.layer && html`, ${part.layer.rfc}`}</p>${cells(packet, octets, { from: part.at, len: part.len, at, still })}</div>`)}</div>
${packet.problem && html`<p class="wrong"><b>✘ offset ${packet.problem.at}</b> ${packet.problem.text}</p>`}${packet.warnings.map((warning) => html`<p class="wrong"><b>✘ offset ${warning.at}</b> ${warning.text}</p>`)}
${packet.layers.map((layer) => html`<details class="layer"><summary>${layer.name}: ${layer.fields.length} fields</summary>${fieldTable(packet, layer, at)}</details>`)}`,
    };
  },
  on: {
    hex: (state, text) => ({ ...state, hex: text, _at: '' }),
    first: (state, first) => ({ ...state, first, _at: '' }),
    sample(state, index) {
      if (!SAMPLES[index]) return { ...state, hex: '', _at: '' };
      const [, text, first] = SAMPLES[index];
      return { hex: text, first, _at: '' };
    },
    look: (state, _at) => (_at === state._at ? state : { ...state, _at }),
  },
  sources: html`Ethernet: RFC 894, IEEE 802.3; tags: IEEE 802.1Q. ARP: RFC 826. IPv4: RFC 791 §3.1. IPv6: RFC 8200 §3, §4. ICMP: RFC 792, RFC 4443. UDP: RFC 768. TCP: RFC 9293 §3.1, RFC 7323, RFC 2018. DNS: RFC 1035 §4.1. Checksums: RFC 1071. What is pasted here stays in this page and its address.`,
});
