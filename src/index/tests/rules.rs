//! One rule a test.

use super::table::{self, Missing};
use super::*;

#[test]
fn an_entry_says_what_its_record_says_with_scopes_expanded() {
    let record = KeyRecord { successor: Some(KeyId::from_bits(2)), ..key(1) };
    let index = index_of(&[Op::Key(record)]);
    let entry = index.get(&address(1)).unwrap();
    let expected = Entry {
        key_id: KeyId::from_bits(1),
        kind: KindRef::new(3),
        owner: OwnerRef::new(7),
        state: State::Active,
        expired: false,
        in_grace: true,
        scopes: ScopeSet::single(0) | ScopeSet::single(127),
        end: at(1_000_000),
        side: None,
    };
    assert_eq!(entry, expected);
    assert_eq!(index.get(&address(2)), None);
}

#[test]
fn a_digest_that_differs_in_any_of_128_bits_is_unknown() {
    let words = digest(0).words();
    let index = index_of(&[Op::Key(key(0))]);
    assert!(index.get(&address_of(words)).is_some());
    for bit in 0..128 {
        let mut near = words;
        near[bit / 64] ^= 1 << (bit % 64);
        assert_eq!(index.get(&address_of(near)), None, "{bit}");
    }
}

#[test]
fn a_commit_that_was_applied_is_not_applied_again() {
    let index = Index::new(0);
    index.apply(5, &[Op::Key(key(1))], &Realm).unwrap();
    let revoked = KeyRecord { state: State::Revoked, ..key(1) };
    index.apply(5, &[Op::Key(revoked.clone())], &Realm).unwrap();
    index.apply(4, &[Op::Forget(KeyId::from_bits(1), address(1))], &Realm).unwrap();
    assert_eq!(index.get(&address(1)).unwrap().state, State::Active);
    index.apply(6, &[Op::Key(revoked)], &Realm).unwrap();
    assert_eq!(index.get(&address(1)).unwrap().state, State::Revoked);
    assert_eq!(index.seq(), 6);
}

#[test]
fn a_revoked_key_stays_until_it_is_forgotten() {
    let index = index_of(&[Op::Key(KeyRecord { state: State::Revoked, ..key(1) })]);
    assert_eq!(index.get(&address(1)).unwrap().state, State::Revoked);
    index.apply(2, &[Op::Forget(KeyId::from_bits(9), address(1))], &Realm).unwrap();
    assert!(index.get(&address(1)).is_some());
    index.apply(3, &[Op::Forget(KeyId::from_bits(1), address(1))], &Realm).unwrap();
    assert_eq!(index.get(&address(1)), None);
    assert_eq!(index.stats().keys, 0);
}

#[test]
fn a_second_key_with_the_same_address_is_refused_and_the_rest_is_applied() {
    let index = index_of(&[Op::Key(key(1))]);
    let twin = KeyRecord { key_id: KeyId::from_bits(2), state: State::Revoked, ..key(1) };
    let error = index.apply(2, &[Op::Key(twin.clone()), Op::Key(key(3))], &Realm).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Conflict);
    assert!(error.message().contains(&KeyId::from_bits(1).to_string()), "{error}");
    assert_eq!(index.get(&address(1)).unwrap().key_id, KeyId::from_bits(1));
    assert_eq!(index.get(&address(1)).unwrap().state, State::Active);
    assert!(index.get(&address(3)).is_some());
    let loaded = Index::new(0).load(&[Op::Key(key(1)), Op::Key(twin)], &Realm);
    assert_eq!(loaded.unwrap_err().kind(), crate::ErrorKind::Corrupt);
}

#[test]
fn the_expired_mark_is_set_for_the_end_that_was_seen_and_goes_with_a_later_one() {
    let index = index_of(&[Op::Key(key(1))]);
    let seen = index.get(&address(1)).unwrap();
    assert!(!mark_expired(&index, 1, &Entry { end: at(5), ..seen }));
    assert!(!index.get(&address(1)).unwrap().expired);
    assert!(mark_expired(&index, 1, &seen));
    assert!(index.get(&address(1)).unwrap().expired);

    let after = |seq, record: KeyRecord| {
        index.apply(seq, &[Op::Key(record)], &Realm).unwrap();
        index.get(&address(1)).unwrap().expired
    };
    assert!(after(2, KeyRecord { state: State::Suspended, ..key(1) }));
    assert!(after(3, KeyRecord { scopes: ScopeSet::single(9), ..key(1) }));
    assert!(after(4, KeyRecord { end: at(999_999), ..key(1) }));
    assert!(!after(5, KeyRecord { end: at(1_000_000), ..key(1) }));
}

