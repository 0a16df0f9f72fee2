//! The book's terminals, run. A fence ```` ```console ```` holds commands,
//! lines that begin with `$ `, and under each the exact output: standard
//! output, then standard error. The commands of a section (`#` or `##`) run in
//! one temporary folder, one after another, with the reference in place of
//! `cargo run -q -p lab-NAME --`. A fence ```` ```console,background ```` holds
//! one command that is started and left alone; its output is compared at the end of
//! the section. Ports 7000 to 7099 stand for free ones. The commands of a fence
//! ```` ```console,network ```` run on the laptop of the book's network, each in a
//! new one that `network.sh` makes. A fence ```` ```python,NAME.py ```` is a file of
//! that name in the folder of its section.
//!
//! A section that needs a tool or an address family which is not here is
//! skipped, and says so. `NETLINGS_RECORD=1` writes what came into the chapter.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use netlings::cargo::{self, Build};
use netlings::wait;
use rustix::process::{Pid, Signal, kill_process_group};

use super::super::has_solutions;
use super::{Page, pages, read, report, root};

/// How long a command may take on a machine that is busy with much else.
pub const COMMAND: Duration = Duration::from_secs(300);
/// How long a background command may go on after its section.
const AFTER: Duration = Duration::from_secs(100);
/// How long a background command that said what it should is watched for more.
const QUIET: Duration = Duration::from_millis(200);
/// What makes the book's network, from the course's root.
const NETWORK: &str = "tests/suite/book/network.sh";
/// What begins a command of the lab.
const CARGO_RUN: &str = "cargo run -q -p lab-";
/// Tools that a reader may lack: a section with one of these is skipped where
/// it is missing. Any other unknown command is a fault of the chapter.
const TOOLS: [&str; 24] = [
    "nc",
    "xxd",
    "dig",
    "ip",
    "ss",
    "python3",
    "curl",
    "openssl",
    "socat",
    "lsof",
    "tshark",
    "tcpdump",
    "ping",
    "traceroute",
    "hexdump",
    "od",
    "base64",
    "iconv",
    "sha256sum",
    "timeout",
    "getent",
    "strace",
    "ifconfig",
    "netstat",
];
/// Of the programs that have one of these names, the one that the book speaks
/// to: the name, an argument, a word of what it prints then, and who is meant.
const MEANT: [(&str, &str, &str, &str); 3] = [
    ("nc", "-h", "OpenBSD", "nc of OpenBSD"),
    ("ping", "-V", "iputils", "ping of iputils"),
    (
        "traceroute",
        "-V",
        "Modern traceroute",
        "traceroute of Debian",
    ),
];

/// A command, and what the book says it prints.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    /// The line of the command in the page.
    line: usize,
    /// The command as it is written, `$ ` left off; more than one line if
    /// lines end in a backslash.
    command: String,
    expected: Vec<String>,
}

/// A fence of commands: the lines between its marks.
#[derive(Debug, Default)]
struct Block {
    /// The first line after the opening mark, counted from one.
    line: usize,
    /// How many lines stand between the marks.
    count: usize,
    background: bool,
    /// Whether the commands run on the laptop of the book's network.
    network: bool,
    entries: Vec<Entry>,
    /// A file of this name and text, in place of commands.
    file: Option<(String, String)>,
}

