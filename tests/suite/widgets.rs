//! The things to touch: what they compute is what the references compute, and
//! in a browser they do as they are told.
//!
//! Their scripts are run by node. Where there is none, and where there is no
//! Chromium for the pages, the tests say so and skip.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netlings::cargo::{self, Build};
use serde_json::Value;

use super::{has_solutions, root};

mod flow;
mod packets;
mod ports;
mod tcp;

/// The seed of all random questions here.
const SEED: u64 = 9293;

/// Whether there is a node to run scripts; 18 is the first that has all they use.
pub fn has_node() -> bool {
    let version = Command::new("node").arg("--version").output();
    let version = version.ok().filter(|output| output.status.success());
    let major = version.and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.trim_start_matches('v')
            .split('.')
            .next()?
            .parse::<u32>()
            .ok()
    });
    let there = major.is_some_and(|major| major >= 18);
    if !there {
        println!("skipped: there is no node of version 18 or later");
    }
    there
}

fn script(name: &str) -> PathBuf {
    root().join("tests/suite/widgets").join(name)
}

/// Runs `command` with `input`, and gives what it printed on both outputs.
pub fn run(command: &mut Command, input: &[u8]) -> (bool, String, String) {
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    let input = input.to_owned();
    // What the program prints must be read while it is fed.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    feeder.join().expect("the feeder does not panic");
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// What the widgets' scripts answer to each of the questions.
fn ask(topic: &str, questions: &[String]) -> Vec<String> {
    let input = questions.iter().fold(String::new(), |mut all, question| {
        assert!(!question.contains('\n'), "one line, one question");
        let _ = writeln!(all, "{question}");
        all
    });
    let (right, answers, said) = run(
        Command::new("node").arg(script("core.mjs")).arg(topic),
        input.as_bytes(),
    );
    assert!(right, "{topic}: {said}");
    let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), questions.len(), "{topic}: an answer each");
    answers
}

/// The reference program of a lab.
fn reference(lab: &str) -> PathBuf {
    let Build::Built(programs) = cargo::build(&root(), &[&format!("solution-{lab}")], false) else {
        panic!("solution-{lab} was not built")
    };
    programs
        .into_iter()
        .next()
        .expect("one package, one program")
}

/// The names of the widgets: the scripts of their folder but the one they share.
fn names() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("book/widgets")).expect("book/widgets can be read");
    entries
        .map(|entry| entry.expect("book/widgets can be read").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "js"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "widget")
        .collect()
}

// ---------------------------------------------------------------- what they compute

/// Words of an address, right and wrong, and some of them put together.
fn address_text(random: &mut fastrand::Rng) -> String {
    const PARTS: [&str; 16] = [
        "0", "1", "9", "10", "63", "64", "127", "128", "172", "192", "224", "255", "256", "00", "",
        "0x1",
    ];
    let count = if random.u8(..10) == 0 {
        random.usize(1..6)
    } else {
        4
    };
    let parts: Vec<String> = (0..count)
        .map(|_| match random.u8(..4) {
            0 => random.choice(PARTS).expect("some").to_owned(),
            _ => random.u8(..).to_string(),
        })
        .collect();
    parts.join(".")
}

fn v6_text(random: &mut fastrand::Rng) -> String {
    const PARTS: [&str; 10] = [
        "0",
        "0",
        "0",
        "1",
        "ffff",
        "2001",
        "DB8",
        "0000",
        "fe80",
        "192.0.2.1",
    ];
    let count = random.usize(1..9);
    let parts: Vec<&str> = (0..count).filter_map(|_| random.choice(PARTS)).collect();
    let mut text = parts.join(":");
    for _ in 0..random.u8(..3) {
        let colons: Vec<usize> = text.match_indices(':').map(|(at, _)| at).collect();
        match colons.get(random.usize(..colons.len().max(1))) {
            Some(&at) => text.insert(at, ':'),
            None => text.push_str("::"),
        }
    }
    text
}

