//! Yours: steps 4, 5 and 6.
//!
//! Who is cut off, and when, and how it all ends. No clock is read here: the
//! caller says what time it is.

use std::time::Instant;

use crate::room::Room;
use crate::seats::Handle;

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
        let _ = now;
        todo!("step 4: part from whoever is too slow")
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
        let _ = now;
        todo!("step 5: ask who is silent, then part")
    }
    // ANCHOR_END: handle_silence

    // ANCHOR: handle_shutdown
    /// The server ends. Everybody who takes part, with a name or without, gets
    /// `FAREWELL` behind what already waits, and is
    /// closed in order. Nobody is told that somebody left, and what comes from
    /// now on is dropped.
    pub fn handle_shutdown(&mut self, now: Instant) {
        let _ = now;
        todo!("step 6: say farewell and close all in order")
    }
    // ANCHOR_END: handle_shutdown
}