/// The blocks of a page, by section, and what is wrong with their form.
fn blocks(page: &Page) -> (Vec<Vec<Block>>, Vec<String>) {
    let mut sections: Vec<Vec<Block>> = vec![Vec::new()];
    let mut faults = Vec::new();
    let mut lines = (1..).zip(page.text.lines());
    while let Some((line, text)) = lines.next() {
        if text.starts_with("# ") || text.starts_with("## ") {
            sections.push(Vec::new());
        }
        let Some(info) = text.strip_prefix("```") else {
            if text.contains("```console") {
                faults.push(format!(
                    "{}:{line}: a console block stands at the left margin",
                    page.shown
                ));
            }
            continue;
        };
        let inside: Vec<&str> = lines
            .by_ref()
            .map(|(_, text)| text)
            .take_while(|text| *text != "```")
            .collect();
        if let Some(name) = info.strip_prefix("python,") {
            let file = Some((name.to_owned(), inside.join("\n") + "\n"));
            let block = Block {
                line: line + 1,
                count: inside.len(),
                file,
                ..Block::default()
            };
            if !name.ends_with(".py") || name.contains(['/', ' ']) {
                faults.push(format!(
                    "{}:{line}: a file of Python is named `NAME.py`",
                    page.shown
                ));
            } else if let Some(section) = sections.last_mut() {
                section.push(block);
            }
            continue;
        }
        let (background, network) = match info {
            "console" => (false, false),
            "console,background" => (true, false),
            "console,network" => (false, true),
            _ if info.starts_with("console") => {
                faults.push(format!(
                    "{}:{line}: `console`, `console,background` or `console,network`",
                    page.shown
                ));
                continue;
            }
            _ => continue,
        };
        let block = Block {
            line: line + 1,
            count: inside.len(),
            background,
            network,
            entries: entries(&inside, line + 1),
            file: None,
        };
        if !inside.first().is_some_and(|first| first.starts_with("$ ")) {
            faults.push(format!(
                "{}:{line}: a console block begins with `$ `",
                page.shown
            ));
        } else if background && block.entries.len() != 1 {
            faults.push(format!(
                "{}:{line}: a background block has one command",
                page.shown
            ));
        } else if let Some(section) = sections.last_mut() {
            section.push(block);
        }
    }
    (sections, faults)
}

fn entries(inside: &[&str], line: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (line, text) in (line..).zip(inside) {
        if let Some(command) = text.strip_prefix("$ ") {
            entries.push(Entry {
                line,
                command: command.to_owned(),
                expected: Vec::new(),
            });
        } else if let Some(entry) = entries.last_mut() {
            if entry.expected.is_empty() && entry.command.ends_with('\\') {
                entry.command.push('\n');
                entry.command.push_str(text);
            } else {
                entry.expected.push((*text).to_owned());
            }
        }
    }
    entries
}

// ---------------------------------------------------------------- what a command needs

/// What this machine lacks for these commands, if anything.
fn lacks(blocks: &[Block]) -> Option<String> {
    let commands = || {
        blocks
            .iter()
            .flat_map(|block| &block.entries)
            .map(|entry| entry.command.as_str())
    };
    let separators = |c: char| c.is_whitespace() || "|;&()$`\"'".contains(c);
    let missing = commands()
        .flat_map(|command| command.split(separators))
        .find(|word| TOOLS.contains(word) && !is_here(word));
    if let Some(tool) = missing {
        let meant = MEANT.iter().find(|(name, ..)| *name == tool);
        let what = meant.map_or(tool, |(.., who)| who);
        return Some(format!("{what} is not here"));
    }
    if blocks.iter().any(|block| block.network) && !namespaces_are_here() {
        return Some("network namespaces without root are not here".to_owned());
    }
    let v6 = commands().any(|command| command.contains("::1"));
    (v6 && TcpListener::bind("[::1]:0").is_err()).then(|| "IPv6 is not here".to_owned())
}

fn is_here(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    let fits = |argument: &str, word: &str| {
        let told = Command::new(tool)
            .arg(argument)
            .stdin(Stdio::null())
            .output();
        told.is_ok_and(|told| {
            let told = [told.stdout, told.stderr].concat();
            String::from_utf8_lossy(&told).contains(word)
        })
    };
    let meant = MEANT.iter().find(|(name, ..)| *name == tool);
    found && meant.is_none_or(|(_, argument, word, _)| fits(argument, word))
}

/// Whether the book's network can be made on this machine.
fn namespaces_are_here() -> bool {
    let tried = Command::new("unshare")
        .args([
            "-rn",
            "sh",
            "-c",
            "ip link set lo up && nsenter -t $$ -n true",
        ])
        .stdin(Stdio::null())
        .output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// The reference for a lab, built once.
pub fn solution(lab: &str) -> Result<PathBuf, String> {
    static BUILT: Mutex<BTreeMap<String, Result<PathBuf, String>>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT
        .lock()
        .map_err(|_| "another build panicked".to_owned())?;
    let build = || match cargo::build(&root(), &[&format!("solution-{lab}")], false) {
        Build::Built(programs) => programs
            .into_iter()
            .next()
            .ok_or("no program was built".to_owned()),
        Build::Broken(said) | Build::Manifest(said) | Build::Trouble(said) => Err(said),
    };
    built.entry(lab.to_owned()).or_insert_with(build).clone()
}

// ---------------------------------------------------------------- ports

/// A port that is free now and that no other suite on this machine has taken, of
/// four digits so that columns stay aligned, and below those that systems hand
/// out themselves.
fn free_port() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static START: OnceLock<u16> = OnceLock::new();
    let start = *START.get_or_init(|| u16::try_from(std::process::id() % 2800).unwrap_or(0));
    loop {
        let port = 4100 + (start + NEXT.fetch_add(1, Ordering::Relaxed) % 2800) % 2800;
        let is_free = taken_by_us(port)
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
            && UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if is_free {
            return port.to_string();
        }
    }
}

