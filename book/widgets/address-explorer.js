import { button, count, define, flag, html, slider } from './widget.js';
import {
  Refused, binary, broadcast, classOf, cut6, full6, hex, hosts, last, mask, network, octets,
  parse, parse6, parsePrefix, parsePrefix6, rangeOf, rangeOf6, text, text6,
} from './core/address.js';

const CLASSES = {
  A: 'A: a network of 8 bits, until 1993',
  B: 'B: a network of 16 bits, until 1993',
  C: 'C: a network of 24 bits, until 1993',
  D: 'D: a multicast group',
  E: 'E: reserved',
};

/** What the text says: {v, address, len}, or {refused}. */
function read(at) {
  const given = at.trim();
  try {
    if (given.includes(':')) {
      const { address, len } = given.includes('/') ? parsePrefix6(given) : { address: parse6(given), len: 128 };
      return { v: 6, address, len };
    }
    const { address, len } = given.includes('/') ? parsePrefix(given) : { address: parse(given), len: 32 };
    return { v: 4, address, len };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

const written = ({ v, address, len }) => `${v === 4 ? text(address) : text6(address)}/${len}`;

/** The last text that could be read, so that the picture does not vanish. */
function shown(state) {
  const now = read(state.at);
  return now.refused ? read(state._good) : now;
}

function facts({ v, address, len }) {
  if (v === 6) {
    const range = rangeOf6(address);
    const [from, to] = [cut6(address, len), cut6(address, len, 1)];
    return [
      ['canonical text', html`${text6(address)}`],
      ['every digit', full6(address)],
      ['network', `${text6(from)}/${len}`],
      ['first address', text6(from)],
      ['last address', text6(to)],
      ['addresses', len === 128 ? '1' : `2^${128 - len}`],
      ['range', range ? html`${range.name}, ${range.prefix} (${range.rfc})` : 'none of the special ones in the chapter'],
    ];
  }
  const range = rangeOf(address);
  const { first, last: end, count: room } = hosts(address, len);
  const directed = broadcast(address, len);
  return [
    ['octets', hex(address)],
    ['as one number', address.toLocaleString('en')],
    ['network', `${text(network(address, len))}/${len}`],
    ['mask', text(mask(len))],
    ['wildcard', text(~mask(len) >>> 0)],
    ['broadcast', directed === null ? `none in a /${len}` : text(directed)],
    ['hosts', room === 1 ? html`1: ${text(first)}` : html`${room.toLocaleString('en')}: ${text(first)} to ${text(end)}`],
    ['range', range ? html`${range.name}, ${range.prefix} (${range.rfc})` : 'public: none of the special ones'],
    ['class', CLASSES[classOf(address)]],
  ];
}

/** The four octets, a row each, with the value of each bit above it. */
function bits({ address, len }, still) {
  const cell = (index) => {
    const one = (address >>> (31 - index)) & 1;
    const kind = index < len ? 'bit prefix' : 'bit host';
    if (still) return html`<span class="${kind}">${one}</span>`;
    const name = `bit ${index + 1}, worth ${2 ** (7 - (index % 8))}, of the ${index < len ? 'prefix' : 'host'}`;
    return html`<button type="button" class="${kind}" data-do="flip" data-arg="${index}" aria-pressed="${String(one === 1)}" aria-label="${one}, ${name}">${one}</button>`;
  };
  return html`<div class="bits" ${!still && flag(true, 'role="toolbar" aria-label="The 32 bits"')}>
<div class="bits-row bits-head" aria-hidden="true"><span></span>${[128, 64, 32, 16, 8, 4, 2, 1].map((worth) => html`<span>${worth}</span>`)}<span></span></div>
${octets(address).map((octet, row) => html`<div class="bits-row"><span class="octet">${octet}</span>${[0, 1, 2, 3, 4, 5, 6, 7].map((column) => cell(8 * row + column))}<span class="octet">${octet.toString(16).padStart(2, '0')}</span></div>`)}
<p class="key"><span class="bit prefix">n</span> ${count(len, 'bit')} of prefix <span class="bit host">h</span> ${count(32 - len, 'bit')} for the host</p></div>`;
}

/** The eight groups, a digit for each four bits. */
function groups({ address, len }) {
  return html`<div class="groups">${full6(address).split(':').map((group, index) => html`<span class="group">${[...group].map((digit, nibble) => {
    const before = len - 16 * index - 4 * nibble;
    return html`<span class="bit ${before >= 4 ? 'prefix' : before > 0 ? 'prefix host' : 'host'}">${digit}</span>`;
  })}</span>`)}<p class="key"><span class="bit prefix">n</span> the first ${count(len, 'bit')} <span class="bit host">h</span> the other ${128 - len}</p></div>`;
}

function said(state) {
  const now = read(state.at);
  if (now.refused) return `Refused: ${now.refused}. Below stands ${written(read(state._good))}.`;
  const { v, address, len } = now;
  if (v === 6) {
    const range = rangeOf6(address);
    return `${text6(address)} lies in ${text6(cut6(address, len))}/${len}${range ? `, for: ${range.name}` : ''}.`;
  }
  const range = rangeOf(address);
  const { first, last: end, count: room } = hosts(address, len);
  const where = range ? `in a range for: ${range.name} (${range.rfc})` : 'among the public addresses';
  const whose = room === 1 ? 'One host' : `${count(room, 'host')}, ${text(first)} to ${text(end)}`;
  return `${text(address)}/${len} lies in the network ${text(network(address, len))}/${len}, ${where}. ${whose}.`;
}

const EXAMPLES = ['192.168.1.77/26', '10.0.0.1/8', '100.64.1.1/10', '198.51.100.8/31', '127.0.0.1/8', '2001:DB8:0:0::1/64'];

export default define({
  name: 'address-explorer',
  label: 'Address explorer',
  start: { at: '192.168.1.77/26', _good: '192.168.1.77/26' },
  sound: (state) => ({ ...state, _good: read(state.at).refused ? '192.168.1.77/26' : state.at }),
  view(state, { still }) {
    const now = shown(state);
    const refused = Boolean(read(state.at).refused);
    const most = now.v === 4 ? 32 : 128;
    const size = 2 ** (32 - now.len);
    return {
      controls: html`<label class="field wide"><span>Address and prefix length</span><input type="text" name="at" value="${state.at}" size="24" spellcheck="false" autocomplete="off" autocapitalize="off" ${flag(refused, 'aria-invalid="true"')}></label>
${slider('len', 'Prefix length', { min: 0, max: most, value: now.len, said: `/${now.len}${now.v === 4 ? `, ${count(size, 'address').replace(/addresss$/, 'addresses')}` : ''}` })}
<p class="examples"><span>Try</span> ${EXAMPLES.map((text) => button('at', text, { arg: text }))}</p>`,
      said: said(state),
      figure: html`<div class="side">${now.v === 4 ? bits(now, still) : groups(now)}<table class="facts"><tbody>${facts(now).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table></div>`,
      words: now.v === 4 && html`<p>The bits of ${text(now.address)} are ${binary(now.address)}. The first ${now.len} of them are the network’s, the other ${32 - now.len} the host’s. With the host’s bits all 0 the address is ${text(network(now.address, now.len))}, with all of them 1 it is ${text(last(now.address, now.len))}.</p>`,
    };
  },
  on: {
    at: (state, at) => ({ ...state, at, _good: read(at).refused ? state._good : at }),
    len(state, len) {
      const at = written({ ...shown(state), len: Number(len) });
      return { at, _good: at };
    },
    flip(state, index) {
      const now = shown(state);
      const at = written({ ...now, address: (now.address ^ (1 << (31 - Number(index)))) >>> 0 });
      return { at, _good: at };
    },
  },
  sources: html`Classes: RFC 791 §3.2, RFC 1112 §4. Prefixes: RFC 4632 §3.1. Hosts: RFC 1122 §3.2.1.3, RFC 3021 §2.1. Ranges: RFC 6890 §2.2.2. IPv6 text: RFC 4291 §2.2, RFC 5952 §4.`,
});