#[test]
fn a_side_belongs_to_the_entry_that_names_it() {
    let beside = |n| KeyRecord { name: "beside".to_owned(), start: at(50), ..key(n) };
    let index = index_of(&[Op::Key(beside(1)), Op::Key(key(2))]);
    let (entry, side) = find(&index, 1).unwrap();
    let side_ref = entry.side.unwrap();
    assert_eq!(side.unwrap().start, at(50));
    assert_eq!(find(&index, 2).unwrap().1, None);

    index.touch(side_ref, entry.key_id, at(60), |now| now);
    let later = KeyRecord { start: at(70), ..beside(1) };
    index.apply(2, &[Op::Key(later)], &Realm).unwrap();
    let (_, side) = find(&index, 1).unwrap();
    let side = side.unwrap();
    assert_eq!((side.start, side.last_used), (at(70), Some(at(60))));
    assert_eq!((side.lineage, side.meter), (KeyId::from_bits(1), MeterRef(side_ref.0)));
    assert_eq!(side.lease, None);

    index.apply(3, &[Op::Key(beside(2)), Op::Key(key(1))], &Realm).unwrap();
    assert_eq!(index.sides.get(side_ref, entry.key_id, None), None);
    assert!(find(&index, 2).unwrap().1.is_some());
    assert_eq!(index.stats().sides, 1);
}

#[test]
fn all_keys_of_a_lineage_have_one_meter_and_no_other_has_it_while_one_of_them_is_there() {
    let beside =
        |n| KeyRecord { name: "beside".to_owned(), lineage: KeyId::from_bits(1), ..key(n) };
    let rotated = KeyRecord { successor: Some(KeyId::from_bits(2)), ..beside(1) };
    let meter = |index: &Index, n| find(index, n).unwrap().1.unwrap().meter;

    let index = index_of(&[Op::Key(beside(1))]);
    let first = meter(&index, 1);
    index.apply(2, &[Op::Key(rotated.clone()), Op::Key(beside(2))], &Realm).unwrap();
    assert_eq!([meter(&index, 1), meter(&index, 2)], [first; 2]);

    index.apply(3, &[Op::Forget(KeyId::from_bits(1), address(1))], &Realm).unwrap();
    let strangers = |n| KeyRecord { lineage: KeyId::from_bits(n), ..beside(n) };
    let many: Vec<Op> = (10..20).map(|n| Op::Key(strangers(n))).collect();
    index.apply(4, &many, &Realm).unwrap();
    assert_eq!(meter(&index, 2), first);
    assert!((10..20).all(|n| meter(&index, n) != first), "a stranger has the lineage's meter");

    index.apply(5, &[Op::Forget(KeyId::from_bits(2), address(2))], &Realm).unwrap();
    let many: Vec<Op> = (20..30).map(|n| Op::Key(strangers(n))).collect();
    index.apply(6, &many, &Realm).unwrap();
    assert!((20..30).any(|n| meter(&index, n) == first), "the number was lost");

    for rows in [
        [Op::Key(rotated.clone()), Op::Key(beside(2))],
        [Op::Key(beside(2)), Op::Key(rotated.clone())],
    ] {
        let index = Index::new(2);
        index.load(&rows, &Realm).unwrap();
        assert_eq!(meter(&index, 1), meter(&index, 2));
    }
}

#[test]
fn a_key_whose_side_is_written_anew_keeps_its_meter() {
    let beside = |start| KeyRecord { name: "beside".to_owned(), start: at(start), ..key(1) };
    let index = index_of(&[Op::Key(beside(1))]);
    let meter = || find(&index, 1).unwrap().1.unwrap().meter;
    let first = meter();
    for start in 2..20 {
        index.apply(start, &[Op::Key(beside(i64::try_from(start).unwrap()))], &Realm).unwrap();
        assert_eq!(meter(), first);
    }
    assert_eq!(index.stats().sides, 2, "the side, and the number of the meter");
}

