//! Small worlds in which a model checker tries the orders of events, under a memory as weak
//! as the language allows: `make models`. Threads are interrupted twice at most in all but the
//! smallest.
//!
//! The table, its readers and its writers are the real ones; only the atomics are the checker's.
//! What the standard library's locks and `OnceLock`s order is taken as given. `planted` has
//! worlds with a mistake in them, which the checker must find.

mod beside;
mod moves;
mod planted;
mod replaced;
mod verdicts;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

pub(super) use planted::fence;

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::directory::Directory;
use super::filter::{Filter, Mark};
use super::home::Seed;
use super::pool::{Block, Free, Pair, Pool};
use super::segment::Segment;
use super::slot::{Content, Slot};
use super::table::{Books, Region, Table};
use crate::chunks::Chunks;
use crate::digest::{Address, Locator};
use crate::entry::{Entry, State};
use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

const END: Timestamp = Timestamp::from_ms(100);

/// Pairs of a segment, each a block of its own: slots 0 to 3 are in the first two, 4 to 7 in the
/// others.
const PAIRS: u32 = 4;

/// The key that readers look for: near in slots 0 to 3, slot 0 liked best, far in the others.
static KEY: LazyLock<Address> = LazyLock::new(|| address([0, 1], 0x00));
/// Another one with the same places.
static OTHER: LazyLock<Address> = LazyLock::new(|| address([0, 1], 0xFF));
/// One that is near where `KEY` is far.
static OPPOSITE: LazyLock<Address> = LazyLock::new(|| address([2, 3], 0x77));

/// An address with these near pairs, and the others as far ones. `spare` chooses the mark.
fn address(near: [u32; 2], spare: u8) -> Address {
    let seed = Seed::random();
    let is_near = |locator: &Locator| {
        let home = seed.near(*locator);
        home.choices(PAIRS) == near && !home.likes_second()
    };
    let is_far = |digest: &[u64; 2]| {
        let home = seed.far(*digest);
        home.choices(PAIRS) == near.map(|pair| pair ^ 2) && home.spare() == spare
    };
    let locator = (0..).map(Locator::from_number).find(is_near).unwrap();
    let digest = (0..).map(|number| [number, 1]).find(is_far).unwrap();
    Address { locator, digest }
}

/// A table of one segment, with memory for another.
struct World {
    table: Table,
    blocks: Vec<Block>,
}

impl World {
    fn new() -> (Arc<Self>, Books) {
        let (pool, mut free, segments) = (Pool::new(0), Free::default(), Chunks::new());
        let count = usize::try_from(PAIRS).unwrap();
        assert!(pool.stock(&mut free, 2 * count));
        let blocks = pool.lend(&mut free, count);
        for number in 0..2 {
            let segment: &Segment = segments.make(number).unwrap();
            segment.settle(number, if number == 0 { &blocks } else { &[] });
        }
        let directory = Directory::new(0, count, Chunks::<Segment>::spot);
        let regions = vec![Region::default(); 2];
        let books = Books { regions, spare: vec![1], free, overflow: None, last: false };
        let (seed, overflow) = (Seed::random(), OnceLock::new());
        let table = Table { seed, directory, segments, pool, overflow };
        (Arc::new(Self { table, blocks }), books)
    }

    fn pair(&self, number: usize) -> (&Pair, &Filter) {
        self.table.pool.pair(self.blocks[number], 0).unwrap()
    }

    fn slot(&self, number: usize) -> &Slot {
        let (Pair(slots), _) = self.pair(number / 2);
        &slots[number % 2]
    }

    /// Says that the key of `address` is about to be put into a slot.
    fn mark(&self, address: &Address, slot: usize) {
        let near = self.table.seed.near(address.locator).choices(PAIRS);
        let [first, second] = near.map(|pair| usize::try_from(pair).unwrap());
        let is_far = slot / 2 != first && slot / 2 != second;
        let mark = Mark::of(self.table.seed.far(address.digest));
        self.pair(first).1.set(mark, is_far);
    }

    /// Puts version `v` of a key into an empty slot.
    fn place(&self, address: &Address, v: u32, slot: usize) {
        self.mark(address, slot);
        self.slot(slot).fill(&Content::new(*address, &entry(v)));
    }

    /// Moves `KEY`, as `Segment::room` moves who stands in the way.
    fn shift(&self, from: usize, to: usize) {
        let content = self.slot(from).freeze();
        self.mark(&KEY, to);
        self.slot(to).fill(&content);
        self.slot(from).clear();
    }

    /// Version 0 to 9 of `KEY`, as a reader finds it.
    fn find(&self) -> Option<Entry> {
        let found = self.table.get(&KEY);
        if let Some(found) = &found {
            assert!(is_whole(found), "it is not whole: {found:?}");
        }
        found
    }
}

/// A thread that looks for `KEY`, which is never away.
fn reader(world: &Arc<World>) -> JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || assert!(world.find().is_some(), "a live key is missing"))
}

/// Version `v` of a key: its owner and scopes tell the same number.
fn entry(v: u32) -> Entry {
    Entry {
        key_id: KeyId::from_bits(7),
        kind: KindRef::new(1),
        owner: OwnerRef::new(v),
        state: State::Active,
        expired: false,
        in_grace: false,
        scopes: ScopeSet::from_bits_retain(v.into()),
        end: END,
        side: None,
    }
}

/// Whether an entry is one version of `KEY`, in whatever state. `OTHER` has versions from 10 on.
fn is_whole(found: &Entry) -> bool {
    let version = found.owner.number();
    version < 10 && *found == Entry { expired: found.expired, state: found.state, ..entry(version) }
}

/// Tries all orders of events in which threads are interrupted twice at most.
fn check(world: impl Fn() + Sync + Send + 'static) {
    check_within(2, world);
}

/// The same for so many `interruptions`: once, where twice are too many orders.
fn check_within(interruptions: usize, world: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(interruptions);
    builder.max_branches = 10_000;
    let orders = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&orders);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        world();
    });
    let orders = orders.load(Ordering::Relaxed);
    println!("{orders} orders of events");
    assert!(orders > 1, "the threads of this world have nothing in common");
}
