//! When has the program read what was sent?
//!
//! Two writes of ours become two reads of the program only if it has read the
//! first before the second goes out. Linux tells, without any privilege: the
//! kernel's socket diagnosis (`sock_diag(7)`) gives, for the *program's* end of
//! a connection, the octets it has received and those it has not yet read.
//! Elsewhere nothing tells, and a check asserts the outcome only.

use std::net::TcpStream;

/// Whether the program has read all `total` octets ever sent to it on `ours`,
/// the harness's end of the connection. `None` if this system does not tell or
/// the connection is gone.
pub fn tcp(ours: &TcpStream, total: u64) -> Option<bool> {
    imp::tcp(ours, total)
}

/// Whether the pipe whose write end is `pipe` is empty. `None` if this system
/// does not tell.
#[cfg(unix)]
pub fn pipe(pipe: impl std::os::fd::AsFd) -> Option<bool> {
    // Other systems answer for the read end only, or answer 0 for the write end.
    if !cfg!(target_os = "linux") {
        return None;
    }
    rustix::io::ioctl_fionread(pipe)
        .ok()
        .map(|unread| unread == 0)
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::TcpStream;

    pub fn tcp(_ours: &TcpStream, _total: u64) -> Option<bool> {
        None
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use std::net::{IpAddr, SocketAddr};
    use std::os::fd::OwnedFd;

    use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

    use super::TcpStream;

    /// `struct nlmsghdr`, then `struct inet_diag_req_v2`: 16 and 56 octets.
    const REQUEST_LEN: usize = 72;
    const HEADER_LEN: usize = 16;
    /// `SOCK_DIAG_BY_FAMILY`
    const BY_FAMILY: u16 = 20;
    /// `NLM_F_REQUEST`
    const REQUEST: u16 = 1;
    /// `NLMSG_ERROR`
    const ERROR: u16 = 2;
    /// Offset of `idiag_rqueue` in the answer, after its header.
    const RECEIVE_QUEUE: usize = HEADER_LEN + 56;
    /// Offset of the first attribute: the header and `struct inet_diag_msg`.
    const ATTRIBUTES: usize = HEADER_LEN + 72;
    /// `INET_DIAG_INFO`, the attribute that holds a `struct tcp_info`.
    const INFO: u16 = 2;
    /// Offset of `tcpi_bytes_received` in it.
    const BYTES_RECEIVED: usize = 128;

    pub fn tcp(ours: &TcpStream, total: u64) -> Option<bool> {
        let program = ours.peer_addr().ok()?;
        let harness = ours.local_addr().ok()?;
        let request = request(program, harness);
        let socket = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(netlink::SOCK_DIAG),
        )
        .ok()?;
        let answer = ask(&socket, &request)?;
        if u16_at(&answer, 4)? == ERROR {
            return None;
        }
        let unread = u32_at(&answer, RECEIVE_QUEUE)?;
        let received = bytes_received(&answer)?;
        Some(received >= total && unread == 0)
    }

    /// The question: the socket whose own end is `program` and whose other end
    /// is `harness`. Ports and addresses in network byte order, the rest in the
    /// machine's.
    fn request(program: SocketAddr, harness: SocketAddr) -> Vec<u8> {
        let family: u8 = if program.is_ipv4() { 2 } else { 10 };
        let mut request = Vec::with_capacity(REQUEST_LEN);
        request.extend(72_u32.to_ne_bytes());
        request.extend(BY_FAMILY.to_ne_bytes());
        request.extend(REQUEST.to_ne_bytes());
        request.extend([0; 8]); // sequence number and port id: the kernel's
        request.extend([family, 6, 1 << (INFO - 1), 0]); // TCP, with its info
        request.extend(u32::MAX.to_ne_bytes()); // in any state
        request.extend(program.port().to_be_bytes());
        request.extend(harness.port().to_be_bytes());
        request.extend(sixteen(program.ip()));
        request.extend(sixteen(harness.ip()));
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

    fn ask(socket: &OwnedFd, request: &[u8]) -> Option<Vec<u8>> {
        rustix::net::send(socket, request, SendFlags::empty()).ok()?;
        let mut answer = vec![0; 4096];
        let (len, _) = rustix::net::recv(socket, &mut answer, RecvFlags::empty()).ok()?;
        answer.truncate(len);
        Some(answer)
    }

    /// Walks the attributes (length and type, 16 bits each, padded to 4 octets).
    fn bytes_received(answer: &[u8]) -> Option<u64> {
        let mut at = ATTRIBUTES;
        loop {
            let len = usize::from(u16_at(answer, at)?);
            if u16_at(answer, at + 2)? == INFO {
                let octets = answer.get(at + 4 + BYTES_RECEIVED..)?.first_chunk()?;
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
}
