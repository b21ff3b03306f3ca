//! Floods of tokens that are nobody's: what they make the process spend, and what becomes of
//! those who have a key. `KEYCASK_FLOOD` says how many there are, `KEYCASK_FIRST_SEED` which.

use std::fs;
use std::hint::{self, black_box};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use keycask::{Issued, Reason, Request, Spec, Store};

use crate::numbers::Numbers;
use crate::shapes::{Scene, by};
use crate::{alone, amount, first_seed};

/// From so many on, what they do to the times of others is judged: a run of tests alone, in a build
/// that is not optimised, has other costs.
const ENOUGH: usize = 400 * MANY;

/// How often the times of those who have a key are compared, and how many comparisons in which a
/// flood slows them by more than a tenth are too many. If half of them did so by chance, so many
/// would once in ten million runs.
const ROUNDS: usize = 60;
const TOO_MANY: usize = 50;

/// Verifies of a burst. Where threads have a processor for moments only, one that waits for another
/// thread has lost its own, and the rest of the burst has nobody beside it: a few of them are still
/// more than one of 100.
const BURST: usize = 25;

/// Of how many verifies the slowest is sought that is within 99 of 100, at least and at most.
const FEW: usize = 250;
const MANY: usize = 1_000;

/// Kilobytes that nothing in these tests takes but who keeps what is unknown.
const MUCH: u64 = 64 << 10;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Texts that nobody has, each another: every other one is shaped like a token.
struct Flood {
    numbers: Numbers,
    text: [u8; 37],
}

impl Flood {
    fn new(seed: u64) -> Self {
        let mut text = [b'0'; 37];
        text[..5].copy_from_slice(b"acme_");
        Self { numbers: Numbers::new(seed), text }
    }

    fn next(&mut self) -> (&[u8], bool) {
        // Each number makes eight characters.
        let mut draw = || self.numbers.next().to_le_bytes();
        let shaped = draw()[0] & 1 == 0;
        for eight in self.text[5..].chunks_exact_mut(8) {
            for (character, byte) in eight.iter_mut().zip(draw()) {
                *character = if shaped { ALPHABET[usize::from(byte % 62)] } else { byte };
            }
        }
        (&self.text[if shaped { 0 } else { 1 }..], shaped)
    }
}

/// The number after `name` in a file of the system.
fn number(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// What a process has spent: kilobytes that stay in memory, and what this thread has read.
#[derive(Debug)]
struct Spent {
    resident: u64,
    read: [u64; 3],
}

impl Spent {
    fn now() -> Self {
        let io = "/proc/thread-self/io";
        Self {
            read: ["rchar:", "syscr:", "read_bytes:"].map(|name| number(io, name)),
            resident: number("/proc/self/status", "VmRSS:"),
        }
    }
}

/// What `work` spends: bytes on the heap, kilobytes in memory, and reads by this thread.
fn spent(work: impl FnOnce()) -> (u64, u64, u64) {
    // What it takes to look is the same each time, but for the digits of the numbers.
    let [before, first] = [Spent::now(), Spent::now()];
    let info = measure(work);
    let last = Spent::now();
    let looked = first.read[1] - before.read[1];
    let reads = last.read[1] - first.read[1] - looked + last.read[2] - first.read[2];
    (info.bytes_total, last.resident.saturating_sub(first.resident), reads)
}

#[test]
fn a_flood_takes_no_memory_and_reads_nothing() {
    let _alone = alone();
    let (scene, count) = (Scene::with(Store::options()), amount("KEYCASK_FLOOD", 100_000));
    keys(&scene);
    let mut flood = Flood::new(first_seed());
    let mut wrong = 0;
    let (heap, resident, reads) = spent(|| {
        for _ in 0..count {
            let (text, shaped) = flood.next();
            let answer = scene.store.verify(scene.acme, text, &Request::new());
            let reason = answer.unwrap_err().denial().unwrap().reason;
            wrong += u64::from(matches!(reason, Reason::Unknown) != shaped);
        }
    });
    println!("flood: {resident} kB more in memory");
    println!("flood: {count} texts");
    assert_eq!((wrong, heap, reads), (0, 0, 0));
    assert!(resident <= MUCH, "{resident} kB more in memory");
}

#[test]
fn a_store_that_would_keep_what_is_unknown_or_read_a_file_for_it_is_noticed() {
    let _alone = alone();
    let (mut flood, mut kept) = (Flood::new(first_seed()), Vec::new());
    let (heap, resident, reads) = spent(|| {
        for _ in 0..100_000 {
            kept.push([flood.next().0.to_vec(), vec![0; 1_000]].concat());
        }
        drop(black_box(fs::read("/proc/self/stat").unwrap()));
    });
    assert!(heap > 0 && reads > 0, "{heap} bytes, {reads} reads");
    assert!(resident > MUCH, "{resident} kB more in memory");
}

/// What a flood does to those who have a key: in how many rounds it slowed them by more than a
/// tenth, and by how much in the round in the middle.
#[derive(Debug)]
struct Slowed {
    rounds: usize,
    ratio: f64,
}

impl Slowed {
    /// Measures how long `verify` takes for 99 of 100 tokens at most, beside a thread that verifies
    /// tokens, too, and beside one that floods; for so many each, in every round one after the
    /// other, and in the next the other first.
    fn measure(tokens: &[&[u8]], each: usize, verify: impl Fn(&[u8]) -> bool + Sync) -> Self {
        let (mut ratios, beside) = (Vec::new(), Beside::default());
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut flood, mut tokens) = (Flood::new(first_seed()), tokens.iter().cycle());
                beside.work(|floods| match floods {
                    true => assert!(!verify(flood.next().0)),
                    false => assert!(verify(tokens.next().unwrap())),
                });
            });
            let _end = End(&beside);
            let (mut times, mut tokens) = (Vec::new(), tokens.iter().cycle());
            let mut slowest = |floods: bool| {
                times.clear();
                while times.len() < each {
                    beside.burst(floods, || {
                        for token in tokens.by_ref().take(BURST) {
                            let start = Instant::now();
                            assert!(verify(token));
                            times.push(start.elapsed().as_nanos() as u64);
                        }
                    });
                }
                let at = times.len() * 99 / 100;
                *times.select_nth_unstable(at).1 as f64
            };
            for round in 0..ROUNDS {
                let floods_first = round % 2 == 0;
                let [first, second] = [floods_first, !floods_first].map(&mut slowest);
                ratios.push(if floods_first { first / second } else { second / first });
            }
        });
        ratios.sort_by(f64::total_cmp);
        let rounds = ratios.iter().filter(|ratio| **ratio > 1.1).count();
        Self { rounds, ratio: ratios[ROUNDS / 2] }
    }

    fn is_too_much(&self) -> bool {
        self.rounds >= TOO_MANY
    }
}

