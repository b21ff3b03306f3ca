//! Failing disks: whatever operation fails, and however, what was reported is what reopening
//! finds, also when the power goes after a sync that failed.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Instant;

use rustix::io::Errno;

use super::book::{Book, Key, SCOPES, SEALING};
use super::journey::{Done, Journey, sealing_key};
use super::judge::{refusal, verdicts};
use super::power::{find, quietly, reopen};
use super::run::{Origin, Plan, Point, Run, Start};
use super::{amount, each, first_seed, report, seeds};
use crate::audit::{AuditEntry, Event};
use crate::digest::Locator;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::record::Op;
use crate::spec::OwnerChange;
use crate::storage::tests::cut::Platter;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Disk, Fault, Step};
use crate::store::Store;
use crate::store::tests::{Hands, by, open, options};
use crate::time::{Clock, Timestamp};

/// The script: journeys, and how many there are to an opening and a closing.
const PLAN: Plan = Plan { journeys: 200, lie: None, alone: Some(4), origin: Origin::New };

/// How an operation fails; each once, and for ever.
pub(super) const FAILURES: [(Errno, bool, bool); 4] = [
    // A write, a sync or a change of length; nothing of the write gets there.
    (Errno::IO, false, false),
    // A read, too.
    (Errno::IO, true, false),
    (Errno::NOSPC, false, false),
    // A short write.
    (Errno::NOSPC, false, true),
];

pub(super) fn fault(number: usize, after: u64) -> Fault {
    let (errno, reads, half) = FAILURES[number / 2];
    Fault { after, errno, for_ever: number % 2 == 1, reads, half }
}

/// A fault in the run that begins at a start.
#[derive(Clone, Copy, Debug)]
struct Case {
    start: usize,
    fault: Fault,
}

/// Each operation of each part of the script, failing in each way.
fn cases(run: &Run) -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, start) in run.starts.iter().enumerate() {
        let disk = Disk::new(start.disk.clone());
        disk.fail(None);
        let mut trial = Trial::new(run, start, &disk);
        trial.go(&Journey::ask).unwrap();
        for kind in 0..2 * FAILURES.len() {
            let seen = disk.done(fault(kind, 0).reads);
            cases.extend((0..seen).map(|after| Case { start: number, fault: fault(kind, after) }));
        }
    }
    cases
}

/// How a store is asked for a journey.
type Ask = dyn Fn(&Journey, &Store, &Book) -> Result<Done> + Sync;

/// One part of the script on a disk of its own.
struct Trial<'r> {
    run: &'r Run,
    start: &'r Start,
    disk: &'r Disk,
    hands: Hands,
    /// The points of which one is in the file.
    stands: RangeInclusive<usize>,
    /// How the journey that failed was reported.
    reported: Option<ErrorKind>,
    /// The last uses that were written for sure, key by key. They are not those of the run, which
    /// looked at other moments: a use within a minute of another is not noted.
    flushed: Vec<Option<Timestamp>>,
    /// The last change is in the file, and could not be shown as a whole.
    durable: bool,
}

impl<'r> Trial<'r> {
    fn new(run: &'r Run, start: &'r Start, disk: &'r Disk) -> Self {
        let hands = Hands::at(start.now.as_ms());
        let stands = start.point..=start.point;
        let flushed = run.points[start.point].book.keys.iter().map(|key| key.flushed).collect();
        Self { run, start, disk, hands, stands, reported: None, flushed, durable: false }
    }

    /// Opens the store, asks for journeys until one fails, and closes it.
    fn go(&mut self, ask: &Ask) -> Result<(), String> {
        let sealing = sealing_key(self.start.sealing);
        let options = options(&self.hands).random(self.start.random.clone());
        let mut options = options.sealing_key(sealing);
        if self.start.point % 2 == 1 {
            // Pages are written before the commit too.
            options = options.cache_bytes(32 << 10);
        }
        let store = match open(self.disk, options) {
            Ok(store) => store,
            Err(error) => return self.fails(&error),
        };
        for (at, point) in self.run.points.iter().enumerate().skip(self.start.point + 1) {
            let Some(journey) = &point.journey else { break };
            self.hands.set(point.now);
            let before = &self.run.points[at - 1].book;
            let kind = match ask(journey, &store, before) {
                Ok(_) => None,
                Err(error) if point.refused == Some(error.kind()) => point.refused,
                Err(error) => {
                    self.fails(&error)?;
                    let unknown = error.kind() == ErrorKind::Indeterminate;
                    self.stands = at - 1..=if unknown { at } else { at - 1 };
                    let tell = |why| format!("{journey:?} ended with {error}, and then {why}");
                    self.shows(&store, point.now).map_err(tell)?;
                    return refuses(&store);
                }
            };
            if kind != point.refused {
                return Err(format!("{journey:?}: {kind:?}, want {:?}", point.refused));
            }
            self.stands = at..=at;
            if matches!((journey, kind), (Journey::Flush, None)) {
                let noted = before.keys.iter().map(|key| noted(&store, key));
                self.flushed.resize(before.keys.len(), None);
                self.flushed
                    .iter_mut()
                    .zip(noted)
                    .for_each(|(last, noted)| *last = noted.max(*last));
            }
            self.shows(&store, point.now).map_err(|why| format!("after {journey:?}: {why}"))?;
        }
        // Uses are written, or not; nothing else is.
        if let Err(error) = store.close() {
            self.fails(&error)?;
        }
        Ok(())
    }

