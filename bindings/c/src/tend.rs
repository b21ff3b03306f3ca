//! Look after a store.

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::ptr;
use crate::status::Status;
use crate::store::Store;
use crate::time;

/// Checks the whole file: every row, each index against the rows, the log, and the chain of
/// the audit trail. Takes as long as reading the file does.
///
/// Fails with CORRUPT or NEWER, naming the first row that is wrong; IO.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_check(store: *const Store, error: *mut Failure) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe { guard::run(store, error, |open| Ok(open.engine.check()?)) }
}

/// Takes out keys that expired or were revoked longer ago than their profile retains them,
/// `limit` at most (1 to 10,000), in one commit. Decisions do not depend on it.
///
/// Writes how many it took out to `*count`, and 1 to `*more` if there may be more, else 0; both
/// may be NULL.
///
/// Fails with ARGUMENT, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_sweep(
    store: *const Store,
    limit: usize,
    by: *const Actor,
    count: *mut u64,
    more: *mut u32,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let swept = open.engine.sweep(limit, &Actor::read(by)?)?;
            ptr::tell(count, u64::try_from(swept.keys).unwrap_or(u64::MAX));
            ptr::tell(more, u32::from(swept.more));
            Ok(())
        })
    }
}

/// Sweeps until nothing is left to take out, a thousand keys a commit. Other writers have their
/// turn between any two.
///
/// Writes how many keys it took out to `*count`, which may be NULL.
///
/// Fails with ARGUMENT (also if `by` names an operation, which is one commit), and those of a
/// write: what was taken out before stays so.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_sweep_all(
    store: *const Store,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let swept = open.engine.sweep_all(&Actor::read(by)?)?;
            ptr::tell(count, swept);
            Ok(())
        })
    }
}

/// Writes the file anew in the order of its keys, so that it is as short as it can be, and puts
/// it in the place of the old one in one step. It needs room for both. Deciding and reading go
/// on; writers wait until it is over, a second or so for 100,000 keys. Whoever has the store open
/// read-only goes on with the old file, which no longer changes.
///
/// Writes the lengths of the old file and of the new one in bytes to `*before` and `*after`; both
/// may be NULL.
///
/// Fails with CONFLICT (another file has the store's name by now), PERMISSION, CORRUPT, and those
/// of a write. Unless it is INDETERMINATE, the old file is in its place and the store goes on.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_compact(
    store: *const Store,
    before: *mut u64,
    after: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            #[cfg(planted)]
            crate::planted::refusing()?;
            let compacted = open.engine.compact()?;
            ptr::tell(before, compacted.before);
            ptr::tell(after, compacted.after);
            Ok(())
        })
    }
}

/// Writes when keys were last used, as far as it is not written; takes more credits from the file
/// where they are low; and does what keycask_rehash() does. A commit writes last uses once a
/// minute, and keycask_close() does it all. A service that seldom writes calls it now and then.
///
/// Fails with those of a write, but not with READ_ONLY or UNCONFIRMED: then there is nothing to
/// do.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_flush(store: *const Store, error: *mut Failure) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe { guard::run(store, error, |open| Ok(open.engine.flush()?)) }
}

/// Makes the clock's reading the present, though a commit has recorded a later one. For the
/// operator of a machine whose clock was wrong and has been set right. If the reading is earlier, a
/// key that gave up its place under a cap as it seemed to have expired takes one again, also beyond
/// the cap, and credits are refilled no later than if their quota was given now: for that all keys
/// are read, while other writers wait.
///
/// Writes the present to `*now_ms`, which may be NULL.
///
/// Fails with ARGUMENT, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_reset_clock(
    store: *const Store,
    by: *const Actor,
    now_ms: *mut i64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let now = open.engine.reset_clock(&Actor::read(by)?)?;
            ptr::tell(now_ms, now.as_ms());
            Ok(())
        })
    }
}

/// Moves the clock of a store that was opened with a clock_ms of its own. Time does not go
/// back by it: a key that has expired stays so.
///
/// Fails with ARGUMENT (not a time, or the store goes by the machine's clock).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_set_clock(
    store: *const Store,
    now_ms: i64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let now = time::instant("now_ms", now_ms)?;
            let none = || argument("the store goes by the machine's clock");
            open.hands.as_ref().ok_or_else(none)?.set(now);
            Ok(())
        })
    }
}