/// Takes a port for this process, which keeps it until it ends: a file that is
/// locked. Where files cannot be locked, nobody is asked.
fn taken_by_us(port: u16) -> bool {
    static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let folder = std::env::temp_dir().join("netlings-ports");
    let file =
        fs::create_dir_all(&folder).and_then(|()| File::create(folder.join(port.to_string())));
    let Ok(file) = file else {
        return true;
    };
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return false;
    }
    TAKEN.lock().is_ok_and(|mut taken| {
        taken.push(file);
        true
    })
}

/// The numbers of four digits in a text that stand alone, as a port does:
/// no digit, letter or point before them and no digit or letter after.
fn numbers(text: &str) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let joins = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while digit(at) {
            at += 1;
        }
        let before = start.checked_sub(1);
        let alone = !joins(at)
            && !before.is_some_and(|before| joins(before) || bytes.get(before) == Some(&b'.'));
        if at == start + 4 && alone {
            found.extend(text.get(start..at).map(|number| (start, number)));
        }
        at = at.max(start + 1);
    }
    found
}

/// `text` with each port that `map` knows replaced.
fn mapped(text: &str, map: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, number) in numbers(text) {
        if let Some(to) = map.get(number) {
            out.push_str(text.get(done..at).unwrap_or_default());
            out.push_str(to);
            done = at + number.len();
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

// ---------------------------------------------------------------- running

/// Gives the program that stands for a lab's, by the lab's name.
pub type Program = dyn Fn(&str) -> Result<PathBuf, String> + Sync;

/// What the commands of one section share.
struct Stage<'a> {
    /// Where they run, and where their output goes.
    folder: tempfile::TempDir,
    outputs: tempfile::TempDir,
    /// The book's ports to free ones, and back.
    ports: BTreeMap<String, String>,
    back: BTreeMap<String, String>,
    program: &'a Program,
    /// How long a command may take.
    limit: Duration,
    started: usize,
}

/// A command under way.
struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    ports: Vec<String>,
}

