// TCP's window over time: one sender, one receiver with a buffer, and an
// application that reads from it. RFC 9293 §3.8.6. Nothing but window updates is
// ever lost, and congestion control is left out, so that flow control shows.

export const MSS = 1000;
/** How many segments the sender puts on the link in a tick. */
export const RATE = 4;
export const TICKS_MAX = 240;
/** The first zero-window probe comes so many ticks after the window closed; each wait is twice the one before. */
export const PROBE_AFTER = 6;

/**
 * `total` octets through a buffer of `buffer`; the application reads up to
 * `read` octets a tick, but none from tick `pause[0]` to before `pause[1]`; everything flies
 * for `delay` ticks. With `lose`, the updates that open a closed window are lost,
 * until a probe asks.
 *
 * → {ticks, ended}: for each tick what the sender has sent (SND.NXT), what is
 * acknowledged (SND.UNA), how far it may go (SND.UNA + SND.WND), what the
 * application has read, what the buffer holds, and what happened.
 */
export function flow({ total, buffer, read, pause = null, delay, lose = false }) {
  const ticks = [];
  const data = [];
  const acks = [];
  let [nxt, una, edge] = [0, 0, buffer];
  let [received, taken, offered] = [0, 0, buffer];
  let persist = null;
  let shut = false;
  let toLose = lose;
  for (let time = 0; time <= TICKS_MAX; time += 1) {
    const events = [];
    // The receiver: what arrives goes into the buffer, and the application takes from it.
    let answer = false;
    for (const segment of data.filter((each) => each.at === time)) {
      received += segment.len;
      answer = true;
    }
    const asleep = pause && time >= pause[0] && time < pause[1];
    if (!asleep) taken += Math.min(read, received - taken);
    // The right edge moves on only by a useful amount (§3.8.6.2.2), and never back.
    const free = taken + buffer;
    if (free - offered >= Math.min(MSS, buffer / 2)) {
      if (!answer) events.push(offered === received ? 'an update that opens the window leaves' : 'a window update leaves');
      offered = free;
      answer = true;
    }
    if (answer) {
      const asked = data.some((each) => each.at === time);
      if (offered === received) shut = true;
      if (shut && toLose && offered > received && !asked) events.push('and is lost');
      else {
        acks.push({ at: time + delay, ack: received, edge: offered });
        if (shut && offered > received) {
          shut = false;
          toLose = false;
        }
      }
    }
    // The sender: what is acknowledged, and what may go out.
    for (const ack of acks.filter((each) => each.at === time)) {
      una = Math.max(una, ack.ack);
      edge = Math.max(edge, ack.edge);
    }
    for (let sent = 0; sent < RATE && nxt < total; sent += 1) {
      const len = Math.min(MSS, total - nxt);
      // Only whole segments (§3.8.6.2.1), but for the last.
      if (edge - nxt < len) break;
      data.push({ at: time + delay, len });
      nxt += len;
      persist = null;
    }
    if (nxt < total && edge - nxt < Math.min(MSS, total - nxt) && una === nxt) {
      if (edge === nxt) {
        persist ??= { due: time + PROBE_AFTER, wait: PROBE_AFTER };
        if (time >= persist.due) {
          events.push('a zero-window probe leaves');
          persist.wait *= 2;
          persist.due = time + persist.wait;
          data.push({ at: time + delay, len: 0 });
        } else if (persist.due === time + PROBE_AFTER && persist.wait === PROBE_AFTER) events.push('the sender’s window is closed');
      }
    }
    ticks.push({ time, nxt, una, edge, taken, held: received - taken, received, events });
    if (una === total && taken === total) return { ticks, ended: time };
  }
  return { ticks, ended: null };
}
