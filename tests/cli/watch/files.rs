//! When the labs' files change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Config, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

/// The folder of the labs, with all that is in it.
pub fn labs(root: &Path) -> (PathBuf, RecursiveMode) {
    (root.join("labs"), RecursiveMode::Recursive)
}

/// How often the files are looked at where the system does not tell of
/// changes.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Calls `touched` when something changes below one of `folders`, until what is
/// returned is dropped. Folders are watched, not files: most editors write
/// another file and rename it.
///
/// # Errors
/// What the system says, when it neither tells of changes nor lets us look.
pub fn watch(
    folders: &[(PathBuf, RecursiveMode)],
    poll: bool,
    touched: impl Fn() + Clone + Send + 'static,
) -> notify::Result<(Box<dyn Watcher>, Option<String>)> {
    let hear = |watcher: &mut dyn Watcher| -> notify::Result<()> {
        let mut folders = folders.iter();
        folders.try_for_each(|(folder, mode)| watcher.watch(folder, *mode))
    };
    // Who looks at times alone misses the second of two saves in one second.
    let config = Config::default()
        .with_follow_symlinks(false)
        .with_compare_contents(true)
        .with_poll_interval(LOOK_EVERY);
    let polled = |touched| -> notify::Result<Box<dyn Watcher>> {
        let mut watcher = PollWatcher::new(heard(touched), config)?;
        hear(&mut watcher)?;
        Ok(Box::new(watcher))
    };
    if poll {
        return Ok((polled(touched)?, None));
    }
    let told = RecommendedWatcher::new(heard(touched.clone()), config).and_then(|mut watcher| {
        hear(&mut watcher)?;
        Ok(watcher)
    });
    match told {
        Ok(watcher) => Ok((Box::new(watcher), None)),
        Err(why) => {
            let said = format!("the system does not tell of saves ({why}); looking instead");
            Ok((polled(touched)?, Some(said)))
        }
    }
}

fn heard(touched: impl Fn() + Send + 'static) -> impl Fn(notify::Result<notify::Event>) + Send {
    move |event| {
        let reading = |kind: &EventKind| {
            matches!(kind, EventKind::Access(kind)
                if !matches!(kind, AccessKind::Close(AccessMode::Write)))
        };
        // An error is reason enough to look.
        if event.is_err() || event.is_ok_and(|event| !reading(&event.kind)) {
            touched();
        }
    }
}
