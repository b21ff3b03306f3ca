//! Floods of texts that are nobody's: what they make the process spend. `KEYCASK_FLOOD` says how
//! many there are, `KEYCASK_FIRST_SEED` which.

use std::fs;
use std::hint::black_box;

use allocation_counter::measure;
use keycask::{
    Decisions, HttpRequest, Import, ImportRules, Issued, Patterns, Pepper, Reason, Request, Spec,
    Store,
};

use crate::numbers::Numbers;
use crate::shapes::{Scene, by};
use crate::{alone, amount, first_seed};

/// Kilobytes that nothing in these tests takes but who keeps what is unknown.
const MUCH: u64 = 64 << 10;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Shaped like a token.
    Shaped,
    /// Such as a token of another system may be.
    Opaque,
    /// Any bytes.
    Bytes,
}

/// Texts that nobody has, each another, and of each sort as many.
pub struct Flood {
    numbers: Numbers,
    text: [u8; 37],
}

impl Flood {
    pub fn new(seed: u64) -> Self {
        let mut text = [b'0'; 37];
        text[..5].copy_from_slice(b"acme_");
        Self { numbers: Numbers::new(seed), text }
    }

    pub fn next(&mut self) -> (&[u8], Sort) {
        let sort = [Sort::Shaped, Sort::Opaque, Sort::Bytes][self.numbers.below(3) as usize];
        // Each number makes eight characters.
        for eight in self.text[5..].chunks_exact_mut(8) {
            for (character, byte) in eight.iter_mut().zip(self.numbers.next().to_le_bytes()) {
                let drawn = ALPHABET[usize::from(byte % 62)];
                *character = if sort == Sort::Bytes { byte } else { drawn };
            }
        }
        (&self.text[if sort == Sort::Shaped { 0 } else { 1 }..], sort)
    }
}

