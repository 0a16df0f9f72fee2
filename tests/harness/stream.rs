//! TCP peers that cut, drip, close and reset on purpose.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::capture::Ends;
use crate::check::{Failure, Verdict, What};
use crate::trial::{Log, Running};
use crate::{attempts, drain, wait};

/// How octets reach the program: in one piece, or in several, each sent when
/// the one before has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    cuts: Vec<usize>,
}

/// So many cuts are named in a phrase, and of more their number.
const NAMED_MAX: usize = 16;

impl Delivery {
    /// All in one piece.
    pub fn whole() -> Self {
        Delivery::default()
    }

    /// One octet at a time.
    pub fn octet_by_octet(len: usize) -> Self {
        Delivery {
            cuts: (1..len).collect(),
        }
    }

    /// Cut before each of these offsets, which ascend.
    pub fn cut_at(cuts: &[usize]) -> Self {
        Delivery {
            cuts: cuts.to_vec(),
        }
    }

    /// Cut where `bits` has a one: bit 0 is the gap after octet 0. All the
    /// `1 << (len - 1)` numbers give all the ways to cut `len` octets.
    pub fn cut_by_bits(bits: u64, len: usize) -> Self {
        let cuts = (1..len.min(65))
            .filter(|gap| bits >> (gap - 1) & 1 == 1)
            .collect();
        Delivery { cuts }
    }

    /// `octets` in pieces.
    pub fn pieces<'a>(&self, octets: &'a [u8]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        let mut rest = octets;
        let mut at = 0;
        for &cut in &self.cuts {
            let Some((piece, after)) = rest.split_at_checked(cut.saturating_sub(at)) else {
                break;
            };
            if !piece.is_empty() {
                pieces.push(piece);
            }
            rest = after;
            at = cut;
        }
        if !rest.is_empty() {
            pieces.push(rest);
        }
        pieces
    }

    /// The cuts in words: `cut after octet 3`.
    pub fn describe(&self) -> String {
        match self.cuts.as_slice() {
            [] => "in one piece".to_owned(),
            [cut] => format!("cut after octet {cut}"),
            cuts if cuts.len() > 6
                && cuts
                    .windows(2)
                    .all(|pair| matches!(pair, [a, b] if a + 1 == *b)) =>
            {
                "one octet at a time".to_owned()
            }
            cuts if cuts.len() > NAMED_MAX => format!("in {} pieces", cuts.len() + 1),
            cuts => {
                let cuts: Vec<String> = cuts.iter().map(usize::to_string).collect();
                format!("cut after octets {}", cuts.join(", "))
            }
        }
    }
}

/// Every way to cut `len` octets once.
pub fn every_cut(len: usize) -> impl Iterator<Item = Delivery> {
    (1..len).map(|cut| Delivery::cut_at(&[cut]))
}

/// A socket that waits for the program to connect.
pub struct Listener {
    listener: Arc<TcpListener>,
    log: Log,
}

impl Listener {
    pub(crate) fn new(log: Log) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener =
            listener.and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
        let listener =
            listener.map_err(|error| Failure::ours("listening on the loopback", error))?;
        let listener = Arc::new(listener);
        log.watch(&listener);
        Ok(Listener { listener, log })
    }

    /// Where it listens, as the program is told.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        self.listener
            .local_addr()
            .map_err(|error| Failure::ours("the address of our listener", error))
    }

    /// Waits until the program connects.
    ///
    /// # Errors
    /// A failure if it ends first, or the deadline passes.
    pub fn accept(&self, program: &mut Running) -> Result<Peer, Failure> {
        let what = "the program's connection";
        let accepted = self.log.until(|| {
            // Ended first, asked second: what it did before its end counts.
            let ended = program.has_ended();
            match self.listener.accept() {
                Ok(accepted) => Some(Ok(accepted)),
                Err(error) if error.kind() == ErrorKind::WouldBlock && !ended => None,
                Err(error) if error.kind() == ErrorKind::WouldBlock => Some(Err(Failure::words(
                    what,
                    "a connection to the harness's server",
                    "the program ended without one",
                ))),
                Err(error) => Some(Err(Failure::ours("accepting", error))),
            }
        });
        match accepted {
            Some(Ok((stream, program))) => {
                Peer::new(stream, program, What::Accepted, self.log.clone())
            }
            Some(Err(failure)) => Err(failure),
            None => {
                self.log.patience_ended();
                let came = format!("none within {} s", self.log.patience_s());
                Err(Failure::words(
                    what,
                    "a connection to the harness's server",
                    came,
                ))
            }
        }
    }
}

