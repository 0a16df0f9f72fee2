//! Where submissions are built: the teacher's crate, in a jail, over what
//! was built before.
//!
//! The template is a workspace of one lab as it is handed out, with its stubs,
//! which cargo builds once, with all dependencies. How it started the compiler for
//! the lab's program is written down, and for each submission the compiler is
//! started in that way, with the learner's files in their places. Nobody writes to
//! the template then, so that nothing of one submission meets the next, and nothing
//! in it is a secret. Manifest, lock file, toolchain and dependencies are the
//! teacher's.

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
use crate::{Place, pristine};

/// How long a build may take.
const BUILD_WITHIN: Duration = Duration::from_secs(60);

/// How long the template may take, with all dependencies.
const TEMPLATE_WITHIN: Duration = Duration::from_secs(900);

/// The root of a lab's one crate.
const PROGRAM: &str = "src/program.rs";

/// What cargo starts in place of the compiler, in the template's root: it writes
/// down how the compiler is started for the lab's program.
const RECORDER: &str = "recorder.sh";

/// What the variables are called with which cargo tells a crate about itself.
const OF_A_CRATE: [&str; 4] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_CRATE_",
    "CARGO_BIN_",
];

/// What the build of the template leaves.
const TEMPLATE_OUT: &str = "template-out";

