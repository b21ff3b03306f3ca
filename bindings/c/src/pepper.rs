//! Rotate the pepper.

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::options::secret;
use crate::ptr::{self, Place};
use crate::sized::Sized;
use crate::stats::KEYCASK_PEPPERED;
use crate::status::Status;
use crate::store::Store;

/// Where a store is with the rotation of its pepper.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Pepper {
    /// sizeof(keycask_pepper_info).
    pub struct_size: u32,
    /// KEYCASK_PEPPERED or 0, of the present generation.
    pub flags: u32,
    /// The present generation, from 1. New keys are of it.
    pub generation: u32,
    /// The generation before, until it is retired; 0 if there is none.
    pub previous: u32,
    /// Keys of the generation before that are not revoked: so many would be by retiring it now.
    pub left: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: four times 4, 8 bytes, no padding.
unsafe impl Sized for Pepper {}

/// Makes `pepper` the store's pepper. The one that was is kept beside it until
/// keycask_retire_pepper(): from now on the store opens with both, the other as previous_pepper.
/// `pepper_len` is KEYCASK_SECRET_LEN.
///
/// Each key comes over with the first keycask_flush() after it was next verified, and nobody who
/// holds a token sees a difference. To rotate to the pepper that there is changes nothing. A store
/// without a pepper is given one so.
///
/// Fails with ARGUMENT (also if `by` names an operation: there is no need), CONFLICT (the pepper
/// before is not retired), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_rotate_pepper(
    store: *const Store,
    pepper: *const u8,
    pepper_len: usize,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let bytes = secret("pepper", pepper, pepper_len)?;
            let bytes = bytes.ok_or_else(|| argument("pepper: it is NULL"))?;
            open.engine.rotate_pepper(engine::Pepper::new(bytes), &Actor::read(by)?)?;
            Ok(())
        })
    }
}

/// Writes where the store is with the rotation of its pepper to `*out`. While there is one before
/// the present one, every key is read.
///
/// Fails with ARGUMENT, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_pepper(
    store: *const Store,
    out: *mut Pepper,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(out)?;
            let status = open.engine.pepper_status()?;
            out.put(Pepper {
                struct_size: 0,
                flags: if status.peppered { KEYCASK_PEPPERED } else { 0 },
                generation: status.generation.into(),
                previous: status.previous.map_or(0, u32::from),
                left: status.left,
            });
            Ok(())
        })
    }
}

/// Ends the pepper before the present one, and revokes the keys that are left on it: those that
/// were not verified since the rotation. keycask_pepper() says beforehand how many there are.
///
/// A commit revokes a thousand keys, and the pepper ends with the last; if that is cut off, call
/// again. Writes how many were revoked to `*count`, which may be NULL.
///
/// Fails with ARGUMENT (also if `by` names an operation, which is one commit), CONFLICT (there is
/// no pepper before the present one), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_retire_pepper(
    store: *const Store,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let revoked = open.engine.retire_pepper(&Actor::read(by)?)?;
            ptr::tell(count, revoked);
            Ok(())
        })
    }
}

/// Writes, for each key that was verified by an older digest of its token, the digest that new
/// keys have: by that of another system, since it was imported, or by that under the pepper
/// before. keycask_flush() and keycask_close() do it too.
///
/// Writes how many there were, a few thousand at most, to `*count`, which may be NULL.
///
/// Fails with those of a write, but not with READ_ONLY or UNCONFIRMED: then there is nothing to do.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_rehash(
    store: *const Store,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let rehashed = open.engine.rehash()?;
            ptr::tell(count, rehashed);
            Ok(())
        })
    }
}
