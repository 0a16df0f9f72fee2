//! Writing a tree's files into the folder: each is the old one or the new one at
//! any moment, and what cannot be done is known before anything is.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use netlings::course::Trouble;

use super::git::{Entries, Entry, Git, TreePath, os_path};
use super::{lab_of, shown};
use crate::reset;

/// The paths in which two trees differ.
pub fn differing<'a>(
    from: &'a Entries,
    to: &'a Entries,
) -> impl Iterator<Item = &'a TreePath> + use<'a> {
    let paths: BTreeSet<&TreePath> = from.keys().chain(to.keys()).collect();
    paths
        .into_iter()
        .filter(|path| from.get(*path) != to.get(*path))
}

/// What would not go: files that are read-only, folders where a file is to be.
///
/// # Errors
/// The first such path.
pub fn refuse(root: &Path, from: &Entries, to: &Entries) -> Result<(), Trouble> {
    for path in differing(from, to) {
        let file = root.join(os_path(path));
        let Ok(there) = fs::symlink_metadata(&file) else {
            continue;
        };
        if there.is_dir() {
            let inside = [path.as_slice(), b"/"].concat();
            if to.contains_key(path) && !from.keys().any(|path| path.starts_with(&inside)) {
                return Err(Trouble::Misuse(format!(
                    "{} is a folder here and a file in the newer course; give yours another name and update again. \
                     Nothing was changed",
                    shown(path)
                )));
            }
        } else if there.permissions().readonly() && !there.is_symlink() {
            return Err(Trouble::Misuse(format!(
                "{} is read-only; make it writable and update again. Nothing was changed",
                shown(path)
            )));
        }
    }
    Ok(())
}

/// A file that lies ready, and its place.
struct Ready {
    beside: PathBuf,
    place: PathBuf,
    path: TreePath,
}

/// Makes the folder, which holds `from`, hold `to`.
///
/// # Errors
/// What the system says; then all is as it was.
pub fn write(root: &Path, git: &Git, from: &Entries, to: &Entries) -> Result<(), Trouble> {
    let ready = root.join(".netlings").join("update");
    // What an update that was ended has left.
    let _ = fs::remove_dir_all(&ready);
    let done =
        prepare(root, git, from, to, &ready).and_then(|files| replace(root, &files, from, to));
    let _ = fs::remove_dir_all(&ready);
    done
}

fn trouble(path: &[u8]) -> impl Fn(io::Error) -> Trouble {
    let path = shown(path);
    move |error| {
        Trouble::Ours(format!(
            "{path} cannot be written ({error}); nothing was changed"
        ))
    }
}

/// Writes every new content beside, so that a full disk is noticed first.
fn prepare(
    root: &Path,
    git: &Git,
    from: &Entries,
    to: &Entries,
    ready: &Path,
) -> Result<Vec<Ready>, Trouble> {
    let mut files = Vec::new();
    for (number, path) in differing(from, to).enumerate() {
        let Some(entry) = to.get(path) else { continue };
        let place = root.join(os_path(path));
        let octets = if entry.mode == "120000" {
            git.blob(&entry.oid)?
        } else {
            git.checked_out(path, &entry.oid)?
        };
        let beside = ready.join(number.to_string());
        fs::create_dir_all(ready)
            .and_then(|()| lay(&beside, &octets, entry, &place))
            .map_err(trouble(path))?;
        let path = path.clone();
        files.push(Ready {
            beside,
            place,
            path,
        });
    }
    Ok(files)
}

/// Writes one file, with the permissions that it is to have.
fn lay(beside: &Path, octets: &[u8], entry: &Entry, place: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if entry.mode == "120000" {
        return std::os::unix::fs::symlink(os_path(octets), beside);
    }
    let mut file = fs::File::create(beside)?;
    file.write_all(octets)?;
    file.sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let old = fs::symlink_metadata(place)
            .ok()
            .filter(fs::Metadata::is_file);
        let mut permissions = old.map_or(file.metadata()?, |old| old).permissions();
        let mode = permissions.mode();
        // Whoever may read it may run it, or nobody may.
        permissions.set_mode(match entry.mode.as_str() {
            "100755" => mode | (mode & 0o444) >> 2,
            _ => mode & !0o111,
        });
        fs::set_permissions(beside, permissions)?;
    }
    #[cfg(not(unix))]
    let _ = place;
    Ok(())
}

