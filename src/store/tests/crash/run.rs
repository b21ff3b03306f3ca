//! A run: journeys by one seed, what the disk was told meanwhile, and what was acknowledged
//! when.

use std::sync::Mutex;
use std::time::Duration;

use super::book::Book;
use super::copies;
use super::journey::{Done, Journey, operation_id, sealing_key};
use super::judge::compare;
use crate::error::{ErrorKind, Result};
use crate::random::Random;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Disk, Lie, Step};
use crate::store::Store;
use crate::store::tests::{Hands, formatted, open, options, share};
use crate::time::{Clock, Timestamp};

/// By how much the clock moves before a journey, in milliseconds: not at all, less than
/// usage needs to be noted again, more, enough for usage to be due, for grace to end, and for
/// a sweep.
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
    pub origin: Origin,
}

impl Default for Plan {
    fn default() -> Self {
        Self { journeys: 24, lie: None, alone: None, origin: Origin::Any }
    }
}

/// What file a run begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An empty store's.
    New,
    /// A store's that was restored from a backup of a store in use.
    Restored,
    /// A store's in use that was written anew.
    Rewritten,
    /// Chance says.
    Any,
}

impl Origin {
    fn chosen(self, dice: &mut Dice) -> Self {
        match self {
            Self::Any => *dice.pick(&[Self::New, Self::New, Self::Restored, Self::Rewritten]),
            origin => origin,
        }
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
    /// The sealing key that it was opened with, by number.
    pub sealing: u8,
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
    /// How often a store was opened, in the life of its file and of those it comes from.
    openings: u64,
    run: Run,
}

impl Run {
    /// Runs what `seed` chooses.
    pub(super) fn new(seed: u64, plan: &Plan) -> Self {
        let mut dice = Dice::new(seed);
        let mut scene = Scene::new(seed, plan, &mut dice);
        scene.go(plan, &mut dice);
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
        let origin = plan.origin.chosen(dice);
        let scene = if origin == Origin::New {
            let disk = formatted(&Random::new(dice.clone()));
            Self::over(seed, disk, Hands::new(), Book::default(), 0)
        } else {
            let before = Plan { journeys: 12, lie: None, alone: None, origin: Origin::New };
            let mut scene = Self::new(seed, &before, dice);
            scene.go(&before, dice);
            scene.close();
            let Self { disk, clock, openings, run, .. } = scene;
            let book = &run.points[run.points.len() - 1].book;
            let random = Random::new(dice.clone());
            match origin {
                Origin::Restored => {
                    let disk = copies::restored(&disk, &random, clock.now()).unwrap();
                    Self::over(seed, disk, clock, book.restored(), openings)
                }
                _ => {
                    let disk = copies::rewritten(&disk).unwrap();
                    Self::over(seed, disk, clock, book.clone(), openings)
                }
            }
        };
        scene.disk.lie(plan.lie);
        scene
    }

    /// Opens a store that is as `book` says and begins a run there.
    fn over(seed: u64, disk: Disk, clock: Hands, book: Book, openings: u64) -> Self {
        let (base, now, sealing) = (disk.bytes(), clock.now(), book.sealing);
        let point = Point { book, seq: 0, now, journey: None, refused: None };
        let (steps, notes, starts) = (Vec::new(), Vec::new(), Vec::new());
        let run = Run { seed, base, steps, notes, points: vec![point], starts };
        disk.record();
        let mut scene = Self { disk, clock, store: None, openings, run };
        scene.open(sealing);
        scene.run.points[0].seq = scene.store().anchor().unwrap().seq;
        scene
    }

    /// Asks for journeys, opens and closes, until there are as many as planned.
    fn go(&mut self, plan: &Plan, dice: &mut Dice) {
        while self.run.points.len() <= plan.journeys {
            let ahead = *dice.pick(&AHEAD);
            self.clock.forward(Duration::from_millis(ahead));
            let chance = match plan.alone {
                Some(each) if self.since_start() < each => 3,
                Some(_) => 0,
                None => dice.roll(12),
            };
            match chance {
                0 => self.reopen(dice),
                1 | 2 if self.book().owners.len() > 1 && self.is_settled() => self.several(dice),
                _ => self.one(dice),
            }
        }
    }

    /// Opens the store with this sealing key.
    fn open(&mut self, sealing: u8) {
        let (point, now) = (self.last(), self.clock.now());
        // Each opening draws elsewhere, so that no token comes again.
        let random = Dice::new(!self.run.seed ^ self.openings << 40);
        self.openings += 1;
        let options = options(&self.clock).random(random.clone()).sealing_key(sealing_key(sealing));
        let disk = self.disk.bytes();
        self.run.starts.push(Start { point, disk, now, random, sealing });
        self.store = Some(open(&self.disk, options).unwrap());
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// How many points there are since the store was opened.
    fn since_start(&self) -> usize {
        self.last() - self.run.starts.last().unwrap().point
    }

    /// The number of the sealing key that the store was opened with.
    fn sealing(&self) -> u8 {
        self.run.starts.last().unwrap().sealing
    }

    /// Whether nothing must be done before anything else: a restored store is confirmed, and
    /// sealed copies are under the sealing key.
    fn is_settled(&self) -> bool {
        !self.book().restored && self.book().sealing == self.sealing()
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
        let journey = match (self.book().restored, self.is_settled()) {
            (false, false) => {
                let (old, new) = (self.book().sealing, self.sealing());
                Journey::Reseal { old, new }.named_by(self.book(), dice)
            }
            _ => Journey::choose(self.book(), now, dice),
        };
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
                    use Journey::{EndMany, Flush, Reveal, Sweep, TrimAudit};
                    let plain = journey.plain();
                    !matches!(plain, EndMany(_) | Flush | Reveal(_) | Sweep(_) | TrimAudit(_))
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
                    let most = limit.unwrap_or(usize::MAX);
                    assert_eq!(*count, book.ripe(now).len().min(most), "keys swept");
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

    /// The seqs of the points after `before`: a journey has that of its entries, or if it has none
    /// that of its operation. (One that is asked for twice may be another commit's in the end.)
    fn numbers(&mut self, before: usize) {
        let start = &self.run.points[before];
        let (mut seq, mut entries) = (start.seq, start.book.entries);
        let store = self.store.as_ref().unwrap();
        let trail = store.audit(entries, 1_000).unwrap();
        let mut trail = trail.iter();
        for point in &mut self.run.points[before + 1..] {
            if entries == point.book.entries
                && let (Some(Journey::Named(number, _)), None) = (&point.journey, point.refused)
            {
                seq = seq.max(store.operation(&operation_id(*number)).unwrap().seq);
            }
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
        if !book.restored {
            book.keys.iter_mut().for_each(|key| key.flushed = key.noted);
        }
        let now = self.clock.now();
        self.run.points.push(Point { book, seq, now, journey: None, refused: None });
    }

    /// Closes the store and opens it, perhaps with another sealing key.
    fn reopen(&mut self, dice: &mut Dice) {
        self.close();
        let sealing = self.book().sealing;
        let changes = self.book().profile.is_some() && dice.chance(1, 3);
        self.open(if changes { sealing ^ 1 } else { sealing });
        self.agree();
    }
}
