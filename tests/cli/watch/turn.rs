//! Whose turn it is to check at a save. A watch in a terminal takes the turn
//! as long as it lives; the checker behind the book's pages asks whether
//! somebody has it. It is a lock on a file, which ends with its holder however
//! that ends.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

fn path(root: &Path) -> PathBuf {
    root.join(".netlings").join("watch.lock")
}

/// Takes the turn until what is returned is dropped; several may have it. None
/// where the file system has no locks: then a save may be checked twice.
pub fn take(root: &Path) -> Option<File> {
    fs::create_dir_all(root.join(".netlings")).ok()?;
    let mut file = File::create(path(root)).ok()?;
    file.lock_shared().ok()?;
    // Whoever watches the folder hears of it.
    writeln!(file, "{}", std::process::id()).ok()?;
    Some(file)
}

/// Whether somebody has the turn.
pub fn is_taken(root: &Path) -> bool {
    // For reading: what is written to would be heard of as a change.
    let Ok(file) = File::open(path(root)) else {
        return false;
    };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Returns when nobody has the turn any more.
pub fn wait(root: &Path) {
    if let Ok(file) = File::open(path(root)) {
        let _ = file.lock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_lasts_as_long_as_its_last_holder() {
        let root = tempfile::tempdir().expect("a folder can be made");
        let root = root.path();
        assert!(!is_taken(root));
        let (first, second) = (take(root), take(root));
        assert!(first.is_some() && second.is_some() && is_taken(root));
        drop(first);
        assert!(is_taken(root));
        drop(second);
        assert!(!is_taken(root));
        wait(root);
    }
}
