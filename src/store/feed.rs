//! The change feed: what the log says, to those who follow a store.
//!
//! The log has rows as they are after each commit; what was done, to whom and why is in the
//! entries of the audit trail that were made with it.

use super::{Store, scan};
use crate::audit::AuditEntry;
use crate::error::Result;
use crate::feed_cursor::FeedCursor;
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::Op;
use crate::storage::{self, View};

/// Where the feed of a store begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feed {
    /// Who follows from here is given every commit that the log still has.
    pub oldest: FeedCursor,
    /// Who has just read the whole store follows from here.
    pub newest: FeedCursor,
}

/// What a follower that knows one commit is told of later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// The commits after that one, in order and without a gap.
    Since(Vec<Commit>),
    /// It cannot be told what happened since: read everything anew, and follow from
    /// [`Feed::newest`].
    Gone(Gone),
    /// The store was opened read-only and is in another file by now: somebody compacted it, or
    /// put another store in its place. Open it again, and go on from the same cursor.
    Moved,
}

/// Why it cannot be told what happened since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gone {
    /// The cursor is of another store: this one was restored from a backup of it.
    OtherStore,
    /// The log no longer reaches back that far.
    Trimmed,
    /// The store has not come that far: an older copy was put in its place.
    Ahead,
}

impl Gone {
    /// The reason's stable name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherStore => "other_store",
            Self::Trimmed => "trimmed",
            Self::Ahead => "ahead",
        }
    }
}

/// One commit of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commit {
    /// Its number. With the store's id it is the cursor from which to go on.
    pub seq: u64,
    /// What it changed, in order: what to forget or to read again.
    pub changed: Vec<Changed>,
    /// What was done, with its realm, key and owner: the entries of the audit trail that were
    /// made with it, as far as they were not [taken out](Store::trim_audit) since.
    pub entries: Vec<AuditEntry>,
}

/// One thing that a commit changed. What it is now is to be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Changed {
    /// A key is new or is not as it was.
    Key(KeyId),
    /// A key was swept.
    Swept(KeyId),
    /// An owner is new or is not as it was.
    Owner(OwnerRef),
    /// A realm is new or is not as it was.
    Realm(RealmRef),
}

impl Store {
    /// Where the feed begins and ends now.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn feed(&self) -> Result<Feed> {
        let state = self.storage.view()?.state()?;
        let at = |seq| FeedCursor { seq, store_id: self.id() };
        Ok(Feed { oldest: at(state.first.saturating_sub(1)), newest: at(state.seq) })
    }

    /// The commits after `since`, at most `limit` of them, in order: none is ever left out.
    ///
    /// A store that is open read-only is told of what the writer committed since, though its
    /// decisions are not. Nobody is woken: ask again after a while.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn changes(&self, since: FeedCursor, limit: usize) -> Result<Changes> {
        let view = self.storage.view()?;
        if since.store_id != self.id() {
            return Ok(Changes::Gone(Gone::OtherStore));
        }
        let changes = match view.changes(since.seq, limit)? {
            storage::Changes::Since(changes) => changes,
            storage::Changes::Gone if since.seq > view.state()?.seq => {
                return Ok(Changes::Gone(Gone::Ahead));
            }
            storage::Changes::Gone => return Ok(Changes::Gone(Gone::Trimmed)),
        };
        if changes.is_empty() && self.storage.is_read_only() && self.storage.is_replaced()? {
            return Ok(Changes::Moved);
        }
        commits(&view, since.seq, &changes).map(Changes::Since)
    }
}

/// These changes, which follow after `since`, with what the trail tells of them.
fn commits(view: &View<'_>, since: u64, changes: &[storage::Change]) -> Result<Vec<Commit>> {
    let Some(last) = changes.last() else { return Ok(Vec::new()) };
    let mut commits: Vec<_> = changes.iter().map(commit).collect();
    for entry in scan::entries(view, view.last_entry_by(since)?) {
        let entry = entry?;
        if entry.seq > last.seq {
            break;
        }
        // Seqs of the log have no gap.
        let place = entry.seq.saturating_sub(since).saturating_sub(1);
        let commit = usize::try_from(place).ok().and_then(|place| commits.get_mut(place));
        commit.into_iter().for_each(|commit| commit.entries.push(entry.clone()));
    }
    Ok(commits)
}

fn commit(change: &storage::Change) -> Commit {
    let changed = |op: &Op| match op {
        Op::Key(key) | Op::Rekey(key, _) => Changed::Key(key.key_id),
        Op::Forget(key, _) => Changed::Swept(*key),
        Op::Owner(owner) => Changed::Owner(owner.owner),
        Op::Realm(realm) => Changed::Realm(realm.realm),
    };
    let changed = change.ops.iter().map(changed).collect();
    Commit { seq: change.seq, changed, entries: Vec::new() }
}
