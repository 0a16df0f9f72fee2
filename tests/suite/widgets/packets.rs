//! Packets, as the widgets' scripts read them, held against etherparse.

use std::collections::BTreeSet;

use etherparse::checksum::Sum16BitWords;
use etherparse::{
    IpDscp, IpEcn, IpHeaders, IpNumber, Ipv4Header, Ipv6Header, LinkExtHeader, LinkHeader,
    NetHeaders, PacketBuilder, PacketHeaders, TcpHeader, TcpOptionElement, TransportHeader,
};
use serde_json::{Value, json};

use super::{SEED, ask, has_node};

/// Header after header, as the widgets' scripts tell it.
#[derive(serde::Deserialize)]
struct Dissected {
    #[serde(default)]
    layers: Vec<Dissection>,
    problem: Option<Problem>,
    #[serde(default)]
    warnings: Vec<String>,
    refused: Option<String>,
}

#[derive(serde::Deserialize)]
struct Dissection {
    name: String,
    fields: serde_json::Map<String, Value>,
}

#[derive(serde::Deserialize)]
struct Problem {
    at: usize,
    text: String,
}

/// What etherparse reads of a frame: the same names, the same values.
fn expected_layers(headers: &PacketHeaders) -> Vec<(&'static str, Value)> {
    let mac = |octets: [u8; 6]| {
        octets
            .iter()
            .fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet))
    };
    let hex = |octets: &[u8]| {
        octets
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    };
    let mut layers = Vec::new();
    if let Some(LinkHeader::Ethernet2(link)) = &headers.link {
        layers.push((
            "Ethernet",
            json!({
                "destination": mac(link.destination), "source": mac(link.source), "type": link.ether_type.0,
            }),
        ));
    }
    for tag in &headers.link_exts {
        if let LinkExtHeader::Vlan(tag) = tag {
            layers.push((
                "802.1Q tag",
                json!({
                    "priority": tag.pcp.value(), "drop eligible": u8::from(tag.drop_eligible_indicator),
                    "VLAN": tag.vlan_id.value(), "type": tag.ether_type.0,
                }),
            ));
        }
    }
    match &headers.net {
        Some(NetHeaders::Ipv4(ip, _)) => layers.push((
            "IPv4",
            json!({
                "version": 4, "header length": ip.ihl(), "DSCP": ip.dscp.value(), "ECN": ip.ecn.value(),
                "total length": ip.total_len, "identification": ip.identification,
                "don\u{2019}t fragment": u8::from(ip.dont_fragment), "more fragments": u8::from(ip.more_fragments),
                "fragment offset": ip.fragment_offset.value(), "time to live": ip.time_to_live,
                "protocol": ip.protocol.0, "header checksum": ip.header_checksum,
                "source": u32::from_be_bytes(ip.source), "destination": u32::from_be_bytes(ip.destination),
            }),
        )),
        Some(NetHeaders::Ipv6(ip, _)) => layers.push((
            "IPv6",
            json!({
                "version": 6, "traffic class": ip.traffic_class, "flow label": ip.flow_label.value(),
                "payload length": ip.payload_length, "next header": ip.next_header.0, "hop limit": ip.hop_limit,
                "source": hex(&ip.source), "destination": hex(&ip.destination),
            }),
        )),
        Some(NetHeaders::Arp(arp)) => layers.push((
            "ARP",
            json!({
                "hardware type": arp.hw_addr_type.0, "protocol type": arp.proto_addr_type.0,
                "hardware length": arp.hw_addr_size(), "protocol length": arp.protocol_addr_size(),
                "operation": arp.operation.0,
            }),
        )),
        None => {}
    }
    let v4 = matches!(headers.net, Some(NetHeaders::Ipv4(..)));
    match &headers.transport {
        Some(TransportHeader::Udp(udp)) => layers.push((
            "UDP",
            json!({
                "source port": udp.source_port, "destination port": udp.destination_port,
                "length": udp.length, "checksum": udp.checksum,
            }),
        )),
        Some(TransportHeader::Tcp(tcp)) => layers.push((
            "TCP",
            json!({
                "source port": tcp.source_port, "destination port": tcp.destination_port,
                "sequence number": tcp.sequence_number, "acknowledgment number": tcp.acknowledgment_number,
                "data offset": tcp.data_offset(), "CWR": u8::from(tcp.cwr), "ECE": u8::from(tcp.ece),
                "URG": u8::from(tcp.urg), "ACK": u8::from(tcp.ack), "PSH": u8::from(tcp.psh),
                "RST": u8::from(tcp.rst), "SYN": u8::from(tcp.syn), "FIN": u8::from(tcp.fin),
                "window": tcp.window_size, "checksum": tcp.checksum, "urgent pointer": tcp.urgent_pointer,
            }),
        )),
        Some(TransportHeader::Icmpv4(icmp)) if v4 => layers.push(("ICMP", json!({ "checksum": icmp.checksum }))),
        Some(TransportHeader::Icmpv6(icmp)) if !v4 => layers.push(("ICMPv6", json!({ "checksum": icmp.checksum }))),
        _ => {}
    }
    layers
}

