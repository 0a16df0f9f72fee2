//! Yours: step 4.
//!
//! Many attempts at once, and never more than so many.

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
    let _ = (items, parallel, &attempt);
    todo!("step 4: share the items among workers")
}
// ANCHOR_END: run
