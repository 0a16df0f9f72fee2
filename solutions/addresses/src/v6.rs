//! Yours: step 6.
//!
//! IPv6 text: many ways in, one way out.

use crate::address::{Address, Address6};
use crate::error::Error;
use crate::parse::parse;

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
    let Some((left, right)) = text.split_once("::") else {
        let groups = groups(text, true)?;
        return match groups.as_slice().try_into() {
            Ok(eight) => Ok(Address6::from_groups(eight)),
            Err(_) => Err(Error::GroupCount(groups.len())),
        };
    };
    if right.contains("::") {
        return Err(Error::SecondGap);
    }
    let left = groups(left, false)?;
    let right = groups(right, true)?;
    let count = left.len() + right.len();
    if count >= 8 {
        return Err(Error::GapOfNothing(count));
    }
    let mut all = [0; 8];
    for (place, group) in all.iter_mut().zip(&left) {
        *place = *group;
    }
    for (place, group) in all.iter_mut().rev().zip(right.iter().rev()) {
        *place = *group;
    }
    Ok(Address6::from_groups(all))
}
// ANCHOR_END: parse_v6

/// Reads groups with a colon between each two. Only at the `end` of the
/// address may the last of them be an IPv4 address, which makes two.
fn groups(text: &str, end: bool) -> Result<Vec<u16>, Error> {
    let mut groups = Vec::new();
    if text.is_empty() {
        return Ok(groups);
    }
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        if part.contains('.') {
            if !end || parts.peek().is_some() {
                return Err(Error::EmbeddedNotLast);
            }
            let [a, b, c, d] = parse(part)?.octets();
            groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
        } else {
            groups.push(group(part)?);
        }
    }
    Ok(groups)
}

/// Reads one group.
fn group(part: &str) -> Result<u16, Error> {
    if part.is_empty() {
        return Err(Error::EmptyGroup);
    }
    // `u16::from_str_radix` would take a plus sign.
    if part.len() > 4 || !part.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return Err(Error::BadGroup(part.to_owned()));
    }
    u16::from_str_radix(part, 16).map_err(|_| Error::BadGroup(part.to_owned()))
}

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
    let groups = address.groups();
    if let [0, 0, 0, 0, 0, 0xffff, high, low] = groups {
        let v4 = Address::from_bits(u32::from(high) << 16 | u32::from(low));
        return format!("::ffff:{v4}");
    }
    let (start, len) = longest_zero_run(&groups);
    if len < 2 {
        return join(groups);
    }
    let left = join(groups.into_iter().take(start));
    let right = join(groups.into_iter().skip(start + len));
    format!("{left}::{right}")
}
// ANCHOR_END: print_v6

/// Where the longest run of zero groups starts, and how many it has.
fn longest_zero_run(groups: &[u16; 8]) -> (usize, usize) {
    let mut longest = (0, 0);
    for start in 0..groups.len() {
        let len = groups
            .iter()
            .skip(start)
            .take_while(|group| **group == 0)
            .count();
        // Greater, not equal: of two equal runs the first stays.
        if len > longest.1 {
            longest = (start, len);
        }
    }
    longest
}

fn join(groups: impl IntoIterator<Item = u16>) -> String {
    let groups: Vec<String> = groups
        .into_iter()
        .map(|group| format!("{group:x}"))
        .collect();
    groups.join(":")
}
