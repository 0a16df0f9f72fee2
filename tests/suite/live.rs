//! The live book: the checker behind its pages, the server that no other site's
//! page can use, and the pages themselves, in a browser.
//!
//! What needs the book's program is ignored, for mdBook takes a while to
//! compile. Where there is no browser, the tests say so and skip.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use netlings::cargo;
use serde_json::Value;

use super::cli::{CLIENT, Scratch};
use super::{has_solutions, root, widgets};

/// Nothing takes this long, even where many build at once.
const PATIENCE: Duration = Duration::from_secs(100);

// ---------------------------------------------------------------- the checker

/// `netlings live` in a scratch, and what it writes.
struct Checker {
    child: Child,
    stdin: Option<ChildStdin>,
    documents: Receiver<Value>,
}

impl Checker {
    fn start(scratch: &Scratch) -> Checker {
        // The folder of what is built is shared, and what was found out lies there.
        let _ = fs::remove_file(scratch.path("target/netlings/hello/last.json"));
        let mut child = Command::new(cargo_bin("netlings"))
            .arg("live")
            .current_dir(scratch.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("netlings was built and can be started");
        let out = child.stdout.take().expect("it was asked for");
        let (tell, documents) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let document = serde_json::from_str(&line);
                let document = document.unwrap_or_else(|error| panic!("{error}: {line}"));
                if tell.send(document).is_err() {
                    return;
                }
            }
        });
        Checker {
            stdin: child.stdin.take(),
            child,
            documents,
        }
    }

    /// Waits until step `number` of `hello` is told with these values.
    fn until(&self, number: usize, wanted: &[(&str, Value)]) -> Value {
        let late = Instant::now() + PATIENCE;
        let mut last = Value::Null;
        loop {
            let wait = late.saturating_duration_since(Instant::now());
            let Ok(document) = self.documents.recv_timeout(wait) else {
                panic!("step {number} is never {wanted:?}, but {last:#}")
            };
            if document.pointer("/lab/lab") != Some(&Value::from("hello")) {
                continue;
            }
            let step = document.pointer(&format!("/lab/steps/{}", number - 1));
            last = step.cloned().unwrap_or_default();
            if wanted
                .iter()
                .all(|(name, value)| last.get(name) == Some(value))
            {
                return last;
            }
        }
    }

    fn ask(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it is open");
        writeln!(stdin, "{line}").expect("the checker reads");
    }

    /// Closes its input and waits for its end.
    fn end(mut self) {
        drop(self.stdin.take());
        let late = Instant::now() + PATIENCE;
        let status = netlings::wait::until(late, || self.child.try_wait().ok().flatten());
        assert!(
            status.is_some_and(|status| status.success()),
            "the checker ends with {status:?}"
        );
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn solution(file: &str) -> Vec<u8> {
    fs::read(root().join("solutions/hello/src").join(file)).expect("the reference is here")
}

/// A client that takes one read for one line.
fn one_read() -> String {
    let text = String::from_utf8(solution("client.rs")).expect("it is UTF-8");
    let (before, rest) = text
        .split_once("    let mut line = Vec::new();")
        .expect("the reference begins so");
    let (_, after) = rest
        .split_once("// ANCHOR_END: read_line")
        .expect("the listing ends");
    format!(
        "{before}    let mut octets = [0; LINE_LEN_MAX];\n    \
         let len = from.read(&mut octets).unwrap_or(0);\n    \
         let text = String::from_utf8_lossy(octets.get(..len).unwrap_or_default());\n    \
         Ok(text.trim_end().to_owned())\n}}\n// ANCHOR_END: read_line{after}"
    )
}

#[test]
fn saves_and_buttons_bring_verdicts_to_the_page() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut checker = Checker::start(&scratch);
    let idle = ("doing", "".into());
    let stub = checker.until(1, &[("state", "todo".into()), idle.clone()]);
    assert_eq!(stub.get("here"), Some(&true.into()), "{stub:#}");
    // A save is checked.
    scratch.write("labs/hello/src/client.rs", one_read());
    checker.until(1, &[("doing", "building".into()), ("fresh", false.into())]);
    let failed = checker.until(1, &[("state", "fail".into()), idle.clone()]);
    let html = failed.get("html").and_then(Value::as_str).unwrap_or("");
    for part in [
        "one read taken for one line",
        "<svg ",
        "live/captures/hello/",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    // What does not compile is no failure.
    scratch.write("labs/hello/src/client.rs", "fn <script>");
    let unbuilt = checker.until(1, &[("state", "unbuilt".into()), idle.clone()]);
    let html = unbuilt.get("html").and_then(Value::as_str).unwrap_or("");
    assert!(html.contains("fn &lt;script&gt;"), "{html}");
    // What passes leads on to what does not.
    scratch.write("labs/hello/src/client.rs", solution("client.rs"));
    checker.until(1, &[("state", "pass".into()), ("fresh", true.into())]);
    checker.until(3, &[("state", "todo".into()), ("here", true.into())]);
    // A button checks the step, and any other line does nothing.
    checker.ask("nonsense");
    checker.ask("{\"check\":\"hello/9\"}");
    checker.ask("{\"check\":\"hello/1\"}");
    checker.until(1, &[("doing", "building".into()), ("here", true.into())]);
    checker.until(1, &[("state", "pass".into()), idle]);
    checker.end();
    let progress = String::from_utf8(scratch.read(".netlings/progress.json"));
    let progress = progress.expect("it is UTF-8");
    assert!(progress.contains("\"here\": \"hello/"), "{progress}");
}

#[test]
fn beside_a_watch_the_page_shows_what_the_watch_finds() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.write(".netlings/watch.lock", "");
    let turn = fs::File::open(scratch.path(".netlings/watch.lock")).expect("it was written");
    turn.lock_shared().expect("nobody else has it");
    let checker = Checker::start(&scratch);
    checker.until(1, &[("state", "open".into())]);
    // The save is left to the watch; here, `check` is the watch.
    scratch.write("labs/hello/src/client.rs", one_read());
    scratch.netlings(&["check", "hello/1"]).assert().code(1);
    checker.until(1, &[("state", "fail".into()), ("fresh", true.into())]);
    scratch.write("labs/hello/src/client.rs", solution("client.rs"));
    checker.until(1, &[("doing", "checking".into()), ("fresh", false.into())]);
    // The watch is gone, and the page's own checker goes on.
    drop(turn);
    checker.until(1, &[("doing", "building".into())]);
    checker.until(1, &[("state", "pass".into()), ("fresh", true.into())]);
    checker.end();
}

