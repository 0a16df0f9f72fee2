//! Yours: step 1.
//!
//! The room: names, lines, and who gets what. It opens no socket and reads no
//! clock: octets and the time are handed in, and what is to be sent is asked
//! for. So one room serves threads, tasks and a script.

use std::mem;
use std::time::Instant;

use crate::error::Error;
use crate::seats::{Handle, Id, Limits, Output, Seats, Why};
use crate::{LINE_LEN_MAX, NAME_LEN_MAX, words};

/// A room and all who are in it.
#[derive(Debug)]
pub struct Room<H> {
    /// The bounds.
    pub(crate) limits: Limits,
    /// The connections, and what waits for them.
    pub(crate) seats: Seats<H>,
}

impl<H: Handle> Room<H> {
    /// An empty room.
    pub fn new(limits: Limits) -> Self {
        Room {
            limits,
            seats: Seats::new(&limits),
        }
    }

    /// Somebody has connected, and is greeted; or is refused and closed, where
    /// there are [`Limits::clients`] connections already.
    pub fn connect(&mut self, handle: H, now: Instant) -> Id {
        let count = self.seats.count();
        let id = self.seats.add(handle, now);
        if count < self.limits.clients {
            self.seats.push_to(id, words::GREETING, now);
        } else {
            let full = Error::RoomFull(count);
            self.seats.push_to(id, &words::refused(&full), now);
            self.seats.close(id, now);
        }
        id
    }

    /// The connection is closed and its socket is gone.
    pub fn disconnect(&mut self, id: Id) {
        self.seats.remove(id);
    }

    /// How many connections there are.
    pub fn count(&self) -> usize {
        self.seats.count()
    }

    /// How many connections were cut, while they were closed in order, before
    /// all that waited for them was sent.
    pub fn undelivered(&self) -> usize {
        self.seats.undelivered()
    }

    /// Moves what waits for a connection into `octets`, or tells what else is
    /// to be done for it.
    pub fn take(&mut self, id: Id, octets: &mut Vec<u8>) -> Output {
        self.seats.take(id, octets)
    }

    /// Whether some outbox is full: then nobody should say more.
    pub fn is_crowded(&self) -> bool {
        self.seats.is_crowded()
    }

    /// It is now `now`; called every now and then.
    pub fn handle_time(&mut self, now: Instant) {
        if self.seats.is_crowded() {
            self.handle_full(now);
        }
        let idle = self.limits.idle;
        let silent = |heard_at: Instant| now.duration_since(heard_at) >= idle;
        if !self.seats.all(|seat| silent(seat.heard_at)).is_empty() {
            self.handle_silence(now);
        }
        self.seats.cut_lingering(self.limits.drain, now);
    }

    // ANCHOR: handle_octets
    /// These octets came from `id`. They may be a part of a line, or many lines
    /// and a part of another; each whole line goes to [`Room::handle_line`],
    /// without its LF, and what is behind the last LF is kept for later.
    ///
    /// ```text
    /// 61 64            nothing yet
    /// 61 0a 68 69 0a   the lines "ada" and "hi"
    /// ```
    ///
    /// Whatever comes is a sign of life: `heard_at` of the seat becomes `now`,
    /// and it counts as not asked. Where `LINE_LEN_MAX` octets hold no LF, there
    /// is no end that is worth waiting for: `! a line has at most 1024 octets`
    /// goes back, and the client leaves for [`Why::LineTooLong`]. What comes from
    /// a connection that no longer takes part is dropped, and so is the line
    /// without an end of somebody who leaves.
    ///
    /// # Specification
    /// RFC 9293 §2.2: a stream of octets, without borders in it.
    pub fn handle_octets(&mut self, id: Id, octets: &[u8], now: Instant) {
        let Some(seat) = self.seats.open(id) else {
            return;
        };
        seat.heard_at = now;
        seat.asked_at = None;
        let mut input = mem::take(&mut seat.input);
        input.extend_from_slice(octets);
        let mut rest: &[u8] = &[];
        for piece in input.split_inclusive(|&octet| octet == b'\n') {
            let line = piece.strip_suffix(b"\n");
            if line.unwrap_or(piece).len() >= LINE_LEN_MAX {
                let refusal = words::refused(&Error::LineTooLong);
                self.seats.push_to(id, &refusal, now);
                self.leave(id, Why::LineTooLong, now);
                return;
            }
            match line {
                Some(line) => self.handle_line(id, line, now),
                None => rest = piece,
            }
        }
        if let Some(seat) = self.seats.open(id) {
            seat.input = rest.to_vec();
        }
    }
    // ANCHOR_END: handle_octets

