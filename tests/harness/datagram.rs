//! UDP peers that lose, double, hold back, cut and forge on purpose.
//!
//! What happens to a datagram is decided by its octets and by how often these
//! were tried, or by the check itself, and never by the clock: a program whose
//! own timer fires early under load sees the same network.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use crate::capture::{Ends, Transport};
use crate::check::{Failure, Fate, What};
use crate::trial::{DEADLINE, Log, Running};
use crate::wait;

/// The largest datagram that UDP over IPv4 carries: 65,535 octets less the
/// headers of IP and UDP (RFC 791 §3.1, RFC 768).
const DATAGRAM_LEN_MAX: usize = 65_507;

/// What a network does to the datagrams that cross it, in percent of them. What
/// is left after loss, doubling, holding back and cutting is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Lost.
    pub loss: u8,
    /// Delivered twice.
    pub duplication: u8,
    /// Held back until the next one has passed.
    pub reordering: u8,
    /// Delivered without its last octet.
    pub truncation: u8,
}

impl Weather {
    /// A network that delivers everything.
    pub const FAIR: Weather = Weather {
        loss: 0,
        duplication: 0,
        reordering: 0,
        truncation: 0,
    };

    /// What happens to `octets` when they are sent for the `attempt`-th time,
    /// counted from one. The same for the same seed, octets and attempt. Never is
    /// something lost more than four times in a row, so that whoever persists
    /// gets through.
    fn fate(self, seed: u64, octets: &[u8], attempt: u32) -> Fate {
        let mut hasher = DefaultHasher::new();
        (seed, octets, attempt).hash(&mut hasher);
        let mut drawn = hasher.finish() % 100;
        let kinds = [
            (
                if attempt.is_multiple_of(5) {
                    0
                } else {
                    self.loss
                },
                Fate::Lost,
            ),
            (self.duplication, Fate::Duplicated),
            (self.reordering, Fate::Held),
            (self.truncation, Fate::Truncated),
        ];
        for (percent, fate) in kinds {
            if drawn < u64::from(percent) {
                return fate;
            }
            drawn -= u64::from(percent);
        }
        Fate::Delivered
    }
}

/// The harness's end of an exchange of datagrams with the program.
pub struct Datagrams {
    socket: UdpSocket,
    /// Another port, from which forged datagrams come.
    stranger: UdpSocket,
    weather: Weather,
    seed: u64,
    attempts: BTreeMap<Vec<u8>, u32>,
    /// Sent, and held back until the next one has been.
    held_out: Vec<(Vec<u8>, SocketAddr)>,
    /// Came, and to be given before anything else is read.
    waiting: Vec<(Vec<u8>, SocketAddr)>,
    /// Came, and held back until the next one has been given.
    held_in: Vec<(Vec<u8>, SocketAddr)>,
    /// The number of the exchange with each peer.
    streams: BTreeMap<SocketAddr, usize>,
    log: Log,
}

impl Datagrams {
    pub(crate) fn new(weather: Weather, seed: u64, log: Log) -> Result<Self, Failure> {
        let bind = || -> std::io::Result<UdpSocket> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let sockets = bind().and_then(|socket| Ok((socket, bind()?)));
        let (socket, stranger) =
            sockets.map_err(|error| Failure::ours("a socket for datagrams", error))?;
        Ok(Datagrams {
            socket,
            stranger,
            weather,
            seed,
            attempts: BTreeMap::new(),
            held_out: Vec::new(),
            waiting: Vec::new(),
            held_in: Vec::new(),
            streams: BTreeMap::new(),
            log,
        })
    }

