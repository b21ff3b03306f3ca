//! Look after a store.

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::ptr::Out;
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
    count: *mut usize,
    more: *mut u32,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let swept = open.engine.sweep(limit, &Actor::read(by)?)?;
            if !count.is_null() {
                Out::new(count)?.put(swept.keys);
            }
            if !more.is_null() {
                Out::new(more)?.put(u32::from(swept.more));
            }
            Ok(())
        })
    }
}

/// Writes when keys were last used, as far as it is not written. A commit does so once a
/// minute, and keycask_close() does.
///
/// Fails with those of a write, but not with READ_ONLY.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_flush(store: *const Store, error: *mut Failure) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe { guard::run(store, error, |open| Ok(open.engine.flush()?)) }
}

/// Makes the clock's reading the present, though a commit has recorded a later one. For the
/// operator of a machine whose clock was wrong and has been set right.
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
            if !now_ms.is_null() {
                Out::new(now_ms)?.put(now.as_ms());
            }
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
            let now = time::instant(now_ms)?;
            open.at_home()?;
            let none = || argument("the store goes by the machine's clock");
            open.hands.as_ref().ok_or_else(none)?.set(now);
            Ok(())
        })
    }
}
