//! A check's conversations as a capture file (pcapng), for Wireshark and its
//! kin.
//!
//! The harness worked on sockets and saw octets, no packets. So the headers are
//! made up around what it saw: the real addresses and ports, one packet a write
//! or read, an ACK after each, SYN, FIN and RST where they happened. The link
//! type is RAW, because no link was involved. What a check did through standard
//! input and output has no packets and is not in here.
//!
//! The format is draft-ietf-opsawg-pcapng; written here are a section header
//! (§4.1), an interface description (§4.2) and enhanced packets (§4.3), all in
//! little endian.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpStream};

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};
use serde::{Deserialize, Serialize};

use crate::check::{Event, Fate, What};

/// What carries an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A connection.
    Tcp,
    /// Datagrams.
    Udp,
}

/// The two ends of a connection, or of an exchange of datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// What carries it.
    pub transport: Transport,
    /// The harness's.
    pub harness: SocketAddr,
    /// The program's.
    pub program: SocketAddr,
}

impl Ends {
    /// Those of a connection of which `stream` is the harness's end. The other end is
    /// told by who connected or accepted: the system does not know it any more when
    /// the program has reset the connection already.
    pub(crate) fn of(stream: &TcpStream, program: SocketAddr) -> io::Result<Self> {
        Ok(Ends {
            transport: Transport::Tcp,
            harness: stream.local_addr()?,
            program,
        })
    }
}

/// A capture file, and where in it an event is.
#[derive(Debug, Default)]
pub struct Capture {
    /// The file's octets.
    pub octets: Vec<u8>,
    /// The number of the guilty packet, from 1, as Wireshark shows it.
    pub guilty: Option<usize>,
}

/// `LINKTYPE_RAW`: a packet begins with its IP header.
const LINKTYPE_RAW: u16 = 101;

/// 2026-01-01T00:00:00Z in microseconds: a fixed start, so that times in the
/// file are times since the check began.
const EPOCH_US: u64 = 1_767_225_600_000_000;

/// The most data that is put in a packet, in octets: an IPv4 packet has at most
/// 65,535 with its headers (RFC 791 §3.1).
const DATA_LEN_MAX: usize = 60_000;

/// The options of an enhanced packet: a comment, and the end of options.
const OPT_COMMENT: u16 = 1;
const OPT_END: u16 = 0;

/// Who sends a segment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Harness,
    Program,
}

/// The next sequence numbers of a connection.
struct Sequence {
    ends: Ends,
    harness: u32,
    program: u32,
}

/// What is set in a segment.
#[derive(Clone, Copy, Default)]
struct Flags {
    syn: bool,
    ack: bool,
    fin: bool,
    rst: bool,
}

const ACK: Flags = Flags {
    ack: true,
    syn: false,
    fin: false,
    rst: false,
};

/// Makes a capture of `events`; the packet of the event with index `guilty`
/// gets `comment`. `None` if there was no connection.
///
/// # Errors
/// What etherparse refuses; nothing that a conversation can hold.
pub fn capture(
    events: &[Event],
    ends: &BTreeMap<usize, Ends>,
    guilty: Option<usize>,
    comment: &str,
) -> io::Result<Option<Capture>> {
    if ends.is_empty() {
        return Ok(None);
    }
    let mut file = File::new();
    let mut sequences: BTreeMap<usize, Sequence> = ends
        .iter()
        .map(|(stream, ends)| {
            (
                *stream,
                Sequence {
                    ends: *ends,
                    harness: 1000,
                    program: 50_000_000,
                },
            )
        })
        .collect();
    let mut found = None;
    for (index, event) in events.iter().enumerate() {
        let Some(sequence) = sequences.get_mut(&event.stream) else {
            continue;
        };
        let before = file.packets;
        let mut note = String::new();
        if guilty == Some(index) {
            note = format!("FIRST DIFFERENCE. {comment}");
        }
        let at = event.at_us;
        match &event.what {
            What::Connected => file.handshake(at, sequence, Side::Harness, &note)?,
            What::Accepted => file.handshake(at, sequence, Side::Program, &note)?,
            What::Sent(octets) => file.data(at, sequence, Side::Harness, octets, &note)?,
            What::Received(octets) => file.data(at, sequence, Side::Program, octets, &note)?,
            What::Finished => file.fin(at, sequence, Side::Harness, &note)?,
            What::End => file.fin(at, sequence, Side::Program, &note)?,
            What::Aborted => file.segment(
                at,
                sequence,
                Side::Harness,
                Flags { rst: true, ..ACK },
                &[],
                &note,
            )?,
            What::Reset => file.segment(
                at,
                sequence,
                Side::Program,
                Flags { rst: true, ..ACK },
                &[],
                &note,
            )?,
            What::DatagramSent(octets, fate) => {
                file.datagram(at, sequence.ends, Side::Harness, octets, *fate, &note)?
            }
            What::DatagramReceived(octets, fate) => {
                file.datagram(at, sequence.ends, Side::Program, octets, *fate, &note)?;
            }
            _ => {}
        }
        if guilty == Some(index) && file.packets > before {
            found = Some(before + 1);
        }
    }
    Ok(Some(Capture {
        octets: file.octets,
        guilty: found,
    }))
}

