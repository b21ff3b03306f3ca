//! papaya: a map whose readers take no lock.

use super::digest::ByFirstWord;
use super::{Digest, Peer, Record};

pub struct Papaya(papaya::HashMap<Digest, Record, ByFirstWord>);

impl Papaya {
    /// A map with room for `count` records.
    pub fn new(count: usize) -> Self {
        Self(papaya::HashMap::with_capacity_and_hasher(count, ByFirstWord::default()))
    }
}

impl Peer for Papaya {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        let map = self.0.pin();
        for (digest, record) in rows {
            map.insert(*digest, *record);
        }
    }

    #[inline]
    fn get(&self, digest: &Digest) -> Option<Record> {
        self.0.pin().get(digest).copied()
    }
}
