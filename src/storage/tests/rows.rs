use std::collections::BTreeMap;

use proptest::prelude::*;
use redb::{ReadableDatabase, ReadableTable};

use super::*;
use crate::storage::state::Counts;

#[test]
fn what_was_committed_is_there_after_reopening() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let id = storage.id();
    storage.close().unwrap();
    let mut ops = Vec::new();
    let storage = Storage::open(&home.path, &options(), &mut |loaded| {
        if let Loaded::Row(op) = loaded {
            ops.push(op);
        }
        Ok(())
    });
    let storage = storage.unwrap();
    assert_eq!(storage.id(), id);
    assert_eq!(ops.len(), 6);
    assert_eq!(ops[0], Op::Realm(realm()));
    assert_eq!(ops[1..3], [Op::Owner(owner(1)), Op::Owner(owner(2))]);
    assert_eq!(ops[3], Op::Key(key(10, 1)));
    let view = storage.view().unwrap();
    let state = view.state().unwrap();
    assert_eq!((state.seq, state.entries), (2, 3));
    assert_eq!((state.next_realm, state.next_kind, state.next_owner), (2, 2, 3));
    assert_eq!(view.check().unwrap(), state.counts);
    let counts = Counts {
        keys: 3,
        ending: 1,
        owners: 2,
        realms: 1,
        sealed: 1,
        usage: 1,
        operations: 1,
        balances: 0,
    };
    assert_eq!(state.counts, counts);
    assert_eq!(view.sealed(KeyId::from_bits(30)).unwrap().unwrap(), b"sealed copy");
    assert_eq!(view.used(KeyId::from_bits(10)).unwrap(), Some(Timestamp::from_ms(5_000)));
    assert_eq!(view.owner_named(REALM, "owner-2").unwrap(), Some(OwnerRef::new(2)));
    assert_eq!(view.owner_named(RealmRef::new(2), "owner-2").unwrap(), None);
    assert_eq!(view.realms().unwrap(), [realm()]);
    let over = |kind, at| {
        let over = view.over(KindRef::new(kind), Timestamp::from_ms(at), 10).unwrap();
        over.iter().map(|key| key.key_id.bits()).collect::<Vec<_>>()
    };
    assert_eq!(over(1, 9_000), [20]);
    assert!(over(1, 8_999).is_empty());
    assert!(over(2, 9_000).is_empty());
    assert_eq!(view.operation("first").unwrap(), Some(OperationRecord { seq: 2, ..operation() }));
    assert_eq!(view.operation("second").unwrap(), None);
}

#[test]
fn a_batch_sees_its_own_writes_and_leaves_nothing_when_it_is_dropped() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut batch = storage.batch().unwrap();
    batch.apply(&[Op::Key(key(40, 1))]).unwrap();
    let counted = batch.view().counted_keys(OwnerRef::new(1)).unwrap();
    assert_eq!(counted.iter().map(|k| k.key_id.bits()).collect::<Vec<_>>(), [10, 20, 40]);
    assert_eq!(batch.state.counts.keys, 4);
    assert!(storage.view().unwrap().key(KeyId::from_bits(40)).unwrap().is_none());
    drop(batch);
    let view = storage.view().unwrap();
    assert!(view.key(KeyId::from_bits(40)).unwrap().is_none());
    assert_eq!(view.check().unwrap().keys, 3);
}

#[test]
fn a_refused_text_leaves_the_batch_as_it_was() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut batch = storage.batch().unwrap();
    let mut long = key(40, 1);
    long.name = "x".repeat(129);
    assert_eq!(batch.apply(&[Op::Key(long)]).unwrap_err().kind(), ErrorKind::Argument);
    batch.apply(&[Op::Key(key(50, 1))]).unwrap();
    assert_eq!(batch.commit().unwrap(), 3);
    let view = storage.view().unwrap();
    assert_eq!(view.check().unwrap().keys, 4);
    let Changes::Since(changes) = view.changes(2, 10).unwrap() else { panic!("gone") };
    assert_eq!(changes[0].ops.len(), 1);
}

