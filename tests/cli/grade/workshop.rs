//! Where submissions are built: the teacher's crate, in a jail, over what
//! was built before.
//!
//! The template is a workspace of one lab with the given files and the
//! reference, built once. A submission is built over a copy of it that lies in
//! memory and is gone with the jail, so that nothing of one submission meets
//! the next. Manifest, lock file, toolchain and dependencies are the teacher's.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use netlings::cargo;
use netlings::course::{Lab, Trouble, read};
use netlings::jail::{self, Jail, Jailer, Level, Word};
use netlings::wait;

use super::result::Built;
use crate::Place;

/// How long a build may take.
const BUILD_WITHIN: Duration = Duration::from_secs(60);

/// How long the template may take, with all dependencies.
const TEMPLATE_WITHIN: Duration = Duration::from_secs(900);

/// The root of a lab's one crate.
const PROGRAM: &str = "src/program.rs";

/// How much of the compiler's words is kept, in octets.
const SAID_LEN_MAX: usize = 16 << 10;

/// The most octets that a program may have.
const PROGRAM_LEN_MAX: u64 = 64 << 20;

/// The first of the users that build where `netlings` is root.
const BUILDER: u32 = jail::FIRST_UID - jail::UID_COUNT;

/// Where the course, the toolchain and the dependencies are in the jail.
const COURSE: &str = "/opt/course";
const RUST: &str = "/opt/rust";
const CARGO: &str = "/opt/cargo";
const OUT: &str = "/opt/out";

/// A place to build one lab in.
pub struct Workshop {
    lab: Lab,
    level: Level,
    folder: PathBuf,
    toolchain: PathBuf,
    registry: PathBuf,
    /// Who makes the jails.
    jailer: Jailer,
    /// Who builds; at level L2 each submission has one of its own.
    builder: jail::Uid,
    /// The compiler, as it names itself.
    pub rustc: String,
}

/// A submission that was built, or why it was not.
pub enum Outcome {
    /// Its program.
    Program(PathBuf, Built),
    /// The code does not compile, or not within the limits.
    Broken(Built),
    /// Trouble of ours.
    Trouble(String),
}

impl Workshop {
    /// Makes the template below `folder`, which must be on a disk that can be
    /// written to and is removed by the caller.
    ///
    /// # Errors
    /// No toolchain, no dependencies at hand, no jail, no disk.
    pub fn open(
        place: &Place,
        lab: &Lab,
        level: Level,
        folder: &Path,
        jailer: Jailer,
    ) -> Result<Self, Trouble> {
        let root = &place.course.root;
        let rustc = said(Command::new("rustc").arg("--version").current_dir(root))?;
        let toolchain = said(
            Command::new("rustc")
                .args(["--print", "sysroot"])
                .current_dir(root),
        )?;
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let registry = home.map(|home| home.join("registry")).unwrap_or_default();
        let workshop = Workshop {
            lab: lab.clone(),
            level,
            folder: folder.to_owned(),
            toolchain: toolchain.into(),
            registry,
            jailer,
            builder: jail::Uid::claim(BUILDER),
            rustc,
        };
        workshop.write_template(root)?;
        // The dependencies are fetched here, where there is a network.
        said(
            Command::new(cargo::cargo())
                .args(["fetch", "--quiet"])
                .current_dir(workshop.template()),
        )?;
        give(&workshop.template(), workshop.builder.number)
            .map_err(|error| workshop.ours(&error))?;
        let slot = folder.join("template-out");
        match workshop.run(&slot, None) {
            Outcome::Program(..) => {}
            Outcome::Broken(built) => {
                return Err(Trouble::Ours(format!(
                    "the reference of {} does not build:\n{}",
                    lab.name, built.output
                )));
            }
            Outcome::Trouble(what) => return Err(Trouble::Ours(what)),
        }
        workshop.forget_reference()?;
        give(&workshop.template(), workshop.builder.number)
            .map_err(|error| workshop.ours(&error))?;
        Ok(workshop)
    }