/// The number after `name` in a file of the system.
fn number(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Keys of a thousand tokens.
pub fn keys(scene: &Scene) -> Vec<Issued> {
    scene.store.issue_many(&vec![Spec::new(scene.acme, "live", "o"); 1_000], &by()).unwrap()
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

/// What `work` spent.
#[derive(Debug)]
struct Cost {
    /// Bytes that were taken from the heap, and how many of them are left there.
    heap: u64,
    kept: i64,
    /// Kilobytes more in memory.
    resident: u64,
    /// Reads by this thread.
    reads: u64,
}

fn cost(work: impl FnOnce()) -> Cost {
    // What it takes to look is the same each time, but for the digits of the numbers.
    let [before, first] = [Spent::now(), Spent::now()];
    let info = measure(work);
    let last = Spent::now();
    let looked = first.read[1] - before.read[1];
    let reads = last.read[1] - first.read[1] - looked + last.read[2] - first.read[2];
    let resident = last.resident.saturating_sub(first.resident);
    Cost { heap: info.bytes_total, kept: info.bytes_current, resident, reads }
}

/// A store that has more to ask than whether a text is a token of its own under its pepper: keys
/// are left on the pepper before and on the digests of another system, decisions are kept, and
/// patterns looked for.
fn manifold() -> Scene {
    let options = Store::options().pepper(Pepper::new(&[1; 32]));
    let scene = Scene::with(options.decisions(Decisions::Denials).patterns(Patterns::new()));
    keys(&scene);
    let spec = Spec::new(scene.acme, "live", "o");
    let digest = Import::digest(spec, "sha256".parse().unwrap(), &"a1".repeat(32)).unwrap();
    scene.store.import(&[digest], &ImportRules::new(), &by()).unwrap();
    let status = scene.store.rotate_pepper(Pepper::new(&[2; 32]), &by()).unwrap();
    assert_eq!(status.left, 1_001);
    scene
}

/// Verifies texts that are nobody's, after some by which all is in memory that is ever to be.
fn spray(scene: &Scene, may_be_opaque: bool, count: u64) -> Cost {
    let mut flood = Flood::new(first_seed());
    let mut wrong = 0;
    let mut verify = |count: u64| {
        for _ in 0..count {
            let (text, sort) = flood.next();
            let answer = scene.store.verify(scene.acme, text, &Request::new());
            let reason = answer.unwrap_err().denial().unwrap().reason;
            let is_looked_for = sort == Sort::Shaped || may_be_opaque && sort == Sort::Opaque;
            wrong += u64::from(matches!(reason, Reason::Unknown) != is_looked_for);
        }
    };
    verify(1);
    let cost = cost(|| verify(count));
    assert_eq!(wrong, 0);
    cost
}

/// The same of requests that carry such texts.
fn spray_requests(scene: &Scene, count: u64) -> Cost {
    let mut flood = Flood::new(first_seed());
    let mut value = [0; 7 + 37];
    value[..7].copy_from_slice(b"Bearer ");
    let mut present = |count: u64| {
        for _ in 0..count {
            let text = flood.next().0;
            let value = &mut value[..7 + text.len()];
            value[7..].copy_from_slice(text);
            let headers: &[(&str, &[u8])] = &[("Authorization", value)];
            let http = HttpRequest { method: "GET", headers, request_id: "" };
            let outcome = scene.store.present(scene.acme, &http, &Request::new()).unwrap();
            assert_eq!(outcome.answer.status, 401);
        }
    };
    present(1);
    cost(|| present(count))
}

/// What of the heap a flood may take.
#[derive(Clone, Copy)]
enum Heap {
    Nothing,
    /// An answer, until it was given.
    Answers,
}

/// What texts took that are nobody's, and were not to take.
fn judge(name: &str, count: u64, heap: Heap, cost: &Cost) -> Vec<&'static str> {
    println!("flood: {name}: {cost:?}");
    println!("flood: {count} texts");
    let takes_heap = match heap {
        Heap::Nothing => cost.heap > 0,
        Heap::Answers => cost.kept != 0,
    };
    let is_memory_taken = cost.resident > MUCH;
    let all = [("heap", takes_heap), ("reads", cost.reads > 0), ("memory", is_memory_taken)];
    all.iter().filter(|(_, is_taken)| *is_taken).map(|(what, _)| *what).collect()
}

#[test]
fn a_flood_takes_no_memory_and_reads_nothing() {
    let _alone = alone();
    let count = amount("KEYCASK_FLOOD", 100_000);
    let plain = Scene::with(Store::options());
    keys(&plain);
    let cost = spray(&plain, false, count);
    assert_eq!(judge("plain", count, Heap::Nothing, &cost), [""; 0], "{cost:?}");
    let manifold = manifold();
    let count = count / 4;
    let cost = spray(&manifold, true, count);
    assert_eq!(judge("manifold", count, Heap::Nothing, &cost), [""; 0], "{cost:?}");
    for (name, scene) in [("plain, in requests", &plain), ("manifold, in requests", &manifold)] {
        let cost = spray_requests(scene, count);
        assert_eq!(judge(name, count, Heap::Answers, &cost), [""; 0], "{name}: {cost:?}");
    }
}

#[test]
fn a_store_that_would_keep_what_is_unknown_or_read_a_file_for_it_is_noticed() {
    let _alone = alone();
    let mut flood = Flood::new(first_seed());
    let mut kept = Vec::new();
    let mut keep = |count| {
        for _ in 0..count {
            kept.push([flood.next().0.to_vec(), vec![0; 1_000]].concat());
        }
    };
    let cost_of_few = cost(|| keep(1));
    let cost_of_many = cost(|| keep(100_000));
    let cost_of_one_given_back = cost(|| drop(black_box(vec![0_u8; 1_000])));
    let cost_of_reading = cost(|| drop(black_box(fs::read("/proc/self/stat").unwrap())));
    for (heap, cost, found) in [
        (Heap::Nothing, &cost_of_few, &["heap"][..]),
        (Heap::Answers, &cost_of_few, &["heap"]),
        (Heap::Nothing, &cost_of_many, &["heap", "memory"]),
        (Heap::Answers, &cost_of_many, &["heap", "memory"]),
        (Heap::Nothing, &cost_of_one_given_back, &["heap"]),
        (Heap::Answers, &cost_of_one_given_back, &[]),
        (Heap::Answers, &cost_of_reading, &["reads"]),
    ] {
        assert_eq!(judge("planted", 0, heap, cost), found, "{cost:?}");
    }
}
