//! One thread.

use std::hint::black_box;
use std::time::Instant;

use keycask::{Denial, Grant, Request};

use crate::floor;
use crate::measure::{Queries, chain, each, stream};
use crate::numbers::Numbers;
use crate::rounds::{at_most, median, note, quantile, ratio};
use crate::world::{LEN, World};

const ROUNDS: usize = 31;
/// Tokens of one measurement. Their keys' slots do not fit into a core's own caches.
const COUNT: usize = 16_384;
const BATCH: usize = 64;
pub const PREFIX: &[u8; 8] = b"kc_bare_";
/// Of the kind whose tokens have a checksum.
const SUMMED: &[u8; 8] = b"kc_live_";

/// The figures of one row, a round each.
struct Row {
    name: &'static str,
    /// Of the ratio to the floor: at one million keys, and at ten or more.
    target: [Option<f64>; 2],
    of: Floor,
    run: fn(&World, &mut Numbers) -> f64,
    ns: Vec<f64>,
}

/// What a row is compared with.
#[derive(Clone, Copy, PartialEq)]
enum Floor {
    Chain,
    Stream,
    Hash,
    /// A row is its own floor.
    None,
}

const fn row(
    name: &'static str,
    target: [Option<f64>; 2],
    of: Floor,
    run: fn(&World, &mut Numbers) -> f64,
) -> Row {
    Row { name, target, of, run, ns: Vec::new() }
}

