//! What was acknowledged is never lost, and what was revoked never returns: kept against
//! power cuts and failing disks, simulated by seed.
//!
//! `docs/crash.md` says what is simulated and how it is repeated.

mod book;
mod damage;
mod faults;
mod journey;
mod judge;
mod power;
mod run;

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// An amount that the environment may set.
fn amount(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// The seeds to run: `count` from the first on, or the one that the environment names.
fn seeds(count: u64) -> std::ops::Range<u64> {
    match std::env::var("KEYCASK_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("KEYCASK_SEED");
            seed..seed + 1
        }
        Err(_) => 0..count,
    }
}

/// Does `task` for each of `numbers`, on as many threads as there are processors, and sums up
/// what it gives. What is wrong with one of them ends it all.
fn each<T: Default + Send>(
    numbers: std::ops::Range<u64>,
    task: impl Fn(u64) -> Result<T, String> + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> T {
    let (next, sum) = (AtomicU64::new(numbers.start), Mutex::new(T::default()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return;
            }
            match task(number) {
                Ok(done) => add(&mut sum.lock().unwrap_or_else(PoisonError::into_inner), done),
                Err(why) => {
                    next.store(numbers.end, Ordering::Relaxed);
                    panic!("{why}\nrepeat it with KEYCASK_SEED={number}");
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
fn report(what: &str, since: Instant) {
    let line = format!("crash: {what}, {} s\n", since.elapsed().as_secs());
    let _ = std::io::stderr().write_all(line.as_bytes());
}
