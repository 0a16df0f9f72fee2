//! What `tshark` says of the frames that the lab `layers` makes and reads, and
//! of its table of protocols. Where there is none, that is skipped.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etherparse::{IpHeaders, Ipv4Header, PacketBuilder, TcpHeader};
use netlings::cargo::{self, Build};

use super::{has_solutions, root};

/// How many frames each side is asked about.
const FRAMES: usize = 200;

/// The reference, or nothing where there is none, or no tshark.
fn reference() -> Option<PathBuf> {
    if !has_solutions() {
        return None;
    }
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: there is no tshark");
        return None;
    }
    match cargo::build(&root(), &["solution-layers"], false) {
        Build::Built(programs) => programs.into_iter().next(),
        Build::Broken(said) | Build::Manifest(said) | Build::Trouble(said) => panic!("{said}"),
    }
}

/// What the reference prints for these lines.
fn answers(program: &Path, args: &[&str], lines: &[String]) -> Vec<String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reference can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the reference ends");
    writer
        .join()
        .expect("the writer does not panic")
        .expect("the reference reads its input");
    let text = String::from_utf8(output.stdout).expect("the reference prints text");
    text.lines().map(str::to_owned).collect()
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    let (pairs, _) = digits.as_chunks::<2>();
    pairs
        .iter()
        .map(|[high, low]| (high << 4 | low) as u8)
        .collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The fields of each frame as tshark reads them, in the order of `fields`.
fn tshark(frames: &[Vec<u8>], fields: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("frames.pcap");
    // The classic format: version 2.4, link type 1, Ethernet.
    let mut file = Vec::new();
    for number in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(number.to_le_bytes());
    }
    for frame in frames {
        let len = frame.len() as u32;
        for number in [0, 0, len, len] {
            file.extend(number.to_le_bytes());
        }
        file.extend(frame);
    }
    fs::write(&path, file).expect("the capture can be written");
    let mut command = Command::new("tshark");
    command
        .args(["-n", "-r"])
        .arg(&path)
        .args(["-T", "fields", "-E", "separator=|"]);
    for check in [
        "ip.check_checksum:TRUE",
        "tcp.check_checksum:TRUE",
        "udp.check_checksum:TRUE",
        // Random ports may be somebody's: what they carry is no matter here.
        "tcp.reassemble_out_of_order:FALSE",
    ] {
        command.args(["-o", check]);
    }
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines()
        .map(|line| line.split('|').map(str::to_owned).collect())
        .collect()
}

#[test]
fn tshark_reads_what_wrap_wrote() {
    let Some(program) = reference() else { return };
    let mut random = fastrand::Rng::with_seed(768);
    let mut lines = Vec::new();
    let mut wanted = Vec::new();
    for index in 0..FRAMES {
        let (from, to) = (
            Ipv4Addr::from_bits(random.u32(..)),
            Ipv4Addr::from_bits(random.u32(..)),
        );
        let (source, destination) = (random.u16(..), random.u16(..));
        let len = if index < 40 {
            index
        } else {
            random.usize(..=1472)
        };
        let message: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
        let text: String = message
            .iter()
            .map(|octet| format!("\\x{octet:02x}"))
            .collect();
        lines.push(format!("{from}:{source} {to}:{destination} {text}"));
        let padding = "00".repeat(18_usize.saturating_sub(len));
        wanted.push([
            "02:00:00:00:00:0a".to_owned(),
            "02:00:00:00:00:50".to_owned(),
            from.to_string(),
            to.to_string(),
            (28 + len).to_string(),
            "7238".to_owned(),
            "17".to_owned(),
            "1".to_owned(),
            source.to_string(),
            destination.to_string(),
            (8 + len).to_string(),
            "1".to_owned(),
            hex(&message),
            padding,
        ]);
    }
    let frames: Vec<Vec<u8>> = answers(&program, &["wrap", "--id", "7238", "--ttl", "17"], &lines)
        .iter()
        .map(|line| octets(line))
        .collect();
    let fields = [
        "eth.src",
        "eth.dst",
        "ip.src",
        "ip.dst",
        "ip.len",
        "ip.id",
        "ip.ttl",
        "ip.checksum.status",
        "udp.srcport",
        "udp.dstport",
        "udp.length",
        "udp.checksum.status",
        "udp.payload",
        "eth.padding",
    ];
    let read = tshark(&frames, &fields);
    assert_eq!(read.len(), FRAMES);
    for ((line, mut read), wanted) in lines.iter().zip(read).zip(&wanted) {
        // It prints the identification in hexadecimal.
        if let Some(id) = read.get_mut(5) {
            *id = u16::from_str_radix(id.trim_start_matches("0x"), 16)
                .map(|id| id.to_string())
                .unwrap_or_default();
        }
        assert_eq!(read, wanted, "{line}");
    }
}

