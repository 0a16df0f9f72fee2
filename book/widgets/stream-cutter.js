import { button, choices, count, define, flag, html } from './widget.js';
import { Bad, Decoder, FRAMINGS, MAX, emit, escape, pieces, unescape } from './core/framing.js';

/** How many octets a stream may have here. */
const ROOM = 48;
/** All ways to cut are tried up to this length: 2^16 of them. */
const TRIED = 17;

const NAMES = [
  ['none', 'no framing'],
  ['length', 'length in 4 octets'],
  ['line', 'LF ends, with escapes'],
  ['cobs', 'COBS'],
];

const shown = (message) => (message.length ? `“${escape(message)}”` : '“” (no octets)');
const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);
const hex = (octets) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');

/** What the state means: {messages, stream, cuts, borders}, or {refused}. */
function read(state) {
  const messages = state.messages.split('\n').map(unescape);
  const bad = messages.indexOf(null);
  if (bad >= 0) return { refused: `line ${bad + 1} has a backslash that starts no escape: \\n, \\r, \\t, \\\\ and \\xHH are some` };
  const stream = emit(state.framing, messages);
  if (stream.length > ROOM) return { refused: `the stream would have ${stream.length} octets, and there is room for ${ROOM}` };
  if (stream.length === 0) return { refused: 'the messages have no octets, and neither has the stream' };
  const cuts = state.cuts.split(',').map(Number).filter((cut) => cut > 0 && cut < stream.length);
  let border = 0;
  const borders = messages.map((message) => (border += emit(state.framing, [message]).length));
  return { messages, stream, cuts, borders };
}

/** A receiver that takes each read for one whole message, or frame. */
function naive(framing, piece) {
  if (framing === 'none') return { message: piece, text: shown(piece) };
  try {
    const frame = FRAMINGS[framing].parse(piece, MAX);
    if (!frame) return { text: 'no whole frame: given up' };
    const rest = piece.length - frame.len;
    return { message: frame.message, text: shown(frame.message) + (rest ? `, and ${count(rest, 'octet')} thrown away` : ''), whole: !rest };
  } catch (error) {
    if (error instanceof Bad) return { text: `refused: ${error.message}` };
    throw error;
  }
}

/** What both receivers make of the stream in these pieces. */
function receive({ framing }, { messages, stream, cuts }) {
  const decoder = framing === 'none' ? null : new Decoder(framing);
  const rows = pieces(stream, cuts).map((piece) => ({
    piece,
    naive: naive(framing, piece),
    decoded: decoder?.handle(piece) ?? [],
    kept: decoder?.buffer.length ?? 0,
  }));
  const got = rows.flatMap((row) => (row.naive.message ? [row.naive.message] : []));
  return {
    rows,
    naive: same(got, messages) && rows.every((row) => row.naive.whole !== false && row.naive.message),
    decoded: decoder && same(rows.flatMap((row) => row.decoded), messages) && decoder.end() === null,
  };
}

/** Every way to cut the stream, and how often each receiver is right. */
function tryAll(state) {
  const now = read(state);
  if (now.refused || now.stream.length > TRIED) return '';
  const ways = 2 ** (now.stream.length - 1);
  let [naively, decoded] = [0, 0];
  for (let way = 0; way < ways; way += 1) {
    const cuts = now.stream.map((_, index) => index + 1).filter((cut) => way & (1 << (cut - 1)));
    const result = receive(state, { ...now, cuts });
    naively += result.naive;
    decoded += Boolean(result.decoded);
  }
  const rest = state.framing === 'none' ? '' : `, the decoder in ${decoded.toLocaleString('en')}`;
  return `${count(ways, 'way')} to cut these ${now.stream.length} octets were tried. One read taken for one message is right in ${naively.toLocaleString('en')} of them${rest}.`;
}

function cells({ stream, cuts, borders }, still) {
  const cell = (octet, index) => {
    const at = index + 1;
    const cut = cuts.includes(at);
    const text = octet.toString(16).padStart(2, '0');
    const sign = octet > 0x20 && octet < 0x7f ? String.fromCharCode(octet) : ' ';
    const kind = `octet-cell${cut ? ' cut' : ''}${borders.includes(at) ? ' border' : ''}`;
    const inside = html`<span data-sign="${sign}">${text}</span>`;
    if (still || at === stream.length) return html`<span class="${kind}">${inside}</span>`;
    return html`<button type="button" class="${kind}" data-do="cut" data-arg="${at}" data-drag="${at}" aria-pressed="${String(cut)}" aria-label="${text}, cut after octet ${at}">${inside}</button>`;
  };
  return html`<div class="octets" ${!still && flag(true, 'role="toolbar" aria-label="The stream; an octet pressed is one that is cut after"')}>${stream.map(cell)}</div>
<p class="key"><span class="octet-cell cut">aa</span> a read ends here <span class="octet-cell border">bb</span> a message ends here</p>`;
}

