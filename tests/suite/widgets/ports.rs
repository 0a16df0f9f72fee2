//! Which socket gets what: the widget's script asked, and the kernel of this
//! machine.

use serde_json::{Value, json};

use super::{ask, has_node};

/// RFC 6335 §6, both sides of each bound.
#[test]
fn port_numbers_are_in_the_ranges_of_rfc_6335() {
    if !has_node() {
        return;
    }
    let expected = [
        (0, "reserved"),
        (1, "system"),
        (1023, "system"),
        (1024, "user"),
        (49_151, "user"),
        (49_152, "dynamic"),
        (65_535, "dynamic"),
    ];
    let questions: Vec<String> = expected
        .iter()
        .map(|(port, _)| json!({ "port": port }).to_string())
        .collect();
    for ((port, range), came) in expected.iter().zip(ask("ports", &questions)) {
        assert_eq!(&came, range, "{port}");
    }
}

fn socket(
    name: &str,
    protocol: &str,
    local: (&str, u16),
    remote: Option<(&str, u16)>,
    listening: bool,
) -> Value {
    let (remote_address, remote_port) = remote.unwrap_or(("0.0.0.0", 0));
    json!({
        "name": name, "protocol": protocol, "localAddress": local.0, "localPort": local.1,
        "remoteAddress": remote_address, "remotePort": remote_port, "listening": listening,
    })
}

/// Linux has all of 127.0.0.0/8 on its loopback interface, so that one machine
/// can be several hosts.
#[cfg(target_os = "linux")]
mod kernel {
    use std::io::ErrorKind;
    use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use rustix::net::sockopt::set_socket_reuseport;
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket as new_socket};

    use super::*;

    /// Long, for a machine under load; what is waited for takes no time.
    const LIMIT: Duration = Duration::from_secs(100);

    fn at(host: u8, port: u16) -> SocketAddrV4 {
        let address = if host == 0 {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::new(127, 0, 0, host)
        };
        SocketAddrV4::new(address, port)
    }

    /// A socket that lets others have the same port at another address.
    fn bound(kind: SocketType, address: SocketAddrV4) -> rustix::fd::OwnedFd {
        let socket = new_socket(AddressFamily::INET, kind, None).expect("a socket");
        set_socket_reuseport(&socket, true).expect("an option of Linux");
        bind(&socket, &address).expect("a free port");
        socket
    }

    /// Four sockets of UDP at one port: the datagram is found by sending one
    /// and looking who has it.
    #[test]
    fn the_kernel_gives_each_datagram_to_the_socket_that_the_page_names() {
        if !has_node() {
            return;
        }
        let peers = [
            UdpSocket::bind(at(3, 0)),
            UdpSocket::bind(at(3, 0)),
            UdpSocket::bind(at(4, 0)),
        ];
        let peers = peers.map(|peer| peer.expect("a free port"));
        let addresses = peers.each_ref().map(|peer| match peer.local_addr() {
            Ok(std::net::SocketAddr::V4(address)) => address,
            other => panic!("{other:?}"),
        });
        let everywhere = UdpSocket::from(bound(SocketType::DGRAM, at(0, 0)));
        let port = everywhere.local_addr().expect("it is bound").port();
        let here = UdpSocket::from(bound(SocketType::DGRAM, at(2, port)));
        let connected = UdpSocket::from(bound(SocketType::DGRAM, at(2, port)));
        let [first, ..] = addresses;
        connected.connect(first).expect("UDP connects at once");
        let told = json!([
            socket("everywhere", "UDP", ("0.0.0.0", port), None, false),
            socket("here", "UDP", ("127.0.0.2", port), None, false),
            socket(
                "connected",
                "UDP",
                ("127.0.0.2", port),
                Some((&first.ip().to_string(), first.port())),
                false
            ),
        ]);
        // Who has it is whose `recv` returns: no clock decides.
        let (tell, told_by) = mpsc::channel();
        for (name, socket) in [
            ("everywhere", everywhere),
            ("here", here),
            ("connected", connected),
        ] {
            let tell = tell.clone();
            thread::spawn(move || {
                let mut octets = [0; 64];
                while let Ok((len, _)) = socket.recv_from(&mut octets) {
                    let text = octets.get(..len).map(<[u8]>::to_vec);
                    if tell.send((name, text)).is_err() {
                        break;
                    }
                }
            });
        }
        let mut questions = Vec::new();
        let mut got = Vec::new();
        for (peer, from) in peers.iter().zip(addresses) {
            for host in [1, 2, 5] {
                let text = format!("{from} to {host}");
                peer.send_to(text.as_bytes(), at(host, port))
                    .expect("loopback takes it");
                let (holder, came) = told_by.recv_timeout(LIMIT).expect("somebody has it");
                assert_eq!(came.as_deref(), Some(text.as_bytes()));
                questions.push(
                    json!({ "sockets": told, "packet": {
                        "protocol": "UDP", "source": from.ip().to_string(), "sourcePort": from.port(),
                        "destination": format!("127.0.0.{host}"), "destinationPort": port, "syn": false,
                    } })
                    .to_string(),
                );
                got.push(holder.to_owned());
            }
        }
        assert_eq!(ask("ports", &questions), got);
        let seen: std::collections::BTreeSet<&String> = got.iter().collect();
        assert_eq!(seen.len(), 3, "each socket got something: {got:?}");
    }

    /// Two listeners at one port, one at every address and one at this, and a
    /// port where nobody listens.
    #[test]
    fn the_kernel_gives_each_connection_to_the_listener_that_the_page_names() {
        if !has_node() {
            return;
        }
        let listener = |address| {
            let socket = bound(SocketType::STREAM, address);
            listen(&socket, 8).expect("a bound socket listens");
            TcpListener::from(socket)
        };
        let everywhere = listener(at(0, 0));
        let port = everywhere.local_addr().expect("it is bound").port();
        let here = listener(at(2, port));
        // A port that was free a moment ago, and that nobody listens at.
        let silent = bound(SocketType::STREAM, at(2, 0));
        let silent = TcpListener::from(silent)
            .local_addr()
            .expect("it is bound")
            .port();
        let told = json!([
            socket("everywhere", "TCP", ("0.0.0.0", port), None, true),
            socket("here", "TCP", ("127.0.0.2", port), None, true),
        ]);
        let (tell, told_by) = mpsc::channel();
        for (name, listener) in [("everywhere", everywhere), ("here", here)] {
            let tell = tell.clone();
            thread::spawn(move || {
                while let Ok((_, peer)) = listener.accept() {
                    if tell.send((name, peer)).is_err() {
                        break;
                    }
                }
            });
        }
        let mut questions = Vec::new();
        let mut got = Vec::new();
        for (host, to) in [(1, port), (2, port), (5, port), (2, silent)] {
            let holder = match TcpStream::connect_timeout(&at(host, to).into(), LIMIT) {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
                    "RST"
                }
                Ok(stream) => {
                    let (holder, peer) = told_by.recv_timeout(LIMIT).expect("somebody accepts");
                    assert_eq!(Some(peer), stream.local_addr().ok());
                    holder
                }
            };
            questions.push(
                json!({ "sockets": told, "packet": {
                    "protocol": "TCP", "source": "127.0.0.1", "sourcePort": 50_000,
                    "destination": format!("127.0.0.{host}"), "destinationPort": to, "syn": true,
                } })
                .to_string(),
            );
            got.push(holder.to_owned());
        }
        assert_eq!(got, ["everywhere", "here", "everywhere", "RST"]);
        assert_eq!(ask("ports", &questions), got);
    }
}

