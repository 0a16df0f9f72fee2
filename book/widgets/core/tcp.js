// Two ends of TCP and the way between them: states, sequence numbers, loss.
// RFC 9293 §3.3.2 (figure 5), §3.5, §3.6 and §3.10. Windows, out-of-order
// segments and security are left out; a segment that comes out of order is
// acknowledged as what is missing, and dropped (§3.10.7.4 lets a TCP keep it).

export const STATES = [
  'CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1',
  'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT',
];

/** The octets of data that one SEND hands over. */
export const DATA = 6;

const ISS = { A: 100, B: 300 };

/** A new connection begins elsewhere, so that old segments do not fit it. */
const ISS_STEP = 1000;

const closed = (name) => ({ name, state: 'CLOSED', una: 0, nxt: 0, iss: 0, rcv: 0, irs: 0, opens: 0, passive: false, queue: [] });

/** Both ends closed, and nothing on the way. */
export const start = () => ({ A: closed('A'), B: closed('B'), way: { A: [], B: [] }, time: 0, log: [] });

const other = (name) => (name === 'A' ? 'B' : 'A');

/** `SYN,ACK` and the numbers, as the RFC writes them. */
export function written({ flags, seq, ack, len }) {
  const has = flags.includes('ACK');
  return `<SEQ=${seq}>${has ? `<ACK=${ack}>` : ''}<CTL=${flags}>${len ? '<DATA>' : ''}`;
}

/** What a segment is called in a drawing. */
export const labelOf = ({ flags, len }) => (len ? 'data' : flags);

/** SEG.LEN: data, and one each for SYN and FIN. */
const lengthOf = ({ flags, len }) => len + flags.includes('SYN') + flags.includes('FIN');

// ---------------------------------------------------------------- one end

/** What a segment, a call or a timer does to one end: a new end, what it sends, and why. */
class Turn {
  constructor(end) {
    this.end = { ...end, queue: [...end.queue] };
    this.sends = [];
    this.why = '';
  }

  send(flags, { seq = this.end.nxt, ack = this.end.rcv, len = 0 } = {}) {
    this.sends.push({ flags, seq, ack: flags.includes('ACK') ? ack : 0, len });
    return this;
  }

  /** Sends what takes sequence numbers, and keeps it until it is acknowledged. */
  sendKept(flags, len = 0) {
    this.send(flags, { len });
    const segment = this.sends.at(-1);
    this.end.nxt += lengthOf(segment);
    this.end.queue.push(segment);
    return this;
  }

  to(state) {
    this.end.state = state;
    if (state === 'CLOSED' || state === 'LISTEN') Object.assign(this.end, { queue: [], una: 0, nxt: 0, rcv: 0, irs: 0 });
    if (state === 'TIME-WAIT') this.end.queue = [];
    return this;
  }

  /** Chooses the initial sequence number. */
  begin() {
    const iss = ISS[this.end.name] + ISS_STEP * this.end.opens;
    Object.assign(this.end, { iss, una: iss, nxt: iss, opens: this.end.opens + 1 });
  }

  because(why) {
    this.why = this.why ? `${this.why}; ${why}` : why;
    return this;
  }
}

/** What may be done to an end now, by its user or its clock. */
export function can(end) {
  return {
    listen: end.state === 'CLOSED',
    open: end.state === 'CLOSED' || end.state === 'LISTEN',
    send: end.state === 'ESTABLISHED' || end.state === 'CLOSE-WAIT',
    close: ['LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT'].includes(end.state),
    abort: !['CLOSED', 'LISTEN', 'TIME-WAIT'].includes(end.state),
    again: end.queue.length > 0,
    wait: end.state === 'TIME-WAIT',
  };
}

/** Where an ABORT tells the other end (§3.10.5). */
const RESETS = ['SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT'];

