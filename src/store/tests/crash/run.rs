//! A run: journeys by one seed, what the disk was told meanwhile, and what was acknowledged
//! when.

use std::sync::Mutex;
use std::time::Duration;

use super::book::Book;
use super::journey::{Done, Journey};
use super::judge::compare;
use crate::error::{ErrorKind, Result};
use crate::random::Random;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Disk, Lie, Step};
use crate::store::Store;
use crate::store::tests::{Hands, formatted, open, options, share};
use crate::time::{Clock, Timestamp};

/// By how much the clock moves before a journey, in milliseconds: not at all, less than
/// usage needs to be noted again, enough for a quick repair, for usage to be due, for grace
/// to end, and for a sweep.
const AHEAD: [u64; 8] = [0, 0, 0, 700, 6_000, 61_000, 3_100_000, 7_300_000];

/// What a run is to be like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Journeys, and closings.
    pub journeys: usize,
    pub lie: Option<Lie>,
    /// How many journeys there are to an opening, one after another; if it is not said, chance
    /// says, and also when several come at once.
    pub alone: Option<usize>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { journeys: 24, lie: None, alone: None }
    }
}

/// What happened at a mark of the record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Note {
    /// All journeys up to this one may be in the file from now on.
    Asked(usize),
    /// All journeys up to this one were acknowledged.
    Acknowledged(usize),
}

/// Where the store stood after a journey.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub book: Book,
    pub seq: u64,
    pub now: Timestamp,
    /// What led here: a journey, or none if the store was made or closed.
    pub journey: Option<Journey>,
    /// Why the journey was refused, if it was.
    pub refused: Option<ErrorKind>,
}

/// Where a store was opened.
pub(super) struct Start {
    /// The point at which it stood.
    pub point: usize,
    pub disk: Vec<u8>,
    pub now: Timestamp,
    pub random: Dice,
}

/// A recorded run.
pub(super) struct Run {
    pub seed: u64,
    /// The disk before it.
    pub base: Vec<u8>,
    pub steps: Vec<Step>,
    /// What the marks in `steps` say.
    pub notes: Vec<Note>,
    /// The first is of the empty store.
    pub points: Vec<Point>,
    pub starts: Vec<Start>,
}

/// A store that runs, with its model.
struct Scene {
    disk: Disk,
    clock: Hands,
    store: Option<Store>,
    run: Run,
}

impl Run {
    /// Runs what `seed` chooses.
    pub(super) fn new(seed: u64, plan: &Plan) -> Self {
        let mut dice = Dice::new(seed);
        let mut scene = Scene::new(seed, plan, &mut dice);
        while scene.run.points.len() <= plan.journeys {
            let ahead = *dice.pick(&AHEAD);
            scene.clock.forward(Duration::from_millis(ahead));
            let chance = match plan.alone {
                Some(each) if scene.since_start() < each => 3,
                Some(_) => 0,
                None => dice.roll(12),
            };
            match chance {
                0 => scene.reopen(),
                1 | 2 if scene.book().owners.len() > 1 => scene.several(&mut dice),
                _ => scene.one(&mut dice),
            }
        }
        if dice.chance(1, 2) {
            scene.close();
        }
        scene.run.steps = scene.disk.take_record();
        scene.run
    }

    /// The run of a store that acknowledges before its last sync.
    pub(super) fn hasty(mut self) -> Self {
        let acknowledges = |step: &Step| match step {
            Step::Mark(mark) => matches!(self.notes[*mark], Note::Acknowledged(_)),
            _ => false,
        };
        for at in 0..self.steps.len() {
            let before = &self.steps[..at];
            if acknowledges(&self.steps[at])
                && let Some(sync) = before.iter().rposition(|step| matches!(step, Step::Sync))
            {
                self.steps[sync..=at].rotate_right(1);
            }
        }
        self
    }
}

impl Scene {
    fn new(seed: u64, plan: &Plan, dice: &mut Dice) -> Self {
        let disk = formatted(&Random::new(dice.clone()));
        let (base, clock) = (disk.bytes(), Hands::new());
        let (book, now) = (Book::default(), clock.now());
        let point = Point { book, seq: 0, now, journey: None, refused: None };
        let (steps, notes, starts) = (Vec::new(), Vec::new(), Vec::new());
        let run = Run { seed, base, steps, notes, points: vec![point], starts };
        disk.record();
        disk.lie(plan.lie);
        let mut scene = Self { disk, clock, store: None, run };
        scene.open();
        scene
    }