// ---------------------------------------------------------------- the server

/// The book's program, built.
fn book_program() -> PathBuf {
    let built = Command::new(cargo::cargo())
        .current_dir(root())
        .args(["build", "--quiet", "--package", "netlings-book"])
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the book's program is not built"
    );
    cargo_bin("netlings-book")
}

/// The book of a scratch, served.
struct Served {
    child: Child,
    port: u16,
}

impl Served {
    fn start(folder: &Path, args: &[&str]) -> Result<Served, String> {
        let mut child = Command::new(book_program())
            .current_dir(folder)
            .args(["serve", "--no-open", "--until-eof"])
            .args(args)
            .arg("--checker")
            .arg(cargo_bin("netlings"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the book's program can be started");
        let mut out = BufReader::new(child.stdout.take().expect("it was asked for"));
        let mut line = String::new();
        let _ = out.read_line(&mut line);
        let port = line.strip_prefix("book: http://127.0.0.1:");
        let port = port.and_then(|rest| rest.split_once('/')?.0.parse().ok());
        let Some(port) = port else {
            let mut said = String::new();
            let _ = child
                .stderr
                .take()
                .map(|mut err| err.read_to_string(&mut said));
            let _ = child.wait();
            return Err(said);
        };
        Ok(Served { child, port })
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("it is more than zero");
        stream
    }

    /// What is answered to these octets, until the server closes or the answer
    /// is whole.
    fn say(&self, octets: &str) -> String {
        let mut stream = self.connect();
        let _ = stream.write_all(octets.as_bytes());
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    }

    /// The status of a request with these lines in its head.
    fn status(&self, request: &str, lines: &[&str]) -> String {
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let said = self.say(&format!(
            "{request} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n"
        ));
        said.split(' ').nth(1).unwrap_or("none").to_owned()
    }

    fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}", self.port)
    }

