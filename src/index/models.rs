//! Small worlds in which a model checker tries every order of events, under a memory as weak
//! as the language allows: `RUSTFLAGS="--cfg loom" cargo test --release --lib models`.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering, fence};
use loom::thread;

use super::home::Mark;
use super::owners::Owners;
use super::places::Places;
use super::side::{FreeSides, Sides};
use super::slot::{Content, Slot};
use crate::digest::{Address, Locator};
use crate::entry::{Entry, OwnerEntry, Side, SideRef, State};
use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

const KEY: Address = Address { locator: Locator::from_number(1), digest: [1, 1] };
const OTHER: Address = Address { locator: Locator::from_number(1), digest: [2, 2] };
const MARK: Mark = Mark::of_number(1);
const END: Timestamp = Timestamp::from_ms(100);

/// The near places of one key, and a far one. Only the first slot of each near pair is used.
#[derive(Default)]
struct World {
    pairs: [[Slot; 2]; 2],
    far: Slot,
}

impl World {
    fn near(&self) -> Places<'_> {
        let [[a, b], [c, d]] = &self.pairs;
        Places([a, b, c, d])
    }

    /// Sets the expired bit, if the key is not being moved.
    fn expire(&self) -> bool {
        let holding = |slot: &&Slot| slot.life().is_live() && slot.holds(KEY.digest);
        Slot::expire_all(self.near().0.into_iter().filter(holding), END) == Some(true)
    }

    /// What a reader finds for the key, which is there; none if it would look again.
    fn find(&self) -> Option<Entry> {
        let lives = match self.near().find(KEY.digest) {
            Ok((slot, life)) => return slot.read(life),
            Err(lives) => lives,
        };
        if lives[0].has(MARK) {
            let life = self.far.life();
            if life.is_live() && self.far.holds(KEY.digest) {
                return self.far.read(life);
            }
            fence(Ordering::Acquire);
            let still = self.far.is_still(life) && self.near().are_still(&lives);
            assert!(!still, "a live key is missing");
            return None;
        }
        fence(Ordering::Acquire);
        assert!(!self.near().are_still(&lives), "a live key is missing");
        None
    }
}

