// Answers the suite: a line of standard input is a question, and gets one line,
// computed by the scripts of the book's widgets. `node core.mjs TOPIC`.

import { readFileSync } from 'node:fs';

const widgets = new URL('../../../book/widgets/', import.meta.url);
const from = (file) => import(new URL(file, widgets));

const octets = (hex) => (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
const hex = (all) => all.map((octet) => octet.toString(16).padStart(2, '0')).join('');

async function addresses() {
  const a = await from('core/address.js');
  const answers = {
    parse(text) {
      const bits = a.parse(text);
      return `${a.text(bits)}  ${a.hex(bits)}  ${a.binary(bits)}`;
    },
    class(text) {
      const bits = a.parse(text);
      const range = a.rangeOf(bits);
      return `${a.text(bits)}  class ${a.classOf(bits)}  ${range ? `${range.name}  ${range.prefix}  ${range.rfc}` : 'public'}`;
    },
    net(text) {
      const { address, len } = a.parsePrefix(text);
      const { first, last, count } = a.hosts(address, len);
      const broadcast = a.broadcast(address, len);
      return `${a.text(address)}/${len}  network ${a.text(a.network(address, len))}  broadcast ${broadcast === null ? 'none' : a.text(broadcast)}`
        + `  first ${a.text(first)}  last ${a.text(last)}  hosts ${count}  mask ${a.text(a.mask(len))}  wildcard ${a.text(~a.mask(len) >>> 0)}`;
    },
    v6(text) {
      const groups = a.parse6(text);
      return `${a.text6(groups)}  ${a.full6(groups)}`;
    },
    net6(text) {
      const { address, len } = a.parsePrefix6(text);
      const range = a.rangeOf6(address);
      return `${a.text6(a.cut6(address, len))} ${a.text6(a.cut6(address, len, 1))} ${range?.prefix ?? 'none'}`;
    },
  };
  return (question) => {
    const [, kind, text] = /^(\w+) (.*)$/.exec(question);
    try {
      return answers[kind](text);
    } catch (error) {
      if (error instanceof a.Refused) return `! ${error.message}`;
      throw error;
    }
  };
}

async function framing() {
  const f = await from('core/framing.js');
  return (question) => {
    const [kind, framing, stream, cuts = ''] = question.split(' ');
    if (kind === 'emit') return hex(f.emit(framing, [octets(stream)]));
    const decoder = new f.Decoder(framing);
    const lengths = cuts.split(',').map(Number);
    let rest = octets(stream);
    const messages = [];
    for (let turn = 0; rest.length && !decoder.error; turn += 1) {
      const len = lengths[turn % lengths.length];
      messages.push(...decoder.handle(rest.slice(0, len)));
      rest = rest.slice(len);
    }
    const error = decoder.end();
    return JSON.stringify({ messages: messages.map(f.escape), error });
  };
}

async function packets() {
  const { dissect, readHex } = await from('core/packet.js');
  return (question) => {
    const { octets, refused } = readHex(question);
    if (refused) return JSON.stringify({ refused });
    const { layers, rests, problem, warnings } = dissect(octets);
    return JSON.stringify({
      layers: layers.map(({ name, at, len, fields }) => ({ name, at, len, fields: Object.fromEntries(fields.map((field) => [field.name, field.raw])) })),
      rests: rests.map(({ name, at, len }) => [name, at, len]),
      problem,
      warnings: warnings.map(({ text }) => text),
    });
  };
}

async function sums() {
  const { checksum } = await from('core/packet.js');
  return (question) => checksum(octets(question)).toString(16).padStart(4, '0');
}

async function dumps() {
  const { readHex } = await from('core/packet.js');
  return (question) => {
    const { octets, refused } = readHex(question);
    return refused ? `! ${refused}` : hex(octets);
  };
}

/** One end of TCP in a state, with 100 and 300 as the first numbers. */
function tcpEnd(state, passive) {
  const sent = { 'SYN-SENT': [100, 101], 'SYN-RECEIVED': [100, 101], ESTABLISHED: [101, 101], 'CLOSE-WAIT': [101, 101], 'FIN-WAIT-2': [102, 102], 'TIME-WAIT': [102, 102] };
  const [una, nxt] = sent[state] ?? (['CLOSED', 'LISTEN'].includes(state) ? [0, 0] : [101, 102]);
  const heard = ['CLOSED', 'LISTEN', 'SYN-SENT'].includes(state) ? 0 : ['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'].includes(state) ? 302 : 301;
  const kept = { flags: { 'SYN-SENT': 'SYN', 'SYN-RECEIVED': passive ? 'SYN,ACK' : 'SYN' }[state] ?? 'FIN,ACK', seq: una, ack: heard, len: 0 };
  return { name: 'A', state, una, nxt, iss: 100, rcv: heard, irs: heard && 300, opens: 0, passive, queue: nxt > una ? [kept] : [] };
}

async function tcp() {
  const t = await from('core/tcp.js');
  const shown = (turn) => (turn ? [turn.end.state, ...turn.sends.map(t.written)].join(' ') : 'not possible');
  const answers = {
    call: (state, passive, what) => shown(t.call(tcpEnd(state, passive === 'passive'), what)),
    arrive: (state, passive, flags, seq, ack, len) => shown(t.arrive(tcpEnd(state, passive === 'passive'), { flags, seq: Number(seq), ack: Number(ack), len: Number(len) })),
    story(name) {
      const events = t.SCRIPTS[name].does.split(' ');
      const { world, done } = t.run(events);
      const log = world.log.map((entry) => (entry.kind === 'segment' ? `${entry.from} ${t.written(entry.segment)}` : entry.changed ? `${entry.name}=${entry.state}` : null));
      return `${done.length === events.length ? '' : 'stopped '}${log.filter(Boolean).join(' ')}`;
    },
    stories: () => Object.keys(t.SCRIPTS).join(' '),
    // Any events, and then whatever flies arrives and whoever waits sends again.
    walk(...events) {
      let world = t.start();
      const can = (event) => {
        const next = t.step(world, event);
        world = next ?? world;
        return Boolean(next);
      };
      // One connection: an end that was closed again is not opened anew.
      const closed = { a: false, b: false };
      for (const event of events) {
        if (!(closed[event[0]] && 'lo'.includes(event[1]) && 'ab'.includes(event[0]))) can(event);
        for (const end of ['a', 'b']) closed[end] ||= world.log.some((entry) => entry.name === end.toUpperCase() && entry.changed && entry.state === 'CLOSED');
      }
      let turns = 0;
      const flies = () => can('ga') || can('gb');
      const again = () => [can('aa'), can('ba')].some(Boolean);
      for (; turns < 200 && (flies() || again()); turns += 1);
      const changes = world.log.filter((entry) => entry.changed).map((entry) => `${entry.before}>${entry.state}`);
      return `${world.A.state} ${world.B.state} ${world.A.queue.length + world.B.queue.length + world.way.A.length + world.way.B.length} ${changes.join(' ')}`;
    },
  };
  return (question) => {
    const [kind, ...words] = question.split(' ');
    return answers[kind](...words);
  };
}

async function ports() {
  const { deliver, portRange } = await from('core/ports.js');
  return (question) => {
    const asked = JSON.parse(question);
    if ('port' in asked) return portRange(asked.port);
    const { socket, answer } = deliver(asked.sockets, asked.packet);
    return socket?.name ?? answer;
  };
}

async function links() {
  const { transmit } = await from('core/arq.js');
  return (question) => {
    const asked = JSON.parse(question);
    return JSON.stringify(transmit({ ...asked, lost: new Set(asked.lost) }));
  };
}

async function windows() {
  const { flow } = await from('core/window.js');
  return (question) => JSON.stringify(flow(JSON.parse(question)));
}

/** The recorded frames, in hexadecimal, whatever is asked. */
async function frames() {
  const { FRAMES } = await from('core/frames.js');
  return () => JSON.stringify(Object.values(FRAMES).map(({ octets }) => hex(octets)));
}

const topics = { addresses, framing, packets, sums, dumps, tcp, ports, links, windows, frames };
const answer = await topics[process.argv[2]]();
const lines = readFileSync(0, 'utf8').split('\n');
lines.pop();
process.stdout.write(lines.map((line) => `${answer(line)}\n`).join(''));