/// What a kernel cannot be asked without a second host.
#[test]
fn a_connection_takes_its_own_and_a_stranger_is_refused() {
    if !has_node() {
        return;
    }
    let sockets = json!([
        socket("web", "TCP", ("0.0.0.0", 80), None, true),
        socket(
            "visitor",
            "TCP",
            ("192.0.2.10", 80),
            Some(("198.51.100.7", 50_001)),
            false
        ),
    ]);
    let cases = [
        // A connection's own segments, and a SYN with its five: the connection's (RFC 9293 §3.10.7.4).
        (("198.51.100.7", 50_001, 80, false), "visitor"),
        (("198.51.100.7", 50_001, 80, true), "visitor"),
        // Another port, another address: a new connection, or a RST.
        (("198.51.100.7", 50_002, 80, true), "web"),
        (("198.51.100.7", 50_002, 80, false), "RST"),
        (("203.0.113.9", 50_001, 80, true), "web"),
        (("203.0.113.9", 50_001, 81, true), "RST"),
        (("127.0.0.1", 50_001, 80, true), "nothing"),
    ];
    let questions: Vec<String> = cases
        .iter()
        .map(|((source, from, to, syn), _)| {
            json!({ "sockets": sockets, "packet": {
                "protocol": "TCP", "source": source, "sourcePort": from,
                "destination": "192.0.2.10", "destinationPort": to, "syn": syn,
            } })
            .to_string()
        })
        .collect();
    for ((case, expected), came) in cases.iter().zip(ask("ports", &questions)) {
        assert_eq!(&came, expected, "{case:?}");
    }
}
