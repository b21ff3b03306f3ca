use std::time::Duration;

use super::*;
use crate::entry::Idle;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// What only a start says.
fn beside(start: i64) -> Beside {
    let conditions = Conditions { start: at(start), ..Conditions::NONE };
    Beside { lineage: KeyId::from_bits(9), conditions }
}

/// What is read of it.
fn side(start: i64) -> Side {
    Side {
        start: at(start),
        last_used: None,
        lineage: KeyId::from_bits(9),
        idle_at: Timestamp::NEVER,
        idle: false,
        outside: false,
        meter: MeterRef(4),
        lease: Some(LeaseRef(8)),
    }
}

fn names(_: u32) -> (MeterRef, Option<LeaseRef>) {
    (MeterRef(4), Some(LeaseRef(8)))
}

#[test]
fn a_side_is_seen_by_its_own_key_only() {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let [one, two] = [1, 2].map(KeyId::from_bits);
    let lent = sides.lend(&mut free, one, &beside(5), None, names).unwrap();
    assert_eq!(sides.get(lent, one, None), Some(side(5)));
    assert_eq!(sides.get(lent, two, None), None);
    sides.take_back(&mut free, lent);
    assert_eq!(sides.get(lent, one, None), None);
    assert_eq!(sides.lend(&mut free, two, &beside(6), None, names), Some(lent));
    assert_eq!((sides.get(lent, one, None), sides.get(lent, two, None)), (None, Some(side(6))));
}

#[test]
fn a_use_try_record_once_a_minute_and_never_goes_back() {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let key = KeyId::from_bits(1 << 40 | 77);
    let lent = sides.lend(&mut free, key, &beside(0), None, names).unwrap();
    let last = || sides.get(lent, key, None).unwrap().last_used;
    for (now, expected) in
        [(100_000, 100_000), (159_999, 100_000), (160_000, 160_000), (90_000, 160_000)]
    {
        sides.touch(lent, key, at(now), |now| now);
        assert_eq!(last(), Some(at(expected)), "{now}");
    }
    sides.touch(lent, KeyId::from_bits(78), at(900_000), |now| now);
    sides.touch(lent, KeyId::from_bits(77), at(900_000), |now| now);
    assert_eq!(last(), Some(at(160_000)));
}

#[test]
fn a_use_stays_noted_until_it_is_written() {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let keys: Vec<_> = (0..200).map(KeyId::from_bits).collect();
    let lent: Vec<_> = keys
        .iter()
        .map(|&key| sides.lend(&mut free, key, &beside(0), None, names).unwrap())
        .collect();
    let at_5 = |n: usize| Used { key_id: keys[n], at: at(5), side: lent[n] };
    assert_eq!(sides.noted(), []);
    for n in [3, 64, 199] {
        sides.touch(lent[n], keys[n], at(5), |now| now);
    }
    let first = sides.noted();
    assert_eq!(first, [3, 64, 199].map(at_5));
    sides.touch(lent[64], keys[64], at(70_000), |now| now);
    sides.written(&first);
    assert_eq!(sides.noted(), [Used { at: at(70_000), ..at_5(64) }]);
    sides.written(&sides.noted());
    assert_eq!(sides.noted(), []);
}

/// It was unmarked with the key that had the side before, and was written when it was used again.
#[test]
fn the_use_of_a_key_that_a_side_was_lent_to_meanwhile_stays_noted() {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let [one, two] = [1, 2].map(KeyId::from_bits);
    let lent = sides.lend(&mut free, one, &beside(0), None, names).unwrap();
    sides.touch(lent, one, at(5), |now| now);
    let first = sides.noted();
    sides.take_back(&mut free, lent);
    assert_eq!(sides.lend(&mut free, two, &beside(0), None, names), Some(lent));
    sides.touch(lent, two, at(5), |now| now);
    sides.written(&first);
    assert_eq!(sides.noted(), [Used { key_id: two, at: at(5), side: lent }]);
}