impl Drop for Running {
    /// Ends the command and whatever it started.
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Running {
    fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until the command has ended; `false` if it has not in time.
    fn ends_within(&mut self, limit: Duration) -> bool {
        wait::until(Instant::now() + limit, || self.ended().then_some(())).is_some()
    }
}

impl<'a> Stage<'a> {
    fn new(program: &'a Program, limit: Duration) -> Stage<'a> {
        let folder = || tempfile::tempdir().expect("a temporary folder can be made");
        let (ports, back) = (BTreeMap::new(), BTreeMap::new());
        Stage {
            folder: folder(),
            outputs: folder(),
            ports,
            back,
            program,
            limit,
            started: 0,
        }
    }

    /// The command as it is run here, and the ports in it.
    fn translate(&mut self, command: &str) -> Result<(String, Vec<String>), String> {
        for (_, number) in numbers(command)
            .into_iter()
            .filter(|(_, number)| number.starts_with("70"))
        {
            if !self.ports.contains_key(number) {
                let free = free_port();
                self.back.insert(free.clone(), number.to_owned());
                self.ports.insert(number.to_owned(), free);
            }
        }
        let mut rest = mapped(command, &self.ports);
        let ports = self
            .back
            .keys()
            .filter(|port| numbers(&rest).iter().any(|(_, n)| n == port))
            .cloned()
            .collect();
        let mut out = String::new();
        while let Some((before, after)) = rest.split_once(CARGO_RUN) {
            let (name, after) = after
                .split_once(" -- ")
                .or_else(|| Some((after.strip_suffix(" --")?, "")))
                .ok_or("`--` after the lab's name is missing")?;
            let program = (self.program)(name)?;
            out.push_str(&format!("{before}'{}' ", program.display()));
            rest = after.to_owned();
        }
        out.push_str(&rest);
        if out.contains("cargo ") {
            return Err("of cargo's commands, a console block has `cargo run -q -p lab-NAME -- ...` alone; others stand in a text block".to_owned());
        }
        Ok((out, ports))
    }

    fn start(&mut self, command: &str, network: bool, stdin: Stdio) -> Result<Running, String> {
        let (command, ports) = self.translate(command)?;
        self.started += 1;
        let stdout = self.outputs.path().join(format!("{}.out", self.started));
        let stderr = self.outputs.path().join(format!("{}.err", self.started));
        let create = |path: &Path| {
            File::create(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut shell = if network {
            let mut shell = Command::new("unshare");
            shell.args(["-rn", "sh"]).arg(root().join(NETWORK));
            shell.arg("sh");
            shell
        } else {
            Command::new("sh")
        };
        let child = shell
            .args(["-c", &command])
            .current_dir(self.folder.path())
            .envs([
                ("LC_ALL", "C"),
                ("TZ", "UTC"),
                ("NO_COLOR", "1"),
                ("COLUMNS", "100"),
                ("RUST_BACKTRACE", "0"),
            ])
            .stdin(stdin)
            .stdout(create(&stdout)?)
            .stderr(create(&stderr)?)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        Ok(Running {
            child,
            stdout,
            stderr,
            ports,
        })
    }

    /// What a command has printed so far, as the book would show it.
    fn output(&self, running: &Running) -> Vec<String> {
        let mut text = String::new();
        for path in [&running.stdout, &running.stderr] {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&String::from_utf8_lossy(
                &fs::read(path).unwrap_or_default(),
            ));
        }
        let text = mapped(&text.replace("solution-", "lab-"), &self.back);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        if text.is_empty() {
            Vec::new()
        } else {
            text.split('\n').map(str::to_owned).collect()
        }
    }

    fn run(&mut self, entry: &Entry, network: bool) -> Result<Vec<String>, String> {
        let mut running = self.start(&entry.command, network, Stdio::null())?;
        let ended = running.ends_within(self.limit);
        let output = self.output(&running);
        if ended {
            Ok(output)
        } else {
            Err(format!(
                "not done after {:?}; so far it printed {output:?}",
                self.limit
            ))
        }
    }

    /// Starts a background command, and waits until it can be talked to: it
    /// has said that it listens, or one of its ports is in use, or it ended. One
    /// that calls another of the section can when it has heard something, and
    /// then all of them have waited for a moment, and nothing more came.
    fn run_beside(&mut self, entry: &Entry, others: &mut [Running]) -> Result<Running, String> {
        let (command, ports) = self.translate(&entry.command)?;
        let says_so = entry
            .expected
            .first()
            .is_some_and(|first| first.starts_with("listening on "));
        let listens = says_so || command.contains("--listen") || command.contains("nc -l");
        let mut calls = false;
        for other in others
            .iter_mut()
            .filter(|other| other.ports.iter().any(|port| ports.contains(port)))
        {
            calls |= !(listens || other.ended());
            if listens {
                other.ends_within(self.limit);
            }
        }
        // In front of a keyboard at which nobody types, as in a reader's second
        // terminal: standard input is open, and silent.
        let mut running = self.start(&entry.command, false, Stdio::piped())?;
        let start = Instant::now();
        let (mut heard, mut since) = (Vec::new(), start);
        let groups: Vec<u32> = others.iter().map(|other| other.child.id()).collect();
        let groups = [groups, vec![running.child.id()]].concat();
        wait::until(start + self.limit, || {
            let output = self.output(&running);
            if output != heard || (calls && !at_rest(&groups)) {
                (heard, since) = (output, Instant::now());
            }
            let ready = if says_so {
                heard
                    .first()
                    .is_some_and(|first| first.starts_with("listening on "))
            } else if calls {
                (entry.expected.is_empty() || !heard.is_empty()) && since.elapsed() > QUIET
            } else if cfg!(target_os = "linux") {
                running.ports.is_empty() || in_use(&running.ports)
            } else {
                // No way to ask without taking the port for a moment.
                start.elapsed() > Duration::from_millis(500)
            };
            (ready || running.ended()).then_some(())
        });
        Ok(running)
    }

    /// What a background command printed by the end of its section. One that
    /// has said what it should and stays is ended, as with Ctrl-C.
    fn finish(&self, running: &mut Running, expected: &[String]) -> Vec<String> {
        let mut right_since = None;
        let over = wait::until(Instant::now() + self.limit.min(AFTER), || {
            let ended = running.ended();
            let output = self.output(running);
            let right = output == expected;
            let since = *right_since.get_or_insert_with(Instant::now);
            if !right {
                right_since = None;
            }
            (ended || (right && since.elapsed() > QUIET)).then_some(output)
        });
        over.unwrap_or_else(|| self.output(running))
    }
}

/// Whether no thread of these process groups computes: each waits for somebody.
/// On a busy machine silence alone says little, since who has something to say
/// may wait for a processor.
fn at_rest(groups: &[u32]) -> bool {
    // proc_pid_stat(5): behind the name in parentheses stand the state, the
    // parent and the process group.
    let fields = |folder: PathBuf| {
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let state = fields.next()?.to_owned();
        Some((state, fields.nth(1)?.parse::<u32>().ok()?))
    };
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries(Path::new("/proc"))
        .map(|process| process.path())
        .filter(|process| {
            fields(process.clone()).is_some_and(|(_, group)| groups.contains(&group))
        });
    ours.flat_map(|process| entries(&process.join("task")))
        .filter_map(|thread| fields(thread.path()))
        .all(|(state, _)| matches!(state.as_str(), "S" | "Z"))
}

/// Whether one of the ports has a listener, a bound datagram socket or a
/// connection, by the kernel's tables.
fn in_use(ports: &[String]) -> bool {
    let wanted: Vec<String> = ports
        .iter()
        .filter_map(|port| Some(format!(":{:04X}", port.parse::<u16>().ok()?)))
        .collect();
    ["tcp", "tcp6", "udp", "udp6"].into_iter().any(|table| {
        let text = fs::read_to_string(Path::new("/proc/net").join(table)).unwrap_or_default();
        text.lines().skip(1).any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let (local, remote, state) = (fields.next(), fields.next(), fields.next());
            let ours = |end: Option<&str>| {
                end.is_some_and(|end| wanted.iter().any(|port| end.ends_with(port.as_str())))
            };
            // 01 established, 07 a datagram socket, 0A listening.
            matches!(state, Some("01" | "07" | "0A")) && (ours(local) || ours(remote))
        })
    })
}

// ---------------------------------------------------------------- comparing, recording

/// What a section gave: its faults, and the output of each entry by its line.
fn run_section(
    page: &Page,
    blocks: &[Block],
    program: &Program,
    limit: Duration,
) -> (Vec<String>, BTreeMap<usize, Vec<String>>) {
    let mut stage = Stage::new(program, limit);
    let mut faults = Vec::new();
    let mut outputs = BTreeMap::new();
    let mut beside: Vec<(&Entry, usize)> = Vec::new();
    let mut running: Vec<Running> = Vec::new();
    let mut fault = |entry: &Entry, what: &str| {
        faults.push(format!(
            "{}:{}: $ {}\n{what}",
            page.shown, entry.line, entry.command
        ))
    };
    for block in blocks {
        if let Some((name, text)) = &block.file {
            fs::write(stage.folder.path().join(name), text).expect("a file can be written");
        }
        for entry in &block.entries {
            if block.background {
                match stage.run_beside(entry, &mut running) {
                    Ok(started) => {
                        beside.push((entry, running.len()));
                        running.push(started);
                    }
                    Err(what) => fault(entry, &what),
                }
            } else {
                match stage.run(entry, block.network) {
                    Ok(output) => drop(outputs.insert(entry.line, output)),
                    Err(what) => fault(entry, &what),
                }
            }
        }
    }
    for (entry, index) in beside {
        if let Some(running) = running.get_mut(index) {
            outputs.insert(entry.line, stage.finish(running, &entry.expected));
        }
    }
    for entry in blocks.iter().flat_map(|block| &block.entries) {
        let Some(output) = outputs.get_mut(&entry.line) else {
            continue;
        };
        if comparable(output) != comparable(&entry.expected) {
            fault(entry, &difference(&entry.expected, output));
        } else {
            // What differs and is equal nevertheless is not recorded anew.
            output.clone_from(&entry.expected);
        }
    }
    (faults, outputs)
}

/// Output as it is compared: the numbers of system errors are Linux's in the
/// book, and others elsewhere; no two runs take equally many milliseconds; and
/// no reader sees the blanks at the end of a line.
fn comparable(lines: &[String]) -> Vec<String> {
    let number = |line: &String| match line.split_once("(os error ") {
        Some((before, after)) if cfg!(not(target_os = "linux")) => {
            format!(
                "{before}(os error{}",
                after.trim_start_matches(|c: char| c.is_ascii_digit())
            )
        }
        _ => line.clone(),
    };
    lines
        .iter()
        .map(number)
        .map(|line| timeless(line.trim_end()))
        .collect()
}

/// The line with `#` for each number of milliseconds: those before `ms`, and
/// those that slashes join to it; and without what ping adds where an answer took
/// longer than the pause between two questions.
fn timeless(line: &str) -> String {
    let line = match line.rsplit_once(", pipe ") {
        Some((before, count)) if count.parse::<u32>().is_ok() => before,
        _ => line,
    };
    let mut parts = line.split("ms").peekable();
    let mut out = String::with_capacity(line.len());
    while let Some(part) = parts.next() {
        let number = |c: char| c.is_ascii_digit() || c == '.' || c == '/';
        let kept = part.trim_end_matches(' ').trim_end_matches(number);
        let took = part.get(kept.len()..).unwrap_or_default();
        if parts.peek().is_none() {
            out.push_str(part);
        } else if took.starts_with(|c: char| c.is_ascii_digit()) {
            out.push_str(&format!("{kept}#ms"));
        } else {
            out.push_str(&format!("{part}ms"));
        }
    }
    out
}

/// The two outputs line by line: `-` in the book, `+` what came.
fn difference(book: &[String], came: &[String]) -> String {
    let same = book
        .iter()
        .zip(came)
        .take_while(|(book, came)| book == came)
        .count();
    let (book_rest, came_rest) = (
        book.get(same..).unwrap_or_default(),
        came.get(same..).unwrap_or_default(),
    );
    let tail = book_rest
        .iter()
        .rev()
        .zip(came_rest.iter().rev())
        .take_while(|(book, came)| book == came)
        .count();
    let shown = |sign: char, lines: &[String]| -> Vec<String> {
        lines
            .iter()
            .map(|line| format!("  {sign} {}", line.escape_debug()))
            .collect()
    };
    let mut lines = shown(' ', book.get(..same).unwrap_or_default());
    lines.extend(shown(
        '-',
        book_rest.get(..book_rest.len() - tail).unwrap_or_default(),
    ));
    lines.extend(shown(
        '+',
        came_rest.get(..came_rest.len() - tail).unwrap_or_default(),
    ));
    lines.extend(shown(
        ' ',
        book_rest.get(book_rest.len() - tail..).unwrap_or_default(),
    ));
    lines.join("\n")
}

/// The page with these outputs in place of the old ones.
fn recorded(text: &str, blocks: &[Block], outputs: &BTreeMap<usize, Vec<String>>) -> String {
    if blocks.is_empty() {
        return text.to_owned();
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for block in blocks.iter().rev().filter(|block| block.file.is_none()) {
        let mut fresh = Vec::new();
        for entry in &block.entries {
            fresh.extend(
                format!("$ {}", entry.command)
                    .split('\n')
                    .map(str::to_owned),
            );
            fresh.extend(
                outputs
                    .get(&entry.line)
                    .unwrap_or(&entry.expected)
                    .iter()
                    .cloned(),
            );
        }
        lines.splice(block.line - 1..block.line - 1 + block.count, fresh);
    }
    lines.join("\n") + "\n"
}

/// Runs the terminals of a page. Gives its faults, the skips, and its text as
/// it would be recorded.
pub fn run_page(
    page: &Page,
    program: &Program,
    limit: Duration,
) -> (Vec<String>, Vec<String>, String) {
    let (sections, mut faults) = blocks(page);
    let mut skips = Vec::new();
    let mut outputs = BTreeMap::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        if let Some(reason) = lacks(section) {
            let line = section.first().map_or(1, |block| block.line);
            skips.push(format!(
                "{}:{line}: the section is skipped: {reason}",
                page.shown
            ));
            continue;
        }
        let (new, came) = run_section(page, section, program, limit);
        faults.extend(new);
        outputs.extend(came);
    }
    let all: Vec<Block> = sections.into_iter().flatten().collect();
    (faults, skips, recorded(&page.text, &all, &outputs))
}

/// Every command that the book shows prints what the book says.
#[test]
fn every_terminal_of_the_book_was_seen() {
    if !has_solutions() {
        return;
    }
    let record = std::env::var_os("NETLINGS_RECORD").is_some_and(|value| value == "1");
    let pages = pages(&root());
    let mut faults = Vec::new();
    // Other tests build too, and one build waits for the other. What a section has
    // started does not wait so long for what comes next.
    for lab in netlings::checks::LABS {
        if let Err(what) = solution(lab.lab) {
            panic!("the reference of {} does not build:\n{what}", lab.lab);
        }
    }
    // Chapters wait more than they work: side by side they wait once.
    let seen: Vec<_> = thread::scope(|scope| {
        let run = |page| scope.spawn(move || run_page(page, &solution, COMMAND));
        let running: Vec<_> = pages.iter().map(run).collect();
        running.into_iter().map(|page| page.join()).collect()
    });
    for (page, seen) in pages.iter().zip(seen) {
        let (new, skips, text) = seen.expect("a page's thread does not panic");
        for skip in skips {
            println!("{skip}");
        }
        if record && text != read(&page.path) {
            fs::write(&page.path, text).expect("the chapter can be written");
            println!("{}: recorded", page.shown);
        } else {
            faults.extend(new);
        }
    }
    report(&faults);
}

// ---------------------------------------------------------------- terminals that are wrong

/// Terminals that lie, hang or ask for what is not here.
mod broken {
    use super::*;