#[test]
fn keys_of_an_owner_come_in_order_of_ids_page_by_page() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut revoked = key(15, 1);
    (revoked.state, revoked.counted) = (KeyState::Revoked, false);
    commit(&storage, &[Op::Key(revoked), Op::Key(key(5, 2))]);
    let view = storage.view().unwrap();
    let ids = |keys: Vec<KeyRecord>| keys.iter().map(|k| k.key_id.bits()).collect::<Vec<_>>();
    let one = OwnerRef::new(1);
    assert_eq!(ids(view.keys_of(one, None, 2).unwrap()), [10, 15]);
    assert_eq!(ids(view.keys_of(one, Some(KeyId::from_bits(15)), 2).unwrap()), [20]);
    assert_eq!(ids(view.keys_of(one, Some(KeyId::from_bits(u64::MAX)), 2).unwrap()), [0; 0]);
    assert_eq!(ids(view.counted_keys(one).unwrap()), [10, 20]);
    assert_eq!(ids(view.keys(None, 3).unwrap()), [5, 10, 15]);
    assert_eq!(ids(view.keys(Some(KeyId::from_bits(15)), 9).unwrap()), [20, 30]);
}

#[test]
fn owners_come_in_order_of_their_ids_and_of_one_realm_only() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut elsewhere = owner(3);
    elsewhere.realm = RealmRef::new(2);
    let mut first = owner(4);
    first.id = "a".to_owned();
    let mut last = owner(5);
    last.id = "\u{10FFFF}".repeat(32);
    commit(&storage, &[elsewhere, first, last].map(Op::Owner));
    let view = storage.view().unwrap();
    let page = |after, limit| {
        let owners = view.owners(REALM, after, limit).unwrap();
        owners.iter().map(|o| o.owner.number()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 9), [4, 1, 2, 5]);
    assert_eq!(page(None, 2), [4, 1]);
    assert_eq!(page(Some("owner-1"), 2), [2, 5]);
    assert_eq!(page(Some("owner-10"), 1), [2]);
}

#[test]
fn every_commit_has_the_next_seq_and_its_ops_in_the_log_without_digests() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    assert_eq!(commit(&storage, &[Op::Forget(KeyId::from_bits(10), key(10, 1).address())]), 3);
    let mut batch = storage.batch().unwrap();
    batch.audit(&mut [event(Event::KeyRevealed)]).unwrap();
    assert_eq!(batch.commit().unwrap(), 4);
    let view = storage.view().unwrap();
    let Changes::Since(changes) = view.changes(0, 100).unwrap() else { panic!("gone") };
    assert_eq!(
        changes.iter().map(|c| (c.seq, c.ops.len())).collect::<Vec<_>>(),
        [(1, 3), (2, 3), (3, 1), (4, 0)]
    );
    let mut nameless = key(10, 1);
    nameless.digest = Digest::from_bytes([0; 32]);
    nameless.last_four = [0; 4];
    assert_eq!(changes[2].ops, [Op::Forget(nameless.key_id, nameless.address())]);
    let mut first = key(10, 1);
    first.digest = nameless.digest;
    assert_eq!(changes[1].ops[0], Op::Key(first));
    assert_eq!(view.changes(4, 100).unwrap(), Changes::Since(Vec::new()));
    assert_eq!(view.changes(5, 100).unwrap(), Changes::Gone);
}

