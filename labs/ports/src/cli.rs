//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line. What a step needs:
//!
//! | step | runs |
//! |---|---|
//! | 1 | `classify` |
//! | 2 | `target`: the reading alone; `knock`: one attempt after another |
//! | 3 | `scan --parallel 1` |
//! | 4 | `scan` |
//! | 5 | `scan --banner MS` |
//! | 6 | `list` and `who` |

use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::class::LocalRange;
use crate::error::Error;
use crate::owner::{Owner, Owners, owners};
use crate::port::{class_of, parse_port, selection_of};
use crate::probe::connect;
use crate::socket::Socket;
use crate::state::{PortState, TcpState};
use crate::target::{Target, parse_target};
use crate::text::quote;
use crate::{net, table};

/// The longest line of standard input, in octets, its LF included.
const LINE_LEN_MAX: u64 = 65_536;

/// The longest wait that may be asked for, an hour, in milliseconds.
const MS_MAX: u64 = 3_600_000;

/// What stands for the owner of a socket that no process was seen to have.
const NOBODY_SEEN: &str = "?";

const EXAMPLES: &str = "\
Examples:
  ports classify 22 8080 50000
  ports knock 127.0.0.1:22
  ports scan localhost:1-1024
  ports scan '[::1]:22,80' --banner 500
  ports list
  ports who 7000

Scan machines that are yours, or whose owner said yes.

Exit status: 0 done, 1 failed, 2 misused.";

const HOST_PORTS: &str = "As in localhost:22,80-90 or [::1]:22";

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("ports")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Ports: who listens there, seen from outside and from inside")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("classify")
                .about("Step 1: the class of ports, and how a program gets them")
                .long_about(
                    "Step 1: the class of ports, and how a program gets them.\n\n\
                     Without ports, reads them from standard input, one a line, and answers \
                     each line by one line; \"! \" and a reason where there is no answer.",
                )
                .arg(items_arg("PORTS").help("Ports, as in 8080"))
                .arg(
                    Arg::new("local")
                        .long("local")
                        .value_name("FIRST-LAST")
                        .default_value("32768-60999")
                        .help("The range from which the system chooses"),
                ),
        )
        .subcommand(
            Command::new("target")
                .about("Step 2: how targets are read")
                .long_about(
                    "Step 2: how targets are read.\n\n\
                     Without targets, reads them from standard input, as `classify` does.",
                )
                .arg(items_arg("HOST:PORTS").help(HOST_PORTS)),
        )
        .subcommand(
            Command::new("knock")
                .about("Step 2: connect to one port after another, and say what the system says")
                .arg(target_arg())
                .arg(timeout_arg()),
        )
        .subcommand(
            Command::new("scan")
                .about("Steps 3 to 5: which ports are open, closed and filtered")
                .arg(target_arg())
                .arg(timeout_arg())
                .arg(
                    Arg::new("parallel")
                        .long("parallel")
                        .value_name("N")
                        .value_parser(value_parser!(u16).range(1..=4096))
                        .default_value("100")
                        .help("Step 4: how many attempts may be under way at once"),
                )
                .arg(
                    Arg::new("banner")
                        .long("banner")
                        .value_name("MS")
                        .value_parser(value_parser!(u64).range(1..=MS_MAX))
                        .help("Step 5: how long to listen for a banner, in all, in milliseconds"),
                )
                .arg(
                    Arg::new("open")
                        .long("open")
                        .action(ArgAction::SetTrue)
                        .help("Show the open ports alone"),
                ),
        )
        .subcommand(
            Command::new("list")
                .about("Step 6: the sockets that listen, and the processes that have them")
                .arg(
                    Arg::new("all")
                        .long("all")
                        .action(ArgAction::SetTrue)
                        .help("Also those that are connected, or were"),
                )
                .arg(proc_arg()),
        )
        .subcommand(
            Command::new("who")
                .about("Step 6: who has a port")
                .arg(Arg::new("PORT").required(true).help("The port"))
                .arg(proc_arg()),
        )
}

/// What a subcommand answers; without any, each line of standard input.
fn items_arg(value_name: &'static str) -> Arg {
    Arg::new("items").value_name(value_name).num_args(1..)
}