/** The calls of §3.10.1 to §3.10.5, and the timeouts of §3.10.8. */
export function call(end, what) {
  const turn = new Turn(end);
  if (!can(end)[what]) return null;
  switch (what) {
    case 'listen':
      turn.end.passive = true;
      return turn.to('LISTEN').because('a passive OPEN');
    case 'open':
      turn.end.passive = false;
      turn.begin();
      turn.sendKept('SYN');
      turn.end.state = 'SYN-SENT';
      return turn.because('an active OPEN');
    case 'send':
      return turn.sendKept('ACK', DATA).because(`a SEND of ${DATA} octets`);
    case 'close':
      if (end.state === 'LISTEN' || end.state === 'SYN-SENT') return turn.to('CLOSED').because('CLOSE before a connection stood');
      turn.sendKept('FIN,ACK');
      turn.end.state = end.state === 'CLOSE-WAIT' ? 'LAST-ACK' : 'FIN-WAIT-1';
      return turn.because('a CLOSE: it has no more to send');
    case 'abort':
      if (RESETS.includes(end.state)) turn.send('RST');
      return turn.to('CLOSED').because('an ABORT');
    case 'again': {
      const [segment] = end.queue;
      const flags = segment.flags === 'SYN' && end.state !== 'SYN-SENT' ? 'SYN,ACK' : segment.flags;
      turn.send(flags, { seq: segment.seq, len: segment.len });
      return turn.because('no acknowledgment in time: the retransmission timeout');
    }
    default:
      return turn.to('CLOSED').because('the time-wait timeout, 2 MSL');
  }
}

