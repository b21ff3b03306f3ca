use proptest::prelude::*;

use super::*;
use crate::storage::view::{Transaction, View};

#[derive(Clone, Debug)]
enum Do {
    Put(u64),
    Forget(u64),
    /// Sets an owner's scopes, and makes it if it is not there.
    Owner(u32, u32),
    Ask,
}

fn steps() -> impl Strategy<Value = Vec<Do>> {
    let step = prop_oneof![
        (1..40u64).prop_map(Do::Put),
        (1..40u64).prop_map(Do::Forget),
        (1..4u32, 0..8u32).prop_map(|(owner, bit)| Do::Owner(owner, bit)),
        Just(Do::Ask),
    ];
    proptest::collection::vec(step, 0..30)
}

/// What a batch says without reading is what its rows say.
fn compare(batch: &Batch) {
    let (known, rows) =
        (batch.view(), View::new(Transaction::Write(&batch.transaction), &batch.storage.keys));
    assert_eq!(known.last_key_id().unwrap(), rows.last_key_id().unwrap());
    for id in (0..45).map(KeyId::from_bits) {
        assert_eq!(known.is_key(id).unwrap(), rows.key(id).unwrap().is_some(), "{id}");
    }
    for number in 1..4 {
        let id = owner(number).id;
        let (known, rows) = (known.owner_called(REALM, &id), rows.owner_called(REALM, &id));
        assert_eq!(known.unwrap(), rows.unwrap());
    }
}

proptest! {
    #[test]
    fn a_batch_knows_its_keys_and_owners_as_they_are(steps in steps(), there in 0..3usize) {
        let home = home();
        let storage = create(&home);
        if there > 0 {
            fill(&storage);
        }
        let mut batch = storage.batch().unwrap();
        for step in steps {
            let op = match step {
                Do::Put(id) => Op::Key(key(id, 1)),
                Do::Forget(id) => Op::Forget(KeyId::from_bits(id), key(id, 1).address()),
                Do::Owner(number, bit) => {
                    Op::Owner(OwnerRecord { direct: ScopeSet::single(bit as u8), ..owner(number) })
                }
                Do::Ask => {
                    compare(&batch);
                    continue;
                }
            };
            batch.apply(&[op]).unwrap();
        }
        compare(&batch);
        batch.commit().unwrap();
    }
}
