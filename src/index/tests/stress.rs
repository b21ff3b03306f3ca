//! Readers on other threads while the writer does its worst.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::*;
use crate::network::Networks;

/// So many, or as many as can be done by Miri, to which a table of few keys is as good.
const fn many(count: u64, by_miri: u64) -> u64 {
    if cfg!(miri) { by_miri } else { count }
}

/// Runs `reader` over and over on two threads until `writer` is done; gives how often it ran.
fn beside(reader: impl Fn(u64) + Sync, writer: impl FnOnce()) -> u64 {
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..2 {
            let (done, reads, reader) = (&done, &reads, &reader);
            scope.spawn(move || {
                let mut turn = thread;
                while !done.load(Ordering::Acquire) {
                    reader(turn);
                    turn += 2;
                }
                reads.fetch_add(turn / 2, Ordering::Relaxed);
            });
        }
        // Also when the writer panics, lest the readers run for ever.
        struct Finish<'a>(&'a AtomicBool);
        impl Drop for Finish<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Release);
            }
        }
        let _finish = Finish(&done);
        writer();
    });
    reads.into_inner()
}

#[test]
fn a_live_key_is_never_missing_while_the_table_grows_around_it() {
    let resident = many(300, 20);
    for round in 0..many(8, 1) {
        let index = Index::new(0);
        for n in 0..resident {
            index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
        }
        let read = |turn: u64| {
            let n = turn % resident;
            let entry = index.get(&address(n)).expect("a live key was missing");
            assert_eq!(entry.key_id, KeyId::from_bits(n));
            assert_eq!(index.get(&address(1 << 40 | turn)), None);
        };
        beside(read, || {
            for n in resident..many(6_000, 70) {
                index.apply(n + 1, &[Op::Key(key(round << 32 | n))], &Realm).unwrap();
            }
        });
    }
}

#[test]
fn a_live_key_is_never_missing_nor_half_changed_while_it_is_changed_itself() {
    // Scopes, end, owner and what stands beside them tell the same number, so a mixture of two
    // entries shows.
    let network = |v: u64| if v.is_multiple_of(4) { "10.0.0.0/8" } else { "11.0.0.0/8" };
    let parts = |v: u64| Parts {
        networks: v
            .is_multiple_of(2)
            .then(|| Networks::new([network(v).parse().unwrap()]).unwrap()),
        ..Parts::default()
    };
    let version = |v: u64| KeyRecord {
        scopes: ScopeSet::from_bits_retain((u128::from(v) << 64 | u128::from(v)) << 1),
        owner: OwnerRef::new(u32::try_from(v).unwrap()),
        end: at(i64::try_from(v).unwrap()),
        start: at(if v.is_multiple_of(2) { i64::try_from(v).unwrap() } else { 0 }),
        parts: parts(v),
        ..key(1)
    };
    let index = index_of(&[Op::Key(version(0))]);
    for n in 2..many(400, 5) {
        index.apply(n, &[Op::Key(key(n))], &Realm).unwrap();
    }
    let address = Some("10.1.2.3".parse().unwrap());
    let read = |_| {
        let approach = index.approach(key(1).address().locator);
        let found = index.find(&approach, &digest(1), address);
        let (entry, side) = found.expect("a live key was missing");
        let v = entry.end.as_ms();
        assert_eq!(i64::from(entry.owner.number()), v);
        let bits = u128::try_from(v).unwrap();
        assert_eq!(entry.scopes.bits(), (bits << 64 | bits) << 1);
        let side = side.map(|side| (side.start, side.outside));
        assert_eq!(side, (v % 2 == 0).then(|| (at(v), v % 4 != 0)));
    };
    beside(read, || {
        for v in 1..many(60_000, 25) {
            index.apply(1_000 + v, &[Op::Key(version(v))], &Realm).unwrap();
        }
    });
}

