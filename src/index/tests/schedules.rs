//! The index under many random schedules of its threads: `make shuttle`. Larger worlds than those
//! in which `index::models` tries all orders: the table grows, several readers look for many keys,
//! keys come over to another digest. Each atomic access is a point at which another thread may go
//! on; memory is taken to be sequential here, which is what the models are for.
//!
//! `KEYCASK_SCHEDULES` says how many schedules each world is tried under: half of them uniform,
//! half by PCT, which finds what takes few interruptions at the worst moments (Burckhardt et al.,
//! "A randomized scheduler with probabilistic guarantees of finding bugs", 2010). They come in
//! rounds, each with a seed of its own, counted from `KEYCASK_FIRST_SEED`; what ends badly says of
//! which.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner, thread};

use super::*;

/// Interruptions at chosen moments, for PCT.
const INTERRUPTIONS: usize = 3;

/// Schedules of one seed: as many of each kind.
const ROUND: u64 = 200;

/// Schedules under which a mistake that was planted must be seen.
const PLANTED: u64 = 3_000;

/// A number that the environment may set.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn first_seed() -> u64 {
    number("KEYCASK_FIRST_SEED", 0)
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 256 << 10;
    config.max_steps = MaxSteps::None;
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config
}

type World = std::sync::Arc<dyn Fn() + Send + Sync>;

fn run(scheduler: impl Scheduler + 'static, world: &World) {
    let world = std::sync::Arc::clone(world);
    Runner::new(scheduler, config()).run(move || world());
}

/// Tries a world under so many schedules, in rounds from a seed on. Gives the seed of the round
/// that ended badly and what it said, if one did.
fn tried(world: &World, seed: u64, schedules: u64) -> Result<(), (u64, Box<dyn Any + Send>)> {
    for round in 0..schedules.div_ceil(ROUND) {
        let seed = seed.wrapping_add(round);
        let half = usize::try_from(ROUND.min(schedules - round * ROUND).div_ceil(2)).unwrap();
        let both = || {
            run(RandomScheduler::new_from_seed(seed, half), world);
            run(PctScheduler::new_from_seed(seed, INTERRUPTIONS, half), world);
        };
        catch_unwind(AssertUnwindSafe(both)).map_err(|said| (seed, said))?;
    }
    Ok(())
}

/// No schedule of the world ends badly.
fn check(name: &str, world: impl Fn() + Send + Sync + 'static) {
    let schedules = number("KEYCASK_SCHEDULES", 100);
    let world: World = std::sync::Arc::new(world);
    if let Err((seed, said)) = tried(&world, first_seed(), schedules) {
        println!("{name}: KEYCASK_FIRST_SEED={seed} KEYCASK_SCHEDULES={ROUND} does it again");
        resume_unwind(said);
    }
    println!("shuttle: {name}: {schedules} schedules");
}

/// Some schedule of the world, which has a mistake in it, ends badly, and its seed makes it again.
fn check_found(world: impl Fn() + Send + Sync + 'static) {
    let world: World = std::sync::Arc::new(world);
    let (seed, said) = tried(&world, first_seed(), PLANTED).expect_err("the mistake is not seen");
    let (_, again) = tried(&world, seed, ROUND).expect_err("its seed does not make it again");
    let rounds = seed.wrapping_sub(first_seed()) + 1;
    println!("shuttle: seen in round {rounds} of {}", PLANTED / ROUND);
    assert_eq!(text(&*said), text(&*again));
}

/// What a panic said.
fn text(said: &(dyn Any + Send)) -> Option<&str> {
    let string = said.downcast_ref::<String>().map(String::as_str);
    string.or_else(|| said.downcast_ref::<&str>().copied())
}

/// Three threads that each do `read` so often, beside `write`.
fn beside(
    index: Index,
    turns: u64,
    read: impl Fn(&Index, u64) + Send + Sync + 'static,
    write: impl FnOnce(&Index),
) {
    let (index, read) = (Arc::new(index), Arc::new(read));
    let readers = [0, 1, 2].map(|reader| {
        let (index, read) = (Arc::clone(&index), Arc::clone(&read));
        thread::spawn(move || (0..turns).for_each(|turn| read(&index, turn * 3 + reader)))
    });
    write(&index);
    for reader in readers {
        reader.join().unwrap();
    }
}