/// A frame of random contents, with right lengths and checksums.
fn frame(random: &mut fastrand::Rng) -> Vec<u8> {
    let octets = |random: &mut fastrand::Rng, len: usize| {
        (0..len).map(|_| random.u8(..)).collect::<Vec<u8>>()
    };
    let six = |random: &mut fastrand::Rng| std::array::from_fn::<u8, 6, _>(|_| random.u8(..));
    let (source, destination) = (six(random), six(random));
    let mut link = Vec::from(destination);
    link.extend(source);
    for _ in 0..*random.choice(&[0, 0, 0, 1, 2]).expect("some") {
        link.extend([0x81, 0x00, random.u8(..), random.u8(..)]);
    }
    if random.u8(..8) == 0 {
        link.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, random.u8(1..3)]);
        let padding = *random.choice(&[0, 18]).expect("some");
        link.extend(octets(random, 20));
        link.extend(vec![0; padding]);
        return link;
    }
    let ip = if random.bool() {
        link.extend([0x08, 0x00]);
        let mut header = Ipv4Header::new(
            0,
            random.u8(..),
            IpNumber(0),
            [0; 4].map(|_: u8| random.u8(..)),
            [0; 4].map(|_: u8| random.u8(..)),
        )
        .expect("an empty payload fits");
        header.dscp = IpDscp::try_new(random.u8(..64)).expect("six bits");
        header.ecn = IpEcn::try_new(random.u8(..4)).expect("two bits");
        header.identification = random.u16(..);
        header.dont_fragment = random.bool();
        let words = *random.choice(&[0, 0, 0, 1, 2, 10]).expect("some");
        let len = 4 * words;
        header.options = octets(random, len)
            .as_slice()
            .try_into()
            .expect("40 octets at most");
        IpHeaders::Ipv4(header, Default::default())
    } else {
        link.extend([0x86, 0xdd]);
        IpHeaders::Ipv6(
            Ipv6Header {
                traffic_class: random.u8(..),
                flow_label: random.u32(..1 << 20).try_into().expect("20 bits"),
                payload_length: 0,
                next_header: IpNumber(0),
                hop_limit: random.u8(..),
                source: std::array::from_fn(|_| if random.bool() { 0 } else { random.u8(..) }),
                destination: std::array::from_fn(|_| random.u8(..)),
            },
            Default::default(),
        )
    };
    let v4 = matches!(ip, IpHeaders::Ipv4(..));
    let builder = PacketBuilder::ip(ip);
    let payload_len = random.usize(..40);
    let payload = octets(random, payload_len);
    let mut packet = Vec::new();
    // Port 53 would be read on as DNS, which etherparse does not know.
    let port = |random: &mut fastrand::Rng| random.u16(54..);
    let written = match random.u8(..4) {
        0 => builder
            .udp(port(random), port(random))
            .write(&mut packet, &payload),
        1 if v4 => builder
            .icmpv4_echo_request(random.u16(..), random.u16(..))
            .write(&mut packet, &payload),
        1 => builder
            .icmpv6_echo_reply(random.u16(..), random.u16(..))
            .write(&mut packet, &payload),
        _ => {
            let mut tcp = TcpHeader::new(
                random.u16(..),
                random.u16(..),
                random.u32(..),
                random.u16(..),
            );
            tcp.acknowledgment_number = random.u32(..);
            for flag in [
                &mut tcp.cwr,
                &mut tcp.ece,
                &mut tcp.urg,
                &mut tcp.ack,
                &mut tcp.psh,
                &mut tcp.rst,
                &mut tcp.syn,
                &mut tcp.fin,
            ] {
                *flag = random.bool();
            }
            tcp.urgent_pointer = random.u16(..);
            let options = [
                TcpOptionElement::MaximumSegmentSize(random.u16(..)),
                TcpOptionElement::SelectiveAcknowledgementPermitted,
                TcpOptionElement::Timestamp(random.u32(..), random.u32(..)),
                TcpOptionElement::Noop,
                TcpOptionElement::WindowScale(random.u8(..15)),
            ];
            let some = random.usize(..=options.len());
            tcp.set_options(options.get(..some).unwrap_or_default())
                .expect("20 octets of options");
            builder.tcp_header(tcp).write(&mut packet, &payload)
        }
    };
    written.expect("a Vec takes whatever is written to it");
    link.extend(packet);
    link
}

