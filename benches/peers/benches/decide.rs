//! Verifying a token with keycask, and with what else may hold the keys: maps, caches, embedded
//! stores and Redis.
//!
//! `cargo bench --bench decide -- [1m] [10m]`; the first unless some are named. 10m wants 10 GB of
//! memory. Every figure is of a chain, in which each decision waits for the one before it, and
//! is a median over rounds; every ratio is a median of ratios to the floor within a round.
//!
//! A peer's verify is the floor's parse, the whole keyed BLAKE3, a lookup, and the checks of
//! state, end and scopes. The time is given to it; keycask reads its clock.
#![allow(missing_docs, reason = "a bench has no users")]

#[path = "../../common/mod.rs"]
mod common;
#[path = "../../decide/floor.rs"]
#[allow(dead_code, reason = "the bench that it belongs to uses the rest")]
mod floor;
#[path = "../../decide/measure.rs"]
#[allow(dead_code, reason = "the bench that it belongs to uses the rest")]
mod measure;
#[path = "../../durable/rounds.rs"]
#[allow(dead_code, reason = "the benches that it belongs to use the rest")]
mod rounds;
#[path = "../../decide/single.rs"]
#[allow(dead_code, reason = "the bench that it belongs to uses the rest")]
mod single;
#[path = "../../decide/world.rs"]
#[allow(dead_code, reason = "the bench that it belongs to uses the rest")]
mod world;

use keycask_peers::lookup::dashmap::DashMap;
use keycask_peers::lookup::hash_map::HashMap;
use keycask_peers::lookup::lmdb::Lmdb;
use keycask_peers::lookup::moka::Moka;
use keycask_peers::lookup::papaya::Papaya;
use keycask_peers::lookup::quick_cache::QuickCache;
use keycask_peers::lookup::redb::Redb;
use keycask_peers::lookup::redis::Redis;
use keycask_peers::lookup::sqlite::Sqlite;
use keycask_peers::lookup::{Digest, Peer, Record};

use measure::{Numbers, Queries, chain};
use rounds::{alternate, median, ratio};
use single::PREFIX;
use world::{LEN, World, scratch};

/// Sizes by name: keys.
const SIZES: [(&str, usize); 2] = [("1m", 1_000_000), ("10m", 10_000_000)];
const ROUNDS: usize = 31;
/// Tokens of one measurement. Their records do not fit into a core's own caches.
const COUNT: usize = 16_384;
/// Records that a peer is given at once.
const BATCH: usize = 10_000;
/// What a request needs.
const NEEDS: u128 = 1;
/// When it is made, and when every key ends: milliseconds since 1970.
const NOW: u64 = 1_800_000_000_000;
const END: u64 = 1_900_000_000_000;
/// What `verify` gives for a token that is refused: no key's id.
const REFUSED: u64 = 1;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` gives this; for `cargo test --benches` it is enough that this was built.
    let Some(at) = words.iter().position(|word| word == "--bench") else { return };
    words.remove(at);
    for word in &words {
        let known = SIZES.map(|(name, _)| name);
        assert!(known.contains(&word.as_str()), "{word:?} is none of {known:?}");
    }
    for (name, keys) in SIZES {
        if words.iter().any(|word| word == name) || words.is_empty() && name == "1m" {
            println!("\n{name} keys");
            size(keys);
        }
    }
}

fn size(keys: usize) {
    let world = World::new(keys);
    println!("{:<22} {:>9} {:>7} {:>11} {:>7}", "", "hit, ns", "ratio", "unknown, ns", "ratio");
    row(&world, "floor", |token| floor::decide(&world.lines, PREFIX, token));
    row(&world, "keycask", |token| single::verify(&world, token, &world.read));
    peer(&world, "papaya", Papaya::new(keys));
    peer(&world, "dashmap", DashMap::new(keys));
    peer(&world, "std RwLock<HashMap>", HashMap::new(keys));
    peer(&world, "quick_cache", QuickCache::new(keys));
    peer(&world, "moka", Moka::new(keys));
    peer(&world, "LMDB", Lmdb::new(scratch().path()));
    peer(&world, "redb", Redb::new(scratch().path()));
    peer(&world, "SQLite", Sqlite::new(scratch().path()));
    match Redis::start(scratch().path()) {
        Some(redis) => peer(&world, "Redis, unix socket", redis),
        None => println!("redis-server is not installed: without Redis"),
    }
}

/// Fills a peer and prints its row.
fn peer(world: &World, name: &str, mut peer: impl Peer) {
    let mut id = REFUSED;
    for tokens in world.known.chunks(BATCH * LEN) {
        let rows: Vec<(Digest, Record)> = tokens
            .chunks_exact(LEN)
            .map(|token| {
                id += 1;
                (digest(token), Record { id, owner: id % 1_000, scopes: NEEDS, end: END, state: 0 })
            })
            .collect();
        peer.put(&rows);
    }
    let verify = |token: &[u8]| match floor::parse(PREFIX, token) {
        0 => match peer.get(&digest(token)) {
            Some(record) if record.grants(NEEDS, NOW) => record.id,
            _ => REFUSED,
        },
        bad => bad,
    };
    let all = |queries: Queries, check: fn(u64) -> bool| {
        assert!(queries.all().into_iter().all(|token| check(verify(token))), "{name} errs");
    };
    let mut numbers = Numbers::new(0);
    all(world.uniform(&mut numbers, COUNT), |id| id != REFUSED);
    all(world.unknown(&mut numbers, COUNT), |id| id == REFUSED);
    row(world, name, verify);
}

#[inline]
fn digest(token: &[u8]) -> Digest {
    Digest(*blake3::keyed_hash(&common::PEPPER, token).as_bytes())
}

/// Prints the times of `verify` for tokens of keys and for unknown ones, beside the floor's.
fn row(world: &World, name: &str, verify: impl Fn(&[u8]) -> u64) {
    let figures = |queries: fn(&World, &mut Numbers, usize) -> Queries| {
        let (mut numbers, mut others) = (Numbers::new(1), Numbers::new(2));
        let (times, floors) = alternate(
            ROUNDS,
            || chain(&queries(world, &mut numbers, COUNT), &verify),
            || {
                let queries = world.uniform(&mut others, COUNT);
                chain(&queries, |token| floor::decide(&world.lines, PREFIX, token))
            },
        );
        (median(times.clone()), ratio(&times, &floors))
    };
    let (hit, hit_ratio) = figures(World::uniform);
    let (unknown, unknown_ratio) = figures(World::unknown);
    println!("{name:<22} {hit:>9.0} {hit_ratio:>7.2} {unknown:>11.0} {unknown_ratio:>7.2}");
}
