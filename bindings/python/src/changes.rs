//! What changed, for those who follow.

use keycask::{Changed, Changes, FeedCursor, Gone, Result as Engine};
use pyo3::prelude::*;

use crate::audit::AuditEntry;
use crate::names::Id;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::{Store, not_known, realm_name};
use crate::value;

struct Feed(keycask::Feed);

shown!(Feed as Feed, |feed| {
    oldest: feed.0.oldest.to_string(),
    newest: feed.0.newest.to_string(),
});

struct Commit {
    seq: u64,
    cursor: String,
    changed: Vec<What>,
    entries: Vec<AuditEntry>,
}

shown!(Commit as Commit, |commit| {
    seq: commit.seq,
    cursor: commit.cursor,
    changed: Many(commit.changed),
    entries: Many(commit.entries),
});

struct What {
    what: &'static str,
    key: Option<Id>,
    realm: Option<String>,
    owner: Option<String>,
}

shown!(What as Changed, |it| {
    what: it.what,
    key_id: it.key,
    realm: it.realm,
    owner: it.owner,
});

impl What {
    fn of(store: &keycask::Store, changed: &Changed) -> Engine<Self> {
        let none = Self { what: "", key: None, realm: None, owner: None };
        Ok(match changed {
            Changed::Key(key) => Self { what: "key", key: Some(Id(*key)), ..none },
            Changed::Swept(key) => Self { what: "swept", key: Some(Id(*key)), ..none },
            Changed::Owner(owner) => {
                let (realm, id) = store.owner_id(*owner)?;
                let (realm, owner) = (Some(realm_name(store, realm)?), Some(id.to_owned()));
                Self { what: "owner", realm, owner, ..none }
            }
            Changed::Realm(realm) => {
                Self { what: "realm", realm: Some(realm_name(store, *realm)?), ..none }
            }
            _ => return Err(not_known("a change")),
        })
    }
}

#[pymethods]
impl Store {
    /// Where the feed begins and ends now, as cursors.
    ///
    /// Raises `IoError` or `CorruptError` if the file cannot be read.
    fn feed(&self, py: Python<'_>) -> Result<Feed, Stop> {
        self.disk(py, keycask::Store::feed).map(Feed)
    }

    /// The commits after the cursor `since`, at most `limit` of them, in order: none is ever left
    /// out. Nobody is woken: ask again after a while.
    ///
    /// Raises `GoneError` if the feed does not reach back that far, or is another store's: read
    /// everything anew; `MovedError` of a store that is open read-only, if its file was compacted:
    /// open it again; `ArgumentError` for what is no cursor; `IoError` or `CorruptError` if the
    /// file cannot be read.
    #[pyo3(signature = (since, *, limit=100))]
    fn changes(
        &self,
        py: Python<'_>,
        since: &str,
        #[pyo3(from_py_with = value::given)] limit: usize,
    ) -> Result<Many<Commit>, Stop> {
        let since: FeedCursor = since.parse()?;
        self.disk(py, |store| -> Result<_, Stop> {
            let commits = match store.changes(since, limit)? {
                Changes::Since(commits) => commits,
                Changes::Gone(Gone::OtherStore) => {
                    return Err(Stop::Gone("the cursor is another store's"));
                }
                Changes::Gone(Gone::Ahead) => {
                    return Err(Stop::Gone("the cursor is ahead of this store"));
                }
                Changes::Gone(_) => {
                    return Err(Stop::Gone("the log no longer reaches back that far"));
                }
                Changes::Moved => {
                    return Err(Stop::Moved);
                }
            };
            let commit = |commit: keycask::Commit| {
                let changed = commit.changed.iter().map(|changed| What::of(store, changed));
                let cursor = FeedCursor { seq: commit.seq, store_id: store.id() };
                Ok(Commit {
                    seq: commit.seq,
                    cursor: cursor.to_string(),
                    changed: changed.collect::<Engine<_>>()?,
                    entries: AuditEntry::all(store, commit.entries),
                })
            };
            Ok(commits.into_iter().map(commit).collect::<Engine<_>>().map(Many)?)
        })
    }
}
