//! LMDB, by heed.

use std::path::Path;

use heed::types::Bytes;
use heed::{Database, Env, EnvOpenOptions};

use super::{Digest, Peer, Record};

/// More bytes than the file will have.
const MAP: usize = 1 << 35;

pub struct Lmdb {
    env: Env,
    records: Database<Bytes, Bytes>,
}

impl Lmdb {
    /// A new file in `directory`.
    pub fn new(directory: &Path) -> Self {
        // SAFETY: the file is new, in a directory that nobody else knows of, so that nobody
        // changes it under the mapping.
        let env = unsafe { EnvOpenOptions::new().map_size(MAP).open(directory) }.unwrap();
        let mut transaction = env.write_txn().unwrap();
        let records = env.create_database(&mut transaction, None).unwrap();
        transaction.commit().unwrap();
        Self { env, records }
    }
}

impl Peer for Lmdb {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        let mut transaction = self.env.write_txn().unwrap();
        for (digest, record) in rows {
            self.records.put(&mut transaction, &digest.0, &record.to_bytes()).unwrap();
        }
        transaction.commit().unwrap();
    }

    fn get(&self, digest: &Digest) -> Option<Record> {
        let transaction = self.env.read_txn().unwrap();
        let bytes = self.records.get(&transaction, &digest.0).unwrap();
        bytes.map(|bytes| Record::from_bytes(bytes.try_into().unwrap()))
    }
}
