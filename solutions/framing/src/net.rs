//! Given. Changes here are not graded and are replaced by updates.
//!
//! The relay: frames of one framing in, frames of another out, on the same
//! connection, one connection after another.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::decoder::Decoder;
use crate::error::Error;
use crate::framing::Framing;

/// How much is taken from a socket at once.
const READ_LEN_MAX: usize = 64 * 1024;

/// How long a connection is drained after an error, so that what was answered
/// before it still arrives: a socket closed with octets unread sends a reset,
/// and a reset throws away what is on its way.
const DRAIN: Duration = Duration::from_millis(500);

/// What the relay turns into what, and its limits.
#[derive(Debug, Clone, Copy)]
pub struct Relay {
    /// The framing that comes in.
    pub from: Framing,
    /// The framing that goes out.
    pub to: Framing,
    /// The most octets a message may have.
    pub max: usize,
    /// How long a peer may do nothing.
    pub timeout: Duration,
}

/// Listens at `at` and says so on standard output, so that whoever started
/// the program knows the port and the moment: `listening on 127.0.0.1:40123`.
///
/// # Errors
/// [`Error::NoAddress`] for a text that is no HOST:PORT, [`Error::Io`] where
/// the system refuses the port.
pub fn listen(at: &str) -> Result<TcpListener, Error> {
    let addresses: Vec<_> = at
        .to_socket_addrs()
        .map_err(|error| Error::NoAddress(at.to_owned(), error))?
        .collect();
    let listener = TcpListener::bind(addresses.as_slice())?;
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", listener.local_addr()?)?;
    out.flush()?;
    Ok(listener)
}

/// Serves one connection and returns how it ended.
///
/// # Errors
/// [`Error::Io`] if no connection can be accepted, and what [`serve`] returns.
pub fn serve_one(listener: &TcpListener, relay: Relay) -> Result<(), Error> {
    let (stream, _) = listener.accept()?;
    serve(stream, relay)
}

/// Serves connections one after another, until no more can be accepted. How
/// one ends is no matter to the next; what went wrong goes to standard error.
///
/// # Errors
/// [`Error::Io`] if no connection can be accepted.
pub fn serve_all(listener: &TcpListener, relay: Relay) -> Result<(), Error> {
    let mut number = 0u64;
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            // The client was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(Error::Io(error)),
        };
        number = number.saturating_add(1);
        if let Err(error) = serve(stream, relay) {
            eprintln!("connection {number}: {error}");
        }
    }
}

/// Answers each frame that comes with a frame, at once, until the stream ends.
///
/// # Errors
/// What the decoder refuses, its end in mid-message included, and what cannot
/// be framed for the way out. [`Error::Stalled`] for a peer that does nothing.
pub fn serve(mut stream: TcpStream, relay: Relay) -> Result<(), Error> {
    stream.set_read_timeout(Some(relay.timeout))?;
    stream.set_write_timeout(Some(relay.timeout))?;
    // Each answer is written whole, so there is nothing for Nagle's algorithm
    // to collect (RFC 9293 §3.7.4).
    stream.set_nodelay(true)?;
    let ended = answer_frames(&mut stream, relay);
    if ended.is_err() {
        drain(&mut stream);
    }
    ended.map_err(|error| stalled(error, relay.timeout))
}

fn answer_frames(stream: &mut TcpStream, relay: Relay) -> Result<(), Error> {
    let mut decoder = Decoder::new(relay.from, relay.max);
    let mut buffer = vec![0; READ_LEN_MAX];
    loop {
        while let Some(message) = decoder.poll_message()? {
            let mut frame = Vec::new();
            relay.to.emit(&message, relay.max, &mut frame)?;
            stream.write_all(&frame)?;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return decoder.handle_end(),
            Ok(len) => decoder.handle_octets(buffer.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Io(error)),
        }
    }
}

/// Ends our side, then reads on for a moment and throws away what comes. What
/// fails here changes nothing any more.
fn drain(stream: &mut TcpStream) {
    let until = Instant::now() + DRAIN;
    let mut buffer = [0; 4096];
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn stalled(error: Error, limit: Duration) -> Error {
    match error {
        Error::Io(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            Error::Stalled(limit)
        }
        other => other,
    }
}