/// Where the template has libraries of its own.
const LIBRARIES: &str = "libraries";

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
    /// How the compiler is started for the lab's program.
    compiler: jail::Command,
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
        let mut workshop = Workshop {
            lab: lab.clone(),
            level,
            folder: folder.to_owned(),
            toolchain: toolchain.into(),
            registry,
            jailer,
            compiler: jail::Command::default(),
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
        workshop.build_template()?;
        Ok(workshop)
    }

    /// Builds the learner's files in `files` over the template, in the folder
    /// `slot`, which is this submission's alone.
    pub fn build(&self, files: &Path, slot: &Path) -> Outcome {
        self.try_build(files, slot)
            .unwrap_or_else(|error| Outcome::Trouble(format!("{}: {error}", slot.display())))
    }

    fn template(&self) -> PathBuf {
        self.folder.join("template")
    }

    fn ours(&self, error: &io::Error) -> Trouble {
        Trouble::Ours(format!("{}: {error}", self.folder.display()))
    }

    /// The workspace of this lab alone, as it was handed out.
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
        // Nobody's mistakes are looked for in them.
        let mut dependencies = toml::Table::new();
        dependencies.insert("debug-assertions".to_owned(), false.into());
        let mut packages = toml::Table::new();
        packages.insert("*".to_owned(), dependencies.into());
        profile.insert("package".to_owned(), packages.into());
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
        for file in &self.lab.given {
            let from = root.join("labs").join(name).join(file);
            let octets = fs::read(&from)
                .map_err(|error| Trouble::Ours(format!("{}: {error}", from.display())))?;
            put(&lab.join(file), &octets)?;
        }
        for file in &self.lab.yours {
            put(&lab.join(file), &pristine::find(root, &self.lab, file)?)?;
        }
        let given = |file: &str| read(&root.join("labs").join(name).join(file));
        let (manifest, program) = one_crate(
            name,
            &given("Cargo.toml")?,
            &given("src/lib.rs")?,
            &given("src/main.rs")?,
        )?;
        put(&lab.join("Cargo.toml"), manifest.as_bytes())?;
        put(&lab.join(PROGRAM), program.as_bytes())?;
        let out = self.inside(OUT, self.folder.join(TEMPLATE_OUT));
        put(Path::new(RECORDER), recorder(&out).as_bytes())?;
        fs::set_permissions(template.join(RECORDER), fs::Permissions::from_mode(0o755))
            .and_then(|()| link_unwinder(&template.join(LIBRARIES)))
            .map_err(|error| self.ours(&error))
    }

    /// Builds the stubs with all dependencies, and keeps how cargo started the
    /// compiler for their program.
    fn build_template(&mut self) -> Result<(), Trouble> {
        let out = self.folder.join(TEMPLATE_OUT);
        let template = self.template();
        let built = || -> io::Result<Result<Built, String>> {
            let mut jail = self.jail(&out)?;
            give(&template, jail.uid)?;
            let inside = self.inside(COURSE, template.clone());
            let recorder = inside.join(RECORDER);
            jail.writes.push((template.clone(), inside));
            jail.environment
                .push(("RUSTC_WRAPPER".to_owned(), recorder.into()));
            let cargo = self.tool("cargo").into_os_string();
            let build = ["build", "--quiet", "--offline", "--locked"].map(OsString::from);
            let command = jail::Command {
                words: [cargo].into_iter().chain(build).collect(),
                environment: Vec::new(),
            };
            self.run_in(&jail, &command, TEMPLATE_WITHIN)
        };
        match built().map_err(|error| self.ours(&error))? {
            Ok(Built { ok: true, .. }) => {}
            Ok(Built { output, .. }) => {
                return Err(Trouble::Ours(format!(
                    "{} does not build with its stubs:\n{output}",
                    self.lab.name
                )));
            }
            Err(what) => return Err(Trouble::Ours(what)),
        }
        self.compiler = self.recorded(&out).map_err(|error| self.ours(&error))?;
        // From now on it is read, by whoever builds.
        give(&template, 0)
            .and_then(|()| let_read(&template))
            .map_err(|error| self.ours(&error))
    }

    /// How cargo started the compiler for the lab's program, by what the recorder wrote
    /// into `out`, but for what concerns cargo alone.
    fn recorded(&self, out: &Path) -> io::Result<jail::Command> {
        let strings = |name: &str| -> io::Result<Vec<String>> {
            let octets = fs::read(out.join(name))?;
            let text = String::from_utf8(octets).map_err(io::Error::other)?;
            Ok(text.split_terminator('\0').map(str::to_owned).collect())
        };
        let mut words = vec![self.tool("rustc").into_os_string()];
        // The first is the compiler, as cargo names it.
        let mut recorded = strings("arguments")?.into_iter().skip(1).peekable();
        while let Some(word) = recorded.next() {
            let is_name = |next: &String| next.starts_with("extra-filename=");
            match word.as_str() {
                "--out-dir" => drop(recorded.next()),
                "-C" if recorded.next_if(is_name).is_some() => {}
                word if word.starts_with("--error-format=") || word.starts_with("--json=") => {}
                word if word.starts_with("--emit=") => words.push("--emit=link".into()),
                word => words.push(word.into()),
            }
        }
        let libraries = self.inside(COURSE, self.template()).join(LIBRARIES);
        words.extend(["--color=never", "-C", "relocation-model=static", "-L"].map(OsString::from));
        words.push(format!("native={}", libraries.display()).into());
        let environment = strings("environment")?
            .iter()
            .filter_map(|variable| variable.split_once('='))
            .filter(|(name, _)| OF_A_CRATE.iter().any(|of| name.starts_with(of)))
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        Ok(jail::Command { words, environment })
    }

    fn try_build(&self, files: &Path, slot: &Path) -> io::Result<Outcome> {
        let out = slot.join("out");
        let mut jail = self.jail(&out)?;
        let lab = Path::new("labs").join(&self.lab.name);
        let mut own = None;
        if self.level == Level::L3 {
            jail.reads.push((self.template(), jail.folder.clone()));
            let learners = self.lab.yours.iter();
            let learners =
                learners.map(|file| (files.join(file), jail.folder.join(&lab).join(file)));
            jail.reads.extend(learners.collect::<Vec<_>>());
        } else {
            jail.reads.push((self.template(), self.template()));
            let course = slot.join("course");
            copy_tree(&self.template().join(&lab), &course.join(&lab))?;
            for file in &self.lab.yours {
                fs::copy(files.join(file), course.join(&lab).join(file))?;
            }
            // A user of its own, whose limits are nobody else's.
            jail.uid = own.get_or_insert_with(|| jail::Uid::claim(BUILDER)).number;
            give(&course, jail.uid)?;
            give(&out, jail.uid)?;
            jail.reads.push((course.clone(), course.clone()));
            jail.folder = course;
        }
        let mut command = self.compiler.clone();
        command.words.push("--out-dir".into());
        command.words.push(self.inside(OUT, out.clone()).into());
        let built = self.run_in(&jail, &command, BUILD_WITHIN)?;
        let _ = fs::remove_dir_all(slot.join("course"));
        let built = match built {
            Ok(built) => built,
            Err(what) => return Ok(Outcome::Trouble(what)),
        };
        // Whoever runs it is another user again.
        give(&out, 0)?;
        let package = format!("lab-{}", self.lab.name);
        let program = out.join(package.replace('-', "_"));
        let is_program = fs::symlink_metadata(&program)
            .is_ok_and(|about| about.is_file() && about.len() <= PROGRAM_LEN_MAX);
        if !built.ok || !is_program {
            return Ok(Outcome::Broken(Built { ok: false, ..built }));
        }
        let named = out.join(package);
        fs::rename(program, &named)?;
        for path in [&out, &named] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Outcome::Program(named, built))
    }

    /// Runs a command in a jail. Gives how that ended with what it said on standard
    /// error, or what trouble there was with the jail.
    fn run_in(
        &self,
        jail: &Jail,
        command: &jail::Command,
        within: Duration,
    ) -> io::Result<Result<Built, String>> {
        let since = Instant::now();
        let mut tree = self.jailer.start(jail, command)?;
        tree.child.stdin = None;
        // Nothing is expected there, and nothing is to wait for a reader.
        let ignored = tree.child.stdout.take().map(|stdout| capped(stdout, 0));
        let said = tree.child.stderr.take();
        let said = said.map(|stderr| capped(stderr, SAID_LEN_MAX));
        let ended = wait::until(since + within, || tree.child.try_wait().ok().flatten());
        tree.end();
        let _ = ignored.map(std::thread::JoinHandle::join);
        let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
        let output = match (ended, tree.word()) {
            (_, Some(Word::Trouble(what))) => return Ok(Err(format!("the build's jail: {what}"))),
            (_, Some(Word::Memory)) => "the build needed more memory than it may have".to_owned(),
            (None, None) => format!("the build took more than {} s", within.as_secs()),
            (Some(_), None) => String::from_utf8_lossy(&said).into_owned(),
        };
        Ok(Ok(Built {
            ok: ended.is_some_and(|status| status.success()),
            ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
            output,
        }))
    }

    /// Where a file or a folder is for who builds: at level L3 it has a name that says
    /// nothing of this machine.
    fn inside(&self, name: &str, outside: PathBuf) -> PathBuf {
        match self.level {
            Level::L3 => name.into(),
            Level::L1 | Level::L2 => outside,
        }
    }

    /// A program of the toolchain, for who builds.
    fn tool(&self, name: &str) -> PathBuf {
        let toolchain = self.inside(RUST, self.toolchain.clone());
        toolchain.join("bin").join(name)
    }

    /// A jail to build in, with `out` to write to, which is made.
    fn jail(&self, out: &Path) -> io::Result<Jail> {
        fs::create_dir_all(out)?;
        let mut jail = Jail::new(self.level);
        jail.once = true;
        let home = self.registry.parent().unwrap_or(&self.registry);
        let home = self.inside(CARGO, home.to_owned());
        jail.reads = vec![
            (
                self.toolchain.clone(),
                self.inside(RUST, self.toolchain.clone()),
            ),
            (self.registry.clone(), home.join("registry")),
        ];
        jail.writes = vec![(out.to_owned(), self.inside(OUT, out.to_owned()))];
        jail.folder = self.inside(COURSE, self.template());
        jail.memory_len = 1 << 30;
        jail.process_count = 256;
        jail.cpu_s = 120;
        jail.uid = self.builder.number;
        jail.file_len = 512 << 20;
        let tools = self.tool("");
        for (name, value) in &mut jail.environment {
            if name == "PATH" {
                *value = format!("{}:/usr/bin:/bin", tools.display()).into();
            }
        }
        jail.environment
            .push(("CARGO_HOME".to_owned(), home.into()));
        // The compiler's allocator, jemalloc, takes huge pages: half the page faults.
        jail.environment
            .push(("MALLOC_CONF".to_owned(), "thp:always".into()));
        if self.level != Level::L3 {
            // The linker wants a place of its own.
            let temporary = out.join("tmp");
            fs::create_dir_all(&temporary)?;
            jail.environment
                .push(("TMPDIR".to_owned(), temporary.into()));
        }
        give(out, jail.uid)?;
        Ok(jail)
    }
}

