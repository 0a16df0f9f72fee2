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

/// Asks `probe` until it answers or `deadline` has passed.
pub fn until<T>(deadline: Instant, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let mut pause = Duration::from_micros(10);
    for turn in 0_u32.. {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        if turn < 20 {
            thread::yield_now();
        } else {
            thread::park_timeout(pause);
            pause = (pause * 2).min(Duration::from_millis(1));
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
