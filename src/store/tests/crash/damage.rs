//! Damaged files: refused with what is wrong, or everything is decided right.

use std::time::{Duration, Instant};

use super::book::Key;
use super::judge::{compare, verdicts};
use super::power::quietly;
use super::run::{Plan, Point, Run};
use super::{amount, each, first_seed, report, seeds};
use crate::entry::State;
use crate::error::ErrorKind;
use crate::record::Op;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::Disk;
use crate::storage::tests::mend::{Mender, PAGE};
use crate::storage::{Storage, StorageOptions};
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
    let mut outcomes = Outcomes { files: 1, ..Outcomes::default() };
    let disk = Disk::new(bytes.clone());
    let store = match open(&disk, options(&Hands::at(point.now.as_ms()))) {
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

#[test]
fn a_damaged_file_is_refused_or_decides_everything_right() {
    let (begun, count) = (Instant::now(), amount("KEYCASK_DAMAGES", 4_000));
    let files: Vec<Whole> = (first_seed()..).take(4).map(Whole::new).collect();
    let task = |number: u64| {
        let mut dice = Dice::new(number);
        let whole = dice.pick(&files);
        let (bytes, what) = whole.damaged(&mut dice);
        let start = Instant::now();
        let judged = quietly(|| judge(bytes, &whole.point, what.contains("mended")));
        let judged = judged.map_err(|why| format!("{what}: {why}"));
        if start.elapsed() > PATIENCE { Err(format!("{what}: it hangs")) } else { judged }
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
