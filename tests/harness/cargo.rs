//! Builds a lab's program and tells the kinds of trouble apart.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::labs_only;
use crate::runner::read_all;
use crate::tree::Tree;
use crate::wait::{self, Cancel};

/// What a build came to.
pub enum Build {
    /// What was asked for is there, in the order of the packages.
    Built(Vec<PathBuf>),
    /// The code does not compile; the compiler's own words.
    Broken(String),
    /// A `Cargo.toml` cannot be read; cargo's own words.
    Manifest(String),
    /// Something else: no cargo, no disk, no network.
    Trouble(String),
}

/// Where labs are built: a folder of their own, so that an editor that builds
/// in `target` never makes a learner wait.
pub fn target_dir(root: &Path) -> PathBuf {
    root.join("target").join("netlings")
}

/// The cargo that started us, or else the one in the path.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The line of cargo's own that tells what a build made.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Builds the program (or library) of each of `packages`, labs and what they need,
/// of the course at `root`; compiler messages come with colour if `colour`.
pub fn build(root: &Path, packages: &[&str], colour: bool) -> Build {
    come_to(root, packages, command(root, packages, colour).output())
}

/// The same, for a build that nobody may want any more before it is done: then
/// cargo and its compilers are ended, and there is nothing to say.
pub fn build_unless(cancel: &Cancel, root: &Path, packages: &[&str]) -> Option<Build> {
    let mut command = command(root, packages, false);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tree = match Tree::start(&mut command) {
        Ok(tree) => tree,
        Err(error) => return Some(come_to(root, packages, Err(error))),
    };
    let stdout = tree.child.stdout.take().map(read_all);
    let stderr = tree.child.stderr.take().map(read_all);
    let mut status = None;
    while status.is_none() && !cancel.is_cancelled() {
        // Cargo ends when it is done: there is no deadline, only turns.
        let turn = Instant::now() + Duration::from_secs(1);
        status = wait::until(turn, || match tree.child.try_wait() {
            _ if cancel.is_cancelled() => Some(None),
            Ok(None) => None,
            Ok(Some(status)) => Some(Some(Ok(status))),
            Err(error) => Some(Some(Err(error))),
        })
        .flatten();
    }
    tree.end();
    let text = |reader: Option<JoinHandle<Vec<u8>>>| {
        reader
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default()
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    let output = status?.map(|status| Output {
        status,
        stdout,
        stderr,
    });
    Some(come_to(root, packages, output))
}

fn command(root: &Path, packages: &[&str], colour: bool) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(labs_only::workspace(root))
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--color", if colour { "always" } else { "never" }])
        .arg("--target-dir")
        .arg(target_dir(root))
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .stdin(Stdio::null());
    for (name, between) in [
        ("RUSTFLAGS", ' '),
        ("CARGO_BUILD_RUSTFLAGS", ' '),
        ("CARGO_ENCODED_RUSTFLAGS", '\u{1f}'),
    ] {
        let Ok(flags) = env::var(name) else { continue };
        match without_lints(&flags, between) {
            flags if flags.is_empty() => command.env_remove(name),
            flags => command.env(name, flags),
        };
    }
    command
}

/// `flags` of rustc without lint levels: a shell whose RUSTFLAGS make an error
/// of each warning would keep a half-written program from being checked.
fn without_lints(flags: &str, between: char) -> String {
    let mut kept = Vec::new();
    let mut flags = flags.split(between).filter(|flag| !flag.is_empty());
    while let Some(flag) = flags.next() {
        match flag {
            "-D" | "-F" | "-W" | "--deny" | "--forbid" | "--warn" => drop(flags.next()),
            _ if ["-D", "-F", "-W", "--deny=", "--forbid=", "--warn="]
                .iter()
                .any(|level| flag.starts_with(level)) => {}
            _ => kept.push(flag),
        }
    }
    kept.join(&between.to_string())
}

fn come_to(root: &Path, packages: &[&str], output: io::Result<Output>) -> Build {
    let names = packages.join(" and ");
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Build::Trouble(
                "there is no cargo in the PATH; https://rust-lang.org/tools/install has it"
                    .to_owned(),
            );
        }
        Err(error) => return Build::Trouble(format!("cargo cannot be started: {error}")),
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // A file is where the learner has it.
    let workspace = labs_only::folder(root).display().to_string();
    let said = said.replace(&workspace, &root.display().to_string());
    if output.status.success() {
        let lines = output.stdout.split(|&octet| octet == b'\n');
        let messages: Vec<Message> = lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let paths = packages.iter().map(|package| {
            messages
                .iter()
                .find_map(|message| artifact(message, package))
        });
        return match paths.collect() {
            Some(paths) => Build::Built(paths),
            None => Build::Trouble(format!("cargo built {names} and did not say where")),
        };
    }
    // Cargo has no codes for these; its sentences have not changed for years.
    let not_the_code = [
        "No space left on device",
        "linker `",
        "Read-only file system",
        "Permission denied",
    ];
    if not_the_code.iter().any(|sign| said.contains(sign)) {
        Build::Trouble(format!("cargo could not build {names}:\n{said}"))
    } else if said.contains("could not compile") {
        Build::Broken(said)
    } else if said.contains("manifest") || said.contains("did not match any packages") {
        Build::Manifest(said)
    } else {
        Build::Trouble(format!("cargo could not build {names}:\n{said}"))
    }
}

fn artifact(message: &Message, package: &str) -> Option<PathBuf> {
    let target = message.target.as_ref()?;
    if message.reason != "compiler-artifact" {
        return None;
    }
    if target.name == package && message.executable.is_some() {
        return message.executable.clone();
    }
    // A library to preload.
    let library =
        target.name == package.replace('-', "_") && target.kind.iter().any(|kind| kind == "cdylib");
    if library {
        message.filenames.first().cloned()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lint_levels_are_left_out_of_rustflags() {
        assert_eq!(without_lints("-D warnings", ' '), "");
        assert_eq!(without_lints("--deny=warnings -Dunused", ' '), "");
        assert_eq!(
            without_lints("-C link-arg=-s  -F unsafe_code --cfg a", ' '),
            "-C link-arg=-s --cfg a"
        );
        assert_eq!(without_lints("-D\u{1f}warnings\u{1f}-g", '\u{1f}'), "-g");
    }
}