    fn open(&mut self) {
        let (point, now) = (self.last(), self.clock.now());
        // Each opening draws elsewhere, so that no token comes again.
        let openings = self.run.starts.len() as u64;
        let (disk, random) = (self.disk.bytes(), Dice::new(!self.run.seed ^ openings << 40));
        let options = options(&self.clock).random(random.clone());
        self.run.starts.push(Start { point, disk, now, random });
        self.store = Some(open(&self.disk, options).unwrap());
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// How many points there are since the store was opened.
    fn since_start(&self) -> usize {
        self.last() - self.run.starts.last().unwrap().point
    }

    fn last(&self) -> usize {
        self.run.points.len() - 1
    }

    fn book(&self) -> &Book {
        &self.run.points[self.last()].book
    }

    fn note(&mut self, note: Note) {
        self.disk.mark(self.run.notes.len());
        self.run.notes.push(note);
    }

    fn one(&mut self, dice: &mut Dice) {
        let now = self.clock.now();
        let journey = Journey::choose(self.book(), now, dice);
        self.note(Note::Asked(self.last() + 1));
        let done = journey.ask(self.store(), self.book());
        self.note(Note::Acknowledged(self.last() + 1));
        self.take(&journey, done);
        self.agree();
    }

    /// Several at once: the first commits alone, the others share a commit.
    fn several(&mut self, dice: &mut Dice) {
        let (now, count) = (self.clock.now(), 3 + dice.roll(4));
        let journeys: Vec<Journey> =
            std::iter::repeat_with(|| Journey::choose(self.book(), now, dice))
                // What these come to hangs on what the others do.
                .filter(|journey| {
                    !matches!(journey, Journey::Reveal(_) | Journey::Sweep(_) | Journey::Flush)
                })
                .take(count)
                .collect();
        let before = self.last();
        self.note(Note::Asked(before + count));
        let first_done = self.run.notes.len();
        self.run.notes.push(Note::Acknowledged(before + 1));
        let (disk, store, book) = (&self.disk, self.store(), self.book());
        let results = Mutex::new(Vec::new());
        let ask = |number: usize| {
            let done = journeys[number].ask(store, book);
            if number == 0 {
                disk.mark(first_done);
            }
            results.lock().unwrap().push((number, done));
        };
        let ask = &ask;
        let others =
            (1..count).map(|number| -> Box<dyn FnOnce() + Send> { Box::new(move || ask(number)) });
        share(disk, store, move || ask(0), others.collect());
        let mut results = results.into_inner().unwrap();
        results.sort_by_key(|(number, _)| *number);
        self.note(Note::Acknowledged(before + count));
        for (number, done) in results {
            self.take(&journeys[number], done);
        }
        self.numbers(before);
        self.agree();
    }

    /// Takes the outcome of a journey into the model.
    fn take(&mut self, journey: &Journey, done: Result<Done>) {
        let now = self.clock.now();
        let (mut book, seq) = (self.book().clone(), self.store().anchor().unwrap().seq);
        let refused = match done {
            Ok(done) => {
                if let (Done::Swept(count), Journey::Sweep(limit)) = (&done, journey) {
                    assert_eq!(*count, book.ripe(now).len().min(*limit), "keys swept");
                }
                book.apply(journey, &done, now);
                None
            }
            Err(error) => {
                let kinds =
                    [ErrorKind::Cap, ErrorKind::Conflict, ErrorKind::NotFound, ErrorKind::Argument];
                assert!(kinds.contains(&error.kind()), "{journey:?}: {error}");
                Some(error.kind())
            }
        };
        let journey = Some(journey.clone());
        self.run.points.push(Point { book, seq, now, journey, refused });
    }

    /// The seqs of the points after `before`, by the trail: a journey has that of its entries.
    fn numbers(&mut self, before: usize) {
        let start = &self.run.points[before];
        let (mut seq, mut entries) = (start.seq, start.book.entries);
        let trail = self.store().audit(entries, 1_000).unwrap();
        let mut trail = trail.iter();
        for point in &mut self.run.points[before + 1..] {
            while entries < point.book.entries {
                seq = trail.next().expect("an entry is missing").seq;
                entries += 1;
            }
            point.seq = seq;
        }
        assert!(trail.next().is_none(), "there is an entry of nobody's");
    }

    /// The store that runs is as the model says, which learns what uses were noted.
    fn agree(&mut self) {
        let now = self.clock.now();
        let compared = compare(self.store(), self.book(), now);
        let last = self.last();
        if let Err(why) = compared {
            panic!("seed {}: {why}, after {:?}", self.run.seed, self.run.points[last].journey);
        }
        let store = self.store.as_ref().unwrap();
        for key in self.run.points[last].book.keys.iter_mut().filter(|key| !key.swept) {
            key.noted = store.key(key.id).unwrap().last_used;
        }
    }

    /// Closes the store, which writes the uses that were noted.
    fn close(&mut self) {
        self.note(Note::Asked(self.last() + 1));
        let store = self.store.take().unwrap();
        let seq = store.anchor().unwrap().seq;
        store.close().unwrap();
        self.note(Note::Acknowledged(self.last() + 1));
        let mut book = self.book().clone();
        book.keys.iter_mut().for_each(|key| key.flushed = key.noted);
        let now = self.clock.now();
        self.run.points.push(Point { book, seq, now, journey: None, refused: None });
    }

    fn reopen(&mut self) {
        self.close();
        self.open();
        self.agree();
    }
}
