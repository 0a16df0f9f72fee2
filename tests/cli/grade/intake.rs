//! What is taken of a submission: the learner's files, and nothing else.
//!
//! A submission is a folder that somebody else has filled. Links, pipes,
//! devices and whatever leads out of it are refused by the kernel (`openat2`);
//! what is taken is copied once, and only the copy is built and graded.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use netlings::course::Lab;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use sha2::{Digest, Sha256};

use super::pack::hex;

/// The most octets that a file may have.
const FILE_LEN_MAX: u64 = 256 << 10;

/// The copy of a submission.
pub struct Taken {
    /// The digest over names and contents.
    pub sha256: String,
    /// The files that are not there or not to be had, each with the reason.
    pub missing: Vec<String>,
}

/// Copies the learner's files of `lab` from the submission at `from` to `to`.
/// They lie there as in the course, `labs/NAME/src/...`, as in the lab,
/// `src/...`, or without a folder.
///
/// # Errors
/// What the system says of the copy, never of the submission.
pub fn take(from: &Path, lab: &Lab, to: &Path) -> io::Result<Taken> {
    let mut digest = Sha256::new();
    let mut missing = Vec::new();
    let in_course = Path::new("labs").join(&lab.name);
    let in_course = if from.join(&in_course).is_dir() {
        in_course
    } else {
        PathBuf::new()
    };
    // Or as they were uploaded, one beside the other.
    let is_flat = in_course.as_os_str().is_empty() && !from.join("src").is_dir();
    for file in &lab.yours {
        let there = match file.file_name() {
            Some(name) if is_flat => PathBuf::from(name),
            _ => in_course.join(file),
        };
        match open(from, &there) {
            Ok(octets) => {
                let copy = to.join(file);
                if let Some(folder) = copy.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&copy, &octets)?;
                digest.update(file.to_string_lossy().as_bytes());
                digest.update([0]);
                digest.update(octets.len().to_be_bytes());
                digest.update(&octets);
            }
            Err(why) => missing.push(format!("{}: {why}", file.display())),
        }
    }
    Ok(Taken {
        sha256: hex(&digest.finalize()),
        missing,
    })
}

/// Reads a file of the submission, if it is one.
fn open(root: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let said = |error: rustix::io::Errno| match error {
        rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR => "not there".to_owned(),
        rustix::io::Errno::LOOP | rustix::io::Errno::XDEV => {
            "a link, or behind one, which is not followed".to_owned()
        }
        error => io::Error::from(error).to_string(),
    };
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(root, folder, Mode::empty()).map_err(said)?;
    let file = rustix::fs::openat2(
        root,
        path,
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV,
    );
    let file = File::from(file.map_err(said)?);
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("no regular file".to_owned());
    }
    // It may grow while it is read.
    let mut octets = Vec::new();
    let read = file.take(FILE_LEN_MAX + 1).read_to_end(&mut octets);
    read.map_err(|error| error.to_string())?;
    if octets.len() as u64 > FILE_LEN_MAX {
        return Err(format!("more than {FILE_LEN_MAX} octets"));
    }
    Ok(octets)
}