fn target_arg() -> Arg {
    Arg::new("HOST:PORTS").required(true).help(HOST_PORTS)
}

fn timeout_arg() -> Arg {
    Arg::new("timeout")
        .long("timeout")
        .value_name("MS")
        .value_parser(value_parser!(u64).range(1..=MS_MAX))
        .default_value("1000")
        .help("How long to wait for an answer, in milliseconds")
}

fn proc_arg() -> Arg {
    Arg::new("proc")
        .long("proc")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .default_value("/proc")
        .help("Where the system shows its processes and sockets")
}

/// Runs the program. Exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the answers has seen enough, as `head` does.
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `Ok(false)` means that something was refused, and that this was said.
fn run(matches: &ArgMatches) -> Result<bool, Error> {
    match matches.subcommand() {
        Some(("classify", given)) => {
            let local = local_range(&value::<String>(given, "local"))?;
            answer_all(&items(given), |text| classify_line(text, local))
        }
        Some(("target", given)) => answer_all(&items(given), target_line),
        Some(("knock", given)) => {
            let target = parse_target(&value::<String>(given, "HOST:PORTS"))?;
            let timeout = Duration::from_millis(value(given, "timeout"));
            knock(&target, timeout).map(|()| true)
        }
        Some(("scan", given)) => {
            let target = parse_target(&value::<String>(given, "HOST:PORTS"))?;
            let banner = given.get_one("banner").copied();
            let how = net::How {
                timeout: Duration::from_millis(value(given, "timeout")),
                parallel: usize::from(value::<u16>(given, "parallel")),
                banner: banner.map(Duration::from_millis),
            };
            scan(&target, how, given.get_flag("open")).map(|()| true)
        }
        Some(("list", given)) => {
            let proc: PathBuf = value(given, "proc");
            let all = given.get_flag("all");
            list(&proc, |socket| all || socket.state == TcpState::Listen).map(|_| true)
        }
        Some(("who", given)) => {
            let proc: PathBuf = value(given, "proc");
            let port = parse_port(&value::<String>(given, "PORT"))?;
            if list(&proc, |socket| socket.local.port() == port)? == 0 {
                return Err(Error::Nobody(port));
            }
            Ok(true)
        }
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

/// The value of an argument that is required, or has a default.
fn value<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> T {
    let value = given.get_one(name).cloned();
    value.expect("clap requires it, or has a default")
}

/// The items to answer, none of them if they come from standard input.
fn items(given: &ArgMatches) -> Vec<String> {
    let items = given.get_many("items").unwrap_or_default();
    items.cloned().collect()
}

/// Answers each of `items`; without items, each line of standard input.
fn answer_all(
    items: &[String],
    line: impl Fn(&str) -> Result<String, Error>,
) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    let mut all = true;
    for item in items {
        match line(item) {
            Ok(answer) => writeln!(out, "{answer}")?,
            Err(error) => {
                eprintln!("error: {error}");
                all = false;
            }
        }
    }
    if items.is_empty() {
        let mut input = io::stdin().lock();
        let mut octets = Vec::new();
        while {
            octets.clear();
            let limited = &mut (&mut input).take(LINE_LEN_MAX);
            limited.read_until(b'\n', &mut octets)? > 0
        } {
            let text = String::from_utf8_lossy(&octets);
            let text = text.strip_suffix('\n').unwrap_or(&text);
            match line(text) {
                Ok(answer) => writeln!(out, "{answer}")?,
                Err(error) => {
                    writeln!(out, "! {error}")?;
                    all = false;
                }
            }
        }
    }
    out.flush()?;
    Ok(all)
}

/// Reads FIRST-LAST.
fn local_range(text: &str) -> Result<LocalRange, Error> {
    let Some((first, last)) = text.split_once('-') else {
        return Err(Error::NoNumber(text.to_owned()));
    };
    let (first, last) = (parse_port(first)?, parse_port(last)?);
    if first > last {
        return Err(Error::Backwards(first, last));
    }
    Ok(LocalRange { first, last })
}

fn classify_line(text: &str, local: LocalRange) -> Result<String, Error> {
    let port = parse_port(text)?;
    let (class, selection) = (class_of(port), selection_of(port, local));
    Ok(format!("{port}  {class}  {selection}"))
}

/// The host, how many ports, and which, neighbours as a range.
fn target_line(text: &str) -> Result<String, Error> {
    let target = parse_target(text)?;
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for &port in &target.ports {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(port) => *last = port,
            _ => ranges.push((port, port)),
        }
    }
    let ranges: Vec<String> = ranges
        .iter()
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    Ok(format!(
        "{}  {}  {}",
        target.host,
        target.ports.len(),
        ranges.join(",")
    ))
}

