//! Git, spawned: its plumbing, which asks nothing, runs no hook and does not
//! depend on the learner's settings.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use netlings::course::Trouble;

/// The oldest git with `merge-tree --write-tree`.
const OLDEST: (u32, u32) = (2, 38);

/// Where the course's newest version is kept, once fetched.
pub const UPSTREAM: &str = "refs/netlings/upstream";

/// A path in a tree, from its root, as git writes it.
pub type TreePath = Vec<u8>;

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `100644`, `100755` or `120000`.
    pub mode: String,
    /// Its content.
    pub oid: String,
}

/// A tree's files.
pub type Entries = BTreeMap<TreePath, Entry>;

/// What merging two trees came to.
pub struct Merged {
    /// The files, those in conflict with marks.
    pub entries: Entries,
    /// Those in conflict: base, ours, theirs.
    pub conflicts: BTreeMap<TreePath, [Option<Entry>; 3]>,
}

/// The repository that the course is.
pub struct Git {
    root: PathBuf,
}

impl Git {
    /// The repository whose root is the course's.
    ///
    /// # Errors
    /// No git, an old one, no repository, or one around the course: what to do
    /// instead.
    pub fn open(root: &Path) -> Result<Git, Trouble> {
        let git = Git {
            root: root.to_owned(),
        };
        let without = |why: &str| {
            Trouble::Ours(format!(
                "{why}, so there is nowhere to fetch a newer course from. Without git: unpack the newer course \
                 beside this one, and there run\n\n  cargo netlings update --from {}",
                root.display()
            ))
        };
        let version = match git.command().arg("version").output() {
            Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(without("git is not installed"));
            }
            Err(error) => return Err(Trouble::Ours(format!("git cannot be started: {error}"))),
        };
        let mut numbers = version
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse::<u32>().ok());
        let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if found < OLDEST {
            return Err(without(&format!(
                "git {}.{} is too old ({}.{} is needed)",
                found.0, found.1, OLDEST.0, OLDEST.1
            )));
        }
        let Ok(top) = git.line(&["rev-parse", "--show-toplevel"]) else {
            return Err(without("this folder is no git repository"));
        };
        let same = |a: &Path, b: &Path| {
            a.canonicalize()
                .ok()
                .zip(b.canonicalize().ok())
                .is_some_and(|(a, b)| a == b)
        };
        if !same(Path::new(&top), root) {
            return Err(without(&format!(
                "the course lies inside another repository, {top}"
            )));
        }
        if git
            .line(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
            .is_err()
        {
            return Err(without("this repository has no commit"));
        }
        Ok(git)
    }

    fn command(&self) -> Command {
        let mut git = Command::new("git");
        git.current_dir(&self.root).stdin(Stdio::null());
        for setting in [
            "core.hooksPath=.netlings/no-hooks",
            "core.quotePath=false",
            "core.safecrlf=false",
            "merge.renames=true",
            "merge.directoryRenames=true",
            "advice.addEmbeddedRepo=false",
            "gc.auto=0",
        ] {
            git.args(["-c", setting]);
        }
        // Those of a git that started us, and of the learner's shell.
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_COMMON_DIR",
            "GIT_PREFIX",
            "GIT_NAMESPACE",
            "GIT_CEILING_DIRECTORIES",
        ] {
            git.env_remove(name);
        }
        git.env("LC_ALL", "C");
        git
    }

    fn finish(&self, mut command: Command, input: Option<&[u8]>) -> Result<Output, Trouble> {
        let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let shown = words
            .iter()
            .find(|word| !word.contains('=') && *word != "-c");
        let shown = shown.map_or_else(String::new, |word| format!("git {word}"));
        let cannot = |error| Trouble::Ours(format!("{shown} cannot be started: {error}"));
        let Some(input) = input else {
            return command.output().map_err(cannot);
        };
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(cannot)?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // What it does not read, it will say.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output().map_err(cannot)
        })
    }

    fn run(&self, args: &[&str]) -> Result<Vec<u8>, Trouble> {
        let mut git = self.command();
        git.args(args);
        ok(args, self.finish(git, None)?)
    }

    /// One line that git answers.
    pub fn line(&self, args: &[&str]) -> Result<String, Trouble> {
        let said = self.run(args)?;
        Ok(String::from_utf8_lossy(&said).trim_end().to_owned())
    }

    fn succeeds(&self, args: &[&str]) -> Result<bool, Trouble> {
        let mut git = self.command();
        git.args(args);
        Ok(self.finish(git, None)?.status.success())
    }

    /// What keeps the repository from being updated now, as a sentence.
    pub fn busy(&self) -> Result<Option<String>, Trouble> {
        for (state, what) in [
            ("MERGE_HEAD", "a merge"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
            ("rebase-merge", "a rebase"),
            ("rebase-apply", "a rebase"),
            ("BISECT_LOG", "a bisection"),
        ] {
            if self.path(state)?.exists() {
                return Ok(Some(format!(
                    "{what} is under way here (`git status` says more); end it, then update"
                )));
            }
        }
        if self.path("index.lock")?.exists() {
            return Ok(Some(
                "another git is at work here, or one was ended in the midst of it (.git/index.lock is there)"
                    .to_owned(),
            ));
        }
        if !self.run(&["ls-files", "--unmerged"])?.is_empty() {
            return Ok(Some(
                "some files are in conflict (`git status` names them); settle them, then update"
                    .to_owned(),
            ));
        }
        Ok(None)
    }

    fn path(&self, name: &str) -> Result<PathBuf, Trouble> {
        Ok(self
            .root
            .join(self.line(&["rev-parse", "--git-path", name])?))
    }

    /// The remote that the course comes from, and its address.
    pub fn remote(&self) -> Result<(String, String), Trouble> {
        let remotes = self.line(&["remote"])?;
        let remotes: Vec<&str> = remotes.lines().collect();
        let branch = self.branch();
        let configured = branch
            .as_deref()
            .and_then(|branch| branch.strip_prefix("refs/heads/"))
            .and_then(|branch| {
                let key = format!("branch.{branch}.remote");
                self.line(&["config", "--get", &key]).ok()
            });
        let name = [Some("upstream"), configured.as_deref(), Some("origin")]
            .into_iter()
            .flatten()
            .find(|name| remotes.contains(name))
            .or(match remotes.as_slice() {
                [only] => Some(only),
                _ => None,
            });
        match name {
            Some(name) => {
                let url = self.line(&["remote", "get-url", name])?;
                Ok((name.to_owned(), url))
            }
            None if remotes.is_empty() => Err(Trouble::Misuse(format!(
                "this repository has no remote to fetch a newer course from. Name one:\n\n  \
                 git remote add upstream ADDRESS\n\nOr, without git: unpack the newer course beside this one, and \
                 there run\n\n  cargo netlings update --from {}",
                self.root.display()
            ))),
            None => Err(Trouble::Misuse(format!(
                "which of the remotes does the course come from: {}? Call it upstream:\n\n  \
                 git remote rename NAME upstream",
                remotes.join(", ")
            ))),
        }
    }

    /// Fetches what the remote's own branch has now. The one step that needs the
    /// network.
    pub fn fetch(&self, remote: &str, url: &str, options: &[&str]) -> Result<String, Trouble> {
        let mut git = self.command();
        git.args(["fetch", "--quiet", "--force"]).args(options);
        git.args([remote, &format!("+HEAD:{UPSTREAM}")]);
        if !std::io::stdin().is_terminal() {
            git.env("GIT_TERMINAL_PROMPT", "0");
        }
        let output = self.finish(git, None)?;
        if !output.status.success() {
            return Err(Trouble::Ours(format!(
                "the newer course could not be fetched from {url}; nothing was changed. Git says:\n\n  {}",
                said(&output).replace('\n', "\n  ")
            )));
        }
        self.commit(UPSTREAM)
    }

    /// Fetches a version's tag, if there is such a one.
    pub fn fetch_tag(&self, remote: &str, tag: &str) -> Option<String> {
        let refs = format!("+refs/tags/{tag}:refs/netlings/base");
        self.run(&["fetch", "--quiet", "--no-tags", remote, &refs])
            .ok()?;
        self.commit("refs/netlings/base").ok()
    }

    /// The commit that `name` means.
    pub fn commit(&self, name: &str) -> Result<String, Trouble> {
        self.line(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{name}^{{commit}}"),
        ])
    }

    /// The tree of a commit.
    pub fn tree(&self, commit: &str) -> Result<String, Trouble> {
        self.line(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{commit}^{{tree}}"),
        ])
    }

    /// The branch that is checked out; `None` for a detached HEAD.
    pub fn branch(&self) -> Option<String> {
        self.line(&["symbolic-ref", "--quiet", "HEAD"]).ok()
    }

    /// Whether `older` is in the history of `newer`.
    pub fn is_ancestor(&self, older: &str, newer: &str) -> Result<bool, Trouble> {
        self.succeeds(&["merge-base", "--is-ancestor", older, newer])
    }

    /// Where two histories part.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<String> {
        self.line(&["merge-base", one, other]).ok()
    }

    /// Whether old commits are missing here.
    pub fn is_shallow(&self) -> bool {
        self.line(&["rev-parse", "--is-shallow-repository"])
            .is_ok_and(|answer| answer == "true")
    }

    /// The day of a commit: `14 Sep 2026`.
    pub fn day(&self, commit: &str) -> Result<String, Trouble> {
        self.line(&[
            "show",
            "--no-patch",
            "--format=%cd",
            "--date=format:%-d %b %Y",
            commit,
        ])
    }

    /// The tree of everything in the folder, ignored files aside. Neither the
    /// index nor a file is touched.
    pub fn everything(&self) -> Result<String, Trouble> {
        let index = self.path("index")?;
        let beside = self.path(&format!("netlings-index-{}", std::process::id()))?;
        let copied = match std::fs::copy(&index, &beside) {
            // An index that is not there is an empty one.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            copied => copied,
        };
        copied.map_err(|error| Trouble::Ours(format!("{}: {error}", beside.display())))?;
        let with_index = |args: &[&str]| {
            let mut git = self.command();
            git.args(args).env("GIT_INDEX_FILE", &beside);
            ok(args, self.finish(git, None)?)
        };
        let tree = with_index(&["add", "--all"]).and_then(|_| with_index(&["write-tree"]));
        let _ = std::fs::remove_file(&beside);
        let tree = tree.map_err(|why| {
            Trouble::Ours(format!(
                "your work cannot be saved, so nothing was changed: {why}"
            ))
        })?;
        Ok(String::from_utf8_lossy(&tree).trim_end().to_owned())
    }

    /// The tree of what is staged.
    pub fn staged(&self) -> Result<String, Trouble> {
        self.line(&["write-tree"])
    }

    /// Makes a commit of a tree. One that is to be seen is by the learner, where
    /// git knows the name; the others are by netlings.
    pub fn make_commit(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        seen: bool,
    ) -> Result<String, Trouble> {
        let own = seen && self.succeeds(&["var", "GIT_COMMITTER_IDENT"])?;
        let mut git = self.command();
        git.args(["commit-tree", tree, "-m", message]);
        for parent in parents {
            git.args(["-p", parent]);
        }
        if !own {
            for name in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] {
                git.env(name, "netlings");
            }
            for name in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] {
                git.env(name, "netlings@localhost");
            }
        }
        let said = ok(&["commit-tree"], self.finish(git, None)?)?;
        Ok(String::from_utf8_lossy(&said).trim_end().to_owned())
    }

    /// The files of a tree or a commit.
    pub fn entries(&self, tree: &str) -> Result<Entries, Trouble> {
        let said = self.run(&["ls-tree", "-r", "-z", "--full-tree", tree])?;
        let mut entries = Entries::new();
        for line in said.split(|octet| *octet == 0) {
            // `100644 blob OID\tPATH`
            if let Some((meta, path)) = split_at_tab(line)
                && let [mode, "blob", oid] = meta.split(' ').collect::<Vec<_>>().as_slice()
            {
                let (mode, oid) = ((*mode).to_owned(), (*oid).to_owned());
                entries.insert(path.to_vec(), Entry { mode, oid });
            }
        }
        Ok(entries)
    }

    /// Merges two trees that began as `base`, in memory.
    pub fn merge(&self, base: &str, ours: &str, theirs: &str) -> Result<Merged, Trouble> {
        let base = self.make_commit(base, &[], "base", false)?;
        let ours = self.make_commit(ours, &[&base], "ours", false)?;
        let theirs = self.make_commit(theirs, &[&base], "theirs", false)?;
        let args = [
            "merge-tree",
            "--write-tree",
            "-z",
            "--no-messages",
            &ours,
            &theirs,
        ];
        let mut git = self.command();
        git.args(args);
        let output = self.finish(git, None)?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(failed(&args, &output));
        }
        let mut parts = output.stdout.split(|octet| *octet == 0);
        let tree = parts.next().unwrap_or_default();
        let tree = String::from_utf8_lossy(tree).trim().to_owned();
        let mut conflicts: BTreeMap<TreePath, [Option<Entry>; 3]> = BTreeMap::new();
        for line in parts {
            // `100644 OID STAGE\tPATH`
            if let Some((meta, path)) = split_at_tab(line)
                && let [mode, oid, stage] = meta.split(' ').collect::<Vec<_>>().as_slice()
                && let Ok(stage @ 1..=3) = stage.parse::<usize>()
            {
                let (mode, oid) = ((*mode).to_owned(), (*oid).to_owned());
                let stages = conflicts.entry(path.to_vec()).or_default();
                if let Some(slot) = stages.get_mut(stage - 1) {
                    *slot = Some(Entry { mode, oid });
                }
            }
        }
        Ok(Merged {
            entries: self.entries(&tree)?,
            conflicts,
        })
    }

    /// The files that `newer` has under another path than `older`: new to old.
    pub fn renames(
        &self,
        older: &str,
        newer: &str,
    ) -> Result<BTreeMap<TreePath, TreePath>, Trouble> {
        let said = self.run(&[
            "diff-tree",
            "-r",
            "-z",
            "-M",
            "--diff-filter=R",
            "--name-status",
            older,
            newer,
        ])?;
        let parts: Vec<&[u8]> = said.split(|octet| *octet == 0).collect();
        let renames = parts.chunks_exact(3).filter_map(|chunk| match chunk {
            [_, old, new] => Some((new.to_vec(), old.to_vec())),
            _ => None,
        });
        Ok(renames.collect())
    }

    /// A file's content as git keeps it.
    pub fn blob(&self, oid: &str) -> Result<Vec<u8>, Trouble> {
        self.run(&["cat-file", "blob", oid])
    }

    /// A file's content as a checkout writes it: with this system's line ends.
    pub fn checked_out(&self, path: &[u8], oid: &str) -> Result<Vec<u8>, Trouble> {
        let mut git = self.command();
        let mut option = std::ffi::OsString::from("--path=");
        option.push(os_path(path));
        git.args(["cat-file", "--filters"]).arg(option).arg(oid);
        ok(&["cat-file"], self.finish(git, None)?)
    }

    /// Keeps a content, and gives its name.
    pub fn keep(&self, octets: &[u8]) -> Result<String, Trouble> {
        let args = ["hash-object", "-w", "--stdin", "--no-filters"];
        let mut git = self.command();
        git.args(args);
        let said = ok(&args, self.finish(git, Some(octets))?)?;
        Ok(String::from_utf8_lossy(&said).trim_end().to_owned())
    }

    /// Makes a tree of files.
    pub fn make_tree(&self, entries: &Entries) -> Result<String, Trouble> {
        let index = self.path(&format!("netlings-index-{}", std::process::id()))?;
        let mut lines = Vec::new();
        for (path, Entry { mode, oid }) in entries {
            lines.extend_from_slice(format!("{mode} {oid}\t").as_bytes());
            lines.extend_from_slice(path);
            lines.push(0);
        }
        let with_index = |args: &[&str], input: Option<&[u8]>| {
            let mut git = self.command();
            git.args(args).env("GIT_INDEX_FILE", &index);
            ok(args, self.finish(git, input)?)
        };
        let tree = with_index(&["update-index", "-z", "--index-info"], Some(&lines))
            .and_then(|_| with_index(&["write-tree"], None));
        let _ = std::fs::remove_file(&index);
        Ok(String::from_utf8_lossy(&tree?).trim_end().to_owned())
    }

    /// Ours with what theirs changed since base; where both changed the same
    /// lines, ours. `None` if they are no texts.
    pub fn merge_file(
        &self,
        ours: &[u8],
        base: &[u8],
        theirs: &[u8],
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let folder = self.path(&format!("netlings-merge-{}", std::process::id()))?;
        let trouble = |error| Trouble::Ours(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(trouble)?;
        let write = |name: &str, octets: &[u8]| -> Result<PathBuf, Trouble> {
            let path = folder.join(name);
            std::fs::write(&path, octets).map_err(trouble)?;
            Ok(path)
        };
        let merged = (|| {
            let mut git = self.command();
            git.args(["merge-file", "-p", "--quiet", "--ours"]);
            git.args([
                write("ours", ours)?,
                write("base", base)?,
                write("theirs", theirs)?,
            ]);
            let output = self.finish(git, None)?;
            // Above 127 it could not: they are no texts.
            Ok(output
                .status
                .code()
                .filter(|code| *code < 128)
                .map(|_| output.stdout))
        })();
        let _ = std::fs::remove_dir_all(&folder);
        merged
    }

    /// Points a reference at a commit; it must not have moved from `old`.
    pub fn point(&self, name: &str, commit: &str, old: &str, why: &str) -> Result<(), Trouble> {
        self.run(&["update-ref", "-m", why, name, commit, old])
            .map(drop)
    }

    /// Removes a reference.
    pub fn forget(&self, name: &str) {
        let _ = self.run(&["update-ref", "-d", name]);
    }

    /// The references below `prefix`, the newest first.
    pub fn references(&self, prefix: &str) -> Result<Vec<String>, Trouble> {
        let said = self.line(&[
            "for-each-ref",
            "--sort=-committerdate",
            "--sort=-refname",
            "--format=%(refname)",
            prefix,
        ])?;
        let mut names: Vec<String> = said.lines().map(str::to_owned).collect();
        // By name, since a name holds its date and its number of that day.
        names.sort_by_key(|name| std::cmp::Reverse(number_of(name)));
        Ok(names)
    }

    /// Makes `tree` what is staged, and learns the files' times.
    pub fn stage(&self, tree: &str) -> Result<(), Trouble> {
        self.run(&["read-tree", tree])?;
        // Its status says that some files differ, which is no trouble.
        let _ = self.succeeds(&["update-index", "-q", "--refresh"]);
        Ok(())
    }

    /// Where the course's own remote is called `origin`: calls it `upstream` and
    /// lets nobody push to it by accident. Says whether it did.
    pub fn own_remote(&self, remote: &str, url: &str, repository: &str) -> Result<bool, Trouble> {
        let plain = |url: &str| {
            let url = url.trim_end_matches('/').trim_end_matches(".git");
            let url = url.split_once("://").map_or(url, |(_, rest)| rest);
            let url = url.split_once('@').map_or(url, |(_, rest)| rest);
            url.replace(':', "/").to_lowercase()
        };
        if remote != "origin" || repository.is_empty() || plain(url) != plain(repository) {
            return Ok(false);
        }
        self.run(&["remote", "rename", "origin", "upstream"])?;
        self.run(&[
            "remote",
            "set-url",
            "--push",
            "upstream",
            "no-push-to-the-course",
        ])?;
        Ok(true)
    }
}

/// `refs/netlings/before/2026-11-21-2` as its date and 2, to be compared.
fn number_of(name: &str) -> (String, u32) {
    let last = name.rsplit('/').next().unwrap_or_default();
    let (date, number) = last.split_at_checked(10).unwrap_or((last, ""));
    let number = number.trim_start_matches('-').parse().unwrap_or(1);
    (date.to_owned(), number)
}

fn split_at_tab(line: &[u8]) -> Option<(&str, &[u8])> {
    let tab = line.iter().position(|octet| *octet == b'\t')?;
    let (meta, path) = line.split_at(tab);
    Some((str::from_utf8(meta).ok()?, path.get(1..)?))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

fn failed(args: &[&str], output: &Output) -> Trouble {
    let command = args.first().copied().unwrap_or_default();
    Trouble::Ours(format!("git {command} failed: {}", said(output)))
}

fn ok(args: &[&str], output: Output) -> Result<Vec<u8>, Trouble> {
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(args, &output))
    }
}

/// A tree's path as this system writes it.
pub fn os_path(path: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(OsStr::from_bytes(path))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}
