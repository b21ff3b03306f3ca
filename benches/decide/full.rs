//! Decisions that take all that a decision can: last use, one limit, and the owner's scopes; and
//! with them a quota.

use keycask::Request;

use crate::floor::{self, Lines};
use crate::measure::{Queries, chain};
use crate::numbers::Numbers;
use crate::rounds::{at_most, median, note, ratio};
use crate::{common, world};

const ROUNDS: usize = 31;
const COUNT: usize = 16_384;

/// Keys that have a quota at most: the first request of each makes a commit, which is had before.
const WITH_QUOTA: usize = 10_000;

pub fn run(keys: usize) {
    row("hit, last use, a limit and owner's scopes", keys, None);
    if keys <= WITH_QUOTA {
        row("the same and a quota", keys, Some("1000000000000"));
    }
}

fn row(name: &str, keys: usize, quota: Option<&str>) {
    let home = world::scratch();
    let (store, _) = common::store(home.path());
    let realm = common::full_realm(&store, quota);
    let (tokens, _) = world::fill(&store, realm, "plain", keys);
    store.close().unwrap();
    let store = common::open(home.path());
    let read = Request::new().needs(store.profile(realm).unwrap().scope_set(["read"]).unwrap());
    let (lines, mut numbers) = (Lines::new(keys), Numbers::new(3));
    let mut draw =
        || Queries::new(&tokens, (0..COUNT).map(|_| numbers.below(keys as u64) as usize));
    let verify = |token: &[u8]| match store.verify(realm, token, &read) {
        Ok(grant) => grant.key_id.bits(),
        Err(_) => 1,
    };
    // A key's first use of a minute and its meter's first charge cost more: they are had before.
    let every = Queries::new(&tokens, 0..keys);
    assert!(every.all().iter().all(|token| store.verify(realm, token, &read).is_ok()));
    let (mut all, mut least) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        least.push(chain(&draw(), |token| floor::decide(&lines, b"kc_full_", token)));
        all.push(chain(&draw(), verify));
    }
    let label = format!("{name:<46} {:>7.1} ns", median(all.clone()));
    match keys {
        1_000_000.. => at_most(&label, ratio(&all, &least), 2.2),
        _ => note(&label, &format!("{:.2}", ratio(&all, &least))),
    }
}
