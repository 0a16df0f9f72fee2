//! Given. Changes here are not graded and are replaced by updates.
//!
//! One room for many tasks. As in `thread_hub.rs`, but what waits here is a
//! future: it costs no thread, and whoever awaits it may stop awaiting it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::yield_now;

use crate::room::Room;
use crate::seats::{Handle, Id, Limits, Output};
use crate::tasks::{receive, send};

/// How often the room is told what time it is.
const TICK: Duration = Duration::from_millis(50);

/// What the tasks of a connection wait for.
#[derive(Debug, Default)]
pub struct Line {
    more: Notify,
    cut: Notify,
}

impl Line {
    /// Is done when the connection has been cut off.
    pub async fn is_cut(&self) {
        self.cut.notified().await;
    }
}

impl Handle for Arc<Line> {
    fn wake(&self) {
        self.more.notify_one();
    }

    fn cut(&self) {
        // These last until somebody asks, so they cannot be missed.
        self.cut.notify_one();
        self.more.notify_one();
    }
}

/// The room that all tasks share.
#[derive(Debug)]
pub struct Hub {
    room: Mutex<Room<Arc<Line>>>,
    calm: Notify,
    empty: Notify,
}

impl Hub {
    /// An empty room, and a task that tells it the time. Needs a runtime.
    pub fn new(limits: Limits) -> Arc<Self> {
        let hub = Arc::new(Hub {
            room: Mutex::new(Room::new(limits)),
            calm: Notify::new(),
            empty: Notify::new(),
        });
        let clock = Arc::clone(&hub);
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                clock.lock().handle_time(Instant::now());
                clock.calm.notify_waiters();
            }
        });
        hub
    }

    /// The room, for as long as the guard lives; everybody else waits, and they
    /// wait as threads. Its guard may not go from one thread to another, so a
    /// future that holds it across an await cannot be spawned.
    pub fn lock(&self) -> MutexGuard<'_, Room<Arc<Line>>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a seat.
    pub fn connect(&self) -> (Id, Arc<Line>) {
        let line = Arc::new(Line::default());
        let id = self.lock().connect(Arc::clone(&line), Instant::now());
        (id, line)
    }

    /// Gives a seat up.
    pub fn disconnect(&self, id: Id) {
        let mut room = self.lock();
        room.disconnect(id);
        if room.count() == 0 {
            self.empty.notify_waiters();
        }
    }

    /// Waits until there is something to do for this connection, and says what.
    /// The octets to send are in `octets` then.
    pub async fn next(&self, id: Id, line: &Line, octets: &mut Vec<u8>) -> Output {
        loop {
            let (output, is_crowded) = {
                let mut room = self.lock();
                (room.take(id, octets), room.is_crowded())
            };
            match output {
                // A wake between the two lines is kept for us. Who waits its
                // turn once more has all that others say at this moment, and
                // sends it in one write.
                Output::Nothing => {
                    line.more.notified().await;
                    yield_now().await;
                }
                output => {
                    if !is_crowded {
                        self.calm.notify_waiters();
                    }
                    return output;
                }
            }
        }
    }

    /// Is done the next time that the room may have become calm, counted from
    /// the call of this function and not from the first await.
    pub fn calmer(&self) -> Notified<'_> {
        self.calm.notified()
    }

    /// Is done the next time that the last connection is given up, counted from
    /// the call of this function and not from the first await.
    pub fn emptied(&self) -> Notified<'_> {
        self.empty.notified()
    }
}

/// Serves one client from its greeting to its end, with a task of its own to
/// receive and this one to send.
pub async fn serve_one(stream: TcpStream, hub: Arc<Hub>) {
    // Each write is as much as there is (RFC 9293 §3.7.4). If it fails, the
    // first read will too.
    let _ = stream.set_nodelay(true);
    let (mut read, mut write) = stream.into_split();
    let (id, line) = hub.connect();
    let receiver = Arc::clone(&hub);
    let mut receiving = tokio::spawn(async move { receive(&mut read, &receiver, id).await });
    let serving = async {
        // Where sending fails, receiving ends as well.
        let _ = send(&mut write, &hub, id, &line).await;
        let _ = (&mut receiving).await;
    };
    tokio::select! {
        () = serving => {}
        // Sending is given up where it stands, and then receiving too.
        () = line.is_cut() => receiving.abort(),
    }
    hub.disconnect(id);
}