/// A capture file in the making.
struct File {
    octets: Vec<u8>,
    packets: usize,
}

impl File {
    /// The section header and the one interface.
    fn new() -> File {
        let mut file = File {
            octets: Vec::new(),
            packets: 0,
        };
        let mut section = Vec::new();
        section.extend(0x1a2b_3c4d_u32.to_le_bytes()); // which end comes first
        section.extend(1_u16.to_le_bytes()); // version 1.0
        section.extend(0_u16.to_le_bytes());
        section.extend((-1_i64).to_le_bytes()); // a section of unknown length
        option(
            &mut section,
            OPT_COMMENT,
            b"Headers are made up around the octets that a check sent and received.",
        );
        option(&mut section, OPT_END, b"");
        file.block(0x0a0d_0d0a, &section);
        let mut interface = Vec::new();
        interface.extend(LINKTYPE_RAW.to_le_bytes());
        interface.extend(0_u16.to_le_bytes());
        interface.extend(0_u32.to_le_bytes()); // no limit on a packet's length
        file.block(1, &interface);
        file
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let len = u32::try_from(body.len() + 12).unwrap_or(u32::MAX);
        self.octets.extend(kind.to_le_bytes());
        self.octets.extend(len.to_le_bytes());
        self.octets.extend_from_slice(body);
        self.octets.extend(len.to_le_bytes());
    }

    fn packet(&mut self, at_us: u64, packet: &[u8], note: &str) {
        let time = EPOCH_US + at_us;
        let len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        let mut body = Vec::new();
        body.extend(0_u32.to_le_bytes()); // the first interface
        body.extend(u32::try_from(time >> 32).unwrap_or(0).to_le_bytes());
        body.extend(u32::try_from(time & 0xffff_ffff).unwrap_or(0).to_le_bytes());
        body.extend(len.to_le_bytes()); // captured
        body.extend(len.to_le_bytes()); // and in truth
        body.extend_from_slice(packet);
        pad(&mut body);
        if !note.is_empty() {
            option(&mut body, OPT_COMMENT, note.as_bytes());
            option(&mut body, OPT_END, b"");
        }
        self.block(6, &body);
        self.packets += 1;
    }

    /// The three segments of RFC 9293 §3.5.
    fn handshake(
        &mut self,
        at: u64,
        sequence: &mut Sequence,
        client: Side,
        note: &str,
    ) -> io::Result<()> {
        let server = if client == Side::Harness {
            Side::Program
        } else {
            Side::Harness
        };
        self.segment(
            at,
            sequence,
            client,
            Flags {
                syn: true,
                ..Flags::default()
            },
            &[],
            note,
        )?;
        self.segment(at, sequence, server, Flags { syn: true, ..ACK }, &[], "")?;
        self.segment(at, sequence, client, ACK, &[], "")
    }

    fn data(
        &mut self,
        at: u64,
        sequence: &mut Sequence,
        from: Side,
        octets: &[u8],
        note: &str,
    ) -> io::Result<()> {
        for (index, chunk) in octets.chunks(DATA_LEN_MAX).enumerate() {
            self.segment(
                at,
                sequence,
                from,
                ACK,
                chunk,
                if index == 0 { note } else { "" },
            )?;
            self.acknowledge(at, sequence, from)?;
        }
        Ok(())
    }

    fn fin(&mut self, at: u64, sequence: &mut Sequence, from: Side, note: &str) -> io::Result<()> {
        self.segment(at, sequence, from, Flags { fin: true, ..ACK }, &[], note)?;
        self.acknowledge(at, sequence, from)
    }

    fn acknowledge(
        &mut self,
        at: u64,
        sequence: &mut Sequence,
        what_came_from: Side,
    ) -> io::Result<()> {
        let from = if what_came_from == Side::Harness {
            Side::Program
        } else {
            Side::Harness
        };
        self.segment(at, sequence, from, ACK, &[], "")
    }

    /// A datagram as its sender sent it; what then happened to it is a comment.
    fn datagram(
        &mut self,
        at: u64,
        ends: Ends,
        from: Side,
        octets: &[u8],
        fate: Fate,
        note: &str,
    ) -> io::Result<()> {
        let (source, destination) = match from {
            Side::Harness => (ends.harness, ends.program),
            Side::Program => (ends.program, ends.harness),
        };
        let packet = ip(source, destination)?.udp(source.port(), destination.port());
        let mut packet_octets = Vec::with_capacity(packet.size(octets.len()));
        packet
            .write(&mut packet_octets, octets)
            .map_err(io::Error::other)?;
        let note = match fate {
            Fate::Delivered => note.to_owned(),
            fate => format!("The network, on purpose: {fate:?}. {note}"),
        };
        self.packet(at, &packet_octets, note.trim_end());
        Ok(())
    }

