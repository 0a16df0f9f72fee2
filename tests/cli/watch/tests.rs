//! The watch, driven without a terminal, a clock or a file.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use netlings::chapter::StepText;
use netlings::check::{Check, Event as Happened, Failure, Outcome, Report, Verdict, What};
use netlings::ladder::Ladder;
use netlings::progress::State;
use netlings::runner::Checked;
use netlings::trial::Trial;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::plain::Plain;
use super::screen;
use super::session::{
    At, Content, Effect, Ended, Entered, Event, Job, Page, QUIET_FOR, Session, Work,
};
use crate::check::{Unbuilt, Which};
use crate::outline::{Chapter, Outline, Part, Step};

#[allow(clippy::result_large_err)] // as in the harness
fn passes(_: &mut Trial) -> Verdict {
    Ok(())
}

const fn check(name: &'static str, step: u8) -> Check {
    Check {
        name,
        step,
        points: 2,
        section: "step-1",
        rfc: "RFC 9293 §2.2",
        needs: &[],
        run: passes,
    }
}

static CHECKS: [Check; 5] = [
    check("the_greeting_is_printed", 1),
    check("a_greeting_in_pieces_is_printed_whole", 1),
    check(
        "the_longest_greeting_is_printed_and_a_longer_one_is_refused",
        1,
    ),
    check("the_line_ends_with_a_line_feed", 2),
    check("a_name_is_looked_up", 1),
];

