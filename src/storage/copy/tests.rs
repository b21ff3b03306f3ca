use proptest::prelude::*;

use super::*;
use crate::entry::State as KeyState;
use crate::random::Random;
use crate::storage::Loaded;
use crate::storage::tests::{commit, event, key, owner, realm};

/// What happens to a store between two steps of a copy.
#[derive(Clone, Debug)]
enum Do {
    Put(u64),
    Revoke(u64),
    Forget(u64),
    Seal(u64, u8),
    Owner(u32),
    /// Seals all that is sealed anew, of which the log says nothing.
    SealAnew(u8),
    /// A profile by which nothing is revealed any more: of the keys whose sealed copies go, the log
    /// says nothing.
    Hide,
    Use(u64),
    /// Takes all entries of the trail out, but for so many.
    Trim(u64),
}

fn doing() -> impl Strategy<Value = Do> {
    let id = 1..30u64;
    prop_oneof![
        4 => id.clone().prop_map(Do::Put),
        2 => id.clone().prop_map(Do::Revoke),
        3 => id.clone().prop_map(Do::Forget),
        2 => (id.clone(), any::<u8>()).prop_map(|(id, byte)| Do::Seal(id, byte)),
        2 => (1..12u32).prop_map(Do::Owner),
        1 => any::<u8>().prop_map(Do::SealAnew),
        1 => Just(Do::Hide),
        1 => id.prop_map(Do::Use),
        1 => (0..9u64).prop_map(Do::Trim),
    ]
}

fn store(log_len: u64) -> Storage {
    let options = StorageOptions { log_len, ..StorageOptions::new(None) };
    let disk = crate::storage::tests::disk::Disk::new(Vec::new());
    Storage::format(disk.clone(), &options, &Random::system(), "create").unwrap();
    Storage::attach(disk, None, &options, "open", &mut |_| Ok(())).unwrap()
}

/// An empty store with the header and keys of `source`.
fn target(source: &Storage) -> Storage {
    let (header, keys) = (source.header(), source.shared.keys.clone());
    let options = StorageOptions::new(None);
    let disk = crate::storage::tests::disk::Disk::new(Vec::new());
    Storage::lay_out(disk, header, keys, &options, "make").unwrap()
}

fn apply(store: &Storage, what: &Do) {
    let mut batch = store.batch().unwrap();
    let there = |id| store.view().unwrap().key(KeyId::from_bits(id)).unwrap();
    let sealed = || {
        let view = store.view().unwrap();
        let ids = (1..30).map(KeyId::from_bits);
        ids.filter(|id| view.sealed(*id).unwrap().is_some()).collect::<Vec<_>>()
    };
    match what {
        Do::Put(id) => batch.apply(&[Op::Key(key(*id, 1))]).unwrap(),
        Do::Revoke(id) => {
            let state = KeyState::Revoked;
            batch.apply(&[Op::Key(KeyRecord { state, ..key(*id, 1) })]).unwrap();
            batch.seal(KeyId::from_bits(*id), None).unwrap();
        }
        Do::Forget(id) => {
            let Some(record) = there(*id) else { return };
            batch.apply(&[Op::Forget(record.key_id, record.address())]).unwrap();
        }
        Do::Seal(id, byte) => {
            batch.apply(&[Op::Key(key(*id, 1))]).unwrap();
            batch.seal(KeyId::from_bits(*id), Some(&[*byte])).unwrap();
        }
        Do::Owner(number) => batch.apply(&[Op::Owner(owner(*number))]).unwrap(),
        Do::SealAnew(byte) => {
            sealed().iter().for_each(|id| batch.seal(*id, Some(&[*byte, 1])).unwrap());
            batch.audit(&mut [event(Event::SealingKeyChanged)]).unwrap();
        }
        Do::Hide => {
            batch.apply(&[Op::Realm(realm())]).unwrap();
            sealed().iter().for_each(|id| batch.seal(*id, None).unwrap());
        }
        Do::Use(id) => {
            batch.use_key(KeyId::from_bits(*id), Timestamp::from_ms(5)).unwrap();
        }
        Do::Trim(keep) => {
            let state = store.view().unwrap().state().unwrap();
            let through = state.entries.saturating_sub(*keep);
            if through > state.cut {
                batch.cut_trail(through).unwrap();
            }
        }
    }
    if !matches!(what, Do::Use(_)) {
        batch.audit(&mut [event(Event::KeyUpdated)]).unwrap();
    }
    batch.commit().unwrap();
}

fn filled(log_len: u64, first: &[Do]) -> Storage {
    let store = store(log_len);
    commit(&store, &[Op::Realm(realm()), Op::Owner(owner(1))]);
    first.iter().for_each(|what| apply(&store, what));
    store
}

