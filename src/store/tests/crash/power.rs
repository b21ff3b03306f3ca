//! Power cuts: every image of a run opens, with all that was acknowledged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::judge::compare;
use super::run::{Note, Plan, Point, Run};
use super::{amount, each, report, seeds};
use crate::storage::tests::cut::Platter;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Disk, Lie, Step};
use crate::store::Store;
use crate::store::tests::{Hands, by, open, options};
use crate::time::{Clock, Timestamp};

/// What lies between the moments of a power cut: the last that was acknowledged, and the
/// last that was asked for.
#[derive(Clone, Copy, Debug)]
struct Window {
    least: usize,
    most: usize,
}

/// Images of one run, and at least how many there are with those of a second power cut.
const IMAGES: u64 = 400;
const IN_ALL: u64 = 550;

#[test]
fn after_a_power_cut_all_that_was_acknowledged_is_there_and_nothing_in_part() {
    let (start, images) = (Instant::now(), amount("KEYCASK_IMAGES", 20_000));
    let seeds = seeds(0..images.div_ceil(IN_ALL));
    let task = |seed| cut(&Run::new(seed, &Plan::default()), IMAGES);
    let count = each(&seeds, task, Count::add);
    let Count { images, second, early } = count;
    let what = format!("{images} images of {} runs", seeds.len());
    let detail = format!("{second} of a second power cut, {early} ahead of their acknowledgement");
    report(&format!("power cuts: {what}, {detail}"), start);
    assert!(second > 0 && (early > 0 || seeds.len() == 1));
}

#[test]
fn a_disk_that_says_it_synced_and_did_not_is_found_out() {
    let lie = Some(Lie { each: 3, fails: false });
    found_out(|seed| Run::new(seed, &Plan { lie, ..Plan::default() }));
}

#[test]
fn a_store_that_takes_a_sync_that_failed_for_done_is_found_out() {
    let lie = Some(Lie { each: 10, fails: true });
    found_out(|seed| Run::new(seed, &Plan { lie, ..Plan::default() }));
}

#[test]
fn a_store_that_acknowledges_before_it_syncs_is_found_out() {
    found_out(|seed| Run::new(seed, &Plan::default()).hasty());
}

/// The simulator must find something in most runs that have a defect.
fn found_out(planted: impl Fn(u64) -> Run) {
    let found: Vec<String> = (0..4).filter_map(|seed| cut(&planted(seed), 200).err()).collect();
    assert!(found.len() >= 3, "in {} of 4 runs: {found:?}", found.len());
}

#[test]
fn a_seed_gives_the_same_run_again() {
    let [one, other] = [(); 2].map(|()| Run::new(7, &Plan::default()));
    // Of several threads at once, who was told when is for them to say.
    let told = |run: &Run| -> Vec<Step> {
        run.steps.iter().filter(|step| !matches!(step, Step::Mark(_))).cloned().collect()
    };
    assert!(told(&one) == told(&other), "the disk was told something else");
}

/// How many images were opened, and how many of them are of a power cut in a recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub images: u64,
    pub second: u64,
    /// Where a journey was found that nobody was told of.
    pub early: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.images += other.images;
        self.second += other.second;
        self.early += other.early;
    }
}

/// Cuts the power of `run` some `images` times, and tells what was wrong with one of them.
fn cut(run: &Run, images: u64) -> Result<Count, String> {
    let mut dice = Dice::new(run.seed ^ 0xC07);
    let mut platter = Platter::new(run.base.clone());
    let mut window = Window { least: 0, most: 0 };
    let mut count = Count::default();
    // Each write is the last before a cut so and so often, on average.
    let writes = run.steps.iter().filter(|step| !matches!(step, Step::Mark(_))).count() as u64;
    let mut due = 0;
    for step in &run.steps {
        platter.tell(step, &mut dice);
        if let Step::Mark(mark) = step {
            match run.notes[*mark] {
                Note::Asked(journey) => window.most = journey,
                Note::Acknowledged(journey) => window.least = window.least.max(journey),
            }
            continue;
        }
        due += images;
        while due >= writes {
            due -= writes;
            let (image, lost) = platter.cut(&mut dice);
            let tell = |why: String| {
                let doing = run.points.get(window.most).map(|point| &point.journey);
                format!("seed {}: {why}; cut at {window:?} in {doing:?}: {lost}", run.seed)
            };
            let again = dice.chance(1, 2);
            count.add(quietly(|| judge(run, image, window, again, &mut dice)).map_err(tell)?);
        }
    }
    Ok(count)
}

/// A panic is an answer too.
pub(super) fn quietly<T>(judge: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("a panic: {}", text.unwrap_or("?")))
    })
}

/// Opens an image and compares it with where the run stood. If `again`, the power goes once
/// more while it is opened; else it may be written to, and opened again.
fn judge(
    run: &Run,
    image: Vec<u8>,
    window: Window,
    again: bool,
    dice: &mut Dice,
) -> Result<Count, String> {
    let last = run.points.len() - 1;
    let asked = &run.points[window.least.min(last)..=window.most.min(last)];
    let hands = Hands::at(asked[asked.len() - 1].now.as_ms());
    let disk = Disk::new(image.clone());
    disk.record();
    let store = reopen(&disk, &hands)?;
    let steps = disk.take_record();
    let found = find(&store, asked, hands.now())?;
    let mut count = Count { images: 1, ..Count::default() };
    count.early += u64::from(found.seq > asked[0].seq);
    if again {
        let mut platter = Platter::new(image);
        let moment = dice.roll(steps.len() + 1);
        steps.iter().take(moment).for_each(|step| platter.tell(step, dice));
        let (image, lost) = platter.cut(dice);
        let tell = |why| format!("after a second cut ({lost}): {why}");
        let store = reopen(&Disk::new(image), &hands).map_err(tell)?;
        find(&store, asked, hands.now()).map_err(tell)?;
        count.images += 1;
        count.second += 1;
    } else if dice.chance(1, 4)
        && let Some(key) = found.book.present().next()
    {
        store.revoke(key.id, &by()).map_err(|e| format!("it cannot be written to: {e}"))?;
        store.close().map_err(|e| format!("it cannot be closed: {e}"))?;
        reopen(&disk, &hands).map_err(|why| format!("after it was closed: {why}"))?;
    }
    Ok(count)
}

pub(super) fn reopen(disk: &Disk, hands: &Hands) -> Result<Store, String> {
    let store = open(disk, options(hands)).map_err(|e| format!("it does not open: {e}"))?;
    store.check().map_err(|e| format!("it fails its check: {e}"))?;
    Ok(store)
}

/// Where the run stood that `store` is as; it must be one of `asked`.
pub(super) fn find<'r>(
    store: &Store,
    asked: &'r [Point],
    now: Timestamp,
) -> Result<&'r Point, String> {
    let seq = store.anchor().map_err(|e| e.to_string())?.seq;
    let mut standing = asked.iter().filter(|point| point.seq == seq);
    let Some(first) = standing.next() else {
        let seqs: Vec<u64> = asked.iter().map(|point| point.seq).collect();
        return Err(format!("its seq is {seq}, want one of {seqs:?}"));
    };
    // Those with one seq share a commit, or wrote uses alone, of which none but the first
    // point's must be there.
    let last = standing.next_back().unwrap_or(first);
    let mut book = last.book.clone();
    for (key, sure) in book.keys.iter_mut().zip(&first.book.keys) {
        key.flushed = sure.flushed;
    }
    compare(store, &book, now)?;
    Ok(last)
}
