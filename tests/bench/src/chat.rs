//! Chat servers under one load: both of the reference, the Python server of
//! `chat.py` beside this file, and any other that is given.
//!
//! A server is driven from outside, by its address. All that it must speak: the
//! first line that a client sends is its name, and each line after it goes to
//! all the others, at the end of a line of theirs. What else it says is ignored.

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

/// How many clients talk at once, and how many of its messages each lets be
/// under way: one counts as delivered when all the others have it.
const TALKERS: usize = 10;
const WINDOW: usize = 8;

/// The octets of a message, LF included: as people talk, and where memory is
/// looked at, as long as they may be.
const MESSAGE_LEN: usize = 32;
const LONG_LEN: usize = 1000;

/// How long anything may take before the server counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of what waits for a client that does not read its kernel keeps.
const UNREAD_LEN: u32 = 16 << 10;

/// What to measure.
#[derive(clap::Args)]
pub struct Args {
    /// How many clients.
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1000])]
    clients: Vec<usize>,
    /// How long each server is kept busy, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often all of it is done; medians are printed.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Another server: its name, and the command that starts it, in which
    /// `{address}` and `{port}` stand for where it is to listen.
    #[arg(long, value_name = "NAME=COMMAND")]
    peer: Vec<String>,
}

/// A server that can be started.
struct Server {
    name: String,
    command: Vec<String>,
}

/// What one measurement came to.
#[derive(Clone, Copy, Default)]
struct Figures {
    /// Messages delivered a second: one that 99 get counts 99 times.
    delivered: f64,
    /// The 99th percentile from the write to the read, in milliseconds: under
    /// full load, and with one message under way at a time.
    p99: f64,
    p99_alone: f64,
    /// With long messages, and the most memory that the server had in use by
    /// then, in MiB.
    delivered_long: f64,
    memory: f64,
    /// The same, with one more client that never reads.
    delivered_unread: f64,
    memory_unread: f64,
}

/// Measures all servers and prints their figures, and the ratios of the first.
pub fn run(args: &Args) -> Result<(), String> {
    let servers = servers(&args.peer)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    for &count in &args.clients {
        let mut rounds: Vec<Vec<Figures>> = servers.iter().map(|_| Vec::new()).collect();
        for _ in 0..args.rounds {
            for (server, figures) in servers.iter().zip(&mut rounds) {
                let load = measure(server, count, Duration::from_secs_f64(args.seconds));
                let measured = LocalSet::new().block_on(&runtime, load);
                figures.push(measured.map_err(|why| format!("{}: {why}", server.name))?);
            }
        }
        print(count, &servers, &rounds);
    }
    Ok(())
}

fn servers(peers: &[String]) -> Result<Vec<Server>, String> {
    let own = build()?;
    let mut servers: Vec<Server> = ["tasks", "threads"]
        .map(|kind| Server {
            name: kind.to_owned(),
            command: [&own.display().to_string(), kind, "--listen", "{address}"]
                .map(str::to_owned)
                .to_vec(),
        })
        .into();
    let python = Command::new("python3").arg("--version").output();
    if python.is_ok_and(|output| output.status.success()) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chat.py");
        servers.push(Server {
            name: "python".to_owned(),
            command: ["python3", &script.display().to_string(), "{port}"]
                .map(str::to_owned)
                .to_vec(),
        });
    } else {
        println!("skipped: the Python server, for want of python3");
    }
    for peer in peers {
        let (name, command) = peer
            .split_once('=')
            .ok_or_else(|| format!("{peer:?} is not NAME=COMMAND"))?;
        servers.push(Server {
            name: name.to_owned(),
            command: command.split_whitespace().map(str::to_owned).collect(),
        });
    }
    Ok(servers)
}

/// Builds the reference for this and gives its path.
fn build() -> Result<PathBuf, String> {
    let bench = std::env::current_exe().map_err(|error| error.to_string())?;
    let built = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args([
            "build",
            "--quiet",
            "--release",
            "--package",
            "solution-chat",
        ])
        .status();
    match built {
        Ok(status) if status.success() => {
            Ok(bench.with_file_name(format!("solution-chat{}", std::env::consts::EXE_SUFFIX)))
        }
        _ => Err("the reference was not built".to_owned()),
    }
}

