//! The book on the learner's own machine: built, kept in memory, and served on
//! the loopback, with what the checker tells.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, watch};

use crate::answer::{Desk, Hearers, answer};
use crate::checker::{Checker, Known};
use crate::pages::Pages;
use crate::publish::{self, Includes, Page};
use crate::{Error, say};

/// How long the head of a request may take, and a connection be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The longest head of a request, in octets.
const HEAD_LEN_MAX: usize = 16 * 1024;

/// How many connections there are at once; a browser keeps six.
const CONNECTIONS_MAX: usize = 64;

/// How long the chapters must be quiet before the book is built again.
const QUIET_FOR: Duration = Duration::from_millis(100);

/// How long nobody may hear of events before a server that lingers ends. A page
/// that is turned is away for a moment, and one behind an editor for longer.
const LINGERS_FOR: Duration = Duration::from_secs(15 * 60);

/// How long the first page may take to come.
const OPENS_WITHIN: Duration = Duration::from_secs(30);

/// How long another server may take to say who it is.
const SAYS_WITHIN: Duration = Duration::from_secs(2);

/// How to serve.
#[derive(clap::Args)]
pub struct Args {
    /// What to open: `hello`, or `hello/2` for its second step; without it, the
    /// start page.
    chapter: Option<String>,
    /// The port to listen on; without it, the one of last time, or another that
    /// is free.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Print the address, and open no browser.
    #[arg(long)]
    no_open: bool,
    /// The program that checks: netlings. Without it no page is live.
    #[arg(long, value_name = "PROGRAM")]
    checker: Option<PathBuf>,
    /// End at the end of standard input.
    #[arg(long, hide = true)]
    until_eof: bool,
    /// End after the end of standard input, when no page is open any more.
    #[arg(long, hide = true)]
    linger: bool,
}

/// Where the course's book is served, as it is kept for the next time: pages
/// that are still open find it again, and so does what a browser keeps for them.
#[derive(Serialize, Deserialize)]
struct Address {
    port: u16,
    /// Answered to whoever asks whether this server is the course's.
    id: String,
}

impl Address {
    fn path(root: &Path) -> PathBuf {
        root.join(".netlings").join("book.json")
    }

    fn load(root: &Path) -> Option<Address> {
        serde_json::from_slice(&fs::read(Address::path(root)).ok()?).ok()
    }

    /// That it cannot be kept keeps nobody from reading.
    fn save(&self, root: &Path) {
        let path = Address::path(root);
        if let (Some(folder), Ok(text)) = (path.parent(), serde_json::to_string(self)) {
            let _ = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
        }
    }

    /// Whether the course's book is served there now.
    fn is_served(&self) -> bool {
        let asked = || -> io::Result<String> {
            let to = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            let mut stream = TcpStream::connect_timeout(&to, SAYS_WITHIN)?;
            stream.set_read_timeout(Some(SAYS_WITHIN))?;
            let host = format!("127.0.0.1:{}", self.port);
            write!(
                stream,
                "GET /live/id HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )?;
            let mut said = String::new();
            stream.take(4096).read_to_string(&mut said)?;
            Ok(said)
        };
        asked().is_ok_and(|said| said.ends_with(&format!("\r\n\r\n{}", self.id)))
    }
}

/// Serves the book of the course at `root` until it is to end.
///
/// # Errors
/// A port that is taken, and whatever keeps the book from being built.
pub fn serve(root: &Path, args: &Args) -> Result<(), Error> {
    let last = Address::load(root);
    let Some(listener) = listen(args.port, last.as_ref())? else {
        // The course's book is served already.
        let port = last.map_or(0, |last| last.port);
        let address = address(port, args.chapter.as_deref());
        say(&format!("book: {address}\nIt was served already."));
        open(args, &address);
        return Ok(());
    };
    let port = listener.local_addr().map_err(Error::Network)?.port();
    let nonce = random()?;
    let pages = build(root, &nonce)?;
    if let Some(chapter) = &args.chapter {
        let Page { name, .. } = Page::new(Some(chapter));
        if pages.get(&format!("/{name}.html")).is_none() {
            return Err(Error::NoChapter(name.to_owned()));
        }
    }
    let kept = Address {
        port,
        id: random()?,
    };
    kept.save(root);
    let (known, knows) = watch::channel(Known::default());
    let (fresh, built) = watch::channel(Arc::new(pages));
    let desk = Desk {
        port,
        root: root.to_owned(),
        pages: built,
        known: knows,
        checker: args
            .checker
            .clone()
            .map(|program| Checker::start(program, root.to_owned(), known)),
        hearers: watch::channel(Hearers::default()).0,
        nonce: nonce.clone(),
        token: random()?,
        id: kept.id,
    };
    let _watcher = build_at_changes(root, nonce, fresh);
    let address = address(port, args.chapter.as_deref());
    say(&format!("book: {address}\nCtrl-C ends it."));
    open(args, &address);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Network)?;
    runtime.block_on(run(listener, Arc::new(desk), args))
}