fn knock(target: &Target, timeout: Duration) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    for address in net::addresses(target)? {
        match connect(address, timeout) {
            Ok(_) => writeln!(out, "{address}  connected")?,
            Err(error) => writeln!(out, "{address}  no: {error}")?,
        }
        out.flush()?;
    }
    Ok(())
}

fn scan(target: &Target, how: net::How, open: bool) -> Result<(), Error> {
    let addresses = net::addresses(target)?;
    let scan = net::scan(&addresses, how);
    let mut out = io::stdout().lock();
    let mut counts = [0; 3];
    let mut untried = 0;
    let mut first_error = None;
    for (address, found) in addresses.iter().zip(scan.found) {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                untried += 1;
                first_error.get_or_insert(error);
                continue;
            }
        };
        let [is_open, is_closed, is_filtered] = &mut counts;
        *match found.state {
            PortState::Open => is_open,
            PortState::Closed => is_closed,
            PortState::Filtered => is_filtered,
        } += 1;
        if open && found.state != PortState::Open {
            continue;
        }
        write!(out, "{address}  {}", found.state)?;
        if found.state == PortState::Open && how.banner.is_some() {
            let banner = found.banner.map(|banner| quote(&banner));
            write!(out, "  {}", banner.as_deref().unwrap_or("no banner"))?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    let [is_open, is_closed, is_filtered] = counts;
    if scan.fell_short {
        eprintln!("note: too many open files for so many attempts at once, fewer were made");
    }
    eprintln!("{is_open} open, {is_closed} closed, {is_filtered} filtered");
    match first_error {
        Some(error) => Err(Error::Untried(untried, error)),
        None => Ok(()),
    }
}

/// Prints the sockets that are `shown`, with who has them, and gives how many.
fn list(proc: &Path, shown: impl Fn(&Socket) -> bool) -> Result<usize, Error> {
    let table = table::read(proc)?;
    let Owners { by_inode, hidden } =
        owners(proc).map_err(|error| Error::Table(proc.to_owned(), error))?;
    let rows: Vec<[String; 4]> = table
        .sockets
        .iter()
        .filter(|socket| shown(socket))
        .map(|socket| {
            let remote = match socket.remote.port() {
                0 => "-".to_owned(),
                _ => socket.remote.to_string(),
            };
            // Inode 0 is no socket of a process.
            let owners = by_inode.get(&socket.inode).filter(|_| socket.inode != 0);
            [
                socket.state.to_string(),
                socket.local.to_string(),
                remote,
                owners.map_or_else(|| NOBODY_SEEN.to_owned(), |owners| owner_text(owners)),
            ]
        })
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(String::len).max().unwrap_or(0)
    };
    let (states, locals, remotes) = (width(0), width(1), width(2));
    let unknown = rows.iter().any(|[.., owners]| owners == NOBODY_SEEN);
    let mut out = io::stdout().lock();
    for [state, local, remote, owners] in &rows {
        writeln!(
            out,
            "{state:<states$}  {local:<locals$}  {remote:<remotes$}  {owners}"
        )?;
    }
    out.flush()?;
    if unknown && hidden > 0 {
        eprintln!("note: {hidden} processes may not be looked into, ask as root for their sockets");
    }
    for why in &table.left_out {
        eprintln!("error: {why}");
    }
    match table.left_out.len() {
        0 => Ok(rows.len()),
        count => Err(Error::LinesLeftOut(count)),
    }
}

/// The descriptors of a socket: `"nc" pid 4711 fd 3`, with commas between.
fn owner_text(owners: &[Owner]) -> String {
    let texts: Vec<String> = owners
        .iter()
        .map(|owner| format!("{} pid {} fd {}", quote(&owner.name), owner.pid, owner.fd))
        .collect();
    texts.join(", ")
}
