//! The thread that builds and checks, one run after the other, the newest
//! alone.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use netlings::checks;
use netlings::course::Tree;
use netlings::progress::{self, Progress};
use netlings::wait::Cancel;

use super::session::{Ended, Event, Job};
use super::shell::Input;
use crate::Place;
use crate::check::{Heard, LabRun, Subject};
use crate::results::Last;

/// Where runs are asked for.
pub struct Worker {
    jobs: Option<Sender<(Job, Cancel)>>,
    /// Of the run that was asked for last.
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts it; what it finds out goes to `tell`.
    pub fn start(place: Arc<Place>, tell: impl Fn(Input) + Send + 'static) -> Worker {
        let (jobs, asked) = mpsc::channel::<(Job, Cancel)>();
        let thread = thread::spawn(move || {
            for (job, cancel) in asked {
                if cancel.is_cancelled() {
                    continue;
                }
                let run = AssertUnwindSafe(|| run(&place, &job, &cancel, &tell));
                if panic::catch_unwind(run).is_err() {
                    tell(Input::Broken("the run panicked; see above".to_owned()));
                }
            }
        });
        Worker {
            jobs: Some(jobs),
            cancel: Cancel::default(),
            thread: Some(thread),
        }
    }

    /// Ends what runs, and runs this.
    pub fn run(&mut self, job: Job) {
        self.cancel.cancel();
        self.cancel = Cancel::default();
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send((job, self.cancel.clone()));
        }
    }
}

impl Drop for Worker {
    /// Waits until nothing runs any more.
    fn drop(&mut self) {
        self.cancel.cancel();
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Does one run. Nobody reads what is told once the watch has ended.
fn run(place: &Place, job: &Job, cancel: &Cancel, tell: &impl Fn(Input)) {
    let say = |event| tell(Input::Event(event));
    let root = &place.course.root;
    let Some(checks) = checks::find(&job.lab) else {
        return;
    };
    let lab = match place.course.lab(checks.lab) {
        Ok(lab) => lab,
        Err(why) => return tell(Input::Broken(why.to_string())),
    };
    let subject = Subject::Tree(Tree::Labs);
    let lab_run = LabRun::new(
        place,
        checks,
        lab.clone(),
        subject,
        job.which.clone(),
        job.seed,
    );
    let mut hash = None;
    let result = lab_run.watched(cancel, |heard| match heard {
        Heard::Built => {
            // What was built is what the files held before and after.
            hash = Some(progress::fingerprint(root, &lab, checks));
            say(Event::Built(job.run));
        }
        Heard::Checked(check, checked) => {
            say(Event::Checked(job.run, check, checked.clone()));
        }
    });
    if cancel.is_cancelled() {
        return;
    }
    let hash = hash.unwrap_or_else(|| progress::fingerprint(root, &lab, checks));
    if hash == job.hash
        && let Some(trouble) = result.remember(place, &hash)
    {
        say(Event::Notice(trouble));
    }
    Last::keep(root, &result.document(), &hash);
    let (progress, _) = Progress::load(root);
    let states = (1..).zip(&lab.steps);
    let states = states.map(|(step, _)| progress.state(checks.lab, step, &hash));
    let ended = Ended {
        states: states.collect(),
        unbuilt: result.unbuilt,
        results: result.results,
        hash,
    };
    say(Event::Ended(job.run, Box::new(ended)));
}
