//! Given. Changes here are not graded and are replaced by updates.
//!
//! One room for many threads: a lock, and two things to sleep for. A thread that
//! sends sleeps until there is something for its connection; a thread that
//! receives sleeps while the room is crowded.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::room::Room;
use crate::seats::{Handle, Id, Limits, Output};
use crate::threads::{receive, send};

/// How often the room is told what time it is.
const TICK: Duration = Duration::from_millis(50);

/// What a thread may put on its stack, in octets. The default is 2 MiB, which
/// for two thousand threads would be 4 GiB of addresses.
const STACK_LEN: usize = 256 * 1024;

/// A connection: its socket, and what its sending thread sleeps on.
#[derive(Debug)]
pub struct Line {
    /// The socket. A shared reference is enough to read and to write:
    /// `(&line.stream).read(...)`.
    pub stream: TcpStream,
    more: Condvar,
}

impl Handle for Arc<Line> {
    fn wake(&self) {
        self.more.notify_one();
    }

    /// Whoever sleeps in a call on the socket wakes up: a read gives an end, a
    /// write an error.
    fn cut(&self) {
        // It fails if the socket is gone already.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.more.notify_one();
    }
}

/// The room that all threads share.
#[derive(Debug)]
pub struct Hub {
    room: Mutex<Room<Arc<Line>>>,
    calm: Condvar,
}

impl Hub {
    /// An empty room, and a thread that tells it the time.
    pub fn new(limits: Limits) -> Arc<Self> {
        let hub = Arc::new(Hub {
            room: Mutex::new(Room::new(limits)),
            calm: Condvar::new(),
        });
        let clock = Arc::clone(&hub);
        thread::spawn(move || {
            loop {
                thread::sleep(TICK);
                clock.lock().handle_time(Instant::now());
                clock.calm.notify_all();
            }
        });
        hub
    }

    /// The room, for as long as the guard lives; everybody else waits.
    pub fn lock(&self) -> MutexGuard<'_, Room<Arc<Line>>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a seat for this socket.
    pub fn connect(&self, stream: TcpStream) -> (Id, Arc<Line>) {
        let line = Arc::new(Line {
            stream,
            more: Condvar::new(),
        });
        let id = self.lock().connect(Arc::clone(&line), Instant::now());
        (id, line)
    }

    /// Sleeps until there is something to do for this connection, and says
    /// what. The octets to send are in `octets` then, and the room is not
    /// locked any more.
    pub fn next(&self, id: Id, line: &Line, octets: &mut Vec<u8>) -> Output {
        let mut room = self.lock();
        loop {
            match room.take(id, octets) {
                Output::Nothing => {
                    room = line.more.wait(room).unwrap_or_else(PoisonError::into_inner);
                }
                output => {
                    if !room.is_crowded() {
                        self.calm.notify_all();
                    }
                    return output;
                }
            }
        }
    }

    /// Gives the room back and sleeps for a while, but not for longer than it
    /// is crowded. As with every [`Condvar`], the sleep may end without cause.
    pub fn sleep<'a>(
        &self,
        room: MutexGuard<'a, Room<Arc<Line>>>,
    ) -> MutexGuard<'a, Room<Arc<Line>>> {
        self.calm.wait(room).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves one client from its greeting to its end, with a thread of its own to
/// send and this one to receive.
pub fn serve_one(stream: TcpStream, hub: &Hub) {
    // Each write is as much as there is (RFC 9293 §3.7.4). If it fails, the
    // first read will too.
    let _ = stream.set_nodelay(true);
    let (id, line) = hub.connect(stream);
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK_LEN);
        // Where sending fails, receiving ends as well.
        let sending = builder.spawn_scoped(scope, || send(hub, id, &line));
        match sending {
            Ok(_) => receive(hub, id, &line),
            Err(error) => eprintln!("a client was lost: {error}"),
        }
    });
    hub.lock().disconnect(id);
}

/// Starts a thread with a small stack, which nobody waits for.
///
/// # Errors
/// The system has no thread to give.
pub fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new().stack_size(STACK_LEN);
    builder.spawn(work).map(drop)
}
