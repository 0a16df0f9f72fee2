//! What a report says of a program that waits: small programs that each wait in
//! one way, and what the harness then sees.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use netlings::capture::{Ends, Transport};
use netlings::standstill::{self, Known};
use netlings::tree::Tree;
use netlings::wait;

/// A program that has said `ready`.
struct Program {
    tree: Tree,
    stdin: ChildStdin,
    known: Known,
    /// The port that it said behind `ready`, if any.
    port: u16,
}

/// Starts `command`; `None` where there is no such program.
fn start(command: &mut Command) -> Option<Program> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut tree = Tree::start(command).ok()?;
    let stdin = tree.child.stdin.take().expect("it is piped");
    let mut line = String::new();
    let stdout = tree.child.stdout.take().expect("it is piped");
    let inode = rustix::fs::fstat(stdin.as_fd()).expect("a pipe").st_ino;
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says something");
    let port = line.trim().strip_prefix("ready").expect("it says ready");
    Some(Program {
        tree,
        stdin,
        known: Known {
            pipes: vec![(inode, "standard input")],
            streams: Vec::new(),
        },
        port: port.trim().parse().unwrap_or(0),
    })
}

/// The same in Python: `body` has a listening socket, and `ready()` to call.
fn python(body: &str) -> Option<Program> {
    let given = "import os, select, selectors, socket, sys, threading\n\
        server = socket.create_server(('127.0.0.1', 0))\n\
        def ready(): print('ready', server.getsockname()[1], flush=True)\n";
    let program =
        start(Command::new("python3").args(["-I", "-S", "-c", &format!("{given}{body}")]));
    if program.is_none() {
        println!("skipped: no python3");
    }
    program
}

impl Program {
    /// A client of the program, by this name.
    fn connect(&mut self, name: &str) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        self.know(&stream, name);
        stream
    }

    fn know(&mut self, stream: &TcpStream, name: &str) {
        let ends = Ends {
            transport: Transport::Tcp,
            harness: stream.local_addr().expect("it is connected"),
            program: stream.peer_addr().expect("it is connected"),
        };
        self.known.streams.push((ends, name.to_owned()));
    }

    /// Looks until this is seen; descriptors are `N`.
    #[track_caller]
    fn is_seen(&self, expected: &str) {
        let soon = Instant::now() + Duration::from_secs(100);
        let mut last = None;
        let seen = wait::until(soon, || {
            let standstill = standstill::look(self.tree.child.id(), &self.known)?;
            let text = without_numbers(&standstill.to_string());
            let found = text == expected;
            last = Some(text);
            found.then_some(())
        });
        assert!(seen.is_some(), "expected: {expected}\nseen: {last:?}");
    }
}