fn chapter(title: &str, lab: Option<&str>, steps: &[(&str, &'static [Check])]) -> Chapter {
    let steps = steps.iter().map(|(title, checks)| Step {
        title: (*title).to_owned(),
        state: State::Open,
        minutes: 10,
        points: 6,
        files: vec![PathBuf::from("labs/hello/src/client.rs")],
        item: "connect".to_owned(),
        checks: checks.iter().collect(),
    });
    Chapter {
        title: title.to_owned(),
        lab: lab.map(str::to_owned),
        to_come: lab.is_none(),
        minutes: 20,
        steps: steps.collect(),
        trouble: None,
    }
}

fn outline() -> Outline {
    let [_, _, _, four, five] = &CHECKS;
    let first = CHECKS.get(..3).unwrap_or_default();
    Outline {
        version: 1,
        parts: vec![
            Part {
                title: "Part I. The map".to_owned(),
                chapters: vec![
                    chapter(
                        "The first conversation",
                        Some("hello"),
                        &[
                            ("Connect and print the greeting", first),
                            ("Answer with one line", std::slice::from_ref(four)),
                        ],
                    ),
                    chapter("Layers and encapsulation", None, &[]),
                ],
            },
            Part {
                title: "Part II. Names".to_owned(),
                chapters: vec![chapter(
                    "Names: your own dig",
                    Some("dns"),
                    &[("Encode a query", std::slice::from_ref(five))],
                )],
            },
        ],
    }
}

/// A session with a clock that the test moves.
struct Bench {
    session: Session,
    now: Instant,
    asked: Vec<Effect>,
}

impl Bench {
    /// A learner in the first step, before the first verdict.
    fn new() -> Bench {
        let (session, asked) = Session::new(outline(), at("hello", 1), fastrand::Rng::with_seed(7));
        assert_eq!(asked, [Effect::Enter(at("hello", 1))]);
        let mut bench = Bench {
            session,
            now: Instant::now(),
            asked: Vec::new(),
        };
        bench.size(100, 30);
        bench.enter("hello", 1);
        bench
    }

    fn size(&mut self, columns: u16, rows: u16) {
        self.handle(Event::Resized(columns, rows));
    }

    fn handle(&mut self, event: Event) {
        self.asked = self.session.handle(event, self.now);
    }

    fn enter(&mut self, lab: &str, step: u8) {
        let hints = ["where", "idea", "shape"];
        let hints = (1..).zip(hints).map(|(number, name)| {
            let text = "How many octets does one `read` return, and what does a return of zero \
                mean? The doc comment of `Read::read` says both.";
            (format!("Hint {number}: {name}"), text.to_owned())
        });
        self.handle(Event::Entered(Box::new(Entered {
            at: at(lab, step),
            text: StepText {
                hints: hints.collect(),
                learned: Some("You can now read a line from a stream.".to_owned()),
            },
            hints_seen: 0,
            content: content(lab, "first"),
            states: vec![State::Open; 2],
        })));
    }

    fn key(&mut self, code: KeyCode) {
        self.handle(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    fn keys(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.key(KeyCode::Char(letter));
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.asked = self.session.handle_timeout(self.now);
    }

    /// The files are saved with this fingerprint.
    fn save(&mut self, hash: &str) {
        self.handle(Event::Touched);
        self.wait(QUIET_FOR);
        assert_eq!(self.asked, [Effect::Read(self.session.at.clone())]);
        let lab = self.session.at.lab.clone();
        self.handle(Event::Content(content(&lab, hash)));
    }

    /// The run that was asked for.
    fn job(&self) -> Job {
        match self.asked.as_slice() {
            [Effect::Run(job)] => job.clone(),
            asked => panic!("one run was to be asked for, and not {asked:?}"),
        }
    }

    /// A run comes to its end, with these outcomes of the step's checks.
    fn end(&mut self, job: &Job, outcomes: &[Outcome], states: &[State]) {
        let steps = match &job.which {
            Which::Steps(steps) => steps.clone(),
            _ => vec![1, 2],
        };
        let checks = self.session.outline.lab(&job.lab).map(|lab| {
            let steps = (1_u8..).zip(&lab.steps).filter(|(n, _)| steps.contains(n));
            let checks = steps.flat_map(|(_, step)| step.checks.clone());
            checks.collect::<Vec<_>>()
        });
        self.now += Duration::from_millis(190);
        self.handle(Event::Built(job.run));
        let results = checks.unwrap_or_default().into_iter().zip(outcomes);
        let results: Vec<_> = results
            .map(|(check, outcome)| {
                let checked = Checked {
                    outcome: outcome.clone(),
                    took: Duration::ZERO,
                };
                (check, checked)
            })
            .collect();
        for (check, checked) in &results {
            self.handle(Event::Checked(job.run, check, checked.clone()));
        }
        self.now += Duration::from_millis(60);
        self.handle(Event::Ended(
            job.run,
            Box::new(Ended {
                unbuilt: None,
                results,
                hash: job.hash.clone(),
                states: states.to_vec(),
            }),
        ));
    }

    fn unbuilt(&mut self, job: &Job, said: &str) {
        self.now += Duration::from_millis(90);
        self.handle(Event::Ended(
            job.run,
            Box::new(Ended {
                unbuilt: Some(Unbuilt::Yours(said.to_owned())),
                results: Vec::new(),
                hash: job.hash.clone(),
                states: vec![State::Open; 2],
            }),
        ));
    }

    fn picture(&mut self) -> Terminal<TestBackend> {
        let (columns, rows) = self.session.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("it is memory");
        terminal
            .draw(|frame| drop(screen::draw(&self.session, frame)))
            .expect("memory can be drawn on");
        terminal
    }

    fn text(&mut self) -> String {
        self.picture().backend().to_string()
    }
}

fn at(lab: &str, step: u8) -> At {
    At {
        lab: lab.to_owned(),
        step,
    }
}

fn content(lab: &str, hash: &str) -> Content {
    Content {
        lab: lab.to_owned(),
        hash: hash.to_owned(),
        begin: Some((20, "connect".to_owned())),
    }
}

fn fail() -> Outcome {
    let what = [
        What::Started(vec!["greet".to_owned(), "127.0.0.1:4711".to_owned()]),
        What::Connected,
        What::Sent(b"hel".to_vec()),
        What::Sent(b"lo\n".to_vec()),
        What::Received(b"hel\n".to_vec()),
        What::Exited("exit status 0".to_owned()),
    ];
    let events: Vec<Happened> = (0_u64..)
        .zip(what)
        .map(|(at_us, what)| {
            let stream = usize::from(matches!(what, What::Connected | What::Sent(_)));
            Happened {
                at_us,
                stream,
                what,
            }
        })
        .collect();
    let mut failure = Failure::octets("the greeting", b"hello\n", b"hel\n");
    failure.place = Some((0, 0));
    Outcome::Fail(Box::new(Report {
        what: "the greeting, cut after octet 3: standard output".to_owned(),
        expected: "\"hello\\n\"".to_owned(),
        came: "\"hel\\n\"".to_owned(),
        difference: "octet 3".to_owned(),
        mistake: Some("one read taken for one line".to_owned()),
        why: Some(
            "the program took what its first read returned for the whole line. TCP carries \
             octets without borders, so a read returns what has arrived"
                .to_owned(),
        ),
        rfc: "RFC 9293 §2.2".to_owned(),
        ladder: Ladder::new(&events, Some(&failure)),
        ..Report::default()
    }))
}

fn todo() -> Outcome {
    Outcome::Todo {
        step: 1,
        task: "connect to the first address that accepts".to_owned(),
    }
}

const TWO: [State; 2] = [State::Open; 2];

// ---------------------------------------------------------------- what it does

#[test]
fn a_save_is_one_run_and_one_without_a_change_is_none() {
    let mut bench = Bench::new();
    let first = bench.job();
    bench.end(&first, &[todo(), todo(), todo()], &TWO);
    // An editor touches several things in turn.
    for _ in 0..5 {
        bench.handle(Event::Touched);
        assert_eq!(bench.asked, []);
        bench.wait(QUIET_FOR / 2);
        assert_eq!(bench.asked, [], "the files are not quiet yet");
    }
    bench.wait(QUIET_FOR);
    assert_eq!(bench.asked, [Effect::Read(at("hello", 1))]);
    bench.handle(Event::Content(content("hello", "second")));
    let second = bench.job();
    assert_eq!(second.hash, "second");
    bench.end(&second, &[todo(), todo(), todo()], &TWO);
    bench.save("second");
    assert_eq!(bench.asked, [], "nothing has changed");
    assert_eq!(bench.session.poll_timeout(), None, "and nothing is due");
}

#[test]
fn what_a_newer_save_has_overtaken_is_never_shown() {
    let mut bench = Bench::new();
    let mut jobs = vec![bench.job()];
    for number in 0..20 {
        bench.save(&format!("save {number}"));
        jobs.push(bench.job());
        assert!(!bench.session.is_current());
    }
    let last = jobs.pop().expect("there are some");
    for job in jobs {
        bench.end(&job, &[Outcome::Pass, Outcome::Pass, Outcome::Pass], &TWO);
        assert!(bench.session.verdict.is_none(), "of {}", job.hash);
    }
    bench.end(&last, &[Outcome::Pass, fail(), todo()], &TWO);
    let shown = bench.session.verdict.as_ref().map(|verdict| &verdict.job);
    assert_eq!(shown.map(|job| job.hash.as_str()), Some("save 19"));
    assert!(bench.session.is_current());
}

#[test]
fn the_old_verdict_stays_dimmed_until_the_new_one_is_known() {
    let mut bench = Bench::new();
    let first = bench.job();
    bench.end(&first, &[Outcome::Pass, fail(), todo()], &TWO);
    bench.save("second");
    let second = bench.job();
    assert_eq!(bench.session.work, Work::Building);
    let text = bench.text();
    assert!(
        text.contains("building…") && text.contains("✘ fail"),
        "{text}"
    );
    let picture = bench.picture();
    let dimmed = |sign: &str| {
        let cells = picture.backend().buffer().content();
        let cell = cells.iter().find(|cell| cell.symbol() == sign);
        cell.is_some_and(|cell| cell.modifier.contains(ratatui::style::Modifier::DIM))
    };
    assert!(dimmed("✘"));
    // A program that hangs: what is known is shown after a moment.
    bench.handle(Event::Built(second.run));
    let checked = Checked {
        outcome: Outcome::Pass,
        took: Duration::ZERO,
    };
    bench.handle(Event::Checked(
        second.run,
        CHECKS.first().expect("there are five"),
        checked,
    ));
    assert!(bench.text().contains("✘ fail"));
    bench.wait(Duration::from_secs(1));
    let text = bench.text();
    assert!(text.contains("✔ pass  the greeting is printed"), "{text}");
    assert!(text.contains("· …") && !text.contains("✘"), "{text}");
    assert!(text.contains("checking… 1 of 3 known"), "{text}");
    assert!(!bench.session.passes());
}

#[test]
fn what_was_saved_while_it_was_built_is_built_again() {
    let mut bench = Bench::new();
    let job = bench.job();
    bench.handle(Event::Built(job.run));
    let ended = Ended {
        unbuilt: None,
        results: Vec::new(),
        hash: "second".to_owned(),
        states: TWO.to_vec(),
    };
    bench.handle(Event::Ended(job.run, Box::new(ended)));
    assert_eq!(bench.job().hash, "second");
    assert!(!bench.session.is_current());
}

#[test]
fn nothing_moves_on_by_itself() {
    let mut bench = Bench::new();
    let job = bench.job();
    let good = [Outcome::Pass, Outcome::Pass, Outcome::Pass];
    bench.end(&job, &good, &[State::Passed, State::Open]);
    assert_eq!(bench.asked, []);
    assert_eq!(bench.session.at, at("hello", 1));
    assert!(bench.session.passes());
    let text = bench.text();
    assert!(text.contains("You can now read a line"), "{text}");
    assert!(text.contains("Next: n  step 2: Answer"), "{text}");
    bench.keys("n");
    assert_eq!(bench.asked, [Effect::Enter(at("hello", 2))]);
    bench.enter("hello", 2);
    bench.keys("n");
    assert_eq!(bench.asked, [Effect::Enter(at("dns", 1))]);
    bench.enter("dns", 1);
    bench.keys("n");
    assert_eq!(bench.asked, []);
    assert!(bench.text().contains("the course's last step"));
    bench.keys("p");
    assert_eq!(bench.asked, [Effect::Enter(at("hello", 2))]);
}

#[test]
fn a_step_that_passes_has_the_earlier_ones_looked_at_again() {
    let mut bench = Bench::new();
    bench.enter("hello", 2);
    let job = bench.job();
    bench.end(&job, &[Outcome::Pass], &[State::Again, State::Passed]);
    let again = bench.job();
    assert_eq!(again.which, Which::Steps(vec![1]));
    assert!(bench.session.passes(), "the verdict stays");
    bench.end(
        &again,
        &[Outcome::Pass, fail(), Outcome::Pass],
        &[State::Failed, State::Passed],
    );
    assert!(bench.session.passes(), "and stays");
    let text = bench.text();
    assert!(
        text.contains("passed before and does not now: step 1"),
        "{text}"
    );
}

#[test]
fn a_failure_comes_back_with_its_seed_until_it_is_gone() {
    let mut bench = Bench::new();
    let first = bench.job();
    bench.end(&first, &[Outcome::Pass, fail(), todo()], &TWO);
    bench.save("second");
    let second = bench.job();
    assert_eq!(first.seed, second.seed);
    let good = [Outcome::Pass, Outcome::Pass, Outcome::Pass];
    bench.end(&second, &good, &[State::Passed, State::Open]);
    bench.key(KeyCode::Enter);
    assert_ne!(bench.job().seed, second.seed);
}

#[test]
fn a_hint_more_is_shown_and_kept_each_time() {
    let mut bench = Bench::new();
    for seen in 1..=3 {
        bench.keys("h");
        assert_eq!(bench.asked, [Effect::Hinted(at("hello", 1), seen)]);
    }
    bench.keys("h");
    assert_eq!(bench.asked, [], "there is no fourth");
    bench.key(KeyCode::Esc);
    bench.keys("h");
    assert_eq!(
        (&bench.asked[..], bench.session.page),
        (&[][..], Page::Hints)
    );
}

#[test]
fn the_list_is_searched_filtered_and_left_by_a_jump() {
    let mut bench = Bench::new();
    let job = bench.job();
    let good = [Outcome::Pass, Outcome::Pass, Outcome::Pass];
    bench.end(&job, &good, &[State::Passed, State::Passed]);
    bench.keys("lf");
    let text = bench.text();
    assert!(text.contains("dns") && !text.contains("◐ hello"), "{text}");
    assert!(!text.contains("Answer with one line"), "{text}");
    bench.keys("f/query");
    let text = bench.text();
    assert!(text.contains("1 Encode a query"), "{text}");
    assert!(!text.contains("The first conversation"), "{text}");
    bench.key(KeyCode::Enter); // the search is typed
    bench.key(KeyCode::Down);
    bench.key(KeyCode::Enter);
    assert_eq!(bench.asked, [Effect::Enter(at("dns", 1))]);
    bench.enter("dns", 1);
    assert_eq!(bench.session.page, Page::Step);
}

/// Whatever is pressed, in a window of whatever size.
#[test]
fn no_key_and_no_size_is_too_much() {
    let mut random = fastrand::Rng::with_seed(11);
    let keys: Vec<KeyCode> = "hnplrdbceqjkf/? x"
        .chars()
        .map(KeyCode::Char)
        .chain([
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Backspace,
        ])
        .collect();
    let mut bench = Bench::new();
    for _ in 0..200 {
        match random.u8(..8) {
            0 => bench.size(random.u16(1..130), random.u16(1..50)),
            1 => bench.save(&format!("{}", random.u8(..4))),
            _ => bench.key(*random.choice(&keys).expect("there are some")),
        }
        for effect in bench.asked.clone() {
            match effect {
                Effect::Enter(at) => bench.enter(&at.lab, at.step),
                Effect::Run(job) => match random.u8(..3) {
                    0 => bench.unbuilt(&job, "hello does not compile:\n\nerror: no"),
                    1 => bench.end(&job, &[Outcome::Pass, fail(), todo()], &TWO),
                    _ => {}
                },
                _ => {}
            }
        }
        bench.picture();
        assert!(bench.session.scroll <= screen::scroll_max(&bench.session));
    }
}

// ------------------------------------------------------------ what it looks like

#[test]
fn a_failure_at_every_width() {
    for (columns, rows) in [(100, 30), (80, 30), (60, 40), (40, 50)] {
        let mut bench = Bench::new();
        let job = bench.job();
        bench.end(&job, &[Outcome::Pass, fail(), todo()], &TWO);
        bench.size(columns, rows);
        let text = bench.text();
        insta::assert_snapshot!(format!("fail_{columns}"), text);
    }
}

#[test]
fn the_other_pages() {
    let mut bench = Bench::new();
    let job = bench.job();
    bench.size(80, 24);
    insta::assert_snapshot!("first_build", bench.text());
    bench.end(&job, &[todo(), todo(), todo()], &TWO);
    insta::assert_snapshot!("untouched", bench.text());
    bench.save("broken");
    let job = bench.job();
    let said = "hello does not compile:\n\nwarning: unused variable: `x`\n --> labs/hello/src/client.rs:1:1\n\n\
        error[E0425]: cannot find value `y` in this scope\n  --> labs/hello/src/client.rs:21:5\n   |\n21 |     y\n   |     ^ not found in this scope\n\n\
        error[E0308]: mismatched types\n  --> labs/hello/src/client.rs:30:5\n\n\
        error: aborting due to 2 previous errors; 1 warning emitted\n\nerror: could not compile `lab-hello` (lib) due to 2 previous errors; 1 warning emitted";
    bench.unbuilt(&job, said);
    insta::assert_snapshot!("does_not_compile", bench.text());
    bench.keys("d");
    let text = bench.text();
    assert!(text.contains("E0308") && text.contains("unused"), "{text}");
    bench.save("good");
    let job = bench.job();
    let good = [Outcome::Pass, Outcome::Pass, Outcome::Pass];
    bench.end(&job, &good, &[State::Passed, State::Open]);
    insta::assert_snapshot!("passed", bench.text());
    bench.keys("l");
    insta::assert_snapshot!("list", bench.text());
    bench.keys("?");
    insta::assert_snapshot!("keys", bench.text());
    bench.key(KeyCode::Esc);
    bench.keys("hh");
    insta::assert_snapshot!("hints", bench.text());
}

#[test]
fn signs_of_ascii_are_enough() {
    let mut bench = Bench::new();
    let job = bench.job();
    bench.end(&job, &[Outcome::Pass, fail(), todo()], &TWO);
    bench.session.ascii = true;
    for keys in ["", "l", "?", "rh"] {
        bench.keys(keys);
        let text = bench.text();
        // The backend's own picture has quotes around it, and a line end.
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn line_by_line_nothing_is_said_twice() {
    let mut bench = Bench::new();
    let mut plain = Plain::default();
    let mut said = plain.news(&bench.session);
    let job = bench.job();
    bench.end(&job, &[Outcome::Pass, fail(), todo()], &TWO);
    said.extend(plain.news(&bench.session));
    assert_eq!(plain.news(&bench.session), Vec::<String>::new());
    bench.keys("h");
    said.extend(plain.news(&bench.session));
    bench.save("second");
    said.extend(plain.news(&bench.session));
    let job = bench.job();
    let good = [Outcome::Pass, Outcome::Pass, Outcome::Pass];
    bench.end(&job, &good, &[State::Passed, State::Open]);
    said.extend(plain.news(&bench.session));
    insta::assert_snapshot!("plain", said.join("\n"));
}