    fn page(text: &str) -> Page {
        Page {
            path: PathBuf::from("a.md"),
            shown: "a.md".to_owned(),
            text: text.to_owned(),
        }
    }

    fn run(text: &str) -> (Vec<String>, Vec<String>, String) {
        run_within(text, COMMAND)
    }

    fn run_within(text: &str, limit: Duration) -> (Vec<String>, Vec<String>, String) {
        let page = page(text);
        let program = |lab: &str| {
            if lab == "x" {
                Ok(PathBuf::from("/bin/echo"))
            } else {
                Err(format!("no {lab}"))
            }
        };
        run_page(&page, &program, limit)
    }

    #[test]
    fn an_output_that_differs_is_told_with_its_place_and_recorded() {
        let text =
            "# A\n\n```console\n$ echo one; echo two >&2\ntwo\n$ printf 'a\\n\\nb'\na\n\nb\n```\n";
        let (faults, skips, recorded) = run(text);
        assert_eq!(
            faults,
            ["a.md:4: $ echo one; echo two >&2\n  + one\n    two"]
        );
        assert_eq!(skips, Vec::<String>::new());
        assert_eq!(recorded, text.replace("\ntwo\n", "\none\ntwo\n"));
        assert_eq!(run(&recorded).0, Vec::<String>::new());
    }