#[test]
fn no_reader_sees_more_than_a_restraint_after_it_was_set() {
    // A reader that begins in turn t sees what was enforced in all turns before: the writer
    // publishes the number of the last enforced revocation, then widens other keys.
    let keys = many(512, 5);
    let index = Index::new(0);
    for n in 0..keys {
        index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
    }
    let enforced = AtomicU64::new(0);
    let read = |turn: u64| {
        let limit = enforced.load(Ordering::Acquire);
        if limit > 0 {
            let n = limit - 1 - turn % limit.min(8);
            let entry = index.get(&address(n)).expect("a revoked key is not missing");
            assert_ne!(entry.state, State::Active, "key {n} of {limit}");
            assert!(!entry.scopes.contains(ScopeSet::single(0)), "key {n} of {limit}");
        }
    };
    beside(read, || {
        let mut seq = keys;
        for n in 0..keys {
            let revoked =
                KeyRestraint { state: State::Revoked, scopes: ScopeSet::single(127), ..FREE };
            let held = index.restrain_key(KeyId::from_bits(n), &address(n), revoked).unwrap();
            enforced.store(n + 1, Ordering::Release);
            // An update that was queued earlier, new keys beside, then the revocation itself.
            let narrow = ScopeSet::single(127);
            for op in [
                Op::Key(KeyRecord { end: at(5_000_000), ..key(n) }),
                Op::Key(key(1_000 + 3 * n)),
                Op::Key(key(1_001 + 3 * n)),
                Op::Key(KeyRecord { state: State::Revoked, scopes: narrow, ..key(n) }),
            ] {
                seq += 1;
                index.apply(seq, &[op], &Realm).unwrap();
            }
            index.lift(held);
        }
    });
}

#[test]
fn an_expired_mark_that_was_set_is_never_lost_while_keys_move() {
    let keys = many(200, 5);
    let index = Index::new(0);
    for n in 0..keys {
        index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
    }
    let marked: Vec<_> = (0..keys).map(|_| AtomicBool::new(false)).collect();
    let read = |turn: u64| {
        let n = turn % keys;
        let known = marked[n as usize].load(Ordering::Acquire);
        let entry = index.get(&address(n)).expect("a live key was missing");
        assert!(entry.expired || !known, "key {n} lost its mark");
        if turn / keys % 16 == n % 16 && mark_expired(&index, n, &entry) {
            marked[n as usize].store(true, Ordering::Release);
        }
    };
    beside(read, || {
        for n in 0..many(12_000, 30) {
            // Scopes of the residents go round, so they move by themselves too.
            let scopes = ScopeSet::single(u8::try_from(n % 100).unwrap());
            let moved = KeyRecord { scopes, ..key(n % keys) };
            let ops = [Op::Key(moved), Op::Key(key(keys + n))];
            index.apply(keys + n + 1, &ops, &Realm).unwrap();
        }
    });
    let marked = marked.iter().filter(|marked| marked.load(Ordering::Relaxed)).count();
    assert!(marked > many(100, 0) as usize);
}

#[test]
fn a_writer_that_stops_half_way_holds_up_nobody() {
    let keys = many(400, 12);
    let index = Index::new(0);
    for n in 0..keys {
        index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
    }
    // Half of a move: the second slot is filled, the first is not cleared.
    let half = |n: u64| {
        let mut writer = index.writer();
        let content = index.table.peek(&address(n)).unwrap();
        let room = writer.room_for(&index.table, &address(n));
        room.fill(&content);
        writer
    };
    let held = half(5);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            (0..keys).all(|n| index.get(&address(n)).is_some())
                && index.get(&address(999)).is_none()
        });
        assert!(reader.join().unwrap());
    });
    drop(held);
    // The next change of that key ends both copies.
    let revoked = KeyRecord { state: State::Revoked, ..key(5) };
    index.apply(1_000, &[Op::Key(revoked)], &Realm).unwrap();
    assert_eq!(index.get(&address(5)).unwrap().state, State::Revoked);
    index.apply(1_001, &[Op::Forget(KeyId::from_bits(5), address(5))], &Realm).unwrap();
    assert_eq!(index.get(&address(5)), None);
}