fn put(index: &Index, numbers: std::ops::Range<u64>) {
    for n in numbers {
        index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
    }
}

/// Keys that readers look for.
const RESIDENT: u64 = 12;
/// Keys that fill the first segment of a table nearly to its limit, and those that come later.
const FULL: u64 = 215;
const MORE: u64 = 230;

/// The table grows while readers look for keys of it, as `look` does.
fn grow(look: fn(&Index, u64) -> bool) {
    let index = Index::new(0);
    put(&index, 0..FULL);
    let before = index.stats().slots;
    let read = move |index: &Index, turn: u64| {
        assert!(look(index, turn % RESIDENT), "a live key is missing");
        assert_eq!(index.get(&address(1 << 40 | turn)), None);
    };
    beside(index, 8, read, |index| {
        put(index, FULL..MORE);
        assert!(index.stats().slots > before, "the table has not grown");
    });
}

#[test]
fn a_live_key_is_never_missing_while_the_table_grows_around_it() {
    check("growth", || {
        grow(|index, n| {
            index.get(&address(n)).is_some_and(|entry| entry.key_id == KeyId::from_bits(n))
        });
    });
}

#[test]
fn a_reader_that_takes_what_is_unsure_for_missing_is_seen() {
    check_found(|| {
        grow(|index, n| {
            let approach = index.approach(address(n).locator);
            index.look(&approach, &digest(n), None, false, (&mut None, &mut None)).is_ok()
        });
    });
}

/// Keys are revoked, each first in memory, while others come; `early` says so before it holds.
fn revoke(early: bool) {
    let index = Index::new(0);
    put(&index, 0..RESIDENT);
    let denied = Arc::new(AtomicU64::new(0));
    let known = Arc::clone(&denied);
    let read = move |index: &Index, turn: u64| {
        let count = known.load(Ordering::SeqCst);
        if count > 0 {
            let n = (turn + count - 1) % count;
            let entry = index.get(&address(n)).unwrap();
            assert_ne!(entry.state, State::Active, "a revoked key is granted");
        }
    };
    beside(index, 10, read, |index| {
        let mut seq = RESIDENT;
        for n in 0..RESIDENT {
            if early {
                denied.store(n + 1, Ordering::SeqCst);
            }
            let revoked = KeyRestraint { state: State::Revoked, ..FREE };
            let held = index.restrain_key(KeyId::from_bits(n), &address(n), revoked).unwrap();
            denied.store(n + 1, Ordering::SeqCst);
            // A change that was asked for earlier, and a wide one, cannot bring it back.
            for op in [
                Op::Key(KeyRecord { end: at(5_000_000), ..key(n) }),
                Op::Key(KeyRecord { scopes: ScopeSet::single(9), ..key(n) }),
                Op::Key(key(1_000 + n)),
                Op::Key(KeyRecord { state: State::Revoked, ..key(n) }),
            ] {
                seq += 1;
                index.apply(seq, &[op], &Realm).unwrap();
            }
            index.lift(held);
        }
    });
}

#[test]
fn a_key_whose_denial_was_made_known_is_never_granted() {
    check("denials", || revoke(false));
}

#[test]
fn a_denial_that_is_made_known_before_it_holds_is_seen() {
    check_found(|| revoke(true));
}