#[test]
fn a_use_is_noted_until_it_is_written() {
    let beside = KeyRecord { name: "beside".to_owned(), ..key(1) };
    let index = index_of(&[Op::Key(beside)]);
    let last_used = || find(&index, 1).unwrap().1.unwrap().last_used;
    assert_eq!((last_used(), index.noted().len()), (None, 0));
    let entry = index.get(&address(1)).unwrap();
    index.touch(entry.side.unwrap(), entry.key_id, at(100_000), |now| now);
    let noted = index.noted();
    assert_eq!(
        noted.iter().map(|u| (u.key_id, u.at)).collect::<Vec<_>>(),
        [(entry.key_id, at(100_000))]
    );
    index.written(&noted);
    assert!(index.noted().is_empty());
}

#[test]
fn owners_are_expanded_counted_and_named() {
    let index = index_of(&[Op::Owner(owner(7))]);
    let expected = OwnerEntry {
        suspended: false,
        direct: ScopeSet::single(0) | ScopeSet::single(127),
        plan: Some(4),
    };
    assert_eq!(index.owner(OwnerRef::new(7)), Some(expected));
    assert_eq!(index.owner(OwnerRef::new(8)), None);
    assert_eq!(index.owner_name(OwnerRef::new(7)), Some((RealmRef::new(1), "owner-7")));
    assert_eq!(index.suspended_owners(), 0);
    index.apply(2, &[Op::Owner(OwnerRecord { suspended: true, ..owner(7) })], &Realm).unwrap();
    assert_eq!(index.suspended_owners(), 1);
}

#[test]
fn restraints_add_up_and_no_other_op_lifts_them() {
    let index = index_of(&[Op::Key(key(1))]);
    let shown = || index.get(&address(1)).unwrap();
    let restrain =
        |restraint| index.restrain_key(KeyId::from_bits(1), &address(1), restraint).unwrap();
    let suspended = restrain(KeyRestraint { state: State::Suspended, ..FREE });
    assert_eq!(shown().state, State::Suspended);
    let narrow = restrain(KeyRestraint { scopes: ScopeSet::single(127), ..FREE });
    let short = restrain(KeyRestraint { end: at(10), ..FREE });
    assert_eq!((shown().scopes, shown().end), (ScopeSet::single(127), at(10)));

    // Resuming, widening and lengthening by others changes nothing that is restrained.
    let wide = KeyRecord { scopes: ScopeSet::all(), end: Timestamp::NEVER, ..key(1) };
    index.apply(2, &[Op::Key(wide)], &Realm).unwrap();
    assert_eq!(shown().state, State::Suspended);
    assert_eq!((shown().scopes, shown().end), (ScopeSet::single(127), at(10)));

    index.lift(suspended);
    assert_eq!((shown().state, shown().end), (State::Active, at(10)));
    index.lift(short);
    assert_eq!((shown().scopes, shown().end), (ScopeSet::single(127), Timestamp::NEVER));
    index.lift(narrow);
    index.lift(narrow);
    assert_eq!(shown().scopes, ScopeSet::all());
    assert_eq!(index.stats().restraints, 0);
}

#[test]
fn what_a_restraint_enforced_stays_when_its_op_was_applied() {
    let index = index_of(&[Op::Key(key(1))]);
    let revoked = KeyRestraint { state: State::Revoked, ..FREE };
    let held = index.restrain_key(KeyId::from_bits(1), &address(1), revoked).unwrap();
    let record = KeyRecord { state: State::Revoked, ..key(1) };
    index.apply(2, &[Op::Key(record)], &Realm).unwrap();
    index.lift(held);
    assert_eq!(index.get(&address(1)).unwrap().state, State::Revoked);
}

#[test]
fn a_restraint_is_on_the_key_that_was_named() {
    let index = index_of(&[Op::Key(key(1))]);
    let revoked = KeyRestraint { state: State::Revoked, ..FREE };
    assert_eq!(index.restrain_key(KeyId::from_bits(2), &address(1), revoked.clone()), None);
    assert_eq!(index.restrain_key(KeyId::from_bits(2), &address(2), revoked), None);
    assert_eq!(index.get(&address(1)).unwrap().state, State::Active);
}

#[test]
fn a_key_forgotten_under_a_restraint_is_gone_and_does_not_come_back() {
    let index = index_of(&[Op::Key(key(1))]);
    let revoked = KeyRestraint { state: State::Revoked, ..FREE };
    let held = index.restrain_key(KeyId::from_bits(1), &address(1), revoked).unwrap();
    index.apply(2, &[Op::Forget(KeyId::from_bits(1), address(1))], &Realm).unwrap();
    assert_eq!(index.get(&address(1)), None);
    index.lift(held);
    assert_eq!(index.get(&address(1)), None);
}

