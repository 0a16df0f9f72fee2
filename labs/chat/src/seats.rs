//! Given. Changes here are not graded and are replaced by updates.
//!
//! The table of connections. A seat holds what came and is no whole line yet,
//! what waits to be sent, and since when something is the case; what follows
//! from that is decided in `room.rs` and `policy.rs`.

use std::collections::BTreeMap;
use std::mem;
use std::time::{Duration, Instant};

/// How a seat reaches whoever sends for it.
pub trait Handle {
    /// There is something to send, or the seat is closed: ask with `take`.
    fn wake(&self);
    /// The connection is cut off, whatever it is doing.
    fn cut(&self);
}

/// A connection's number, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(u64);

/// The bounds of a room.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections.
    pub clients: usize,
    /// An outbox with more octets than this is full.
    pub outbox_len_max: usize,
    /// How long an outbox may be full while the octets before are being sent.
    pub grace: Duration,
    /// How long a client may send nothing before it is asked, and after that
    /// before it is cut off.
    pub idle: Duration,
    /// How long a connection that is closed in order may take.
    pub drain: Duration,
}

/// Why somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The client closed its direction (FIN).
    Ended,
    /// The connection was reset, or failed otherwise.
    Lost,
    /// A line was too long.
    LineTooLong,
    /// Its outbox was full for too long.
    TooSlow,
    /// It sent nothing for too long.
    Silent,
}

/// What is to be done for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these octets, then ask again.
    Octets,
    /// Wait until the seat's handle is woken, then ask again.
    Nothing,
    /// Close our direction (FIN); there will be no more to send.
    End,
    /// Drop the connection.
    Gone,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It takes part.
    Open,
    /// What waits is sent, then our direction is closed; what comes is thrown
    /// away. Since this moment.
    Closing(Instant),
    /// Dropped.
    Cut,
}

/// A connection, as the room sees it.
#[derive(Debug)]
pub struct Seat<H> {
    /// Its name, once it has one, and until it has left.
    pub name: Option<String>,
    /// What came behind the last LF.
    pub input: Vec<u8>,
    /// When something last came from it.
    pub heard_at: Instant,
    /// When it was asked whether it is still there, if nothing came since.
    pub asked_at: Option<Instant>,
    handle: H,
    outbox: Vec<u8>,
    /// Whether the outbox has more in it than it should.
    is_full: bool,
    /// Whether what was taken last is still being sent.
    is_sending: bool,
    stuck_since: Option<Instant>,
    state: State,
    /// Whether all that ever waited was sent, and the FIN after it is due.
    is_done: bool,
}

/// All connections.
#[derive(Debug)]
pub struct Seats<H> {
    seats: BTreeMap<Id, Seat<H>>,
    outbox_len_max: usize,
    next: u64,
    /// How many seats that take part have a full outbox.
    full: usize,
    /// How many were cut before all was sent, while they were closed in order.
    undelivered: usize,
}

impl<H: Handle> Seats<H> {
    /// A table without connections.
    pub fn new(limits: &Limits) -> Self {
        Seats {
            seats: BTreeMap::new(),
            outbox_len_max: limits.outbox_len_max,
            next: 1,
            full: 0,
            undelivered: 0,
        }
    }

    /// Adds a connection.
    pub fn add(&mut self, handle: H, now: Instant) -> Id {
        let id = Id(self.next);
        self.next += 1;
        let seat = Seat {
            name: None,
            input: Vec::new(),
            heard_at: now,
            asked_at: None,
            handle,
            outbox: Vec::new(),
            is_full: false,
            is_sending: false,
            stuck_since: None,
            state: State::Open,
            is_done: false,
        };
        self.seats.insert(id, seat);
        id
    }

    /// Forgets a connection: its socket is closed.
    pub fn remove(&mut self, id: Id) {
        self.cut(id);
        self.seats.remove(&id);
    }

    /// How many connections there are, those that are being closed included.
    pub fn count(&self) -> usize {
        self.seats.len()
    }

    /// How many connections were cut before all that waited for them was sent,
    /// while they were closed in order.
    pub fn undelivered(&self) -> usize {
        self.undelivered
    }

