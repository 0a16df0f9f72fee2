//! Yours: steps 4, 5 and 6.
//!
//! Who is cut off, and when, and how it all ends. No clock is read here: the
//! caller says what time it is.

use std::time::Instant;

use crate::room::Room;
use crate::seats::{Handle, Why};
use crate::words;

impl<H: Handle> Room<H> {
    // ANCHOR: handle_full
    /// It is now `now`, and some outbox is full. Whoever has been stuck for
    /// [`grace`](crate::seats::Limits::grace) or longer leaves for
    /// `Why::TooSlow`: its outbox is full, and its sender is still in a write of
    /// what was taken before (see `stuck_since` of a seat).
    ///
    /// ```text
    /// grace 0.2 s, stuck since 7.0 s: at 7.1 s nothing happens, at 7.2 s it goes
    /// ```
    ///
    /// # Specification
    /// RFC 9293 §3.8.6.1: a window may be zero for as long as its owner likes, and
    /// TCP has to keep the connection open as long as it is answered.
    pub fn handle_full(&mut self, now: Instant) {
        let grace = self.limits.grace;
        let is_late = |since: Instant| now.duration_since(since) >= grace;
        for id in self
            .seats
            .all(|seat| seat.stuck_since().is_some_and(is_late))
        {
            self.leave(id, Why::TooSlow, now);
        }
    }
    // ANCHOR_END: handle_full

    // ANCHOR: handle_silence
    /// It is now `now`, and somebody has been silent for
    /// `idle` or longer.
    ///
    /// Whoever is and was not asked since is asked, once, with
    /// `QUESTION`. Whoever was asked `idle` ago or
    /// longer leaves for `Why::Silent`. Only what comes *from* a client is a
    /// sign of life (`heard_at`; an answer makes `asked_at` `None` again): what
    /// goes *to* it may be on its way to nobody.
    ///
    /// ```text
    /// idle 30 s, last heard at 0 s: asked at 30 s, gone at 60 s
    /// ```
    ///
    /// # Specification
    /// RFC 9293 §3.5.1: where one side has forgotten the connection it is
    /// half-open, and the other side learns of it only if it sends. RFC 9293
    /// §3.8.4: TCP's own keep-alive is off unless it is asked for.
    pub fn handle_silence(&mut self, now: Instant) {
        let idle = self.limits.idle;
        let is_due = |since: Instant| now.duration_since(since) >= idle;
        for id in self.seats.all(|seat| is_due(seat.heard_at)) {
            let Some(seat) = self.seats.open(id) else {
                continue;
            };
            match seat.asked_at {
                None => {
                    seat.asked_at = Some(now);
                    self.seats.push_to(id, words::QUESTION, now);
                }
                Some(asked_at) if is_due(asked_at) => self.leave(id, Why::Silent, now),
                Some(_) => {}
            }
        }
    }
    // ANCHOR_END: handle_silence

    // ANCHOR: handle_shutdown
    /// The server ends. Everybody who takes part, with a name or without, gets
    /// `FAREWELL` behind what already waits, and is
    /// closed in order. Nobody is told that somebody left, and what comes from
    /// now on is dropped.
    pub fn handle_shutdown(&mut self, now: Instant) {
        self.seats.push(words::FAREWELL, now, |_, _| true);
        for id in self.seats.all(|_| true) {
            self.seats.close(id, now);
        }
    }
    // ANCHOR_END: handle_shutdown
}
