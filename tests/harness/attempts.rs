//! Which attempts to connect are under way?
//!
//! Linux tells, without any privilege: `/proc/net/tcp` has a line for each
//! socket of this network (`proc_pid_net(5)`), and `/proc/PID/task` a folder for
//! each thread. Elsewhere nothing tells.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};

/// The states of a socket that matter here, as they stand in the table.
const SYN_SENT: &str = "02";
const LISTEN: &str = "0A";

/// The attempts to connect to one of `to` that have not come to an end: for each,
/// how often its SYN was sent again.
pub fn under_way(to: &[SocketAddr]) -> Vec<u32> {
    let to: Vec<String> = to.iter().map(shown).collect();
    let rows = rows();
    // While the table is read in parts, a line can move and come a second time.
    let mut found: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &rows {
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        if let [_, own, remote, SYN_SENT, _, _, repeated, ..] = fields.as_slice()
            && to.iter().any(|to| to == remote)
            && let Ok(repeated) = u32::from_str_radix(repeated, 16)
        {
            found.insert(own, repeated);
        }
    }
    found.into_values().collect()
}

/// How many connections wait to be accepted by the listener at `address`.
pub fn queued(address: SocketAddr) -> u32 {
    let local = shown(&address);
    let rows = rows();
    let mut fields = rows
        .iter()
        .map(|row| row.split_ascii_whitespace().collect::<Vec<_>>());
    let queue = fields.find_map(|fields| match fields.as_slice() {
        [_, own, _, LISTEN, queues, ..] if *own == local => queues
            .split_once(':')
            .and_then(|(_, queue)| u32::from_str_radix(queue, 16).ok()),
        _ => None,
    });
    queue.unwrap_or(0)
}

/// Whether every thread of process `pid` waits, all at one moment, so that none
/// will do anything before something happens to it. False once it has ended.
pub fn all_threads_wait(pid: u32) -> bool {
    // A thread that one look found waiting, and another look at as many switches
    // of context, has waited all the time between. Each look takes the threads
    // in turn, so between the two there was a moment at which all did.
    let first = waiting_threads(pid);
    first.is_some() && first == waiting_threads(pid)
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

/// The lines of the table; none elsewhere than on Linux.
fn rows() -> Vec<String> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    table.lines().map(str::to_owned).collect()
}

/// An address as it stands in the table; an IPv6 address is in another one.
fn shown(address: &SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) => {
            let host = u32::from_ne_bytes(ip.octets());
            format!("{host:08X}:{:04X}", address.port())
        }
        IpAddr::V6(_) => String::new(),
    }
}