/** RFC 9293 §3.10.7: a segment arrives at an end. */
export function arrive(end, segment) {
  const turn = new Turn(end);
  const { flags, seq, ack } = segment;
  const has = (flag) => flags.split(',').includes(flag);
  const reset = () => (has('ACK') ? turn.send('RST', { seq: ack }) : turn.send('RST,ACK', { seq: 0, ack: seq + lengthOf(segment) }));

  if (end.state === 'CLOSED') {
    if (has('RST')) return turn.because('a RST to nobody is dropped');
    reset();
    return turn.because('there is no connection: a RST answers');
  }

  if (end.state === 'LISTEN') {
    if (has('RST')) return turn.because('a RST is dropped: there is nothing to reset');
    if (has('ACK')) return reset().because('nothing was sent that could be acknowledged: a RST answers');
    if (!has('SYN')) return turn.because('dropped: no SYN');
    Object.assign(turn.end, { rcv: seq + 1, irs: seq, passive: true });
    turn.begin();
    turn.sendKept('SYN,ACK');
    turn.end.state = 'SYN-RECEIVED';
    return turn.because('a SYN');
  }

  if (end.state === 'SYN-SENT') {
    const fine = has('ACK') && ack > end.iss && ack <= end.nxt;
    if (has('ACK') && !fine) return has('RST') ? turn.because('dropped: it acknowledges what was never sent') : turn.send('RST', { seq: ack }).because('it acknowledges what was never sent: a RST answers');
    if (has('RST')) return fine ? turn.to('CLOSED').because('a RST that acknowledges the SYN: connection refused') : turn.because('dropped: a RST without the right acknowledgment');
    if (!has('SYN')) return turn.because('dropped: no SYN');
    Object.assign(turn.end, { rcv: seq + 1, irs: seq });
    if (fine) {
      Object.assign(turn.end, { una: ack, queue: [] });
      turn.end.state = 'ESTABLISHED';
      return turn.send('ACK').because('its SYN is acknowledged, and the other’s has come');
    }
    turn.end.state = 'SYN-RECEIVED';
    return turn.send('SYN,ACK', { seq: end.iss }).because('a SYN, and its own is not acknowledged: both opened at once');
  }

  // First, the sequence number (§3.10.7.4). A SYN,ACK that ends a simultaneous
  // open repeats the SYN; figure 7 takes it for its acknowledgment.
  const crossing = end.state === 'SYN-RECEIVED' && flags === 'SYN,ACK' && seq === end.irs;
  if (seq < end.rcv && !crossing) {
    if (has('RST')) return turn.because('dropped: a RST out of place');
    if (end.state === 'TIME-WAIT' && has('FIN')) turn.because('the FIN again: the 2 MSL begin anew');
    turn.send('ACK').because('a repetition is acknowledged once more');
    // It may still bring an acknowledgment that was lost before.
    return has('ACK') && ack > turn.end.una && ack <= turn.end.nxt ? acknowledge(turn, ack) : turn;
  }
  const early = seq > end.rcv;
  if (early && (has('RST') || has('SYN'))) return turn.send('ACK').because('not the next number: a challenge ACK');
  // Second, the RST bit.
  if (has('RST')) {
    if (end.state === 'SYN-RECEIVED') return turn.to(end.passive ? 'LISTEN' : 'CLOSED').because(end.passive ? 'a RST: back to LISTEN' : 'a RST: connection refused');
    return turn.to('CLOSED').because(['CLOSING', 'LAST-ACK', 'TIME-WAIT'].includes(end.state) ? 'a RST' : 'a RST: connection reset');
  }
  // Fourth, the SYN bit: in a connection that stands it is only answered.
  if (has('SYN') && !crossing) {
    if (end.state === 'SYN-RECEIVED' && end.passive) return turn.to('LISTEN').because('another SYN: back to LISTEN');
    return turn.send('ACK').because('a SYN in a connection: a challenge ACK (RFC 5961)');
  }
  // Fifth, the ACK field.
  if (!has('ACK')) return turn.because('dropped: no ACK');
  if (end.state === 'SYN-RECEIVED' && !(ack > end.una && ack <= end.nxt)) return turn.send('RST', { seq: ack }).because('it acknowledges what was never sent: a RST answers');
  if (ack > end.nxt) return turn.send('ACK').because('it acknowledges what was never sent: answered, and dropped');
  if (ack > end.una) acknowledge(turn, ack);
  if (turn.end.state === 'CLOSED') return turn;
  if (early && lengthOf(segment)) return turn.send('ACK').because('something before it is missing: it is dropped, and what came is acknowledged once more');
  // Seventh, the text; eighth, the FIN bit.
  const { state } = turn.end;
  let answer = false;
  if (segment.len && ['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'].includes(state)) {
    turn.end.rcv += segment.len;
    turn.because(`${segment.len} octets of data`);
    answer = true;
  }
  if (has('FIN')) {
    turn.end.rcv += 1;
    turn.because('a FIN: the other end has no more to send');
    answer = true;
    turn.end.state = { ESTABLISHED: 'CLOSE-WAIT', 'FIN-WAIT-1': 'CLOSING', 'FIN-WAIT-2': 'TIME-WAIT' }[state] ?? state;
    if (turn.end.state === 'TIME-WAIT') turn.end.queue = [];
  }
  return answer ? turn.send('ACK') : turn;
}

/** What an acknowledgment of new things does, by the state. */
function acknowledge(turn, ack) {
  const { end } = turn;
  end.una = ack;
  end.queue = end.queue.filter((segment) => segment.seq + lengthOf(segment) > ack);
  const all = ack === end.nxt;
  const next = {
    'SYN-RECEIVED': 'ESTABLISHED',
    'FIN-WAIT-1': all && 'FIN-WAIT-2',
    CLOSING: all && 'TIME-WAIT',
    'LAST-ACK': all && 'CLOSED',
  }[end.state];
  const what = { 'SYN-RECEIVED': 'its SYN', 'FIN-WAIT-1': 'its FIN', CLOSING: 'its FIN', 'LAST-ACK': 'its FIN' }[end.state];
  if (!next) return turn.because('data is acknowledged');
  return turn.to(next).because(`${what} is acknowledged`);
}

// ---------------------------------------------------------------- both ends

