//! Frames wrapped and peeled, against the crate `etherparse`.

use std::hint::black_box;
use std::net::Ipv4Addr;

use etherparse::{IpHeaders, Ipv4Header, PacketBuilder, SlicedPacket, TransportSlice};
use solution_layers::headers::{EthernetRepr, Ipv4Repr, Mac, PROTOCOL_UDP, TYPE_IPV4, UdpRepr};
use solution_layers::{peel, wrap};

use crate::compare;

/// How many frames are made or read in a round.
const FRAMES: usize = 2_000;

/// What is in the headers: the same for both sides.
const ETHERNET: EthernetRepr = EthernetRepr {
    to: Mac([2, 0, 0, 0, 0, 0x50]),
    from: Mac([2, 0, 0, 0, 0, 0x0a]),
    ether_type: TYPE_IPV4,
};
const IP: Ipv4Repr = Ipv4Repr {
    from: Ipv4Addr::new(192, 0, 2, 10),
    to: Ipv4Addr::new(192, 0, 2, 53),
    protocol: PROTOCOL_UDP,
    ttl: 64,
    id: 0x3cd0,
};
const UDP: UdpRepr = UdpRepr {
    from: 35_257,
    to: 53,
};

/// Compares the two with messages of several lengths.
pub fn run() -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(1071);
    for len in [33, 512, 1472] {
        let message: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
        with_message(&message)?;
    }
    Ok(())
}

fn with_message(message: &[u8]) -> Result<(), String> {
    let len = message.len();
    let (ours, theirs) = (wrap_ours(message)?, wrap_theirs(message)?);
    if ours != theirs {
        return Err(format!("wrap, {len} octets: the frames differ"));
    }
    if peel_ours(&ours)? != peel_theirs(&ours)? || peel_ours(&ours)? != message {
        return Err(format!("peel, {len} octets: the messages differ"));
    }
    compare(
        &format!("layers wrap, {len} octets"),
        "frames",
        FRAMES,
        || {
            for _ in 0..FRAMES {
                let _ = black_box(wrap_ours(black_box(message)));
            }
        },
        || {
            for _ in 0..FRAMES {
                let _ = black_box(wrap_theirs(black_box(message)));
            }
        },
    );
    compare(
        &format!("layers peel, {len} octets"),
        "frames",
        FRAMES,
        || {
            for _ in 0..FRAMES {
                let _ = black_box(peel_ours(black_box(&ours)));
            }
        },
        || {
            for _ in 0..FRAMES {
                let _ = black_box(peel_theirs(black_box(&ours)));
            }
        },
    );
    Ok(())
}

fn wrap_ours(message: &[u8]) -> Result<Vec<u8>, String> {
    wrap::wrap_udp(message, &UDP, &IP)
        .and_then(|datagram| wrap::wrap_ipv4(&datagram, &IP))
        .and_then(|packet| wrap::wrap_ethernet(&packet, &ETHERNET))
        .map_err(|error| error.to_string())
}

/// The same, down to the padding.
fn wrap_theirs(message: &[u8]) -> Result<Vec<u8>, String> {
    let ip = Ipv4Header {
        source: IP.from.octets(),
        destination: IP.to.octets(),
        time_to_live: IP.ttl,
        identification: IP.id,
        dont_fragment: true,
        ..Ipv4Header::default()
    };
    let builder = PacketBuilder::ethernet2(ETHERNET.from.0, ETHERNET.to.0)
        .ip(IpHeaders::Ipv4(ip, Default::default()))
        .udp(UDP.from, UDP.to);
    let mut frame = Vec::with_capacity(builder.size(message.len()).max(60));
    builder
        .write(&mut frame, message)
        .map_err(|error| error.to_string())?;
    frame.resize(frame.len().max(60), 0);
    Ok(frame)
}

fn peel_ours(frame: &[u8]) -> Result<&[u8], String> {
    let peeled = peel::peel_ethernet(frame)
        .and_then(|(_, packet)| peel::peel_ipv4(packet))
        .and_then(|(ip, payload)| peel::peel_udp(payload, &ip));
    peeled
        .map(|(_, message)| message)
        .map_err(|error| error.to_string())
}

/// The same, with both checksums verified, which `etherparse` leaves to its
/// caller.
fn peel_theirs(frame: &[u8]) -> Result<&[u8], String> {
    let packet = SlicedPacket::from_ethernet(frame).map_err(|error| error.to_string())?;
    let ip = packet
        .net
        .as_ref()
        .and_then(|net| net.ipv4_ref())
        .ok_or("no IPv4")?
        .header()
        .to_header();
    let Some(TransportSlice::Udp(udp)) = &packet.transport else {
        return Err("no UDP".to_owned());
    };
    let sum = udp
        .to_header()
        .calc_checksum_ipv4(&ip, udp.payload())
        .map_err(|error| error.to_string())?;
    if ip.header_checksum != ip.calc_header_checksum() || udp.checksum() != sum {
        return Err("a checksum is wrong".to_owned());
    }
    Ok(udp.payload())
}