/// Keys come over from the digests of one pepper to those of another, while others come. A
/// reader looks by those digests in this order.
fn rekey(looks: &'static [bool]) {
    let index = Index::new(0);
    put(&index, 0..RESIDENT);
    let under_new = |n: u64| KeyRecord { digest: digest(1 << 50 | n), pepper: 1, ..key(n) };
    let read = move |index: &Index, turn: u64| {
        let n = turn % RESIDENT;
        let mut looks = looks.iter().map(|new| {
            let address = if *new { under_new(n).address() } else { address(n) };
            index.get(&address)
        });
        let found = looks.find_map(|found| found).expect("a live key is missing");
        assert_eq!(found.key_id, KeyId::from_bits(n));
    };
    beside(index, 8, read, |index| {
        for n in 0..RESIDENT {
            let seq = RESIDENT + 2 * n;
            index.apply(seq + 1, &[Op::Rekey(under_new(n), address(n))], &Realm).unwrap();
            index.apply(seq + 2, &[Op::Key(key(1_000 + n))], &Realm).unwrap();
        }
    });
}

#[test]
fn a_key_is_found_under_one_of_two_peppers_while_it_comes_over() {
    check("two peppers", || rekey(&[true, false, true]));
}

#[test]
fn a_reader_that_does_not_look_by_the_new_pepper_again_is_seen() {
    check_found(|| rekey(&[true, false]));
}

/// A key is changed widely over and over, and stands in another slot each time, while readers
/// `look` for it.
fn change(look: fn(&Index) -> Option<Entry>) {
    let version = |v: u64| KeyRecord {
        scopes: ScopeSet::from_bits_retain(u128::from(v) << 1),
        owner: OwnerRef::new(u32::try_from(v).unwrap()),
        end: at(i64::try_from(v).unwrap()),
        ..key(1)
    };
    let index = index_of(&[Op::Key(version(0))]);
    for n in 2..RESIDENT {
        index.apply(n, &[Op::Key(key(n))], &Realm).unwrap();
    }
    let read = move |index: &Index, _| {
        let entry = look(index).expect("a live key is missing");
        let v = entry.owner.number();
        assert_eq!(entry.end.as_ms(), i64::from(v));
        assert_eq!(entry.scopes.bits(), u128::from(v) << 1);
    };
    beside(index, 12, read, |index| {
        for v in 1..12 {
            index.apply(1_000 + v, &[Op::Key(version(v))], &Realm).unwrap();
        }
    });
}

#[test]
fn a_key_that_changes_is_one_version_whole() {
    check("versions", || change(|index| index.get(&address(1))));
}

#[test]
fn a_reader_that_takes_scopes_or_end_from_another_look_is_seen() {
    check_found(|| {
        change(|index| {
            let scopes = index.get(&address(1))?.scopes;
            index.get(&address(1)).map(|entry| Entry { scopes, ..entry })
        });
    });
    check_found(|| {
        change(|index| {
            let end = index.get(&address(1))?.end;
            index.get(&address(1)).map(|entry| Entry { end, ..entry })
        });
    });
}

/// Readers find that keys have expired, which are moved and changed meanwhile. `sure`: they take
/// a mark for set if they were told so, else always.
fn expire(sure: bool) {
    let index = Index::new(0);
    put(&index, 0..RESIDENT);
    let set = Arc::new([const { AtomicU64::new(0) }; RESIDENT as usize]);
    let read = move |index: &Index, turn: u64| {
        let n = turn % RESIDENT;
        let was_set = set[n as usize].load(Ordering::SeqCst) == 1;
        let entry = index.get(&address(n)).expect("a live key is missing");
        assert!(!was_set || entry.expired, "an expired key lives again");
        if mark_expired(index, n, &entry) || !sure {
            set[n as usize].store(1, Ordering::SeqCst);
        }
    };
    beside(index, 8, read, |index| {
        let scopes = ScopeSet::single(9);
        for n in 0..RESIDENT {
            let seq = RESIDENT + 2 * n;
            let wide = Op::Key(KeyRecord { scopes, ..key(n) });
            index.apply(seq + 1, &[wide], &Realm).unwrap();
            index.apply(seq + 2, &[Op::Key(key(1_000 + n))], &Realm).unwrap();
        }
    });
}

#[test]
fn an_expired_mark_that_was_set_is_kept() {
    check("expired marks", || expire(true));
}

#[test]
fn a_mark_that_is_taken_for_set_while_its_key_moves_is_seen() {
    check_found(|| expire(false));
}
