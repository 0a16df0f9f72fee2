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
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(framing: Framing, max: usize) -> Decoder {
        Decoder {
            framing,
            max,
            buffer: Vec::new(),
            offset: 0,
        }
    }

    // ANCHOR: handle_octets
    /// Takes the next octets of the stream, any number of them. Nothing is
    /// decoded yet: that is for [`poll_message`](Decoder::poll_message).
    pub fn handle_octets(&mut self, octets: &[u8]) {
        let _ = (octets, &mut self.buffer);
        todo!("step 4: keep the octets")
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
        let _ = (self.framing, self.max, &self.buffer, self.offset);
        todo!("step 4: give the next message that is whole")
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
        let _ = (&self.buffer, self.offset);
        todo!("step 5: tell a clean end from a cut frame")
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
        let _ = (self.framing, &self.buffer);
        todo!("step 5: pass over the frame, if its end can be found")
    }
    // ANCHOR_END: resync
}
