//! What commits changed, for those who follow.

use engine::{Changed, Changes, FeedCursor};

use crate::failure::{Failure, Stop};
use crate::guard;
use crate::ptr::{self, Out, Outs};
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

/// Reads the log: what the commits after `since` changed, in order and without a gap.
///
/// Writes whole commits to `changes`, as many as there is room for, how many changes that are
/// to `*count`, and the number of the last commit among them to `*seq`; if there is none
/// after `since`, 0 and `since`. All changes have the struct_size of the first. On SPACE, when
/// there is no room for one commit, `*count` alone is written: how many changes it has.
///
/// A cursor is a seq together with the store_id of keycask_stats(): a copy of the file that was
/// restored has another, and a seq of one means nothing in the other.
///
/// Fails with ARGUMENT, GONE (the log no longer reaches back to `since`; or the store was opened
/// read-only, and is in another file since it was compacted: open it again), SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_changes(
    store: *const Store,
    since: u64,
    changes: *mut Change,
    changes_cap: usize,
    count: *mut usize,
    seq: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let outs = Outs::sized(changes, changes_cap)?;
            let (count, last) = (Out::new(count)?, Out::new(seq)?);
            let cursor = FeedCursor { seq: since, store_id: open.engine.id() };
            let Changes::Since(commits) = open.engine.changes(cursor, COMMITS)? else {
                let why =
                    "the log no longer reaches back that far, or the store is in another file";
                return Err(Stop::Because(Status::ErrGone, why));
            };
            let (mut given, mut reached) = (0_usize, since);
            for commit in commits {
                let after = given.saturating_add(commit.changed.len());
                if after > outs.len() {
                    if reached == since {
                        count.put(commit.changed.len());
                        return Err(ptr::space());
                    }
                    break;
                }
                for (at, changed) in (given..after).zip(&commit.changed) {
                    let (what, number) = told(changed);
                    outs.put(at, Change { struct_size: 0, what, seq: commit.seq, number });
                }
                (given, reached) = (after, commit.seq);
            }
            count.put(given);
            last.put(reached);
            Ok(())
        })
    }
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
