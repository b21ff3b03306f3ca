//! quick_cache: a cache that marks what is asked for.

use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use super::digest::ByFirstWord;
use super::{Digest, Peer, Record};

pub struct QuickCache(Cache<Digest, Record, UnitWeighter, ByFirstWord>);

impl QuickCache {
    /// A cache that keeps `count` records.
    pub fn new(count: usize) -> Self {
        let (most, lifecycle) = (2 * count as u64, DefaultLifecycle::default());
        Self(Cache::with(count, most, UnitWeighter, ByFirstWord::default(), lifecycle))
    }
}

impl Peer for QuickCache {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        for (digest, record) in rows {
            self.0.insert(*digest, *record);
        }
    }

    #[inline]
    fn get(&self, digest: &Digest) -> Option<Record> {
        self.0.get(digest)
    }
}
