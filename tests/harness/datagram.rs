//! UDP peers that lose, double, hold back, cut and forge on purpose.
//!
//! What happens to a datagram is decided by its octets and by how often these
//! were tried, or by the check itself, and never by the clock: a program whose
//! own timer fires early under load sees the same network.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use crate::capture::{Ends, Transport};
use crate::check::{Failure, Fate, Verdict, What};
use crate::ladder::sample;
use crate::trial::{Log, Running};

/// Room for any datagram: the Length of RFC 768 has 16 bits and counts its own
/// header, so what it carries is always shorter.
const ROOM_LEN: usize = 65_536;

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
    /// How many octets have come in each exchange.
    received: BTreeMap<usize, usize>,
    log: Log,
}

impl Datagrams {
    pub(crate) fn new(ip: IpAddr, weather: Weather, seed: u64, log: Log) -> Result<Self, Failure> {
        let bind = || -> std::io::Result<UdpSocket> {
            let socket = UdpSocket::bind((ip, 0))?;
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
            received: BTreeMap::new(),
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
        let came = self.next(|| program.has_ended())?;
        came.ok_or_else(|| nothing_came("the program ended without one"))
    }

    /// The same, and `None` if the program ends without another datagram.
    ///
    /// # Errors
    /// A failure if the deadline passes.
    pub fn receive_or_end(
        &mut self,
        program: &mut Running,
    ) -> Result<Option<(Vec<u8>, SocketAddr)>, Failure> {
        self.next(|| program.has_ended())
    }

    /// Fails unless the next datagram from the program holds `expected`, no octet
    /// less and none more. Gives whom it is from.
    ///
    /// # Errors
    /// The difference, as a failure of `what`; what [`Datagrams::receive`] says.
    pub fn expect(
        &mut self,
        program: &mut Running,
        what: impl Into<String>,
        expected: &[u8],
    ) -> Result<SocketAddr, Failure> {
        let what = what.into();
        let came = self.receive(program).map_err(|failure| Failure {
            what: what.clone(),
            ..failure
        })?;
        let (octets, from) = came;
        if octets == expected {
            return Ok(from);
        }
        let stream = self.stream(from);
        let end = self.received.get(&stream).copied().unwrap_or(0);
        let offset = end.saturating_sub(octets.len());
        Err(Failure::octets(what, expected, &octets).at(stream, offset))
    }

    /// Waits for a datagram to any of `peers`, and gives whose it is, counted from
    /// 0, and its octets.
    ///
    /// # Errors
    /// A failure if the program ends first, or the deadline passes.
    pub fn first_of(
        peers: &mut [&mut Datagrams],
        program: &mut Running,
    ) -> Result<(usize, Vec<u8>), Failure> {
        let Some(log) = peers.first().map(|peer| peer.log.clone()) else {
            return Err(nothing_came("there is nobody to get one"));
        };
        let came = log.until(|| {
            let over = program.has_ended();
            for (index, peer) in peers.iter_mut().enumerate() {
                match peer.poll() {
                    Ok(None) => {}
                    Ok(Some((octets, _))) => return Some(Ok((index, octets))),
                    Err(failure) => return Some(Err(failure)),
                }
            }
            over.then(|| Err(nothing_came("the program ended without one")))
        });
        came.unwrap_or_else(|| {
            log.patience_ended();
            let silence = format!("none within {} s", log.patience_s());
            Err(nothing_came(&silence))
        })
    }

    /// Fails if a datagram has come by now that was not asked for. What comes
    /// later is not waited for: call it when the program has ended, or has
    /// answered something that it could only answer after it.
    ///
    /// # Errors
    /// What came, as a failure of `what`.
    pub fn expect_nothing_more(&mut self, what: impl Into<String>) -> Verdict {
        match self.poll()? {
            None => Ok(()),
            Some((octets, _)) => Err(Failure::words(
                what,
                "no datagram",
                format!("a datagram of {}", sample(&octets)),
            )),
        }
    }

    /// Waits until the network lets a datagram through or `ended` says that none
    /// can come any more.
    fn next(
        &mut self,
        mut ended: impl FnMut() -> bool,
    ) -> Result<Option<(Vec<u8>, SocketAddr)>, Failure> {
        let log = self.log.clone();
        let came = log.until(|| {
            // Ended first, asked second: what it sent before its end counts.
            let over = ended();
            match self.poll() {
                Ok(None) if !over => None,
                came => Some(came),
            }
        });
        came.unwrap_or_else(|| {
            self.log.patience_ended();
            if let Some(stream) = self.streams.values().max() {
                self.log.add(*stream, What::Silent);
            }
            let came = format!("none within {} s", self.log.patience_s());
            Err(nothing_came(&came))
        })
    }

    /// The next datagram that the network lets through, if there is one now.
    fn poll(&mut self) -> Result<Option<(Vec<u8>, SocketAddr)>, Failure> {
        let mut buffer = vec![0; ROOM_LEN];
        loop {
            if !self.waiting.is_empty() {
                return Ok(Some(self.waiting.remove(0)));
            }
            let (len, from) = match self.socket.recv_from(&mut buffer) {
                Ok(came) => came,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                // An earlier datagram of ours found nobody (ICMP).
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(Failure::ours("receiving a datagram", error)),
            };
            let mut octets = buffer.get(..len).unwrap_or_default().to_vec();
            let stream = self.stream(from);
            let fate = self.fate(&octets);
            *self.received.entry(stream).or_default() += len;
            self.log
                .add(stream, What::DatagramReceived(octets.clone(), fate));
            self.log.renew();
            match fate {
                Fate::Lost => continue,
                Fate::Held => {
                    self.held_in.push((octets, from));
                    continue;
                }
                Fate::Duplicated => self.waiting.push((octets.clone(), from)),
                Fate::Truncated => {
                    octets.pop();
                }
                Fate::Delivered | Fate::Forged => {}
            }
            self.waiting.insert(0, (octets, from));
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

fn nothing_came(came: &str) -> Failure {
    Failure::words(
        "a datagram from the program",
        "a datagram to the harness",
        came,
    )
}

/// An address where no datagram finds anybody: its port is taken, and its socket
/// is connected to itself, so that it takes nothing from others. Who sends there
/// is told so (ICMP, port unreachable).
pub struct Unreachable {
    held: UdpSocket,
}

impl Unreachable {
    pub(crate) fn new() -> Result<Self, Failure> {
        let made = || -> std::io::Result<_> {
            let held = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            held.connect(held.local_addr()?)?;
            Ok(Unreachable { held })
        };
        made().map_err(|error| Failure::ours("a port where nobody is", error))
    }

    /// The address.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        self.held
            .local_addr()
            .map_err(|error| Failure::ours("the address of a socket", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::DEADLINE;
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
        Datagrams::new(Ipv4Addr::LOCALHOST.into(), weather, seed, Log::new()).expect("sockets")
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
                let came = server.next(|| client.is_finished()).expect("no deadline");
                let Some((octets, from)) = came else {
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

    #[test]
    fn a_datagram_of_no_octets_comes_and_goes() {
        let mut server = datagrams(Weather::FAIR, 0);
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let to = server.address().expect("an address");
        client.send_to(b"", to).expect("it is sent");
        let (octets, from) = server
            .next(|| false)
            .expect("no trouble")
            .expect("it comes");
        assert_eq!(
            (octets, Ok(from)),
            (Vec::new(), client.local_addr().map_err(drop))
        );
        server.send(b"", from).expect("it is sent");
        client.set_read_timeout(Some(DEADLINE)).expect("an option");
        assert_eq!(client.recv(&mut [0; 9]).expect("it arrives"), 0);
    }

    #[test]
    fn nothing_is_waited_for_once_the_program_has_ended() {
        let mut server = datagrams(Weather::FAIR, 0);
        assert_eq!(server.next(|| true).expect("no trouble"), None);
        server
            .expect_nothing_more("a question")
            .expect("there is none");
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let to = server.address().expect("an address");
        client.send_to(b"late", to).expect("it is sent");
        let failure = server
            .expect_nothing_more("a question")
            .expect_err("there is one");
        let words = failure.words.map(|(_, came)| came);
        assert_eq!(words.as_deref(), Some("a datagram of 4 octets  \"late\""));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_sends_to_nobody_is_told() {
        let nobody = Unreachable::new().expect("a port");
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        client.set_read_timeout(Some(DEADLINE)).expect("an option");
        client
            .connect(nobody.address().expect("an address"))
            .expect("it is connected");
        client.send(b"anybody?").expect("it is sent");
        let told = client.recv(&mut [0; 9]).map_err(|error| error.kind());
        assert_eq!(told, Err(ErrorKind::ConnectionRefused));
    }
}