/// The chapter's own texts, the bounds of every range, and 2,000 random ones.
#[test]
fn the_address_explorer_reads_as_the_reference_reads() {
    if !has_node() || !has_solutions() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    let mut plain: Vec<String> = [
        "192.0.2.1",
        "192.0.2.010",
        "0.0.0.0",
        "255.255.255.255",
        "1.2.3",
        "1.2.3.4.5",
        "",
        ".",
        "+1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.0x4",
        "99999999999999999999.1.1.1",
        "1..2.3",
        "00.1.1.1",
    ]
    .map(str::to_owned)
    .to_vec();
    for prefix in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "255.255.255.255/32",
    ] {
        let net: ipnet::Ipv4Net = prefix.parse().expect("a prefix");
        let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
        for bits in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
            plain.push(std::net::Ipv4Addr::from(bits).to_string());
        }
    }
    plain.extend((0..500).map(|_| address_text(random)));
    let mut prefixes: Vec<String> = (0..=33).map(|len| format!("192.168.1.77/{len}")).collect();
    prefixes.extend((0..=32).map(|len| {
        let mask = u32::MAX.checked_shl(32 - len).unwrap_or(0);
        format!("10.1.2.3/{}", std::net::Ipv4Addr::from(mask))
    }));
    prefixes.extend(
        [
            "1.2.3.4",
            "1.2.3.4/",
            "1.2.3.4/026",
            "1.2.3.4/+6",
            "1.2.3.4/255.0.255.0",
            "1.2.3/8",
        ]
        .map(str::to_owned),
    );
    prefixes.extend((0..500).map(|_| format!("{}/{}", address_text(random), random.u8(..36))));
    prefixes.extend((0..100).map(|_| format!("{}/{}", address_text(random), address_text(random))));
    let mut v6: Vec<String> = [
        "::",
        "::1",
        "1::",
        "2001:db8::1",
        "2001:DB8:0:0:0:0:0:1",
        "::ffff:192.0.2.1",
        "1::2::3",
        "1:2:3:4::5:6:7:8",
        "12345::",
        ":1::2",
        "1:::2",
        "::192.0.2.1:5",
        "1:2:3:4:5:6:7::",
        "",
        "fe80::1%eth0",
        "2001:db8:0:0:1::1",
        "2001:0:0:1:0:0:0:1",
        "1:2:3:4:5:6:192.0.2.1",
    ]
    .map(str::to_owned)
    .to_vec();
    v6.extend((0..800).map(|_| v6_text(random)));

    let program = reference("addresses");
    for (command, texts) in [
        ("parse", &plain),
        ("class", &plain),
        ("net", &prefixes),
        ("v6", &v6),
    ] {
        let (_, answers, _) = run(
            Command::new(&program).arg(command),
            (texts.join("\n") + "\n").as_bytes(),
        );
        let questions: Vec<String> = texts
            .iter()
            .map(|text| format!("{command} {text}"))
            .collect();
        let ours = ask("addresses", &questions);
        assert_eq!(
            answers.lines().count(),
            ours.len(),
            "{command}: an answer each"
        );
        for ((question, expected), came) in questions.iter().zip(answers.lines()).zip(&ours) {
            assert_eq!(came, expected, "{question}");
        }
        let right = answers
            .lines()
            .filter(|line| !line.starts_with('!'))
            .count();
        assert!(
            right > 30 && right < ours.len(),
            "{command}: {right} of {}",
            ours.len()
        );
    }
}

/// The chapter's reference has no IPv6 prefixes; the standard library's numbers
/// and ipnet have.
#[test]
fn the_address_explorer_cuts_ipv6_addresses_where_ipnet_cuts_them() {
    if !has_node() {
        return;
    }
    let texts = [
        "::1/128",
        "::/128",
        "::ffff:0:0/96",
        "fe80::/10",
        "fc00::/7",
        "ff00::/8",
        "2001:db8::/32",
        "3fff::/20",
    ];
    let ranges = texts.map(|range| range.parse::<ipnet::Ipv6Net>().expect("a prefix"));
    let random = &mut fastrand::Rng::with_seed(SEED);
    let mut nets: Vec<ipnet::Ipv6Net> = (0..=128)
        .map(|len| ipnet::Ipv6Net::new(random.u128(..).into(), len).expect("at most 128"))
        .collect();
    for range in ranges {
        let (first, last) = (u128::from(range.network()), u128::from(range.broadcast()));
        for bits in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
            nets.push(ipnet::Ipv6Net::new(bits.into(), random.u8(..=128)).expect("at most 128"));
        }
    }
    let questions: Vec<String> = nets.iter().map(|net| format!("net6 {net}")).collect();
    for (net, came) in nets.iter().zip(ask("addresses", &questions)) {
        let range = texts
            .iter()
            .zip(&ranges)
            .find(|(_, range)| range.contains(&net.addr()));
        let range = range.map_or("none", |(text, _)| text);
        assert_eq!(
            came,
            format!("{} {} {range}", net.network(), net.broadcast()),
            "{net}"
        );
    }
}

