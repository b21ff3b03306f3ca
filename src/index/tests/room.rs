//! How many slots keys take, how many a lookup reads, and that nothing is wasted on keys that went.

use super::table::{Books, Table};
use super::*;

/// Keys whose tokens all end alike; the second part of them has four ends more.
pub(super) fn alike(n: u64) -> KeyRecord {
    let end = if n < 50_000 { 0 } else { n % 4 };
    KeyRecord { last_four: last_four(end), ..key(n) }
}

/// A key that was taken out of the overflow counted as one that had left its mark in the segment,
/// which was made anew for nothing, while the overflow's own segments were never.
#[test]
fn a_removal_counts_where_the_key_stood() {
    let (table, mut books) = Table::new(0);
    let shown = |n: u64| Address { locator: Locator::from_number(7), ..alike(n).address() };
    let entry = index_of(&[Op::Key(key(1))]).get(&address(1)).unwrap();
    for n in 0..30_000 {
        assert!(table.put(&mut books, &shown(n), &entry));
    }
    let removed = |books: &Books| books.regions.iter().map(|r| r.removed).sum::<usize>();
    let beside = |books: &Books| books.overflow.as_ref().map(|o| (o.keys(), removed(o)));
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
    assert_eq!(stats.keys, 60_000);
    assert!(stats.overflowing > 10_000, "{stats:?}");
    assert!(stats.bytes / stats.keys <= 110, "{stats:?}");
    let found = |n| {
        let (found, reads) = reads::of(|| index.get(&alike(n).address()));
        assert!(reads.slots() <= 16, "of key {n}");
        found
    };
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
fn a_table_with_expected_keys_takes_them_without_growing_and_wastes_little() {
    for expected in [100, 5_000, 150_000] {
        let index = Index::new(expected);
        let before = index.stats();
        let rows: Vec<_> = (0..expected as u64).map(|n| Op::Key(key(n))).collect();
        index.load(&rows, &Realm).unwrap();
        let after = index.stats();
        assert_eq!((after.slots, after.bytes), (before.slots, before.bytes), "{expected}");
        assert_eq!(after.keys, expected);
        let reads = |n| reads::of(|| index.get(&address(n))).1.slots();
        assert!((0..2 * expected as u64).map(reads).all(|slots| slots <= 8));
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