/**
 * The events, each two letters: who or where, and what.
 *
 *   al bl  listen     ao bo  open      as bs  send       ac bc  close
 *   ax bx  abort      aa ba  again: the retransmission timeout
 *   aw bw  the time-wait timeout
 *   ga gb  the segment that flies to A or B arrives       la lb  it is lost
 */
const CALLS = { l: 'listen', o: 'open', s: 'send', c: 'close', x: 'abort', a: 'again', w: 'wait' };
const LABELS = { l: 'listens', o: 'opens', s: 'sends', c: 'closes', x: 'aborts', a: 'sends again', w: 'has waited 2 MSL' };

/** The world after an event, or null if it cannot happen now. */
export function step(world, event) {
  const [first, second] = event;
  const onWay = first === 'g' || first === 'l';
  const name = (onWay ? second : first)?.toUpperCase();
  if (event.length !== 2 || !(name in ISS)) return null;
  const time = world.time + 1;
  const way = { A: [...world.way.A], B: [...world.way.B] };
  let log = world.log;
  let turn;
  let text;
  if (onWay) {
    const flying = way[name].shift();
    if (!flying) return null;
    log = log.map((entry) => (entry.id === flying.id ? { ...entry, [first === 'g' ? 'arrived' : 'lost']: time } : entry));
    if (first === 'l') {
      text = `${labelOf(flying.segment)} to ${name} is lost`;
      return { ...world, way, time, log: [...log, { kind: 'event', time, name, text, lost: true }] };
    }
    turn = arrive(world[name], flying.segment);
    text = `${labelOf(flying.segment)} arrives at ${name}`;
  } else {
    if (!CALLS[second]) return null;
    turn = call(world[name], CALLS[second]);
    if (!turn) return null;
    text = `${name} ${LABELS[second]}`;
  }
  const sent = turn.sends.map((segment, index) => ({ kind: 'segment', id: `${time}.${index}`, from: name, to: other(name), segment, sent: time }));
  way[other(name)].push(...sent.map(({ id, segment }) => ({ id, segment })));
  const before = world[name].state;
  const entry = { kind: 'event', time, name, text, why: turn.why, state: turn.end.state, changed: before !== turn.end.state, before };
  return { ...world, [name]: turn.end, way, time, log: [...log, entry, ...sent] };
}

/** The world after all these events; the first that cannot happen ends it. */
export function run(events) {
  const done = [];
  let world = start();
  for (const event of events) {
    const next = step(world, event);
    if (!next) break;
    world = next;
    done.push(event);
  }
  return { world, done };
}

/** Stories to step through. */
export const SCRIPTS = {
  close: { name: 'handshake, a greeting, and the close', does: 'bl ao gb ga gb bs ga gb ac gb ga bc ga gb aw' },
  synlost: { name: 'the SYN is lost', does: 'bl ao lb aa gb ga gb' },
  synacklost: { name: 'the SYN,ACK is lost', does: 'bl ao gb la ba ga gb' },
  acklost: { name: 'the last ACK of the handshake is lost', does: 'bl ao gb ga lb as gb ga' },
  refused: { name: 'nobody listens', does: 'ao gb ga' },
  both: { name: 'both open at once', does: 'ao bo ga gb gb ga' },
  bothclose: { name: 'both close at once', does: 'bl ao gb ga gb ac bc gb ga gb ga aw bw' },
  finlost: { name: 'the FIN is lost', does: 'bl ao gb ga gb ac lb aa gb ga bc ga gb aw' },
  finacklost: { name: 'the last ACK of the close is lost', does: 'bl ao gb ga gb ac gb ga bc ga lb ba ga gb aw' },
  half: { name: 'one end closes, the other still sends', does: 'bl ao gb ga gb ac gb ga bs ga gb bc ga gb aw' },
  abort: { name: 'one end aborts', does: 'bl ao gb ga gb bx ga' },
};