    fn fails(&mut self, error: &Error) -> Result<(), String> {
        use ErrorKind::{Full, Indeterminate, Io, Poisoned};
        self.reported = Some(error.kind());
        self.durable = error.message().contains("is in the file and could not be shown");
        if [Full, Indeterminate, Io, Poisoned].contains(&error.kind()) {
            return Ok(());
        }
        Err(format!("{:?} was reported: {error}", error.kind()))
    }

    /// The store decides as the point at which it stands says; if that is not known, it grants
    /// what both that may be grant, or less. What is durable may be granted.
    fn shows(&self, store: &Store, now: Timestamp) -> Result<(), String> {
        let [before, after] =
            [self.stands.start(), self.stands.end()].map(|at| &self.run.points[*at].book);
        if self.stands.start() == self.stands.end() {
            return verdicts(store, before, now);
        }
        let Ok(acme) = store.realm("acme") else { return Ok(()) };
        for (number, key) in after.keys.iter().enumerate() {
            for (scope, name) in SCOPES.iter().enumerate() {
                let earlier = before.keys.get(number);
                let both = (self.durable
                    || earlier.is_some_and(|key| before.refusal(key, scope, now).is_none()))
                    && after.refusal(key, scope, now).is_none();
                if !both && refusal(store, acme, key, scope).is_none() {
                    return Err(format!("{} is granted {name:?}", key.id));
                }
            }
        }
        Ok(())
    }

    /// The points that may be in the file, with uses that nobody was told of.
    fn points(&self) -> Vec<Point> {
        let now = self.hands.now();
        let mut points: Vec<Point> = self.run.points[self.stands.clone()].to_vec();
        for point in &mut points {
            for (number, key) in point.book.keys.iter_mut().enumerate() {
                key.flushed = self.flushed.get(number).copied().flatten();
                key.noted = Some(now);
            }
        }
        points
    }
}

/// The use of a key that memory has.
fn noted(store: &Store, key: &Key) -> Option<Timestamp> {
    let token = key.token.as_bytes();
    let approach = store.index.approach(Locator::of_token(token));
    let (_, side) =
        store.index.find(&approach, &store.routes.load().current.digester.digest(token), None)?;
    side?.last_used
}

/// After a write that failed, no other is made.
fn refuses(store: &Store) -> Result<(), String> {
    let poisoned = store.storage.is_poisoned();
    let Ok(acme) = store.realm("acme") else { return Ok(()) };
    match store.set_owner(acme, "probe", &OwnerChange::new().suspended(true), &by()) {
        Err(error) if !poisoned || error.kind() == ErrorKind::Poisoned => Ok(()),
        // One read failed, and no write: nothing is in doubt.
        Ok(_) if !poisoned => Err("probe".to_owned()),
        other => Err(format!("a later write ended with {other:?}")),
    }
}

/// What became of cases.
#[derive(Default)]
struct Outcomes {
    cases: u64,
    /// Power cuts after a sync that failed.
    cuts: u64,
    reported: BTreeSet<Option<&'static str>>,
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.cuts += other.cuts;
        self.reported.extend(other.reported);
    }
}

