use super::*;

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
fn a_use_is_recorded_once_a_minute_and_never_goes_back() {
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
