//! Patience with a program that says nothing, which ends when the program had
//! its chance.
//!
//! On a machine that has much to do, a program waits for a processor before it
//! can do anything, and that time does not count; nor does a disk's. Linux tells
//! both of each thread (`schedstat` and `stat` in `/proc/PID/task/TID`); elsewhere
//! nothing tells, and all time counts.

use std::fs;
use std::time::{Duration, Instant};

use crate::{tree, wait};

/// How many times its length patience lasts at most, whatever a program does.
const TIMES_MAX: u32 = 10;

/// What is granted has to be worth waiting for.
const GRANTED_MIN: Duration = Duration::from_millis(50);

/// From a moment on, for a length of time in which a program can run.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    since: Instant,
    length: Duration,
    until: Instant,
}

impl Patience {
    /// Begins now.
    pub fn new(length: Duration) -> Self {
        let since = Instant::now();
        Patience {
            since,
            length,
            until: since + length,
        }
    }

    /// The same, from now on.
    pub fn renewed(self) -> Self {
        Patience::new(self.length)
    }

    /// How long a program is given.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// When it ends, as far as is known.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Whether it has ended, for programs that have had this share of the
    /// machine, which is asked for only then.
    pub fn is_over(&mut self, share: impl FnOnce() -> Share) -> bool {
        let now = Instant::now();
        if now < self.until {
            return false;
        }
        let share = share();
        // Whoever computed for so long has had its chance; its threads may have
        // waited for each other.
        let missed = match share {
            Share { ran, .. } if ran >= self.length => Duration::ZERO,
            Share { stuck: true, .. } => now - self.since,
            // Until it is given one, nobody counts how long it waits this time.
            Share {
                wants: true,
                ran,
                waited,
                ..
            } => waited.max((now - self.since).saturating_sub(ran)),
            Share { waited, .. } => waited,
        };
        let most = self.since + self.length * TIMES_MAX;
        let until = (self.since + self.length + missed).min(most);
        let is_over = until < now + GRANTED_MIN;
        if !is_over {
            self.until = until;
        }
        is_over
    }

    /// Asks `probe` until it answers or patience with the process `pid` and all
    /// below it has ended.
    pub fn wait<T>(&mut self, pid: u32, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let answer = wait::until(self.until, &mut probe);
            if answer.is_some() || self.is_over(|| Share::of(pid)) {
                return answer;
            }
        }
    }
}

/// What the threads of a process, and of those below it, have had of the
/// processors in their lives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    /// How long they ran, all together.
    pub ran: Duration,
    /// How long the one that waited longest has waited for a processor.
    pub waited: Duration,
    /// Whether one of them has a processor now, or waits for one.
    pub wants: bool,
    /// Whether one of them waits now for a disk or for something in the kernel
    /// that no signal ends.
    pub stuck: bool,
}

impl Share {
    /// That of the process `pid` and of those that it started; nothing where the
    /// system does not tell.
    pub fn of(pid: u32) -> Share {
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        let threads = threads.into_iter().flatten().flatten();
        threads
            .map(|thread| {
                let read =
                    |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
                // The time on a processor and the time in the queue for one, in
                // nanoseconds, and how often it was given one.
                let schedstat = read("schedstat");
                let mut times = schedstat
                    .split(' ')
                    .map(|ns| Duration::from_nanos(ns.parse().unwrap_or(0)));
                let stat = read("stat");
                let state = tree::state(&stat);
                let own = Share {
                    ran: times.next().unwrap_or_default(),
                    waited: times.next().unwrap_or_default(),
                    wants: state.starts_with('R'),
                    stuck: state.starts_with('D'),
                };
                let children = read("children");
                let children = children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse().ok());
                children.map(Share::of).fold(own, Share::and)
            })
            .fold(Share::default(), Share::and)
    }

    /// That of both.
    pub fn and(self, other: Share) -> Share {
        Share {
            ran: self.ran + other.ran,
            waited: self.waited.max(other.waited),
            wants: self.wants || other.wants,
            stuck: self.stuck || other.stuck,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    use super::*;
    use crate::tree::Tree;

    #[test]
    fn time_without_a_processor_does_not_count() {
        // Two programs that compute, on one processor.
        let mut allowed = sched_getaffinity(None).expect("a set of processors");
        let first = (0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu));
        allowed.clear();
        allowed.set(first.expect("a processor"));
        let programs = [(); 2].map(|()| {
            let mut command = Command::new("sh");
            // The one that counts is a child of the one that is asked about.
            command
                .args(["-c", "sh -c 'while :; do :; done'; true"])
                .stdin(Stdio::null());
            let tree = Tree::start(&mut command).expect("sh can be started");
            let late = Instant::now() + Duration::from_secs(100);
            let child = wait::until(late, || tree::descendant(tree.child.id(), 1));
            let child = i32::try_from(child.expect("it starts one")).ok();
            let child = child.and_then(rustix::process::Pid::from_raw);
            sched_setaffinity(child, &allowed).expect("it is ours");
            tree
        });
        let pid = programs.first().expect("two").child.id();
        let schedstat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
        if schedstat.is_empty() || schedstat.starts_with("0 0 0") {
            println!("skipped: this system does not tell how long a thread waits");
            return;
        }
        let late = Instant::now() + Duration::from_secs(100);
        let wanted = Duration::from_millis(300);
        let waited = wait::until(late, || (Share::of(pid).waited > wanted).then_some(()));
        assert!(waited.is_some(), "{:?}", Share::of(pid));

        let mut patience = Patience::new(Duration::ZERO);
        patience.length = Duration::from_secs(100);
        assert!(!patience.is_over(|| Share::of(pid)));
        assert!(patience.until() > patience.since + patience.length + wanted);

        // One that had enough of it, and waited for itself, has had its chance.
        let mut patience = Patience::new(Duration::ZERO);
        patience.length = Duration::from_millis(1);
        assert!(patience.is_over(|| Share::of(pid)));
    }

    #[test]
    fn patience_ends_with_who_waits_for_something_else_and_is_not_without_end() {
        let length = Duration::from_secs(1);
        let begun = |times: u32| Patience {
            since: Instant::now() - length * times,
            length,
            until: Instant::now(),
        };
        let own = std::process::id();
        assert!(Patience::new(length).wait(own, || Some(())).is_some());
        assert!(!Patience::new(length).is_over(Share::default));
        assert!(begun(1).is_over(Share::default));

        let starves = || Share {
            waited: Duration::from_secs(3600),
            ..Share::default()
        };
        let mut patience = begun(1);
        assert!(!patience.is_over(starves));
        assert_eq!(patience.until(), patience.since + length * TIMES_MAX);
        assert!(begun(TIMES_MAX).is_over(starves));

        // Half a second of its own, and then no processor any more.
        let waits = || Share {
            ran: length / 2,
            wants: true,
            ..Share::default()
        };
        let mut patience = begun(2);
        assert!(!patience.is_over(waits));
        assert!(patience.until() > patience.since + length * 2);
        assert!(begun(TIMES_MAX).is_over(waits));
        let computes = || Share {
            ran: length,
            wants: true,
            ..Share::default()
        };
        assert!(begun(2).is_over(computes));

        let stuck = || Share {
            stuck: true,
            ..Share::default()
        };
        assert!(!begun(1).is_over(stuck));
        assert!(begun(TIMES_MAX).is_over(stuck));
    }
}
