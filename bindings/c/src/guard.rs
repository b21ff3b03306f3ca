//! What stands around every call: no panic leaves it, and none goes on after one.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::{Failure, Stop};
use crate::ptr::Place;
use crate::status::Status;
use crate::store::{Open, Store};

/// Runs `body` on the open store behind a handle, in the process that opened it.
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
    let whole = || {
        // SAFETY: the caller's promise about `store`.
        let open = unsafe { Store::open(store) }?;
        open.at_home()?;
        // What a panic leaves behind is not looked at again.
        if open.has_panicked() { Err(panicked()) } else { body(open) }
    };
    let spoil = || {
        // SAFETY: the caller's promise about `store`.
        if let Ok(open) = unsafe { Store::open(store) } {
            open.panic();
        }
    };
    // SAFETY: the caller's promise about `error`.
    unsafe { settle(error, whole, spoil) }
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
    // SAFETY: the caller's promise about `error`.
    unsafe { settle(error, body, || ()) }
}

/// Runs `body` if there is a place for its failure or none is wanted, and tells the failure;
/// runs `spoil` if it or the telling panics.
///
/// # Safety
///
/// That of `run` about `error`.
#[inline]
unsafe fn settle(
    error: *mut Failure,
    body: impl FnOnce() -> Result<(), Stop>,
    spoil: impl FnOnce(),
) -> Status {
    // SAFETY: the caller's promise about `error`.
    let Ok(place) = (unsafe { Place::optional(error) }) else { return Status::ErrArgument };
    let ended = |stop: Stop| {
        stop.tell(place.as_ref());
        stop.status()
    };
    let whole = || body().map_or_else(&ended, |()| Status::Ok);
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or_else(|payload| {
        // To drop it might panic again.
        mem::forget(payload);
        spoil();
        ended(panicked())
    })
}

/// Allocates nothing, as telling it does not, so that neither panics.
#[cold]
fn panicked() -> Stop {
    let why = "a defect in keycask ended a call half-way; close the store and open it again";
    Stop::because(Status::ErrPanic, why)
}

#[cfg(test)]
mod tests;