    /// Reads the events of the start page until one has `name`, and gives its data.
    fn event(&self, name: &str) -> String {
        let mut stream = self.connect();
        let host = self.host();
        write!(
            stream,
            "GET /live/events?page=hello.html HTTP/1.1\r\n{host}\r\n\r\n"
        )
        .expect("the server reads");
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines
            .find(|line| *line == format!("event: {name}"))
            .and_then(|_| Some(lines.next()?.strip_prefix("data: ")?.to_owned()))
            .expect("the event comes")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let late = Instant::now() + PATIENCE;
        if netlings::wait::until(late, || self.child.try_wait().ok().flatten()).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Who has too few descriptors for one more client waits until one goes.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes long: compiles mdBook"]
fn a_lack_of_descriptors_is_not_the_end_of_the_book() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let served = Served::start(&scratch.path(""), &[]).expect("the book is served");
    // Its address is told before all that it opens for itself is open.
    assert_eq!(served.status("GET /", &[&served.host()]), "200");
    let open = || {
        let folder = format!("/proc/{}/fd", served.child.id());
        fs::read_dir(folder).expect("it runs").count()
    };
    let most = open() + 4;
    let limit = Rlimit {
        current: u64::try_from(most).ok(),
        maximum: u64::try_from(most).ok(),
    };
    prlimit(
        Some(Pid::from_child(&served.child)),
        Resource::Nofile,
        limit,
    )
    .expect("it is ours");
    let clients: Vec<TcpStream> = (0..20).map(|_| served.connect()).collect();
    let late = Instant::now() + PATIENCE;
    let full = netlings::wait::until(late, || (open() >= most).then_some(()));
    assert!(full.is_some(), "{} of {most}", open());
    drop(clients);
    assert_eq!(served.status("GET /", &[&served.host()]), "200");
}

#[test]
#[ignore = "takes long: compiles mdBook"]
fn the_books_server_answers_its_own_pages_alone() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let served = Served::start(&scratch.path(""), &[]).expect("the book is served");
    let host = served.host();
    let origin = format!("Origin: http://127.0.0.1:{}", served.port);
    let get = |path: &str, lines: &[&str]| served.status(&format!("GET {path}"), lines);
    for (path, status) in [
        ("/", "200"),
        ("/hello.html", "200"),
        ("/live/live.js", "200"),
        ("/nowhere.html", "404"),
        // No path leads out of the book, and none to a capture that no page links to.
        ("/../Cargo.toml", "404"),
        ("/%2e%2e/Cargo.toml", "404"),
        ("/..%2fCargo.toml", "404"),
        ("//etc/passwd", "404"),
        ("/live/captures/hello/../last.json", "404"),
        ("/live/captures/hello/last.json", "404"),
        ("/live/captures/../../.netlings/progress.json", "404"),
    ] {
        assert_eq!(get(path, &[&host]), status, "{path}");
    }
    // Another name that leads here, and another site's page.
    let port = served.port;
    for (lines, status) in [
        (vec![], "403"),
        (vec!["Host: example.org".to_owned()], "403"),
        (vec![format!("Host: example.org:{port}")], "403"),
        (vec!["Host: 127.0.0.1".to_owned()], "403"),
        (vec![format!("Host: 127.0.0.1:{}", port ^ 1)], "403"),
        (vec![format!("Host: localhost:{port}")], "200"),
        (vec![host.clone(), origin.clone()], "200"),
        (
            vec![host.clone(), "Origin: http://example.org".to_owned()],
            "403",
        ),
        (vec![host.clone(), "Origin: null".to_owned()], "403"),
        (
            vec![host.clone(), format!("Origin: https://127.0.0.1:{port}")],
            "403",
        ),
        (
            vec![host.clone(), "Sec-Fetch-Site: cross-site".to_owned()],
            "403",
        ),
        (
            vec![
                host.clone(),
                "Sec-Fetch-Site: cross-site".to_owned(),
                "Sec-Fetch-Mode: navigate".to_owned(),
            ],
            "200",
        ),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(get("/hello.html", &lines), status, "{lines:?}");
        if status == "403" {
            assert_eq!(get("/live/events", &lines), status, "{lines:?}");
        }
    }
    // The button: its page's origin, its token, a step that a page offers.
    let token = format!("X-Netlings-Token: {}", served.event("token"));
    served.event("lab");
    let json = "Content-Type: application/json";
    let post = |lines: &[&str], body: &str| {
        let len = format!("Content-Length: {}", body.len());
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let said = served.say(&format!(
            "POST /live/check HTTP/1.1\r\nConnection: close\r\n{lines}{len}\r\n\r\n{body}"
        ));
        said.split(' ').nth(1).unwrap_or("none").to_owned()
    };
    let all = [host.as_str(), &origin, &token, json];
    let step = "{\"step\":\"hello/1\"}";
    assert_eq!(post(&all, step), "202");
    assert_eq!(post(&[&host, &token, json], step), "403", "no origin");
    assert_eq!(post(&[&host, &origin, json], step), "403", "no token");
    assert_eq!(
        post(&[&host, &origin, "X-Netlings-Token: 0", json], step),
        "403"
    );
    assert_eq!(post(&[&host, &origin, &token], step), "415");
    for body in [
        "{}",
        "{\"step\":\"hello/9\"}",
        "{\"step\":\"../hello/1\"}",
        "{\"step\":\"--help\"}",
    ] {
        assert_eq!(post(&all, body), "404", "{body}");
    }
    assert_eq!(post(&all, &"x".repeat(2000)), "413");
    assert_eq!(served.status("DELETE /hello.html", &[&host]), "405");
    assert_eq!(
        get(
            "/hello.html",
            &[&host, &format!("X: {}", "x".repeat(20_000))]
        ),
        "431"
    );
    // Who never ends a request is not waited for; meanwhile others are answered.
    let mut slow: Vec<TcpStream> = (0..20).map(|_| served.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HT").expect("the server reads");
    }
    assert_eq!(get("/hello.html", &[&host]), "200");
    for mut stream in slow {
        let mut said = Vec::new();
        let ended = stream.read_to_end(&mut said);
        assert!(ended.is_ok() || !said.is_empty(), "a slow client is let go");
    }
    // No page says what another site may ask here, and each what it may load.
    let said = served.say(&format!(
        "GET / HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n"
    ));
    let head = said.split("\r\n\r\n").next().unwrap_or("").to_lowercase();
    assert!(!head.contains("access-control"), "{head}");
    assert!(head.contains("default-src 'self'"), "{head}");
    assert!(head.contains("frame-ancestors 'none'"), "{head}");
}

