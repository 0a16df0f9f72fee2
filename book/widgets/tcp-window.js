import { button, count, define, flag, html, picture, slider } from './widget.js';
import { MSS, RATE, TICKS_MAX, flow } from './core/window.js';

const TOTAL = 24_000;
const PAUSE = [8, 40];
const LIMITS = { buffer: [2000, 12_000, 1000], read: [500, 4000, 500], delay: [1, 8, 1] };

function bounded(value, [least, most, step]) {
  const number = Math.round((Number(value) || least) / step) * step;
  return Math.min(Math.max(number, least), most);
}

function read(state) {
  const settings = {
    total: TOTAL,
    buffer: bounded(state.buffer, LIMITS.buffer), read: bounded(state.read, LIMITS.read), delay: bounded(state.delay, LIMITS.delay),
    pause: state.pause === 'true' ? PAUSE : null, lose: state.lose === 'true',
  };
  const run = flow(settings);
  const end = run.ticks.length - 1;
  const time = state.time === '' ? end : Math.min(Math.max(Math.round(Number(state.time)) || 0, 0), end);
  return { ...run, settings, end, time };
}

const LINES = [
  ['edge', 'may be sent (SND.UNA + SND.WND)', 'accent'],
  ['nxt', 'sent (SND.NXT)', 'line'],
  ['una', 'acknowledged (SND.UNA)', 'line dashed'],
  ['taken', 'read by the application', 'faint dotted'],
];

const number = (value) => value.toLocaleString('en');

function said({ ended, ticks, time, end, settings }) {
  if (time < end) {
    const { nxt, una, edge, held, events } = ticks[time];
    return `Tick ${time} of ${end}: ${number(nxt)} octets sent, ${number(una)} acknowledged; the window is ${number(edge - una)}, and ${number(edge - nxt)} of it can be used. The receiver’s buffer holds ${number(held)}.${events.length ? ` Now ${events.join('; ')}.` : ''}`;
  }
  if (ended === null) return `Not done after ${TICKS_MAX} ticks: ${number(ticks.at(-1).una)} octets of ${number(TOTAL)} are acknowledged.`;
  const trip = 2 * settings.delay;
  const bound = settings.buffer / trip;
  const limits = [[bound, `the window, ${number(settings.buffer)} octets in a round trip of ${trip} ticks`], [settings.read, 'the application'], [RATE * MSS, 'the link']];
  const [least, what] = limits.reduce((some, other) => (other[0] < some[0] ? other : some));
  return `${number(TOTAL)} octets in ${ended} ticks, ${number(Math.round(TOTAL / ended))} in a tick. At most ${number(Math.round(least))} in a tick would go through: ${what} sets that limit.`;
}

function plot(id, { ticks, time, end, settings }, width) {
  const wide = width >= 560;
  const [total, height, left, right, top, bottom] = wide ? [660, 320, 58, 14, 14, 40] : [322, 270, 46, 8, 12, 38];
  const last = Math.max(end, 10);
  const x = (tick) => left + ((total - left - right) * tick) / last;
  const most = TOTAL + settings.buffer;
  const y = (octets) => height - bottom - ((height - top - bottom) * octets) / most;
  const path = (key) => ticks.slice(0, time + 1).map((tick, index) => (index ? `H${x(tick.time).toFixed(1)} V${y(tick[key]).toFixed(1)}` : `M${x(tick.time).toFixed(1)} ${y(tick[key]).toFixed(1)}`)).join(' ');
  const marks = (step, max) => Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
  const probes = ticks.slice(0, time + 1).filter((tick) => tick.events.some((event) => event.includes('probe')));
  const lost = ticks.slice(0, time + 1).filter((tick) => tick.events.some((event) => event.includes('lost')));
  const stepX = last > 120 ? 40 : last > 60 ? 20 : 10;
  const desc = LINES.map(([key, label]) => `${label}: ${number(ticks[time][key])} at tick ${time}`).join('; ');
  return html`<p class="key">${LINES.map(([, label, kind]) => html`<span class="entry"><svg class="figure swatch" viewBox="0 0 34 12" aria-hidden="true"><path class="${kind}" d="M1 6 H33"/></svg> ${label}</span> `)}${probes.length > 0 && html`<span>△ zero-window probe</span> `}${lost.length > 0 && html`<span>✕ lost update</span>`}</p>${picture(id, { width: total, height, title: 'Octets over time', desc: `${desc}. ${settings.pause ? `The application reads nothing from tick ${PAUSE[0]} to ${PAUSE[1]}. ` : ''}${count(probes.length, 'zero-window probe')}.` }, html`
${settings.pause && html`<rect class="asleep" x="${x(PAUSE[0])}" y="${top}" width="${Math.max(x(Math.min(PAUSE[1], last)) - x(PAUSE[0]), 0)}" height="${height - top - bottom}"/><text class="small" x="${x(PAUSE[0]) + 5}" y="${height - bottom - 6}">reads nothing</text>`}
<path class="line" d="M${left} ${top} V${height - bottom} H${total - right}"/>
${marks(stepX, last).map((tick) => html`<line class="faint" x1="${x(tick)}" y1="${height - bottom}" x2="${x(tick)}" y2="${height - bottom + 5}"/><text class="small" x="${x(tick)}" y="${height - bottom + 18}" text-anchor="middle">${tick}</text>`)}
<text class="small" x="${total - right}" y="${height - 5}" text-anchor="end">ticks</text>
${marks(6000, most).map((octets) => html`<line class="faint" x1="${left - 5}" y1="${y(octets)}" x2="${left}" y2="${y(octets)}"/><text class="small" x="${left - 8}" y="${y(octets) + 4}" text-anchor="end">${wide ? number(octets) : octets / 1000 + (octets ? 'k' : '')}</text>`)}
${LINES.map(([key, , kind]) => html`<path class="${kind}" d="${path(key)}"/>`)}
${probes.map((tick) => html`<path class="accent" d="M${x(tick.time)} ${y(tick.nxt) + 4} l-5 9 h10 z"/>`)}
${lost.map((tick) => html`<path class="accent" d="M${x(tick.time) - 5} ${y(tick.edge) - 12} l10 10 m0 -10 l-10 10"/>`)}
${time < end && html`<line class="faint" x1="${x(time)}" y1="${top}" x2="${x(time)}" y2="${height - bottom}"/>`}`)}`;
}

