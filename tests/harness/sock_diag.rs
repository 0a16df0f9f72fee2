//! What the kernel knows of the sockets of this network, asked over netlink
//! (`sock_diag(7)`), without any privilege.
//!
//! `/proc/net/tcp` tells the same in text, all of it each time: with ten thousand
//! sockets on the machine that takes longer than what it is asked about.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

/// The states of a TCP socket that are asked for, as bits of `idiag_states`.
pub const SYN_SENT: u32 = 1 << 2;
const ANY_STATE: u32 = u32::MAX;

/// `struct nlmsghdr`, then `struct inet_diag_req_v2`: 16 and 56 octets.
const REQUEST_LEN: u32 = 72;
const HEADER_LEN: usize = 16;
/// `SOCK_DIAG_BY_FAMILY`
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST`, and with `NLM_F_DUMP`: one socket, or all that match.
const ONE: u16 = 0x001;
const ALL: u16 = 0x301;
/// `NLMSG_ERROR` and `NLMSG_DONE`
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `AF_INET`, `AF_INET6`, `IPPROTO_TCP`
const INET: u8 = 2;
const INET6: u8 = 10;
const TCP: u8 = 6;
/// Length of `struct inet_diag_msg`, before the attributes.
const MESSAGE_LEN: usize = 72;
/// `INET_DIAG_INFO`, the attribute that holds a `struct tcp_info`.
const INFO: u16 = 2;
/// Offset of `tcpi_bytes_received` in it.
const BYTES_RECEIVED: usize = 128;

/// A TCP socket, as the kernel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its own address and port.
    pub local: SocketAddr,
    /// The other end's; `0.0.0.0:0` of a listener.
    pub remote: SocketAddr,
    /// How often what it waits to have acknowledged was sent again.
    pub retransmits: u8,
    /// Octets that came and have not been read; of a listener, how many
    /// connections wait to be accepted.
    pub receive_queue: u32,
    /// Octets that ever came in order; `None` where the kernel does not count, and
    /// of one among all.
    pub octets_received: Option<u64>,
}

/// The socket between these two addresses, or that listens at `local` if
/// `remote` is `0.0.0.0:0`. `None` if there is none, or nobody tells.
pub fn socket(local: SocketAddr, remote: SocketAddr) -> Option<Socket> {
    let family = if local.is_ipv4() { INET } else { INET6 };
    let netlink = open().ok()?;
    let request = request(ONE, family, ANY_STATE, local, remote);
    rustix::net::send(&netlink, &request, SendFlags::empty()).ok()?;
    let mut answer = vec![0; 4096];
    let (len, _) = rustix::net::recv(&netlink, &mut answer, RecvFlags::empty()).ok()?;
    let (kind, message, _) = next(answer.get(..len)?)?;
    (kind == BY_FAMILY).then(|| read(message))?
}

/// Who listens at `local`.
pub fn listener(local: SocketAddr) -> Option<Socket> {
    socket(local, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
}

/// All sockets on IPv4 in one of `states`. The kernel gives them in parts, so one
/// that changes meanwhile may be missed, or come twice. Empty if nobody tells.
pub fn sockets(states: u32) -> Vec<Socket> {
    let mut found = Vec::new();
    // What came before an error stands.
    let _ = dump(states, &mut found);
    found
}

fn dump(states: u32, found: &mut Vec<Socket>) -> io::Result<()> {
    let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let netlink = open()?;
    let request = request(ALL, INET, states, nobody, nobody);
    rustix::net::send(&netlink, &request, SendFlags::empty())?;
    let mut buffer = vec![0; 32 << 10];
    loop {
        let (len, _) = rustix::net::recv(&netlink, &mut buffer, RecvFlags::empty())?;
        let mut rest = buffer.get(..len).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        while let Some((kind, message, after)) = next(rest) {
            if kind == DONE || kind == ERROR {
                return Ok(());
            }
            found.extend(read(message));
            rest = after;
        }
    }
}

fn open() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?)
}

/// Ports and addresses in network byte order, the rest in the machine's.
fn request(kind: u16, family: u8, states: u32, local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let mut request = Vec::new();
    request.extend(REQUEST_LEN.to_ne_bytes());
    request.extend(BY_FAMILY.to_ne_bytes());
    request.extend(kind.to_ne_bytes());
    request.extend([0; 8]); // sequence number and port id: the kernel's
    let with_info = if kind == ONE { 1 << (INFO - 1) } else { 0 };
    request.extend([family, TCP, with_info, 0]);
    request.extend(states.to_ne_bytes());
    request.extend(local.port().to_be_bytes());
    request.extend(remote.port().to_be_bytes());
    request.extend(sixteen(local.ip()));
    request.extend(sixteen(remote.ip()));
    request.extend(0_u32.to_ne_bytes()); // any interface
    request.extend([0xff; 8]); // no cookie
    request
}

fn sixteen(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// The first netlink message: its type, what follows its header, and the rest.
fn next(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let len = usize::try_from(u32_at(octets, 0)?).ok()?;
    let kind = u16_at(octets, 4)?;
    let message = octets.get(HEADER_LEN..len)?;
    let after = octets.get(len.next_multiple_of(4)..).unwrap_or_default();
    Some((kind, message, after))
}

/// Reads a `struct inet_diag_msg` and its attributes.
fn read(message: &[u8]) -> Option<Socket> {
    let family = *message.first()?;
    let address = |ip: usize, port: usize| {
        let port = u16::from_be_bytes(*message.get(port..)?.first_chunk()?);
        let ip = if family == INET {
            IpAddr::from(*message.get(ip..)?.first_chunk::<4>()?)
        } else {
            IpAddr::from(*message.get(ip..)?.first_chunk::<16>()?)
        };
        Some(SocketAddr::new(ip, port))
    };
    Some(Socket {
        local: address(8, 4)?,
        remote: address(24, 6)?,
        retransmits: *message.get(3)?,
        receive_queue: u32_at(message, 56)?,
        octets_received: octets_received(message),
    })
}

/// Walks the attributes (length and type, 16 bits each, padded to 4 octets).
fn octets_received(message: &[u8]) -> Option<u64> {
    let mut at = MESSAGE_LEN;
    loop {
        let len = usize::from(u16_at(message, at)?);
        if u16_at(message, at + 2)? == INFO {
            let octets = message.get(at + 4 + BYTES_RECEIVED..)?.first_chunk()?;
            return Some(u64::from_ne_bytes(*octets));
        }
        if len < 4 {
            return None;
        }
        at += len.next_multiple_of(4);
    }
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*octets.get(at..)?.first_chunk()?))
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*octets.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_listener_and_both_ends_of_a_connection_are_told() {
        let ours = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = ours.local_addr().expect("it has one");
        assert_eq!(listener(at).map(|socket| socket.receive_queue), Some(0));
        let mut client = TcpStream::connect(at).expect("somebody listens");
        let (server, from) = ours.accept().expect("it called");
        client.write_all(b"seven oc").expect("there is room");
        let mut peeked = [0; 8];
        server.peek(&mut peeked).expect("they came");
        let told = socket(at, from).expect("it is there");
        assert_eq!((told.local, told.remote), (at, from));
        assert_eq!((told.receive_queue, told.octets_received), (8, Some(8)));
        drop((server, ours));
        assert_eq!(listener(at), None, "nobody listens any more");
    }

    #[test]
    fn no_octets_lead_it_astray() {
        for len in 0..160_u8 {
            let octets: Vec<u8> = (0..len).collect();
            let _ = (next(&octets), read(&octets));
        }
        assert_eq!(next(&[16, 0, 0, 0, 3, 0, 0, 0]), None);
    }
}
