import { button, choices, define, flag, html, select } from './widget.js';
import { ANY, deliver, fit, portRange } from './core/ports.js';

const socket = (name, protocol, localAddress, localPort, remoteAddress = ANY, remotePort = 0, listening = protocol === 'TCP' && !remotePort) => ({ name, protocol, localAddress, localPort, remoteAddress, remotePort, listening });
const SOCKETS = [
  socket('web', 'TCP', ANY, 80),
  socket('visitor 1', 'TCP', '192.0.2.10', 80, '198.51.100.7', 50_001),
  socket('visitor 2', 'TCP', '192.0.2.10', 80, '198.51.100.7', 50_002),
  socket('visitor 3', 'TCP', '192.0.2.10', 80, '203.0.113.9', 50_001),
  socket('admin', 'TCP', '127.0.0.1', 8080),
  socket('names', 'UDP', ANY, 53),
  socket('asking', 'UDP', '192.0.2.10', 40_000, '198.51.100.7', 53),
];
const SOURCES = ['198.51.100.7', '203.0.113.9', '127.0.0.1'];
const HERE = ['192.0.2.10', '127.0.0.1'];
const RANGES = { reserved: 'reserved', system: 'a system port, 0 to 1023', user: 'a user port, 1024 to 49151', dynamic: 'a dynamic port, 49152 to 65535' };

function read(state) {
  const port = (text, name) => (/^[0-9]{1,5}$/.test(text.trim()) && Number(text) <= 65_535 ? Number(text) : name);
  const packet = {
    protocol: state.protocol, source: state.source, destination: state.to,
    sourcePort: port(state.sport, 'source'), destinationPort: port(state.dport, 'destination'),
    syn: state.syn === 'true',
  };
  const wrong = [packet.sourcePort, packet.destinationPort].find((value) => typeof value === 'string');
  if (wrong) return { refused: `the ${wrong} port ${JSON.stringify(wrong === 'source' ? state.sport : state.dport)} is no number from 0 to 65535` };
  const shut = new Set(state.shut.split('.'));
  const sockets = SOCKETS.filter((_, index) => !shut.has(String(index)));
  return { packet, shut, ...deliver(sockets, packet) };
}

const at = (address, port) => html`${address === ANY ? '*' : address}:<wbr>${port || '*'}`;

function said({ refused, packet, socket: chosen, answer, why }) {
  if (refused) return `Refused: ${refused}.`;
  const who = chosen ? `${chosen.name} gets it` : answer === 'nothing' ? 'Nobody gets it' : `Nobody gets it, and ${answer} answers`;
  return `${packet.protocol}, ${packet.source}:${packet.sourcePort} to ${packet.destination}:${packet.destinationPort}. ${who}: ${why}. Port ${packet.destinationPort} is ${RANGES[portRange(packet.destinationPort)]}, ${packet.sourcePort} ${RANGES[portRange(packet.sourcePort)]}.`;
}

const mark = (right, text) => html`<td class="${right ? 'fits' : 'fits-not'}">${right ? '✔' : '✘'} ${text}</td>`;

function table({ packet, shut, socket: chosen }, still) {
  return html`<div class="scroll"><table class="sockets"><thead><tr><th scope="col">socket</th><th scope="col">protocol</th><th scope="col">local</th><th scope="col">remote</th></tr></thead><tbody>${SOCKETS.map((each, index) => {
    const fitting = fit(each, packet);
    const closed = shut.has(String(index));
    const name = html`${chosen === each && '▸ '}${each.name}${each.listening && ', listens'}`;
    return html`<tr ${flag(chosen === each, 'class="on"')}><th scope="row">${still ? name : html`<label class="choice"><input type="checkbox" name="socket" value="${index}" ${flag(!closed, 'checked')}><span>${name}</span></label>`}</th>${closed ? html`<td colspan="3">closed</td>` : html`${mark(fitting.protocol, each.protocol)}${mark(fitting.localAddress && fitting.localPort, at(each.localAddress, each.localPort))}${mark(fitting.remoteAddress && fitting.remotePort, at(each.remoteAddress, each.remotePort))}`}</tr>`;
  })}</tbody></table></div>`;
}

export default define({
  name: 'five-tuple',
  label: 'Ports and the five-tuple',
  start: { protocol: 'TCP', source: '198.51.100.7', sport: '50002', to: '192.0.2.10', dport: '80', syn: 'false', shut: '' },
  sound: (state) => ({
    ...state,
    protocol: state.protocol === 'UDP' ? 'UDP' : 'TCP',
    source: SOURCES.includes(state.source) ? state.source : SOURCES[0],
    to: HERE.includes(state.to) ? state.to : HERE[0],
  }),
  view(state, { still }) {
    const now = read(state);
    const port = (name, label) => html`<label class="field narrow"><span>${label}</span><input type="text" inputmode="numeric" name="${name}" value="${state[name]}" size="6" maxlength="6" ${flag(now.refused && !/^[0-9]{1,5}$/.test(state[name].trim()), 'aria-invalid="true"')}></label>`;
    const addresses = (all) => all.map((address) => [address, address]);
    return {
      controls: html`${choices('five-tuple', 'protocol', 'Protocol', [['TCP', 'TCP'], ['UDP', 'UDP']], state.protocol)}
${select('source', 'From address', addresses(SOURCES), state.source)}${port('sport', 'From port')}
${select('to', 'To address', addresses(HERE), state.to)}${port('dport', 'To port')}
<label class="choice"><input type="checkbox" name="syn" ${flag(state.syn === 'true', 'checked')} ${flag(state.protocol === 'UDP', 'disabled')}><span>it is a SYN</span></label>
<p class="examples"><span>Try</span> ${button('try', 'another visitor', { arg: '203.0.113.9 50002 192.0.2.10 80 TCP true' })} ${button('try', 'the admin page from outside', { arg: '203.0.113.9 50002 192.0.2.10 8080 TCP true' })} ${button('try', 'and from here', { arg: '127.0.0.1 50002 127.0.0.1 8080 TCP true' })} ${button('try', 'an answer to asking', { arg: '198.51.100.7 53 192.0.2.10 40000 UDP false' })} ${button('try', 'a forged one', { arg: '203.0.113.9 53 192.0.2.10 40000 UDP false' })}</p>`,
      said: said(now),
      figure: now.refused ? html`` : table(now, still),
    };
  },
  on: {
    socket(state, index) {
      const shut = new Set(state.shut.split('.').filter(Boolean));
      if (!shut.delete(index)) shut.add(index);
      return { ...state, shut: [...shut].join('.') };
    },
    try(state, text) {
      const [source, sport, to, dport, protocol, syn] = text.split(' ');
      return { ...state, source, sport, to, dport, protocol, syn };
    },
  },
  sources: html`The five: RFC 6056 §1; a connection is a pair of sockets: RFC 9293 §4. TCP without a socket: RFC 9293 §3.10.7.1. UDP without one: RFC 1122 §4.1.3.1. Ranges of ports: RFC 6335 §6; Linux, unless it is told otherwise, takes its dynamic ports from 32768 to 60999.`,
});
