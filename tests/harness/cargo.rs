//! Builds a lab's program and tells the kinds of trouble apart.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

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

/// Builds the program (or library) of each of `packages` in the workspace at
/// `root`; compiler messages come with colour if `colour`.
pub fn build(root: &Path, packages: &[&str], colour: bool) -> Build {
    let names = packages.join(" and ");
    let mut command = Command::new(cargo());
    command
        .current_dir(root)
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
    let output = match command.output() {
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