/// A server that runs; ended when dropped.
struct Running(Child);

impl Running {
    /// Starts a server on a free port.
    fn start(server: &Server) -> Result<(Self, SocketAddr), String> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?;
        let fill = |word: &String| {
            word.replace("{address}", &free.to_string())
                .replace("{port}", &free.port().to_string())
        };
        let mut words = server.command.iter().map(fill);
        let child = Command::new(words.next().unwrap_or_default())
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.map_err(|error| format!("{:?}: {error}", server.command))?;
        Ok((Running(child), free))
    }

    /// The most memory that it had in use, in MiB, where the system tells.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|kib| kib.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the clients share: this thread is the only one.
struct Load {
    count: usize,
    /// For each talker, its messages: when each was sent, and how many have
    /// still to get it.
    sent: RefCell<Vec<Vec<(Instant, usize)>>>,
    /// For each talker, how many more it may send now.
    window: Vec<Semaphore>,
    latencies_us: RefCell<Vec<u32>>,
    /// Who has had a message at all.
    reached: RefCell<Vec<bool>>,
    unreached: Cell<usize>,
    arrived: Notify,
    /// Whether talkers go on.
    is_on: Cell<bool>,
    message_len: Cell<usize>,
}

async fn measure(server: &Server, count: usize, time: Duration) -> Result<Figures, String> {
    let (running, address) = Running::start(server)?;
    let load = Rc::new(Load {
        count,
        sent: RefCell::new(vec![Vec::new(); TALKERS]),
        window: (0..TALKERS).map(|_| Semaphore::new(0)).collect(),
        latencies_us: RefCell::default(),
        reached: RefCell::new(vec![false; count]),
        unreached: Cell::new(count),
        arrived: Notify::new(),
        is_on: Cell::new(false),
        message_len: Cell::new(MESSAGE_LEN),
    });
    let mut talkers = Vec::new();
    for client in 0..count {
        let stream = connect(address).await?;
        let _ = stream.set_nodelay(true);
        let (read, mut write) = stream.into_split();
        let name = format!("c{client}\n");
        write.write_all(name.as_bytes()).await.map_err(text)?;
        tokio::task::spawn_local(listen(read, client, Rc::clone(&load)));
        talkers.push(write);
    }
    let silent = talkers.split_off(TALKERS.min(count));
    let mut talkers = all_reached(talkers, &load).await?;
    let mut figures = Figures::default();
    (figures.delivered, figures.p99, talkers) = talk(talkers, &load, WINDOW, time).await?;
    figures.p99_alone = alone(&mut talkers, &load, time / 2).await?;
    load.message_len.set(LONG_LEN);
    (figures.delivered_long, _, talkers) = talk(talkers, &load, WINDOW, time).await?;
    figures.memory = running.memory();

    // One more, with a name, who never reads.
    let socket = TcpSocket::new_v4().map_err(text)?;
    socket.set_recv_buffer_size(UNREAD_LEN).map_err(text)?;
    let mut unread = socket.connect(address).await.map_err(text)?;
    unread.write_all(b"unread\n").await.map_err(text)?;
    let done = timeout(time * 3, talk(talkers, &load, WINDOW, time)).await;
    if let Ok(done) = done {
        (figures.delivered_unread, _, _) = done?;
    }
    figures.memory_unread = running.memory();
    drop((unread, silent));
    Ok(figures)
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}

