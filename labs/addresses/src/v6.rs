//! Yours: step 6.
//!
//! IPv6 text: many ways in, one way out.

use crate::address::Address6;
use crate::error::Error;

// ANCHOR: parse_v6
/// Reads an IPv6 address: eight groups of one to four hexadecimal digits, of
/// either case, with a colon between each two. One `::` stands for as many
/// zero groups as are missing, one at least. An IPv4 address, as strict as
/// `parse` wants it, can stand for the last two groups. No brackets, no zone
/// and no prefix length.
///
/// ```text
/// "2001:db8::1"             →  2001 0db8 0000 0000 0000 0000 0000 0001
/// "2001:DB8:0:0:0:0:0:1"    →  the same
/// "::"                      →  0000 0000 0000 0000 0000 0000 0000 0000
/// "::ffff:192.0.2.1"        →  0000 0000 0000 0000 0000 ffff c000 0201
/// "1:2:3:4:5:6:7::"         →  0001 0002 0003 0004 0005 0006 0007 0000
/// "1::2::3"                 →  refused: a second `::`
/// "1:2:3:4::5:6:7:8"        →  refused: no group is missing
/// "12345::", ":1::2", "1:::2", "::192.0.2.1:5"   →  refused
/// ```
///
/// # Errors
/// [`Error::SecondGap`] first, where another `::` follows the first one. Then,
/// for the first group from the left that is refused: [`Error::EmptyGroup`]
/// or [`Error::BadGroup`]; where it has a dot, [`Error::EmbeddedNotLast`] if
/// anything follows it, or those of `parse`. At last [`Error::GroupCount`]
/// without a `::` and not eight groups, [`Error::GapOfNothing`] with a `::`
/// and eight or more. The empty text has no groups.
///
/// # Specification
/// RFC 4291 §2.2.
pub fn parse_v6(text: &str) -> Result<Address6, Error> {
    let _ = text;
    todo!("step 6: read groups, fill the gap")
}
// ANCHOR_END: parse_v6

// ANCHOR: print_v6
/// Writes an IPv6 address in its canonical form: lower case, no leading zeros
/// in a group, and `::` for the longest run of two or more zero groups, the
/// first of equally long ones. The addresses of `::ffff:0:0/96`, which carry
/// an IPv4 address, end in that address in dotted decimal; no others do.
///
/// ```text
/// 2001 0db8 0000 0000 0000 0000 0000 0001   →  2001:db8::1
/// 2001 0db8 0000 0001 0001 0001 0001 0001   →  2001:db8:0:1:1:1:1:1
/// 2001 0000 0000 0001 0000 0000 0000 0001   →  2001:0:0:1::1
/// 2001 0db8 0000 0000 0001 0000 0000 0001   →  2001:db8::1:0:0:1
/// 0000 0000 0000 0000 0000 0000 0000 0000   →  ::
/// 0000 0000 0000 0000 0000 ffff c000 0201   →  ::ffff:192.0.2.1
/// ```
///
/// # Specification
/// RFC 5952 §4, and §5 for the addresses that carry an IPv4 address.
pub fn print_v6(address: Address6) -> String {
    let _ = address;
    todo!("step 6: write the one canonical form")
}
// ANCHOR_END: print_v6
