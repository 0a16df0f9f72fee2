import { button, define, html, picture, select } from './widget.js';
import { SCRIPTS, can, labelOf, run, step, written } from './core/tcp.js';
import { ladder } from './parts/ladder.js';

/** How many events a drawing holds. */
const ROOM = 40;

/** The boxes of figure 5, each with its place. */
const PLACES = {
  CLOSED: [170, 16, 92], LISTEN: [64, 66, 92], 'SYN-SENT': [280, 66, 100], 'SYN-RECEIVED': [64, 122, 120], ESTABLISHED: [222, 122, 116],
  'FIN-WAIT-1': [64, 184, 108], 'CLOSE-WAIT': [280, 184, 110], 'FIN-WAIT-2': [64, 240, 108], CLOSING: [176, 240, 92], 'LAST-ACK': [284, 240, 100],
  'TIME-WAIT': [64, 296, 108], ' CLOSED': [222, 296, 92],
};
const EDGES = [
  ['CLOSED', 'LISTEN'], ['CLOSED', 'SYN-SENT'], ['LISTEN', 'SYN-RECEIVED'], ['LISTEN', 'SYN-SENT'], ['SYN-SENT', 'SYN-RECEIVED'],
  ['SYN-SENT', 'ESTABLISHED'], ['SYN-RECEIVED', 'ESTABLISHED'], ['SYN-RECEIVED', 'FIN-WAIT-1'], ['ESTABLISHED', 'FIN-WAIT-1'],
  ['ESTABLISHED', 'CLOSE-WAIT'], ['FIN-WAIT-1', 'FIN-WAIT-2'], ['FIN-WAIT-1', 'CLOSING'], ['FIN-WAIT-2', 'TIME-WAIT'],
  ['CLOSING', 'TIME-WAIT'], ['CLOSE-WAIT', 'LAST-ACK'], ['LAST-ACK', ' CLOSED'], ['TIME-WAIT', ' CLOSED'],
];
const BOX = 28;

/** From the edge of one box to the edge of the next. */
function line([x1, y1, width1], [x2, y2, width2]) {
  const clip = (x, y, width, dx, dy) => {
    const scale = Math.min(width / 2 / Math.abs(dx || 1e-9), BOX / 2 / Math.abs(dy || 1e-9));
    return [x + dx * scale, y + dy * scale].map((value) => value.toFixed(1));
  };
  const [from, to] = [clip(x1, y1, width1, x2 - x1, y2 - y1), clip(x2, y2, width2, x1 - x2, y1 - y2)];
  return { from, to };
}

function diagram(id, world) {
  const ends = [world.A, world.B];
  const last = (name) => world.log.filter((entry) => entry.name === name && entry.changed).at(-1);
  const was = (entry, before, after) => entry && entry.before === before.trim() && entry.state === after.trim();
  const opened = (end) => world.log.some((entry) => entry.name === end.name && entry.changed);
  // The box at the bottom is where a connection ends; the one at the top, where none has begun.
  const at = (place) => ends.filter((end) => end.state === place.trim() && (place.trim() !== 'CLOSED' || opened(end) === place.startsWith(' ')));
  const names = (place) => at(place).map((end) => end.name).join('');
  const desc = `A is in ${world.A.state}, B in ${world.B.state}. The lines are the transitions of figure 5 in RFC 9293; resets and CLOSE before a connection stands are left out.`;
  return picture(`${id}-states`, { width: 340, height: 314, title: 'The states of both ends', desc }, html`
${EDGES.map(([before, after]) => {
    const { from, to } = line(PLACES[before], PLACES[after]);
    const taken = was(last('A'), before, after) || was(last('B'), before, after);
    return html`<line class="${taken ? 'accent' : 'faint'}" x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"/>`;
  })}