fn rows() -> Vec<Row> {
    use Floor::{Chain, Hash, None as Itself, Stream};
    let free = [None, None];
    vec![
        row("floor: hash alone", free, Itself, |w, n| chain(&w.uniform(n, COUNT), floor::hash)),
        row("floor: parse alone", free, Itself, |w, n| {
            chain(&w.uniform(n, COUNT), |token| floor::parse(PREFIX, token))
        }),
        row("floor: one dependent line", free, Itself, |w, n| {
            let mut last = n.next();
            let start = Instant::now();
            for step in 0..COUNT as u64 {
                // With the step, lest the loads fall into a short circle.
                last = w.lines.load(last ^ step.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            }
            black_box(last);
            start.elapsed().as_nanos() as f64 / COUNT as f64
        }),
        row("floor: parse, hash, line; chain", free, Itself, |w, n| {
            chain(&w.uniform(n, COUNT), |token| floor::decide(&w.lines, PREFIX, token))
        }),
        row("floor: parse, hash, line; stream", free, Itself, |w, n| {
            stream(&w.uniform(n, COUNT), |token| floor::decide(&w.lines, PREFIX, token))
        }),
        row("hit, uniform; chain", [Some(0.9), Some(0.95)], Chain, |w, n| {
            chain(&w.uniform(n, COUNT), |token| verify(w, token, &w.read))
        }),
        row("hit, uniform; stream", free, Chain, |w, n| {
            stream(&w.uniform(n, COUNT), |token| verify(w, token, &w.read))
        }),
        row("hit, uniform; stream over the floor's stream", free, Stream, |w, n| {
            stream(&w.uniform(n, COUNT), |token| verify(w, token, &w.read))
        }),
        row("hit, Zipf 0.99; chain", free, Chain, |w, n| {
            chain(&w.zipf(n, COUNT), |token| verify(w, token, &w.read))
        }),
        row("refused for its scope; chain", free, Chain, |w, n| {
            chain(&w.uniform(n, COUNT), |token| verify(w, token, &w.write))
        }),
        row("unknown; chain", [Some(0.65), Some(0.65)], Chain, |w, n| {
            chain(&w.unknown(n, COUNT), |token| verify(w, token, &w.read))
        }),
        row("prefix; chain, over the hash alone", [Some(0.22), Some(0.22)], Hash, |w, n| {
            let queries = w.malformed(n, COUNT, |token| token[3] = b'B');
            chain(&queries, |token| verify(w, token, &w.read))
        }),
        row("length; chain, over the hash alone", [Some(0.22), Some(0.22)], Hash, |w, n| {
            chain(&w.uniform(n, COUNT), |token| verify(w, &token[..LEN - 1], &w.read))
        }),
        row("character; chain, over the hash alone", [Some(0.22), Some(0.22)], Hash, |w, n| {
            let queries = w.malformed(n, COUNT, |token| token[20] = b'~');
            chain(&queries, |token| verify(w, token, &w.read))
        }),
        row("checksum; chain, over the hash alone", [Some(0.22), Some(0.22)], Hash, |w, n| {
            let queries = w.malformed(n, COUNT, |token| token[..8].copy_from_slice(SUMMED));
            chain(&queries, |token| verify(w, token, &w.read))
        }),
        row("batches of 64, a token", [Some(0.3), Some(0.3)], Chain, |w, n| {
            batches(w, &w.uniform(n, COUNT))
        }),
    ]
}

pub fn run(world: &World) {
    let (mut rows, mut numbers) = (rows(), Numbers::new(world.keys() as u64));
    for round in 0..ROUNDS {
        let count = rows.len();
        for turn in 0..count {
            let row = &mut rows[(turn + round) % count];
            row.ns.push((row.run)(world, &mut numbers));
        }
    }
    let floor = |name: &str| rows.iter().find(|row| row.name == name).unwrap().ns.clone();
    let chain = floor("floor: parse, hash, line; chain");
    let (stream, hash) = (floor("floor: parse, hash, line; stream"), floor("floor: hash alone"));
    for row in &rows {
        let ns = median(row.ns.clone());
        let label = format!("{:<46} {ns:>7.1} ns", row.name);
        let target = match world.keys() {
            0..1_000_000 => None,
            1_000_000..10_000_000 => row.target[0],
            _ => row.target[1],
        };
        let floor = match row.of {
            Floor::Chain => &chain,
            Floor::Stream => &stream,
            Floor::Hash => &hash,
            Floor::None => {
                println!("{label}");
                continue;
            }
        };
        match (ratio(&row.ns, floor), target) {
            (ratio, Some(most)) => at_most(&label, ratio, most),
            (ratio, None) => note(&label, &format!("{ratio:.2}")),
        }
    }
    tails(world, &mut numbers);
}

/// The slowest decisions, beside the slowest of the floor.
fn tails(world: &World, numbers: &mut Numbers) {
    let (mut hits, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let queries = world.uniform(numbers, COUNT);
        floors.extend(each(&queries, |token| floor::decide(&world.lines, PREFIX, token)));
        let queries = world.uniform(numbers, COUNT);
        hits.extend(each(&queries, |token| verify(world, token, &world.read)));
    }
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        let (hit, floor) = (quantile(hits.clone(), share), quantile(floors.clone(), share));
        let label = format!("hit {name:<5} {hit:>6.0} ns, floor {floor:>6.0} ns");
        match name {
            "p99" if world.keys() >= 1_000_000 => at_most(&label, hit / floor, 1.5),
            _ => note(&label, &format!("{:.2}", hit / floor)),
        }
    }
}

/// A word that depends on the whole outcome.
#[inline]
pub fn verify(world: &World, token: &[u8], request: &Request) -> u64 {
    match world.store.verify(world.realm, token, request) {
        Ok(grant) => grant.key_id.bits(),
        Err(_) => 1,
    }
}

fn batches(world: &World, queries: &Queries) -> f64 {
    let tokens = queries.all();
    let mut answers: Vec<Result<Grant, Denial>> = Vec::with_capacity(BATCH);
    let start = Instant::now();
    for tokens in tokens.chunks(BATCH) {
        answers.clear();
        world.store.verify_many(world.realm, tokens, &world.read, &mut answers).unwrap();
        black_box(&answers);
    }
    start.elapsed().as_nanos() as f64 / tokens.len() as f64
}
