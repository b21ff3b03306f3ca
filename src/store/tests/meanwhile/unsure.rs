//! Keys that change under every look, so that nobody can tell whether they are there. What was not
//! found was taken for what is not there, and the same token's other keys were asked for.

use super::*;
use crate::ids::OwnerRef;

/// A store with two keys of [`TEXT`], and their ids in the order in which it is looked for.
fn two(twins: impl FnOnce(&Busy) -> [Import; 2]) -> (Busy, [KeyId; 2]) {
    let busy = Busy::new();
    let keys = twins(&busy).map(|twin| busy.import(twin));
    // Decisions look at owners.
    let suspended = OwnerChange::new().suspended(true);
    busy.store.set_owner(busy.acme, "other", &suspended, &by()).unwrap();
    (busy, keys)
}

/// As if the key changed under every look: it is shown as that of an owner who is not there.
fn unsettle(busy: &Busy, key: KeyId) {
    busy.show(key, |record| record.owner = OwnerRef::new(9_999));
}

fn no_other_is_asked_for(twins: impl FnOnce(&Busy) -> [Import; 2]) {
    let (busy, [first, _]) = two(twins);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    unsettle(&busy, first);
    assert_eq!(busy.verify(TEXT), Err(Reason::Unknown));
    assert_eq!(busy.held_by(busy.store.routes.load(), TEXT), Err(Denial::UNKNOWN));
}

#[test]
fn a_twin_is_not_asked_for_while_the_first_key_cannot_be_made_out() {
    no_other_is_asked_for(|busy| {
        let [by_digest, _] = busy.twins();
        [Import::token(busy.spec(), TEXT).unwrap(), by_digest]
    });
}

#[test]
fn a_second_twin_is_not_asked_for_while_the_first_cannot_be_made_out() {
    no_other_is_asked_for(Busy::twins);
}

/// It may be revoked; and it would be left behind, to be found once the key is revoked and swept.
#[test]
fn a_key_is_not_granted_while_a_twin_of_it_cannot_be_made_out() {
    let (busy, [first, second]) = two(Busy::twins);
    unsettle(&busy, second);
    assert_eq!(busy.verify(TEXT), Err(Reason::Unknown));
    assert_eq!(busy.store.rehash().unwrap(), 0);
    busy.show(second, |_| {});
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    assert_eq!(busy.store.rehash().unwrap(), 1);
    assert_eq!(busy.store.key(second).unwrap().state, State::Revoked);
}