#[test]
#[ignore = "takes long: compiles mdBook"]
fn a_port_that_is_taken_is_told_and_a_book_that_is_served_is_found() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let said = Served::start(&scratch.path(""), &["--port", &port]).err();
    let said = said.expect("the port is taken");
    assert!(
        said.contains(&format!("port {port} cannot be had: ")),
        "{said}"
    );
    assert!(said.contains("Without --port"), "{said}");
    // The next time it has the same address, as long as it can be had.
    let first = Served::start(&scratch.path(""), &[]).expect("the book is served");
    let port = first.port;
    let again = Served::start(&scratch.path(""), &["hello/2"]).expect("it is found");
    assert_eq!(
        again.port, port,
        "a book that is served is not served twice"
    );
    drop(again);
    drop(first);
    let second = Served::start(&scratch.path(""), &[]).expect("the book is served");
    assert_eq!(second.port, port, "the port of last time is free again");
}

/// Ctrl-C ends the server in order, and the checker with it.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes long: compiles mdBook"]
fn at_ctrl_c_the_book_is_gone_and_leaves_no_process() {
    use rustix::process::{Pid, Signal, kill_process};
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut served = Served::start(&scratch.path(""), &[]).expect("the book is served");
    served.event("lab");
    let id = served.child.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let all = fs::read_dir(format!("/proc/{id}/task"))
        .expect("it runs")
        .flatten();
    let mut checkers: Vec<String> = all
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|ids| {
            ids.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    checkers.extend(
        children
            .iter()
            .flat_map(|ids| ids.split_whitespace())
            .map(str::to_owned),
    );
    assert!(!checkers.is_empty(), "the checker is a child");
    let pid = Pid::from_raw(id.try_into().expect("a process id")).expect("not zero");
    kill_process(pid, Signal::INT).expect("it runs");
    let late = Instant::now() + PATIENCE;
    let status = netlings::wait::until(late, || served.child.try_wait().ok().flatten());
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
    for checker in checkers {
        assert!(
            !Path::new("/proc").join(&checker).exists(),
            "the checker {checker} is left"
        );
    }
}

/// The server hangs on `netlings book`, however that ends.
#[test]
#[ignore = "takes minutes: compiles mdBook"]
fn the_book_is_served_as_long_as_netlings_is_there() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut command = Command::new(cargo_bin("netlings"))
        .args(["book", "--no-open"])
        .current_dir(scratch.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("netlings was built and can be started");
    let mut said = String::new();
    let mut out = BufReader::new(command.stdout.take().expect("it was asked for"));
    out.read_line(&mut said).expect("netlings writes text");
    let address = said.strip_prefix("book: http://").unwrap_or_default();
    let (host, page) = address.trim().split_once('/').unwrap_or_default();
    assert_eq!(page, "index.html", "{said}");
    assert!(TcpStream::connect(host).is_ok(), "{said}");
    command.kill().expect("it runs");
    command.wait().expect("it was ours");
    let late = Instant::now() + PATIENCE;
    let gone = netlings::wait::until(late, || TcpStream::connect(host).is_err().then_some(()));
    assert!(gone.is_some(), "{host} is still served");
}

/// The key b of the watch serves the book too; when the watch is gone and no
/// page is open, so is the book.
#[test]
#[cfg(unix)]
#[ignore = "takes minutes: compiles mdBook"]
fn the_watch_serves_the_book_at_a_key() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut watch = Command::new(cargo_bin("netlings"))
        .args(["watch", "--plain"])
        .current_dir(scratch.path(""))
        // A browser that opens nothing.
        .env("BROWSER", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("netlings was built and can be started");
    let mut keys = watch.stdin.take().expect("it was asked for");
    writeln!(keys, "b").expect("the watch reads");
    let out = watch.stdout.take().expect("it was asked for");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let address = line.strip_prefix("the book is open in your browser: http://");
        address.map(str::to_owned)
    });
    let address = address.expect("the watch says where the book is");
    let (host, page) = address.split_once('/').unwrap_or_default();
    assert_eq!(page, "hello.html#step-1", "{address}");
    assert!(TcpStream::connect(host).is_ok(), "{address}");
    writeln!(keys, "q").expect("the watch reads");
    lines.for_each(drop);
    watch.wait().expect("it ends at q");
    let late = Instant::now() + PATIENCE;
    let gone = netlings::wait::until(late, || TcpStream::connect(host).is_err().then_some(()));
    assert!(gone.is_some(), "{host} is still served");
}