#[test]
fn a_mark_made_under_an_earlier_end_goes_when_that_end_is_withdrawn() {
    let index = index_of(&[Op::Key(key(1))]);
    let short = KeyRestraint { end: at(10), ..FREE };
    let held = index.restrain_key(KeyId::from_bits(1), &address(1), short.clone()).unwrap();
    let shown = index.get(&address(1)).unwrap();
    assert!(mark_expired(&index, 1, &shown));
    index.lift(held);
    let shown = index.get(&address(1)).unwrap();
    assert_eq!((shown.end, shown.expired), (at(1_000_000), false));

    assert!(mark_expired(&index, 1, &shown));
    let held = index.restrain_key(KeyId::from_bits(1), &address(1), short).unwrap();
    assert!(index.get(&address(1)).unwrap().expired);
    index.lift(held);
    assert!(index.get(&address(1)).unwrap().expired);
}

#[test]
fn a_restrained_owner_shows_no_more_than_the_restraint() {
    let index = index_of(&[Op::Owner(owner(7))]);
    let restraint = OwnerRestraint { suspended: true, direct: ScopeSet::single(127) };
    assert_eq!(index.restrain_owner(OwnerRef::new(8), restraint), None);
    let held = index.restrain_owner(OwnerRef::new(7), restraint).unwrap();
    let shown = || index.owner(OwnerRef::new(7)).unwrap();
    assert_eq!((shown().suspended, shown().direct), (true, ScopeSet::single(127)));
    assert_eq!(index.suspended_owners(), 1);
    index.apply(2, &[Op::Owner(owner(7))], &Realm).unwrap();
    assert!(shown().suspended);
    index.lift(held);
    assert!(!shown().suspended);
    assert_eq!((shown().direct.bits().count_ones(), index.suspended_owners()), (2, 0));
}

#[test]
fn a_refresh_shows_a_record_by_new_rules_at_the_same_commit() {
    struct Wider;
    impl Bind for Wider {
        fn expand(&self, _: KindRef, granted: ScopeSet) -> ScopeSet {
            granted | ScopeSet::single(64)
        }
        fn expand_owner(&self, _: RealmRef, direct: ScopeSet) -> ScopeSet {
            direct | ScopeSet::single(64)
        }
        fn plan_number(&self, _: RealmRef, _: Option<&str>) -> Option<u8> {
            None
        }
        fn idle(&self, _: &KeyRecord) -> Option<Idle> {
            None
        }
        fn needs_side(&self, _: &KeyRecord) -> bool {
            true
        }
        fn meters_lineages(&self, _: KindRef) -> bool {
            true
        }
        fn meters_owners(&self, _: RealmRef) -> bool {
            false
        }
    }
    let index = index_of(&[Op::Key(key(1)), Op::Owner(owner(7))]);
    index.refresh_key(&key(1), &Wider).unwrap();
    index.refresh_owner(&owner(7), &Wider);
    let (entry, side) = find(&index, 1).unwrap();
    assert_eq!(entry.scopes, ScopeSet::single(0) | ScopeSet::single(64));
    assert!(side.is_some());
    assert_eq!(index.owner(OwnerRef::new(7)).unwrap().direct, entry.scopes);
    assert_eq!(index.seq(), 1);
}

#[test]
fn p29_a_lookup_reads_eight_slots_however_alike_the_digests_are() {
    let alike: [fn(u64) -> [u64; 2]; 5] =
        [|n| [0, n], |n| [n, 0], |n| [n << 44, u64::MAX], |n| [u64::MAX, n << 44], |n| [n, n]];
    for words in alike {
        let index = Index::new(0);
        let record = |n| KeyRecord { digest: digest_of(words(n)), ..key(n) };
        for n in 0..20_000 {
            index.apply(n + 1, &[Op::Key(record(n))], &Realm).unwrap();
        }
        for n in 0..20_000 {
            let entry = index.get(&record(n).address()).unwrap();
            assert_eq!(entry.key_id, KeyId::from_bits(n));
        }
        assert_eq!(index.get(&record(20_000).address()), None);
        assert_eq!(index.stats().longest_probe, 8);
    }
}

/// Keys whose tokens all end alike; the second part of them has four ends more.
fn alike(n: u64) -> KeyRecord {
    let end = if n < 50_000 { 0 } else { n % 4 };
    KeyRecord { last_four: last_four(end), ..key(n) }
}