/// A key with its side and the new one that it is about to have, which says the same.
fn moving() -> (Sides, [SideRef; 2], KeyId) {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let key = KeyId::from_bits(77);
    let old = sides.lend(&mut free, key, &beside(0), None, names).unwrap();
    sides.touch(old, key, at(100_000), |now| now);
    let new = sides.lend(&mut free, key, &beside(0), Some(old), names).unwrap();
    sides.written(&sides.noted());
    (sides, [old, new], key)
}

/// A use whose mark was not set yet was lost.
#[test]
fn a_use_that_try_record_while_a_key_is_given_another_side_is_inherited_and_noted() {
    let (sides, [old, new], key) = moving();
    let cell = sides.cells.get(old.0).unwrap();
    cell.last.store(last_word(key, Some(at(200_000))), Ordering::Relaxed);
    sides.inherit(old, new, key);
    assert_eq!(sides.get(new, key, None).unwrap().last_used, Some(at(200_000)));
    assert_eq!(sides.noted(), [Used { key_id: key, at: at(200_000), side: new }]);
}

/// Its mark was set for the old side alone, after the key had the new one.
#[test]
fn a_use_that_try_record_just_before_a_key_is_given_another_side_is_noted_there() {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let key = KeyId::from_bits(77);
    let old = sides.lend(&mut free, key, &beside(0), None, names).unwrap();
    let cell = sides.cells.get(old.0).unwrap();
    assert!(sides.try_record(old, cell, key, last_word(key, None), at(100_000)));
    let new = sides.lend(&mut free, key, &beside(0), Some(old), names).unwrap();
    sides.inherit(old, new, key);
    sides.take_back(&mut free, old);
    // Only now the thread goes on that had recorded it.
    sides.note(old);
    assert_eq!(sides.noted(), [Used { key_id: key, at: at(100_000), side: new }]);
}

/// The mark was dropped, and a clock that stepped back let the key live again.
#[test]
fn a_key_that_is_found_idle_while_it_is_given_another_side_stays_so() {
    let (sides, [old, new], key) = moving();
    sides.mark_idle(old, key, &sides.get(old, key, None).unwrap());
    sides.inherit(old, new, key);
    assert!(sides.get(new, key, None).unwrap().idle);
    assert_eq!(sides.noted(), [], "nothing was used");
}

/// A shorter span that was on its way when the key was marked, or later, and was given up, let it
/// live again.
#[test]
fn a_key_that_was_found_idle_stays_so_but_under_a_longer_span_than_it_was_found_idle_by() {
    let (sides, mut free) = (Sides::new(), Numbers::default());
    let key = KeyId::from_bits(77);
    let of = |days: u64| {
        let idle = Idle { span: Duration::from_secs(days * 86_400), since: Timestamp::EPOCH };
        Beside { conditions: Conditions { idle: Some(idle), ..Conditions::NONE }, ..beside(0) }
    };
    let mut side = sides.lend(&mut free, key, &of(30), None, names).unwrap();
    sides.mark_idle(side, key, &sides.get(side, key, None).unwrap());
    for (days, is_idle) in [(30, true), (20, true), (30, true), (31, false), (30, false)] {
        let next = sides.lend(&mut free, key, &of(days), Some(side), names).unwrap();
        assert_eq!(sides.get(next, key, None).unwrap().idle, is_idle, "lent for {days} days");
        sides.inherit(side, next, key);
        assert_eq!(sides.get(next, key, None).unwrap().idle, is_idle, "for {days} days");
        sides.take_back(&mut free, side);
        side = next;
    }
}

#[test]
fn nothing_try_record_in_a_side_that_was_inherited_from() {
    let (sides, [old, new], key) = moving();
    let last = sides.cells.get(old.0).unwrap().last.load(Ordering::Relaxed);
    let seen = sides.get(old, key, None).unwrap();
    sides.inherit(old, new, key);
    sides.touch(old, key, at(300_000), |now| now);
    sides.record(old, sides.cells.get(old.0).unwrap(), key, last, at(300_000));
    sides.mark_idle(old, key, &seen);
    assert_eq!(sides.noted(), []);
    assert!(!sides.get(old, key, None).unwrap().idle);
}