/// What writes down into `out` how cargo starts the compiler for a program, and
/// becomes the compiler: strings that end in NUL.
fn recorder(out: &Path) -> String {
    let out = out.display();
    format!(
        "#!/bin/sh\n\
         if [ -n \"$CARGO_BIN_NAME\" ]; then\n    \
             env -0 >'{out}/environment'\n    \
             printf '%s\\0' \"$@\" >'{out}/arguments'\n\
         fi\n\
         exec \"$@\"\n"
    )
}

/// Puts the C compiler's unwinder into `folder`, if it has one that becomes part of
/// a program, in place of the shared library that is as long in loading as most
/// programs run.
fn link_unwinder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let asked = Command::new("cc")
        .arg("-print-file-name=libgcc_eh.a")
        .stdin(Stdio::null())
        .output();
    // Without a path before it, there is none.
    let found = asked
        .ok()
        .and_then(|asked| String::from_utf8(asked.stdout).ok());
    match found.as_deref().map(str::trim).map(Path::new) {
        Some(path) if path.is_absolute() => {
            std::os::unix::fs::symlink(path, folder.join("libgcc_s.a"))
        }
        _ => Ok(()),
    }
}

/// A lab's library and program as one crate, which is a compiler's run less for
/// each submission: the manifest, and the crate's root.
///
/// It has the library with the stubs among its dependencies, and uses nothing of it.
/// But a generic function for types of others (`Vec::<u8>::push`) that was compiled
/// for a dependency is not compiled again, and most of what the given files need is
/// of that kind.
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
        package.insert("autobins".to_owned(), false.into());
    }
    let mut target = toml::Table::new();
    target.insert("name".to_owned(), format!("lab-{name}").into());
    target.insert("path".to_owned(), PROGRAM.into());
    manifest.insert("bin".to_owned(), vec![target].into());
    let crate_name = format!("lab_{}", name.replace('-', "_"));
    let program = program
        .replace(&format!("{crate_name}::"), "")
        .replace("//!", "//");
    let root = format!("{library}\n{program}\nextern crate {crate_name} as _;\n");
    Ok((manifest.to_string(), root))
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

/// Lets everybody who gets there read all below `path`.
fn let_read(path: &Path) -> io::Result<()> {
    let about = fs::symlink_metadata(path)?;
    if about.is_symlink() {
        return Ok(());
    }
    let mode = about.permissions().mode() | if about.is_dir() { 0o755 } else { 0o444 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    if about.is_dir() {
        for entry in fs::read_dir(path)? {
            let_read(&entry?.path())?;
        }
    }
    Ok(())
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
        }
    }
    Ok(())
}
