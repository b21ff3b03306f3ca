//! Damaged files: refused with what is wrong, or everything is decided right.

use std::time::{Duration, Instant};

use redb::StorageBackend;

use super::book::Key;
use super::judge::{compare, verdicts};
use super::power::quietly;
use super::run::{Plan, Point, Run};
use super::{amount, each, first_seed, report, seeds};
use crate::entry::State;
use crate::error::{self, Error, ErrorKind};
use crate::record::Op;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::Disk;
use crate::storage::tests::mend::{Mender, PAGE};
use crate::storage::{Storage, StorageOptions};
use crate::store::Store;
use crate::store::tests::{Hands, open, options};

/// How many bytes of the first page are used.
const HEADER: usize = 320;
/// Longest that an opening may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file that was closed in order.
struct Whole {
    bytes: Vec<u8>,
    /// The same file when it was last opened.
    older: Vec<u8>,
    point: Point,
    mender: Mender,
    /// Pages of the commit that counts.
    live: Vec<usize>,
}

impl Whole {
    fn new(seed: u64) -> Self {
        let run = Run::new(seed, &Plan { alone: Some(6), ..Plan::default() });
        let last = run.starts.last().unwrap();
        let (bytes, older) = (last.disk.clone(), run.starts[run.starts.len() - 2].disk.clone());
        let mender = Mender::new(&bytes);
        let live = mender.live(&bytes);
        Self { older, point: run.points[last.point].clone(), mender, live, bytes }
    }

    /// A damaged copy; of those that chance mends, one whose checksums are right.
    fn damaged(&self, dice: &mut Dice) -> (Vec<u8>, String) {
        let mut bytes = self.bytes.clone();
        if dice.chance(1, 3) {
            let page = *dice.pick(&self.live);
            let what = self.harm(&mut bytes, page, dice);
            self.mender.mend(&mut bytes, page);
            return (bytes, format!("page {page}, mended: {what}"));
        }
        let page = match dice.roll(6) {
            0 => 0,
            1 => dice.roll(self.bytes.len() / PAGE),
            _ => *dice.pick(&self.live),
        };
        let what = self.harm(&mut bytes, page, dice);
        (bytes, format!("page {page}: {what}"))
    }

    fn harm(&self, bytes: &mut Vec<u8>, page: usize, dice: &mut Dice) -> String {
        let start = page * PAGE;
        let len = if page == 0 { HEADER } else { self.mender.used(page) };
        let filled: Vec<usize> =
            (start..start + len).filter(|at| page == 0 || bytes[*at] != 0).collect();
        let at = match filled.len() {
            0 => start,
            // The byte of the flags is one of few that have no checksum.
            _ if page == 0 && dice.chance(1, 4) => 9,
            _ => *dice.pick(&filled),
        };
        match dice.roll(10) {
            0..4 => {
                let bit = dice.roll(8);
                bytes[at] ^= 1 << bit;
                format!("bit {bit} of byte {}", at - start)
            }
            4 | 5 => {
                let end = bytes.len().min(at + 1 + dice.roll(8));
                bytes[at..end].fill_with(|| dice.roll(256) as u8);
                format!("bytes {} to {}", at - start, end - start)
            }
            6 => {
                let sector = at / 512 * 512;
                bytes[sector..sector + 512].fill(0);
                format!("sector {} is zeros", (sector - start) / 512)
            }
            7 => {
                let from = *dice.pick(&self.live) * PAGE;
                bytes.copy_within(from..from + PAGE, start);
                format!("page {} in its place", from / PAGE)
            }
            8 if self.older.len() >= start + PAGE => {
                bytes[start..start + PAGE].copy_from_slice(&self.older[start..start + PAGE]);
                "as it was before".to_owned()
            }
            _ if page == 0 => {
                bytes.truncate(at);
                format!("cut off at {at}")
            }
            _ => {
                let end = start + dice.roll(PAGE);
                bytes[end..start + PAGE].fill(0xFF);
                format!("all ones from {}", end - start)
            }
        }
    }
}

/// What became of damaged files.
#[derive(Default)]
struct Outcomes {
    files: u64,
    /// Refused by the row that is damaged, past all checksums.
    by_row: u64,
    refused: u64,
    unharmed: u64,
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.by_row += other.by_row;
        self.refused += other.refused;
        self.unharmed += other.unharmed;
    }
}

/// Opens a damaged file, and says what is wrong with how that ended. If it is `forged`, its
/// checksums are right, and a row of uses may be an older one: docs/format.md.
fn judge(bytes: Vec<u8>, point: &Point, forged: bool) -> Result<Outcomes, String> {
    judge_how(bytes, point, forged, |disk| open(disk, options(&Hands::at(point.now.as_ms()))))
}

/// The same of another way to open it.
fn judge_how(
    bytes: Vec<u8>,
    point: &Point,
    forged: bool,
    open: impl FnOnce(&Disk) -> error::Result<Store>,
) -> Result<Outcomes, String> {
    let mut outcomes = Outcomes { files: 1, ..Outcomes::default() };
    let disk = Disk::new(bytes.clone());
    let store = match open(&disk) {
        Ok(store) => store,
        Err(error) => {
            use ErrorKind::{Corrupt, Foreign, Newer, Pepper};
            if ![Corrupt, Foreign, Newer, Pepper].contains(&error.kind()) {
                return Err(format!("refused as {error:?}"));
            }
            if disk.bytes() != bytes {
                return Err(format!("refused, and written to: {error}"));
            }
            outcomes.refused += 1;
            outcomes.by_row += u64::from(error.message().contains("damaged, forged"));
            return Ok(outcomes);
        }
    };
    verdicts(&store, &point.book, point.now)?;
    // What no verdict depends on is for the check to find.
    if store.check().is_ok() {
        let mut book = point.book.clone();
        book.keys.iter_mut().filter(|_| forged).for_each(|key| key.flushed = None);
        compare(&store, &book, point.now)?;
        outcomes.unharmed += 1;
    }
    Ok(outcomes)
}

