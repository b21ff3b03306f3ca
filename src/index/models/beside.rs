//! What stands beside the table: sides and owners.

use loom::sync::atomic::{AtomicBool, Ordering, fence};

use super::super::conditions::Conditions;
use super::super::numbers::Numbers;
use super::super::owners::Owners;
use super::super::side::{Beside, Sides};
use super::*;
use crate::entry::{MeterRef, OwnerEntry, SideRef};

#[test]
fn a_side_is_read_with_the_entry_that_names_it() {
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
                let found = slot.read(life).filter(|_| life.is_live());
                let side = found.and_then(|entry| sides.get(entry.side?, NAME, None));
                fence(Ordering::Acquire);
                if let Some(side) = side.filter(|_| slot.is_still(life)) {
                    assert_eq!(side.start, Timestamp::from_ms(1));
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
