import { button, count, define, html, select } from './widget.js';
import { FRAMES } from './core/frames.js';
import { dissect } from './core/packet.js';
import { cells, stretches, tell } from './parts/octets.js';

const KINDS = { Ethernet: 'a frame', IPv4: 'a packet', IPv6: 'a packet', UDP: 'a datagram', TCP: 'a segment' };
/** What of each header tells who reads the next one. */
const TELLS = { Ethernet: 'type', IPv4: 'protocol', IPv6: 'next header', UDP: 'destination port', TCP: 'destination port' };

function read(state) {
  const { octets } = FRAMES[state.frame];
  const packet = dissect(octets);
  const parts = stretches(packet);
  const peeled = Math.min(Number(state.peeled), parts.length - 1);
  return { octets, packet, parts, peeled };
}

const left = ({ octets, parts, peeled }) => octets.length - parts[peeled].at;
const nameOf = (part) => (part.layer ? part.name : `the ${part.name} alone`);

function said(state, now) {
  if (state._at !== '') return tell(now.packet, now.octets, Number(state._at));
  const { octets, parts, peeled } = now;
  if (peeled === 0) {
    const sizes = parts.map((part) => `${part.len} of ${part.name}`);
    return `${octets.length} octets: ${sizes.join(', ')}.`;
  }
  const off = parts[peeled - 1];
  const teller = off.layer?.fields.find((field) => field.name === TELLS[off.name]);
  const why = teller ? ` Its ${teller.name}, ${teller.text}, told who reads next.` : '';
  return `${off.name} is off, ${count(off.len, 'octet')}.${why} ${count(left(now), 'octet')} are left: ${KINDS[parts[peeled].name] ? `${KINDS[parts[peeled].name]} of ` : ''}${nameOf(parts[peeled])}.`;
}

function nested(now, state, index, still) {
  const { packet, octets, parts } = now;
  const part = parts[index];
  if (!part) return html``;
  return html`<div class="shell"><p class="shell-name"><b>${part.name}</b> ${count(part.len, 'octet')}${part.layer && html`, ${part.layer.rfc}`}</p>${cells(packet, octets, { from: part.at, len: part.len, at: state._at === '' ? -1 : Number(state._at), still })}${nested(now, state, index + 1, still)}</div>`;
}

export default define({
  name: 'encapsulation',
  label: 'A frame, peeled',
  start: { frame: 'dns', peeled: '0', _at: '' },
  sound: (state) => ({
    ...state,
    frame: Object.hasOwn(FRAMES, state.frame) ? state.frame : 'dns',
    peeled: /^[0-9]$/.test(state.peeled) ? state.peeled : '0',
  }),
  view(state, { still }) {
    const now = read(state);
    const { octets, packet, parts, peeled } = now;
    const off = parts.slice(0, peeled);
    return {
      controls: html`${select('frame', 'Frame', Object.entries(FRAMES).map(([name, frame]) => [name, frame.name]), state.frame)}
<p class="examples">${button('peel', html`Peel off ${parts[peeled].name}`, { off: peeled >= parts.length - 1 })} ${button('wrap', peeled ? html`Wrap in ${parts[peeled - 1].name}` : 'Wrap', { off: peeled === 0 })}</p>`,
      said: said(state, now),
      figure: html`${off.length > 0 && html`<p class="off">off: ${off.map((part) => html`<s>${part.name}, ${part.len}</s> `)}</p>`}
<div ${!still && html`role="toolbar" aria-label="The octets, each with its field"`}>${nested(now, state, peeled, still)}</div>`,
      words: html`<ol>${parts.map((part) => html`<li>${part.name}, octets ${part.at} to ${part.at + part.len - 1}${part.layer && `: ${part.layer.fields.filter((field) => !field.bits || field.raw).slice(0, 24).map((field) => `${field.name} ${field.text}`).join('; ')}`}.</li>`)}</ol>`,
    };
  },
  on: {
    frame: (_, frame) => ({ frame, peeled: '0', _at: '' }),
    peel: (state) => ({ ...state, peeled: String(Number(state.peeled) + 1), _at: '' }),
    wrap: (state) => ({ ...state, peeled: String(Math.max(Number(state.peeled) - 1, 0)), _at: '' }),
    look: (state, _at) => (_at === state._at ? state : { ...state, _at }),
  },
  sources: html`The frame was recorded between two Linux kernels. The preamble before it and the check sequence after it (IEEE 802.3) are the interface’s own and not in a recording. IP in Ethernet: RFC 894, RFC 2464. IPv4: RFC 791 §3.1. IPv6: RFC 8200 §3. UDP: RFC 768. TCP: RFC 9293 §3.1. ICMP: RFC 792, RFC 4443. ARP: RFC 826. DNS: RFC 1035 §4.1.`,
});
