//! Processes, and that none is left.
//!
//! A program may fork, leave its group, or close every descriptor. So three
//! things hold it: its process group, which is killed; a pipe that its whole
//! tree inherits, whose end says that the last of them is gone; and, on Linux,
//! the harness as *subreaper*, to which orphans come home and are killed too.
//!
//! A check's own process hangs on a lifeline: its standard input is a pipe that
//! `netlings` holds. However `netlings` ends, the pipe ends with it, and the
//! check's process ends its programs and itself.

use std::io::{self, PipeReader, Read};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::wait;

/// How long a killed tree may take to be gone before its orphans are hunted.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// The processes that this one started through [`Tree::start`] and has not
/// ended. Starting holds the lock, so that no child inherits another's pipe.
static STARTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Whether orphans come home to this process.
static ADOPTS: AtomicBool = AtomicBool::new(false);

fn started() -> MutexGuard<'static, Vec<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A started process with everything it starts itself.
pub struct Tree {
    /// The process that was started.
    pub child: Child,
    /// At its end when no process of the tree holds the other end.
    alive: Option<PipeReader>,
}

impl Tree {
    /// Starts `command` as the head of a process group of its own.
    ///
    /// # Errors
    /// What the system says: no such file, no permission, no memory.
    pub fn start(command: &mut Command) -> io::Result<Tree> {
        let mut started = started();
        let tree = Tree::spawn(command)?;
        started.push(tree.child.id());
        Ok(tree)
    }

    #[cfg(unix)]
    fn spawn(command: &mut Command) -> io::Result<Tree> {
        use std::os::unix::process::CommandExt;
        let (alive, held) = io::pipe()?;
        // The one descriptor that a child of ours inherits beside its standard
        // ones.
        rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::empty())?;
        let child = command.process_group(0).spawn()?;
        Ok(Tree {
            child,
            alive: Some(alive),
        })
    }

    #[cfg(not(unix))]
    fn spawn(command: &mut Command) -> io::Result<Tree> {
        Ok(Tree {
            child: command.spawn()?,
            alive: None,
        })
    }

    /// Kills the whole tree and waits until it is gone.
    pub fn end(&mut self) {
        let id = self.child.id();
        let known = started().contains(&id);
        if !known {
            return; // ended before
        }
        kill_group(id);
        // Both fail only if it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
        started().retain(|started| *started != id);
        if let Some(alive) = self.alive.take()
            && !ends_soon(alive)
        {
            end_orphans();
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether some thread of a process computes or would like to, as Linux tells;
/// false elsewhere.
pub fn is_running(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let mut threads = threads.into_iter().flatten().flatten();
    threads.any(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat"));
        stat.is_ok_and(|stat| state(&stat).starts_with(['R', 'D']))
    })
}

/// A `stat` of Linux from its third field on, the state: behind the name, which
/// may hold blanks.
pub fn state(stat: &str) -> &str {
    stat.rsplit_once(") ").map_or("", |(_, fields)| fields)
}

fn kill_group(leader: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(leader)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // An error means that nobody is in it any more.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = leader;
}

/// Waits for the end of `pipe`. The reading thread is left behind if it does
/// not come: the pipe's end wakes it once the orphans are gone.
fn ends_soon(mut pipe: PipeReader) -> bool {
    let reader = thread::spawn(move || {
        let _ = pipe.read(&mut [0]);
    });
    wait::until(Instant::now() + GONE_WITHIN, || {
        reader.is_finished().then_some(())
    })
    .is_some()
}

/// Makes orphans below this process its own children, so that they can be
/// found. Linux only; elsewhere nothing happens.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::process::getpid();
        ADOPTS.store(
            rustix::process::set_child_subreaper(Some(own)).is_ok(),
            Ordering::Relaxed,
        );
    }
}

/// Kills the orphans that have come home to this process: its children that it
/// did not start itself, until none is left.
pub fn end_orphans() {
    if !ADOPTS.load(Ordering::Relaxed) {
        return;
    }
    #[cfg(target_os = "linux")]
    wait::until(Instant::now() + GONE_WITHIN, || {
        let orphans = orphans();
        for &orphan in &orphans {
            let _ = rustix::process::kill_process(orphan, rustix::process::Signal::KILL);
            let _ = rustix::process::waitpid(Some(orphan), rustix::process::WaitOptions::NOHANG);
        }
        orphans.is_empty().then_some(())
    });
}

/// The children of this process, by the parent that each process in `/proc`
/// names, without those it started.
#[cfg(target_os = "linux")]
fn orphans() -> Vec<rustix::process::Pid> {
    let own = std::process::id().to_string();
    let started = started();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut orphans = Vec::new();
    for entry in processes.flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // `pid (name) state ppid ...`, and the name may hold anything.
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1));
        if parent == Some(own.as_str())
            && !started.contains(&id)
            && let Some(pid) = i32::try_from(id)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
        {
            orphans.push(pid);
        }
    }
    orphans
}

/// In a check's process: ends everything when standard input ends, which it
/// does when `netlings` is gone.
pub fn hang_on_lifeline() {
    thread::spawn(|| {
        // Nothing is ever written to it.
        let _ = io::stdin().lock().read(&mut [0]);
        let groups = std::mem::take(&mut *started());
        for leader in groups {
            kill_group(leader);
        }
        end_orphans();
        std::process::exit(3);
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[test]
    fn the_end_of_a_tree_is_the_end_of_its_children() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 60 & echo ready; wait"])
            .stdout(Stdio::piped());
        let mut tree = Tree::start(&mut command).expect("sh can be started");
        let mut stdout = tree.child.stdout.take().expect("it is piped");
        let mut ready = [0; 6];
        stdout.read_exact(&mut ready).expect("the child is started");
        tree.end();
        // `sleep` holds the pipe too: its end says that both are gone.
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).expect("an end");
        assert!(rest.is_empty());
        tree.end(); // a second end does nothing
    }
}