/// Tries a case, and says what was wrong with it.
fn attempt(run: &Run, number: u64, case: Case, ask: &Ask) -> Result<Outcomes, String> {
    let mut dice = Dice::new(number);
    let start = &run.starts[case.start];
    let disk = Disk::new(start.disk.clone());
    disk.fail(Some(case.fault));
    disk.record();
    let mut trial = Trial::new(run, start, &disk);
    trial.go(ask)?;
    disk.fail(None);
    let mut steps = disk.take_record();
    let (mut points, hands) = (trial.points(), &trial.hands);
    let store = reopen(&disk, hands, SEALING)?;
    let found = find(&store, &points, hands.now())?;
    let mut outcomes = Outcomes { cases: 1, ..Outcomes::default() };
    outcomes.reported.insert(trial.reported.map(ErrorKind::name));
    if !steps.contains(&Step::SyncFailed) {
        return Ok(outcomes);
    }
    // The kernel has dropped pages that it still shows. The power goes before anybody looks,
    // or after more was acknowledged on top of them.
    if dice.chance(3, 4) && found.book.profile.is_some() {
        points = vec![later(&store, found).map_err(|e| e.to_string())?];
        steps.extend(disk.take_record());
    }
    let mut platter = Platter::new(start.disk.clone());
    steps.iter().for_each(|step| platter.tell(step, &mut dice));
    let (image, lost) = platter.cut(&mut dice);
    let tell = |why| format!("after a power cut ({lost}): {why}");
    let store = reopen(&Disk::new(image), hands, SEALING).map_err(tell)?;
    find(&store, &points, hands.now()).map_err(tell)?;
    outcomes.cuts += 1;
    Ok(outcomes)
}

/// Adds to a store that stands at `point`, and gives where it stands then.
fn later(store: &Store, mut point: Point) -> Result<Point> {
    let owner = |owner| Journey::SetOwner { owner, suspended: None, direct: None, plan: None };
    let mut journeys = vec![owner(7), owner(8), owner(9)];
    let there = (0..point.book.keys.len()).find(|at| !point.book.keys[*at].swept);
    journeys.extend(there.map(Journey::Revoke));
    for journey in journeys {
        let done = journey.ask(store, &point.book)?;
        point.book.apply(&journey, &done, store.mark.now());
    }
    point.seq = store.anchor()?.seq;
    Ok(point)
}

#[test]
fn p8_whatever_operation_of_a_disk_fails_what_was_reported_is_what_reopening_finds() {
    let (begun, seed) = (Instant::now(), first_seed().wrapping_add(1));
    let run = Run::new(seed, &PLAN);
    let cases = cases(&run);
    let wanted = amount("KEYCASK_FAULTS", 2_000);
    let all = cases.len() as u64;
    let step = (all / wanted).max(1);
    // Not always the same operations of a part: 1 of `step`, which chance picks.
    let mut dice = Dice::new(seed);
    let picked = (0..all / step).map(|chunk| chunk * step + dice.roll(step as usize) as u64);
    let task = |number: u64| {
        let case = cases[usize::try_from(number).unwrap()];
        let tried = quietly(|| attempt(&run, number, case, &Journey::ask));
        tried.map_err(|why| format!("{case:?}: {why}"))
    };
    let Outcomes { cases: tried, cuts, reported } = each(&seeds(picked), task, Outcomes::add);
    let what = format!("{tried} of {all} operations failed, {cuts} power cuts after");
    report(&format!("failing disks: {what}"), begun);
    if tried > 1 {
        let seen = [None, Some("full"), Some("indeterminate"), Some("io")];
        assert!(reported.is_superset(&BTreeSet::from(seen)), "{reported:?}");
    }
}

/// Some case must find what is wrong with stores that are asked by `ask`.
fn found_out(ask: &Ask) {
    let run = Run::new(1, &Plan { journeys: 40, ..PLAN });
    let for_ever = |case: &&Case| case.fault.for_ever && case.fault.errno == Errno::IO;
    let cases = cases(&run);
    let found = cases.iter().filter(for_ever).any(|case| attempt(&run, 0, *case, ask).is_err());
    assert!(found, "nothing was found");
}

#[test]
fn a_store_that_denies_only_once_it_is_durable_is_found_out() {
    found_out(&|journey, store, book| {
        let Journey::Revoke(key) = journey.plain() else { return journey.ask(store, book) };
        let now = store.mark.now();
        let mut record = store.storage.view()?.key(book.keys[*key].id)?.unwrap();
        if record.state == State::Revoked {
            return journey.ask(store, book);
        }
        (record.state, record.changed, record.counted) = (State::Revoked, now, false);
        let ops = [Op::Key(record)];
        let mut batch = store.storage.batch()?;
        batch.apply(&ops)?;
        batch.seal(book.keys[*key].id, None)?;
        batch.audit(&mut [AuditEntry::new(Event::KeyRevoked, now, "tester")])?;
        let seq = batch.commit()?;
        store.index.apply(seq, &ops, &**store.realms.load())?;
        Ok(Done::Nothing)
    });
}

#[test]
fn a_store_that_says_refused_of_what_may_be_in_the_file_is_found_out() {
    found_out(&|journey, store, book| {
        journey.ask(store, book).map_err(|error| match error.kind() {
            ErrorKind::Indeterminate => Error::new(ErrorKind::Io, "it was refused"),
            _ => error,
        })
    });
}
