//! Many clients of a server at once, in one loop over all their sockets. Each
//! reads what comes unless it is told not to, and nobody waits for another.
//!
//! The first few are on record, each with its first octets; a report about a
//! thousand clients has room for no more.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::capture::Ends;
use crate::check::{Failure, What};
use crate::drain;
use crate::stream::{Ending, connect_patiently};
use crate::tree;
use crate::trial::{DEADLINE, Log};

/// How many clients are on record, and how many octets of each, either way.
const RECORDED: usize = 4;
const RECORDED_LEN_MAX: usize = 2048;

/// The room that a client's socket asks for that will not read: the less is on
/// the way to it, the sooner the program has to notice.
const UNREAD_LEN: usize = 4096;

/// And the room that it asks for when it begins to read.
const READ_LEN: usize = 1 << 20;

/// How long the program may compute without anything to be seen of it, or wait
/// for a machine that has other things to do.
const COMPUTING: Duration = Duration::from_secs(60);

/// In how many turns nothing may move before a conversation counts as standing
/// still.
const STANDSTILL: u32 = 15;

/// How long a turn of the loop waits at most.
const TURN: Duration = Duration::from_millis(20);

/// The clients.
pub struct Crowd {
    to: SocketAddr,
    /// The program, which is waited for longer while it computes.
    pid: u32,
    log: Log,
    members: Vec<Member>,
}

/// One of them.
pub struct Member {
    stream: TcpStream,
    /// Its number in the record, if it is on record, and the octets in there.
    number: Option<usize>,
    recorded: usize,
    reads: bool,
    /// What is to be sent, and how much of it was.
    waiting: Vec<u8>,
    sent: usize,
    sent_ever: u64,
    came: Vec<u8>,
    lines: usize,
    came_at: Instant,
    ending: Option<Ending>,
}

impl Member {
    /// What came to it so far.
    pub fn came(&self) -> &[u8] {
        &self.came
    }

    /// How many lines came to it so far.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// How its stream ended, if it did.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// How many octets are still to be sent from it.
    pub fn waiting_len(&self) -> usize {
        self.waiting.len() - self.sent
    }

    /// Keeps a copy in the record, while there is room for it.
    fn record(&mut self, log: &Log, octets: &[u8], what: fn(Vec<u8>) -> What) {
        let room = RECORDED_LEN_MAX.saturating_sub(self.recorded);
        let kept = octets.get(..octets.len().min(room)).unwrap_or_default();
        if let Some(number) = self.number.filter(|_| !kept.is_empty()) {
            self.recorded += kept.len();
            log.add(number, what(kept.to_vec()));
        }
    }

    fn end(&mut self, log: &Log, ending: Ending) {
        self.ending = Some(ending);
        self.drop_waiting();
        if let Some(number) = self.number {
            let what = if ending == Ending::End {
                What::End
            } else {
                What::Reset
            };
            log.add(number, what);
        }
    }

    /// Sends what can be sent now; whether anything was.
    fn write(&mut self, log: &Log) -> bool {
        let rest = self.waiting.get(self.sent..).unwrap_or_default();
        match self.stream.write(rest) {
            Ok(len) => {
                let kept = rest.get(..len.min(RECORDED_LEN_MAX)).unwrap_or_default();
                let kept = kept.to_vec();
                self.sent += len;
                self.sent_ever += u64::try_from(len).unwrap_or(u64::MAX);
                if self.sent == self.waiting.len() {
                    self.drop_waiting();
                }
                self.record(log, &kept, What::Sent);
                len > 0
            }
            Err(error) if is_later(&error) => false,
            // What the program sent before it closed can still be read.
            Err(_) => {
                self.drop_waiting();
                true
            }
        }
    }

    fn drop_waiting(&mut self) {
        self.waiting.clear();
        self.sent = 0;
    }

    /// Reads what can be read now; whether anything was.
    fn read(&mut self, log: &Log, buffer: &mut [u8]) -> bool {
        match self.stream.read(buffer) {
            Ok(0) => self.end(log, Ending::End),
            Ok(len) => {
                let octets = buffer.get(..len).unwrap_or_default();
                self.record(log, octets, What::Received);
                self.came.extend_from_slice(octets);
                self.lines += octets.iter().filter(|&&octet| octet == b'\n').count();
                self.came_at = Instant::now();
            }
            Err(error) if is_later(&error) => return false,
            Err(_) => self.end(log, Ending::Reset),
        }
        true
    }
}

