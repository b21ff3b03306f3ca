//! What changes while a key stands in its slot: expired bit, state and end.

use loom::sync::atomic::{AtomicBool, Ordering};

use super::*;

impl World {
    /// Sets the expired bit, unless the key is being moved.
    pub(super) fn expire(&self) -> bool {
        let near = (0..4).map(|slot| self.slot(slot));
        let holding = near.filter(|slot| slot.life().is_live() && slot.holds(KEY.digest));
        Slot::expire_all(holding, KEY.digest, END) == Some(true)
    }
}

#[test]
fn an_expired_bit_that_was_set_is_in_the_copy() {
    check(|| {
        let (world, _) = World::new();
        world.place(&KEY, 1, 0);
        let marker = thread::spawn({
            let world = Arc::clone(&world);
            move || {
                let set = world.expire();
                assert!(!set || world.find().unwrap().expired, "an expired key lives again");
                set
            }
        });
        world.shift(0, 2);
        let set = marker.join().unwrap();
        assert!(!set || world.find().unwrap().expired, "an expired key lives again");
    });
}

#[test]
fn an_expired_bit_and_a_new_state_are_both_kept() {
    loom::model(|| {
        let slot = Arc::new(Slot::default());
        slot.fill(&Content::new(*KEY, &entry(1)));
        let marker = thread::spawn({
            let slot = Arc::clone(&slot);
            move || Slot::expire_all([&*slot].into_iter(), KEY.digest, END) == Some(true)
        });
        let wanted = Content::new(*KEY, &Entry { state: State::Revoked, ..entry(1) });
        slot.judge(|before| wanted.verdict.after(before));
        let set = marker.join().unwrap();
        let found = slot.read(slot.life()).unwrap();
        assert_eq!((found.state, found.expired), (State::Revoked, set));
    });
}

#[test]
fn a_denial_that_was_made_known_is_seen_whether_it_was_one_store_or_a_move() {
    for moves in [false, true] {
        check(move || {
            let (world, _) = World::new();
            let known = Arc::new(AtomicBool::new(false));
            world.place(&KEY, 1, 0);
            let reader = thread::spawn({
                let (world, known) = (Arc::clone(&world), Arc::clone(&known));
                move || {
                    let denied = known.load(Ordering::Acquire);
                    let state = world.find().map(|found| found.state);
                    assert!(state == Some(State::Revoked) || !denied && state.is_some());
                }
            });
            let denied = Content::new(*KEY, &Entry { state: State::Revoked, ..entry(1) });
            if moves {
                world.mark(&KEY, 2);
                world.slot(2).fill(&denied);
                world.slot(0).clear();
            } else {
                world.slot(0).judge(|before| denied.verdict.after(before));
            }
            known.store(true, Ordering::Release);
            reader.join().unwrap();
        });
    }
}
