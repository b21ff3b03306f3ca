//! SQLite: `journal_mode=WAL`, its file mapped, its statement prepared once.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Digest, Peer, Record};

/// More bytes than the file will have.
const MAP: i64 = 1 << 35;

pub struct Sqlite(Connection);

impl Sqlite {
    /// A new file in `directory`.
    pub fn new(directory: &Path) -> Self {
        let connection = Connection::open(directory.join("records.sqlite")).unwrap();
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        connection.pragma_update(None, "mmap_size", MAP).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE records (digest BLOB PRIMARY KEY, record BLOB NOT NULL)
                     WITHOUT ROWID",
            )
            .unwrap();
        Self(connection)
    }
}

impl Peer for Sqlite {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        let transaction = self.0.transaction().unwrap();
        for (digest, record) in rows {
            let mut insert =
                transaction.prepare_cached("INSERT INTO records VALUES (?1, ?2)").unwrap();
            insert.execute(params![digest.0, record.to_bytes()]).unwrap();
        }
        transaction.commit().unwrap();
    }

    fn get(&self, digest: &Digest) -> Option<Record> {
        let mut select =
            self.0.prepare_cached("SELECT record FROM records WHERE digest = ?1").unwrap();
        let record = |row: &rusqlite::Row<'_>| Ok(Record::from_bytes(&row.get(0)?));
        select.query_row([digest.0], record).optional().unwrap()
    }
}