impl Crowd {
    pub(crate) fn new(to: SocketAddr, pid: u32, log: Log) -> Self {
        Crowd {
            to,
            pid,
            log,
            members: Vec::new(),
        }
    }

    /// One more client, and its index.
    ///
    /// # Errors
    /// A failure if nobody accepts.
    pub fn connect(&mut self) -> Result<usize, Failure> {
        let connected = connect_patiently(self.to, &self.log);
        self.add(connected)
    }

    /// One more client, which reads nothing and has little room for what is on
    /// the way to it.
    ///
    /// # Errors
    /// A failure if nobody accepts.
    pub fn connect_without_reading(&mut self) -> Result<usize, Failure> {
        let connected = connect_with_little_room(self.to);
        let index = self.add(connected)?;
        if let Some(member) = self.members.get_mut(index) {
            member.reads = false;
        }
        Ok(index)
    }

    fn add(&mut self, connected: io::Result<TcpStream>) -> Result<usize, Failure> {
        let index = self.members.len();
        let refused = |error: io::Error| {
            let what = format!("connecting to the program, client {}", index + 1);
            Failure::words(what, "the program accepts", error.to_string())
        };
        let stream = connected.map_err(refused)?;
        let ready = || -> io::Result<Ends> {
            stream.set_nonblocking(true)?;
            Ends::of(&stream, self.to)
        };
        let ends = ready().map_err(refused)?;
        // It fails where the connection is gone, and what is read of it will tell.
        let _ = stream.set_nodelay(true);
        let number = (index < RECORDED).then(|| {
            let number = self.log.number(ends);
            self.log.add(number, What::Connected);
            number
        });
        self.members.push(Member {
            stream,
            number,
            recorded: 0,
            reads: true,
            waiting: Vec::new(),
            sent: 0,
            sent_ever: 0,
            came: Vec::new(),
            lines: 0,
            came_at: Instant::now(),
            ending: None,
        });
        Ok(index)
    }

    /// All clients.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What came to this client so far.
    pub fn came(&self, index: usize) -> &[u8] {
        self.members.get(index).map_or(&[], Member::came)
    }

