//! SQLite, with its log ahead of its writes and each commit synced: `journal_mode=WAL`,
//! `synchronous=FULL`.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

/// What a key leaves behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Its record alone, of bytes that mean nothing.
    Record,
    /// All that issuing a key leaves in keycask's file, of about the same lengths: the record, a
    /// row of the index by owner, the audit trail, and for all keys of a commit a row of the log
    /// and the row that says where the store stands. As there, a token is drawn and hashed, the
    /// owner is looked up, each row has a MAC, the trail is a chain, and of the log as many ops
    /// are kept.
    All,
}

/// Lengths of rows in bytes.
const RECORD: usize = 145;
const OP: usize = 126;
const ENTRY: usize = 340;
const STATE: usize = 202;

/// How many ops the log keeps.
const LOG: i64 = 100_000;

/// A database that takes keys.
pub struct Sqlite {
    connection: Connection,
    rows: Rows,
    next: i64,
    seq: i64,
    head: [u8; 32],
}

impl Sqlite {
    /// A new database in `directory` that has `count` keys.
    pub fn new(directory: &Path, rows: Rows, count: usize) -> Self {
        let connection = Connection::open(directory.join("keys.sqlite")).unwrap();
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        connection
            .execute_batch(
                "PRAGMA synchronous = FULL;
                 CREATE TABLE keys (id INTEGER PRIMARY KEY, record BLOB NOT NULL);
                 CREATE TABLE by_owner (owner INTEGER, id INTEGER, PRIMARY KEY (owner, id))
                     WITHOUT ROWID;
                 CREATE TABLE owners (name TEXT PRIMARY KEY, owner INTEGER) WITHOUT ROWID;
                 CREATE TABLE log (seq INTEGER PRIMARY KEY, last INTEGER, ops BLOB NOT NULL);
                 CREATE TABLE audit (number INTEGER PRIMARY KEY, entry BLOB NOT NULL);
                 CREATE TABLE meta (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
                 INSERT INTO owners VALUES ('owner', 1);
                 INSERT INTO meta VALUES ('state', x'00');",
            )
            .unwrap();
        let mut sqlite = Self { connection, rows, next: 1, seq: 0, head: [0; 32] };
        for _ in 0..count / 10_000 {
            sqlite.put(10_000);
        }
        sqlite
    }

    /// Puts in `count` keys with one commit.
    pub fn put(&mut self, count: usize) {
        let transaction = self.connection.transaction().unwrap();
        let first = self.next;
        for id in first.. {
            if id == first + count as i64 {
                break;
            }
            if self.rows == Rows::Record {
                put(&transaction, "INSERT INTO keys VALUES (?1, ?2)", id, &[id as u8; RECORD]);
                continue;
            }
            put(&transaction, "INSERT INTO keys VALUES (?1, ?2)", id, &record(id));
            let mut owner =
                transaction.prepare_cached("SELECT owner FROM owners WHERE name = ?1").unwrap();
            let owner: i64 = owner.query_row(params!["owner"], |row| row.get(0)).unwrap();
            let sql = "INSERT INTO by_owner VALUES (?1, ?2)";
            transaction.prepare_cached(sql).unwrap().execute(params![owner, id]).unwrap();
            let mut entry = vec![id as u8; ENTRY];
            entry[..32].copy_from_slice(&self.head);
            self.head = *blake3::keyed_hash(&KEY, &entry).as_bytes();
            entry[..32].copy_from_slice(&self.head);
            put(&transaction, "INSERT INTO audit VALUES (?1, ?2)", id, &entry);
        }
        self.next += count as i64;
        if self.rows == Rows::All {
            self.seq += 1;
            let ops = sealed(vec![self.seq as u8; OP * count]);
            let sql = "INSERT INTO log VALUES (?1, ?2, ?3)";
            let mut log = transaction.prepare_cached(sql).unwrap();
            log.execute(params![self.seq, self.next, ops]).unwrap();
            // The oldest rows alone are looked at, as keycask does.
            let oldest = "SELECT seq, last FROM log ORDER BY seq LIMIT 1";
            let mut oldest = transaction.prepare_cached(oldest).unwrap();
            let mut cut = transaction.prepare_cached("DELETE FROM log WHERE seq = ?1").unwrap();
            let is_kept = self.next - LOG;
            while let (seq, last) = oldest
                .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
                .unwrap()
                && last < is_kept
            {
                cut.execute(params![seq]).unwrap();
            }
            let sql = "UPDATE meta SET state = ?1 WHERE name = 'state'";
            let mut meta = transaction.prepare_cached(sql).unwrap();
            meta.execute(params![sealed(vec![self.seq as u8; STATE])]).unwrap();
        }
        transaction.commit().unwrap();
    }
}

const KEY: [u8; 32] = [9; 32];

/// The record of a new token's key.
fn record(id: i64) -> Vec<u8> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).unwrap();
    let mut record = vec![id as u8; RECORD - MAC];
    record[..32].copy_from_slice(blake3::keyed_hash(&KEY, &secret).as_bytes());
    sealed(record)
}

const MAC: usize = 16;

/// A row with its MAC.
fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let mut output = [0; 64];
    blake3::Hasher::new_keyed(&KEY).update(&body).finalize_xof().fill(&mut output);
    body.extend_from_slice(&output[..MAC]);
    body
}

fn put(transaction: &Transaction<'_>, sql: &str, id: i64, bytes: &[u8]) {
    transaction.prepare_cached(sql).unwrap().execute(params![id, bytes]).unwrap();
}