    /// The seat, if it takes part.
    pub fn open(&mut self, id: Id) -> Option<&mut Seat<H>> {
        let seat = self.seats.get_mut(&id)?;
        (seat.state == State::Open).then_some(seat)
    }

    /// The numbers of all seats that take part and of which `is` is true.
    pub fn all(&self, is: impl Fn(&Seat<H>) -> bool) -> Vec<Id> {
        let open = self
            .seats
            .iter()
            .filter(|(_, seat)| seat.state == State::Open && is(seat));
        open.map(|(id, _)| *id).collect()
    }

    /// Puts `line` and an LF into the outbox of every seat that takes part and
    /// of which `to` is true.
    pub fn push(&mut self, line: &str, now: Instant, to: impl Fn(Id, &Seat<H>) -> bool) {
        let line = format!("{line}\n");
        for (id, seat) in &mut self.seats {
            if seat.state != State::Open || !to(*id, seat) {
                continue;
            }
            if seat.outbox.is_empty() {
                seat.handle.wake();
            }
            seat.outbox.extend_from_slice(line.as_bytes());
            if seat.outbox.len() > self.outbox_len_max {
                self.full += usize::from(!mem::replace(&mut seat.is_full, true));
                // Whoever sends for this seat may not have had its turn yet, and
                // that is not the client's fault.
                if seat.is_sending && seat.stuck_since.is_none() {
                    seat.stuck_since = Some(now);
                }
            }
        }
    }

    /// Puts `line` and an LF into one outbox.
    pub fn push_to(&mut self, id: Id, line: &str, now: Instant) {
        self.push(line, now, |other, _| other == id);
    }

    /// Whether some outbox is full.
    pub fn is_crowded(&self) -> bool {
        self.full > 0
    }

    /// Moves a whole outbox into `octets`, whose old content was sent, or tells
    /// what else is to be done for this connection.
    pub fn take(&mut self, id: Id, octets: &mut Vec<u8>) -> Output {
        octets.clear();
        let Some(seat) = self.seats.get_mut(&id) else {
            return Output::Gone;
        };
        seat.is_sending = false;
        seat.stuck_since = None;
        match seat.state {
            State::Cut => Output::Gone,
            _ if !seat.outbox.is_empty() => {
                mem::swap(octets, &mut seat.outbox);
                seat.is_sending = true;
                self.full -= usize::from(mem::take(&mut seat.is_full));
                Output::Octets
            }
            State::Open => Output::Nothing,
            State::Closing(_) => {
                seat.is_done = true;
                Output::End
            }
        }
    }

    /// Closes a connection in order: what waits is sent, then comes the FIN.
    pub fn close(&mut self, id: Id, now: Instant) {
        if let Some(seat) = self.seats.get_mut(&id)
            && seat.state == State::Open
        {
            seat.state = State::Closing(now);
            self.full -= usize::from(mem::take(&mut seat.is_full));
            seat.input = Vec::new();
            seat.handle.wake();
        }
    }

    /// Cuts a connection off: what waits is dropped.
    pub fn cut(&mut self, id: Id) {
        if let Some(seat) = self.seats.get_mut(&id)
            && seat.state != State::Cut
        {
            if seat.state != State::Open && !seat.is_done {
                self.undelivered += 1;
            }
            seat.state = State::Cut;
            self.full -= usize::from(mem::take(&mut seat.is_full));
            seat.input = Vec::new();
            seat.outbox = Vec::new();
            seat.handle.cut();
        }
    }

    /// Cuts off the connections that have been closing for longer than `drain`.
    pub fn cut_lingering(&mut self, drain: Duration, now: Instant) {
        let late = |seat: &Seat<H>| match seat.state {
            State::Closing(since) => now.duration_since(since) >= drain,
            State::Open | State::Cut => false,
        };
        let late: Vec<Id> = self
            .seats
            .iter()
            .filter(|(_, seat)| late(seat))
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.cut(id);
        }
    }
}

impl<H> Seat<H> {
    /// Since when its outbox has been full while what was taken before is still
    /// being sent, if that is so.
    pub fn stuck_since(&self) -> Option<Instant> {
        self.stuck_since
    }
}