    #[test]
    fn the_lab_is_replaced_and_another_cargo_command_is_refused() {
        let (faults, ..) = run(
            "```console\n$ cargo run -q -p lab-x -- a 'b  c' | cat\na b  c\n$ cargo run -q -p lab-y -- a\n$ cargo test\n```\n",
        );
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(
            faults.iter().any(|fault| fault.ends_with("no y")),
            "{faults:#?}"
        );
        assert!(
            faults.iter().any(|fault| fault.contains("text block")),
            "{faults:#?}"
        );
    }

    #[test]
    fn ports_are_free_ones_inside_and_the_books_outside() {
        let (faults, ..) = run(
            "```console\n$ echo 127.0.0.1:7000 x7000 0.7000 7000x 17000 7099. | sed 's/^/|/'\n|127.0.0.1:7000 x7000 0.7000 7000x 17000 7099.\n```\n",
        );
        assert_eq!(faults, Vec::<String>::new());
        let mut stage = Stage::new(&|_| Err(String::new()), COMMAND);
        let (command, ports) = stage
            .translate("nc 127.0.0.1 7000 7001")
            .expect("translated");
        assert!(!command.contains(" 7000 ") && ports.len() == 2, "{command}");
    }

    #[test]
    fn milliseconds_may_differ_and_other_numbers_may_not() {
        for (line, timeless_line) in [
            ("time=0.305 ms, 3 items", "time=#ms, 3 items"),
            ("rtt = 0.1/0.25/0.305/0.000 ms", "rtt = #ms"),
            ("rtt = 0.1/0.25/0.305/0.000 ms, pipe 2", "rtt = #ms"),
            ("a smoke, pipe two", "a smoke, pipe two"),
            ("loss, time 1022ms", "loss, time #ms"),
            (" 1  10.0.0.1  0.654 ms  0.1 ms", " 1  10.0.0.1  #ms  #ms"),
            ("items of alarms 4.5", "items of alarms 4.5"),
            ("12 items", "12 items"),
        ] {
            assert_eq!(timeless(line), timeless_line);
        }
        let text = "# A\n\n```console\n$ echo 7.5 ms\n8 ms\n```\n";
        let (faults, _, recorded) = run(text);
        assert_eq!((faults, recorded), (Vec::new(), text.to_owned()));
    }

