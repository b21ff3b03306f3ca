//! Times of one operation over many tokens.

use std::hint::black_box;
use std::time::Instant;

use crate::world::LEN;

/// Tokens in the order in which they are asked for, one after another in memory: as in a
/// service, a token is where its request was received, not where the keys are.
pub struct Queries(Vec<u8>);

impl Queries {
    pub fn new(tokens: &[u8], which: impl Iterator<Item = usize>) -> Self {
        let mut text = Vec::new();
        for n in which {
            text.extend_from_slice(&tokens[n * LEN..(n + 1) * LEN]);
        }
        Self(text)
    }

    /// These tokens over and over, so many.
    pub fn repeated(&self, count: usize) -> Self {
        Self(self.0.iter().copied().cycle().take(count * LEN).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len() / LEN
    }

    #[inline]
    pub fn get(&self, at: usize) -> &[u8] {
        &self.0[at * LEN..(at + 1) * LEN]
    }

    pub fn all(&self) -> Vec<&[u8]> {
        self.0.chunks_exact(LEN).collect()
    }

    /// These tokens, each with a fault.
    pub fn spoilt(mut self, spoil: impl Fn(&mut [u8])) -> Self {
        self.0.chunks_exact_mut(LEN).for_each(spoil);
        self
    }
}

/// Nanoseconds of one `run`, of which each begins when the one before has ended.
pub fn chain(queries: &Queries, run: impl Fn(&[u8]) -> u64) -> f64 {
    let (nothing, mut last) = (black_box(0), 0);
    let start = Instant::now();
    for n in 0..queries.len() {
        // Adds nothing, which the processor cannot know before it has `last`.
        last = run(queries.get(n + (last & nothing) as usize));
    }
    black_box(last);
    start.elapsed().as_nanos() as f64 / queries.len() as f64
}

/// Nanoseconds of one `run` of many that do not wait for each other.
pub fn stream(queries: &Queries, run: impl Fn(&[u8]) -> u64) -> f64 {
    let start = Instant::now();
    for n in 0..queries.len() {
        black_box(run(queries.get(n)));
    }
    start.elapsed().as_nanos() as f64 / queries.len() as f64
}

/// The nanoseconds of each `run`, less what reading the clock takes.
pub fn each(queries: &Queries, run: impl Fn(&[u8]) -> u64) -> Vec<f64> {
    let clock = || {
        let start = Instant::now();
        start.elapsed().as_nanos() as f64
    };
    let mut empty: Vec<f64> = (0..99).map(|_| clock()).collect();
    empty.sort_unstable_by(f64::total_cmp);
    let one = |n| {
        let start = Instant::now();
        black_box(run(queries.get(n)));
        (start.elapsed().as_nanos() as f64 - empty[49]).max(0.0)
    };
    (0..queries.len()).map(one).collect()
}
