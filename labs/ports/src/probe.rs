//! Yours: steps 2 and 3.
//!
//! One attempt to connect, and what it says about the port.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::state::PortState;

// ANCHOR: connect
/// Connects to `address`, and waits at most `timeout` for an answer. Sends
/// nothing over the connection. `timeout` is not zero.
///
/// ```text
/// SYN →  ← SYN ACK  ACK →       Ok
/// SYN →  ← RST ACK              Err: ConnectionRefused, at once
/// SYN →  SYN →  SYN →           Err: TimedOut, after `timeout`
/// ```
///
/// # Errors
/// What the system says: nobody listens, nobody answered in time, or the
/// attempt could not be made.
///
/// # Specification
/// RFC 9293 §3.5; what is no answer at all is repeated by the system, after a
/// second at first (RFC 6298 §2), and for minutes if nobody stops it
/// (RFC 9293 §3.8.3).
pub fn connect(address: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    let _ = (address, timeout);
    todo!("step 2: connect, with a timeout")
}
// ANCHOR_END: connect

// ANCHOR: state_of
/// What the outcome of an attempt says about the port; `None` if it says
/// nothing, since the attempt could not be made.
///
/// ```text
/// connected                      →  Open
/// connected, to itself           →  Closed
/// connected, and reset since     →  Open
/// refused (RST)                  →  Closed
/// timed out                      →  Filtered
/// no route to the host (ICMP)    →  Filtered
/// anything else                  →  None
/// ```
///
/// On its own host an attempt can meet itself: the system chooses a port for it,
/// and may choose the very port that is tried. Its SYN then comes back to it, as
/// if two had opened at the same time, and it is connected. Its own address and
/// its peer's are the same, and nobody listens there.
///
/// Between the answer and our look at it the peer may have reset the connection
/// (`ConnectionReset`). There was one, so somebody listens.
///
/// Too many open files, no network at all, not permitted: these are troubles of
/// our own, and the port's TCP was not asked.
///
/// # Specification
/// RFC 9293 §3.5.2 and §3.10.7.1 (a closed port answers by RST), §3.5 (two SYNs
/// that cross make one connection), RFC 1812 §5.2.7.1 (a router that cannot
/// deliver says so by ICMP).
pub fn state_of(outcome: &io::Result<TcpStream>) -> Option<PortState> {
    let _ = outcome;
    todo!("step 3: tell open, closed and filtered")
}
// ANCHOR_END: state_of
