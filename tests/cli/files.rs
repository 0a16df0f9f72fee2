//! Writing files so that a reader sees the old content or the new, and a full
//! disk is noticed before anything is replaced.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files written beside their places and not yet moved there. What is not
/// moved is removed.
#[derive(Default)]
pub struct Staged {
    /// The file beside, and its place.
    files: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    /// Writes `octets` beside `path`, whose folder is made if it is missing.
    pub fn add(&mut self, path: &Path, octets: &[u8]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".netlings-{}", std::process::id()));
        let beside = path.with_file_name(name);
        self.files.push((beside.clone(), path.to_owned()));
        let mut file = fs::File::create(&beside)?;
        file.write_all(octets)?;
        file.sync_all()?;
        if let Ok(old) = fs::metadata(path) {
            fs::set_permissions(&beside, old.permissions())?;
        }
        Ok(())
    }

    /// Moves every file to its place.
    pub fn commit(mut self) -> io::Result<()> {
        while let Some((beside, path)) = self.files.first() {
            fs::rename(beside, path)?;
            self.files.remove(0);
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.files {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Replaces one file.
pub fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut staged = Staged::default();
    staged.add(path, octets)?;
    staged.commit()
}