    /// This client reads from here on, and makes room for it.
    pub fn read_on(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            member.reads = true;
            #[cfg(unix)]
            {
                let stream = &member.stream;
                let _ = rustix::net::sockopt::set_socket_recv_buffer_size(stream, READ_LEN);
            }
        }
    }

    /// Forgets what came to all of them.
    pub fn forget(&mut self) {
        for member in &mut self.members {
            member.came.clear();
            member.lines = 0;
        }
    }

    /// This client sends no more than it has sent, and gives how much that is.
    pub fn stop_sending(&mut self, index: usize) -> usize {
        let Some(member) = self.members.get_mut(index) else {
            return 0;
        };
        let sent = member.sent;
        member.drop_waiting();
        sent
    }

    /// This client closes its direction (FIN), and may still read.
    pub fn finish(&mut self, index: usize) {
        if let Some(member) = self.members.get(index) {
            let _ = member.stream.shutdown(Shutdown::Write);
            if let Some(number) = member.number {
                self.log.add(number, What::Finished);
            }
        }
    }

    /// This client and all behind it close their connections.
    pub fn leave(&mut self, from: usize) {
        self.members.truncate(from);
    }

    /// From here on this client sends these octets, as fast as they are taken.
    pub fn send(&mut self, index: usize, octets: &[u8]) {
        if let Some(member) = self.members.get_mut(index) {
            member.waiting.extend_from_slice(octets);
            // A conversation begins anew.
            self.log.renew();
        }
    }

    /// Goes on until `done`; false if nothing moved for so long that it never
    /// will.
    pub fn until(&mut self, mut done: impl FnMut(&[Member]) -> bool) -> bool {
        let mut buffer = vec![0; 64 << 10];
        let mut moved_at = Instant::now();
        loop {
            if done(&self.members) {
                return true;
            }
            if self.log.is_overdue() {
                return false;
            }
            if self.turn(&mut buffer) {
                moved_at = Instant::now();
                self.log.renew();
            } else if moved_at.elapsed() < COMPUTING && tree::is_running(self.pid) {
                self.log.renew();
            }
        }
    }

    /// Goes on until nothing moves any more: turn after turn nobody can send and
    /// nothing comes, and the program sleeps. Where the system does not tell
    /// whether it does, one that is merely slow counts as well.
    pub fn until_standstill(&mut self) {
        let mut buffer = vec![0; 64 << 10];
        let mut idle_turns = 0;
        while idle_turns < STANDSTILL && !self.log.is_overdue() {
            if self.turn(&mut buffer) {
                idle_turns = 0;
                self.log.renew();
            } else if !tree::is_running(self.pid) {
                idle_turns += 1;
            }
        }
    }

    /// Goes on until the program has read all that this client was to send;
    /// false if it never does.
    pub fn until_read(&mut self, index: usize) -> bool {
        self.until(|members| {
            let Some(member) = members.get(index) else {
                return true;
            };
            // Where the system does not tell, what was sent must do.
            member.waiting_len() == 0 && drain::tcp(&member.stream, member.sent_ever) != Some(false)
        })
    }

    /// Goes on until every client of which `who` is true has `count` lines more,
    /// and gives how long each of them took, the shortest first; `None` if some
    /// never had them.
    pub fn times_until_lines(
        &mut self,
        count: usize,
        who: impl Fn(usize) -> bool,
    ) -> Option<Vec<Duration>> {
        let since = Instant::now();
        let wanted: BTreeMap<usize, usize> = self
            .members
            .iter()
            .enumerate()
            .filter(|(index, _)| who(*index))
            .map(|(index, member)| (index, member.lines() + count))
            .collect();
        let mut left: Vec<usize> = wanted.keys().copied().collect();
        let mut times = Vec::new();
        let all = self.until(|members| {
            left.retain(|index| {
                let Some(member) = members.get(*index) else {
                    return false;
                };
                let is_there = wanted.get(index).is_some_and(|len| member.lines() >= *len);
                if is_there {
                    times.push(member.came_at.saturating_duration_since(since));
                }
                !is_there
            });
            left.is_empty()
        });
        times.sort_unstable();
        all.then_some(times)
    }

    /// Lets each client that can, send and read once; whether any did.
    fn turn(&mut self, buffer: &mut [u8]) -> bool {
        wait_for_any(&self.members);
        let mut moved = false;
        for member in &mut self.members {
            if member.ending.is_some() {
                continue;
            }
            if member.waiting_len() > 0 {
                moved |= member.write(&self.log);
            }
            if member.reads {
                moved |= member.read(&self.log, buffer);
            }
        }
        moved
    }
}

/// What is waited for, in the words of a report, when nothing moved any more.
pub fn standstill() -> String {
    format!("nothing moved for {} s", DEADLINE.as_secs())
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Waits until some client can do what it wants, or for a turn.
#[cfg(unix)]
fn wait_for_any(members: &[Member]) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut wanted: Vec<PollFd<'_>> = Vec::with_capacity(members.len());
    for member in members.iter().filter(|member| member.ending.is_none()) {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, member.reads);
        flags.set(PollFlags::OUT, member.waiting_len() > 0);
        if !flags.is_empty() {
            wanted.push(PollFd::new(&member.stream, flags));
        }
    }
    let turn = Timespec {
        tv_sec: 0,
        tv_nsec: i64::try_from(TURN.as_nanos()).unwrap_or(0),
    };
    // Interrupted or not: what can be done is tried.
    let _ = poll(&mut wanted, Some(&turn));
}

#[cfg(not(unix))]
fn wait_for_any(_members: &[Member]) {
    std::thread::sleep(Duration::from_millis(1));
}

/// The window is offered with the SYN, so the room is made before.
#[cfg(unix)]
fn connect_with_little_room(to: SocketAddr) -> io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt};
    let family = if to.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_recv_buffer_size(&socket, UNREAD_LEN)?;
    connect(&socket, &to)?;
    Ok(socket.into())
}

#[cfg(not(unix))]
fn connect_with_little_room(to: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(to)
}

/// Raises the number of descriptors that this process and those it starts may
/// have, to the most that is allowed.
pub fn raise_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // Where it cannot be, the check says what it cannot do.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// The most descriptors that a process may have here.
pub fn descriptors_max() -> u64 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
    }
    #[cfg(not(unix))]
    {
        u64::MAX
    }
}
