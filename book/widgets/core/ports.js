// Which socket of a host gets what arrives: RFC 9293 §3.10.7, RFC 768, RFC 1122
// §4.1.3. The suite holds this against the sockets of a Linux kernel.

/** RFC 6335 §6: what a port number is for. */
export function portRange(port) {
  if (port === 0) return 'reserved';
  if (port < 1024) return 'system';
  return port < 49_152 ? 'user' : 'dynamic';
}

/** `0.0.0.0` stands for every address of the host, and port 0 for every port of a peer. */
export const ANY = '0.0.0.0';

const loopback = (address) => address.startsWith('127.');

/** How a packet fits the local and the remote half of a socket, part by part. */
export function fit(socket, packet) {
  return {
    protocol: socket.protocol === packet.protocol,
    localAddress: socket.localAddress === ANY || socket.localAddress === packet.destination,
    localPort: socket.localPort === packet.destinationPort,
    remoteAddress: socket.remoteAddress === ANY || socket.remoteAddress === packet.source,
    remotePort: socket.remotePort === 0 || socket.remotePort === packet.sourcePort,
  };
}

export const fits = (socket, packet) => Object.values(fit(socket, packet)).every(Boolean);

/** How much of the five-tuple a socket names: the more, the better it fits. */
const named = (socket) => (socket.remotePort ? 2 : 0) + (socket.localAddress !== ANY ? 1 : 0);

/**
 * Sockets are {name, protocol, localAddress, localPort, remoteAddress,
 * remotePort, listening}; a packet is {protocol, source, sourcePort,
 * destination, destinationPort, syn}.
 *
 * → {socket} that gets it, or {answer} to its sender; and {why}.
 */
export function deliver(sockets, packet) {
  if (loopback(packet.source) !== loopback(packet.destination)) {
    return { answer: 'nothing', why: 'a loopback address never comes from outside or goes there (RFC 1122 §3.2.1.3): dropped' };
  }
  const candidates = sockets.filter((socket) => fits(socket, packet)).sort((a, b) => named(b) - named(a));
  const [best] = candidates;
  if (packet.protocol === 'UDP') {
    if (!best) return { answer: 'ICMP', why: 'no socket has this port: ICMP port unreachable goes back (RFC 1122 §4.1.3.1)' };
    if (best.remotePort) return { socket: best, why: 'all five parts are those of this connected socket' };
    return { socket: best, why: best.localAddress === ANY ? 'its port is bound for every address of the host' : 'its port and this very address are bound' };
  }
  const connection = candidates.find((socket) => !socket.listening);
  if (connection) return { socket: connection, why: 'all five parts are those of this connection' };
  if (!best) return { answer: 'RST', why: 'nobody listens at this port, and no connection has these five: a RST goes back (RFC 9293 §3.10.7.1)' };
  if (!packet.syn) return { answer: 'RST', why: 'somebody listens, but no connection has these five, and this is no SYN: a RST goes back (RFC 9293 §3.10.7.2)' };
  return { socket: best, why: `a SYN for a listener${best.localAddress === ANY ? ' at every address' : ' at this address'}: a new connection with these five begins` };
}
