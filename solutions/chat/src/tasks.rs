//! Yours: steps 3, 4 and 6.
//!
//! A server with two tasks a client, on tokio: a few threads run them all, each
//! task until it has to wait.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::READ_LEN_MAX;
use crate::error::Error;
use crate::net::PAUSE;
use crate::seats::{Id, Output, Why};
use crate::task_hub::{Hub, Line, serve_one};

// ANCHOR: serve
/// Accepts clients for ever: for each, a task is spawned that runs
/// `serve_one`, which spawns a second one: one [`receive`]s, the other
/// [`send`]s. No client has to wait for another one.
///
/// An accept that fails ends that connection and not the server: the reason
/// goes to standard error, and after `PAUSE` the next accept follows. Nothing
/// in here may put the thread to sleep, which is not this task's own.
///
/// Whoever awaits this may drop it at any await, and the clients that were
/// accepted are served on.
pub async fn serve(listener: TcpListener, hub: &Arc<Hub>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_one(stream, Arc::clone(hub)));
            }
            Err(error) => {
                eprintln!("a client was lost: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
// ANCHOR_END: serve

// ANCHOR: receive
/// Reads from the client, at most `READ_LEN_MAX` octets a call, and hands what
/// came to the room, until the stream ends: by a FIN, for `Why::Ended`, or by
/// an error, for `Why::Lost`.
///
/// After the room was told, [`wait_until_calm`] comes first if it is crowded,
/// and then the next read: whoever talks faster than the room listens is read
/// more slowly, and TCP holds it back.
///
/// # Specification
/// RFC 9293 §3.8.6: the window closes when a receiver does not read.
pub async fn receive(read: &mut OwnedReadHalf, hub: &Hub, id: Id) {
    let mut buffer = [0; READ_LEN_MAX];
    let why = loop {
        match read.read(&mut buffer).await {
            Ok(0) => break Why::Ended,
            Ok(len) => {
                let octets = buffer.get(..len).unwrap_or_default();
                hub.lock().handle_octets(id, octets, Instant::now());
                if hub.lock().is_crowded() {
                    wait_until_calm(hub).await;
                }
            }
            Err(_) => break Why::Lost,
        }
    };
    hub.lock().leave(id, why, Instant::now());
}
// ANCHOR_END: receive

// ANCHOR: send
/// Writes what the room has for the client, until there will be no more.
///
/// [`Hub::next`] waits until there is something to do: write all the octets;
/// or, at the end, close our direction and return; or return at once.
///
/// # Errors
/// A write that failed. Nothing more is written then.
pub async fn send(write: &mut OwnedWriteHalf, hub: &Hub, id: Id, line: &Line) -> io::Result<()> {
    let mut octets = Vec::new();
    loop {
        match hub.next(id, line, &mut octets).await {
            Output::Octets => write.write_all(&octets).await?,
            Output::End => return write.shutdown().await,
            Output::Nothing | Output::Gone => return Ok(()),
        }
    }
}
// ANCHOR_END: send

// ANCHOR: wait_until_calm
/// Returns when the room is not crowded. Meanwhile the task waits for
/// [`Hub::calmer`], and the thread is free for others.
///
/// The room may become calm between a look at it and the wait for the news. So
/// `calmer` is called first, then comes the look, then the await.
pub async fn wait_until_calm(hub: &Hub) {
    loop {
        let calmer = hub.calmer();
        if !hub.lock().is_crowded() {
            return;
        }
        calmer.await;
    }
}
// ANCHOR_END: wait_until_calm

// ANCHOR: drain
/// Ends the server in order, after [`serve`] was dropped and with it the
/// listening socket: the room shuts down
/// (`Room::handle_shutdown`), and this returns when the
/// last connection is gone ([`Hub::emptied`]; the room itself cuts off those
/// that take too long).
///
/// # Errors
/// [`Error::Undelivered`] if some were cut off before all that waited for them
/// was sent.
///
/// # Specification
/// RFC 9293 §3.6: after a FIN the other side may still read what came before.
pub async fn drain(hub: &Hub) -> Result<(), Error> {
    hub.lock().handle_shutdown(Instant::now());
    loop {
        let emptied = hub.emptied();
        if hub.lock().count() == 0 {
            break;
        }
        emptied.await;
    }
    match hub.lock().undelivered() {
        0 => Ok(()),
        count => Err(Error::Undelivered(count)),
    }
}
// ANCHOR_END: drain
