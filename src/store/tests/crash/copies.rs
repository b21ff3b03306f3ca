//! Files that are made of a store's: backups, restored stores, and those that are written anew.
//! Whatever fails while one is made, the store goes on and takes writes; and the file that is
//! made in the end is the store. That none has a name before it is whole, `tests/creating.rs`
//! shows.

use std::collections::BTreeSet;
use std::time::Instant;

use super::book::Book;
use super::faults::{FAILURES, fault};
use super::judge::{compare, verdicts};
use super::power::{find, quietly, reopen};
use super::run::{Origin, Plan, Run, Start};
use super::{amount, each, first_seed, report, seeds};
use crate::error::{ErrorKind, Result};
use crate::random::Random;
use crate::spec::OwnerChange;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Disk, Fault};
use crate::storage::tests::rewrite::write_anew;
use crate::storage::{Storage, StorageOptions, Unread};
use crate::store::restore::{Restored, note};
use crate::store::tests::{Hands, by, open, options};
use crate::time::{Clock, Timestamp};

/// Makes a file of a store on an empty disk.
type Make = fn(&Storage, &Disk, &Random, Timestamp) -> Result<()>;

/// All who do, and whether the file is a store in use.
const MAKERS: [(Make, bool); 3] = [(back_up, false), (restore, true), (write_anew_at, true)];

fn back_up(store: &Storage, to: &Disk, _: &Random, _: Timestamp) -> Result<()> {
    store.copy_to(&|| Ok(to.clone()), None, "back up").map(|_| ())
}

/// From a backup that is made before.
fn restore(store: &Storage, to: &Disk, random: &Random, now: Timestamp) -> Result<()> {
    let backup = Disk::new(Vec::new());
    back_up(store, &backup, random, now)?;
    let settings = StorageOptions::new(None);
    let source = Unread::attach(backup, None, &settings, "open it")?.unchecked()?;
    let state = source.view()?.check_and_tell(None)?;
    let facts = Restored::of(source.anchor()?, state.entries);
    let change = |store: &Storage| note(store, &facts, &by(), now, state.mark);
    let file = || Ok(to.clone());
    Storage::restore_to(&source, &file, &settings, random, "restore", change).map(|_| ())
}

fn write_anew_at(store: &Storage, to: &Disk, _: &Random, _: Timestamp) -> Result<()> {
    write_anew(store, to)
}

/// A disk with what `make` makes of the store on `disk`.
fn made(make: Make, disk: &Disk, random: &Random, now: Timestamp) -> Result<Disk> {
    let settings = StorageOptions::new(None);
    let store = Storage::attach(disk.clone(), None, &settings, "open it", &mut |_| Ok(()))?;
    let new = Disk::new(Vec::new());
    make(&store, &new, random, now).map(|()| new)
}

/// A disk with a store that is restored from a backup of the one on `disk`.
pub(super) fn restored(disk: &Disk, random: &Random, now: Timestamp) -> Result<Disk> {
    made(restore, disk, random, now)
}

/// A disk with the store on `disk`, written anew.
pub(super) fn rewritten(disk: &Disk) -> Result<Disk> {
    made(write_anew_at, disk, &Random::system(), Timestamp::EPOCH)
}

/// An operation that fails while one of [`MAKERS`] is at work: of the store's own disk, or of the
/// one with the new file.
#[derive(Clone, Copy, Debug)]
struct Case {
    maker: usize,
    own: bool,
    fault: Fault,
}

/// Each operation of each of the two disks, failing in each way.
fn cases(start: &Start) -> Vec<Case> {
    let mut cases = Vec::new();
    for (maker, (make, _)) in MAKERS.iter().enumerate() {
        let (from, to) = (Disk::new(start.disk.clone()), Disk::new(Vec::new()));
        let hands = Hands::at(start.now.as_ms());
        let store = open(&from, options(&hands)).unwrap();
        [&from, &to].into_iter().for_each(|disk| disk.fail(None));
        make(&store.storage, &to, &Random::system(), start.now).unwrap();
        for kind in 0..2 * FAILURES.len() {
            for (own, disk) in [(true, &from), (false, &to)] {
                let seen = disk.done(fault(kind, 0).reads);
                cases.extend((0..seen).map(|after| Case { maker, own, fault: fault(kind, after) }));
            }
        }
    }
    cases
}

