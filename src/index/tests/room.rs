//! How many slots keys take, how many are read to find one and to put one in, and that nothing is
//! wasted on keys that went.

use super::table::{Books, Table};
use super::*;

/// Keys of a table that were chosen to be alike.
const ALIKE: u64 = 20_000;

/// Looks for the key of a record.
type Look = fn(&Index, &KeyRecord) -> Option<KeyId>;

/// As decisions do.
fn look(index: &Index, record: &KeyRecord) -> Option<KeyId> {
    let approach = index.approach(record.address().locator);
    index.find(&approach, &record.digest, None).map(|(entry, _)| entry.key_id)
}

/// How many slots are read at most to look for a key of a table of those that `record` makes of
/// numbers from 0 on, each of which is found; and for one of as many more, none of which is.
fn longest_probes(record: impl Fn(u64) -> KeyRecord, look: Look) -> [usize; 2] {
    let index = Index::new(0);
    for n in 0..ALIKE {
        index.apply(n + 1, &[Op::Key(record(n))], &Realm).unwrap();
    }
    let probe = |n| {
        let (found, reads) = reads::of(|| look(&index, &record(n)));
        assert_eq!(found, (n < ALIKE).then(|| KeyId::from_bits(n)));
        reads.slots()
    };
    [0..ALIKE, ALIKE..2 * ALIKE].map(|numbers| numbers.map(probe).max().unwrap())
}

/// Whether no look reads more than eight slots; some that find a key read more than the four near.
fn are_eight_at_most([found, missed]: [usize; 2]) -> bool {
    (5..=8).contains(&found) && missed <= 8
}

#[test]
fn p29_a_lookup_reads_eight_slots_however_alike_the_digests_are() {
    let alike: [fn(u64) -> [u64; 2]; 5] =
        [|n| [0, n], |n| [n, 0], |n| [n << 44, u64::MAX], |n| [u64::MAX, n << 44], |n| [n, n]];
    for words in alike {
        let record = |n| KeyRecord { digest: digest_of(words(n)), ..key(n) };
        let probes = longest_probes(record, look);
        assert!(are_eight_at_most(probes), "{probes:?}");
    }
}

/// The same for digests with bits in common that chance chooses: `KEYCASK_ALIKE` says of how many
/// keys, `KEYCASK_FIRST_SEED` where it begins.
#[test]
fn p29_whichever_bits_of_digests_are_alike_a_lookup_reads_eight_slots() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (keys, first): (u64, u64) =
        (number("KEYCASK_ALIKE", ALIKE), number("KEYCASK_FIRST_SEED", 0));
    let tables = keys.div_ceil(ALIKE);
    for seed in (0..tables).map(|table| first.wrapping_add(table)) {
        let mut numbers = Numbers(seed);
        let (common, shift, way) = (numbers.next(), numbers.below(49), numbers.below(4));
        let words = |n: u64| match (way, n << shift) {
            (0, own) => [common, own],
            (1, own) => [own, common],
            (2, own) => [common ^ own, common ^ own],
            (_, own) => [common ^ own, common.wrapping_add(own)],
        };
        let record = |n| KeyRecord { digest: digest_of(words(n)), ..key(n) };
        let probes = longest_probes(record, look);
        let again = format!("KEYCASK_FIRST_SEED={seed} KEYCASK_ALIKE={ALIKE} does it again");
        assert!(are_eight_at_most(probes), "{probes:?}: {again}");
    }
    println!("alike: {} keys", tables * ALIKE);
}

/// As in a table that found a key's place by what whoever chooses tokens can choose.
#[test]
fn p29_keys_that_have_one_place_are_noticed() {
    let probes = longest_probes(|n| KeyRecord { last_four: last_four(0), ..key(n) }, look);
    assert!(!are_eight_at_most(probes), "{probes:?}");
}

/// A look that finds what there is, and goes on through other slots for what there is not.
#[test]
fn p29_a_look_that_walks_on_is_noticed() {
    let walks_on: Look = |index, record| {
        let (table, address) = (&index.table, record.address());
        let found = look(index, record);
        let (_, segment) = table.segment(table.seed.near(address.locator)).unwrap();
        let mut on = segment.slots(&table.pool).take(40);
        found.or_else(|| {
            let slot = on.find(|slot| slot.life().is_live() && slot.holds(address.digest))?;
            slot.read(slot.life()).map(|entry| entry.key_id)
        })
    };
    let probes = longest_probes(key, walks_on);
    assert!(!are_eight_at_most(probes), "{probes:?}");
}

/// How many reads of slots it takes to put keys in.
struct Work {
    /// Of each tenth of them, with all that growing takes.
    tenths: [usize; 10],
    /// Of one for which the table did not grow.
    most: usize,
}

/// The segments in which a key of `address` may stand, and how many blocks they have.
fn ground(index: &Index, address: &Address) -> [Option<(u32, u32)>; 2] {
    let of = |table: &Table, address: &Address| {
        let (_, segment) = table.segment(table.seed.near(address.locator))?;
        Some((segment.number(), segment.count()))
    };
    let overflow = index.table.overflow.get();
    let there = overflow.and_then(|overflow| of(overflow, &table::overflowing(address)));
    [of(&index.table, address), there]
}

/// Of the keys that `record` makes of numbers from 0 on, and what `beside` does after each.
fn work(record: impl Fn(u64) -> KeyRecord, beside: impl Fn(&Index, u64)) -> Work {
    let index = Index::new(0);
    let mut work = Work { tenths: [0; 10], most: 0 };
    for n in 0..ALIKE {
        let address = record(n).address();
        let before = ground(&index, &address);
        let ((), reads) = reads::of(|| {
            index.apply(n + 1, &[Op::Key(record(n))], &Realm).unwrap();
            beside(&index, n);
        });
        work.tenths[usize::try_from(n * 10 / ALIKE).unwrap()] += reads.times();
        if ground(&index, &address) == before {
            work.most = work.most.max(reads.times());
        }
    }
    work
}

/// Whether no tenth takes more than thrice what the first does. That fills one segment, of a block
/// at first, to half its blocks: so its keys are copied half as often as later ones at most.
fn is_linear(work: &Work) -> bool {
    let [first, later @ ..] = work.tenths;
    later.into_iter().all(|reads| reads <= 3 * first)
}

/// C15: a search for room looks at so many slots at most, in the segment and in the overflow, and
/// at eight places of the key in each; and growing is paid for by the keys that it makes room for.
#[test]
fn as_much_is_read_to_put_the_last_keys_in_as_the_first_however_alike_they_are() {
    let records: [fn(u64) -> KeyRecord; 3] = [
        |n| KeyRecord { digest: digest_of([0, n]), ..key(n) },
        |n| KeyRecord { digest: digest_of([n << 44, u64::MAX]), ..key(n) },
        |n| KeyRecord { last_four: last_four(0), ..key(n) },
    ];
    for record in records {
        let work = work(record, |_, _| {});
        assert!(is_linear(&work), "{:?}", work.tenths);
        assert!(work.most <= 2 * segment::READS_MAX, "{}", work.most);
    }
}

/// A table that goes through all of its slots for every fiftieth key.
#[test]
fn keys_that_take_longer_the_more_there_are_are_noticed() {
    let goes_through = |index: &Index, n: u64| {
        let segments = index.table.segments.iter().filter(|_| n.is_multiple_of(50));
        let slots = segments.flat_map(|(_, segment)| segment.slots(&index.table.pool));
        slots.for_each(|slot| _ = slot.life());
    };
    let work = work(key, goes_through);
    assert!(!is_linear(&work), "{:?}", work.tenths);
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
