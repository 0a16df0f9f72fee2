//! The reference of `ports`, held against the tools that it is modelled on.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use netlings::cargo::{self, Build};

use super::{has_solutions, root};

/// A server with listeners of both families, connections in several states, and
/// a second process that has inherited all of them. It runs its arguments as a
/// command, and ends with it.
const SERVER: &str = r#"
import os, socket, subprocess, sys
def listen(family, at):
    s = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(at)
    s.listen(7)
    s.set_inheritable(True)
    return s
kept = [listen(socket.AF_INET, ("127.0.0.1", 7000)), listen(socket.AF_INET, ("0.0.0.0", 258)),
        listen(socket.AF_INET6, ("::1", 65535)), listen(socket.AF_INET6, ("::", 7001))]
kept.append(os.dup(kept[0].fileno()))
client = socket.create_connection(("127.0.0.1", 7000))
server, _ = kept[0].accept()
half = socket.create_connection(("127.0.0.1", 7000))
half_server, _ = kept[0].accept()
half.shutdown(socket.SHUT_WR)
gone = socket.create_connection(("127.0.0.1", 7000))
gone_server, _ = kept[0].accept()
gone.close()
gone_server.recv(1)
gone_server.close()
def under_way():
    with open("/proc/net/tcp") as table:
        return {line.split()[3] for line in table.readlines()[1:]} - {"01", "05", "06", "08", "0A"}
# ESTABLISHED, FIN-WAIT-2, TIME-WAIT, CLOSE-WAIT and LISTEN stay as they are.
while under_way():
    os.sched_yield()
child = subprocess.Popen(["sleep", "60"], close_fds=False)
for command in sys.argv[1:]:
    sys.stdout.write(subprocess.run(["sh", "-c", command], capture_output=True, text=True).stdout)
    sys.stdout.write("--\n")
child.kill()
child.wait()
"#;

fn reference() -> PathBuf {
    let Build::Built(programs) = cargo::build(&root(), &["solution-ports"], false) else {
        panic!("solution-ports was not built")
    };
    programs
        .into_iter()
        .next()
        .expect("one package, one program")
}

/// What the commands print, run where the server is: a network of its own.
fn beside_server(commands: [&str; 2]) -> Option<[String; 2]> {
    let output = Command::new("unshare")
        .args(["-Urn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
        .args(["python3", "-c", SERVER])
        .args(commands)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // Refused by the system, or something is missing that we need.
            assert!(!said.contains("Traceback"), "{said}");
            println!(
                "skipped: no network of its own, or no python3: {}",
                said.trim()
            );
            return None;
        }
        Err(error) => {
            println!("skipped: unshare: {error}");
            return None;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = text.split("--\n").map(str::to_owned);
    Some([parts.next()?, parts.next()?])
}

/// State, local and remote address, and the owners, each as (name, pid, fd).
type Row = (String, String, String, BTreeSet<(String, u32, u32)>);

/// The numbers after `pid` and `fd`, whatever stands between.
fn numbers(text: &str) -> (u32, u32) {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    (
        numbers.next().expect("a process id"),
        numbers.next().expect("a descriptor"),
    )
}

/// A line of `ss -tanpO`, in the words of the reference.
fn row_of_ss(line: &str) -> Row {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [state, _, _, local, remote, rest @ ..] = fields.as_slice() else {
        panic!("a line of ss: {line:?}")
    };
    let state = match *state {
        "ESTAB" => "ESTABLISHED",
        "SYN-RECV" => "SYN-RECEIVED",
        "UNCONN" => "CLOSED",
        other => other,
    };
    let remote = if remote.ends_with(":*") { "-" } else { remote };
    // users:(("python3",pid=30624,fd=3),("sleep",pid=30625,fd=3))
    let owners = rest.concat();
    let owners = owners
        .split("(\"")
        .skip(1)
        .filter_map(|owner| owner.split_once("\","))
        .map(|(name, rest)| {
            let (pid, fd) = numbers(rest);
            (name.to_owned(), pid, fd)
        });
    (
        state.to_owned(),
        (*local).to_owned(),
        remote.to_owned(),
        owners.collect(),
    )
}

/// A line of `list --all`.
fn row_of_ours(line: &str) -> Row {
    let mut rest = line;
    let mut column = || {
        let (column, after) = rest.split_once(' ').expect("four columns");
        rest = after.trim_start();
        column.to_owned()
    };
    let (state, local, remote) = (column(), column(), column());
    let owners = rest.split(", ").filter(|owner| *owner != "?").map(|owner| {
        let (name, rest) = owner
            .strip_prefix('"')
            .and_then(|owner| owner.split_once("\" "))
            .expect("a name in quotes");
        let (pid, fd) = numbers(rest);
        (name.to_owned(), pid, fd)
    });
    let owners = owners.collect();
    (state, local, remote, owners)
}

#[test]
fn list_shows_what_ss_shows() {
    if !has_solutions() {
        return;
    }
    if Command::new("ss").arg("-V").output().is_err() {
        println!("skipped: there is no ss");
        return;
    }
    let ours = format!("'{}' list --all", reference().display());
    let Some([ours, theirs]) = beside_server([&ours, "ss -HtanpO"]) else {
        return;
    };
    let ours: BTreeSet<Row> = ours.lines().map(row_of_ours).collect();
    let theirs: BTreeSet<Row> = theirs.lines().map(row_of_ss).collect();
    // Four listeners, two connections with two ends each, and what is left of
    // the third.
    assert!(theirs.len() >= 9, "{theirs:#?}");
    assert_eq!(ours, theirs);
}

#[test]
fn scan_finds_what_ss_shows() {
    if !has_solutions() {
        return;
    }
    let program = reference();
    let ours = format!(
        "'{0}' scan 127.0.0.1:1-65535 --open --timeout 60000",
        program.display()
    );
    let Some([four, six]) = beside_server([&ours, &ours.replace("127.0.0.1", "[::1]")]) else {
        return;
    };
    // A scan never meets itself in the list: what is connected to itself is closed.
    assert_eq!(four, "127.0.0.1:258  open\n127.0.0.1:7000  open\n");
    assert_eq!(six, "[::1]:7001  open\n[::1]:65535  open\n");
}
