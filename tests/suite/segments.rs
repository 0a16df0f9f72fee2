//! The ladders of the chapter on TCP and UDP, recorded again from the reference
//! by the kernel of this machine: what its figures say is what crosses.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use netlings::cargo::{self, Build};

use super::{has_solutions, root};

/// What the pictures need beside the reference.
const TOOLS: [&str; 4] = ["unshare", "ip", "dumpcap", "tshark"];

/// In a network of its own: the talk of the figures, over UDP and then TCP, each
/// word typed when the one before has been shown. `$1` is the program. It waits
/// for events and looks for them now and then; `timeout` bounds it all.
const TALK: &str = r#"
set -eu
ip link set lo up
until_said() { until grep -q "$1" "$2"; do sleep 0.02; done; }
said() { tshark -r packets.pcapng -Y "$1" 2>/dev/null | wc -l; }
dumpcap -q -i lo -w packets.pcapng 2> dumpcap.txt & dumpcap=$!
until_said 'File:' dumpcap.txt
for transport in udp tcp; do
    for side in listener caller; do mkfifo $side.in; : > $side.out; done
    "$1" $transport --listen 127.0.0.1:0 --bye < listener.in > listener.out & listener=$!
    exec 3> listener.in
    until_said 'listening on' listener.out
    to=$(sed -n 's/^listening on //p' listener.out)
    "$1" $transport $to --bye < caller.in > caller.out & caller=$!
    exec 4> caller.in
    echo hi >&4
    until_said hi listener.out
    echo you >&3
    until_said you caller.out
    echo byebye >&4
    wait $caller
    wait $listener
    exec 3>&- 4>&-
    rm listener.in caller.in
done
ss -Htan state time-wait | wc -l > waiting.txt
ss -Htan state time-wait sport = :${to##*:} | wc -l >> waiting.txt
# dumpcap has written a packet a moment after it crossed.
until [ "$(said 'tcp.seq == 12 && tcp.ack == 6')" -ge 1 ]; do
    sleep 0.1
done
kill -INT $dumpcap
wait $dumpcap || true
tshark -r packets.pcapng -Y udp -T fields -e ip.len -e udp.length > udp.txt 2> tshark.txt
tshark -r packets.pcapng -Y tcp -T fields -e tcp.dstport -e tcp.flags -e tcp.seq -e tcp.ack -e tcp.len > tcp.txt 2>> tshark.txt
echo ${to##*:} > port.txt
"#;

/// A segment as it crossed.
#[derive(Debug)]
struct Segment {
    from_caller: bool,
    syn: bool,
    ack: bool,
    fin: bool,
    seq: u32,
    acked: u32,
    len: u32,
}

#[test]
#[ignore = "takes long: a capture, and some tsharks to read it"]
fn the_ladders_of_the_talk_are_what_the_kernel_does() {
    if !has_solutions() {
        return;
    }
    let lacks = |tool: &&&str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
    };
    if let Some(tool) = TOOLS.iter().find(lacks) {
        println!("skipped: there is no {tool}");
        return;
    }
    let own = |command: &str| {
        let mut unshare = Command::new("timeout");
        unshare.args(["300", "unshare", "-rn", "sh", "-c", command, "sh"]);
        unshare
    };
    let can = own("ip link set lo up").output();
    if !can.is_ok_and(|output| output.status.success()) {
        println!("skipped: no network namespaces for this user");
        return;
    }
    let Build::Built(built) = cargo::build(&root(), &["solution-talk"], false) else {
        panic!("solution-talk was not built")
    };
    let program = built.first().expect("it has a program");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output = own(TALK)
        .arg(program)
        .current_dir(folder.path())
        .output()
        .expect("unshare can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);

    // Three datagrams, and nothing else: with IP's header, and with UDP's.
    assert_eq!(read(folder.path(), "udp.txt"), "30\t10\n31\t11\n34\t14\n");

    let port = read(folder.path(), "port.txt");
    let mut seen = BTreeSet::new();
    let segments: Vec<Segment> = read(folder.path(), "tcp.txt")
        .lines()
        .map(|line| segment(line, port.trim()))
        // On a busy machine an ACK may be late, and what it is for is sent again.
        .filter(|it| {
            let takes_numbers = it.syn || it.fin || it.len > 0;
            !takes_numbers || seen.insert((it.from_caller, it.syn, it.fin, it.seq, it.len))
        })
        .collect();
    let shown = format!("{segments:#?}");
    // SYN; SYN, ACK; ACK, each with the number that the one before asked for.
    let opening: Vec<_> = segments
        .iter()
        .take(3)
        .map(|it| (it.from_caller, it.syn, it.ack, it.seq, it.acked))
        .collect();
    let expected = [
        (true, true, false, 0, 0),
        (false, true, true, 0, 1),
        (true, false, true, 1, 1),
    ];
    assert_eq!(opening, expected, "{shown}");
    // `hi`, `you` and `byebye`, each with its LF.
    let data: Vec<_> = segments
        .iter()
        .filter(|it| it.len > 0)
        .map(|it| (it.from_caller, it.seq, it.len))
        .collect();
    assert_eq!(data, [(true, 1, 3), (false, 1, 4), (true, 4, 7)], "{shown}");
    // Who said byebye closes first, and each FIN is acknowledged as an octet.
    let closing: Vec<_> = segments
        .iter()
        .filter(|it| it.fin)
        .map(|it| (it.from_caller, it.seq, it.acked))
        .collect();
    assert_eq!(closing, [(true, 11, 5), (false, 5, 12)], "{shown}");
    let last = segments.last().map(|it| (it.from_caller, it.ack, it.acked));
    assert_eq!(last, Some((true, true, 6)), "{shown}");
    // One end stays, and not at the listener's port.
    assert_eq!(read(folder.path(), "waiting.txt"), "1\n0\n");
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A line of tshark's; `port` is the listener's.
fn segment(line: &str, port: &str) -> Segment {
    let fields: Vec<&str> = line.split('\t').collect();
    let [to, flags, seq, acked, len] = fields.as_slice() else {
        panic!("five fields: {line}")
    };
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("a number: {line}"));
    let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).expect("tshark's flags");
    Segment {
        from_caller: *to == port,
        fin: flags & 1 != 0,
        syn: flags & 2 != 0,
        ack: flags & 16 != 0,
        seq: number(seq),
        acked: number(acked),
        len: number(len),
    }
}