/// Connects, as soon as the server listens.
async fn connect(address: SocketAddr) -> Result<TcpStream, String> {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > until => return Err(text(error)),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Reads what comes to one client, until the end.
async fn listen(mut read: OwnedReadHalf, client: usize, load: Rc<Load>) {
    let mut buffer = vec![0; 64 << 10];
    let mut kept = 0;
    while let Some(room) = buffer.get_mut(kept..).filter(|room| !room.is_empty()) {
        let Ok(len @ 1..) = read.read(room).await else {
            return;
        };
        let now = Instant::now();
        let octets = buffer.get(..kept + len).unwrap_or_default();
        let mut rest = octets;
        while let Some(end) = rest.iter().position(|&octet| octet == b'\n') {
            let (line, after) = rest.split_at(end);
            arrived(&load, client, line, now);
            rest = after.get(1..).unwrap_or_default();
        }
        let from = octets.len() - rest.len();
        let to = octets.len();
        buffer.copy_within(from..to, 0);
        kept = to - from;
    }
}

/// A message is `@TALKER.NUMBER.` and padding; it stands at the end of a line.
fn arrived(load: &Load, client: usize, line: &[u8], now: Instant) {
    let Some(at) = line.iter().position(|&octet| octet == b'@') else {
        return;
    };
    let message = line.get(at + 1..).unwrap_or_default();
    let mut numbers = message.split(|&octet| octet == b'.').map(|digits| {
        let digits = str::from_utf8(digits).unwrap_or_default();
        digits.parse::<usize>().ok()
    });
    let (Some(Some(talker)), Some(Some(number))) = (numbers.next(), numbers.next()) else {
        return;
    };
    if let Some(reached) = load.reached.borrow_mut().get_mut(client)
        && !*reached
    {
        *reached = true;
        load.unreached.set(load.unreached.get() - 1);
        load.arrived.notify_one();
    }
    let mut sent = load.sent.borrow_mut();
    let Some((at, left)) = sent.get_mut(talker).and_then(|sent| sent.get_mut(number)) else {
        return;
    };
    let took = u32::try_from(now.duration_since(*at).as_micros()).unwrap_or(u32::MAX);
    load.latencies_us.borrow_mut().push(took);
    *left -= 1;
    if *left == 0
        && let Some(window) = load.window.get(talker)
    {
        window.add_permits(1);
    }
}

/// The next message of a talker.
fn message(load: &Load, talker: usize) -> String {
    let mut sent = load.sent.borrow_mut();
    let own = sent.get_mut(talker);
    let number = own.as_ref().map_or(0, |own| own.len());
    if let Some(own) = own {
        own.push((Instant::now(), load.count - 1));
    }
    let message = format!("@{talker}.{number}.");
    format!("{message:x<width$}\n", width = load.message_len.get() - 1)
}

/// Two talk until everybody has had a message: then all are in the room.
async fn all_reached(
    mut talkers: Vec<OwnedWriteHalf>,
    load: &Rc<Load>,
) -> Result<Vec<OwnedWriteHalf>, String> {
    let until = Instant::now() + PATIENCE;
    while load.unreached.get() > 0 {
        if Instant::now() > until {
            return Err(format!("{} clients hear nothing", load.unreached.get()));
        }
        for (talker, write) in talkers.iter_mut().take(2).enumerate() {
            let octets = message(load, talker);
            write.write_all(octets.as_bytes()).await.map_err(text)?;
        }
        let _ = timeout(Duration::from_millis(50), load.arrived.notified()).await;
    }
    // What was sent before all were there never gets to all: it runs out first.
    let calm = Duration::from_millis(300);
    while timeout(calm, load.arrived.notified()).await.is_ok() {}
    begin(load);
    Ok(talkers)
}

/// Forgets all messages and closes the windows.
fn begin(load: &Load) {
    for (sent, window) in load.sent.borrow_mut().iter_mut().zip(&load.window) {
        // Numbers go on, so that a late one is not taken for a new one.
        sent.iter_mut().for_each(|(_, left)| *left = usize::MAX);
        window.forget_permits(usize::MAX);
    }
    load.latencies_us.borrow_mut().clear();
}

/// All talkers talk for `time`; gives what was delivered a second, and the 99th
/// percentile.
async fn talk(
    talkers: Vec<OwnedWriteHalf>,
    load: &Rc<Load>,
    window: usize,
    time: Duration,
) -> Result<(f64, f64, Vec<OwnedWriteHalf>), String> {
    begin(load);
    load.is_on.set(true);
    let since = Instant::now();
    let tasks: Vec<_> = (0..)
        .zip(talkers)
        .map(|(talker, mut write)| {
            let load = Rc::clone(load);
            tokio::task::spawn_local(async move {
                if let Some(open) = load.window.get(talker) {
                    open.add_permits(window);
                    while load.is_on.get() {
                        open.acquire()
                            .await
                            .map_err(|error| error.to_string())?
                            .forget();
                        let octets = message(&load, talker);
                        write.write_all(octets.as_bytes()).await.map_err(text)?;
                    }
                    // All that is under way arrives, or the next figure would count it.
                    let all = u32::try_from(window).unwrap_or(0);
                    let all = timeout(PATIENCE, open.acquire_many(all)).await;
                    all.map_err(|_| "a message never arrived".to_owned())?
                        .map_err(|error| error.to_string())?
                        .forget();
                }
                Ok::<_, String>(write)
            })
        })
        .collect();
    sleep(time).await;
    let delivered = load.latencies_us.borrow().len();
    let took = since.elapsed();
    load.is_on.set(false);
    let mut talkers = Vec::new();
    for task in tasks {
        let write = timeout(PATIENCE, task).await;
        let write = write.map_err(|_| "a message never arrived".to_owned())?;
        talkers.push(write.map_err(|error| error.to_string())??);
    }
    let p99 = percentile(&mut load.latencies_us.borrow_mut(), 0.99);
    Ok((delivered as f64 / took.as_secs_f64(), p99, talkers))
}

/// One talks, a message at a time.
async fn alone(
    talkers: &mut [OwnedWriteHalf],
    load: &Rc<Load>,
    time: Duration,
) -> Result<f64, String> {
    begin(load);
    let since = Instant::now();
    let (Some(write), Some(window)) = (talkers.first_mut(), load.window.first()) else {
        return Err("nobody talks".to_owned());
    };
    while since.elapsed() < time {
        let octets = message(load, 0);
        write.write_all(octets.as_bytes()).await.map_err(text)?;
        let arrived = timeout(PATIENCE, window.acquire()).await;
        arrived
            .map_err(|_| "a message never arrived".to_owned())?
            .map_err(|error| error.to_string())?
            .forget();
    }
    let mut latencies_us = load.latencies_us.borrow_mut();
    Ok(percentile(&mut latencies_us, 0.99))
}

/// The value below which so great a part of them lies, in milliseconds.
fn percentile(latencies_us: &mut [u32], part: f64) -> f64 {
    latencies_us.sort_unstable();
    let at = (latencies_us.len() as f64 * part) as usize;
    let us = latencies_us.get(at.min(latencies_us.len().saturating_sub(1)));
    us.map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
}

fn print(count: usize, servers: &[Server], rounds: &[Vec<Figures>]) {
    let median = |figures: &[Figures], which: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = figures.iter().map(which).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!("chat, {count} clients; {TALKERS} talk, each with {WINDOW} messages under way");
    println!(
        "{:<14} {:>12} {:>7} {:>9} {:>13}  {:>12} {:>7}  {:>16} {:>7}",
        "",
        format!("{MESSAGE_LEN} octets/s"),
        "ratio",
        "p99 ms",
        "p99 alone ms",
        format!("{LONG_LEN} octets/s"),
        "MiB",
        "one never reads",
        "MiB"
    );
    let first = rounds
        .first()
        .map_or(f64::NAN, |figures| median(figures, |f| f.delivered));
    for (server, figures) in servers.iter().zip(rounds) {
        let delivered = median(figures, |f| f.delivered);
        println!(
            "{:<14} {delivered:>12.0} {:>7.2} {:>9.2} {:>13.2}  {:>12.0} {:>7.0}  {:>16.0} {:>7.0}",
            server.name,
            first / delivered,
            median(figures, |f| f.p99),
            median(figures, |f| f.p99_alone),
            median(figures, |f| f.delivered_long),
            median(figures, |f| f.memory),
            median(figures, |f| f.delivered_unread),
            median(figures, |f| f.memory_unread),
        );
    }
}
