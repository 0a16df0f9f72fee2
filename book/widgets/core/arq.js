// A link that loses, and three ways to live with it: stop-and-wait, go-back-N
// and selective repeat (RFC 3366 §1.4). Time is counted in ticks; a sender puts
// one packet on the link in a tick, and everything flies for `delay` ticks.

/** When a run is given up, in ticks. */
export const TICKS_MAX = 400;

export const KINDS = {
  wait: 'stop-and-wait',
  back: 'go-back-N',
  select: 'selective repeat',
};

/**
 * Sends packets 0 to count - 1. `lost` holds what the link loses: `d2` is the
 * second packet put on it, `a1` the first acknowledgment.
 *
 * → {flights, delivered, ended}: what flew, with the tick it left and arrived;
 * the tick each packet was handed to the user; when the sender was done, or
 * null after TICKS_MAX. An acknowledgment of go-back-N and stop-and-wait names
 * the packet that is expected next, one of selective repeat the one that came.
 */
export function transmit({ kind, count, window, delay, timeout, lost }) {
  const size = kind === 'wait' ? 1 : window;
  const flights = [];
  const delivered = [];
  const acked = Array(count).fill(false);
  const sentAt = Array(count).fill(null);
  const times = Array(count).fill(0);
  const kept = new Set();
  let base = 0;
  let next = 0;
  let expected = 0;
  let timer = null;
  const numbers = { data: 0, ack: 0 };
  const fly = (what, packet, time, again = false) => {
    numbers[what] += 1;
    const name = `${what[0]}${numbers[what]}`;
    flights.push({ name, kind: what, packet, sent: time, arrived: lost.has(name) ? null : time + delay, again });
  };
  const deliver = (time) => { delivered.push({ packet: expected, time }); expected += 1; };

  for (let time = 0; time <= TICKS_MAX; time += 1) {
    const arriving = flights.filter((flight) => flight.arrived === time);
    for (const { packet } of arriving.filter((flight) => flight.kind === 'data')) {
      if (kind === 'select') {
        if (packet >= expected) kept.add(packet);
        while (kept.delete(expected)) deliver(time);
        fly('ack', packet, time);
      } else {
        if (packet === expected) deliver(time);
        fly('ack', expected, time);
      }
    }
    for (const { packet } of arriving.filter((flight) => flight.kind === 'ack')) {
      const before = base;
      if (kind === 'select') acked[packet] = true;
      else for (let each = base; each < packet; each += 1) acked[each] = true;
      while (base < count && acked[base]) base += 1;
      next = Math.max(next, base);
      if (base > before) timer = next > base ? time : null;
    }
    if (base === count) return { flights, delivered, ended: time };
    // Timeouts: one timer for the oldest, or one for each.
    let due = [];
    if (kind === 'select') {
      due = sentAt.flatMap((sent, packet) => (sent !== null && !acked[packet] && time - sent >= timeout ? [packet] : []));
    } else if (timer !== null && time - timer >= timeout) {
      next = base;
      timer = null;
    }
    // One packet a tick: what is due first, else the next that the window lets go.
    const packet = due[0] ?? (next < Math.min(base + size, count) ? next : null);
    if (packet !== null) {
      if (due[0] === undefined) next += 1;
      fly('data', packet, time, times[packet] > 0);
      times[packet] += 1;
      sentAt[packet] = time;
      timer ??= time;
    }
  }
  return { flights, delivered, ended: null };
}
