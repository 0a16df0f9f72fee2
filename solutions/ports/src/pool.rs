//! Yours: step 4.
//!
//! Many attempts at once, and never more than so many.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// What the workers share: the indexes of the items that nobody has taken, and
/// how many workers there are.
struct Queue {
    waiting: VecDeque<usize>,
    workers: usize,
}

// ANCHOR: run
/// Makes `attempt` on each of `items` and gives the results in the order of the
/// items. `parallel` workers, or as many as there are items if those are fewer,
/// take an item each, and when it is done the next that nobody has taken. So
/// never more than `parallel` attempts are under way, and no fewer while there
/// are items enough. `parallel` is at least 1.
///
/// `attempt` gives `None` where the process has no descriptor left for it. The
/// item then goes back to be tried again, and the worker that had it ends: one
/// attempt less is under way from then on. The last worker tries its item a
/// second time, now that nobody else holds a descriptor, and if there is still
/// none, that item's result is `None`.
///
/// ```text
/// items a b c d e, parallel 2       items a b c d, parallel 3, descriptors 2
/// worker 1   a───┐ c──┐ e───        worker 1   a────┐ c───┐ d───
/// worker 2   b──────┐ d──           worker 2   b─────┐
///                                   worker 3   c None: back it goes; ends
/// ```
///
/// A system that refuses to start so many threads gets fewer; the calling
/// thread is a worker too.
pub fn run<T: Sync, R: Send>(
    items: &[T],
    parallel: usize,
    attempt: impl Fn(&T) -> Option<R> + Sync,
) -> Vec<Option<R>> {
    let queue = Mutex::new(Queue {
        waiting: (0..items.len()).collect(),
        workers: 1,
    });
    let work = || {
        let mut done = Vec::new();
        while let Some(index) = next(&queue) {
            let Some(item) = items.get(index) else {
                continue;
            };
            let mut result = attempt(item);
            if result.is_none() {
                if give_back(&queue, index) {
                    break;
                }
                result = attempt(item);
            }
            done.push((index, result));
        }
        done
    };
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let done = thread::scope(|scope| {
        let mut others = Vec::new();
        for _ in 1..parallel.min(items.len()) {
            lock(&queue).workers += 1;
            match thread::Builder::new().spawn_scoped(scope, work) {
                Ok(worker) => others.push(worker),
                Err(_) => {
                    lock(&queue).workers -= 1;
                    break;
                }
            }
        }
        let mut done = work();
        for worker in others {
            match worker.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    for (index, result) in done {
        if let Some(place) = results.get_mut(index) {
            *place = result;
        }
    }
    results
}
// ANCHOR_END: run

/// The next item that nobody has taken. Where there is none, the worker that
/// asks ends, and is counted no longer.
fn next(queue: &Mutex<Queue>) -> Option<usize> {
    let mut queue = lock(queue);
    let index = queue.waiting.pop_front();
    if index.is_none() {
        queue.workers -= 1;
    }
    index
}

/// Puts an item back for another worker, and counts the one that had it no
/// longer. False if there is no other worker, and so nobody to put it back for.
fn give_back(queue: &Mutex<Queue>, index: usize) -> bool {
    let mut queue = lock(queue);
    if queue.workers == 1 {
        return false;
    }
    queue.workers -= 1;
    queue.waiting.push_front(index);
    true
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    // No worker panics while it holds the lock.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
