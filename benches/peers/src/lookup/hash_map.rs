//! The standard library's map behind its lock.

use std::collections;
use std::sync::RwLock;

use super::digest::ByFirstWord;
use super::{Digest, Peer, Record};

pub struct HashMap(RwLock<collections::HashMap<Digest, Record, ByFirstWord>>);

impl HashMap {
    /// A map with room for `count` records.
    pub fn new(count: usize) -> Self {
        let hasher = ByFirstWord::default();
        Self(RwLock::new(collections::HashMap::with_capacity_and_hasher(count, hasher)))
    }
}

impl Peer for HashMap {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        self.0.write().unwrap().extend(rows.iter().copied());
    }

    #[inline]
    fn get(&self, digest: &Digest) -> Option<Record> {
        self.0.read().unwrap().get(digest).copied()
    }
}