function table({ ticks, time }) {
  const rows = ticks.slice(0, time + 1).filter((tick, index) => {
    const before = ticks[index - 1];
    return !before || tick.events.length || LINES.some(([key]) => tick[key] !== before[key]);
  });
  return html`<div class="scroll" role="group" aria-label="Tick by tick" tabindex="0"><table><thead><tr><th scope="col">tick</th>${LINES.map(([, label]) => html`<th scope="col">${label}</th>`)}<th scope="col">happens</th></tr></thead><tbody>${rows.slice(0, 120).map((tick) => html`<tr><th scope="row">${tick.time}</th>${LINES.map(([key]) => html`<td>${number(tick[key])}</td>`)}<td>${tick.events.join('; ')}</td></tr>`)}</tbody></table></div>`;
}

export default define({
  name: 'tcp-window',
  label: 'The window over time',
  start: { buffer: '4000', read: '2000', delay: '3', pause: 'true', lose: 'false', time: '' },
  play(state) {
    const { time, end } = read(state);
    if (state.time === '') return { ...state, time: '0' };
    return time < end ? { ...state, time: time + 1 >= end ? '' : String(time + 1) } : null;
  },
  view(state, { id, width }) {
    const now = read(state);
    const { settings, time, end } = now;
    const check = (name, label) => html`<label class="choice"><input type="checkbox" name="${name}" ${flag(state[name] === 'true', 'checked')}><span>${label}</span></label>`;
    const bar = (name, label, unit) => slider(name, label, { min: LIMITS[name][0], max: LIMITS[name][1], step: LIMITS[name][2], value: settings[name], said: unit(settings[name]) });
    return {
      controls: html`${bar('buffer', 'Receiver’s buffer', (value) => count(value, 'octet'))}
${bar('read', 'The application reads', (value) => `${count(value, 'octet')} a tick`)}
${bar('delay', 'Way', (value) => `${count(value, 'tick')}, ${2 * value} there and back`)}
${slider('time', 'Time', { min: 0, max: end, value: time, said: `tick ${time} of ${end}` })}
<fieldset><legend>And</legend>${check('pause', `the application reads nothing from tick ${PAUSE[0]} to ${PAUSE[1]}`)}${check('lose', 'updates that open the window are lost, until a probe asks')}</fieldset>
<p class="examples">${button('first', 'From the start')} ${button('step', 'Step', { off: time >= end })}</p>`,
      said: said(now),
      figure: plot(id, now, width),
      words: table(now),
    };
  },
  on: {
    buffer: (state, buffer) => ({ ...state, buffer, time: '' }),
    read: (state, each) => ({ ...state, read: each, time: '' }),
    delay: (state, delay) => ({ ...state, delay, time: '' }),
    pause: (state, pause) => ({ ...state, pause, time: '' }),
    lose: (state, lose) => ({ ...state, lose, time: '' }),
    time: (state, time) => ({ ...state, time: Number(time) >= read(state).end ? '' : time }),
    first: (state) => ({ ...state, time: '0' }),
    step(state) {
      const { time, end } = read(state);
      return { ...state, time: time + 1 >= end ? '' : String(time + 1) };
    },
  },
  sources: html`The window: RFC 9293 §3.8.6. Zero-window probes: §3.8.6.1. Whole segments, and no small steps of the right edge: §3.8.6.2. Segments have ${number(MSS)} octets here, at most ${RATE} leave in a tick, and the first probe leaves 6 ticks after the window closed. Congestion control and loss of data are left out.`,
});
