//! Yours: step 1.
//!
//! A port number, its class, and how a program gets it.

use crate::class::{Class, LocalRange, Selection};
use crate::error::Error;

// ANCHOR: parse_port
/// Reads a port: decimal digits, a number from 0 to 65535, and a first digit
/// that is not 0 unless it is the only one.
///
/// ```text
/// "0"      →  0
/// "65535"  →  65535
/// "65536"  →  refused: over the last port
/// "080"    →  refused: octal to some readers
/// "+80"    →  refused: no decimal number
/// ```
///
/// # Errors
/// In this order: [`Error::NoNumber`] for an empty text or one with another
/// character than a digit, [`Error::LeadingZero`], [`Error::PortTooLarge`].
///
/// # Specification
/// RFC 9293 §3.1: a port has 16 bits.
pub fn parse_port(text: &str) -> Result<u16, Error> {
    let _ = text;
    todo!("step 1: read a number from 0 to 65535")
}
// ANCHOR_END: parse_port

// ANCHOR: class_of
/// The class of a port.
///
/// ```text
/// 0              →  Reserved
/// 1 to 1023      →  System
/// 1024 to 49151  →  User
/// 49152 and up   →  Dynamic
/// ```
///
/// # Specification
/// RFC 6335 §6.
pub fn class_of(port: u16) -> Class {
    let _ = port;
    todo!("step 1: tell the class")
}
// ANCHOR_END: class_of

// ANCHOR: selection_of
/// How a program comes to have `port` on a machine that chooses from `local`:
/// automatically for a port in that range, both of its ends included, and on
/// request for any other. Port 0 is never had: to ask for it is to ask for any.
///
/// ```text
/// 32767, of 32768 to 60999  →  OnRequest
/// 32768, of 32768 to 60999  →  Automatic
/// 60999, of 32768 to 60999  →  Automatic
/// 61000, of 32768 to 60999  →  OnRequest
/// ```
///
/// # Specification
/// RFC 6056 §3.2 is about the range; Linux's own is 32768 to 60999.
pub fn selection_of(port: u16, local: LocalRange) -> Selection {
    let _ = (port, local);
    todo!("step 1: compare with the local range")
}
// ANCHOR_END: selection_of
