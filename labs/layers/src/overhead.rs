//! Yours: step 4.
//!
//! What a message costs on the line: the octets that each layer adds.

use crate::error::Error;

/// The octets of the frame check sequence at the end of each frame (IEEE 802.3).
pub const CHECK_LEN: u64 = 4;

/// What the line needs around each frame, in octets: 7 of preamble, 1 that
/// marks the start, 12 of silence between two frames (IEEE 802.3).
pub const LINE_LEN: u64 = 20;

/// The most octets of data that UDP carries over IPv4: 65,535 without the two
/// headers.
pub const UDP_DATA_LEN_MAX: u64 = 65_507;

/// The transport of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One datagram, which IPv4 cuts into fragments if it is too long.
    Udp,
    /// As many segments as it takes, none of which has to be cut.
    Tcp,
}

/// What each layer adds to a message, in octets and over all of its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead {
    /// How many frames it takes.
    pub frames: u64,
    /// The message itself.
    pub message: u64,
    /// Headers of UDP or TCP.
    pub transport: u64,
    /// Headers of IPv4.
    pub ipv4: u64,
    /// Headers of Ethernet.
    pub ethernet: u64,
    /// Zeros behind packets that are too short for a frame.
    pub padding: u64,
    /// Frame check sequences.
    pub check: u64,
    /// Preambles, starts and gaps between frames.
    pub line: u64,
}

// ANCHOR: account
/// Accounts for a message of `message_len` octets over `transport`, in IPv4
/// without options, in Ethernet frames whose packets have at most `mtu` octets
/// (68 or more).
///
/// Over UDP the message is one datagram, with one header of 8 octets. If it
/// does not fit one packet, IPv4 cuts the datagram, header and message, into
/// fragments, each in a packet of its own. Offsets of fragments count units of
/// 8 octets, so each fragment but the last has as many octets as fit and are a
/// multiple of 8.
///
/// Over TCP the message is cut into segments, each with a header of 20 octets
/// (no options) and as much of the message as fits a packet. The segments that
/// open, acknowledge and close are not counted. An empty message takes one UDP
/// datagram, and no TCP segment at all.
///
/// ```text
/// over  mtu   message  frames  message + transport + ipv4 + ethernet + padding + check + line
/// udp   1500        5       1        5 +         8 +   20 +       14 +      13 +     4 +   20  =    84
/// udp   1500     1472       1     1472 +         8 +   20 +       14 +       0 +     4 +   20  =  1538
/// udp   1500     1473       2     1473 +         8 +   40 +       28 +      25 +     8 +   40  =  1622
/// tcp   1500     1460       1     1460 +        20 +   20 +       14 +       0 +     4 +   20  =  1538
/// udp    576      600       2      600 +         8 +   40 +       28 +       0 +     8 +   40  =   724
/// ```
///
/// # Errors
/// [`Error::TooLong`] for more than 65,507 octets over UDP, with
/// `into: "a UDP datagram over IPv4"`.
///
/// # Specification
/// RFC 791 §2.3 and §3.2; RFC 768; RFC 9293 §3.7.1; IEEE 802.3.
pub fn account(message_len: u64, transport: Transport, mtu: u16) -> Result<Overhead, Error> {
    let _ = (message_len, transport, mtu);
    todo!("step 4: count frames, headers and padding")
}
// ANCHOR_END: account
