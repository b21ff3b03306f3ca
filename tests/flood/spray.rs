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

#[test]
fn a_flood_takes_no_memory_and_reads_nothing() {
    let _alone = alone();
    let count = amount("KEYCASK_FLOOD", 100_000);
    let plain = Scene::with(Store::options());
    keys(&plain);
    let cost = spray(&plain, false, count);
    judge("plain", count, cost.heap == 0, &cost);
    let manifold = manifold();
    let count = count / 4;
    let cost = spray(&manifold, true, count);
    judge("manifold", count, cost.heap == 0, &cost);
    for (name, scene) in [("plain, in requests", &plain), ("manifold, in requests", &manifold)] {
        let cost = spray_requests(scene, count);
        // An answer is on the heap until it was given.
        judge(name, count, cost.kept == 0, &cost);
    }
}

fn judge(name: &str, count: u64, takes_nothing: bool, cost: &Cost) {
    println!("flood: {name}: {cost:?}");
    println!("flood: {count} texts");
    assert!(takes_nothing && cost.reads == 0 && cost.resident <= MUCH, "{name}: {cost:?}");
}

#[test]
fn a_store_that_would_keep_what_is_unknown_or_read_a_file_for_it_is_noticed() {
    let _alone = alone();
    let (mut flood, mut kept) = (Flood::new(first_seed()), Vec::new());
    let cost = cost(|| {
        for _ in 0..100_000 {
            kept.push([flood.next().0.to_vec(), vec![0; 1_000]].concat());
        }
        drop(black_box(fs::read("/proc/self/stat").unwrap()));
    });
    assert!(cost.heap > 0 && cost.kept > 0 && cost.reads > 0, "{cost:?}");
    assert!(cost.resident > MUCH, "{cost:?}");
}