/// All orders of events in which threads are interrupted three times at most, for worlds in
/// which all orders are too many.
fn check_mostly(world: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(world);
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

fn is_whole(found: &Entry) -> bool {
    *found == Entry { expired: found.expired, ..entry(found.owner.number()) }
}

fn content(v: u32) -> Content {
    Content::new(KEY, &entry(v))
}

#[test]
fn a_key_that_moves_is_found_whole_also_when_its_old_slot_is_used_again() {
    check_mostly(|| {
        let world = Arc::new(World::default());
        let [[a, _], [b, _]] = &world.pairs;
        b.fill(&content(1));
        let reader = thread::spawn({
            let world = Arc::clone(&world);
            move || assert!(world.find().is_none_or(|found| is_whole(&found)))
        });
        a.fill(&content(2));
        b.clear();
        b.fill(&Content::new(OTHER, &entry(3)));
        reader.join().unwrap();
    });
}

#[test]
fn a_key_that_moves_to_and_fro_is_found() {
    check_mostly(|| {
        let world = Arc::new(World::default());
        let [[a, _], [b, _]] = &world.pairs;
        a.fill(&content(1));
        let reader = thread::spawn({
            let world = Arc::clone(&world);
            move || assert!(world.find().is_none_or(|found| is_whole(&found)))
        });
        b.fill(&a.freeze());
        a.clear();
        a.fill(&b.freeze());
        b.clear();
        reader.join().unwrap();
    });
}

#[test]
fn a_key_that_moves_far_is_found_and_so_is_one_that_comes_back() {
    for returns in [false, true] {
        check_mostly(move || {
            let world = Arc::new(World::default());
            let [[first, _], [b, _]] = &world.pairs;
            let (from, to) = if returns { (&world.far, b) } else { (b, &world.far) };
            if returns {
                first.mark(MARK);
            }
            from.fill(&content(1));
            let reader = thread::spawn({
                let world = Arc::clone(&world);
                move || assert!(world.find().is_none_or(|found| is_whole(&found)))
            });
            first.mark(MARK);
            to.fill(&from.freeze());
            from.clear();
            reader.join().unwrap();
        });
    }
}

#[test]
fn a_mark_that_was_set_is_in_the_copy() {
    loom::model(|| {
        let world = Arc::new(World::default());
        let [[a, _], [b, _]] = &world.pairs;
        a.fill(&content(1));
        let marker = thread::spawn({
            let world = Arc::clone(&world);
            move || {
                let set = world.expire();
                assert!(world.find().is_none_or(|found| found.expired) || !set);
                set
            }
        });
        b.fill(&a.freeze());
        a.clear();
        let set = marker.join().unwrap();
        assert!(world.find().unwrap().expired || !set);
    });
}

#[test]
fn a_mark_and_a_new_state_are_both_kept() {
    loom::model(|| {
        let slot = Arc::new(Slot::default());
        slot.fill(&content(1));
        let marker = thread::spawn({
            let slot = Arc::clone(&slot);
            move || Slot::expire_all([&*slot].into_iter(), END) == Some(true)
        });
        let wanted = Content::new(KEY, &Entry { state: State::Revoked, ..entry(1) });
        slot.judge(|before| wanted.verdict.after(before));
        let set = marker.join().unwrap();
        let found = slot.read(slot.life()).unwrap();
        assert_eq!((found.state, found.expired), (State::Revoked, set));
    });
}

#[test]
fn a_denial_that_was_made_known_is_seen_whether_it_was_one_store_or_a_move() {
    for moves in [false, true] {
        loom::model(move || {
            let world = Arc::new(World::default());
            let known = Arc::new(AtomicBool::new(false));
            let [[a, _], [b, _]] = &world.pairs;
            a.fill(&content(1));
            let reader = thread::spawn({
                let (world, known) = (Arc::clone(&world), Arc::clone(&known));
                move || {
                    let denied = known.load(Ordering::Acquire);
                    let revoked = |found: Entry| found.state == State::Revoked;
                    assert!(!denied || world.find().is_some_and(revoked));
                }
            });
            let denied = Content::new(KEY, &Entry { state: State::Revoked, ..entry(1) });
            if moves {
                b.fill(&denied);
                a.clear();
            } else {
                a.judge(|before| denied.verdict.after(before));
            }
            known.store(true, Ordering::Release);
            reader.join().unwrap();
        });
    }
}

#[test]
fn a_side_is_read_with_the_entry_that_names_it() {
    const NAME: KeyId = KeyId::from_bits(7);
    let side = |start| Side { start: Timestamp::from_ms(start), last_used: None, lineage: NAME };
    loom::model(move || {
        let slots = Arc::new([Slot::default(), Slot::default()]);
        let (sides, mut free) = (Arc::new(Sides::new()), FreeSides::default());
        let lent = sides.lend(&mut free, NAME, &side(1)).unwrap();
        let named = |v, side: SideRef| Content::new(KEY, &Entry { side: Some(side), ..entry(v) });
        slots[0].fill(&named(1, lent));
        let reader = thread::spawn({
            let (slots, sides) = (Arc::clone(&slots), Arc::clone(&sides));
            move || {
                let [slot, _] = &*slots;
                let life = slot.life();
                let found = slot.read(life).filter(|_| life.is_live());
                let side = found.and_then(|entry| sides.get(entry.side?, NAME));
                fence(Ordering::Acquire);
                if let Some(side) = side.filter(|_| slot.is_still(life)) {
                    assert_eq!(side.start, Timestamp::from_ms(1));
                }
            }
        });
        slots[1].fill(&content(2));
        slots[0].clear();
        sides.take_back(&mut free, lent);
        assert_eq!(sides.lend(&mut free, NAME, &side(3)), Some(lent));
        reader.join().unwrap();
    });
}

#[test]
fn an_owner_is_read_whole_and_not_as_before_a_denial_that_was_made_known() {
    let rights = |bits: u128| OwnerEntry {
        suspended: bits == 0,
        direct: ScopeSet::from_bits_retain(bits),
        plan: None,
    };
    loom::model(move || {
        let owners = Arc::new(Owners::new());
        let owner = OwnerRef::new(0);
        owners.set(owner, &rights(u128::MAX));
        let known = Arc::new(AtomicBool::new(false));
        let reader = thread::spawn({
            let (owners, known) = (Arc::clone(&owners), Arc::clone(&known));
            move || {
                let denied = known.load(Ordering::Acquire);
                let found = owners.get(owner).unwrap();
                assert!([0, 1, u128::MAX].map(rights).contains(&found), "{found:?}");
                assert!(!denied || found.suspended && owners.suspended() == 1);
            }
        });
        owners.set(owner, &rights(1));
        owners.set(owner, &rights(0));
        known.store(true, Ordering::Release);
        reader.join().unwrap();
    });
}