    fn segment(
        &mut self,
        at: u64,
        sequence: &mut Sequence,
        from: Side,
        flags: Flags,
        data: &[u8],
        note: &str,
    ) -> io::Result<()> {
        let Ends {
            harness, program, ..
        } = sequence.ends;
        let (source, destination, own, other) = match from {
            Side::Harness => (harness, program, &mut sequence.harness, sequence.program),
            Side::Program => (program, harness, &mut sequence.program, sequence.harness),
        };
        let mut packet =
            ip(source, destination)?.tcp(source.port(), destination.port(), *own, u16::MAX);
        if flags.syn {
            packet = packet.syn();
        }
        if flags.ack {
            packet = packet.ack(other);
        }
        if flags.fin {
            packet = packet.fin();
        }
        if flags.rst {
            packet = packet.rst();
        }
        if !data.is_empty() {
            packet = packet.psh();
        }
        let mut octets = Vec::with_capacity(packet.size(data.len()));
        packet.write(&mut octets, data).map_err(io::Error::other)?;
        self.packet(at, &octets, note);
        // SYN and FIN take a sequence number too (RFC 9293 §3.4).
        let taken = data.len() + usize::from(flags.syn) + usize::from(flags.fin);
        *own = own.wrapping_add(u32::try_from(taken).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// The beginning of a packet, with a time to live of 64.
fn ip(source: SocketAddr, destination: SocketAddr) -> io::Result<PacketBuilderStep<IpHeaders>> {
    match (source, destination) {
        (SocketAddr::V4(source), SocketAddr::V4(destination)) => Ok(PacketBuilder::ipv4(
            source.ip().octets(),
            destination.ip().octets(),
            64,
        )),
        (SocketAddr::V6(source), SocketAddr::V6(destination)) => Ok(PacketBuilder::ipv6(
            source.ip().octets(),
            destination.ip().octets(),
            64,
        )),
        _ => Err(io::Error::other("an exchange between IPv4 and IPv6")),
    }
}

/// Appends an option: code, length, value, padded to four octets (§3.5).
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = value.get(..value.len().min(60_000)).unwrap_or_default();
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
    body.extend_from_slice(value);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn conversation() -> (Vec<Event>, BTreeMap<usize, Ends>) {
        let whats = [
            What::Connected,
            What::Sent(b"hel".to_vec()),
            What::Sent(b"lo\n".to_vec()),
            What::Received(vec![0x61; 70_000]),
            What::Finished,
            What::End,
        ];
        let events = (0..)
            .zip(whats)
            .map(|(at_us, what)| Event {
                at_us,
                stream: 1,
                what,
            })
            .collect();
        let ends = Ends {
            transport: Transport::Tcp,
            harness: ([127, 0, 0, 1], 40_000).into(),
            program: ([127, 0, 0, 1], 7000).into(),
        };
        (events, BTreeMap::from([(1, ends)]))
    }

    #[test]
    fn the_guilty_packet_is_counted_as_wireshark_counts() {
        let (events, ends) = conversation();
        let made = capture(&events, &ends, Some(2), "x")
            .expect("it is made")
            .expect("there was a connection");
        // Three of the handshake, data and ACK, and then this one.
        assert_eq!(made.guilty, Some(6));
        assert_eq!(made.octets.len() % 4, 0);
    }

    #[test]
    fn without_a_connection_there_is_no_capture() {
        assert!(
            capture(&[], &BTreeMap::new(), None, "")
                .expect("no error")
                .is_none()
        );
    }

    /// The oracle is tshark, where it is installed.
    #[test]
    fn tshark_finds_nothing_wrong_and_the_same_octets() {
        let (events, ends) = conversation();
        let made = capture(&events, &ends, Some(2), "expected this")
            .expect("it is made")
            .expect("a connection");
        let tshark = |args: &[&str]| {
            let mut child = Command::new("tshark")
                .args([
                    "-r",
                    "-",
                    "-o",
                    "ip.check_checksum:TRUE",
                    "-o",
                    "tcp.check_checksum:TRUE",
                ])
                .args(args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let mut stdin = child.stdin.take()?;
            let octets = made.octets.clone();
            let writer = std::thread::spawn(move || io::Write::write_all(&mut stdin, &octets));
            let output = child.wait_with_output().ok()?;
            let _ = writer.join();
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let bad = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.flags";
        let Some(found) = tshark(&["-Y", bad]) else {
            println!("skipped: there is no tshark");
            return;
        };
        assert_eq!(found, "");
        let sent = tshark(&[
            "-Y",
            "tcp.dstport == 7000 && tcp.len > 0",
            "-T",
            "fields",
            "-e",
            "tcp.payload",
        ]);
        assert_eq!(sent.as_deref(), Some("68656c\n6c6f0a\n"));
        let marked = tshark(&[
            "-Y",
            "frame.comment contains \"FIRST DIFFERENCE\"",
            "-T",
            "fields",
            "-e",
            "frame.number",
        ]);
        assert_eq!(marked.as_deref(), Some("6\n"));
    }
}
