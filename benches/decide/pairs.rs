//! Two threads: two that verify, and one that verifies beside one that writes.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use keycask::{KeyId, Update};

use crate::common;
use crate::measure::{Queries, each};
use crate::numbers::Numbers;
use crate::rounds::{at_least, at_most, median, note, quantile};
use crate::single::verify;
use crate::world::World;

const ROUNDS: usize = 21;
const COUNT: usize = 65_536;
/// Changes a second that the writer makes.
const CHANGES: u64 = 10_000;

pub fn run(world: &World) {
    let mut numbers = Numbers::new(2);
    let uniform = |numbers: &mut Numbers| world.uniform(numbers, COUNT);
    let hot = |numbers: &mut Numbers| world.uniform(numbers, 1).repeated(COUNT);
    for (name, draw, least) in [
        ("uniform", &uniform as &dyn Fn(&mut Numbers) -> Queries, 1.95),
        ("one hot key", &hot, 1.9),
    ] {
        let gain = (0..ROUNDS).map(|_| {
            let [one, other] = [draw(&mut numbers), draw(&mut numbers)];
            let alone = rate(world, &[&one]);
            rate(world, &[&one, &other]) / alone
        });
        at_least(&format!("two threads over one, {name}"), median(gain.collect()), least);
    }
    beside_writer(world, &mut numbers);
}

/// Decisions a nanosecond of as many threads as there are sets of tokens.
fn rate(world: &World, threads: &[&Queries]) -> f64 {
    let ready = Barrier::new(threads.len());
    let rate = |queries: &Queries| {
        ready.wait();
        let start = Instant::now();
        for n in 0..queries.len() {
            black_box(verify(world, queries.get(n), &world.read));
        }
        queries.len() as f64 / start.elapsed().as_nanos() as f64
    };
    thread::scope(|scope| {
        let running: Vec<_> = threads.iter().map(|queries| scope.spawn(|| rate(queries))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// The slowest decisions while another thread writes, over the slowest while none does.
fn beside_writer(world: &World, numbers: &mut Numbers) {
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let (writing, stop, changes) =
        (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
    let mut wrote = Duration::ZERO;
    thread::scope(|scope| {
        scope.spawn(|| write(world, &writing, &stop, &changes));
        for round in 0..2 * ROUNDS {
            let busy = round % 2 == 1;
            writing.store(busy, Ordering::Relaxed);
            // Until a change under way is made, or one is begun.
            thread::sleep(Duration::from_millis(5));
            let queries = world.uniform(numbers, COUNT);
            let start = Instant::now();
            let times = each(&queries, |token| verify(world, token, &world.read));
            if busy { &mut beside } else { &mut alone }.extend(times);
            wrote += if busy { start.elapsed() } else { Duration::ZERO };
        }
        stop.store(true, Ordering::Relaxed);
    });
    let made = changes.load(Ordering::Relaxed) as f64 / wrote.as_secs_f64();
    note("beside a writer, changes a second", &format!("{made:.0}"));
    let ratio = |share| quantile(beside.clone(), share) / quantile(alone.clone(), share);
    note("p50 beside the writer over p50 alone", &format!("{:.2}", ratio(0.5)));
    at_most("p99 beside the writer over p99 alone", ratio(0.99), 1.1);
}

/// Changes the scopes of one key after the other, as often as is wanted or can be done.
fn write(world: &World, writing: &AtomicBool, stop: &AtomicBool, changes: &AtomicU64) {
    let page = world.store.list(&keycask::Filter::new(), None, 500).unwrap();
    let keys: Vec<KeyId> = page.keys.iter().map(|key| key.key_id).collect();
    let pause = Duration::from_nanos(1_000_000_000 / CHANGES);
    let mut due = Instant::now();
    for (n, key) in keys.iter().cycle().enumerate() {
        while !writing.load(Ordering::Relaxed) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            thread::sleep(Duration::from_micros(100));
            due = Instant::now();
        }
        // Another slot each time: scopes are more than a word.
        let scopes =
            if (n / keys.len()).is_multiple_of(2) { &["read", "write"][..] } else { &["read"] };
        let update = Update::new().scopes(scopes.iter().copied());
        world.store.update(*key, &update, &common::actor()).unwrap();
        changes.fetch_add(1, Ordering::Relaxed);
        due += pause;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}
