//! `netlings doctor`: what works on this machine, what it is for, and where to
//! get what does not.
//!
//! Nothing but cargo is required: whatever lacks something else is skipped and
//! says so.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anstream::println;
use anstyle::AnsiColor;
use netlings::course::{Course, Trouble};
use netlings::tree::Tree;
use netlings::{cargo, drain, wait};
use serde::Serialize;

use crate::Verdict;
use crate::check::{bold, paint};

/// How long a tool may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// Arguments of `doctor`.
#[derive(clap::Args)]
#[command(
    after_help = "Nothing but cargo is required: what needs the rest is skipped and says so."
)]
pub struct Args {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// A thing that the course can use.
struct Thing {
    name: &'static str,
    /// What needs it.
    needed_for: &'static str,
    /// How to get it: on Debian, on macOS, elsewhere or in general.
    get: Get,
    look: fn() -> Found,
}

/// How to get a thing that is not there.
enum Get {
    /// The names of its packages: Debian's and Homebrew's.
    Package(&'static str, &'static str),
    /// In words.
    Words(&'static str),
}

/// What was found.
enum Found {
    /// It works; its version, or what it is.
    Works(String),
    /// It is there, and does less than it could.
    Limited(String),
    /// It is not there, or does not work.
    Missing(String),
}

use Found::{Limited, Missing, Works};

const THINGS: &[Thing] = &[
    Thing {
        name: "cargo",
        needed_for: "everything",
        get: RUST,
        look: cargo_works,
    },
    Thing {
        name: "rustc",
        needed_for: "everything",
        get: RUST,
        look: rustc_works,
    },
    Thing {
        name: "course",
        needed_for: "everything",
        get: Get::Words("run netlings inside the course's folder"),
        look: course,
    },
    Thing {
        name: "git",
        needed_for: "reset of a whole lab, updates",
        get: Get::Package("git", "git"),
        look: git,
    },
    Thing {
        name: "terminal",
        needed_for: "colours and signs",
        get: Get::Words("text without them says the same"),
        look: terminal,
    },
    Thing {
        name: "browser",
        needed_for: "cargo netlings book",
        get: Get::Package("xdg-utils", ""),
        look: browser,
    },
    Thing {
        name: "IPv4 loopback",
        needed_for: "every check with a socket",
        get: LOOPBACK,
        look: || loopback("127.0.0.1"),
    },
    Thing {
        name: "IPv6 loopback",
        needed_for: "checks of IPv6",
        get: LOOPBACK,
        look: || loopback("::1"),
    },
    Thing {
        name: "socket diagnosis",
        needed_for: "checks that cut a stream exactly between two reads",
        get: Get::Words("elsewhere the same checks run, and cut where the system lets them"),
        look: socket_diagnosis,
    },
    Thing {
        name: "preloaded library",
        needed_for: "checks with system calls that fall short",
        get: Get::Words("these checks are skipped"),
        look: preload,
    },
    Thing {
        name: "user namespaces",
        needed_for: "the kernel as a peer, and the jail of `grade`",
        get: Get::Words("ask whoever runs the machine; until then these checks are skipped"),
        look: namespaces,
    },
    Thing {
        name: "nc",
        needed_for: "the terminals in the book: a peer typed by hand",
        get: Get::Package("netcat-openbsd", ""),
        look: nc,
    },
    Thing {
        name: "curl",
        needed_for: "a client for your HTTP server",
        get: Get::Package("curl", "curl"),
        look: || tool("curl", &["--version"]),
    },
    Thing {
        name: "dig",
        needed_for: "a client for your name server",
        get: Get::Package("bind9-dnsutils", "bind"),
        look: || tool("dig", &["-v"]),
    },
    Thing {
        name: "openssl",
        needed_for: "a peer for your TLS client",
        get: Get::Package("openssl", "openssl"),
        look: || tool("openssl", &["version"]),
    },
    Thing {
        name: "socat",
        needed_for: "a peer for your pipes and proxies",
        get: Get::Package("socat", "socat"),
        look: || tool("socat", &["-V"]),
    },
    Thing {
        name: "tshark",
        needed_for: "a second opinion on your packet reader",
        get: Get::Package("tshark", "wireshark"),
        look: || tool("tshark", &["--version"]),
    },
    Thing {
        name: "ping",
        needed_for: "a peer for your echo replies",
        get: Get::Package("iputils-ping", ""),
        look: || tool("ping", &["-V"]),
    },
    Thing {
        name: "traceroute",
        needed_for: "a comparison for your own",
        get: Get::Package("traceroute", ""),
        look: || tool("traceroute", &["--version"]),
    },
    Thing {
        name: "python3",
        needed_for: "labs in Python: check LAB --exec \"python3 FILE\"",
        get: Get::Package("python3", "python3"),
        look: || tool("python3", &["--version"]),
    },
];

const RUST: Get = Get::Words("https://rust-lang.org/tools/install");
const LOOPBACK: Get = Get::Words("the system has switched it off");

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    version: u32,
    things: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    /// `works`, `limited` or `missing`.
    state: &'static str,
    /// The version, or what is wrong.
    found: String,
    needed_for: &'static str,
    /// How to get it; `null` if it is there.
    get: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Verdict, Trouble> {
    // All at once: the slowest of them is what it takes.
    let lines: Vec<Line> = thread::scope(|scope| {
        let looks: Vec<_> = THINGS
            .iter()
            .map(|thing| (thing, scope.spawn(thing.look)))
            .collect();
        let joined = looks.into_iter().map(|(thing, look)| {
            (
                thing,
                look.join()
                    .unwrap_or_else(|_| Missing("looking for it failed".to_owned())),
            )
        });
        joined.map(|(thing, found)| line(thing, found)).collect()
    });
    let missing = |name: &str| {
        lines
            .iter()
            .any(|line| line.name == name && line.state == "missing")
    };
    let no_cargo = missing("cargo");
    if args.json {
        let document = Document {
            version: 1,
            things: lines,
        };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
    } else {
        print(&lines);
    }
    if no_cargo {
        return Err(Trouble::Ours(
            "without cargo no lab can be built; https://rust-lang.org/tools/install has it"
                .to_owned(),
        ));
    }
    Ok(Verdict::Pass)
}

fn line(thing: &Thing, found: Found) -> Line {
    let (state, found) = match found {
        Works(found) => ("works", found),
        Limited(found) => ("limited", found),
        Missing(found) => ("missing", found),
    };
    let get = match thing.get {
        _ if state == "works" => None,
        Get::Words(words) => Some(words.to_owned()),
        // It is there; what it lacks, the line itself says.
        Get::Package(..) if state == "limited" => None,
        Get::Package(debian, brew) => Some(match (cfg!(target_os = "macos"), brew) {
            (true, "") => "comes with macOS".to_owned(),
            (true, brew) => format!("brew install {brew}"),
            (false, _) => format!("apt install {debian}"),
        }),
    };
    Line {
        name: thing.name,
        state,
        found,
        needed_for: thing.needed_for,
        get,
    }
}

fn print(lines: &[Line]) {
    for line in lines {
        let (sign, colour) = match line.state {
            "works" => ("✔", AnsiColor::Green),
            "limited" => ("◐", AnsiColor::Yellow),
            _ => ("✘", AnsiColor::Red),
        };
        println!(
            "{} {:<7} {}  {}",
            paint(sign, colour),
            line.state,
            bold(&format!("{:<17}", line.name)),
            line.found
        );
        match &line.get {
            Some(get) => println!("          for: {} · {get}", line.needed_for),
            None if line.state == "limited" => println!("          for: {}", line.needed_for),
            None => {}
        }
    }
    let lacking = lines.iter().filter(|line| line.state != "works").count();
    match lacking {
        0 => println!("\nAll of it works. Go on: cargo run"),
        _ => println!(
            "\nOnly cargo is required; what needs the rest says so and is skipped. Go on: cargo run"
        ),
    }
}

/// Runs a program with a bound on its time, and gives its exit and all it
/// printed; an error if it cannot be started or does not end.
fn ask(
    program: impl AsRef<OsStr>,
    args: &[&str],
    set: &[(&str, &str)],
) -> io::Result<(bool, String)> {
    let mut command = Command::new(program);
    command.args(args).envs(set.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut tree = Tree::start(&mut command)?;
    let read = |from: Option<Box<dyn Read + Send>>| {
        thread::spawn(move || {
            let mut octets = Vec::new();
            let _ = from.map(|from| from.take(64 << 10).read_to_end(&mut octets));
            String::from_utf8_lossy(&octets).into_owned()
        })
    };
    let stdout = read(tree.child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = read(tree.child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let ended = wait::until(Instant::now() + PATIENCE, || {
        tree.child.try_wait().ok().flatten()
    });
    tree.end();
    let Some(status) = ended else {
        return Err(io::Error::other(format!(
            "it did not answer within {} s",
            PATIENCE.as_secs()
        )));
    };
    // A process that left the tree may still hold the pipes.
    let done = || (stdout.is_finished() && stderr.is_finished()).then_some(());
    if wait::until(Instant::now() + PATIENCE, done).is_none() {
        return Err(io::Error::other("its output does not end"));
    }
    let text = stdout.join().unwrap_or_default() + &stderr.join().unwrap_or_default();
    Ok((status.success(), text))
}

/// Looks for a tool and asks its version.
fn tool(program: &str, args: &[&str]) -> Found {
    match ask(program, args, &[]) {
        Ok((_, said)) => Works(version(&said)),
        Err(error) => not_started(&error),
    }
}

fn not_started(error: &io::Error) -> Found {
    match error.kind() {
        io::ErrorKind::NotFound => Missing("not in the PATH".to_owned()),
        _ => Missing(error.to_string()),
    }
}

/// The first line with a digit in it, of a bounded length.
fn version(said: &str) -> String {
    let line = said
        .lines()
        .map(str::trim)
        .find(|line| line.contains(|c: char| c.is_ascii_digit()));
    let line: String = line
        .unwrap_or("there")
        .chars()
        .filter(|c| !c.is_control())
        .take(68)
        .collect();
    line.trim_end().to_owned()
}

fn cargo_works() -> Found {
    match ask(cargo::cargo(), &["--version"], &[]) {
        Ok((true, said)) => Works(version(&said)),
        Ok((false, said)) => Missing(version(&said)),
        Err(error) => not_started(&error),
    }
}

fn rustc_works() -> Found {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    let number = |version: &str| -> Vec<u32> {
        version
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect()
    };
    match ask("rustc", &["--version"], &[]) {
        Ok((true, said)) => {
            let there = said
                .split_whitespace()
                .nth(1)
                .map(number)
                .unwrap_or_default();
            if there < number(wanted) {
                return Limited(format!(
                    "{}; the course needs {wanted}: rustup update",
                    version(&said)
                ));
            }
            Works(version(&said))
        }
        Ok((false, said)) => Missing(version(&said)),
        Err(error) => not_started(&error),
    }
}

fn course() -> Found {
    let found = env::current_dir()
        .ok()
        .and_then(|here| Course::find(&here).ok());
    match found {
        Some(course) => Works(format!(
            "{}, labs: {}",
            course.root.display(),
            course.labs().len()
        )),
        None => Missing("none around this folder".to_owned()),
    }
}

fn git() -> Found {
    let found = tool("git", &["--version"]);
    let root = env::current_dir()
        .ok()
        .and_then(|here| Some(Course::find(&here).ok()?.root));
    match (
        &found,
        root.and_then(|root| crate::pristine::without_git(&root)),
    ) {
        (Works(version), Some(why)) => Limited(format!("{version}; {why}")),
        _ => found,
    }
}

fn terminal() -> Found {
    let mut words = Vec::new();
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    words.push(if is_terminal {
        "a terminal".to_owned()
    } else {
        "standard output is no terminal".to_owned()
    });
    if is_terminal && let Some(width) = width() {
        words.push(format!("{width} columns"));
    }
    let colour = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    words.push(if colour { "colours" } else { "no colours" }.to_owned());
    // The first of the three that is set decides.
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    let utf8 = cfg!(windows)
        || set.is_some_and(|set| set.to_lowercase().replace('-', "").contains("utf8"));
    words.push(
        if utf8 {
            "UTF-8"
        } else {
            "no UTF-8 (set LANG=C.UTF-8)"
        }
        .to_owned(),
    );
    let words = words.join(", ");
    if is_terminal && utf8 {
        Works(words)
    } else {
        Limited(words)
    }
}

/// The terminal's width in columns, as `stty` sees it on our standard input.
fn width() -> Option<u16> {
    let stty = Command::new("stty")
        .arg("size")
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .output();
    let said = String::from_utf8(stty.ok()?.stdout).ok()?;
    said.split_whitespace().nth(1)?.parse().ok()
}

fn browser() -> Found {
    let named = env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let opener = match (env::consts::OS, named) {
        ("windows", _) => return Works("the system's own".to_owned()),
        ("macos", _) => "open".into(),
        (_, Some(browser)) => browser,
        (_, None) => "xdg-open".into(),
    };
    let opener = opener.to_string_lossy().into_owned();
    let program = opener.split([' ', ':']).next().unwrap_or_default();
    if in_path(program).is_none() {
        return Missing(format!(
            "{program} is not in the PATH; `cargo netlings book` prints the page's address"
        ));
    }
    let screen = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
        .iter()
        .any(|name| env::var_os(name).is_some());
    if cfg!(target_os = "macos") || screen {
        Works(opener)
    } else {
        Limited(format!(
            "{opener}, and no screen to open it on; the page's address is printed"
        ))
    }
}

/// Where `program` is in the PATH.
pub fn in_path(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// Whether a connection over the loopback carries an octet.
fn loopback(host: &str) -> Found {
    let works = || -> io::Result<()> {
        let (mut ours, mut theirs) = connected(host)?;
        ours.write_all(b"x")?;
        theirs.read_exact(&mut [0])
    };
    match works() {
        Ok(()) => Works(host.to_owned()),
        Err(error) => Missing(format!("{host}: {error}")),
    }
}

fn connected(host: &str) -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((host, 0))?;
    let ours = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let (theirs, _) = listener.accept()?;
    for stream in [&ours, &theirs] {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
    }
    Ok((ours, theirs))
}

/// Whether the kernel tells how much a program has read.
fn socket_diagnosis() -> Found {
    if !cfg!(target_os = "linux") {
        return Limited("this system does not tell how much a program has read".to_owned());
    }
    let reads = || -> io::Result<Option<bool>> {
        let (mut ours, mut theirs) = connected("127.0.0.1")?;
        ours.write_all(b"x")?;
        theirs.read_exact(&mut [0])?;
        Ok(drain::tcp(&ours, 1))
    };
    match reads() {
        Ok(Some(_)) => Works("the kernel tells how much a program has read".to_owned()),
        _ => Limited("the kernel does not answer sock_diag(7)".to_owned()),
    }
}

/// Whether the loader of a program that this toolchain made looks at
/// `LD_PRELOAD`: it then complains about a library that is not there.
fn preload() -> Found {
    if !cfg!(target_os = "linux") {
        return Limited("works on Linux only".to_owned());
    }
    let library = "/no/such/library.so";
    let Ok(netlings) = env::current_exe() else {
        return Limited("netlings cannot find itself".to_owned());
    };
    match ask(netlings, &["--version"], &[("LD_PRELOAD", library)]) {
        Ok((_, said)) if said.contains(library) => {
            Works("the loader takes libraries to preload".to_owned())
        }
        Ok(_) => Limited("the loader takes none: programs are linked statically here".to_owned()),
        Err(error) => Limited(error.to_string()),
    }
}

/// Whether an ordinary user gets a user namespace, and a network in it; and if
/// not, who refused.
fn namespaces() -> Found {
    if !cfg!(target_os = "linux") {
        return Limited("Linux has them".to_owned());
    }
    let unshare = |args: &[&str]| ask("unshare", args, &[]);
    match unshare(&["--user", "--map-root-user", "true"]) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Missing("unshare is not in the PATH (apt install util-linux)".to_owned())
        }
        Err(error) => Missing(format!("unshare: {error}")),
        Ok((false, said)) => Missing(format!(
            "{} ({})",
            refusal(),
            said.lines().next().unwrap_or("unshare says nothing")
        )),
        Ok((true, _)) => match unshare(&["--user", "--map-root-user", "--net", "true"]) {
            Ok((true, _)) => Works("with a network of their own".to_owned()),
            Ok((false, said)) => Limited(format!(
                "without a network: {}",
                said.lines().next().unwrap_or_default()
            )),
            Err(error) => Limited(format!("without a network: {error}")),
        },
    }
}

/// The switch that forbids user namespaces.
fn refusal() -> String {
    let switches = [
        ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
        ("/proc/sys/user/max_user_namespaces", "0"),
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
        ),
    ];
    let set =
        |path: &str| std::fs::read_to_string(Path::new(path)).map(|value| value.trim().to_owned());
    match switches
        .iter()
        .find(|(path, value)| set(path).is_ok_and(|found| found == *value))
    {
        Some((path, value)) => format!("refused: {path} is {value}"),
        None => "refused, perhaps by a container".to_owned(),
    }
}

/// The book's terminals are written for one of the three programs of this name.
fn nc() -> Found {
    match ask("nc", &["-h"], &[]) {
        Ok((_, said))
            if said.contains("OpenBSD")
                || (cfg!(target_os = "macos") && said.contains("usage")) =>
        {
            Works(version(&said))
        }
        Ok((_, said)) if said.contains("Ncat") => Limited(format!(
            "{}, whose options differ from the book's",
            version(&said)
        )),
        Ok((_, said)) => Limited(format!(
            "{}; the book's options are OpenBSD's (apt install netcat-openbsd)",
            version(&said)
        )),
        Err(error) => not_started(&error),
    }
}
