//! Yours: step 5.
//!
//! What a service says before it is asked.

use std::net::TcpStream;
use std::time::Duration;

/// The longest banner that is waited for, in octets, its end included. It is
/// the longest reply line of SMTP (RFC 5321 §4.5.3.1.5); that of SSH is shorter
/// (RFC 4253 §4.2).
pub const BANNER_LEN_MAX: usize = 512;

// ANCHOR: read_banner
/// Reads the first line that a service sends: the octets before the first LF,
/// without a CR at their end. Octets arrive in any pieces. Waits at most
/// `limit` for all of it together, and takes at most [`BANNER_LEN_MAX`] octets;
/// where there is no LF by then, or the service closes or resets before, what
/// has come is the banner. `None` if nothing came at all.
///
/// ```text
/// 53 53 48 2d 32 2e 30 0d 0a       →  "SSH-2.0"
/// 32 32 30 20 68 69 0a 32          →  "220 hi"
/// 0d 0a                            →  "", no octets
/// 53 53, and then nothing          →  "SS", after `limit`
/// nothing                          →  None, after `limit`
/// ```
///
/// An interrupted read is repeated.
pub fn read_banner(stream: &mut TcpStream, limit: Duration) -> Option<Vec<u8>> {
    let _ = (stream, limit);
    todo!("step 5: read a line within one deadline")
}
// ANCHOR_END: read_banner
