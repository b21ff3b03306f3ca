//! Whether a call was done.

use std::ffi::c_char;

use engine::KeyId;

use crate::failure::Failure;
use crate::guard;
use crate::ptr::{self, Place};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;

/// An operation that was done.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Operation {
    /// sizeof(keycask_operation_info).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The commit that it was done with. Entries of the audit trail with this seq say what it
    /// changed; there are none if there was nothing to change.
    pub seq: u64,
    /// When it was done.
    pub at_ms: i64,
    /// The key that it made or changed, if it was about one alone; else 0.
    pub key: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 + 8 bytes, no padding.
unsafe impl Sized for Operation {}

/// Says whether the call that named its operation `id` was done, in `*out`. After INDETERMINATE,
/// once the store is opened again, that tells; so does making the call again.
///
/// Operations are known as long as their commits are in the log.
///
/// Fails with ARGUMENT, NOT_FOUND (none of this name was done, as far as is known), CONFLICT (it is
/// several commits, and some are missing: make the call again), IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_operation(
    store: *const Store,
    id: *const c_char,
    id_len: usize,
    out: *mut Operation,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, id) = (Place::new(out)?, ptr::text(id, id_len)?);
            let done = open.engine.operation(id)?;
            out.put(Operation {
                struct_size: 0,
                zero: 0,
                seq: done.seq,
                at_ms: done.at.as_ms(),
                key: done.key.map_or(0, KeyId::bits),
            });
            Ok(())
        })
    }
}