/// An address that refuses: its port is taken, and nobody listens there.
pub struct Refusing {
    address: SocketAddr,
    #[cfg(unix)]
    _held: std::os::fd::OwnedFd,
}

impl Refusing {
    #[cfg(unix)]
    pub(crate) fn new() -> Result<Self, Failure> {
        use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
        let made = || -> rustix::io::Result<_> {
            let held = socket(AddressFamily::INET, SocketType::STREAM, None)?;
            rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::CLOEXEC)?;
            bind(&held, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            let address = SocketAddr::try_from(getsockname(&held)?)?;
            Ok(Refusing {
                address,
                _held: held,
            })
        };
        made().map_err(|error| Failure::ours("a port that refuses", error))
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> Result<Self, Failure> {
        // Free again once dropped; nobody else is likely to take it at once.
        let address =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = address.map_err(|error| Failure::ours("a port that refuses", error))?;
        Ok(Refusing { address })
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A port that answers nothing. Its listener takes one connection into its
/// queue, and there it is; Linux drops the SYN of any other until there is room
/// again, and a dropped SYN is not answered.
pub struct Silent {
    address: SocketAddr,
    listener: Listener,
    _queued: TcpStream,
}

impl Silent {
    #[cfg(unix)]
    pub(crate) fn new(log: Log) -> Result<Self, Failure> {
        use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
        let made = || -> io::Result<_> {
            let held = socket(AddressFamily::INET, SocketType::STREAM, None)?;
            rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::CLOEXEC)?;
            bind(&held, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            let address = SocketAddr::try_from(getsockname(&held)?)?;
            listen(&held, 0)?;
            let queued = TcpStream::connect(address)?;
            let listener = TcpListener::from(held);
            listener.set_nonblocking(true)?;
            Ok((address, Arc::new(listener), queued))
        };
        let failed = |error: io::Error| Failure::ours("a port that answers nothing", error);
        let (address, listener, queued) = made().map_err(failed)?;
        // Connected on this side; on the other the queue is full a moment later,
        // which Linux tells.
        #[cfg(target_os = "linux")]
        let full = log.until(|| (attempts::queued(address) > 0).then_some(()));
        #[cfg(target_os = "linux")]
        full.ok_or_else(|| failed(ErrorKind::TimedOut.into()))?;
        Ok(Silent {
            address,
            listener: Listener { listener, log },
            _queued: queued,
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn new(_log: Log) -> Result<Self, Failure> {
        let reason = "this system has none";
        Err(Failure::ours("a port that answers nothing", reason))
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes room in the queue: whoever tries again from now on is connected.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn open(self) -> Result<Listener, Failure> {
        let accepted = self.listener.listener.accept();
        accepted.map_err(|error| Failure::ours("accepting our own", error))?;
        Ok(self.listener)
    }
}

/// The harness's end of a connection with the program.
pub struct Peer {
    stream: TcpStream,
    number: usize,
    sent: u64,
    received: usize,
    log: Log,
}

/// How long nothing may move before a conversation counts as standing still.
/// A program that is merely slow is then read a little early, and that is all.
const STANDSTILL: Duration = Duration::from_millis(100);

/// What stands between two octets of a peer that drips.
const DRIP: Duration = Duration::from_millis(25);

/// The room that is asked for in the harness's sockets for it, in octets.
const STANDSTILL_LEN: usize = 64 << 10;

/// The most octets in a segment of a connection on which little is to be on the way.
#[cfg(unix)]
const NARROW_LEN: u32 = 16 << 10;

/// How a read of the harness ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the octets that were asked for.
    Enough,
    /// The program closed its direction.
    End,
    /// The program's side reset the connection.
    Reset,
    /// Nothing more until the deadline.
    Silence,
}

impl Ending {
    fn words(self) -> &'static str {
        match self {
            Ending::Enough => "the connection stayed open",
            Ending::End => "the program closed the connection",
            Ending::Reset => "the connection was reset",
            Ending::Silence => "then silence until the deadline",
        }
    }
}

/// Connects to a program, which patience is had with.
pub(crate) fn connect_patiently(to: SocketAddr, log: &Log) -> io::Result<TcpStream> {
    until_connected(log, |within| TcpStream::connect_timeout(&to, within))
}

fn until_connected(
    log: &Log,
    connect: impl Fn(Duration) -> io::Result<TcpStream>,
) -> io::Result<TcpStream> {
    loop {
        let left = log.deadline().saturating_duration_since(Instant::now());
        match connect(left.max(Duration::from_millis(1))) {
            Err(error) if error.kind() == ErrorKind::TimedOut && !log.is_overdue() => {}
            connected => return connected,
        }
    }
}

/// Connects with segments that are no longer than those of other networks may be:
/// those of the loopback have 64 KiB, and a program's system makes room for many.
#[cfg(unix)]
fn connect_narrowly(to: SocketAddr, log: &Log) -> io::Result<TcpStream> {
    use socket2::{Domain, Socket, Type};
    until_connected(log, |within| {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
        socket.set_tcp_mss(NARROW_LEN)?;
        socket.connect_timeout(&to.into(), within)?;
        Ok(socket.into())
    })
}

#[cfg(not(unix))]
use connect_patiently as connect_narrowly;

impl Peer {
    pub(crate) fn connect(to: SocketAddr, log: Log) -> Result<Self, Failure> {
        Peer::connected(connect_patiently(to, &log), to, log)
    }

    pub(crate) fn connect_narrowly(to: SocketAddr, log: Log) -> Result<Self, Failure> {
        Peer::connected(connect_narrowly(to, &log), to, log)
    }

    fn connected(stream: io::Result<TcpStream>, to: SocketAddr, log: Log) -> Result<Self, Failure> {
        let stream = stream.map_err(|error| {
            Failure::words(
                "connecting to the program",
                "the program accepts",
                error.to_string(),
            )
        })?;
        Peer::new(stream, to, What::Connected, log)
    }

    fn new(
        stream: TcpStream,
        program: SocketAddr,
        opened: What,
        log: Log,
    ) -> Result<Self, Failure> {
        let ready = || -> io::Result<Ends> {
            stream.set_nonblocking(false)?;
            Ends::of(&stream, program)
        };
        let ends = ready().map_err(|error| Failure::ours("a new connection", error))?;
        // It fails where the connection is gone, and what is read of it will tell.
        let _ = stream.set_nodelay(true);
        let number = log.number(ends);
        log.add(number, opened);
        Ok(Peer {
            stream,
            number,
            sent: 0,
            received: 0,
            log,
        })
    }

    /// Sends `octets` in the pieces of `delivery`: a piece goes out when the
    /// program has read the one before.
    ///
    /// # Errors
    /// A failure if the program leaves a piece unread until the deadline. That
    /// it has closed is no error here: what it answers will tell.
    pub fn deliver(&mut self, octets: &[u8], delivery: &Delivery) -> Verdict {
        for (index, piece) in delivery.pieces(octets).into_iter().enumerate() {
            if index > 0 {
                let sent = self.sent;
                let read = self.log.until(|| match drain::tcp(&self.stream, sent) {
                    Some(false) => None,
                    Some(true) | None => Some(()),
                });
                if read.is_none() {
                    self.log.patience_ended();
                    let came = format!(
                        "the first {sent} were not read within {} s",
                        self.log.patience_s()
                    );
                    self.log.add(self.number, What::Silent);
                    return Err(Failure::words(
                        "what was sent to the program",
                        format!("it reads the {} octets that come", octets.len()),
                        came,
                    ));
                }
                self.log.renew();
            }
            self.limit_wait(true);
            let sending = self.log.sending(self.number, piece);
            if self.stream.write_all(piece).is_ok() {
                self.sent += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            } else {
                self.log.not_sent(sending);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends `octets` in one piece.
    ///
    /// # Errors
    /// As [`Peer::deliver`].
    pub fn send(&mut self, octets: &[u8]) -> Verdict {
        self.deliver(octets, &Delivery::whole())
    }

    /// Sends `octets` again and again, `times` times, and reads nothing meanwhile,
    /// until the program has taken them all or takes no more: a program that
    /// answers cannot get rid of its answers and must stop reading, or keep them.
    /// Gives how many octets went out.
    pub fn send_without_reading(&mut self, octets: &[u8], times: usize) -> usize {
        // With little room here, little is on the way when it stops.
        #[cfg(unix)]
        {
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&self.stream, STANDSTILL_LEN);
            let _ = rustix::net::sockopt::set_socket_send_buffer_size(&self.stream, STANDSTILL_LEN);
        }
        let mut taken = Vec::new();
        while taken.len() < octets.len() * times {
            let rest = octets.get(taken.len() % octets.len()..).unwrap_or_default();
            let _ = self.stream.set_write_timeout(Some(STANDSTILL));
            match self.stream.write(rest) {
                Ok(len) if len > 0 => taken.extend(rest.iter().take(len)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        let sent = taken.len();
        self.sent += u64::try_from(sent).unwrap_or(u64::MAX);
        self.log.add(self.number, What::Sent(taken));
        sent
    }

    /// Sends `octet` again and again, with [`DRIP`] between, until the program
    /// has ended or closed, or the deadline has passed. Gives how many went out.
    pub fn drip(&mut self, octet: u8, program: &mut Running) -> usize {
        let mut sent = Vec::new();
        let ended = |program: &mut Running| {
            let limit = (Instant::now() + DRIP).min(self.log.deadline());
            wait::until(limit, || program.has_ended().then_some(())).is_some()
        };
        while !ended(program) && !self.log.is_overdue() && self.stream.write_all(&[octet]).is_ok() {
            sent.push(octet);
        }
        self.sent += u64::try_from(sent.len()).unwrap_or(u64::MAX);
        let count = sent.len();
        self.log.add(self.number, What::Sent(sent));
        count
    }

    /// Closes the harness's direction: the program reads an end of stream.
    pub fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.log.add(self.number, What::Finished);
    }

    /// Resets the connection: the program's next call on it fails.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn reset(self) -> Verdict {
        self.log.add(self.number, What::Aborted);
        #[cfg(unix)]
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO))
            .map_err(|error| Failure::ours("a socket option", error))?;
        Ok(())
    }

    /// Waits until the program has read all that was sent to it; true at once
    /// where the system does not tell.
    pub fn until_read(&self) -> bool {
        let read = || match drain::tcp(&self.stream, self.sent) {
            Some(false) => None,
            Some(true) | None => Some(()),
        };
        let read = self.log.until(read).is_some();
        if !read {
            self.log.patience_ended();
        }
        read
    }

    /// Reads until `len` octets have come or the stream ends, one way or other.
    pub fn read(&mut self, len: usize) -> (Vec<u8>, Ending) {
        let mut came = Vec::new();
        let mut buffer = [0; 16 << 10];
        while came.len() < len {
            self.limit_wait(false);
            let want = (len - came.len()).min(buffer.len());
            let Some(room) = buffer.get_mut(..want) else {
                break;
            };
            match self.stream.read(room) {
                Ok(0) => {
                    self.log.add(self.number, What::End);
                    return (came, Ending::End);
                }
                Ok(got) => {
                    let octets = room.get(..got).unwrap_or_default();
                    self.log.add(self.number, What::Received(octets.to_vec()));
                    came.extend_from_slice(octets);
                    self.received += got;
                    self.log.renew();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_time_out(&error) && !self.log.is_overdue() => {}
                Err(error) if is_time_out(&error) => {
                    self.log.patience_ended();
                    self.log.add(self.number, What::Silent);
                    return (came, Ending::Silence);
                }
                Err(_) => {
                    self.log.add(self.number, What::Reset);
                    return (came, Ending::Reset);
                }
            }
        }
        (came, Ending::Enough)
    }

    /// Fails unless the next octets from the program are `expected`.
    ///
    /// # Errors
    /// The difference, as a failure of `what`.
    pub fn expect(&mut self, what: impl Into<String>, expected: &[u8]) -> Verdict {
        let offset = self.received;
        let (came, ending) = self.read(expected.len());
        if came == expected {
            return Ok(());
        }
        let failure = Failure::octets(what, expected, &came).at(self.number, offset);
        Err(if ending == Ending::Enough {
            failure
        } else {
            failure.ended(ending.words())
        })
    }

    /// Fails if the program has sent anything, or closed, by now. What it does
    /// later is not waited for: call it when the program has read something that
    /// it could only have waited for.
    ///
    /// # Errors
    /// What came, as a failure of `what`.
    pub fn expect_nothing_yet(&mut self, what: impl Into<String>) -> Verdict {
        let offset = self.received;
        let mut room = [0; 4096];
        let ours = |error| Failure::ours("a socket that does not wait", error);
        self.stream.set_nonblocking(true).map_err(ours)?;
        let read = self.stream.read(&mut room);
        self.stream.set_nonblocking(false).map_err(ours)?;
        match read {
            Err(error) if is_time_out(&error) => Ok(()),
            Ok(len) if len > 0 => {
                let came = room.get(..len).unwrap_or_default();
                self.log.add(self.number, What::Received(came.to_vec()));
                self.received += len;
                Err(Failure::octets(what, b"", came).at(self.number, offset))
            }
            ended => {
                let (event, ending) = match ended {
                    Ok(_) => (What::End, Ending::End),
                    Err(_) => (What::Reset, Ending::Reset),
                };
                self.log.add(self.number, event);
                Err(Failure::words(what, "the program waits", ending.words()))
            }
        }
    }

    /// Fails unless the program now closes its direction, in order and without
    /// another octet.
    ///
    /// # Errors
    /// What came instead, as a failure of `what`.
    pub fn expect_end(&mut self, what: impl Into<String>) -> Verdict {
        let offset = self.received;
        // Whoever sends on instead of closing has been seen through by then.
        let (came, ending) = self.read(64 << 10);
        if ending != Ending::End && came.is_empty() {
            return Err(Failure::words(
                what,
                "the program closes the connection",
                ending.words(),
            ));
        }
        if came.is_empty() {
            Ok(())
        } else {
            Err(Failure::octets(what, b"", &came).at(self.number, offset))
        }
    }

    /// Bounds the next call by the deadline. A read or write that the system
    /// does not bound is bounded by the runner, which ends the check.
    fn limit_wait(&self, write: bool) {
        let left = self
            .log
            .deadline()
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        let _ = if write {
            self.stream.set_write_timeout(Some(left))
        } else {
            self.stream.set_read_timeout(Some(left))
        };
    }
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread::{self, JoinHandle};

    use super::{Delivery, Ending, NAMED_MAX, Peer, Refusing};
    use crate::trial::Log;
    #[cfg(target_os = "linux")]
    use {
        super::{NARROW_LEN, Silent, connect_narrowly, connect_patiently},
        crate::attempts,
    };
    #[cfg(unix)]
    use {crate::check::What, crate::wait, std::time::Duration};

    /// A program of one thread that gets the connection, and the harness's peer.
    fn pair<T: Send + 'static>(program: fn(TcpStream) -> T) -> (Peer, JoinHandle<T>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback");
        let address = listener.local_addr().expect("an address");
        let thread = thread::spawn(move || program(listener.accept().expect("a connection").0));
        (Peer::connect(address, Log::new()).expect("a peer"), thread)
    }

    /// How many octets each read gave, until the end.
    fn read_lens(mut stream: TcpStream) -> Vec<usize> {
        let mut buffer = [0; 1024];
        std::iter::from_fn(|| stream.read(&mut buffer).ok().filter(|len| *len > 0)).collect()
    }

    #[test]
    fn pieces_of_a_delivery_make_the_whole() {
        let octets = b"0123456789";
        for bits in 0..1 << 9 {
            let pieces = Delivery::cut_by_bits(bits, octets.len()).pieces(octets);
            assert_eq!(pieces.concat(), octets);
            assert_eq!(pieces.len() as u32, bits.count_ones() + 1);
        }
    }

    #[test]
    fn many_cuts_are_counted_and_few_are_named() {
        let every_second = |count: usize| (1..=count).map(|cut| 2 * cut).collect::<Vec<_>>();
        let three = Delivery::cut_at(&every_second(3));
        assert_eq!(three.describe(), "cut after octets 2, 4, 6");
        let many = Delivery::cut_at(&every_second(NAMED_MAX + 1));
        assert_eq!(many.describe(), format!("in {} pieces", NAMED_MAX + 2));
    }

    #[test]
    fn cuts_beyond_the_end_are_no_pieces() {
        assert_eq!(
            Delivery::cut_at(&[2, 3, 9]).pieces(b"abc"),
            [b"ab".as_slice(), b"c"]
        );
        assert!(Delivery::octet_by_octet(0).pieces(b"").is_empty());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_piece_is_a_read_of_the_program() {
        for bits in 0..1 << 7 {
            let delivery = Delivery::cut_by_bits(bits, 8);
            let (mut peer, program) = pair(read_lens);
            peer.deliver(b"01234567", &delivery).expect("it is read");
            // The end must not join the last piece either.
            assert!(peer.until_read());
            drop(peer);
            let expected: Vec<usize> = delivery
                .pieces(b"01234567")
                .iter()
                .map(|piece| piece.len())
                .collect();
            assert_eq!(program.join().expect("no panic"), expected);
        }
    }

    #[test]
    fn a_close_a_half_close_and_a_reset_are_told_apart() {
        let (mut peer, program) = pair(drop);
        assert_eq!(peer.read(1), (Vec::new(), Ending::End));
        program.join().expect("no panic");

        let (mut peer, program) = pair(|mut stream| {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).expect("an end");
            stream.write_all(&all).expect("the other direction is open");
        });
        peer.send(b"abc").expect("it is sent");
        peer.finish();
        peer.expect("an echo after the half-close", b"abc")
            .expect("the echo");
        peer.expect_end("its end").expect("the end");
        program.join().expect("no panic");

        let (peer, program) =
            pair(|mut stream| stream.read(&mut [0]).map_err(|error| error.kind()));
        peer.reset().expect("it is reset");
        if cfg!(unix) {
            assert_eq!(
                program.join().expect("no panic"),
                Err(ErrorKind::ConnectionReset)
            );
        }
    }

    #[test]
    fn a_close_with_unread_octets_is_a_reset() {
        let (mut peer, program) = pair(|stream| {
            let mut octet = [0];
            while stream.peek(&mut octet).is_ok_and(|len| len == 0) {}
        });
        peer.send(b"never read").expect("it is sent");
        program.join().expect("no panic");
        assert_eq!(peer.read(1).1, Ending::Reset);
    }

    #[test]
    #[cfg(unix)]
    fn a_connection_that_is_reset_before_it_is_looked_at_is_one() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let to = listener.local_addr().expect("an address");
        let stream = TcpStream::connect(to).expect("it listens");
        let (program, _) = listener.accept().expect("a connection");
        rustix::net::sockopt::set_socket_linger(&program, Some(Duration::ZERO)).expect("an option");
        drop(program);
        let gone = || stream.peer_addr().is_err().then_some(());
        assert!(wait::until(Log::new().deadline(), gone).is_some());
        let peer = Peer::new(stream, to, What::Connected, Log::new());
        let mut peer = peer.expect("it was a connection");
        assert_eq!(peer.read(1).1, Ending::Reset);
    }

    #[test]
    fn a_program_that_cannot_answer_takes_no_more() {
        const LEN: usize = 64 << 20;
        let (mut peer, program) = pair(|mut stream| {
            let mut buffer = vec![0; 64 << 10];
            let mut echoed = 0;
            while let Ok(len @ 1..) = stream.read(&mut buffer) {
                let octets = buffer
                    .get(..len)
                    .expect("a read gives no more than there is room");
                stream
                    .write_all(octets)
                    .expect("the harness reads in the end");
                echoed += len;
            }
            echoed
        });
        let sent = peer.send_without_reading(&[b'x'; 32 << 10], LEN / (32 << 10));
        assert!(sent < LEN, "the program took all");
        assert_eq!(peer.read(sent), (vec![b'x'; sent], Ending::Enough));
        peer.finish();
        assert_eq!(program.join().expect("no panic"), sent);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_narrow_connection_has_short_segments() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let to = listener.local_addr().expect("an address");
        let mss = |connected: std::io::Result<TcpStream>| {
            let _ours = connected.expect("it is accepted");
            let (program, _) = listener.accept().expect("somebody connected");
            let mss = socket2::SockRef::from(&program).tcp_mss();
            mss.expect("a connection has one")
        };
        assert!(mss(connect_patiently(to, &Log::new())) > NARROW_LEN);
        assert!(mss(connect_narrowly(to, &Log::new())) <= NARROW_LEN);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_silent_port_answers_nobody_until_it_is_opened() {
        let silent = Silent::new(Log::new()).expect("a port");
        let address = silent.address();
        let again = || {
            TcpStream::connect_timeout(&address, Duration::from_millis(50))
                .map(drop)
                .map_err(|error| error.kind())
        };
        assert_eq!(again(), Err(ErrorKind::TimedOut));
        let waiting = thread::spawn(move || TcpStream::connect(address));
        let attempts = || attempts::under_way(&[address]);
        let begun = wait::until(Log::new().deadline(), || (attempts() == [0]).then_some(()));
        assert!(begun.is_some(), "{:?}", attempts());
        let repeated = wait::until(Log::new().deadline(), || (attempts() == [1]).then_some(()));
        assert!(repeated.is_some(), "{:?}", attempts());
        let _listener = silent.open().expect("it has one in its queue");
        assert!(waiting.join().expect("no panic").is_ok());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn two_attempts_from_one_port_are_two() {
        use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};
        use std::net::{Ipv4Addr, SocketAddr};
        let both = [0; 2].map(|_| Silent::new(Log::new()).expect("a port"));
        let port = Refusing::new().expect("a port").address().port();
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let _begun = both.each_ref().map(|silent| {
            let attempt = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
            sockopt::set_socket_reuseaddr(&attempt, true).expect("an option");
            bind(&attempt, &from).expect("the same port");
            rustix::io::ioctl_fionbio(&attempt, true).expect("an option");
            let begun = connect(&attempt, &silent.address());
            assert_eq!(begun, Err(rustix::io::Errno::INPROGRESS));
            attempt
        });
        let to = both.each_ref().map(Silent::address);
        assert_eq!(attempts::under_way(&to).len(), 2);
    }

    #[test]
    fn an_address_refuses_while_it_is_held() {
        let nobody = Refusing::new().expect("a port");
        let refused = TcpStream::connect(nobody.address())
            .map(drop)
            .map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
    }
}
