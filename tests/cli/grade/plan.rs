//! How the shards of a class are run by an engine that exists. netlings has no
//! scheduler: it prints the engine's own manifest.

use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anstream::{print, println};
use netlings::course::Trouble;

use super::pack::Pack;
use crate::{Place, Verdict, export, pristine};

/// Arguments of `plan`.
#[derive(clap::Args)]
#[command(
    after_help = "Each shard is `grade --shard I/N`; its exit status is 0 when all is graded, 42 when it would\n\
    fail again in the same way, and anything else when it may be tried again. `merge` puts the\n\
    shards together.\n\n\
    Example:\n  cargo netlings plan --engine slurm --shards 64 --lab framing > grade.sbatch"
)]
pub struct Args {
    /// What runs the shards.
    #[arg(long)]
    engine: Engine,
    /// How many shards: each should take some minutes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    shards: u16,
    /// The lab that was handed in.
    #[arg(long)]
    lab: String,
    /// The level of isolation.
    #[arg(long, value_name = "LEVEL", default_value = "L3")]
    isolation: netlings::jail::Level,
    /// For Gradescope: the teacher's pack.
    #[arg(long, required_if_eq("engine", "gradescope"))]
    pack: Option<PathBuf>,
    /// For Gradescope: the folder to write, whose files are then zipped.
    #[arg(long, required_if_eq("engine", "gradescope"))]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Engine {
    /// An Indexed Job.
    Kubernetes,
    /// A matrix of GitHub Actions.
    Actions,
    /// An array of Slurm.
    Slurm,
    /// No shards: an autograder that grades one submission at a time, at L2.
    Gradescope,
}

/// The most jobs of one matrix.
const MATRIX_MAX: u16 = 256;

/// Runs the command.
///
/// # Errors
/// There is no such lab, or the engine takes fewer shards.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let lab = place.course.select(&args.lab, &place.here)?.lab.lab;
    let shards = args.shards;
    if let (Engine::Gradescope, Some(pack), Some(out)) = (args.engine, &args.pack, &args.out) {
        return gradescope(place, lab, pack, out);
    }
    if matches!(args.engine, Engine::Actions) && shards > MATRIX_MAX {
        return Err(Trouble::Misuse(format!(
            "a matrix has {MATRIX_MAX} jobs at most"
        )));
    }
    let grade = |index: &str, folder: &str| {
        format!(
            "cargo netlings grade {folder}/submissions --lab {lab} --pack {folder}/pack.toml \
             --out {folder}/shards --isolation {:?} --shard {index}/{shards}",
            args.isolation
        )
    };
    let mut text = String::new();
    let _ = match args.engine {
        Engine::Kubernetes => write!(
            text,
            "# The image holds the course at /course, built and with its dependencies; the volume holds\n\
             # submissions/ and pack.toml. Level L3 needs user namespaces in the pod.\n\
             apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: grade-{lab}\nspec:\n  \
             completionMode: Indexed\n  completions: {shards}\n  parallelism: {shards}\n  \
             backoffLimitPerIndex: 3\n  maxFailedIndexes: {shards}\n  podFailurePolicy:\n    rules:\n      \
             - action: FailIndex\n        onExitCodes:\n          operator: In\n          values: [42]\n  \
             template:\n    spec:\n      hostUsers: false\n      restartPolicy: Never\n      containers:\n        \
             - name: grade\n          image: REGISTRY/netlings\n          workingDir: /course\n          \
             command: [\"sh\", \"-c\"]\n          args: [\"{}\"]\n          resources:\n            \
             requests: {{ cpu: \"2\", memory: 4Gi }}\n            limits: {{ cpu: \"2\", memory: 4Gi }}\n          \
             volumeMounts: [{{ name: class, mountPath: /class }}]\n      volumes:\n        \
             - name: class\n          persistentVolumeClaim: {{ claimName: class }}\n",
            grade("$((JOB_COMPLETION_INDEX + 1))", "/class")
        ),
        Engine::Actions => {
            let indices: Vec<String> = (1..=shards).map(|index| index.to_string()).collect();
            write!(
                text,
                "# In a repository that is the teacher's, with the course, class/submissions and class/pack.toml.\n\
                 name: grade\non: workflow_dispatch\npermissions:\n  contents: read\njobs:\n  shard:\n    \
                 runs-on: ubuntu-latest\n    strategy:\n      fail-fast: false\n      matrix:\n        \
                 shard: [{}]\n    steps:\n      - uses: actions/checkout@v4\n      \
                 - run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\n      \
                 - run: {}\n      - uses: actions/upload-artifact@v4\n        with:\n          \
                 name: shard-${{{{ matrix.shard }}}}\n          path: class/shards/shard-*\n  merge:\n    \
                 needs: shard\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      \
                 - uses: actions/download-artifact@v4\n        with:\n          path: shards\n          \
                 merge-multiple: true\n      - run: cargo netlings merge shards --out results\n      \
                 - uses: actions/upload-artifact@v4\n        with:\n          name: results\n          path: results\n",
                indices.join(", "),
                grade("${{ matrix.shard }}", "class")
            )
        }
        Engine::Gradescope => Ok(()), // written above
        Engine::Slurm => write!(
            text,
            "#!/bin/sh\n#SBATCH --job-name=grade-{lab}\n#SBATCH --array=1-{shards}\n#SBATCH --cpus-per-task=2\n\
             #SBATCH --mem=4G\n#SBATCH --time=02:00:00\n#SBATCH --requeue\n\
             # Submitted in the course's folder; CLASS holds submissions/ and pack.toml.\n\
             {}\nstatus=$?\n\
             # 42 would fail again in the same way; anything else may be tried again, thrice.\n\
             if [ $status -ne 0 ] && [ $status -ne 42 ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt 3 ]; then\n    \
             scontrol requeue \"$SLURM_JOB_ID\"\nfi\nexit $status\n",
            grade("\"$SLURM_ARRAY_TASK_ID\"", "\"$CLASS\"")
        ),
    };
    print!("{text}");
    Ok(Verdict::Pass)
}