const verdict = (right) => (right ? html`<b>✔ right</b>` : html`<b>✘ wrong</b>`);

function table(state, now, result) {
  const framed = state.framing !== 'none';
  return html`<div class="scroll"><table class="reads"><thead><tr><th scope="col">read</th><th scope="col">octets</th><th scope="col">one read is one message</th>${framed && html`<th scope="col">a decoder that keeps the rest</th>`}</tr></thead><tbody>
${result.rows.map((row, index) => html`<tr><th scope="row">${index + 1}</th><td><code>${hex(row.piece)}</code></td><td>${row.naive.text}</td>${framed && html`<td>${row.decoded.length ? row.decoded.map(shown).join(', then ') : 'nothing yet'}${row.kept > 0 && `; ${count(row.kept, 'octet')} kept`}</td>`}</tr>`)}
</tbody><tfoot><tr><th scope="row" colspan="2">in all</th><td>${verdict(result.naive)}</td>${framed && html`<td>${verdict(result.decoded)}</td>`}</tr></tfoot></table></div>`;
}

const cutsOf = (list) => [...new Set(list)].sort((a, b) => a - b).join(',');

export default define({
  name: 'stream-cutter',
  label: 'Stream cutter',
  start: { framing: 'length', messages: 'hi\n\nyou', cuts: '3,9', _all: '' },
  sound: (state) => (NAMES.some(([name]) => name === state.framing) ? state : { ...state, framing: 'length' }),
  view(state, { still }) {
    const now = read(state);
    const controls = html`<label class="field"><span>Messages, one a line</span><textarea name="messages" rows="3" cols="22" spellcheck="false" ${flag(now.refused, 'aria-invalid="true"')}>${state.messages}</textarea></label>
${choices('stream-cutter', 'framing', 'Framing', NAMES, state.framing)}
<p class="examples"><span>Cut</span> ${button('cuts', 'nowhere', { arg: '' })} ${button('everywhere', 'after every octet')} ${button('borders', 'where messages end')} ${button('chance', 'anywhere')} ${button('all', 'all ways, one after another', { off: !now.stream || now.stream.length > TRIED })}</p>`;
    if (now.refused) return { controls, said: `Refused: ${now.refused}.`, figure: html`` };
    const result = receive(state, now);
    const sent = now.messages.map(shown).join(', ');
    const kind = NAMES.find(([name]) => name === state.framing)[1];
    const naively = `One read taken for one message is ${result.naive ? 'right this time' : 'wrong'}`;
    return {
      controls,
      said: state._all || `${sent}; ${kind}; ${count(result.rows.length, 'read')}. ${naively}${state.framing === 'none' ? ', and no receiver can know better: the borders are not in the stream' : `; a decoder that keeps what is left gets ${result.decoded ? 'every message' : 'something else'}`}.`,
      figure: html`${cells(now, still)}${table(state, now, result)}`,
    };
  },
  on: {
    messages: (state, messages) => ({ ...state, messages, cuts: '', _all: '' }),
    framing: (state, framing) => ({ ...state, framing, _all: '' }),
    cuts: (state, cuts) => ({ ...state, cuts, _all: '' }),
    cut(state, at) {
      const { cuts } = read(state);
      const next = cuts.includes(Number(at)) ? cuts.filter((cut) => cut !== Number(at)) : [...cuts, Number(at)];
      return { ...state, cuts: cutsOf(next), _all: '' };
    },
    drag(state, fromTo) {
      const [from, to] = fromTo.split(' ').map(Number);
      const { cuts } = read(state);
      if (!cuts.includes(from)) return state;
      return { ...state, cuts: cutsOf([...cuts.filter((cut) => cut !== from), to]), _all: '' };
    },
    everywhere: (state) => ({ ...state, cuts: cutsOf(read(state).stream?.map((_, index) => index + 1).slice(0, -1) ?? []), _all: '' }),
    borders: (state) => ({ ...state, cuts: cutsOf(read(state).borders?.slice(0, -1) ?? []), _all: '' }),
    chance: (state) => ({ ...state, cuts: cutsOf(read(state).stream?.map((_, index) => index + 1).slice(0, -1).filter(() => Math.random() < 0.3) ?? []), _all: '' }),
    all: (state) => ({ ...state, _all: tryAll(state) }),
  },
  sources: html`A stream has no borders: RFC 9293 §2.2. A length before each message: RFC 1035 §4.2.2, with two octets. COBS: Cheshire and Baker, IEEE/ACM Transactions on Networking 7 (2), 1999.`,
});
