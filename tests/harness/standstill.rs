//! What a program does that is still there when patience with it ends: which
//! call it waits in, and for whom.
//!
//! Linux tells a process's parent, without any privilege: the call that each
//! thread is in (`proc_pid_syscall(5)`), what its descriptors are
//! (`proc_pid_fd(5)`), and the two ends of each socket (`proc_net(5)`). These
//! ends are those of the check's own conversations. Elsewhere nothing tells, and
//! a report says nothing of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::capture::Ends;

/// The most that is told of a program with many threads.
const DOINGS_MAX: usize = 3;

/// A program that is still there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standstill {
    /// Whether this is a process that the program started and waits for.
    pub is_child: bool,
    /// How many threads it has.
    pub threads: usize,
    /// What they do, the most telling first, the same things once.
    pub does: Vec<Doing>,
    /// What has come and was not taken: `4 octets from the second client`.
    pub unread: Vec<String>,
}

/// What a thread does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Doing {
    #[serde(skip)]
    rank: u8,
    /// The call that it waits in, `read`; `None` if it computes.
    pub call: Option<String>,
    /// The descriptor of the call.
    pub fd: Option<u32>,
    /// For what it waits: `from the first client`; empty if that is not known.
    pub on: String,
}

/// What the harness knows of a program's descriptors.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The pipes on its standard streams, by inode.
    pub pipes: Vec<(u64, &'static str)>,
    /// Its connections: the ends, and the name of the other one.
    pub streams: Vec<(Ends, String)>,
}

impl Standstill {
    /// Whether some thread was in no call.
    pub fn computes(&self) -> bool {
        self.does.iter().any(|doing| doing.call.is_none())
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(call) = &self.call else {
            return f.write_str("computes, and waits for nothing");
        };
        write!(f, "waits in {call}")?;
        if let Some(fd) = self.fd {
            write!(f, "(fd {fd})")?;
        }
        if !self.on.is_empty() {
            write!(f, " {}", self.on)?;
        }
        Ok(())
    }
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_child {
            f.write_str("waits for a process that it started; that one ")?;
        }
        let threads = if self.threads == 1 {
            "1 thread".to_owned()
        } else {
            format!("{} threads", self.threads)
        };
        write!(f, "runs, {threads}")?;
        for (index, doing) in self.does.iter().take(DOINGS_MAX).enumerate() {
            let between = if index == 0 { ", " } else { "; another " };
            write!(f, "{between}{doing}")?;
        }
        if !self.unread.is_empty() {
            write!(f, "; not taken: {}", self.unread.join(", "))?;
        }
        Ok(())
    }
}

/// What the process `pid` does now; `None` if it has ended, or where the system
/// does not tell.
pub fn look(pid: u32, known: &Known) -> Option<Standstill> {
    #[cfg(target_os = "linux")]
    return linux::look(pid, known);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (pid, known);
        None
    }
}