    // ANCHOR: handle_line
    /// This line came from `id`, without its LF; a CR at its end is dropped
    /// too, since telnet sends one. An empty line means nothing.
    ///
    /// The first other line is the name, by the rules of [`check_name`]; it is
    /// taken if anybody in the room has it, in upper or lower case. Then
    /// `* welcome, ada; others here: 2` goes back, where those are counted who
    /// have a name, and `* ada joined` to them.
    ///
    /// Every line after it is said: `ada: hi` goes to everybody who has a name,
    /// except to whoever sent it.
    ///
    /// A line that is not UTF-8, or holds a control character other than a tab,
    /// or is no name where a name is due, is answered with `! ` and the reason,
    /// and nothing else happens: it had its end, so the next line is good.
    pub fn handle_line(&mut self, id: Id, line: &[u8], now: Instant) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        let done = match check_text(line) {
            Ok(text) => match self.seats.open(id).map(|seat| seat.name.clone()) {
                Some(Some(name)) => {
                    self.tell_others(id, &words::said(&name, text), now);
                    Ok(())
                }
                Some(None) => self.join(id, text, now),
                None => Ok(()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            self.seats.push_to(id, &words::refused(&error), now);
        }
    }
    // ANCHOR_END: handle_line

    // ANCHOR: leave
    /// `id` leaves. If it has a name, the others get `* ada left` with the
    /// reason (see [`words::left`]), once, and the name is free again.
    ///
    /// [`Why::Ended`] and [`Why::LineTooLong`] close the connection in order:
    /// what waits for it is sent first. The others cut it off.
    ///
    /// # Specification
    /// RFC 9293 §3.6: a FIN closes one direction; the other may go on.
    pub fn leave(&mut self, id: Id, why: Why, now: Instant) {
        let name = self.seats.open(id).and_then(|seat| seat.name.take());
        if let Some(name) = name {
            self.tell_others(id, &words::left(&name, why), now);
        }
        match why {
            Why::Ended | Why::LineTooLong => self.seats.close(id, now),
            Why::Lost | Why::TooSlow | Why::Silent => self.seats.cut(id),
        }
    }
    // ANCHOR_END: leave

    /// A line for everybody who has a name, except `id`.
    fn tell_others(&mut self, id: Id, line: &str, now: Instant) {
        self.seats
            .push(line, now, |other, seat| other != id && seat.name.is_some());
    }

    fn join(&mut self, id: Id, name: &str, now: Instant) -> Result<(), Error> {
        check_name(name)?;
        let is_same = |other: &String| other.eq_ignore_ascii_case(name);
        let named = self.seats.all(|seat| seat.name.is_some());
        let taken = self
            .seats
            .all(|seat| seat.name.as_ref().is_some_and(is_same));
        if !taken.is_empty() {
            return Err(Error::NameTaken(name.to_owned()));
        }
        if let Some(seat) = self.seats.open(id) {
            seat.name = Some(name.to_owned());
        }
        self.seats
            .push_to(id, &words::welcome(name, named.len()), now);
        self.tell_others(id, &words::joined(name), now);
        Ok(())
    }
}

// ANCHOR: check_name
/// Whether `name` is one: letters `a` to `z` and `A` to `Z`, digits, `-` and
/// `_`, and at most `NAME_LEN_MAX` octets. An empty name does not get here.
///
/// # Errors
/// [`Error::NameTooLong`] with its length; [`Error::NameCharacter`] with the
/// first character that is not allowed. A name that is both is too long.
pub fn check_name(name: &str) -> Result<(), Error> {
    if name.len() > NAME_LEN_MAX {
        return Err(Error::NameTooLong(name.len()));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match name.chars().find(|&c| !is_allowed(c)) {
        Some(c) => Err(Error::NameCharacter(c)),
        None => Ok(()),
    }
}
// ANCHOR_END: check_name

// ANCHOR: check_text
/// The text of a line, which others will see on their terminals: UTF-8 without
/// control characters. A terminal obeys those; a tab does no harm.
///
/// ```text
/// 68 69                      "hi"
/// 63 61 66 ff                Error::NotUtf8(3)
/// 61 1b 5b 32 4a             Error::Control('\u{1b}', 1)
/// ```
///
/// # Errors
/// [`Error::NotUtf8`] with the offset where UTF-8 ends; [`Error::Control`] with
/// the first control character and its offset, both in octets.
///
/// # Specification
/// RFC 3629 §3 for UTF-8; the control characters are U+0000 to U+001F and
/// U+007F to U+009F.
pub fn check_text(line: &[u8]) -> Result<&str, Error> {
    let text = str::from_utf8(line).map_err(|error| Error::NotUtf8(error.valid_up_to()))?;
    match text
        .char_indices()
        .find(|(_, c)| c.is_control() && *c != '\t')
    {
        Some((offset, c)) => Err(Error::Control(c, offset)),
        None => Ok(text),
    }
}
// ANCHOR_END: check_text
