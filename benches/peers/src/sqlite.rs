//! SQLite, with its log ahead of its writes and each commit synced: `journal_mode=WAL`,
//! `synchronous=FULL`.

use std::path::Path;

use rusqlite::{Connection, params};

/// Which rows a key leaves behind.
#[derive(Clone, Copy)]
pub enum Rows {
    /// Its record alone.
    Record,
    /// All that issuing a key leaves in keycask's file: the record, a row of the index by
    /// owner, the log and the audit trail, of about the same lengths.
    All,
}

/// A database that takes keys.
pub struct Sqlite {
    connection: Connection,
    rows: Rows,
    next: i64,
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
                 CREATE TABLE log (seq INTEGER PRIMARY KEY, ops BLOB NOT NULL);
                 CREATE TABLE audit (number INTEGER PRIMARY KEY, entry BLOB NOT NULL);",
            )
            .unwrap();
        let mut sqlite = Self { connection, rows, next: 1 };
        for _ in 0..count / 10_000 {
            sqlite.put(10_000);
        }
        sqlite
    }

    /// Puts in `count` keys with one commit.
    pub fn put(&mut self, count: usize) {
        let transaction = self.connection.transaction().unwrap();
        for _ in 0..count {
            let id = self.next;
            self.next += 1;
            let put = |sql: &str, len: usize| {
                let mut statement = transaction.prepare_cached(sql).unwrap();
                statement.execute(params![id, vec![id as u8; len]]).unwrap();
            };
            put("INSERT INTO keys VALUES (?1, ?2)", 145);
            if let Rows::All = self.rows {
                put("INSERT INTO log VALUES (?1, ?2)", 126);
                put("INSERT INTO audit VALUES (?1, ?2)", 340);
                let mut by_owner =
                    transaction.prepare_cached("INSERT INTO by_owner VALUES (1, ?1)").unwrap();
                by_owner.execute(params![id]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}
