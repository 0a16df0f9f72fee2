//! Yours: step 5.
//!
//! `byebye`, and a port that can be used again at once.

use std::net::{SocketAddr, TcpListener};

use crate::error::Error;

// ANCHOR: is_bye
/// Whether this message ends the talk: it is `byebye`, and nothing but that.
///
/// ```text
/// 62 79 65 62 79 65              →  yes
/// "byebye said the cat", "bye"   →  no
/// ```
pub fn is_bye(message: &[u8]) -> bool {
    let _ = message;
    todo!("step 5: tell whether the message ends the talk")
}
// ANCHOR_END: is_bye

// ANCHOR: listen
/// Listens at `at`. A port is free for this if nobody listens at it, even where
/// connections that were made through it are not quite over (TIME-WAIT). A port
/// that somebody listens at is not.
///
/// This is on Unix. On Windows such a port is free anyway, and the option of
/// this name lets a program take another's port away, so it is not set there.
///
/// # Errors
/// [`Error::Io`] where the system refuses the port.
///
/// # Specification
/// RFC 9293 §3.6.1: the side that closes first keeps the connection for two
/// maximum segment lifetimes. RFC 9293 §3.4.2: one of these is two minutes.
pub fn listen(at: SocketAddr) -> Result<TcpListener, Error> {
    let _ = at;
    todo!("step 5: listen at a port that was in use before")
}
// ANCHOR_END: listen
