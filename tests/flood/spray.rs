//! Floods of tokens that are nobody's: what they make the process spend, and what becomes of
//! those who have a key. `KEYCASK_FLOOD` says how many there are.

use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::Instant;

use allocation_counter::measure;
use keycask::{Reason, Request, Spec, Store};

use crate::numbers::Numbers;
use crate::shapes::{Scene, by};
use crate::{alone, amount};

/// So many, in a build that is optimised, say what they do to the times of others.
const ENOUGH: u64 = 10_000_000;

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

/// What a process has spent: kilobytes that stay in memory, and what this thread has read.
#[derive(Debug)]
struct Spent {
    resident: u64,
    read: [u64; 3],
}

impl Spent {
    fn now() -> Self {
        let number = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
        };
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
    let specs = vec![Spec::new(scene.acme, "live", "o"); 1_000];
    scene.store.issue_many(&specs, &by()).unwrap();
    let mut flood = Flood::new(1);
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
    let (mut flood, mut kept) = (Flood::new(2), Vec::new());
    let (heap, resident, reads) = spent(|| {
        for _ in 0..100_000 {
            kept.push([flood.next().0.to_vec(), vec![0; 1_000]].concat());
        }
        drop(black_box(fs::read("/proc/self/stat").unwrap()));
    });
    assert!(heap > 0 && reads > 0, "{heap} bytes, {reads} reads");
    assert!(resident > MUCH, "{resident} kB more in memory");
}

/// The time that 99 of 100 verifies of real keys take at most, while another thread does nothing,
/// verifies real keys, or floods. Times are asserted for [`ENOUGH`] texts alone: in tests the
/// machine does other things beside.
#[test]
fn whoever_has_a_key_is_not_slowed_by_a_flood() {
    let _alone = alone();
    const ROUNDS: usize = 21;
    let (scene, count) = (Scene::with(Store::options()), amount("KEYCASK_FLOOD", 100_000));
    let specs = vec![Spec::new(scene.acme, "live", "o"); 1_000];
    let issued = scene.store.issue_many(&specs, &by()).unwrap();
    let tokens: Vec<&[u8]> = issued.iter().map(|one| one.token.expose().as_bytes()).collect();
    let (doing, stop) = (AtomicU8::new(0), AtomicBool::new(false));
    let verify = |token: &[u8]| scene.store.verify(scene.acme, token, &Request::new()).is_ok();
    let each = usize::try_from(count).unwrap() / ROUNDS / 3 + 1;
    let mut slow = [const { Vec::new() }; 3];
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut flood, mut at) = (Flood::new(3), 0);
            while !stop.load(Ordering::Relaxed) {
                match doing.load(Ordering::Relaxed) {
                    0 => thread::yield_now(),
                    1 => {
                        at = (at + 1) % tokens.len();
                        assert!(verify(tokens[at]));
                    }
                    _ => assert!(!verify(flood.next().0)),
                }
            }
        });
        for round in 0..ROUNDS * 3 {
            doing.store((round % 3) as u8, Ordering::Relaxed);
            thread::sleep(std::time::Duration::from_millis(2));
            let mut times = Vec::with_capacity(each);
            for n in 0..each {
                let start = Instant::now();
                assert!(verify(tokens[n % tokens.len()]));
                times.push(start.elapsed().as_nanos() as u64);
            }
            times.sort_unstable();
            slow[round % 3].push(times[times.len() * 99 / 100]);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let [alone, real, flooded] = slow.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let ratio = flooded as f64 / real as f64;
    println!(
        "flood: 99 of 100 verifies within {alone} ns alone, {real} ns beside others of real keys, \
         {flooded} ns beside a flood: {ratio:.2}"
    );
    assert!(count < ENOUGH || ratio < 1.1, "{ratio}");
}