fn without_numbers(text: &str) -> String {
    let mut parts = text.split("(fd ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("(fd N");
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    plain
}

#[test]
fn who_reads_standard_input_is_said_to() {
    let Some(program) = python("ready()\nsys.stdin.buffer.read()") else {
        return;
    };
    program.is_seen("runs, 1 thread, waits in read(fd N) from standard input");
}

#[test]
fn who_serves_one_client_leaves_the_next_one_waiting() {
    let serve = "ready()\na, _ = server.accept()\na.recv(100)\nb, _ = server.accept()\na.recv(100)";
    let Some(mut program) = python(serve) else {
        return;
    };
    let mut first = program.connect(&standstill::name(true, 0, 2, 1));
    program.is_seen("runs, 1 thread, waits in recv(fd N) from the first client (#1)");
    let mut second = program.connect(&standstill::name(true, 1, 2, 2));
    program.is_seen(
        "runs, 1 thread, waits in recv(fd N) from the first client (#1); not taken: a connection",
    );
    // Now it has both, and still listens to the first alone.
    first.write_all(b"x").expect("it is sent");
    second.write_all(b"four").expect("it is sent");
    program.is_seen(
        "runs, 1 thread, waits in recv(fd N) from the first client (#1); \
         not taken: 4 octets from the second client (#2)",
    );
}

#[test]
fn of_several_threads_those_that_wait_for_somebody_are_told() {
    let serve = "def serve(c):\n  c.recv(100)\n\
        idle = threading.Lock(); idle.acquire()\n\
        threading.Thread(target=idle.acquire, daemon=True).start()\n\
        ready()\nwhile True:\n  c, _ = server.accept()\n  threading.Thread(target=serve, args=(c,), daemon=True).start()";
    let Some(mut program) = python(serve) else {
        return;
    };
    let _client = program.connect("the client");
    program.is_seen(
        "runs, 3 threads, waits in accept(fd N) for a connection; another waits in recv(fd N) from the client",
    );
}

#[test]
fn who_waits_for_several_is_told_with_all_of_them() {
    let serve = "s = selectors.EpollSelector()\nready()\nc, _ = server.accept()\n\
        for f in (server, c, sys.stdin): s.register(f, selectors.EVENT_READ)\ns.select()";
    let Some(mut program) = python(serve) else {
        return;
    };
    let client = program.connect("the client");
    program.is_seen(
        "runs, 1 thread, waits in epoll_wait for a connection or standard input or the client",
    );
    drop(client);

    let serve = "ready()\nc, _ = server.accept()\nc.settimeout(600)\nc.recv(1)";
    let Some(mut program) = python(serve) else {
        return;
    };
    let _client = program.connect("the client");
    program.is_seen("runs, 1 thread, waits in poll for the client");

    let serve = "ready()\nc, _ = server.accept()\nselect.select([c], [server], [])";
    let Some(mut program) = python(serve) else {
        return;
    };
    let _client = program.connect("the client");
    program.is_seen("runs, 1 thread, waits in select for a connection or the client");
}

#[test]
fn who_cannot_get_rid_of_octets_is_said_to_write() {
    let serve = "ready()\nc, _ = server.accept()\nc.sendall(bytes(64 << 20))";
    let Some(mut program) = python(serve) else {
        return;
    };
    let _client = program.connect("the client");
    program.is_seen("runs, 1 thread, waits in send(fd N) to the client");
}

#[test]
fn a_client_waits_for_its_server() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback");
    let port = listener.local_addr().expect("an address").port();
    let client = format!("c = socket.create_connection(('127.0.0.1', {port}))\nready()\nc.recv(1)");
    let Some(mut program) = python(&client) else {
        return;
    };
    let (stream, _) = listener.accept().expect("it connects");
    program.know(&stream, "the server");
    program.is_seen("runs, 1 thread, waits in recv(fd N) from the server");
}

#[test]
fn what_is_no_conversation_is_told_too() {
    let waits = |body: &str, expected: &str| {
        if let Some(program) = python(body) {
            program.is_seen(expected);
        }
    };
    waits(
        "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nu.bind(('127.0.0.1', 0))\nready()\nu.recv(1)",
        "runs, 1 thread, waits in recv(fd N) for a datagram",
    );
    waits(
        "l = threading.Lock(); l.acquire()\nready()\nl.acquire()",
        "runs, 1 thread, waits in futex for a lock or another thread",
    );
    waits(
        "ready()\nwhile True: pass",
        "runs, 1 thread, computes, and waits for nothing",
    );
    let mut shell = Command::new("sh");
    let shell = start(shell.args(["-c", "echo ready; sleep 600; :"])).expect("a shell");
    shell.is_seen(
        "waits for a process that it started; that one runs, 1 thread, waits in sleep for time to pass",
    );
}

#[test]
fn of_what_has_ended_nothing_is_told() {
    let Some(mut program) = python("ready()\nsys.stdin.buffer.read(1)") else {
        return;
    };
    program.stdin.write_all(b"x").expect("it reads");
    let soon = Instant::now() + Duration::from_secs(100);
    // A process that nobody has waited for is there, and does nothing.
    let gone = wait::until(soon, || {
        standstill::look(program.tree.child.id(), &program.known)
            .is_none()
            .then_some(())
    });
    assert!(gone.is_some());
    let _ = program.tree.child.wait();
    assert_eq!(
        standstill::look(program.tree.child.id(), &program.known),
        None
    );
}
