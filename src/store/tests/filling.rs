//! Filling the table from the rows of a file that has many.

use super::*;
use crate::error::ErrorKind;
use crate::key_id::KeyId;
use crate::record::Op;

#[test]
fn a_key_that_the_table_refuses_ends_the_opening_of_a_large_store_with_its_error() {
    let Scene { disk, clock, store, acme } = Scene::new();
    let spec = Spec::new(acme, "live", "o");
    // With the realm, the owner and one key more, a whole number of times what is put into the
    // table at once: the other thread meets the refusal.
    let issued = store.issue_many(&vec![spec; 3 * 1_024 - 3], &by()).unwrap();
    let last = issued.last().unwrap().key.key_id;
    let mut twin = store.storage.view().unwrap().key(last).unwrap().unwrap();
    twin.key_id = KeyId::from_bits(last.bits() + 1);
    twin.lineage = twin.key_id;
    let mut batch = store.storage.batch().unwrap();
    batch.apply(&[Op::Key(twin)]).unwrap();
    batch.commit().unwrap();
    drop(store);
    let refused = open(&disk, options(&clock)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Corrupt, "{refused}");
    assert!(refused.message().contains("have one digest"), "{refused}");
}