    /// Builds the learner's files in `files` over the template, in the folder
    /// `slot`, which is this submission's alone.
    pub fn build(&self, files: &Path, slot: &Path) -> Outcome {
        self.run(slot, Some(files))
    }

    fn template(&self) -> PathBuf {
        self.folder.join("template")
    }

    fn ours(&self, error: &io::Error) -> Trouble {
        Trouble::Ours(format!("{}: {error}", self.folder.display()))
    }

    /// The workspace of this lab alone, with the reference in place of the stubs.
    fn write_template(&self, root: &Path) -> Result<(), Trouble> {
        let name = &self.lab.name;
        let manifest = read(&root.join("Cargo.toml"))?;
        let mut manifest: toml::Table = toml::from_str(&manifest)
            .map_err(|error| Trouble::Ours(format!("Cargo.toml: {error}")))?;
        if let Some(workspace) = manifest
            .get_mut("workspace")
            .and_then(toml::Value::as_table_mut)
        {
            workspace.insert("members".to_owned(), vec![format!("labs/{name}")].into());
            workspace.remove("default-members");
            // What a library offers and its program does not use is no warning.
            let rust = ["lints", "rust"].iter().try_fold(workspace, |table, key| {
                table.get_mut(*key).and_then(toml::Value::as_table_mut)
            });
            if let Some(rust) = rust {
                rust.insert("dead_code".to_owned(), "allow".into());
            }
        }
        // What costs the least processor time; a panic names its line all the same.
        let mut profile = toml::Table::new();
        profile.insert("debug".to_owned(), false.into());
        profile.insert("incremental".to_owned(), false.into());
        profile.insert("codegen-units".to_owned(), 1.into());
        profile.insert("strip".to_owned(), true.into());
        let mut profiles = toml::Table::new();
        profiles.insert("dev".to_owned(), profile.into());
        manifest.insert("profile".to_owned(), profiles.into());
        let template = self.template();
        let put = |path: &Path, octets: &[u8]| {
            let path = template.join(path);
            let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
            folder
                .and_then(|()| fs::write(&path, octets))
                .map_err(|error| self.ours(&error))
        };
        put(Path::new("Cargo.toml"), manifest.to_string().as_bytes())?;
        put(
            Path::new("Cargo.lock"),
            read(&root.join("Cargo.lock"))?.as_bytes(),
        )?;
        let lab = Path::new("labs").join(name);
        let sources = [("labs", &self.lab.given), ("solutions", &self.lab.yours)];
        for (tree, files) in sources {
            for file in files {
                let from = root.join(tree).join(name).join(file);
                let octets = fs::read(&from)
                    .map_err(|error| Trouble::Ours(format!("{}: {error}", from.display())))?;
                put(&lab.join(file), &octets)?;
            }
        }
        let given = |file: &str| read(&root.join("labs").join(name).join(file));
        let (manifest, program) = one_crate(
            name,
            &given("Cargo.toml")?,
            &given("src/lib.rs")?,
            &given("src/main.rs")?,
        )?;
        put(&lab.join("Cargo.toml"), manifest.as_bytes())?;
        put(&lab.join(PROGRAM), program.as_bytes())
    }

    /// Takes the reference out of the template again, in source and as built: a
    /// submission may include whatever it finds there. The dependencies stay.
    fn forget_reference(&self) -> Result<(), Trouble> {
        let package = format!("lab-{}", self.lab.name);
        said(
            Command::new(cargo::cargo())
                .args(["clean", "--quiet", "--offline", "--package", &package])
                .args(["--target-dir", "target"])
                // What the builds found out about their compiler stays known.
                .env("CARGO_CACHE_RUSTC_INFO", "0")
                .current_dir(self.template()),
        )?;
        let lab = self.template().join("labs").join(&self.lab.name);
        for file in &self.lab.yours {
            fs::write(lab.join(file), "").map_err(|error| self.ours(&error))?;
        }
        Ok(())
    }

