//! Yours: step 3.
//!
//! The server's side: wait for one client and speak first.

use std::net::TcpListener;

use crate::client::{read_line, write_line};
use crate::error::Error;

// ANCHOR: welcome
/// Accepts one client, sends it `greeting` as a line, reads its answer, one
/// line, and returns that.
///
/// ```text
/// server  68 65 6c 6c 6f 0a             hello␊
/// client  61 64 61 0a                   ada␊     →  "ada"
/// ```
///
/// # Errors
/// Those of `client::write_line` for the greeting and of `client::read_line`
/// for the answer; [`Error::Io`] if no client can be accepted.
pub fn welcome(listener: &TcpListener, greeting: &str) -> Result<String, Error> {
    let (mut stream, _) = listener.accept()?;
    write_line(&mut stream, greeting)?;
    read_line(&mut stream)
}
// ANCHOR_END: welcome
