//! Which attempts to connect are under way?
//!
//! Linux tells, without any privilege: [`crate::sock_diag`] of the sockets, and
//! `/proc/PID/task` has a folder for each thread. Elsewhere nothing tells.

#[cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

#[cfg(target_os = "linux")]
use crate::sock_diag;

/// The attempts to connect to one of `to` that have not come to an end: for each,
/// how often its SYN was sent again.
#[cfg(target_os = "linux")]
pub fn under_way(to: &[SocketAddr]) -> Vec<u8> {
    let attempts = sock_diag::sockets(sock_diag::SYN_SENT);
    let to_these = attempts.iter().filter(|one| to.contains(&one.remote));
    // Attempts to two places may come from one port: only both ends name one.
    let found: BTreeMap<_, _> = to_these
        .map(|one| ((one.local, one.remote), one.retransmits))
        .collect();
    found.into_values().collect()
}

#[cfg(not(target_os = "linux"))]
pub fn under_way(_to: &[SocketAddr]) -> Vec<u8> {
    Vec::new()
}

/// How many connections wait to be accepted by the listener at `address`.
#[cfg(target_os = "linux")]
pub fn queued(address: SocketAddr) -> u32 {
    sock_diag::listener(address).map_or(0, |listener| listener.receive_queue)
}

#[cfg(not(target_os = "linux"))]
pub fn queued(_address: SocketAddr) -> u32 {
    0
}

/// What `look` sees while every thread of process `pid` waits, so that none does
/// anything before something happens to it. `None` if one of them ran meanwhile,
/// or the process has ended.
pub fn while_all_threads_wait<T>(pid: u32, look: impl FnOnce() -> T) -> Option<T> {
    // A thread that was found waiting before and after, with as many switches of
    // context, has waited all the time between.
    let before = waiting_threads(pid)?;
    let seen = look();
    (waiting_threads(pid)? == before).then_some(seen)
}

/// The threads of a process, each with how often it has stopped running; `None`
/// if one of them does not wait now.
fn waiting_threads(pid: u32) -> Option<Vec<(String, String)>> {
    let mut threads = Vec::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let status = fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        field("State:")?.starts_with('S').then_some(())?;
        let switches = (
            field("voluntary_ctxt_switches:")?,
            field("nonvoluntary_ctxt_switches:")?,
        );
        threads.push((field("Pid:")?, format!("{switches:?}")));
    }
    (!threads.is_empty()).then_some(threads)
}
