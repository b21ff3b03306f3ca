//! DashMap: a map of many, each behind a lock.

use super::digest::ByFirstWord;
use super::{Digest, Peer, Record};

pub struct DashMap(dashmap::DashMap<Digest, Record, ByFirstWord>);

impl DashMap {
    /// A map with room for `count` records.
    pub fn new(count: usize) -> Self {
        Self(dashmap::DashMap::with_capacity_and_hasher(count, ByFirstWord::default()))
    }
}

impl Peer for DashMap {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        for (digest, record) in rows {
            self.0.insert(*digest, *record);
        }
    }

    #[inline]
    fn get(&self, digest: &Digest) -> Option<Record> {
        self.0.get(digest).map(|record| *record)
    }
}