/// Tries a case with `make`, and gives how the making was reported.
fn attempt(run: &Run, start: &Start, case: Case, make: Make) -> Result<Option<ErrorKind>, String> {
    let (point, hands) = (&run.points[start.point], Hands::at(start.now.as_ms()));
    let (from, to) = (Disk::new(start.disk.clone()), Disk::new(Vec::new()));
    let store = open(&from, options(&hands)).map_err(|e| e.to_string())?;
    let in_use = MAKERS[case.maker].1;
    (if case.own { &from } else { &to }).fail(Some(case.fault));
    let made = make(&store.storage, &to, &Random::system(), start.now);
    [&from, &to].into_iter().for_each(|disk| disk.fail(None));
    let reported = made.as_ref().err().map(|error| error.kind());
    use ErrorKind::{Full, Io, Poisoned};
    if let Err(error) = &made
        && ![Full, Io, Poisoned].contains(&error.kind())
    {
        return Err(format!("{:?} was reported: {error}", error.kind()));
    }
    if made.is_ok() {
        let settings = StorageOptions { read_only: !in_use, ..StorageOptions::new(None) };
        let opened = Storage::attach(to, None, &settings, "open it", &mut |_| Ok(()));
        let view = opened.map_err(|e| format!("what was made does not open: {e}"))?;
        let checked = view.view().and_then(|view| view.check_and_tell(None));
        checked.map_err(|e| format!("what was made fails its check: {e}"))?;
    }
    verdicts(&store, &point.book, hands.now()).map_err(|why| format!("the store itself: {why}"))?;
    // redb neither reads nor writes a file any more of which it could not read something once.
    let store = match case.own && made.is_err() {
        true => {
            drop(store);
            reopen(&from, &hands, point.book.sealing)?
        }
        false => store,
    };
    let standing = find(&store, std::slice::from_ref(point), hands.now());
    standing.map_err(|why| format!("the store itself: {why}"))?;
    let acme = store.realm("acme").map_err(|e| e.to_string())?;
    let written = store.set_owner(acme, "probe", &OwnerChange::new().suspended(true), &by());
    written.map_err(|e| format!("the store takes no more writes: {e}"))?;
    Ok(reported)
}

#[test]
fn whatever_fails_while_a_copy_is_made_the_store_goes_on_and_what_is_done_is_whole() {
    let (begun, seed) = (Instant::now(), first_seed().wrapping_add(1));
    let run = Run::new(seed, &Plan { journeys: 24, alone: Some(8), ..Plan::default() });
    let start = run.starts.last().unwrap();
    let cases = cases(start);
    let (all, wanted) = (cases.len() as u64, amount("KEYCASK_FAULTS", 400));
    let step = (all / wanted).max(1);
    let mut dice = Dice::new(seed.wrapping_add(1));
    let picked = (0..all / step).map(|chunk| chunk * step + dice.roll(step as usize) as u64);
    let task = |number: u64| {
        let case = cases[usize::try_from(number).unwrap()];
        let tried = quietly(|| attempt(&run, start, case, MAKERS[case.maker].0));
        let reported = tried.map_err(|why| format!("{case:?}: {why}"))?;
        Ok((1_u64, BTreeSet::from([reported.map(ErrorKind::name)])))
    };
    let add = |sum: &mut (u64, BTreeSet<_>), (count, reported)| {
        sum.0 += count;
        sum.1.extend(reported);
    };
    let (tried, reported) = each(&seeds(picked), task, add);
    report(&format!("copies: {tried} of {all} operations failed"), begun);
    if tried > 1 {
        assert_eq!(reported, BTreeSet::from([Some("full"), Some("io")]));
    }
}

#[test]
fn a_backup_that_is_taken_for_done_whatever_fails_is_found_out() {
    let run = Run::new(1, &Plan { journeys: 24, alone: Some(8), ..Plan::default() });
    let start = run.starts.last().unwrap();
    let careless: Make = |store, to, random, now| {
        let _ = back_up(store, to, random, now);
        Ok(())
    };
    let mut writes = cases(start).into_iter().filter(|case| case.maker == 0 && !case.own);
    assert!(writes.any(|case| attempt(&run, start, case, careless).is_err()), "nothing was found");
}

#[test]
fn a_store_that_is_restored_or_written_anew_is_the_store() {
    for seed in 0..8 {
        let run = Run::new(seed, &Plan { origin: Origin::New, ..Plan::default() });
        let start = run.starts.last().unwrap();
        let book: &Book = &run.points[start.point].book;
        let disk = Disk::new(start.disk.clone());
        let hands = Hands::at(start.now.as_ms());
        let restored = restored(&disk, &Random::system(), start.now).unwrap();
        for (disk, book) in [(restored, book.restored()), (rewritten(&disk).unwrap(), book.clone())]
        {
            let store = open(&disk, options(&hands)).unwrap();
            compare(&store, &book, start.now).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        }
    }
}