/// What the harness is to a program on a connection: `the client`, or `the
/// second client (#4)` if it has several. `index` counts from 0, `number` is
/// that of the ladder.
pub fn name(opened_by_us: bool, index: usize, count: usize, number: usize) -> String {
    const WORDS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
    let noun = match (opened_by_us, count) {
        (true, _) => "client",
        (false, 1) => "server",
        (false, _) => "connection",
    };
    match WORDS.get(index) {
        _ if count == 1 => format!("the {noun}"),
        Some(word) => format!("the {word} {noun} (#{number})"),
        None => format!("the {noun} #{number}"),
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::os::unix::fs::FileExt;
    use std::time::{Duration, Instant};

    use super::{Doing, Known, Standstill};
    use crate::capture::Transport;
    use crate::wait;

    /// How long a thread that is never seen in a call is asked again.
    const LOOKS: Duration = Duration::from_millis(100);

    /// The most descriptors of a `poll` that are looked at.
    const POLLED_MAX: usize = 64;

    /// How telling a doing is; the least first.
    const IO: u8 = 0;
    const SET: u8 = 1;
    const OTHER: u8 = 2;
    const LOCK: u8 = 3;

    pub fn look(pid: u32, known: &Known) -> Option<Standstill> {
        let mut threads = Vec::new();
        wait::until(Instant::now() + LOOKS, || {
            threads = threads_of(pid);
            let settled = threads.iter().all(|thread| thread.call.is_some());
            settled.then_some(())
        });
        if threads.is_empty() {
            return None;
        }
        if let ([thread], [child]) = (threads.as_slice(), children(pid).as_slice())
            && thread
                .call
                .as_ref()
                .is_some_and(|call| call.waits_for_child())
            && let Some(below) = look(*child, known)
        {
            return Some(Standstill {
                is_child: true,
                ..below
            });
        }
        let sockets = sockets(pid);
        let descriptors = Descriptors {
            pid,
            known,
            sockets: &sockets,
        };
        let mut does: Vec<Doing> = threads
            .iter()
            .map(|thread| descriptors.doing(thread.call.as_ref()))
            .collect();
        does.sort();
        does.dedup();
        // Threads that wait for others say nothing if there are others.
        if does.iter().any(|doing| doing.rank < LOCK) {
            does.retain(|doing| doing.rank < LOCK);
        }
        Some(Standstill {
            is_child: false,
            threads: threads.len(),
            unread: descriptors.unread(&does),
            does,
        })
    }

    /// A thread, and the call that it is in.
    struct Thread {
        call: Option<Call>,
    }

    /// A system call: its number on this machine, and its arguments.
    struct Call {
        /// `None` where the number is not told.
        number: Option<i64>,
        args: [u64; 3],
        /// Where in the kernel it waits.
        place: String,
    }

    impl Call {
        fn waits_for_child(&self) -> bool {
            let waits = [libc::SYS_wait4, libc::SYS_waitid];
            self.number.is_some_and(|number| waits.contains(&number))
        }
    }

    /// The threads of a process; none if it has ended.
    fn threads_of(pid: u32) -> Vec<Thread> {
        let threads = fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten();
        let threads = threads.filter_map(|thread| {
            let read = |name: &str| fs::read_to_string(thread.path().join(name));
            let stat = read("stat").ok()?;
            // `pid (name) state ...`, and the name may hold anything.
            let (_, fields) = stat.rsplit_once(") ")?;
            if fields.starts_with(['Z', 'X']) {
                return None;
            }
            if fields.starts_with('R') {
                return Some(Thread { call: None });
            }
            let place = read("wchan").unwrap_or_default();
            let call = match read("syscall") {
                Ok(text) => parse_call(&text, place),
                // Not for us to see: where it waits must do.
                Err(_) => Some(Call {
                    number: None,
                    args: [0; 3],
                    place,
                }),
            };
            Some(Thread { call })
        });
        threads.collect()
    }

    /// `0 0x5 0x7ffc... ...`: the number, then the arguments; or `running`.
    fn parse_call(text: &str, place: String) -> Option<Call> {
        let mut words = text.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let mut arg = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
        Some(Call {
            number: Some(number),
            args: [arg().unwrap_or(0), arg().unwrap_or(0), arg().unwrap_or(0)],
            place,
        })
    }

    fn children(pid: u32) -> Vec<u32> {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        children
            .split_whitespace()
            .filter_map(|child| child.parse().ok())
            .collect()
    }

    /// What a call is for.
    enum Kind {
        /// Takes octets from a descriptor.
        Read,
        /// Puts octets into one.
        Write,
        Accept,
        Connect,
        /// Waits for any of several.
        Epoll,
        Poll,
        Select,
        /// For something that is no descriptor, in these words.
        For(u8, &'static str),
    }

    /// The calls that programs wait in, by number: name and kind.
    fn known_call(number: i64) -> Option<(&'static str, Kind)> {
        use Kind::{Accept, Connect, Epoll, For, Poll, Read, Select, Write};
        #[cfg(target_arch = "x86_64")]
        match number {
            libc::SYS_poll => return Some(("poll", Poll)),
            libc::SYS_select => return Some(("select", Select)),
            libc::SYS_epoll_wait => return Some(("epoll_wait", Epoll)),
            libc::SYS_pause => return Some(("pause", For(OTHER, "for a signal"))),
            _ => {}
        }
        Some(match number {
            libc::SYS_read => ("read", Read),
            libc::SYS_readv => ("readv", Read),
            libc::SYS_recvfrom => ("recv", Read),
            libc::SYS_recvmsg => ("recvmsg", Read),
            libc::SYS_recvmmsg => ("recvmmsg", Read),
            libc::SYS_write => ("write", Write),
            libc::SYS_writev => ("writev", Write),
            libc::SYS_sendto => ("send", Write),
            libc::SYS_sendmsg => ("sendmsg", Write),
            libc::SYS_sendmmsg => ("sendmmsg", Write),
            libc::SYS_sendfile => ("sendfile", Write),
            libc::SYS_accept | libc::SYS_accept4 => ("accept", Accept),
            libc::SYS_connect => ("connect", Connect),
            libc::SYS_epoll_pwait => ("epoll_wait", Epoll),
            libc::SYS_epoll_pwait2 => ("epoll_wait", Epoll),
            libc::SYS_ppoll => ("poll", Poll),
            libc::SYS_pselect6 => ("select", Select),
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => {
                ("sleep", For(OTHER, "for time to pass"))
            }
            libc::SYS_wait4 | libc::SYS_waitid => {
                ("wait", For(OTHER, "for a process that it started"))
            }
            libc::SYS_futex => ("futex", For(LOCK, "for a lock or another thread")),
            libc::SYS_flock => ("flock", For(OTHER, "for the lock on a file")),
            libc::SYS_rt_sigtimedwait | libc::SYS_rt_sigsuspend => {
                ("sigwait", For(OTHER, "for a signal"))
            }
            _ => return None,
        })
    }

    /// A socket of the program's network, as `/proc/net/tcp` and its kin tell.
    struct Socket {
        transport: Transport,
        inode: u64,
        local: SocketAddr,
        remote: SocketAddr,
        listens: bool,
        /// Octets that have come and were not read; of a listening socket, the
        /// connections that were not accepted.
        unread: u64,
    }

    fn sockets(pid: u32) -> Vec<Socket> {
        let tables = [
            ("tcp", Transport::Tcp),
            ("tcp6", Transport::Tcp),
            ("udp", Transport::Udp),
            ("udp6", Transport::Udp),
        ];
        let mut sockets = Vec::new();
        for (table, transport) in tables {
            let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
            let rows = text.lines().skip(1);
            sockets.extend(rows.filter_map(|row| socket(row, transport)));
        }
        sockets
    }

    /// `sl local remote state tx:rx timer retransmits uid timeout inode ...`
    fn socket(row: &str, transport: Transport) -> Option<Socket> {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let (_, unread) = columns.get(4)?.split_once(':')?;
        Some(Socket {
            transport,
            inode: columns.get(9)?.parse().ok()?,
            local: address(columns.get(1)?)?,
            remote: address(columns.get(2)?)?,
            listens: transport == Transport::Tcp && *columns.get(3)? == "0A",
            unread: u64::from_str_radix(unread, 16).ok()?,
        })
    }

    /// `0100007F:1F90`: each group of four octets is a number of the machine's,
    /// the port is one as we write it.
    fn address(text: &str) -> Option<SocketAddr> {
        let (ip, port) = text.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let mut octets = Vec::new();
        for at in (0..ip.len()).step_by(8) {
            let group = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
            octets.extend(group.to_ne_bytes());
        }
        let ip = match octets.as_slice() {
            [a, b, c, d] => IpAddr::from(Ipv4Addr::new(*a, *b, *c, *d)),
            octets => IpAddr::from(Ipv6Addr::from(*octets.first_chunk::<16>()?)).to_canonical(),
        };
        Some(SocketAddr::new(ip, port))
    }

    /// What a descriptor is.
    enum End<'a> {
        /// A standard stream, by its name.
        Standard(&'static str),
        Socket(&'a Socket),
        /// Its path, or what the kernel calls it.
        Other(String),
    }

    struct Descriptors<'a> {
        pid: u32,
        known: &'a Known,
        sockets: &'a [Socket],
    }

    impl Descriptors<'_> {
        fn doing(&self, call: Option<&Call>) -> Doing {
            let Some(call) = call else {
                return Doing {
                    rank: IO,
                    call: None,
                    fd: None,
                    on: String::new(),
                };
            };
            let known = call.number.and_then(known_call);
            let Some((name, kind)) = known else {
                let place = call.place.trim();
                return Doing {
                    rank: OTHER,
                    call: Some(match call.number {
                        _ if place.is_empty() || place == "0" => "the kernel".to_owned(),
                        _ => format!("the kernel's {place}"),
                    }),
                    fd: None,
                    on: String::new(),
                };
            };
            let [first, second, third] = call.args;
            let fd = u32::try_from(first).ok();
            let (rank, fd, on) = match kind {
                Kind::Read => (IO, fd, self.from(fd)),
                Kind::Write => (IO, fd, self.to(fd)),
                Kind::Accept => (IO, fd, "for a connection".to_owned()),
                Kind::Connect => (IO, fd, self.to(fd)),
                Kind::Epoll => (SET, None, self.news(&self.epoll(first))),
                Kind::Poll => (SET, None, self.news(&self.polled(first, second))),
                Kind::Select => (SET, None, self.news(&self.selected(first, [second, third]))),
                Kind::For(rank, what) => (rank, None, what.to_owned()),
            };
            Doing {
                rank,
                call: Some(name.to_owned()),
                fd,
                on,
            }
        }

        fn end(&self, fd: u32) -> Option<End<'_>> {
            let link = fs::read_link(format!("/proc/{}/fd/{fd}", self.pid)).ok()?;
            let link = link.to_string_lossy().into_owned();
            let inode = |kind: &str| -> Option<u64> {
                let rest = link.strip_prefix(kind)?.strip_prefix(":[")?;
                rest.strip_suffix(']')?.parse().ok()
            };
            let pipe = inode("pipe").and_then(|inode| {
                let pipes = &self.known.pipes;
                pipes.iter().find(|(known, _)| *known == inode)
            });
            if let Some((_, name)) = pipe {
                return Some(End::Standard(name));
            }
            let socket = inode("socket").and_then(|inode| {
                let mut sockets = self.sockets.iter();
                sockets.find(|socket| socket.inode == inode)
            });
            Some(match socket {
                Some(socket) => End::Socket(socket),
                None => End::Other(link),
            })
        }

        /// Whom a connected socket leads to.
        fn other_end(&self, socket: &Socket) -> Option<String> {
            let mut streams = self.known.streams.iter();
            let found = streams.find(|(ends, _)| {
                ends.transport == socket.transport
                    && ends.harness == socket.remote
                    && ends.program == socket.local
            });
            found.map(|(_, name)| name.clone())
        }

        fn from(&self, fd: Option<u32>) -> String {
            match fd.and_then(|fd| self.end(fd)) {
                Some(End::Standard(name)) => format!("from {name}"),
                Some(End::Socket(socket)) => match self.other_end(socket) {
                    Some(name) => format!("from {name}"),
                    None if socket.transport == Transport::Udp => "for a datagram".to_owned(),
                    None => format!("from {}", socket.remote),
                },
                Some(End::Other(path)) if path.starts_with('/') => format!("from {path}"),
                _ => String::new(),
            }
        }

        fn to(&self, fd: Option<u32>) -> String {
            match fd.and_then(|fd| self.end(fd)) {
                Some(End::Standard(name)) => format!("to {name}"),
                Some(End::Socket(socket)) => match self.other_end(socket) {
                    Some(name) => format!("to {name}"),
                    None if socket.remote.port() == 0 => String::new(),
                    None => format!("to {}", socket.remote),
                },
                Some(End::Other(path)) if path.starts_with('/') => format!("to {path}"),
                _ => String::new(),
            }
        }

        /// For news of which of these descriptors; those that are nobody's end
        /// (timers, wake-ups of the program's own) are left out.
        fn news(&self, fds: &BTreeSet<u32>) -> String {
            let mut names = BTreeSet::new();
            for end in fds.iter().filter_map(|fd| self.end(*fd)) {
                names.extend(match end {
                    End::Standard(name) => Some(name.to_owned()),
                    End::Socket(socket) if socket.listens => Some("a connection".to_owned()),
                    End::Socket(socket) => match self.other_end(socket) {
                        None if socket.transport == Transport::Udp => Some("a datagram".to_owned()),
                        None if socket.remote.port() > 0 => Some(socket.remote.to_string()),
                        name => name,
                    },
                    End::Other(_) => None,
                });
            }
            let names: Vec<String> = names.into_iter().collect();
            if names.is_empty() {
                String::new()
            } else {
                format!("for {}", names.join(" or "))
            }
        }

        /// The descriptors in an epoll set: lines `tfd: 5 events: ...`.
        fn epoll(&self, fd: u64) -> BTreeSet<u32> {
            let info = fs::read_to_string(format!("/proc/{}/fdinfo/{fd}", self.pid));
            let info = info.unwrap_or_default();
            let targets = info.lines().filter_map(|line| line.strip_prefix("tfd:"));
            targets
                .filter_map(|rest| rest.split_whitespace().next()?.parse().ok())
                .collect()
        }

        /// Those of a `poll`: an array of descriptor, events and what came, 4, 2
        /// and 2 octets.
        fn polled(&self, at: u64, count: u64) -> BTreeSet<u32> {
            let count = usize::try_from(count).unwrap_or(0).min(POLLED_MAX);
            let octets = self.memory(at, count * 8).unwrap_or_default();
            octets
                .chunks_exact(8)
                .filter_map(|entry| Some(i32::from_ne_bytes(*entry.first_chunk()?)))
                .filter_map(|fd| u32::try_from(fd).ok())
                .collect()
        }

        /// Those of a `select`: a bit each.
        fn selected(&self, count: u64, sets: [u64; 2]) -> BTreeSet<u32> {
            let count = u32::try_from(count).unwrap_or(0).min(1024);
            let len = count.div_ceil(8) as usize;
            let mut fds = BTreeSet::new();
            for set in sets.into_iter().filter(|set| *set > 0) {
                let octets = self.memory(set, len).unwrap_or_default();
                let octet = |fd: u32| octets.get(fd as usize / 8).copied().unwrap_or(0);
                fds.extend((0..count).filter(|fd| octet(*fd) >> (fd % 8) & 1 == 1));
            }
            fds
        }

        fn memory(&self, at: u64, len: usize) -> Option<Vec<u8>> {
            let memory = fs::File::open(format!("/proc/{}/mem", self.pid)).ok()?;
            let mut octets = vec![0; len];
            memory.read_exact_at(&mut octets, at).ok()?;
            Some(octets)
        }

        /// What has come for the program and was not taken, without that for
        /// which it waits.
        fn unread(&self, does: &[Doing]) -> Vec<String> {
            let fds = fs::read_dir(format!("/proc/{}/fd", self.pid));
            let fds = fds.into_iter().flatten().flatten();
            let mut fds: Vec<u32> = fds
                .filter_map(|fd| fd.file_name().to_str()?.parse().ok())
                .collect();
            fds.sort_unstable();
            let mut unread = Vec::new();
            let mut inodes = BTreeSet::new();
            for fd in fds {
                let waits = does.iter().any(|doing| doing.fd == Some(fd));
                let Some(End::Socket(socket)) = self.end(fd) else {
                    continue;
                };
                if socket.unread == 0 || waits || !inodes.insert(socket.inode) {
                    continue;
                }
                unread.extend(match (socket.transport, socket.unread) {
                    (Transport::Udp, _) => Some("a datagram or more".to_owned()),
                    (_, 1) if socket.listens => Some("a connection".to_owned()),
                    (_, count) if socket.listens => Some(format!("{count} connections")),
                    (_, count) => self.other_end(socket).map(|name| {
                        let unit = if count == 1 { "octet" } else { "octets" };
                        format!("{count} {unit} from {name}")
                    }),
                });
            }
            unread
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_row_of_the_kernels_table_is_read() {
            let row = "   0: 0100007F:1F90 0100007F:9C40 01 00000000:0000000C 00:00000000 00000000  1000 0 4711 1 0";
            let socket = socket(row, Transport::Tcp).expect("it is whole");
            assert_eq!(socket.inode, 4711);
            assert_eq!((socket.unread, socket.listens), (12, false));
            if cfg!(target_endian = "little") {
                assert_eq!(socket.local, SocketAddr::from(([127, 0, 0, 1], 8080)));
                assert_eq!(socket.remote, SocketAddr::from(([127, 0, 0, 1], 40000)));
            }
            assert!(super::socket("sl local", Transport::Tcp).is_none());
            let mapped = address("0000000000000000FFFF00000100007F:0050");
            if cfg!(target_endian = "little") {
                assert_eq!(mapped, Some(SocketAddr::from(([127, 0, 0, 1], 80))));
            }
        }

        #[test]
        fn a_call_is_its_number_and_its_arguments() {
            let call = parse_call(
                "0 0x5 0x7ffc0 0x400 0x0 0x0 0x0 0x7ffd 0x7f00\n",
                String::new(),
            );
            let call = call.expect("it waits");
            assert_eq!((call.number, call.args), (Some(0), [5, 0x7ffc0, 0x400]));
            assert!(parse_call("running\n", String::new()).is_none());
        }
    }
}
