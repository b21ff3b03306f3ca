//! What commits changed, for those who follow.

use engine::{Changed, Changes, Gone};

use crate::failure::{Failure, Stop};
use crate::guard;
use crate::ptr::{self, Out, Place, Places};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;

/// In what of keycask_changed: a key is new or is not as it was.
pub const KEYCASK_CHANGED_KEY: u32 = 1;
/// In what of keycask_changed: a key was swept.
pub const KEYCASK_CHANGED_SWEPT: u32 = 2;
/// In what of keycask_changed: an owner is new or is not as it was.
pub const KEYCASK_CHANGED_OWNER: u32 = 3;
/// In what of keycask_changed: a realm is new or is not as it was.
pub const KEYCASK_CHANGED_REALM: u32 = 4;
/// In what of keycask_changed: something that this version of the library has no number for.
pub const KEYCASK_CHANGED_OTHER: u32 = 5;

/// How far somebody who follows a store has come: the last commit that it knows, of which
/// store. Keep it as it is: a store that was restored from a backup has another id, and a seq
/// of one means nothing in the other.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FeedCursor {
    /// sizeof(keycask_feed_cursor).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The number of the commit.
    pub seq: u64,
    /// The store's id.
    pub store_id: [u8; 16],
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 16 bytes, no padding.
unsafe impl Sized for FeedCursor {}

impl FeedCursor {
    const fn of(cursor: engine::FeedCursor) -> Self {
        Self { struct_size: 0, zero: 0, seq: cursor.seq, store_id: cursor.store_id }
    }
}

/// One thing that a commit changed. What it is now is to be looked up.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Change {
    /// sizeof(keycask_changed).
    pub struct_size: u32,
    /// KEYCASK_CHANGED_...
    pub what: u32,
    /// The number of the commit.
    pub seq: u64,
    /// The key, the owner's number or the realm's number.
    pub number: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 bytes, no padding.
unsafe impl Sized for Change {}

/// Most commits that are read at a time.
const COMMITS: usize = 256;

/// Writes where the feed of changes begins and ends now. Who follows from `*oldest` is given
/// every commit that the log still has; who has just read the whole store follows from
/// `*newest`. Either may be NULL.
///
/// Fails with ARGUMENT, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_feed(
    store: *const Store,
    oldest: *mut FeedCursor,
    newest: *mut FeedCursor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (oldest, newest) = (Place::optional(oldest)?, Place::optional(newest)?);
            let feed = open.engine.feed()?;
            for (out, cursor) in [(oldest, feed.oldest), (newest, feed.newest)] {
                if let Some(out) = out {
                    out.put(FeedCursor::of(cursor));
                }
            }
            Ok(())
        })
    }
}

/// Reads the log: what the commits after `since` changed, in order and without a gap. What was
/// done, by whom and why is in the entries of keycask_audit() that have the commit's seq.
///
/// Writes whole commits to `changes`, as many as there is room for, how many changes that are
/// to `*count`, and the last commit among them to `*reached`, from which to go on; if there is
/// none after `since`, 0 and `since`: you have come to the end once its seq is that of `since`, and
/// not before, though `*count` may be 0. Nobody is woken: ask again after a while. All changes have
/// the struct_size of the first. On SPACE, when there is no room for one commit, `*count` alone
/// is written: how many changes it has.
///
/// A store that is read-only is told of what the writer committed, though its decisions are not.
///
/// Fails with ARGUMENT, GONE (read everything anew, and follow from `*newest` of keycask_feed():
/// the message begins with `other_store`, it was restored from a backup; `trimmed`, the log no
/// longer reaches back that far; or `ahead`, an older copy of the file was put in its place),
/// MOVED (open the store again, and go on from `since`), SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_changes(
    store: *const Store,
    since: *const FeedCursor,
    changes: *mut Change,
    changes_cap: usize,
    count: *mut usize,
    reached: *mut FeedCursor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let since = ptr::read(since)?;
            ptr::zero(since.zero)?;
            let since = engine::FeedCursor { seq: since.seq, store_id: since.store_id };
            let outs = Places::new(changes, changes_cap)?;
            let (count, last) = (Out::new(count)?, Place::new(reached)?);
            let commits = match open.engine.changes(since, COMMITS)? {
                Changes::Since(commits) => commits,
                Changes::Gone(gone) => return Err(is_gone(gone)),
                Changes::Moved => return Err(moved()),
            };
            let (mut given, mut reached) = (0_usize, since);
            for commit in commits {
                let after = given.saturating_add(commit.changed.len());
                if after > outs.len() {
                    if reached == since {
                        count.put(commit.changed.len());
                        return Err(ptr::short());
                    }
                    break;
                }
                for (at, changed) in (given..after).zip(&commit.changed) {
                    let (what, number) = told(changed);
                    outs.put(at, Change { struct_size: 0, what, seq: commit.seq, number });
                }
                (given, reached.seq) = (after, commit.seq);
            }
            count.put(given);
            last.put(FeedCursor::of(reached));
            Ok(())
        })
    }
}

fn is_gone(gone: Gone) -> Stop {
    let why = match gone {
        Gone::OtherStore => "other_store: the store was restored from a backup",
        Gone::Trimmed => "trimmed: the log no longer reaches back that far",
        Gone::Ahead => "ahead: an older copy of the file was put in its place",
        _ => "it cannot be told what happened since",
    };
    Stop::because(Status::ErrGone, why)
}

fn moved() -> Stop {
    Stop::because(Status::ErrMoved, "the store is in another file by now: open it again")
}

fn told(changed: &Changed) -> (u32, u64) {
    match changed {
        Changed::Key(key) => (KEYCASK_CHANGED_KEY, key.bits()),
        Changed::Swept(key) => (KEYCASK_CHANGED_SWEPT, key.bits()),
        Changed::Owner(owner) => (KEYCASK_CHANGED_OWNER, owner.number().into()),
        Changed::Realm(realm) => (KEYCASK_CHANGED_REALM, realm.number().into()),
        _ => (KEYCASK_CHANGED_OTHER, 0),
    }
}