/// Takes the port that is asked for, or the last one, or any. `None` when this
/// course's book is served there already.
fn listen(asked: Option<u16>, last: Option<&Address>) -> Result<Option<TcpListener>, Error> {
    let wanted = asked.or(last.map(|last| last.port)).unwrap_or(0);
    match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)) {
        Ok(listener) => Ok(Some(listener)),
        Err(_) if last.is_some_and(|last| last.port == wanted && last.is_served()) => Ok(None),
        Err(error) if asked.is_some() => Err(Error::Port(wanted, error)),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .map(Some)
            .map_err(Error::Network),
    }
}

fn address(port: u16, chapter: Option<&str>) -> String {
    let Page { name, fragment } = Page::new(chapter);
    format!("http://127.0.0.1:{port}/{name}.html{fragment}")
}

/// Opens a browser, if one can be; the address was printed.
fn open(args: &Args, address: &str) {
    if !args.no_open
        && let Err(error) = opener::open_browser(address)
    {
        say(&format!(
            "No browser could be opened ({error}); open that address in one."
        ));
    }
}

/// Sixteen octets that nobody can guess, in hex.
fn random() -> Result<String, Error> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets)
        .map_err(|error| Error::Network(io::Error::other(error.to_string())))?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// The book of today. A listing that is gone is told, and the rest can be read.
fn build(root: &Path, nonce: &str) -> Result<Pages, Error> {
    let folder = root
        .join("target")
        .join(format!("book-live-{}", std::process::id()));
    let built =
        publish::build(&root.join("book"), &folder, Includes::Lenient, None).and_then(|()| {
            Pages::load(&folder, nonce).map_err(|error| Error::Path(folder.clone(), error))
        });
    let _ = fs::remove_dir_all(&folder);
    built
}

/// Builds the book again when its sources change, until what is returned is
/// dropped. Where the system does not tell of changes, it stays as it is.
fn build_at_changes(
    root: &Path,
    nonce: String,
    fresh: watch::Sender<Arc<Pages>>,
) -> Option<RecommendedWatcher> {
    let (tell, touched) = mpsc::channel();
    let heard = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = tell.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(heard).ok()?;
    for folder in ["src", "theme", "widgets"] {
        let folder = root.join("book").join(folder);
        watcher.watch(&folder, RecursiveMode::Recursive).ok()?;
    }
    let root = root.to_owned();
    thread::spawn(move || {
        while touched.recv().is_ok() {
            while touched.recv_timeout(QUIET_FOR).is_ok() {}
            match build(&root, &nonce) {
                Ok(pages) => drop(fresh.send(Arc::new(pages))),
                Err(error) => eprintln!("error: {error}"),
            }
        }
    });
    Some(watcher)
}

async fn run(listener: TcpListener, desk: Arc<Desk>, args: &Args) -> Result<(), Error> {
    listener.set_nonblocking(true).map_err(Error::Network)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(Error::Network)?;
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let gone = Arc::new(Notify::new());
    let mut failed_alone = false;
    let mut end = std::pin::pin!(end(Arc::clone(&desk), args.until_eof, args.linger));
    loop {
        let accepted = async {
            let permit = Arc::clone(&free).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut end => return Ok(()),
        };
        let stream = match accepted {
            Ok((stream, _)) => {
                failed_alone = false;
                stream
            }
            // A client that was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                drop(permit);
                if free.available_permits() == CONNECTIONS_MAX {
                    // The last client may have gone just now.
                    if std::mem::replace(&mut failed_alone, true) {
                        return Err(Error::Network(error));
                    }
                    continue;
                }
                // Too few descriptors, until a client goes.
                tokio::select! {
                    () = gone.notified() => continue,
                    () = &mut end => return Ok(()),
                }
            }
        };
        let (desk, gone) = (Arc::clone(&desk), Arc::clone(&gone));
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&desk), request));
            // A client that breaks off is none of our business.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WITHIN)
                .max_buf_size(HEAD_LEN_MAX)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(permit);
            gone.notify_one();
        });
    }
}

/// Returns when the server is to end.
async fn end(desk: Arc<Desk>, until_eof: bool, linger: bool) {
    let eof = async {
        if !(until_eof || linger) {
            return std::future::pending().await;
        }
        let (tell, told) = tokio::sync::oneshot::channel();
        thread::spawn(move || {
            let lines = BufReader::new(io::stdin()).lines();
            lines.map_while(Result::ok).for_each(drop);
            let _ = tell.send(());
        });
        let _ = told.await;
        if linger {
            let mut hearers = desk.hearers.subscribe();
            loop {
                let Hearers { now, ever } = *hearers.borrow_and_update();
                let patience = if ever { LINGERS_FOR } else { OPENS_WITHIN };
                if now > 0 {
                    let _ = hearers.changed().await;
                } else if tokio::time::timeout(patience, hearers.changed())
                    .await
                    .is_err()
                {
                    break;
                }
            }
        }
    };
    tokio::select! {
        () = eof => {}
        () = interrupt() => {}
    }
}

/// Returns at Ctrl-C, or when the system asks us to end.
async fn interrupt() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut int), Ok(mut term), Ok(mut hup)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            _ = hup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
