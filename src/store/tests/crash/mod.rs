//! What was acknowledged is never lost, and what was revoked never returns: kept against
//! power cuts and failing disks, simulated by seed.
//!
//! `docs/crash.md` says what is simulated and how it is repeated.

mod book;
mod copies;
mod damage;
mod faults;
mod journey;
mod judge;
mod power;
mod run;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// An amount that the environment may set.
pub(super) fn amount(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// What the seeds of a run are counted from: others try other worlds.
pub(super) fn first_seed() -> u64 {
    amount("KEYCASK_FIRST_SEED", 0)
}

/// The seeds to run: all of these, or the one that the environment names.
pub(super) fn seeds(all: impl IntoIterator<Item = u64>) -> Vec<u64> {
    match std::env::var("KEYCASK_SEED") {
        Ok(seed) => vec![seed.parse().expect("KEYCASK_SEED")],
        Err(_) => all.into_iter().collect(),
    }
}

/// Does `task` for each of `seeds`, on as many threads as there are processors, and sums up
/// what it gives. What is wrong with one of them ends it all.
pub(super) fn each<T: Default + Send>(
    seeds: &[u64],
    task: impl Fn(u64) -> Result<T, String> + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> T {
    let (next, sum) = (AtomicUsize::new(0), Mutex::new(T::default()));
    let work = || {
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            match task(*seed) {
                Ok(done) => add(&mut sum.lock().unwrap_or_else(PoisonError::into_inner), done),
                Err(why) => {
                    next.store(seeds.len(), Ordering::Relaxed);
                    let first = first_seed();
                    let again = format!("KEYCASK_FIRST_SEED={first} KEYCASK_SEED={seed}");
                    panic!("{why}\nrepeat it with {again}");
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Says what was run, also where the output of tests that pass is not shown.
pub(super) fn report(what: &str, since: Instant) {
    let line = format!("crash: {what}, {} s\n", since.elapsed().as_secs());
    let _ = std::io::stderr().write_all(line.as_bytes());
}
