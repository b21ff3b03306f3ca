//! One rule a test.

use super::restraint::{Target, Targets};
use super::table::{self, Missing};
use super::*;
use crate::network::Networks;

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

/// A successor that has no side is given one by a restraint, before its change is published.
#[test]
fn what_a_restraint_put_beside_a_successor_lends_its_meter_to_no_other_lineage() {
    let meter = |index: &Index, n| find(index, n).unwrap().1.unwrap().meter;
    let mut narrowed = KeyRecord { lineage: KeyId::from_bits(1), ..key(2) };
    let index = index_of(&[Op::Key(narrowed.clone())]);
    narrowed.parts.networks = Some(Networks::new(["10.0.0.0/8".parse().unwrap()]).unwrap());
    let restraint = KeyRestraint { networks: narrowed.parts.networks.clone(), ..FREE };
    let held = index.restrain_key(narrowed.key_id, &address(2), restraint).unwrap();
    index.apply(2, &[Op::Key(narrowed)], &Realm).unwrap();
    index.lift(held);

    let strangers = |n| KeyRecord { name: "beside".to_owned(), ..key(n) };
    let many: Vec<Op> = (10..20).map(|n| Op::Key(strangers(n))).collect();
    index.apply(3, &many, &Realm).unwrap();
    let has = meter(&index, 2);
    assert!((10..20).all(|n| meter(&index, n) != has), "a stranger has the lineage's meter");
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
fn a_key_that_is_restrained_before_it_is_shown_comes_so() {
    let index = index_of(&[Op::Key(key(1))]);
    let revoked = KeyRestraint { state: State::Revoked, ..FREE };
    let restrain =
        |key, at| index.restrain_coming(KeyId::from_bits(key), &address(at), revoked.clone());
    let (moving, fresh) = (restrain(1, 2), restrain(3, 3));
    assert_eq!(index.get(&address(1)).unwrap().state, State::Active);
    index.apply(2, &[Op::Rekey(rekeyed(), address(1)), Op::Key(key(3))], &Realm).unwrap();
    let states = || [2, 3].map(|n| index.get(&address(n)).unwrap().state);
    assert_eq!(states(), [State::Revoked; 2]);
    index.lift(moving);
    assert_eq!(states(), [State::Active, State::Revoked]);
    index.lift(fresh);
    assert_eq!(states(), [State::Active; 2]);
    assert_eq!(index.stats().restraints, 0);
}

/// It was shown there at once, without its lease, and stayed where it was, too.
#[test]
fn a_key_is_not_where_it_is_about_to_come_when_its_denial_there_is_given_up() {
    let index = index_of(&[Op::Key(key(1))]);
    let suspended = KeyRestraint { state: State::Suspended, ..FREE };
    let here = index.restrain_key(KeyId::from_bits(1), &address(1), suspended.clone()).unwrap();
    let there = index.restrain_coming(KeyId::from_bits(1), &address(2), suspended);
    index.lift(there);
    assert_eq!(index.get(&address(2)), None);
    index.apply(2, &[Op::Rekey(rekeyed(), address(1))], &Realm).unwrap();
    assert_eq!(index.get(&address(2)).unwrap().state, State::Suspended);
    index.lift(here);
    assert_eq!(index.get(&address(2)).unwrap().state, State::Active);
    assert_eq!((index.get(&address(1)), index.stats().keys), (None, 1));
}

#[test]
fn a_key_that_was_found_expired_stays_so_when_two_restraints_come_and_go() {
    let index = index_of(&[Op::Key(key(1))]);
    let restrain =
        |restraint| index.restrain_key(KeyId::from_bits(1), &address(1), restraint).unwrap();
    let narrow = restrain(KeyRestraint { scopes: ScopeSet::single(127), ..FREE });
    assert!(mark_expired(&index, 1, &index.get(&address(1)).unwrap()));
    let short = restrain(KeyRestraint { end: at(10), ..FREE });
    for held in [short, narrow] {
        assert!(index.get(&address(1)).unwrap().expired);
        index.lift(held);
    }
    assert!(index.get(&address(1)).unwrap().expired);
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
    for n in 4..if cfg!(miri) { 100 } else { 1_000 } {
        index.apply(n, &[Op::Key(key(n))], &Realm).unwrap();
    }
    assert!(matches!(concluded(&before), Missing::Unsure));
    assert!(matches!(table.unmarked(before.0), Missing::Unsure));
    assert!(matches!(concluded(&looked()), Missing::Nowhere));
    assert!(matches!(table.unmarked(looked().0), Missing::Nowhere));
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
    let index = index_of(&[Op::Key(key(1)), Op::Key(key(3)), Op::Owner(owner(7))]);
    let entry = index.get(&address(1)).unwrap();
    assert!(mark_expired(&index, 1, &entry));
    let restraint = KeyRestraint { state: State::Revoked, ..FREE };
    let held = index.restrain_key(KeyId::from_bits(1), &address(1), restraint.clone()).unwrap();
    // Of others, which stay where they are.
    let others = [
        index.restrain_key(KeyId::from_bits(3), &address(3), restraint).unwrap(),
        index
            .restrain_owner(
                OwnerRef::new(7),
                OwnerRestraint { suspended: true, direct: ScopeSet::all() },
            )
            .unwrap(),
    ];
    index.apply(2, &[Op::Rekey(rekeyed(), address(1))], &Realm).unwrap();
    let moved = index.get(&address(2)).unwrap();
    assert_eq!((moved.state, moved.expired), (State::Revoked, true));
    index.lift(held);
    assert_eq!(index.get(&address(3)).unwrap().state, State::Revoked);
    assert_eq!(index.suspended_owners(), 1);
    others.into_iter().for_each(|other| index.lift(other));
    assert_eq!(index.get(&address(3)).unwrap().state, State::Active);
    assert_eq!(index.suspended_owners(), 0);
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

#[test]
fn a_restraint_that_is_on_an_owner_or_forgotten_has_no_address() {
    let mut targets = Targets::default();
    let [key, owner] =
        [Target::Key(KeyId::from_bits(1), address(1)), Target::Owner(OwnerRef::new(7))]
            .map(|target| targets.name(target));
    [key, owner].into_iter().for_each(|id| targets.readdress(id, address(2)));
    let Some(Target::Key(_, there)) = targets.take(key) else { panic!("it was a key") };
    assert_eq!(there, address(2));
    targets.readdress(key, address(3));
    assert!(matches!(targets.take(owner), Some(Target::Owner(_))));
    assert!(targets.take(key).is_none() && targets.len() == 0);
}