/// Which checksums etherparse finds wrong.
fn wrong_sums(headers: &PacketHeaders) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    let payload = headers.payload.slice();
    let mut note = |right: bool, what: &str| {
        if !right {
            wrong.insert(format!("the {what} checksum is wrong"));
        }
    };
    if let Some(NetHeaders::Ipv4(ip, _)) = &headers.net {
        note(
            ip.calc_header_checksum() == ip.header_checksum,
            "IPv4 header",
        );
    }
    match (&headers.net, &headers.transport) {
        (Some(NetHeaders::Ipv4(ip, _)), Some(TransportHeader::Udp(udp))) => note(
            udp.checksum == 0 || udp.calc_checksum_ipv4(ip, payload) == Ok(udp.checksum),
            "UDP",
        ),
        (Some(NetHeaders::Ipv6(ip, _)), Some(TransportHeader::Udp(udp))) => note(
            udp.calc_checksum_ipv6(ip, payload) == Ok(udp.checksum),
            "UDP",
        ),
        (Some(NetHeaders::Ipv4(ip, _)), Some(TransportHeader::Tcp(tcp))) => note(
            tcp.calc_checksum_ipv4(ip, payload) == Ok(tcp.checksum),
            "TCP",
        ),
        (Some(NetHeaders::Ipv6(ip, _)), Some(TransportHeader::Tcp(tcp))) => note(
            tcp.calc_checksum_ipv6(ip, payload) == Ok(tcp.checksum),
            "TCP",
        ),
        (_, Some(TransportHeader::Icmpv4(icmp))) => note(
            icmp.icmp_type.calc_checksum(payload) == icmp.checksum,
            "ICMP",
        ),
        (Some(NetHeaders::Ipv6(ip, _)), Some(TransportHeader::Icmpv6(icmp))) => note(
            icmp.icmp_type
                .calc_checksum(ip.source, ip.destination, payload)
                == Ok(icmp.checksum),
            "ICMPv6",
        ),
        _ => {}
    }
    wrong
}

/// Whole frames, frames cut anywhere, and frames with one octet changed.
#[test]
fn the_dissector_reads_as_etherparse_reads() {
    if !has_node() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    let mut frames = Vec::new();
    for turn in 0..1500 {
        let mut frame = frame(random);
        let whole = turn % 3 == 0;
        match turn % 3 {
            1 => frame.truncate(random.usize(1..frame.len())),
            2 => {
                let at = random.usize(..frame.len());
                if let Some(octet) = frame.get_mut(at) {
                    *octet ^= 1 << random.u8(..8);
                }
            }
            _ => {}
        }
        frames.push((whole, frame));
    }
    let hex = |frame: &[u8]| {
        frame
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    };
    let questions: Vec<String> = frames.iter().map(|(_, frame)| hex(frame)).collect();
    let (mut read, mut refused, mut summed) = (0, 0, 0);
    for ((whole, frame), answer) in frames.iter().zip(ask("packets", &questions)) {
        let shown = hex(frame);
        let ours: Dissected =
            serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        assert_eq!(ours.refused, None, "{shown}");
        match PacketHeaders::from_ethernet_slice(frame) {
            Err(error) => {
                refused += 1;
                assert!(!whole, "{error}: {shown}");
                let problem = ours
                    .problem
                    .unwrap_or_else(|| panic!("{error}, and the page has no complaint: {shown}"));
                assert!(problem.at <= frame.len(), "{}: {shown}", problem.text);
            }
            Ok(headers) => {
                read += 1;
                // The page also reads what etherparse leaves as octets.
                let stricter = ours.problem.as_ref().is_some_and(|problem| {
                    [
                        "TCP option",
                        "UDP length",
                        "UDP datagram",
                        "ARP packet",
                        "name",
                        "label",
                        "question",
                        "DNS",
                        "says 802.3",
                    ]
                    .iter()
                    .any(|word| problem.text.contains(word))
                        || problem.text.contains("of payload, and there are")
                });
                if let Some(problem) = &ours.problem {
                    assert!(stricter && !whole, "{}: {shown}", problem.text);
                }
                for (name, fields) in expected_layers(&headers) {
                    let layer = ours.layers.iter().find(|layer| layer.name == name);
                    let layer = layer.unwrap_or_else(|| panic!("no {name}: {shown}"));
                    // With two tags the names repeat; the first is looked at.
                    if name == "802.1Q tag" && headers.link_exts.len() > 1 {
                        continue;
                    }
                    for (field, value) in fields.as_object().expect("made above") {
                        // Behind what stopped the reading there is nothing to compare.
                        if ours.problem.is_some() && !layer.fields.contains_key(field) {
                            continue;
                        }
                        assert_eq!(
                            layer.fields.get(field),
                            Some(value),
                            "{name}, {field}: {shown}"
                        );
                    }
                }
                // A reserved bit is in the sum, and etherparse does not keep it.
                let reserved = ours.layers.iter().any(|layer| {
                    layer
                        .fields
                        .get("reserved")
                        .is_some_and(|value| *value != json!(0))
                });
                // Nor does it look at the length in UDP.
                let odd_length = matches!(&headers.transport, Some(TransportHeader::Udp(udp)) if usize::from(udp.length) != headers.payload.slice().len() + 8);
                if ours.problem.is_none() && headers.transport.is_some() && !reserved && !odd_length
                {
                    summed += 1;
                    let zero =
                        "the UDP checksum is 0, which IPv6 does not allow (RFC 8200 \u{a7}8.1)";
                    let warnings: BTreeSet<String> = ours
                        .warnings
                        .iter()
                        .map(|text| {
                            if text == zero {
                                "the UDP checksum is wrong".to_owned()
                            } else {
                                text.clone()
                            }
                        })
                        .collect();
                    assert_eq!(warnings, wrong_sums(&headers), "{shown}");
                }
            }
        }
    }
    println!("{read} read, {refused} refused, {summed} summed");
    assert!(read > 700 && refused > 300 && summed > 500);
}

