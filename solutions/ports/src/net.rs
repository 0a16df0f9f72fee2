//! Given. Changes here are not graded and are replaced by updates.
//!
//! Names to addresses, and the attempts of a scan.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::banner::read_banner;
use crate::error::Error;
use crate::pool;
use crate::probe::{connect, state_of};
use crate::state::PortState;
use crate::target::Target;

/// The addresses of a target, by port. Of a name's addresses, the first.
///
/// # Errors
/// [`Error::NoAddress`] for a host that is unknown.
pub fn addresses(target: &Target) -> Result<Vec<SocketAddr>, Error> {
    let ip = match target.host.parse::<IpAddr>() {
        Ok(ip) => ip,
        Err(_) => first_address(&target.host)?,
    };
    let ports = target.ports.iter();
    Ok(ports.map(|&port| SocketAddr::new(ip, port)).collect())
}

fn first_address(host: &str) -> Result<IpAddr, Error> {
    let found = (host, 0).to_socket_addrs();
    let found = found.map_err(|error| Error::NoAddress(host.to_owned(), error))?;
    let first = found.map(|address| address.ip()).next();
    first.ok_or_else(|| Error::NoAddress(host.to_owned(), io::ErrorKind::NotFound.into()))
}

/// How a scan goes about it.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// How long an attempt may take.
    pub timeout: Duration,
    /// How many attempts may be under way.
    pub parallel: usize,
    /// How long a banner may take; `None` for no banners.
    pub banner: Option<Duration>,
}

/// What an attempt found.
#[derive(Debug)]
pub struct Found {
    /// The port's state.
    pub state: PortState,
    /// What the service said, if it was asked for and said anything.
    pub banner: Option<Vec<u8>>,
}

/// What became of each address, in their order.
#[derive(Debug)]
pub struct Scan {
    /// What was found, or why the attempt could not be made.
    pub found: Vec<Result<Found, io::Error>>,
    /// Whether there were not enough descriptors for `parallel` attempts.
    pub fell_short: bool,
}

/// Scans `addresses`: one after another if `parallel` is 1, and else by the
/// pool.
pub fn scan(addresses: &[SocketAddr], how: How) -> Scan {
    let short = AtomicBool::new(false);
    let attempt = |address: &SocketAddr| match probe(*address, how) {
        Err(error) if is_no_descriptor(&error) => {
            short.store(true, Ordering::Relaxed);
            None
        }
        found => Some(found),
    };
    let results = if how.parallel == 1 {
        addresses.iter().map(attempt).collect()
    } else {
        pool::run(addresses, how.parallel, attempt)
    };
    let no_descriptor = || Err(io::Error::other("too many open files"));
    let found = results.into_iter();
    Scan {
        found: found
            .map(|result| result.unwrap_or_else(no_descriptor))
            .collect(),
        fell_short: short.into_inner() && how.parallel > 1,
    }
}

fn probe(address: SocketAddr, how: How) -> Result<Found, io::Error> {
    let outcome = connect(address, how.timeout);
    let Some(state) = state_of(&outcome) else {
        return Err(outcome
            .err()
            .unwrap_or_else(|| io::Error::other("connected, and no state")));
    };
    let banner = match (outcome, how.banner) {
        (Ok(mut stream), Some(limit)) if state == PortState::Open => {
            read_banner(&mut stream, limit)
        }
        _ => None,
    };
    Ok(Found { state, banner })
}

/// Whether the process (EMFILE) or the system (ENFILE) has no descriptor left.
fn is_no_descriptor(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    cfg!(unix) && matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}