#[test]
fn a_commit_of_uses_or_of_the_mark_takes_no_seq() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut batch = storage.batch().unwrap();
    batch.use_key(KeyId::from_bits(20), Timestamp::from_ms(7_000)).unwrap();
    batch.use_key(KeyId::from_bits(99), Timestamp::from_ms(7_000)).unwrap();
    batch.set_mark(Timestamp::from_ms(7_500));
    assert_eq!(batch.commit().unwrap(), 2);
    let batch = storage.batch().unwrap();
    assert_eq!(batch.commit().unwrap(), 2);
    // A mark that stands where it stood is not written, one that moves is.
    for (mark, commit) in [(7_500, 3), (7_600, 4)] {
        let mut batch = storage.batch().unwrap();
        batch.set_mark(Timestamp::from_ms(mark));
        assert_eq!(batch.commit().unwrap(), 2);
        let state = storage.view().unwrap().state().unwrap();
        assert_eq!((state.seq, state.commit, state.mark.as_ms()), (2, commit, mark));
    }
    let view = storage.view().unwrap();
    let used = |id| view.used(KeyId::from_bits(id)).unwrap().map(Timestamp::as_ms);
    assert_eq!([10, 20, 99].map(used), [Some(5_000), Some(7_000), None]);
    view.check().unwrap();
}

#[test]
fn the_log_keeps_as_many_ops_as_it_should_and_is_cut_a_few_rows_at_a_time() {
    let home = home();
    create(&home).close().unwrap();
    let mut options = options();
    options.log_len = 10;
    let storage = Storage::open(&home.path, &options, &mut |_| Ok(())).unwrap();
    commit(&storage, &[Op::Realm(realm()), Op::Owner(owner(1))]);
    for round in 0..200 {
        // One op mostly, sometimes none, sometimes more than the log is to keep.
        let ops = [1, 1, 0, 1, 30][round % 5];
        let mut batch = storage.batch().unwrap();
        for _ in 0..ops {
            batch.apply(&[Op::Owner(owner(1))]).unwrap();
        }
        batch.audit(&mut [event(Event::OwnerSet)]).unwrap();
        batch.commit().unwrap();
        let view = storage.view().unwrap();
        view.check().unwrap();
        let state = view.state().unwrap();
        assert!(state.logged < 10 + 64, "{} ops at {}", state.logged, state.seq);
        assert!(state.logged >= state.seq.min(10));
        let since = state.first - 1;
        assert!(matches!(view.changes(since, 99), Ok(Changes::Since(_))));
        assert!(since == 0 || view.changes(since - 1, 99).unwrap() == Changes::Gone);
    }
    assert!(storage.view().unwrap().state().unwrap().first > 100);
}

#[test]
fn a_log_that_is_to_be_shorter_shrinks_with_each_commit() {
    let home = home();
    let storage = create(&home);
    for _ in 0..600 {
        commit(&storage, &[Op::Owner(owner(1))]);
    }
    storage.close().unwrap();
    let mut options = options();
    options.log_len = 10;
    let storage = Storage::open(&home.path, &options, &mut |_| Ok(())).unwrap();
    let mut kept = Vec::new();
    for _ in 0..4 {
        commit(&storage, &[Op::Owner(owner(1))]);
        let state = storage.view().unwrap().state().unwrap();
        kept.push(state.seq + 1 - state.first);
    }
    assert_eq!(kept, [345, 90, 10, 11]);
    storage.view().unwrap().check().unwrap();
}

#[test]
fn a_swept_key_takes_its_sealed_copy_and_its_use_with_it() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    for id in [10, 30] {
        commit(&storage, &[Op::Forget(KeyId::from_bits(id), key(id, 1).address())]);
    }
    // Once more is nothing more.
    commit(&storage, &[Op::Forget(KeyId::from_bits(10), key(10, 1).address())]);
    let view = storage.view().unwrap();
    assert_eq!(view.sealed(KeyId::from_bits(30)).unwrap(), None);
    assert_eq!(view.used(KeyId::from_bits(10)).unwrap(), None);
    let counts = Counts {
        keys: 1,
        ending: 1,
        owners: 2,
        realms: 1,
        sealed: 0,
        usage: 0,
        operations: 1,
        balances: 0,
    };
    assert_eq!(view.check().unwrap(), counts);
}

