import { button, choices, count, define, flag, html, slider } from './widget.js';
import { KINDS, TICKS_MAX, transmit } from './core/arq.js';
import { ladder } from './parts/ladder.js';

const PACKETS = 6;
const DELAY = 3;
const LIMITS = { window: [2, 6], timeout: [4, 14] };

const bounded = (value, [least, most]) => Math.min(Math.max(Math.round(Number(value)) || least, least), most);
const lostOf = (state) => new Set(state.lost.split('.').filter((name) => /^[da][0-9]{1,2}$/.test(name)));

function settings(state, kind = state.kind) {
  return {
    kind, count: PACKETS, delay: DELAY, lost: lostOf(state),
    window: bounded(state.window, LIMITS.window), timeout: bounded(state.timeout, LIMITS.timeout),
  };
}

function read(state) {
  const run = transmit(settings(state));
  const end = run.ended ?? TICKS_MAX;
  const time = state.time === '' ? end : bounded(state.time, [0, end]);
  return { ...run, end, time };
}

const nameOf = ({ kind, packet, again }) => `${kind === 'data' ? 'packet' : 'ack'} ${packet}${again ? ' again' : ''}`;

/** What happens at a tick, in words. */
function at(state, { flights, delivered }, time) {
  const parts = [
    ...flights.filter((flight) => flight.arrived === time).map((flight) => `${nameOf(flight)} arrives`),
    ...delivered.filter((entry) => entry.time === time).map((entry) => `packet ${entry.packet} is handed to the user`),
    ...flights.filter((flight) => flight.sent === time).map((flight) => `${nameOf(flight)} leaves${flight.arrived === null ? ', and is lost' : ''}`),
  ];
  return parts.join('; ');
}

function said(state, now) {
  const { flights, end, time, ended } = now;
  const sent = flights.filter((flight) => flight.kind === 'data' && flight.sent <= time).length;
  const kind = KINDS[state.kind];
  if (time < end) return `Tick ${time} of ${end}, ${kind}. ${at(state, now, time) || 'Nothing happens'}.`;
  if (ended === null) return `After ${TICKS_MAX} ticks ${kind} is still not done.`;
  const lost = flights.filter((flight) => flight.arrived === null).length;
  return `${kind}: ${PACKETS} packets in ${end} ticks, put on the link ${sent} times; ${count(lost, 'loss').replace('losss', 'losses')}.`;
}

function comparison(state) {
  return html`<div class="scroll"><table><thead><tr><th scope="col">with these losses</th><th scope="col">ticks</th><th scope="col">packets sent</th><th scope="col">acks sent</th></tr></thead><tbody>${Object.entries(KINDS).map(([kind, name]) => {
    const { flights, ended } = transmit(settings(state, kind));
    const data = flights.filter((flight) => flight.kind === 'data').length;
    return html`<tr ${flag(kind === state.kind, 'class="on"')}><th scope="row">${name}</th><td>${ended ?? 'not done'}</td><td>${data}</td><td>${flights.length - data}</td></tr>`;
  })}</tbody></table></div>`;
}