    #[test]
    fn a_file_of_python_lies_in_the_folder_of_its_section_and_in_no_other() {
        let text = "# A\n\n```python,a.py\nprint(1)\n```\n\n```console\n$ cat a.py\nprint(1)\n```\n\n# B\n\n```console\n$ ls\nOUT\n```\n";
        let (faults, _, recorded) = run(text);
        assert_eq!(faults, ["a.md:15: $ ls\n  - OUT"]);
        assert_eq!(recorded, text.replace("OUT\n", ""));
    }

    #[test]
    fn the_network_has_a_laptop_two_routers_and_a_server() {
        let page = page(
            "# A\n\n```console,network\n$ ip route get 198.51.100.7 | head -1 | cut -d ' ' -f 1-3\n198.51.100.7 via 192.168.1.65\n```\n",
        );
        let (faults, skips, _) = run_page(&page, &|_| Err(String::new()), COMMAND);
        println!("{skips:?}");
        assert_eq!(faults, Vec::<String>::new());
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_that_it_started() {
        // A length of sleep that no other run of the suite has.
        let marker = format!("sleep {}", 1_000_000 + std::process::id());
        let page = format!("```console\n$ echo started; {marker} | {marker}\nstarted\n```\n");
        let (faults, ..) = run_within(&page, Duration::from_secs(1));
        assert!(
            faults
                .first()
                .is_some_and(|fault| fault.contains("not done after 1s")),
            "{faults:#?}"
        );
        // A process that was killed is gone a moment later.
        let gone = wait::until(Instant::now() + AFTER, || {
            let Ok(listed) = Command::new("ps").args(["-A", "-o", "args"]).output() else {
                println!("skipped: there is no ps to look with");
                return Some(());
            };
            (!String::from_utf8_lossy(&listed.stdout).contains(&marker)).then_some(())
        });
        assert!(gone.is_some(), "{marker} still runs");
    }

    #[test]
    fn a_background_command_is_compared_at_the_end_of_its_section() {
        let background = "# A\n```console,background\n$ echo listening on here; until [ -s said ]; do sleep 0.1; done; cat said\nlistening on here\nOUTPUT\n```\n```console\n$ echo now > said\n```\n";
        assert_eq!(
            run(&background.replace("OUTPUT", "now")).0,
            Vec::<String>::new()
        );
        let faults = run(&background.replace("OUTPUT", "then")).0;
        assert_eq!(faults.len(), 1);
        assert!(
            faults
                .iter()
                .all(|fault| fault.contains("  - then\n  + now")),
            "{faults:#?}"
        );
        // One that never ends is ended, and judged by what it said.
        assert_eq!(
            run("```console,background\n$ echo up; sleep 4712\nup\n```\n").0,
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_block_out_of_form_is_told_and_a_missing_tool_skips_the_section() {
        let (faults, ..) = run(
            "```console\nno command\n```\n```console,background\n$ a\n$ b\n```\n```console,later\n$ a\n```\n- ```console\n```python,../a.py\n```\n",
        );
        assert_eq!(faults.len(), 5, "{faults:#?}");
        let mut sections = blocks(&Page {
            path: "a.md".into(),
            shown: String::new(),
            text: "```console\n$ true | tshark -r x\n```\n".into(),
        })
        .0;
        if !is_here("tshark") {
            assert_eq!(
                lacks(&sections.remove(0)),
                Some("tshark is not here".to_owned())
            );
        }
    }
}