/// What `judge` says, if it says it in time; a panic is an answer too.
fn within(
    patience: Duration,
    judge: impl FnOnce() -> Result<Outcomes, String>,
) -> Result<Outcomes, String> {
    let start = Instant::now();
    let judged = quietly(judge);
    if start.elapsed() > patience { Err("it hangs".to_owned()) } else { judged }
}

#[test]
fn a_damaged_file_is_refused_or_decides_everything_right() {
    let (begun, count) = (Instant::now(), amount("KEYCASK_DAMAGES", 4_000));
    let files: Vec<Whole> = (first_seed()..).take(4).map(Whole::new).collect();
    let task = |number: u64| {
        let mut dice = Dice::new(number);
        let whole = dice.pick(&files);
        let (bytes, what) = whole.damaged(&mut dice);
        let judged = within(PATIENCE, || judge(bytes, &whole.point, what.contains("mended")));
        judged.map_err(|why| format!("{what}: {why}"))
    };
    let seeds = seeds((first_seed()..).take(count as usize));
    let Outcomes { files, by_row, refused, unharmed } = each(&seeds, task, Outcomes::add);
    let what = format!("{files} damaged, {refused} refused, {by_row} of them by a row's MAC");
    report(&format!("damaged files: {what}, {unharmed} unharmed"), begun);
    assert!(files == 1 || by_row > 0 && unharmed > 0);
}

#[test]
fn a_revoked_key_that_somebody_who_has_the_key_of_the_macs_puts_back_is_found_out() {
    let mut tried = 0;
    for seed in 0..4 {
        let whole = Whole::new(seed);
        let book = &whole.point.book;
        let is_revoked = |key: &&Key| {
            let mut active = (*key).clone();
            active.state = State::Active;
            key.state == State::Revoked && book.refusal(&active, 0, whole.point.now).is_none()
        };
        let Some(key) = book.present().find(is_revoked) else { continue };
        let disk = Disk::new(whole.bytes.clone());
        let settings = StorageOptions::new(None);
        let storage =
            Storage::attach(disk.clone(), None, &settings, "open it", &mut |_| Ok(())).unwrap();
        let mut record = storage.view().unwrap().key(key.id).unwrap().unwrap();
        record.state = State::Active;
        let mut batch = storage.batch().unwrap();
        batch.apply(&[Op::Key(record)]).unwrap();
        batch.commit().unwrap();
        storage.close().unwrap();
        let why = judge(disk.bytes(), &whole.point, false).err().expect("nothing was found");
        assert!(why.starts_with("the verdict"), "{why}");
        tried += 1;
    }
    assert!(tried > 0);
}

#[test]
fn an_opening_that_ends_in_another_way_is_found_out() {
    let whole = Whole::new(0);
    let found = |patience, open: &dyn Fn(&Disk) -> error::Result<Store>| {
        let judge = || judge_how(whole.bytes.clone(), &whole.point, false, open);
        within(patience, judge).err().unwrap_or_default()
    };
    let refuse = |kind| Err(Error::new(kind, "planted"));
    assert_eq!(found(PATIENCE, &|_| refuse(ErrorKind::Corrupt)), "");
    for kind in [ErrorKind::Io, ErrorKind::Internal, ErrorKind::Conflict] {
        let why = found(PATIENCE, &|_| refuse(kind));
        assert!(why.starts_with("refused as"), "{why}");
    }
    let why = found(PATIENCE, &|disk| {
        disk.write(0, b"planted").unwrap();
        refuse(ErrorKind::Corrupt)
    });
    assert!(why.starts_with("refused, and written to"), "{why}");
    assert_eq!(found(PATIENCE, &|_| panic!("planted")), "a panic: planted");
    assert_eq!(found(Duration::ZERO, &|_| refuse(ErrorKind::Corrupt)), "it hangs");
}

/// A name, and a use that is older than the one that was acknowledged: that one alone, and where
/// checksums were set right, is let pass.
#[test]
fn a_row_that_no_verdict_depends_on_and_is_wrong_is_found_out() {
    let mut tried = 0;
    for seed in 0..4 {
        let Whole { bytes, point, .. } = Whole::new(seed);
        let judged = |change: fn(&mut Key), number: usize, forged| {
            let mut point = point.clone();
            change(&mut point.book.keys[number]);
            judge(bytes.clone(), &point, forged).map(|outcomes| outcomes.unharmed)
        };
        let is_used = |key: &Key| !key.swept && key.flushed.is_some();
        let Some(number) = point.book.keys.iter().position(is_used) else { continue };
        let name = |key: &mut Key| key.name.push('x');
        let later = |key: &mut Key| {
            key.flushed = key.noted.map(|at| at.plus(Duration::from_millis(1)));
            key.noted = key.flushed;
        };
        assert_eq!(judged(|_| (), number, false), Ok(1));
        for forged in [false, true] {
            let why = judged(name, number, forged).unwrap_err();
            assert!(why.contains("want (("), "{why}");
        }
        let why = judged(later, number, false).unwrap_err();
        assert!(why.contains("used"), "{why}");
        assert_eq!(judged(later, number, true), Ok(1));
        tried += 1;
    }
    assert!(tried > 0);
}
