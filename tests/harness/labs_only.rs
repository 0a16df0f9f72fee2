//! The course's workspace without the course: labs, solutions and what they
//! need, and nothing of `netlings` itself or the book.
//!
//! Before each build cargo looks at every package of the workspace's lock file,
//! and those of the course are 292, of which the labs need 44: 0.1 s of each save
//! against 0.05. So labs are built in a workspace that is made of the root's own
//! manifest and lock file, with links to the same folders under the same names.
//! It is made anew when either changes, and where it cannot be made, the root
//! does as well.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cargo;

/// The members that are in it.
const MEMBERS: [&str; 3] = ["labs", "solutions", "tests/shortfall"];

/// Where the workspace of the labs of the course at `root` is; the root itself
/// where it cannot be had.
pub fn workspace(root: &Path) -> PathBuf {
    let made = if cfg!(unix) { made(root) } else { None };
    made.unwrap_or_else(|| root.to_owned())
}

/// Its folder, whether it is there or not.
pub fn folder(root: &Path) -> PathBuf {
    cargo::target_dir(root).join("workspace")
}

fn made(root: &Path) -> Option<PathBuf> {
    let folder = folder(root);
    let manifest = fs::read_to_string(root.join("Cargo.toml")).ok()?;
    let lock = fs::read_to_string(root.join("Cargo.lock")).ok()?;
    fs::create_dir_all(folder.join("tests")).ok()?;
    for member in MEMBERS {
        link(&root.join(member), &folder.join(member)).ok()?;
    }
    // What it was made of stands beside it, since cargo trims the lock file.
    let origin = format!("{manifest}\n{lock}");
    let made_of = folder.join("made-of");
    if fs::read_to_string(&made_of).is_ok_and(|made_of| made_of == origin) {
        return Some(folder);
    }
    let mut manifest: toml::Table = toml::from_str(&manifest).ok()?;
    let workspace = manifest.get_mut("workspace")?.as_table_mut()?;
    workspace.remove("default-members");
    let members = workspace.get_mut("members")?.as_array_mut()?;
    members.retain(|member| {
        let member = member.as_str().unwrap_or_default();
        MEMBERS.iter().any(|kept| member.starts_with(kept))
    });
    put(&folder.join("Cargo.toml"), &manifest.to_string()).ok()?;
    put(&folder.join("Cargo.lock"), &lock).ok()?;
    put(&made_of, &origin).ok()?;
    Some(folder)
}

/// Makes a link to a folder, if that is there and the link is not.
fn link(to: &Path, at: &Path) -> io::Result<()> {
    if !to.exists() || fs::read_link(at).is_ok_and(|there| there == to) {
        return Ok(());
    }
    #[cfg(unix)]
    {
        // A course that was moved has links to where it was.
        let _ = fs::remove_file(at);
        std::os::unix::fs::symlink(to, at)
    }
    #[cfg(not(unix))]
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes a file at once, so that nobody reads half of it.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, text)?;
    fs::rename(&new, path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace]\nresolver = \"3\"\n\
        members = [\"tests\", \"tests/shortfall\", \"book\", \"labs/*\"]\ndefault-members = [\"tests\"]\n";

    #[test]
    fn it_follows_the_course_it_was_made_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("course");
        fs::create_dir_all(root.join("labs/hello")).expect("a folder");
        fs::write(root.join("Cargo.toml"), MANIFEST).expect("a file");
        fs::write(root.join("Cargo.lock"), "version = 4\n").expect("a file");
        let read = |root: &Path, name: &str| {
            fs::read_to_string(workspace(root).join(name)).expect("a file")
        };
        let members = |root: &Path| {
            let manifest: toml::Table = read(root, "Cargo.toml").parse().expect("a manifest");
            let workspace = manifest.get("workspace");
            workspace.map(toml::Value::to_string).unwrap_or_default()
        };
        assert_ne!(workspace(&root), root);
        assert!(members(&root).contains(r#"members = ["tests/shortfall", "labs/*"]"#));
        assert!(!members(&root).contains("default-members"));
        assert!(workspace(&root).join("labs/hello").is_dir());
        assert!(!workspace(&root).join("solutions").exists());

        // Cargo trims the lock file, and that is kept until the root's changes.
        let lock = workspace(&root).join("Cargo.lock");
        fs::write(&lock, "version = 4\n# trimmed\n").expect("a file");
        assert_eq!(read(&root, "Cargo.lock"), "version = 4\n# trimmed\n");
        fs::write(root.join("Cargo.lock"), "version = 4\n# newer\n").expect("a file");
        assert_eq!(read(&root, "Cargo.lock"), "version = 4\n# newer\n");

        // A copy elsewhere builds its own labs.
        let moved = folder.path().join("moved");
        fs::rename(&root, &moved).expect("a move");
        let link = fs::read_link(workspace(&moved).join("labs")).expect("a link");
        assert_eq!(link, moved.join("labs"));

        // Without a manifest that can be read, cargo is to say so of the root's.
        fs::write(moved.join("Cargo.toml"), "[workspace").expect("a file");
        assert_eq!(workspace(&moved), moved);
    }
}