/// The carry is added until there is none (RFC 1071 §2); an odd octet at the end
/// is the high one of its word.
#[test]
fn sums_are_folded_until_nothing_is_left_to_carry() {
    if !has_node() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    let mut all = vec![
        vec![],
        vec![0xff],
        vec![0xff, 0xff, 0xff, 0xff, 0x00, 0x01],
        vec![0xff; 65_535],
    ];
    all.extend((0..200).map(|_| {
        let len = random.usize(..300);
        (0..len).map(|_| random.u8(250..)).collect::<Vec<u8>>()
    }));
    let questions: Vec<String> = all
        .iter()
        .map(|octets| octets.iter().map(|octet| format!("{octet:02x}")).collect())
        .collect();
    for (octets, came) in all.iter().zip(ask("sums", &questions)) {
        let expected = Sum16BitWords::new()
            .add_slice(octets)
            .ones_complement()
            .to_be();
        assert_eq!(came, format!("{expected:04x}"), "{} octets", octets.len());
    }
}

/// A recorded frame that somebody mistyped would have a wrong sum.
#[test]
fn the_recorded_frames_are_whole_and_their_checksums_right() {
    if !has_node() {
        return;
    }
    let frames = ask("frames", &["all".to_owned()]).concat();
    let frames: Vec<String> = serde_json::from_str(&frames).expect("a list of frames");
    assert!(frames.len() >= 5);
    for text in frames {
        let frame: Vec<u8> = (0..text.len() / 2)
            .filter_map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
        let headers = PacketHeaders::from_ethernet_slice(&frame)
            .unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(wrong_sums(&headers), BTreeSet::new(), "{text}");
    }
}

/// What people copy, and what is wrong with what they should not have copied.
#[test]
fn dumps_of_every_usual_form_are_read_and_others_are_told_with_their_place() {
    if !has_node() {
        return;
    }
    let dumps = [
        ("45 00 00 1c 1c 46 40 00", Ok("4500001c1c464000")),
        ("4500001c1C464000", Ok("4500001c1c464000")),
        ("0x45, 0x00, 0x00", Ok("450000")),
        ("45:00:00-1c", Ok("4500001c")),
        ("00000000: 6869 0a61 62    hi.ab", Ok("68690a6162")),
        ("0000   45 00 00 1c ab cd   E.....", Ok("4500001cabcd")),
        (
            "00000000  68 69 0a 00 00 00 00 00  61 62  |hi......ab|",
            Ok("68690a00000000006162"),
        ),
        ("\t0x0000:  4500 001c 1c46", Ok("4500001c1c46")),
        (
            "45 0",
            Err("line 1, column 4: \"0\" has an odd number of digits, and an octet has two"),
        ),
        ("45 zz", Err("line 1, column 4: \"zz\" is not hexadecimal")),
        ("   ", Err("there are no octets")),
    ];
    let questions: Vec<String> = dumps.iter().map(|(text, _)| (*text).to_owned()).collect();
    for ((text, expected), came) in dumps.iter().zip(ask("dumps", &questions)) {
        match expected {
            Ok(octets) => assert_eq!(&came, octets, "{text}"),
            Err(why) => assert_eq!(came, format!("! {why}"), "{text}"),
        }
    }
}