/// Moves every file to its place, and takes away what is gone. What fails half
/// way is put back.
fn replace(root: &Path, files: &[Ready], from: &Entries, to: &Entries) -> Result<(), Trouble> {
    let in_the_way = keep_strangers(root, files, from)?;
    // A folder in `labs` without a manifest stops cargo: a lab that is gone goes
    // as a whole, with whatever else lies in it.
    let labs_left: BTreeSet<String> = to.keys().filter_map(|path| lab_of(path)).collect();
    let labs_gone: BTreeSet<String> = from
        .keys()
        .filter_map(|path| lab_of(path))
        .filter(|lab| !labs_left.contains(lab))
        .collect();
    let in_gone_lab = |path: &TreePath| lab_of(path).is_some_and(|lab| labs_gone.contains(&lab));
    let gone: Vec<&TreePath> = from
        .keys()
        .filter(|path| !to.contains_key(*path) && !in_gone_lab(path))
        .collect();
    let mut old: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    let mut put = |file: &Path, deed: &dyn Fn() -> io::Result<()>| {
        let before = fs::read(file).ok();
        deed()?;
        old.push((file.to_owned(), before));
        Ok(())
    };
    let moved = files
        .iter()
        .try_for_each(|ready| put(&ready.place, &|| place(ready)).map_err(trouble(&ready.path)));
    let done = moved.and_then(|()| {
        gone.iter().try_for_each(|path| {
            let file = root.join(os_path(path));
            let remove = || match fs::remove_file(&file) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                removed => removed,
            };
            put(&file, &remove).map_err(trouble(path))
        })
    });
    if let Err(why) = done {
        for (file, before) in old.iter().rev() {
            let _ = match before {
                Some(octets) => crate::files::replace(file, octets),
                None => fs::remove_file(file),
            };
        }
        return Err(why);
    }
    for path in &gone {
        let parents = os_path(path);
        for folder in parents
            .ancestors()
            .skip(1)
            .filter(|folder| *folder != Path::new(""))
        {
            // One that is not empty stays.
            if fs::remove_dir(root.join(folder)).is_err() {
                break;
            }
        }
    }
    put_away_labs(root, &labs_gone, in_the_way)
}

fn place(ready: &Ready) -> io::Result<()> {
    if let Some(folder) = ready.place.parent() {
        fs::create_dir_all(folder)?;
    }
    if ready.place.is_dir() && !ready.place.is_symlink() {
        // Its files are gone or go; one that stays is told.
        fs::remove_dir(&ready.place)?;
    }
    match fs::rename(&ready.beside, &ready.place) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            crate::files::replace(&ready.place, &fs::read(&ready.beside)?)
        }
        moved => moved,
    }
}

/// Keeps the files that git ignores and that lie where new ones are to be.
/// Gives the folder, if there was one.
fn keep_strangers(
    root: &Path,
    files: &[Ready],
    from: &Entries,
) -> Result<Option<PathBuf>, Trouble> {
    let mut folder = None;
    for ready in files.iter().filter(|ready| !from.contains_key(&ready.path)) {
        if !ready.place.is_file() {
            continue;
        }
        let kept = kept(root, &mut folder).map_err(trouble(&ready.path))?;
        let to = kept.join(os_path(&ready.path));
        to.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::copy(&ready.place, &to))
            .map_err(trouble(&ready.path))?;
    }
    Ok(folder)
}

fn kept(root: &Path, folder: &mut Option<PathBuf>) -> io::Result<PathBuf> {
    if let Some(folder) = folder {
        return Ok(folder.clone());
    }
    let made = reset::new_kept(root)?;
    *folder = Some(root.join(&made));
    Ok(root.join(made))
}

/// Moves the folders of labs that are gone to what is kept.
fn put_away_labs(
    root: &Path,
    labs: &BTreeSet<String>,
    mut folder: Option<PathBuf>,
) -> Result<(), Trouble> {
    for lab in labs {
        let place = root.join("labs").join(lab);
        if !place.is_dir() {
            continue;
        }
        let moved = kept(root, &mut folder).and_then(|kept| {
            fs::create_dir_all(kept.join("labs"))?;
            fs::rename(&place, kept.join("labs").join(lab))
        });
        moved.map_err(|error| {
            Trouble::Ours(format!(
                "all is updated, but labs/{lab}, which the course no longer has, could not be moved away ({error}); \
                 remove it, or cargo builds nothing"
            ))
        })?;
    }
    Ok(())
}
