//! Given. Changes here are not graded and are replaced by updates.
//!
//! A talk for two, once in datagrams and once in a stream.
//!
//! | file | whose | what is in it |
//! |---|---|---|
//! | `datagram.rs` | yours, step 1 | UDP: echo; call, meet, send, receive |
//! | `largest.rs` | yours, step 2 | UDP: the largest datagram, and one that does not fit |
//! | `stream.rs` | yours, step 3 | TCP: call, meet, send, receive, finish |
//! | `nobody.rs` | yours, step 4 | one question, and who is not there to answer it |
//! | `close.rs` | yours, step 5 | `byebye`, and a port that can be used again at once |
//! | `net.rs` | given | typing and hearing at the same time, a thread each |
//! | `text.rs` | given | what came from the network, as a line for people |
//! | `cli.rs` | given | what each step needs of the command line |
//! | `error.rs` | given | what can go wrong |
//!
//! A message is what a person types on one line, without the LF at its end. It
//! may have no octets at all. On UDP a message is a datagram; on TCP, where
//! nothing else says where it ends, it is followed by an LF.
//!
//! ```text
//! UDP   "hi"  →  68 69        a datagram of 2 octets
//!       ""    →               a datagram of 0 octets
//! TCP   "hi"  →  68 69 0a
//!       ""    →  0a
//! ```
//!
//! UDP is RFC 768, and what a program must know to use it well RFC 8085. TCP is
//! RFC 9293. What both must be told about a host that is not there is RFC 1122.

pub mod cli;
pub mod close;
pub mod datagram;
pub mod error;
pub mod largest;
pub mod net;
pub mod nobody;
pub mod stream;
pub mod text;

/// Room for any datagram: its length is told in 16 bits, header included
/// (RFC 768), so what it carries is always shorter than this.
pub const ROOM_LEN: usize = 65_536;

/// The longest message on TCP in octets, its LF not included.
pub const MESSAGE_LEN_MAX: usize = 1024;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This answer.
    Answered(Vec<u8>),
    /// The host is there, and at that port nobody is.
    Refused,
    /// Nothing came, and nothing said why.
    Silent,
    /// The connection was there and was thrown away.
    Reset,
    /// The peer closed the connection without a whole answer.
    Closed,
}
