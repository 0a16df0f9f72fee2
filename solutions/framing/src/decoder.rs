//! Yours: steps 4 and 5.
//!
//! Messages from octets as they arrive, in whatever pieces. No socket and no
//! file in sight: the caller reads, hands in the octets, and asks for messages.

use crate::error::Error;
use crate::framing::Framing;

/// Takes a stream of frames apart.
///
/// What comes out, messages and errors, depends on the octets of the stream
/// alone. Into which pieces it was cut on the way makes no difference.
pub struct Decoder {
    /// How messages stand in the stream.
    framing: Framing,
    /// The most octets a message may have.
    max: usize,
    /// Octets that came and are kept.
    buffer: Vec<u8>,
    /// Where in the stream the first octet stands that no message took yet.
    offset: usize,
    /// How many octets at the front of `buffer` are taken and not yet removed.
    taken: usize,
    /// How many of the octets not yet taken are known to hold no end of a
    /// frame.
    searched: usize,
    /// Whether the octets up to the next end of a frame are given up.
    skipping: bool,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(framing: Framing, max: usize) -> Decoder {
        Decoder {
            framing,
            max,
            buffer: Vec::new(),
            offset: 0,
            taken: 0,
            searched: 0,
            skipping: false,
        }
    }

    // ANCHOR: handle_octets
    /// Takes the next octets of the stream, any number of them. Nothing is
    /// decoded yet: that is for [`poll_message`](Decoder::poll_message).
    pub fn handle_octets(&mut self, octets: &[u8]) {
        // Once a piece and not once a message: to move what is left to the
        // front costs as much as it has octets.
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend(octets);
    }
    // ANCHOR_END: handle_octets

    // ANCHOR: poll_message
    /// The next message, or `Ok(None)` if more octets are needed for one. To be
    /// asked until it says that; a piece can hold the ends of many messages.
    ///
    /// After it said `Ok(None)`, the decoder holds only the frame that has
    /// begun, which has fewer than [`frame_len_max`](crate::framing::Framing::frame_len_max)
    /// octets. Memory is taken for octets that came, never for a length that
    /// was announced.
    ///
    /// The work for a stream grows as its length does, however it is cut: an
    /// octet is not searched again for each octet that comes after it.
    ///
    /// ```text
    /// length, 00 00 00 02 68        →  Ok(None)
    ///         69 00 00 00 00 00     →  "hi", then "", then Ok(None)
    /// ```
    ///
    /// # Errors
    /// What the framing's `parse` refuses, its offset counted from the start of
    /// the stream. The decoder stays where it is: asked again, it says the same.
    pub fn poll_message(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.skipping && !self.skip() {
            return Ok(None);
        }
        // For a delimiter, `parse` would search all octets from the first on,
        // so it is not asked before there is something new to say.
        if self.delimiter().is_some()
            && self.find_end().is_none()
            && self.left().len() < self.framing.frame_len_max(self.max)
        {
            self.searched = self.left().len();
            return Ok(None);
        }
        match self.framing.parse(self.left(), self.max) {
            Ok(Some(frame)) => {
                self.take(frame.len);
                Ok(Some(frame.message))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error.moved(self.offset)),
        }
    }
    // ANCHOR_END: poll_message

    // ANCHOR: handle_end
    /// Says whether the stream may end here: to be asked when it has ended and
    /// [`poll_message`](Decoder::poll_message) has said `Ok(None)`.
    ///
    /// ```text
    /// length, 00 00 00 02 68 69     →  "hi", then fine
    /// length, 00 00 00 02 68        →  refused: 5 octets of the frame at 0 came
    /// cobs,   01 00 03 68           →  "", then refused: 2 octets of the frame at 2
    /// ```
    ///
    /// # Errors
    /// [`Error::EndInMidMessage`] if a frame has begun and not ended, with its
    /// offset in the stream and how many of its octets came. A frame that
    /// [`resync`](Decoder::resync) gave up was reported before and is not again.
    pub fn handle_end(&self) -> Result<(), Error> {
        let came = self.left().len();
        if came == 0 || self.skipping {
            return Ok(());
        }
        Err(Error::EndInMidMessage {
            offset: self.offset,
            came,
        })
    }
    // ANCHOR_END: handle_end

    // ANCHOR: resync
    /// After an error of [`poll_message`](Decoder::poll_message): gives up the
    /// frame it is about, and returns whether there is a way to the next one.
    ///
    /// With a delimiter there is. The octets up to the end of the frame and that
    /// end itself are passed over, those that came and those that are still to
    /// come, without being kept; the octet after it starts the next frame. Line:
    /// the end is the next LF. Cobs: the next zero. Dot: the next CRLF, dot,
    /// CRLF.
    ///
    /// With a length there is none, for length and varint: the length is what
    /// says where the next frame starts. The decoder stays as it is.
    ///
    /// ```text
    /// cobs, 05 68 69 00 03 68 69 00  →  refused at 0, true, "hi"
    /// length, ff ff ff ff 00 …       →  refused at 0, false, refused at 0
    /// ```
    pub fn resync(&mut self) -> bool {
        self.skipping = self.delimiter().is_some();
        self.skipping
    }
    // ANCHOR_END: resync

    /// The octets that are not yet taken: the frame that has begun, and what
    /// came after it.
    fn left(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    /// Takes `len` octets. The next frame starts after them.
    fn take(&mut self, len: usize) {
        self.taken += len;
        self.offset = self.offset.saturating_add(len);
        self.searched = 0;
    }

    /// What ends a frame, where something does.
    fn delimiter(&self) -> Option<&'static [u8]> {
        match self.framing {
            Framing::Line => Some(b"\n"),
            Framing::Dot => Some(b"\r\n.\r\n"),
            Framing::Cobs => Some(b"\0"),
            Framing::Length | Framing::Varint => None,
        }
    }

    /// How many octets from the first not yet taken to the end of the frame.
    fn find_end(&self) -> Option<usize> {
        let delimiter = self.delimiter()?;
        // A message of no lines: there is no CRLF before the dot.
        if self.framing == Framing::Dot && !self.skipping && self.left().starts_with(b".\r\n") {
            return Some(3);
        }
        // The delimiter may have begun in octets that were searched.
        let from = self.searched.saturating_sub(delimiter.len() - 1);
        let unsearched = self.left().get(from..).unwrap_or_default();
        let at = unsearched
            .windows(delimiter.len())
            .position(|window| window == delimiter)?;
        Some(from + at + delimiter.len())
    }

    /// Passes over the octets up to the end of the frame, and says whether that
    /// has come.
    fn skip(&mut self) -> bool {
        if let Some(end) = self.find_end() {
            self.take(end);
            self.skipping = false;
            return true;
        }
        // What is kept could be the beginning of a delimiter.
        let kept = self
            .left()
            .len()
            .min(self.delimiter().map_or(0, |delimiter| delimiter.len() - 1));
        self.take(self.left().len() - kept);
        self.searched = kept;
        false
    }
}