${Object.entries(PLACES).map(([place, [x, y, wide]]) => {
    const here = names(place);
    return html`<rect class="${here ? 'mark' : 'box'}" x="${x - wide / 2}" y="${y - BOX / 2}" width="${wide}" height="${BOX}" rx="4"/><text class="small" x="${x}" y="${y + 4}" text-anchor="middle">${here && html`<tspan class="who">${here} </tspan>`}${place.trim()}</text>`;
  })}`);
}

function read(state) {
  const asked = state.does.split('.').filter(Boolean).slice(0, ROOM);
  const { world, done } = run(asked);
  const script = SCRIPTS[state.script]?.does.split(' ') ?? [];
  const follows = done.every((event, index) => event === script[index]);
  return { world, done, next: follows ? script[done.length] : undefined, script, follows };
}

const sentence = ({ text, why, changed, state, name }) => `${text}${why ? ` (${why})` : ''}${changed ? `; ${name} is in ${state}` : ''}.`;

function said({ world, done, script, follows }) {
  const event = world.log.filter((entry) => entry.kind === 'event').at(-1);
  const now = `A: ${world.A.state}. B: ${world.B.state}.`;
  if (!event) return `Nothing has happened. ${now}`;
  const sent = world.log.filter((entry) => entry.kind === 'segment' && entry.sent === world.time).map(({ from, segment }) => ` ${from} sends ${written(segment)}.`).join('');
  return `${follows ? `${done.length} of ${script.length}: ` : ''}${sentence(event)}${sent} ${now}`;
}

function words({ world }) {
  return html`<ol>${world.log.filter((entry) => entry.kind === 'event').map((event) => html`<li>${sentence(event)}${world.log.filter((entry) => entry.kind === 'segment' && entry.sent === event.time).map(({ from, segment }) => ` ${from} sends ${written(segment)}.`)}</li>`)}</ol>`;
}

function figure(now, id, width) {
  const { world } = now;
  const label = ({ flags, seq, ack, len }) => `${labelOf({ flags, len })}  seq ${seq}${flags.includes('ACK') ? ` ack ${ack}` : ''}`;
  const segments = world.log.filter((entry) => entry.kind === 'segment');
  const events = world.log.filter((entry) => entry.kind === 'event' && !entry.lost);
  const notes = events.filter((event) => event.changed || !event.text.includes('arrives')).map((event) => ({
    lane: event.name === 'A' ? 0 : 1,
    time: event.time,
    text: event.changed ? event.state : event.text.includes('again') ? 'timeout' : 'SEND',
  }));
  const desc = world.log.filter((entry) => entry.kind === 'event').map(sentence).join(' ') || 'Nothing has been sent yet.';
  const both = width >= 640;
  return html`<div class="${both ? 'pair' : ''}">${ladder(id, {
    left: 'A', right: 'B', notes, time: world.time, rows: Math.max(world.time, 4), title: 'The segments between A and B', desc,
    width: both ? 400 : width,
    arrows: segments.map((entry) => ({ from: entry.from === 'A' ? 0 : 1, sent: entry.sent, arrived: entry.arrived, lost: entry.lost, label: label(entry.segment), short: labelOf(entry.segment) })),
  })}${diagram(id, world)}</div>`;
}

const OWN = [['l', 'listen'], ['o', 'open'], ['s', 'send'], ['c', 'close'], ['x', 'abort'], ['a', 'again'], ['w', 'wait']];
const WORDS = { listen: 'OPEN, passive', open: 'OPEN, active', send: 'SEND', close: 'CLOSE', abort: 'ABORT', again: 'retransmission timeout', wait: 'time-wait timeout' };

export default define({
  name: 'handshake',
  label: 'Handshake and close',
  start: { script: 'close', does: '' },
  still: { does: SCRIPTS.close.does.replaceAll(' ', '.') },
  sound(state) {
    const script = Object.hasOwn(SCRIPTS, state.script) ? state.script : 'close';
    return { script, does: read({ ...state, script }).done.join('.') };
  },
  play(state) {
    const { next, done } = read(state);
    return next ? { ...state, does: [...done, next].join('.') } : null;
  },
  view(state, { id, width }) {
    const now = read(state);
    const { world, done, next } = now;
    const full = done.length >= ROOM;
    const end = (name) => html`<fieldset class="acts-of"><legend>${name}, ${world[name].state}</legend>${OWN.filter(([, what]) => can(world[name])[what]).map(([sign, what]) => button('do', WORDS[what], { arg: name.toLowerCase() + sign, off: full }))}</fieldset>`;
    const flying = (name) => world.way[name][0];
    return {
      controls: html`${select('script', 'Story', Object.entries(SCRIPTS).map(([value, script]) => [value, script.name]), state.script)}
<p class="examples">${button('step', 'Step', { off: !next })} ${button('back', 'Back', { off: !done.length })} ${button('end', 'To the end', { off: !next })}</p>`,
      more: html`<details class="own"><summary>By hand</summary><div class="own-acts">${end('A')}<fieldset class="acts-of"><legend>On the way</legend>${['B', 'A'].map((name) => flying(name) && html`${button('do', `${labelOf(flying(name).segment)} arrives at ${name}`, { arg: `g${name.toLowerCase()}`, off: full })}${button('do', `${labelOf(flying(name).segment)} to ${name} is lost`, { arg: `l${name.toLowerCase()}`, off: full })}`)}${!flying('A') && !flying('B') && html`<span>nothing</span>`}</fieldset>${end('B')}</div></details>`,
      said: said(now),
      figure: figure(now, id, width),
      words: words(now),
    };
  },
  on: {
    script: (_, script) => ({ script, does: '' }),
    step(state) {
      const { next, done } = read(state);
      return next ? { ...state, does: [...done, next].join('.') } : state;
    },
    back: (state) => ({ ...state, does: read(state).done.slice(0, -1).join('.') }),
    end(state) {
      const { script, follows } = read(state);
      return follows ? { ...state, does: script.join('.') } : state;
    },
    do(state, event) {
      const { world, done } = read(state);
      return step(world, event) ? { ...state, does: [...done, event].join('.') } : state;
    },
  },
  sources: html`States: RFC 9293 §3.3.2 and figure 5. Opening: §3.5, figures 6 and 7. Closing: §3.6, figures 12 and 13. What a segment does: §3.10.7. Windows and options are left out; a segment that comes out of order is dropped here, where a TCP may keep it.`,
});
