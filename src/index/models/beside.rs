//! What stands beside the table: sides and owners.

use loom::sync::atomic::{AtomicBool, Ordering};

use super::super::conditions::Conditions;
use super::super::numbers::Numbers;
use super::super::owners::Owners;
use super::super::side::{Beside, Sides};
use super::*;
use crate::entry::{MeterRef, OwnerEntry, SideRef};

/// A side is lent anew once the entry that named it has gone. A reader sees both, as of one moment
/// or `apart`.
fn a_side_beside_its_key(apart: bool) {
    const NAME: KeyId = KeyId::from_bits(7);
    let side = |start| {
        let start = Timestamp::from_ms(start);
        Beside { lineage: NAME, conditions: Conditions { start, ..Conditions::NONE } }
    };
    let names = |_| (MeterRef(0), None);
    check(move || {
        let slots = Arc::new([Slot::default(), Slot::default()]);
        let (sides, mut free) = (Arc::new(Sides::new()), Numbers::default());
        let lent = sides.lend(&mut free, NAME, &side(1), None, names).unwrap();
        let named = |v, side: SideRef| Content::new(*KEY, &Entry { side: Some(side), ..entry(v) });
        slots[0].fill(&named(1, lent));
        let reader = thread::spawn({
            let (slots, sides) = (Arc::clone(&slots), Arc::clone(&sides));
            move || {
                let [slot, _] = &*slots;
                let life = slot.life();
                let side = |entry: &Entry| sides.get(entry.side?, NAME, None);
                let found = match apart {
                    false => slot.read_with(life, side).map(|(_, side)| side),
                    true => slot.read(life).and_then(|entry| side(&entry)),
                };
                if let Some(side) = found.filter(|_| life.is_live()) {
                    assert_eq!(side.start, Timestamp::from_ms(1), "it is of another version");
                }
            }
        });
        slots[1].fill(&Content::new(*KEY, &entry(2)));
        slots[0].clear();
        sides.take_back(&mut free, lent);
        assert_eq!(sides.lend(&mut free, NAME, &side(3), None, names), Some(lent));
        reader.join().unwrap();
    });
}

#[test]
fn a_side_is_read_with_the_entry_that_names_it() {
    a_side_beside_its_key(false);
}

/// Where a suspension is seen.
const SUSPENDED: [fn(&OwnerEntry, &Owners) -> bool; 2] =
    [|found, _| found.suspended, |_, owners| owners.suspended() == 1];

/// An owner is changed and suspended, which is made known after that or, `early`, before it.
fn an_owner_who_is_suspended(early: bool, is_seen: fn(&OwnerEntry, &Owners) -> bool) {
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
                let is_whole = [0, 1, u128::MAX].map(rights).contains(&found);
                assert!(is_whole, "it is not whole: {found:?}");
                assert!(!denied || is_seen(&found, &owners), "a suspended owner is active");
            }
        });
        owners.set(owner, &rights(1));
        if early {
            known.store(true, Ordering::Release);
        }
        owners.set(owner, &rights(0));
        known.store(true, Ordering::Release);
        reader.join().unwrap();
    });
}

#[test]
fn an_owner_is_read_whole_and_not_as_before_a_denial_that_was_made_known() {
    for is_seen in SUSPENDED {
        an_owner_who_is_suspended(false, is_seen);
    }
}

/// How a key is seen beside its owner.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    AtOnce,
    KeyFirst,
    OwnerFirst,
}

/// A key that is at no moment active while its owner is not suspended: it is revoked before he is
/// resumed or, `backwards`, resumed once he is suspended. A reader sees both.
fn a_key_beside_its_owner(seen: Seen, backwards: bool) {
    let owner = OwnerRef::new(0);
    let rights = |suspended| OwnerEntry { suspended, direct: ScopeSet::all(), plan: None };
    let of = move |state| Content::new(*KEY, &Entry { state, owner, ..entry(1) });
    let [first, last] = match backwards {
        false => [State::Active, State::Revoked],
        true => [State::Suspended, State::Active],
    };
    check(move || {
        let (slot, owners) = (Arc::new(Slot::default()), Arc::new(Owners::new()));
        owners.set(owner, &rights(!backwards));
        slot.fill(&of(first));
        let reader = thread::spawn({
            let (slot, owners) = (Arc::clone(&slot), Arc::clone(&owners));
            move || {
                let life = slot.life();
                let before = owners.get(owner);
                let found = match seen {
                    Seen::AtOnce => slot.read_with(life, |entry| owners.get(entry.owner)),
                    Seen::KeyFirst => slot.read(life).zip(owners.get(owner)),
                    Seen::OwnerFirst => slot.read(life).zip(before),
                };
                if let Some((entry, owner)) = found {
                    let is_granted = entry.state == State::Active && !owner.suspended;
                    assert!(!is_granted, "granted at no moment");
                }
            }
        });
        let set_owner = || owners.set(owner, &rights(backwards));
        let set_key = || slot.judge(|before| of(last).verdict.after(before));
        match backwards {
            false => (set_key(), set_owner()),
            true => (set_owner(), set_key()),
        };
        reader.join().unwrap();
    });
}

#[test]
fn a_key_and_its_owner_are_seen_as_of_one_moment() {
    a_key_beside_its_owner(Seen::AtOnce, false);
    a_key_beside_its_owner(Seen::AtOnce, true);
}

/// Mistakes that the checker must find.
mod planted {
    use super::super::planted::NoFences;
    use super::*;

    #[test]
    #[should_panic(expected = "it is of another version")]
    fn a_side_that_is_read_after_its_key_alone_is_of_another_version() {
        a_side_beside_its_key(true);
    }

    #[test]
    #[should_panic(expected = "it is of another version")]
    fn conditions_that_are_lent_without_a_fence_are_of_another_version() {
        let _without = NoFences::of("index/conditions.rs");
        a_side_beside_its_key(false);
    }

    #[test]
    #[should_panic(expected = "it is not whole")]
    fn an_owner_without_fences_is_read_as_half_of_another_change() {
        let _without = NoFences::of("index/owners.rs");
        an_owner_who_is_suspended(false, SUSPENDED[0]);
    }

    #[test]
    #[should_panic(expected = "a suspended owner is active")]
    fn a_suspension_that_is_made_known_before_it_holds_is_not_seen() {
        an_owner_who_is_suspended(true, SUSPENDED[0]);
    }

    #[test]
    #[should_panic(expected = "a suspended owner is active")]
    fn a_suspension_that_is_made_known_before_it_is_counted_is_not_seen() {
        an_owner_who_is_suspended(true, SUSPENDED[1]);
    }

    #[test]
    #[should_panic(expected = "granted at no moment")]
    fn a_key_that_is_seen_before_its_owner_alone_is_granted_once_both_have_changed() {
        a_key_beside_its_owner(Seen::KeyFirst, false);
    }

    #[test]
    #[should_panic(expected = "granted at no moment")]
    fn a_key_that_is_seen_after_its_owner_alone_is_granted_once_both_have_changed() {
        a_key_beside_its_owner(Seen::OwnerFirst, true);
    }
}
