//! Yours: steps 2 and 4.
//!
//! A server with two threads a client: one reads from its socket and tells the
//! room, the other writes what the room has for it. Both sleep in their calls.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use crate::seats::Id;
use crate::thread_hub::{Hub, Line};

// ANCHOR: serve
/// Accepts clients for ever: each gets a thread (`spawn`) that runs `serve_one`,
/// which starts a second one: one thread [`receive`]s, the other [`send`]s. No
/// client has to wait for another one, however slow that one is: not even for
/// its turn to be accepted, which it would not notice, since the kernel shakes
/// hands with it before.
///
/// An accept or a thread that fails ends that connection and not the server:
/// the reason goes to standard error, and after `PAUSE` the next accept
/// follows. (The system may be out of descriptors, and somebody may leave.)
///
/// # Specification
/// RFC 9293 §3.9.1.1: a passive OPEN waits for whoever comes.
pub fn serve(listener: &TcpListener, hub: &Arc<Hub>) {
    let _ = (listener, hub);
    todo!("step 2: accept clients, two threads each")
}
// ANCHOR_END: serve

// ANCHOR: receive
/// Reads from the client, at most `READ_LEN_MAX` octets a call, and hands what
/// came to the room, until the stream ends: by a FIN, for `Why::Ended`, or by
/// an error, for `Why::Lost`. A call that a signal interrupted is made again.
///
/// The room is locked while it is told, and not while this thread reads. After
/// it was told, [`wait_until_calm`] comes first if the room is crowded, and then
/// the next read: whoever talks faster than the room listens is read more
/// slowly, and TCP holds it back.
///
/// # Specification
/// RFC 9293 §3.8.6: the window closes when a receiver does not read.
pub fn receive(hub: &Hub, id: Id, line: &Line) {
    let _ = (hub, id, line);
    todo!("step 2: read from the client, tell the room")
}
// ANCHOR_END: receive

// ANCHOR: send
/// Writes what the room has for the client, until there will be no more.
///
/// [`Hub::next`] sleeps until there is something to do: write all the octets;
/// or, at the end, close our direction and return; or return at once.
///
/// The room is not locked while this thread writes: a write lasts as long as
/// the client likes.
///
/// # Errors
/// A write that failed. Nothing more is written then.
///
/// # Specification
/// RFC 9293 §3.9.1.2: how much a SEND takes at once is the system's affair.
pub fn send(hub: &Hub, id: Id, line: &Line) -> io::Result<()> {
    let _ = (hub, id, line);
    todo!("step 2: write what the room has")
}
// ANCHOR_END: send

// ANCHOR: wait_until_calm
/// Returns when the room is not crowded. Meanwhile this thread sleeps
/// ([`Hub::sleep`]) and the room is not locked.
pub fn wait_until_calm(hub: &Hub) {
    let _ = hub;
    todo!("step 4: sleep while the room is crowded")
}
// ANCHOR_END: wait_until_calm