/// Two threads of which one measures in bursts what it does while the other works. Each burst
/// begins when both have a processor: on a busy machine they seldom have, and beside a thread that
/// waits for one nothing is slow.
#[derive(Default)]
struct Beside {
    /// The burst that is to be, then the one that the other thread works in, then the last one
    /// that is over.
    wanted: AtomicU64,
    begun: AtomicU64,
    over: AtomicU64,
    floods: AtomicBool,
    ended: AtomicBool,
}

impl Beside {
    /// Waits until something holds. False if all has ended before.
    fn wait(&self, mut holds: impl FnMut() -> bool) -> bool {
        for turn in 1_u64.. {
            if holds() {
                return true;
            }
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
            if turn.is_multiple_of(1_000) { thread::yield_now() } else { hint::spin_loop() }
        }
        false
    }

    /// Does `work` in every burst until all has ended.
    fn work(&self, mut work: impl FnMut(bool)) {
        let _end = End(self);
        let (mut last, wanted) = (0, || self.wanted.load(Ordering::Acquire));
        while self.wait(|| wanted() > last) {
            last = wanted();
            let floods = self.floods.load(Ordering::Relaxed);
            self.begun.store(last, Ordering::Relaxed);
            while self.over.load(Ordering::Relaxed) < last && !self.ended.load(Ordering::Relaxed) {
                work(floods);
            }
        }
    }

    fn burst(&self, floods: bool, burst: impl FnOnce()) {
        self.floods.store(floods, Ordering::Relaxed);
        let this = self.wanted.fetch_add(1, Ordering::Release) + 1;
        assert!(self.wait(|| self.begun.load(Ordering::Relaxed) == this), "the other has ended");
        burst();
        self.over.store(this, Ordering::Relaxed);
    }
}

/// Ends both threads with the one that has it, also when that panics.
struct End<'a>(&'a Beside);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

/// Keys of a thousand tokens.
fn keys(scene: &Scene) -> Vec<Issued> {
    scene.store.issue_many(&vec![Spec::new(scene.acme, "live", "o"); 1_000], &by()).unwrap()
}

fn texts(issued: &[Issued]) -> Vec<&[u8]> {
    issued.iter().map(|one| one.token.expose().as_bytes()).collect()
}

#[test]
fn whoever_has_a_key_is_not_slowed_by_a_flood() {
    let _alone = alone();
    let (scene, count) = (Scene::with(Store::options()), amount("KEYCASK_FLOOD", 100_000));
    let (issued, count) = (keys(&scene), usize::try_from(count).unwrap());
    let each = (count / 400).clamp(FEW, MANY);
    let slowed = Slowed::measure(&texts(&issued), each, |token| {
        scene.store.verify(scene.acme, token, &Request::new()).is_ok()
    });
    let Slowed { rounds, ratio } = slowed;
    println!("flood: 99 of 100 verifies take {ratio:.3} of their time beside one, in the middle;");
    println!("flood: more than 1.1 of it in {rounds} rounds of {ROUNDS}");
    if count < ENOUGH {
        println!("flood: which is not judged below {ENOUGH}");
    }
    assert!(count < ENOUGH || !slowed.is_too_much(), "{slowed:?}");
}

#[test]
fn a_store_in_which_what_is_unknown_holds_up_those_who_have_a_key_is_noticed() {
    let _alone = alone();
    if amount("KEYCASK_FLOOD", 100_000) < ENOUGH as u64 {
        return println!("flood: below {ENOUGH} no times are judged, and none of a mistake");
    }
    let scene = Scene::with(Store::options());
    let issued = keys(&scene);
    // As one that remembers what is unknown in a table that it looks into for everybody.
    let table = RwLock::new(());
    let wait = || {
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(20) {}
    };
    let verify = |token: &[u8]| {
        let is_known = {
            let _reading = table.read().unwrap();
            scene.store.verify(scene.acme, token, &Request::new()).is_ok()
        };
        if !is_known {
            let writing = table.write().unwrap();
            wait();
            drop(writing);
            wait();
        }
        is_known
    };
    // It is there each time, and only how busy the machine is may hide it.
    let is_seen = || {
        let slowed = Slowed::measure(&texts(&issued), FEW, verify);
        println!("flood: with a mistake, {slowed:?}");
        slowed.is_too_much()
    };
    assert!((0..5).any(|_| is_seen()), "it is not seen");
}
