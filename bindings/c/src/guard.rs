//! What stands around every call: no panic leaves it, and none goes on after one.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::{Failure, Stop};
use crate::ptr::Out;
use crate::status::Status;
use crate::store::{Open, Store};

/// Runs `body` on the open store behind a handle.
///
/// A panic ends the store: this call and all later ones on the same handle are refused with
/// `KEYCASK_ERR_PANIC`. Other stores are not concerned.
///
/// # Safety
///
/// `store` is NULL or a handle that this library gave, and no other thread closes it during
/// the call. `error` is NULL, or points to a `keycask_error` whose size is set.
#[inline]
pub(crate) unsafe fn run(
    store: *const Store,
    error: *mut Failure,
    body: impl FnOnce(&Open) -> Result<(), Stop>,
) -> Status {
    // SAFETY: the caller's promise about `store`.
    let result = unsafe { Store::open(store) }.and_then(|open| {
        if open.has_panicked() {
            return Err(panicked());
        }
        // What a panic leaves behind is not looked at again: `has_panicked`.
        catch_unwind(AssertUnwindSafe(|| body(open))).unwrap_or_else(|payload| {
            // To drop it might panic again.
            mem::forget(payload);
            open.panic();
            Err(panicked())
        })
    });
    // SAFETY: the caller's promise about `error`.
    unsafe { settle(result, error) }
}

/// Runs `body`, which has no store.
///
/// # Safety
///
/// `error` is NULL, or points to a `keycask_error` whose size is set.
pub(crate) unsafe fn run_alone(
    error: *mut Failure,
    body: impl FnOnce() -> Result<(), Stop>,
) -> Status {
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        mem::forget(payload);
        Err(panicked())
    });
    // SAFETY: the caller's promise about `error`.
    unsafe { settle(result, error) }
}

/// # Safety
///
/// That of `run` about `error`.
#[inline]
unsafe fn settle(result: Result<(), Stop>, error: *mut Failure) -> Status {
    let Err(stop) = result else { return Status::Ok };
    let status = stop.status();
    if (status as i32) < 0 && !error.is_null() {
        // SAFETY: the caller's promise about `error`.
        if let Ok(out) = unsafe { Out::sized(error) } {
            stop.tell(Some(out));
        }
    }
    status
}

#[cold]
fn panicked() -> Stop {
    let why = "a defect in keycask ended a call half-way; close the store and open it again";
    Stop::because(Status::ErrPanic, why)
}

#[cfg(test)]
mod tests;