/// A key that was taken out of the overflow counted as one that had left its mark in the segment,
/// which was made anew for nothing, while the overflow's own segments were never.
#[test]
fn a_removal_counts_where_the_key_stood() {
    let (table, mut books) = table::Table::new(0);
    let shown = |n: u64| Address { locator: Locator::from_number(7), ..alike(n).address() };
    let entry = index_of(&[Op::Key(key(1))]).get(&address(1)).unwrap();
    for n in 0..30_000 {
        assert!(table.put(&mut books, &shown(n), &entry));
    }
    let removed = |books: &table::Books| books.regions.iter().map(|r| r.removed).sum::<usize>();
    let beside = |books: &table::Books| books.overflow.as_ref().map(|o| (o.keys(), removed(o)));
    let (keys, _) = beside(&books).unwrap();
    assert!(keys > 1_000, "{keys} keys are in the overflow");
    for n in 0..30_000 {
        let (before, there) = (removed(&books), beside(&books).unwrap());
        table.remove(&mut books, &shown(n));
        let after = beside(&books).unwrap();
        if after.0 < there.0 {
            assert_eq!(removed(&books), before);
            // One more, unless a segment was made anew.
            assert!(after.1 == there.1 + 1 || after.1 < there.1, "{there:?} {after:?}");
        } else {
            assert_eq!(after, there);
        }
    }
    assert_eq!(books.keys(), 0);
}

#[test]
fn tokens_that_end_alike_cost_no_more_than_twice_the_slots_and_no_more_memory() {
    let index = Index::new(0);
    for n in 0..60_000 {
        index.apply(n + 1, &[Op::Key(alike(n))], &Realm).unwrap();
    }
    let stats = index.stats();
    assert_eq!((stats.keys, stats.longest_probe), (60_000, 16));
    assert!(stats.overflowing > 10_000, "{stats:?}");
    assert!(stats.bytes / stats.keys <= 110, "{stats:?}");
    let found = |n| index.get(&alike(n).address());
    assert!((0..60_000).all(|n| found(n).unwrap().key_id == KeyId::from_bits(n)));
    assert!((60_000..70_000).all(|n| found(n).is_none()));

    // They can be changed, narrowly and widely, and taken out like any others.
    for n in 0..60_000 {
        let changed = match n % 3 {
            0 => Op::Key(KeyRecord { state: State::Revoked, ..alike(n) }),
            1 => Op::Key(KeyRecord { scopes: ScopeSet::single(9), ..alike(n) }),
            _ => Op::Forget(KeyId::from_bits(n), alike(n).address()),
        };
        index.apply(60_001 + n, &[changed], &Realm).unwrap();
    }
    for n in 0..60_000 {
        match n % 3 {
            0 => assert_eq!(found(n).unwrap().state, State::Revoked),
            1 => assert_eq!(found(n).unwrap().scopes, ScopeSet::single(9)),
            _ => assert_eq!(found(n), None),
        }
    }
    assert_eq!(index.stats().keys, 40_000);
}

#[test]
fn what_nobody_has_mostly_costs_no_slot_also_after_many_keys_came_and_went() {
    let index = Index::new(20_000);
    let marked = |index: &Index| {
        let table = &index.table;
        let marks = (1 << 40..).take(10_000).filter(|&n| {
            let homes = table.seed.homes(&address(n));
            let (_, segment) = table.segment(homes.near).unwrap();
            let [near, _] = segment.all_places(&table.pool, homes).unwrap();
            near.filter().marks().has(filter::Mark::of(homes.far))
        });
        marks.count()
    };
    let mut seq = 0;
    for n in 0..140_000_u64 {
        let mut ops = vec![Op::Key(key(n))];
        if let Some(old) = n.checked_sub(20_000) {
            ops.push(Op::Forget(KeyId::from_bits(old), address(old)));
        }
        seq += 1;
        index.apply(seq, &ops, &Realm).unwrap();
        if n == 20_000 {
            assert!(marked(&index) < 1_000, "{}", marked(&index));
        }
    }
    assert!(marked(&index) < 2_000, "{}", marked(&index));
    assert!((120_000..140_000).all(|n| index.get(&address(n)).is_some()));
    assert_eq!(index.stats().keys, 20_000);
}

