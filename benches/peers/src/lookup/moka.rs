//! moka: a cache that counts how often each record is asked for.

use super::digest::ByFirstWord;
use super::{Digest, Peer, Record};

pub struct Moka(moka::sync::Cache<Digest, Record, ByFirstWord>);

impl Moka {
    /// A cache that keeps `count` records.
    pub fn new(count: usize) -> Self {
        let cache = moka::sync::Cache::builder()
            .initial_capacity(count)
            .max_capacity(2 * count as u64)
            .build_with_hasher(ByFirstWord::default());
        Self(cache)
    }
}

impl Peer for Moka {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        for (digest, record) in rows {
            self.0.insert(*digest, *record);
        }
        self.0.run_pending_tasks();
    }

    #[inline]
    fn get(&self, digest: &Digest) -> Option<Record> {
        self.0.get(digest)
    }
}
