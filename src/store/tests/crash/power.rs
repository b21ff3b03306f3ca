//! Power cuts: every image of a run opens, with all that was acknowledged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::journey::{Journey, Wanted, sealing_key};
use super::judge::compare;
use super::run::{Note, Origin, Plan, Point, Run, Start};
use super::{amount, each, first_seed, report, seeds};
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
    let seeds = seeds((first_seed()..).take(images.div_ceil(IN_ALL) as usize));
    let task = |seed| cut(&Run::new(seed, &Plan::default()), IMAGES);
    let count = each(&seeds, task, Count::add);
    let Count { images, second, early, again } = count;
    let what = format!("{images} images of {} runs", seeds.len());
    let detail = format!("{second} of a second power cut, {early} ahead of their acknowledgement");
    report(&format!("power cuts: {what}, {detail}, {again} asked again"), start);
    assert!(second > 0 && again > 0 && (early > 0 || seeds.len() == 1));
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

#[test]
fn a_store_that_does_again_what_was_done_under_an_operation_id_is_found_out() {
    let runs = (1..).map(|seed| Run::new(seed, &Plan { origin: Origin::New, ..Plan::default() }));
    let in_use = |start: &Start, run: &Run| run.points[start.point].book.profile.is_some();
    let found = runs.into_iter().find(|run| in_use(run.starts.last().unwrap(), run));
    let run = found.unwrap();
    let start = run.starts.last().unwrap();
    let (hands, disk) = (Hands::at(start.now.as_ms()), Disk::new(start.disk.clone()));
    let mut book = run.points[start.point].book.clone();
    let store = reopen(&disk, &hands, book.sealing).unwrap();
    let wanted = Wanted { owner: 0, kind: 0, scopes: [true; 2], end: Timestamp::NEVER };
    let owner = Journey::SetOwner { owner: 0, suspended: None, direct: None, plan: None };
    book.apply(&owner, &owner.ask(&store, &book).unwrap(), hands.now());
    let issue = Journey::Named(book.operations.len(), Box::new(Journey::Issue(wanted)));
    book.apply(&issue, &issue.ask(&store, &book).unwrap(), hands.now());
    let point = Point { book, ..run.points[start.point].clone() };
    let why = ask_again(&store, (&issue, issue.plain()), point, hands.now()).unwrap_err();
    assert!(why.starts_with("asked again"), "{why}");
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
    /// Where what was asked for was asked for again.
    pub again: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.images += other.images;
        self.second += other.second;
        self.early += other.early;
        self.again += other.again;
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
                let journeys = run.points.iter().map(|point| (&point.journey, point.refused));
                let asked = journeys.take(window.most + 1).skip(window.least);
                let doing: Vec<_> = asked.collect();
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
    let sealing = asked[asked.len() - 1].book.sealing;
    let store = reopen(&disk, &hands, sealing)?;
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
        let store = reopen(&Disk::new(image), &hands, sealing).map_err(tell)?;
        find(&store, asked, hands.now()).map_err(tell)?;
        count.images += 1;
        count.second += 1;
    } else if let [.., last] = asked
        && let Some(journey) = last.journey.as_ref().filter(|_| last.refused.is_none())
        && dice.chance(1, 2)
        && (found.seq == last.seq && matches!(journey, Journey::Named(..))
            || found.seq < last.seq && asked.len() == 2)
    {
        ask_again(&store, (journey, journey), found, hands.now())?;
        count.again += 1;
    } else if dice.chance(1, 4)
        && !found.book.restored
        && let Some(key) = found.book.present().next()
    {
        store.revoke(key.id, &by()).map_err(|e| format!("it cannot be written to: {e}"))?;
        store.close().map_err(|e| format!("it cannot be closed: {e}"))?;
        reopen(&disk, &hands, sealing).map_err(|why| format!("after it was closed: {why}"))?;
    }
    Ok(count)
}

/// Whoever asked for `journey` has heard nothing and asks for `again`, which is the same, of a
/// store that stands at `found`: before it, or, if the journey has an operation id, after it.
fn ask_again(
    store: &Store,
    (journey, again): (&Journey, &Journey),
    found: Point,
    now: Timestamp,
) -> Result<(), String> {
    let mut book = found.book;
    // Looking at it was using its keys, and the commit may take that along.
    book.keys.iter_mut().for_each(|key| key.noted = Some(now));
    let tell = |why| format!("asked again for {journey:?}: {why}");
    let done = again.ask(store, &book).map_err(|e| tell(e.to_string()))?;
    book.apply(journey, &done, now);
    compare(store, &book, now).map_err(tell)
}

/// With the sealing key of that number.
pub(super) fn reopen(disk: &Disk, hands: &Hands, sealing: u8) -> Result<Store, String> {
    let options = options(hands).sealing_key(sealing_key(sealing));
    let store = open(disk, options).map_err(|e| format!("it does not open: {e}"))?;
    store.check().map_err(|e| format!("it fails its check: {e}"))?;
    Ok(store)
}

/// Where the run stood that `store` is as, without uses that nobody was told of; it must be one
/// of `asked`.
pub(super) fn find(store: &Store, asked: &[Point], now: Timestamp) -> Result<Point, String> {
    let seq = store.anchor().map_err(|e| e.to_string())?.seq;
    let mut standing = asked.iter().filter(|point| point.seq == seq);
    let Some(first) = standing.next() else {
        let seqs: Vec<u64> = asked.iter().map(|point| point.seq).collect();
        return Err(format!("its seq is {seq}, want one of {seqs:?}"));
    };
    // Those with one seq share a commit, or wrote uses alone, of which none but the first
    // point's must be there.
    let mut last = standing.next_back().unwrap_or(first).clone();
    for (key, sure) in last.book.keys.iter_mut().zip(&first.book.keys) {
        key.flushed = sure.flushed;
    }
    compare(store, &last.book, now)?;
    Ok(last)
}