    fn run(&self, slot: &Path, files: Option<&Path>) -> Outcome {
        match self.try_run(slot, files) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Trouble(format!("{}: {error}", slot.display())),
        }
    }

    fn try_run(&self, slot: &Path, files: Option<&Path>) -> io::Result<Outcome> {
        let out = slot.join("out");
        fs::create_dir_all(&out)?;
        let package = format!("lab-{}", self.lab.name);
        let mut jail = self.jail(&out);
        let mut course = PathBuf::from(COURSE);
        let mut own = None;
        match files {
            None => jail.writes.push((self.template(), course.clone())),
            Some(files) if self.level == Level::L3 => {
                jail.copies.push((self.template(), course.clone()));
                let own = self.lab.yours.iter().map(|file| {
                    let inside = course.join("labs").join(&self.lab.name).join(file);
                    (files.join(file), inside)
                });
                jail.reads.extend(own);
            }
            Some(files) => {
                course = slot.join("course");
                copy_tree(&self.template(), &course)?;
                for file in &self.lab.yours {
                    let inside = course.join("labs").join(&self.lab.name).join(file);
                    fs::copy(files.join(file), inside)?;
                }
                // A user of its own, whose limits are nobody else's.
                jail.uid = own.get_or_insert_with(|| jail::Uid::claim(BUILDER)).number;
                give(&course, jail.uid)?;
                jail.writes.push((course.clone(), course.clone()));
            }
        }
        let (cargo, out_inside) = if self.level == Level::L3 {
            (format!("{RUST}/bin/cargo"), PathBuf::from(OUT))
        } else {
            if files.is_none() {
                course = self.template();
            }
            (
                self.toolchain.join("bin/cargo").display().to_string(),
                out.clone(),
            )
        };
        if self.level != Level::L3 {
            // The linker wants a place of its own.
            let temporary = out.join("tmp");
            fs::create_dir_all(&temporary)?;
            jail.environment
                .push(("TMPDIR".to_owned(), temporary.into()));
        }
        give(&out, jail.uid)?;
        jail.folder = course;
        let script = format!(
            "'{cargo}' build --quiet --offline --locked --color never && cp target/debug/{package} '{}'",
            out_inside.display()
        );
        let since = Instant::now();
        let within = match files {
            None => TEMPLATE_WITHIN,
            Some(_) => BUILD_WITHIN,
        };
        let (status, output, word) = self.run_in(&jail, &script, within)?;
        let _ = fs::remove_dir_all(slot.join("course"));
        if let Some(Word::Trouble(what)) = word {
            return Ok(Outcome::Trouble(format!("the build's jail: {what}")));
        }
        let built = Built {
            ok: status == Some(0),
            ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
            output: match (status, word) {
                (_, Some(Word::Memory)) => {
                    "the build needed more memory than it may have".to_owned()
                }
                (None, _) => format!("the build took more than {} s", within.as_secs()),
                _ => output,
            },
        };
        let program = out.join(package);
        let is_program = fs::symlink_metadata(&program)
            .is_ok_and(|about| about.is_file() && about.len() <= PROGRAM_LEN_MAX);
        if !built.ok || !is_program {
            return Ok(Outcome::Broken(Built { ok: false, ..built }));
        }
        // Whoever runs it is another user again.
        give(&out, 0)?;
        for path in [&out, &program] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Outcome::Program(program, built))
    }

    /// Runs a script in a jail. Gives its exit status, if it ended by itself, what
    /// it said on standard error, and what the jail said.
    fn run_in(
        &self,
        jail: &Jail,
        script: &str,
        within: Duration,
    ) -> io::Result<(Option<i32>, String, Option<Word>)> {
        let command = jail::Command {
            words: ["/bin/sh", "-c", script].map(OsString::from).to_vec(),
            environment: Vec::new(),
        };
        let mut tree = self.jailer.start(jail, &command)?;
        tree.child.stdin = None;
        // Nothing is expected there, and nothing is to wait for a reader.
        let ignored = tree.child.stdout.take().map(|stdout| capped(stdout, 0));
        let said = tree.child.stderr.take();
        let said = said.map(|stderr| capped(stderr, SAID_LEN_MAX));
        let ended = wait::until(Instant::now() + within, || {
            tree.child.try_wait().ok().flatten()
        });
        tree.end();
        let _ = ignored.map(std::thread::JoinHandle::join);
        let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
        let output = String::from_utf8_lossy(&said).into_owned();
        Ok((
            ended.map(|status| status.code().unwrap_or(137)),
            output,
            tree.word().cloned(),
        ))
    }

    fn jail(&self, out: &Path) -> Jail {
        let mut jail = Jail::new(self.level);
        jail.once = true;
        let inside = self.level == Level::L3;
        let place = |outside: &Path, name: &str| {
            let to = if inside {
                name.into()
            } else {
                outside.to_owned()
            };
            (outside.to_owned(), to)
        };
        let registry = if inside {
            (self.registry.clone(), Path::new(CARGO).join("registry"))
        } else {
            (self.registry.clone(), self.registry.clone())
        };
        let home = registry.1.parent().map(Path::to_owned).unwrap_or_default();
        jail.reads = vec![place(&self.toolchain, RUST), registry];
        jail.writes = vec![place(out, OUT)];
        jail.memory_len = 1 << 30;
        jail.process_count = 256;
        jail.cpu_s = 120;
        jail.uid = self.builder.number;
        jail.file_len = 512 << 20;
        let bin = jail.reads.first().map(|(_, rust)| rust.join("bin"));
        for (name, value) in &mut jail.environment {
            if name == "PATH" {
                *value = format!(
                    "{}:/usr/bin:/bin",
                    bin.clone().unwrap_or_default().display()
                )
                .into();
            }
        }
        jail.environment
            .push(("CARGO_HOME".to_owned(), home.into()));
        // The compiler's allocator, jemalloc, takes huge pages: half the page faults.
        jail.environment
            .push(("MALLOC_CONF".to_owned(), "thp:always".into()));
        jail
    }
}