#[test]
fn an_owners_number_and_id_stay_together() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut renamed = owner(1);
    renamed.id = "owner-2".to_owned();
    let mut twin = owner(7);
    twin.id = "owner-1".to_owned();
    let mut moved = owner(1);
    moved.id = "new".to_owned();
    for wrong in [renamed, twin, moved] {
        let mut batch = storage.batch().unwrap();
        assert_eq!(batch.apply(&[Op::Owner(wrong)]).unwrap_err().kind(), ErrorKind::Internal);
        assert!(matches!(batch.commit(), Err(CommitError::Refused(_))));
    }
    storage.view().unwrap().check().unwrap();
}

#[test]
fn the_audit_trail_reads_from_anywhere_and_no_entry_can_be_changed_or_left_out() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let view = storage.view().unwrap();
    let all = view.audit(0, 10).unwrap();
    assert_eq!(all.iter().map(|e| (e.number, e.seq)).collect::<Vec<_>>(), [(1, 2), (2, 2), (3, 2)]);
    assert_eq!(view.audit(1, 1).unwrap(), all[1..2]);
    assert_eq!(view.audit(3, 1).unwrap(), []);
    drop(view);
    storage.close().unwrap();
    let row = {
        let database = redb::Database::open(&home.path).unwrap();
        let audit = database.begin_read().unwrap().open_table(tables::AUDIT).unwrap();
        ReadableTable::get(&audit, &2u64.to_be_bytes()).unwrap().unwrap().value().to_vec()
    };
    let mut changed = row.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (number, row, first_bad) in
        [(2, Some(changed.as_slice()), 2), (2, None, 2), (3, Some(row.as_slice()), 3), (3, None, 3)]
    {
        let copy = home.path.with_extension(format!("{number}{}", row.is_some()));
        std::fs::copy(&home.path, &copy).unwrap();
        damage::rewrite(&copy, |transaction| {
            let mut audit = transaction.open_table(tables::AUDIT).unwrap();
            match row {
                Some(row) => drop(audit.insert(&u64::to_be_bytes(number), row).unwrap()),
                None => drop(audit.remove(&u64::to_be_bytes(number)).unwrap()),
            }
        });
        let storage = open_at(&copy).unwrap();
        let view = storage.view().unwrap();
        let error = view.audit(0, 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.message().contains(&first_bad.to_string()), "{error}");
        assert!(view.check().is_err());
    }
}

#[derive(Clone, Debug)]
enum Do {
    Key { id: u64, owner: u32, counted: bool, end: Option<i64>, name: String },
    Forget(u64),
    Owner { number: u32, suspended: bool },
    Seal(u64, Option<u8>),
    Abort,
    Commit,
    Reopen,
}

fn step() -> impl Strategy<Value = Do> {
    let key = (0..12u64, 1..4u32, any::<bool>(), proptest::option::of(0..50i64), "[a-z]{0,9}");
    let key =
        key.prop_map(|(id, owner, counted, end, name)| Do::Key { id, owner, counted, end, name });
    let owner = (1..4u32, any::<bool>());
    prop_oneof![
        6 => key,
        2 => (0..12u64).prop_map(Do::Forget),
        1 => owner.prop_map(|(number, suspended)| Do::Owner { number, suspended }),
        1 => (0..12u64, any::<Option<u8>>()).prop_map(|(id, copy)| Do::Seal(id, copy)),
        1 => Just(Do::Abort),
        4 => Just(Do::Commit),
        1 => Just(Do::Reopen),
    ]
}

#[derive(Clone, Default)]
struct Model {
    keys: BTreeMap<u64, KeyRecord>,
    owners: BTreeMap<u32, OwnerRecord>,
    sealed: BTreeMap<u64, u8>,
}