/// Copies `source` while `meanwhile` happens to it, some after each step; `spoil` may do harm
/// to what a step has read. Gives what the copy then says of itself.
fn copied(
    source: &Storage,
    meanwhile: &[Vec<Do>],
    spoil: impl Fn(&mut Chunk),
) -> Option<Result<Storage>> {
    let target = target(source);
    let mut batch = target.batch().unwrap();
    let mut copying = Copying::new(source, &StorageOptions::new(None)).unwrap();
    let mut meanwhile = meanwhile.iter();
    loop {
        let mut chunk = copying.read(&source.view().unwrap()).unwrap()?;
        spoil(&mut chunk);
        copying.write(&mut batch, &chunk).unwrap();
        if copying.is_whole(&chunk.state) {
            let stood = batch.stand(chunk.state, Role::Backup, true);
            return Some(stood.map(|()| {
                batch.commit().unwrap();
                target
            }));
        }
        meanwhile.next().into_iter().flatten().for_each(|what| apply(source, what));
    }
}

/// All ops that would make the store, and its sealed copies.
fn contents(store: &Storage) -> (Vec<Op>, Vec<Option<Vec<u8>>>) {
    let mut ops = Vec::new();
    let view = store.view().unwrap();
    view.load(&mut |loaded| {
        if let Loaded::Row(op) = loaded {
            ops.push(op);
        }
        Ok(())
    })
    .unwrap();
    let sealed = (1..30).map(|id| view.sealed(KeyId::from_bits(id)).unwrap());
    (ops, sealed.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_copy_is_the_store_at_its_last_step_whatever_happens_between_steps(
        first in proptest::collection::vec(doing(), 0..40),
        meanwhile in proptest::collection::vec(proptest::collection::vec(doing(), 0..4), 0..30),
    ) {
        let source = filled(1000, &first);
        let copy = copied(&source, &meanwhile, |_| ()).unwrap().unwrap();
        copy.view().unwrap().check().unwrap();
        // Nothing happens after the last step.
        prop_assert_eq!(contents(&copy), contents(&source));
        let trail = |store: &Storage| store.view().unwrap().audit(0, usize::MAX).unwrap();
        prop_assert_eq!(trail(&copy), trail(&source));
        prop_assert_eq!(copy.anchor().unwrap(), source.anchor().unwrap());
    }
}

/// Twenty keys, of which one that was copied in the first step changes after it.
fn planted() -> (Storage, Vec<Vec<Do>>) {
    let first: Vec<_> = (1..20).map(Do::Put).chain([Do::Seal(2, 9)]).collect();
    (filled(1000, &first), vec![Vec::new(), vec![Do::Revoke(1)], vec![Do::Forget(3)]])
}

#[test]
fn a_copy_that_misses_what_happened_meanwhile_is_refused() {
    let (source, meanwhile) = planted();
    let revoked = |key: &KeyRow| key.record.state == KeyState::Revoked;
    let refused = copied(&source, &meanwhile, |chunk| chunk.keys.retain(|key| !revoked(key)));
    assert_eq!(refused.unwrap().err().unwrap().kind(), ErrorKind::Internal);
    let (source, meanwhile) = planted();
    let refused = copied(&source, &meanwhile, |chunk| chunk.gone.clear());
    assert!(refused.unwrap().is_err(), "a key that was swept is in the copy");
    let (source, meanwhile) = planted();
    let refused = copied(&source, &meanwhile, |chunk| {
        chunk.keys.iter_mut().for_each(|key| key.sealed = None);
    });
    assert!(refused.unwrap().is_err(), "a sealed copy is missing");
    let (source, meanwhile) = planted();
    assert!(copied(&source, &meanwhile, |_| ()).unwrap().is_ok());
}

/// The copy kept what had been copied before, and was refused as another than the store.
#[test]
fn a_copy_has_no_token_of_a_kind_that_stopped_being_revealed_meanwhile() {
    let first: Vec<_> = (1..20).map(Do::Put).chain([Do::Seal(2, 9)]).collect();
    let source = filled(1000, &first);
    let copy = copied(&source, &[Vec::new(), vec![Do::Hide]], |_| ()).unwrap().unwrap();
    assert_eq!(contents(&copy), contents(&source));
    assert!(contents(&copy).1.iter().all(Option::is_none));
}

#[test]
fn a_log_that_is_cut_too_soon_is_noticed_and_one_transaction_does_without_it() {
    let first: Vec<_> = (1..20).map(Do::Put).collect();
    let source = filled(1, &first);
    let many: Vec<_> = (0..200).map(|_| Do::Put(1)).collect();
    assert!(copied(&source, &[many], |_| ()).is_none());
    let target = target(&source);
    let mut batch = target.batch().unwrap();
    let copying = Copying::new(&source, &StorageOptions::new(None)).unwrap();
    let state = copying.run(&source, &mut batch, true).unwrap().unwrap();
    batch.stand(state, Role::Backup, true).unwrap();
    batch.commit().unwrap();
    assert_eq!(contents(&target), contents(&source));
}