    /// Where datagrams for the harness go.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        self.socket
            .local_addr()
            .map_err(|error| Failure::ours("the address of a socket", error))
    }

    /// Waits for the next datagram that the network lets through, and whom it is
    /// from.
    ///
    /// # Errors
    /// A failure if the program ends first, or the deadline passes.
    pub fn receive(&mut self, program: &mut Running) -> Result<(Vec<u8>, SocketAddr), Failure> {
        self.next(|| program.has_ended())
    }

    fn next(&mut self, mut ended: impl FnMut() -> bool) -> Result<(Vec<u8>, SocketAddr), Failure> {
        let what = "a datagram from the program";
        loop {
            if !self.waiting.is_empty() {
                return Ok(self.waiting.remove(0));
            }
            let mut buffer = vec![0; DATAGRAM_LEN_MAX + 1];
            let socket = &self.socket;
            let came = wait::until(self.log.deadline(), || {
                let over = ended();
                match socket.recv_from(&mut buffer) {
                    Ok(came) => Some(Ok(came)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock && !over => None,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        Some(Err(Failure::words(
                            what,
                            "a datagram to the harness",
                            "the program ended without one",
                        )))
                    }
                    // An earlier datagram of ours found nobody (ICMP).
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => None,
                    Err(error) => Some(Err(Failure::ours("receiving a datagram", error))),
                }
            });
            let (len, from) = match came {
                Some(came) => came?,
                None => {
                    let came = format!("none within {} s", DEADLINE.as_secs());
                    return Err(Failure::words(what, "a datagram to the harness", came));
                }
            };
            buffer.truncate(len);
            let stream = self.stream(from);
            let fate = self.fate(&buffer);
            self.log
                .add(stream, What::DatagramReceived(buffer.clone(), fate));
            match fate {
                Fate::Lost => continue,
                Fate::Held => {
                    self.held_in.push((buffer, from));
                    continue;
                }
                Fate::Duplicated => self.waiting.push((buffer.clone(), from)),
                Fate::Truncated => {
                    buffer.pop();
                }
                Fate::Delivered | Fate::Forged => {}
            }
            self.waiting.insert(0, (buffer, from));
            self.waiting.append(&mut self.held_in);
        }
    }

    /// Sends a datagram through the network's weather.
    ///
    /// # Errors
    /// A failure of ours if the system refuses it.
    pub fn send(&mut self, octets: &[u8], to: SocketAddr) -> Result<(), Failure> {
        let fate = self.fate(octets);
        self.send_with(octets, to, fate)
    }

    /// Sends a datagram, and decides what happens to it.
    ///
    /// # Errors
    /// A failure of ours if the system refuses it.
    pub fn send_with(&mut self, octets: &[u8], to: SocketAddr, fate: Fate) -> Result<(), Failure> {
        let stream = self.stream(to);
        self.log
            .add(stream, What::DatagramSent(octets.to_vec(), fate));
        let cut = octets.split_last().map_or(octets, |(_, rest)| rest);
        let sent = match fate {
            Fate::Lost => Ok(()),
            Fate::Held => {
                self.held_out.push((octets.to_vec(), to));
                return Ok(());
            }
            Fate::Delivered => self.socket.send_to(octets, to).map(drop),
            Fate::Duplicated => self
                .socket
                .send_to(octets, to)
                .and_then(|_| self.socket.send_to(octets, to))
                .map(drop),
            Fate::Truncated => self.socket.send_to(cut, to).map(drop),
            Fate::Forged => self.stranger.send_to(octets, to).map(drop),
        };
        let held = std::mem::take(&mut self.held_out);
        let held = held
            .iter()
            .try_for_each(|(octets, to)| self.socket.send_to(octets, to).map(drop));
        sent.and(held)
            .map_err(|error| Failure::ours("sending a datagram", error))
    }

    fn fate(&mut self, octets: &[u8]) -> Fate {
        let attempt = self.attempts.entry(octets.to_vec()).or_default();
        *attempt += 1;
        self.weather.fate(self.seed, octets, *attempt)
    }

    fn stream(&mut self, peer: SocketAddr) -> usize {
        let ours = self.socket.local_addr().unwrap_or(peer);
        let log = &self.log;
        *self.streams.entry(peer).or_insert_with(|| {
            log.number(Ends {
                transport: Transport::Udp,
                harness: ours,
                program: peer,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::thread;
    use std::time::Duration;

    /// An echo of datagrams that asks again until it has its answer: the least
    /// that a program must do to live with loss. Gives how often it asked.
    fn ask(server: SocketAddr, question: &[u8]) -> u32 {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket
            .set_read_timeout(Some(Duration::from_millis(20)))
            .expect("an option");
        let mut buffer = [0; 100];
        for asked in 1..1000 {
            socket.send_to(question, server).expect("it is sent");
            while let Ok((len, from)) = socket.recv_from(&mut buffer) {
                if from == server && buffer.get(..len) == Some(question) {
                    return asked;
                }
            }
        }
        panic!("no answer to a thousand questions");
    }

    fn datagrams(weather: Weather, seed: u64) -> Datagrams {
        Datagrams::new(weather, seed, Log::new()).expect("sockets")
    }

    #[test]
    fn who_persists_gets_through_any_weather() {
        let storm = Weather {
            loss: 60,
            duplication: 10,
            reordering: 10,
            truncation: 10,
        };
        for seed in 0..20 {
            let mut server = datagrams(storm, seed);
            let address = server.address().expect("an address");
            let client = thread::spawn(move || ask(address, b"question"));
            while !client.is_finished() {
                let Ok((octets, from)) = server.next(|| client.is_finished()) else {
                    break;
                };
                server.send(&octets, from).expect("it is sent");
            }
            assert!(client.join().expect("an answer") >= 1);
        }
    }

    #[test]
    fn the_fate_of_a_datagram_depends_on_seed_octets_and_attempt_alone() {
        let storm = Weather {
            loss: 40,
            duplication: 20,
            reordering: 20,
            truncation: 10,
        };
        let fates = |seed| -> Vec<Fate> {
            (1..200)
                .map(|attempt| storm.fate(seed, b"same", attempt))
                .collect()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
        let kinds: BTreeSet<String> = fates(7).iter().map(|fate| format!("{fate:?}")).collect();
        assert_eq!(kinds.len(), 5, "{kinds:?}");
        assert!((1..100).all(|attempt| Weather::FAIR.fate(attempt, b"x", 1) == Fate::Delivered));
    }

    #[test]
    fn what_is_done_to_a_datagram_is_what_arrives() {
        let mut server = datagrams(Weather::FAIR, 0);
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        client.set_read_timeout(Some(DEADLINE)).expect("an option");
        let to = client.local_addr().expect("an address");
        let ours = server.address().expect("an address");
        for (octets, fate) in [
            (b"one", Fate::Lost),
            (b"two", Fate::Duplicated),
            (b"six", Fate::Held),
            (b"ten", Fate::Truncated),
            (b"bad", Fate::Forged),
            (b"end", Fate::Delivered),
        ] {
            server.send_with(octets, to, fate).expect("it is sent");
        }
        let mut came = Vec::new();
        let mut buffer = [0; 10];
        while !came
            .iter()
            .any(|(octets, _): &(Vec<u8>, bool)| octets == b"end")
        {
            let (len, from) = client.recv_from(&mut buffer).expect("it arrives");
            came.push((buffer.get(..len).unwrap_or_default().to_vec(), from == ours));
        }
        let expected = [
            ("two", true),
            ("two", true),
            ("te", true),
            ("six", true),
            ("bad", false),
            ("end", true),
        ];
        assert_eq!(
            came,
            expected.map(|(text, own)| (text.as_bytes().to_vec(), own))
        );
    }
}