/// A lab's library and program as one crate, which is a compiler's run less for
/// each submission: the manifest, and the crate's root.
fn one_crate(
    name: &str,
    manifest: &str,
    library: &str,
    program: &str,
) -> Result<(String, String), Trouble> {
    let mut manifest: toml::Table = toml::from_str(manifest)
        .map_err(|error| Trouble::Ours(format!("labs/{name}/Cargo.toml: {error}")))?;
    if let Some(package) = manifest
        .get_mut("package")
        .and_then(toml::Value::as_table_mut)
    {
        package.insert("autolib".to_owned(), false.into());
        package.insert("autobins".to_owned(), false.into());
    }
    let mut target = toml::Table::new();
    target.insert("name".to_owned(), format!("lab-{name}").into());
    target.insert("path".to_owned(), PROGRAM.into());
    manifest.insert("bin".to_owned(), vec![target].into());
    let program = program
        .replace(&format!("lab_{}::", name.replace('-', "_")), "")
        .replace("//!", "//");
    Ok((manifest.to_string(), format!("{library}\n{program}")))
}

/// Reads `from` to its end and keeps the first `len` octets.
fn capped(
    mut from: impl io::Read + Send + 'static,
    len: usize,
) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 8192];
        while let Ok(got @ 1..) = from.read(&mut buffer) {
            let room = len - kept.len();
            kept.extend(buffer.iter().take(got.min(room)));
        }
        kept
    })
}

/// Standard output of a command, without its line end.
fn said(command: &mut Command) -> Result<String, Trouble> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Trouble::Ours(format!("{name}: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Trouble::Ours(format!("{name}: {}", said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Gives all below `folder` to `uid`, and nobody else a way in.
fn give(folder: &Path, uid: u32) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    fn all(path: &Path, uid: u32) -> io::Result<()> {
        std::os::unix::fs::lchown(path, Some(uid), Some(uid))?;
        if fs::symlink_metadata(path)?.is_dir() {
            for entry in fs::read_dir(path)? {
                all(&entry?.path(), uid)?;
            }
        }
        Ok(())
    }
    all(folder, uid)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy)?;
            // Cargo goes by times.
            let modified = entry.metadata()?.modified()?;
            fs::File::options()
                .write(true)
                .open(&copy)?
                .set_modified(modified)?;
        }
    }
    Ok(())
}