export default define({
  name: 'lossy-link',
  label: 'A lossy link',
  start: { kind: 'back', window: '4', timeout: '8', lost: 'd2', time: '' },
  sound: (state) => ({ ...state, kind: Object.hasOwn(KINDS, state.kind) ? state.kind : 'back' }),
  play(state) {
    const { time, end } = read(state);
    if (state.time === '') return { ...state, time: '0' };
    return time < end ? { ...state, time: String(time + 1) } : null;
  },
  view(state, { id, width }) {
    const now = read(state);
    const { flights, delivered, time, end } = now;
    const lost = lostOf(state);
    const { window, timeout } = settings(state);
    const tools = (kind, legend) => html`<div class="tools"><span>${legend}</span><span class="hexes" role="toolbar" aria-label="${legend}">${flights.filter((flight) => flight.kind === kind).slice(0, 40).map((flight) => html`<button type="button" ${flag(lost.has(flight.name), 'class="on"')} data-do="lose" data-arg="${flight.name}" aria-pressed="${String(lost.has(flight.name))}" aria-label="${flight.packet}, sent at tick ${flight.sent}">${flight.packet}</button>`)}</span></div>`;
    const seen = flights.filter((flight) => flight.sent <= time);
    const desc = Array.from({ length: time + 1 }, (_, tick) => [tick, at(state, now, tick)]).filter(([, text]) => text).map(([tick, text]) => `Tick ${tick}: ${text}.`).join(' ');
    return {
      controls: html`${choices('lossy-link', 'kind', 'The sender does', Object.entries(KINDS), state.kind)}
${slider('window', 'Window', { min: LIMITS.window[0], max: LIMITS.window[1], value: window, said: state.kind === 'wait' ? '1 packet, always' : count(window, 'packet') })}
${slider('timeout', 'Timeout', { min: LIMITS.timeout[0], max: LIMITS.timeout[1], value: timeout, said: count(timeout, 'tick') })}
${slider('time', 'Time', { min: 0, max: end, value: time, said: `tick ${time} of ${end}` })}
<p class="examples">${button('first', 'From the start')} ${button('step', 'Step', { off: time >= end })} ${button('none', 'Lose nothing', { off: !lost.size })}</p>`,
      more: html`<div class="own">${tools('data', 'Lose these packets')}${tools('ack', 'Lose these acknowledgments')}</div>`,
      said: said(state, now),
      figure: html`${ladder(id, {
        left: 'sender', right: 'receiver', row: 17, width: Math.min(width, 420), time, rows: end,
        title: `Packets and acknowledgments of ${KINDS[state.kind]}`,
        desc: desc || 'Nothing has been sent.',
        arrows: seen.map((flight) => ({
          from: flight.kind === 'data' ? 0 : 1, sent: flight.sent, arrived: flight.arrived !== null && flight.arrived <= time ? flight.arrived : null,
          lost: flight.arrived === null && flight.sent + DELAY <= time ? flight.sent + DELAY : null, gone: flight.sent + DELAY, faint: flight.kind === 'ack',
          label: `${flight.packet}${flight.again ? ' again' : ''}`, short: `${flight.packet}${flight.again ? ' again' : ''}`, act: flight.name,
        })),
        notes: [
          ...delivered.filter((entry) => entry.time <= time).map((entry) => ({ lane: 1, time: entry.time, text: `${entry.packet}`, merge: true })),
        ],
      })}${comparison(state)}`,
      words: html`<ol class="plain">${Array.from({ length: time + 1 }, (_, tick) => at(state, now, tick) && html`<li>Tick ${tick}: ${at(state, now, tick)}.</li>`)}</ol>`,
    };
  },
  on: {
    kind: (state, kind) => ({ ...state, kind, time: '' }),
    window: (state, window) => ({ ...state, window, time: '' }),
    timeout: (state, timeout) => ({ ...state, timeout, time: '' }),
    time: (state, time) => ({ ...state, time: Number(time) >= read(state).end ? '' : time }),
    first: (state) => ({ ...state, time: '0' }),
    step(state) {
      const { time, end } = read(state);
      return { ...state, time: time + 1 >= end ? '' : String(time + 1) };
    },
    none: (state) => ({ ...state, lost: '', time: '' }),
    lose(state, name) {
      const lost = lostOf(state);
      if (!lost.delete(name)) lost.add(name);
      return { ...state, lost: [...lost].join('.'), time: '' };
    },
  },
  sources: html`The three ways: RFC 3366 §1.4. Stop-and-wait in use: TFTP, RFC 1350 §2. Here a packet and an acknowledgment fly for ${DELAY} ticks, and the sender puts one packet on the link in a tick. Numbers do not wrap. An acknowledgment of stop-and-wait and go-back-N names the packet that is expected next, one of selective repeat the packet that came.`,
});