/// Frames of each framing, whole, damaged and cut in every way.
#[test]
fn the_stream_cutter_frames_as_the_reference_frames() {
    if !has_node() || !has_solutions() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    let program = reference("framing");
    let hex = |octets: &[u8]| {
        octets
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    };
    let mut questions = Vec::new();
    let mut expected = Vec::new();
    for framing in ["length", "line", "cobs"] {
        let mut streams: Vec<Vec<u8>> = Vec::new();
        for turn in 0..60 {
            let len = *random
                .choice(&[0, 1, 2, 5, 20, 253, 254, 255, 508, 600])
                .expect("some");
            let message: Vec<u8> = (0..len)
                .map(|_| match turn % 3 {
                    0 => *random.choice(&[0, 0x0a, 0x5c, b'n', b'a']).expect("some"),
                    1 => random.u8(1..),
                    _ => random.u8(..),
                })
                .collect();
            let text: String = message
                .iter()
                .map(|octet| format!("\\x{octet:02x}"))
                .chain(["\n".to_owned()])
                .collect();
            let output = Command::new(&program)
                .args(["encode", "--framing", framing])
                .stdin(file_with(text.as_bytes()))
                .output()
                .expect("the reference can be started");
            questions.push(format!("emit {framing} {}", hex(&message)));
            expected.push(hex(&output.stdout));
            streams.push(output.stdout);
        }
        for turn in 0..80 {
            let mut stream: Vec<u8> = (0..random.usize(1..4))
                .flat_map(|_| random.choice(&streams).expect("some").clone())
                .collect();
            match turn % 4 {
                // A stream that ends too early.
                1 => stream.truncate(random.usize(..stream.len())),
                // Octets that are wrong.
                2 => {
                    let at = random.usize(..stream.len());
                    if let Some(octet) = stream.get_mut(at) {
                        *octet = random.u8(..);
                    }
                }
                // No frames at all.
                3 => stream = (0..random.usize(1..40)).map(|_| random.u8(..6)).collect(),
                _ => {}
            }
            let pieces: Vec<String> = (0..random.usize(1..5))
                .map(|_| random.usize(1..9).to_string())
                .collect();
            let output = Command::new(&program)
                .args([
                    "decode",
                    "--framing",
                    framing,
                    "--pieces",
                    &pieces.join(","),
                ])
                .stdin(file_with(&stream))
                .output()
                .expect("the reference can be started");
            let messages = String::from_utf8_lossy(&output.stdout).into_owned();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            questions.push(format!(
                "decode {framing} {} {}",
                hex(&stream),
                pieces.join(",")
            ));
            expected.push(
                serde_json::json!({
                    "messages": messages.lines().collect::<Vec<_>>(),
                    "error": said.trim_end().strip_prefix("error: "),
                })
                .to_string(),
            );
        }
    }
    let refused = expected
        .iter()
        .filter(|text| text.contains("offset"))
        .count();
    assert!(refused > 60, "only {refused} of the streams are wrong");
    for ((question, expected), came) in questions
        .iter()
        .zip(&expected)
        .zip(ask("framing", &questions))
    {
        let came = match serde_json::from_str::<Value>(&came) {
            Ok(value) if question.starts_with("decode") => value.to_string(),
            _ => came,
        };
        assert_eq!(&came, expected, "{question}");
    }
}

fn file_with(octets: &[u8]) -> fs::File {
    use std::io::{Seek, SeekFrom};
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(octets).expect("written");
    file.seek(SeekFrom::Start(0)).expect("a file has a start");
    file
}

// ---------------------------------------------------------------- what they draw

/// What stands where no script runs is what the script draws first.
#[test]
fn every_still_is_what_its_widget_draws() {
    if !has_node() {
        return;
    }
    let record = std::env::var_os("NETLINGS_RECORD").is_some_and(|value| value == "1");
    let stills = root().join("book/widgets/stills");
    for name in names() {
        let (right, drawn, said) = run(
            Command::new("node").arg(script("stills.mjs")).arg(&name),
            b"",
        );
        assert!(right, "{name}: {said}");
        let path = stills.join(&name).with_extension("html");
        if record {
            fs::create_dir_all(&stills).expect("book/widgets can be written");
            fs::write(&path, drawn).expect("book/widgets can be written");
            continue;
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == drawn,
            "{} is not what {name}.js draws; NETLINGS_RECORD=1 writes it anew",
            path.display()
        );
    }
}

/// A still is all that some readers see, and it may not be one of a kind twice.
#[test]
fn every_widget_has_a_still_and_every_still_its_widget() {
    let stills = fs::read_dir(root().join("book/widgets/stills")).expect("the stills can be read");
    let stills: BTreeSet<String> = stills
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    assert_eq!(stills, names());
    let page = fs::read_to_string(root().join("book/src/touch.md")).expect("the page of them all");
    for name in stills {
        let line = format!("\n{{{{#widget {name}}}}}\n");
        assert!(page.contains(&line), "{name} is not in book/src/touch.md");
    }
}

