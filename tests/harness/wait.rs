//! The one place that polls.
//!
//! Some things have no event to block on: that a process has ended, that a
//! peer's receive queue is empty, that somebody connects or the program ends,
//! whichever is first. They are asked for again until they are true or the
//! deadline has passed. No check ever waits "to be safe".

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The longest that is waited for an event before `probe` is asked again all the
/// same.
pub const MOMENT: Duration = Duration::from_millis(10);

/// How many times a probe is asked in a row, with room for others in between. What
/// is waited for has mostly come by then, and sooner than an event would tell.
const IN_A_ROW: u32 = 20;

/// Asks `probe` until it answers or `deadline` has passed.
pub fn until<T>(deadline: Instant, probe: impl FnMut() -> Option<T>) -> Option<T> {
    let mut pause = Duration::from_micros(10);
    let pauses = || {
        thread::park_timeout(pause);
        pause = (pause * 2).min(Duration::from_millis(1));
    };
    until_event(deadline, probe, pauses)
}

/// The same, where there is an event to wait for: `rest` returns when there may be
/// an answer, and after [`MOMENT`] at the latest.
pub fn until_event<T>(
    deadline: Instant,
    mut probe: impl FnMut() -> Option<T>,
    mut rest: impl FnMut(),
) -> Option<T> {
    for turn in 0_u32.. {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        if turn < IN_A_ROW {
            thread::yield_now();
        } else {
            rest();
        }
    }
    None
}

/// Tells whoever waits for something that nobody wants it any more. All clones
/// are one.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// From now on it is not wanted.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is not wanted any more.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