#[test]
fn peel_reads_what_tshark_reads() {
    let Some(program) = reference() else { return };
    let mut random = fastrand::Rng::with_seed(9293);
    let recorded = include_str!("../checks/layers/web-frames.txt");
    // The first is of ARP.
    let mut frames: Vec<Vec<u8>> = recorded.lines().skip(1).map(octets).collect();
    while frames.len() < FRAMES {
        let mut options = |words: usize| -> Vec<u8> {
            // No-operations: tshark looks into options, and these are valid.
            vec![1; random.usize(..=words) * 4]
        };
        let (ip_options, tcp_options) = (options(10), options(10));
        let mut ip = Ipv4Header {
            source: random.u32(..).to_be_bytes(),
            destination: random.u32(..).to_be_bytes(),
            time_to_live: random.u8(1..),
            identification: random.u16(..),
            ..Ipv4Header::default()
        };
        ip.options = ip_options.as_slice().try_into().unwrap_or_default();
        let link = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let link = link.ip(IpHeaders::Ipv4(ip, Default::default()));
        let (source, destination) = (random.u16(49_152..), random.u16(49_152..));
        let len = random.usize(..=600);
        let message: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
        let mut frame = Vec::new();
        if random.bool() {
            link.udp(source, destination).write(&mut frame, &message)
        } else {
            let mut tcp = TcpHeader::new(source, destination, random.u32(..), 1024);
            tcp.ack = true;
            tcp.set_options_raw(&tcp_options)
                .expect("at most ten words");
            link.tcp_header(tcp).write(&mut frame, &message)
        }
        .expect("it fits");
        frame.resize(frame.len().max(60), 0);
        frames.push(frame);
    }
    let fields = [
        "ip.src",
        "udp.srcport",
        "tcp.srcport",
        "ip.dst",
        "udp.dstport",
        "tcp.dstport",
        "ip.ttl",
        "ip.hdr_len",
        "udp.payload",
        "tcp.payload",
        "tcp.hdr_len",
        "eth.padding",
        "ip.checksum.status",
        "udp.checksum.status",
        "tcp.checksum.status",
    ];
    let lines: Vec<String> = frames.iter().map(|frame| hex(frame)).collect();
    let peeled = answers(&program, &["peel"], &lines);
    assert_eq!(peeled.len(), frames.len());
    for (index, (read, peeled)) in tshark(&frames, &fields).iter().zip(&peeled).enumerate() {
        let [
            from,
            udp_from,
            tcp_from,
            to,
            udp_to,
            tcp_to,
            ttl,
            ip_len,
            udp,
            tcp,
            tcp_len,
            padding,
            sums @ ..,
        ] = read.as_slice()
        else {
            panic!("frame {index}: {read:?}");
        };
        let right = |sum: &String| sum.is_empty() || sum == "1";
        assert!(sums.iter().all(right), "frame {index}: {sums:?}");
        let (name, header_len) = if tcp_len.is_empty() {
            ("UDP", "8")
        } else {
            ("TCP", tcp_len.as_str())
        };
        let wanted =
            format!("{from}:{udp_from}{tcp_from} to {to}:{udp_to}{tcp_to}  {name}  ttl {ttl}  id ");
        assert!(
            peeled.contains(&wanted),
            "frame {index}: {wanted} in {peeled}"
        );
        let lens = format!(
            "  octets 14+{ip_len}+{header_len}+{}+{}  ",
            (udp.len() + tcp.len()) / 2,
            padding.len() / 2
        );
        assert!(peeled.contains(&lens), "frame {index}: {lens} in {peeled}");
    }
}

/// Numbers that tshark has under another name, or leaves to heuristics: they
/// were looked up in IANA's registries.
const OTHERWISE: [&str; 22] = [
    "DoH",
    "DoT",
    "DoQ",
    "Discard",
    "FTP",
    "HTTP/2",
    "HTTP/3",
    "HTTPS",
    "IMAP",
    "NFS",
    "NetBIOS",
    "POP3",
    "PPPoE",
    "RTCP",
    "RTP",
    "SIP",
    "SMB",
    "Submission",
    "Syslog",
    "VLAN tag",
    "WebSocket",
    "XMPP",
];

/// The table against tshark's own: which dissector reads what follows a number.
#[test]
fn the_table_of_protocols_agrees_with_tshark() {
    let Ok(protocols) = fs::read_to_string(root().join("labs/layers/protocols.tsv")) else {
        println!("skipped: the lab is not in this tree");
        return;
    };
    let output = Command::new("tshark").args(["-G", "decodes"]).output();
    let Ok(output) = output else {
        println!("skipped: there is no tshark");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let decodes: BTreeSet<&str> = text.lines().collect();
    let mut seen = 0;
    for row in protocols.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [name, also, _, _, numbers, _, _] = cells.as_slice() else {
            panic!("{row}: not seven cells");
        };
        if *numbers == "-" || OTHERWISE.contains(name) {
            continue;
        }
        for number in numbers.split(", ") {
            let (value, below) = number.split_once('/').expect("a number has a slash");
            let value = match value.strip_prefix("0x") {
                Some(digits) => u16::from_str_radix(digits, 16),
                None => value.parse(),
            };
            let value = value.expect("a number of 16 bits");
            let table = match below {
                "ethernet" => "ethertype".to_owned(),
                "ip" => "ip.proto".to_owned(),
                below => format!("{below}.port"),
            };
            let mut names = also.split(", ").chain([*name]).map(str::to_lowercase);
            let known = names.any(|name| decodes.contains(&*format!("{table}\t{value}\t{name}")));
            assert!(known, "{name}: {number}");
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} numbers compared");
}
