//! How many slots are read to find a key, or that it is not there, and to put one in.

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