fn agrees(view: &View<'_>, model: &Model) {
    assert_eq!(view.keys(None, 100).unwrap(), model.keys.values().cloned().collect::<Vec<_>>());
    for number in 1..4 {
        let of = |k: &&KeyRecord| k.owner.number() == number;
        let all: Vec<_> = model.keys.values().filter(of).cloned().collect();
        let owner = OwnerRef::new(number);
        assert_eq!(view.keys_of(owner, None, 100).unwrap(), all);
        let counted: Vec<_> = all.into_iter().filter(|k| k.counted).collect();
        assert_eq!(view.counted_keys(owner).unwrap(), counted);
        assert_eq!(view.owner(owner).unwrap().as_ref(), model.owners.get(&number));
    }
    let now = Timestamp::from_ms(25);
    let is_over = |k: &&KeyRecord| k.over().is_some_and(|over| over <= now);
    let mut over: Vec<KeyRecord> = model.keys.values().filter(is_over).cloned().collect();
    over.sort_unstable_by_key(|k| (k.over(), k.key_id));
    assert_eq!(view.over(KindRef::new(1), now, 100).unwrap(), over);
    over.truncate(2);
    assert_eq!(view.over(KindRef::new(1), now, 2).unwrap(), over);
    for id in 0..12 {
        let copy = view.sealed(KeyId::from_bits(id)).unwrap();
        assert_eq!(copy, model.sealed.get(&id).map(|copy| vec![*copy]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_store_does_what_a_map_does(steps in proptest::collection::vec(step(), 1..60)) {
        let home = home();
        let mut storage = create(&home);
        let owners = [1, 2, 3].map(owner);
        commit(&storage, &owners.clone().map(Op::Owner));
        let owners = owners.into_iter().map(|o| (o.owner.number(), o)).collect();
        let mut committed = Model { owners, ..Model::default() };
        let mut model = committed.clone();
        let mut steps = steps.into_iter().peekable();
        while steps.peek().is_some() {
            let mut batch = storage.batch().unwrap();
            let mut reopen = false;
            let done = loop {
                match steps.next() {
                    None | Some(Do::Abort) => break false,
                    Some(Do::Commit) => break true,
                    Some(Do::Reopen) => {
                        reopen = true;
                        break true;
                    }
                    Some(Do::Key { id, owner, counted, end, name }) => {
                        let mut record = key(id, owner);
                        record.counted = counted;
                        record.end = end.map_or(Timestamp::NEVER, Timestamp::from_ms);
                        record.name = name;
                        batch.apply(&[Op::Key(record.clone())]).unwrap();
                        model.keys.insert(id, record);
                    }
                    Some(Do::Forget(id)) => {
                        let forget = Op::Forget(KeyId::from_bits(id), key(id, 1).address());
                        batch.apply(&[forget]).unwrap();
                        if model.keys.remove(&id).is_some() {
                            model.sealed.remove(&id);
                        }
                    }
                    Some(Do::Owner { number, suspended }) => {
                        let mut record = owner(number);
                        record.suspended = suspended;
                        batch.apply(&[Op::Owner(record.clone())]).unwrap();
                        model.owners.insert(number, record);
                    }
                    Some(Do::Seal(id, copy)) => {
                        if model.keys.contains_key(&id) {
                            let bytes = copy.as_ref().map(std::slice::from_ref);
                            batch.seal(KeyId::from_bits(id), bytes).unwrap();
                            match copy {
                                Some(copy) => model.sealed.insert(id, copy),
                                None => model.sealed.remove(&id),
                            };
                        }
                    }
                }
            };
            agrees(&batch.view(), &model);
            if done {
                batch.commit().unwrap();
                committed = model.clone();
            } else {
                drop(batch);
                model = committed.clone();
            }
            agrees(&storage.view().unwrap(), &committed);
            if reopen {
                storage.close().unwrap();
                storage = open(&home).unwrap();
            }
        }
        storage.view().unwrap().check().unwrap();
        agrees(&storage.view().unwrap(), &committed);
    }
}