// ---------------------------------------------------------------- in a browser

/// The folder of the browser's driver, and the browser; `None`, with the reason,
/// where something is missing.
pub(super) fn browser() -> Option<(PathBuf, PathBuf)> {
    if !has_node() {
        return None;
    }
    let tools = root().join("target/browser");
    let has = |package: &str| tools.join("node_modules").join(package).is_dir();
    if !has("playwright-core") || !has("axe-core") {
        println!(
            "skipped: no playwright-core and axe-core in target/browser; .ci/run puts them there"
        );
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let chromium = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file());
    if chromium.is_none() {
        println!("skipped: there is no chromium");
    }
    Some((tools, chromium?))
}

/// Builds the book and hands it to a script that drives Chromium, with the word
/// for the part of it that is wanted.
pub fn browse(driver: &Path, part: &str) {
    let Some((tools, chromium)) = browser() else {
        return;
    };
    let book = tempfile::tempdir().expect("a temporary folder");
    let built = Command::new(cargo::cargo())
        .current_dir(root())
        .args([
            "run",
            "--quiet",
            "--package",
            "netlings-book",
            "--",
            "build",
            "--dest",
        ])
        .arg(book.path().join("book"))
        .output()
        .expect("cargo can be started");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let (right, said, faults) = run(
        Command::new("node")
            .arg(driver)
            .arg(part)
            .arg(book.path().join("book"))
            .args([tools, chromium]),
        b"",
    );
    print!("{said}");
    assert!(right, "{part}\n{said}{faults}");
}

#[test]
#[ignore = "takes long: builds the book and starts a browser"]
fn in_a_browser_every_widget_is_used_by_keyboard_and_by_pointer() {
    browse(&script("page.mjs"), "use");
}

#[test]
#[ignore = "takes long: builds the book and starts a browser"]
fn in_a_browser_every_widget_is_for_everyone() {
    browse(&script("page.mjs"), "everyone");
}

/// Prints what each page weighs: the figures of the maintainers' page.
#[test]
#[ignore = "takes long: builds the book and starts a browser"]
fn in_a_browser_the_pages_are_light() {
    browse(&script("page.mjs"), "weigh");
}

/// A line for a widget that is not there, twice on a page, or in a listing.
#[test]
#[ignore = "takes long: compiles mdBook"]
fn a_widget_that_cannot_be_placed_stops_the_build() {
    let course = tempfile::tempdir().expect("a temporary folder");
    let book = course.path().join("book");
    for (path, text) in [
        ("book.toml", "[book]\ntitle = \"t\"\n"),
        ("src/SUMMARY.md", "- [A](a.md)\n"),
        ("widgets/one.js", "export default 1;\n"),
        ("widgets/stills/one.html", "<p id=\"ID-t\">One.</p>\n"),
        ("widgets/two.js", "export default 2;\n"),
    ] {
        let path = book.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&book)).expect("made");
        fs::write(path, text).expect("written");
    }
    let build = |page: &str| {
        fs::write(book.join("src/a.md"), page).expect("written");
        let output = Command::new(cargo::cargo())
            .current_dir(course.path())
            .args([
                "run",
                "--quiet",
                "--package",
                "netlings-book",
                "--manifest-path",
            ])
            .arg(root().join("Cargo.toml"))
            .args(["--", "build", "--dest"])
            .arg(course.path().join("built"))
            .output()
            .expect("cargo can be started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(
        build("# A\n\n{{#widget none}}\n")
            .contains("book/src/a.md:3: widget none: there is no widgets/none.js")
    );
    assert!(build("# A\n\n{{#widget two}}\n").contains("book/src/a.md:3: widget two: its still: "));
    assert!(
        build("# A\n\n{{#widget one}}\n\n{{#widget one}}\n")
            .contains("book/src/a.md:5: the widget one is on this page twice")
    );
    assert_eq!(
        build("# A\n\n{{#widget one}}\n\n```text\n{{#widget none}}\n```\n"),
        ""
    );
    let page = fs::read_to_string(course.path().join("built/a.html")).expect("the page is built");
    for text in [
        "<net-one data-widget=\"one\">",
        "id=\"a-one-t\"",
        "src=\"widgets/one.js\"",
        "{{#widget none}}",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(course.path().join("built/widgets/one.js").is_file());
}
