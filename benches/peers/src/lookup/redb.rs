//! redb, with its cache of 1 GiB as it comes.

use std::path::Path;

use redb::{Database, ReadableDatabase, TableDefinition};

use super::{Digest, Peer, Record};

const RECORDS: TableDefinition<&[u8; 32], &[u8; Record::LEN]> = TableDefinition::new("records");

pub struct Redb(Database);

impl Redb {
    /// A new file in `directory`.
    pub fn new(directory: &Path) -> Self {
        Self(Database::create(directory.join("records.redb")).unwrap())
    }
}

impl Peer for Redb {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        let transaction = self.0.begin_write().unwrap();
        let mut table = transaction.open_table(RECORDS).unwrap();
        for (digest, record) in rows {
            table.insert(&digest.0, &record.to_bytes()).unwrap();
        }
        drop(table);
        transaction.commit().unwrap();
    }

    fn get(&self, digest: &Digest) -> Option<Record> {
        let table = self.0.begin_read().unwrap().open_table(RECORDS).unwrap();
        table.get(&digest.0).unwrap().map(|bytes| Record::from_bytes(bytes.value()))
    }
}