// ---------------------------------------------------------------- the pages

/// What is published is the same text, and nothing in it asks for a server.
#[test]
#[ignore = "takes long: compiles mdBook"]
fn no_published_page_has_anything_live() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dest = folder.path().join("book");
    let built = Command::new(book_program())
        .current_dir(root())
        .args(["build", "--dest"])
        .arg(&dest)
        .output()
        .expect("the book's program can be started");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let mut folders = vec![dest];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                assert_ne!(entry.file_name(), "live");
                folders.push(path);
                continue;
            }
            let text =
                String::from_utf8_lossy(&fs::read(&path).expect("it can be read")).into_owned();
            seen += usize::from(path.extension().is_some_and(|kind| kind == "html"));
            for live in [
                "live.js",
                "live.css",
                "netlings-page",
                "EventSource",
                "/live/events",
            ] {
                // The maintainers' page may speak of them; no page has them.
                let has = text.contains(&format!("\"/live/{live}"))
                    || text.contains(&format!("name=\"{live}\""))
                    || text.contains(&format!("new {live}("));
                assert!(!has, "{}: {live}", path.display());
            }
        }
    }
    assert!(seen > 10, "only {seen} pages were looked at");
}

/// The address is told, or left out; none stands in the sources.
#[test]
#[ignore = "takes long: compiles mdBook"]
fn a_published_book_knows_its_own_address() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dest = folder.path().join("book");
    let build = |more: &[&str]| {
        let output = Command::new(book_program())
            .current_dir(root())
            .args(["build", "--dest"])
            .arg(&dest)
            .args(more)
            .output()
            .expect("the book's program can be started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let head = |page: &str| {
        let page = fs::read_to_string(dest.join(page)).expect("the page is built");
        page.split("</head>").next().unwrap_or_default().to_owned()
    };
    assert_eq!(build(&[]), "");
    assert!(!dest.join("sitemap.xml").exists());
    let page = head("hello.html");
    assert!(!page.contains("https://"), "{page}");
    assert!(page.contains("<meta property=\"og:title\" content=\"The first conversation\">"));
    assert_eq!(page.matches("name=\"description\"").count(), 1, "{page}");
    assert_eq!(build(&["--url", "https://example.org/course/"]), "");
    let page = head("hello.html");
    for part in [
        "<link rel=\"canonical\" href=\"https://example.org/course/hello.html\">",
        "content=\"https://example.org/course/figures/card.png\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(dest.join("figures/card.png").is_file());
    assert!(head("404.html").contains("<base href=\"/course/\">"));
    let list = fs::read_to_string(dest.join("sitemap.xml")).expect("it is written");
    assert!(
        list.contains("<loc>https://example.org/course/</loc>"),
        "{list}"
    );
    assert!(
        list.contains("<loc>https://example.org/course/hello.html</loc>"),
        "{list}"
    );
    assert!(
        !list.contains("print.html") && !list.contains("404"),
        "{list}"
    );
    for wrong in [
        "example.org/course/",
        "https://example.org/course",
        "https:///",
    ] {
        assert!(build(&["--url", wrong]).contains("ends with /"), "{wrong}");
    }
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes long: compiles mdBook, and starts a browser"]
fn in_a_browser_the_live_page_follows_the_saves() {
    if !has_solutions() {
        return;
    }
    let Some((tools, chromium)) = widgets::browser() else {
        return;
    };
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let variants = tempfile::tempdir().expect("a temporary folder");
    let keep = |name: &str, octets: &[u8]| {
        fs::write(variants.path().join(name), octets).expect("it can be written");
    };
    keep("stub", CLIENT.as_bytes());
    keep("wrong", one_read().as_bytes());
    keep("right", &solution("client.rs"));
    let output = Command::new("node")
        .arg(root().join("tests/suite/live/live.mjs"))
        .args([book_program(), cargo_bin("netlings")])
        .arg(scratch.path(""))
        .arg(variants.path())
        .args([tools, chromium])
        .stdin(Stdio::null())
        .output()
        .expect("node can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{said}");
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