#[test]
fn a_miss_that_a_change_overtook_is_looked_up_again() {
    let index = index_of(&[Op::Key(key(1))]);
    let table = &index.table;
    let absent = address(2);
    let looked = || table.approach(absent.locator).miss(absent.digest);
    let concluded =
        |(ground, marks, near): &(table::Ground<'_>, _, _)| table.conclude(*ground, *marks, *near);
    let before = looked();
    assert!(matches!(concluded(&before), Missing::Nowhere));
    // A key that appears in one of the four slots may have come from another of them.
    index.apply(2, &[Op::Key(key(2))], &Realm).unwrap();
    assert!(matches!(concluded(&before), Missing::Unsure));

    // And one whose segment was replaced may have moved along.
    index.apply(3, &[Op::Forget(KeyId::from_bits(2), absent)], &Realm).unwrap();
    let before = looked();
    assert!(matches!(concluded(&before), Missing::Nowhere));
    for n in 4..1_000 {
        index.apply(n, &[Op::Key(key(n))], &Realm).unwrap();
    }
    assert!(matches!(concluded(&before), Missing::Unsure));
    assert!(matches!(table.unmarked(before.0), Missing::Unsure));
    assert!(matches!(concluded(&looked()), Missing::Nowhere));
    assert!(matches!(table.unmarked(looked().0), Missing::Nowhere));
}

#[test]
fn a_table_with_expected_keys_takes_them_without_growing_and_wastes_little() {
    for expected in [100, 5_000, 150_000] {
        let index = Index::new(expected);
        let before = index.stats();
        let rows: Vec<_> = (0..expected as u64).map(|n| Op::Key(key(n))).collect();
        index.load(&rows, &Realm).unwrap();
        let after = index.stats();
        assert_eq!((after.slots, after.bytes), (before.slots, before.bytes), "{expected}");
        assert_eq!(after.keys, expected);
        assert_eq!(after.longest_probe, 8);
        if expected > 10_000 {
            assert!(after.bytes / expected <= 88, "{} bytes a key", after.bytes / expected);
        }
    }
}

#[test]
fn a_growing_table_stays_between_its_bounds() {
    let index = Index::new(0);
    let mut most = 0.0_f64;
    for n in 0..120_000_u64 {
        index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
        if n > 20_000 && n % 997 == 0 {
            most = most.max(index.stats().bytes as f64 / n as f64);
        }
    }
    assert!(most < 88.0 * 1.3, "{most} bytes a key");
}

/// Key 1 as it is once its digest was changed to that of key 2.
fn rekeyed() -> KeyRecord {
    KeyRecord { digest: digest(2), last_four: last_four(2), ..key(1) }
}

#[test]
fn a_key_whose_digest_changes_is_found_by_the_new_one_alone() {
    let index = index_of(&[Op::Key(key(1))]);
    for seq in [2, 3] {
        // The second time changes nothing.
        index.apply(seq, &[Op::Rekey(rekeyed(), address(1))], &Realm).unwrap();
        assert_eq!(index.get(&address(1)), None);
        assert_eq!(index.get(&address(2)).unwrap().key_id, KeyId::from_bits(1));
        assert_eq!(index.stats().keys, 1);
    }
    index.apply(4, &[Op::Forget(KeyId::from_bits(1), address(2))], &Realm).unwrap();
    assert_eq!((index.get(&address(2)), index.stats().keys), (None, 0));
}

#[test]
fn a_key_whose_digest_changes_stays_denied_and_expired() {
    let index = index_of(&[Op::Key(key(1))]);
    let entry = index.get(&address(1)).unwrap();
    assert!(mark_expired(&index, 1, &entry));
    let restraint = KeyRestraint { state: State::Revoked, ..FREE };
    let held = index.restrain_key(KeyId::from_bits(1), &address(1), restraint).unwrap();
    index.apply(2, &[Op::Rekey(rekeyed(), address(1))], &Realm).unwrap();
    let moved = index.get(&address(2)).unwrap();
    assert_eq!((moved.state, moved.expired), (State::Revoked, true));
    index.lift(held);
    let moved = index.get(&address(2)).unwrap();
    assert_eq!((moved.state, moved.expired), (State::Active, true));
    assert_eq!(index.get(&address(1)), None);
}

#[test]
fn a_digest_that_another_key_has_is_not_taken_from_it() {
    let index = index_of(&[Op::Key(key(1)), Op::Key(key(2))]);
    let twins = index.apply(2, &[Op::Rekey(rekeyed(), address(1))], &Realm).unwrap_err();
    assert_eq!(twins.kind(), crate::error::ErrorKind::Conflict);
    assert_eq!(index.get(&address(1)).unwrap().key_id, KeyId::from_bits(1));
    assert_eq!(index.get(&address(2)).unwrap().key_id, KeyId::from_bits(2));
}