/// What a course is built of. Beside it, in its folder, submissions may lie, results
/// and the autograder itself.
const PARTS: &[&str] = &[
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "book",
    "labs",
    "solutions",
    "tests",
];

/// Writes the files of an autograder: the course with its solutions and the lab's
/// stubs, the pack, and the two scripts that Gradescope asks for.
fn gradescope(place: &Place, lab: &str, pack: &Path, out: &Path) -> Result<Verdict, Trouble> {
    Pack::load(pack)?;
    let root = &place.course.root;
    let about = place.course.lab(lab)?;
    let stubs: Vec<_> = about
        .yours
        .iter()
        .map(|file| Ok((file, pristine::find(root, &about, file)?)))
        .collect::<Result<_, Trouble>>()?;
    if fs::canonicalize(out).is_ok() {
        return Err(Trouble::Misuse(format!(
            "{} is there already",
            out.display()
        )));
    }
    let written = || -> io::Result<()> {
        let course = out.join("course");
        fs::create_dir_all(&course)?;
        for name in PARTS.iter().filter(|name| root.join(name).exists()) {
            export::copy(root, Path::new(name), &[], &course)?;
        }
        for (file, stub) in stubs {
            fs::write(course.join(pristine::path_of(lab, file)), stub)?;
        }
        fs::copy(pack, out.join("pack.toml"))?;
        for (name, text) in [
            ("setup.sh", include_str!("gradescope/setup.sh")),
            ("run_autograder", include_str!("gradescope/run_autograder")),
        ] {
            let path = out.join(name);
            fs::write(&path, text.replace("LAB", lab))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    };
    written().map_err(|error| Trouble::Ours(format!("{}: {error}", out.display())))?;
    println!(
        "{0}: an autograder for {lab}. Zip what is in it: cd {0} && zip -r ../autograder.zip .",
        out.display()
    );
    Ok(Verdict::Pass)
}
