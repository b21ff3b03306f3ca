//! How many keys there are.

use crate::failure::Failure;
use crate::filter::Filter;
use crate::guard;
use crate::ptr::{self, Out, Places};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;

/// Counts the keys that `filter` selects, as of one moment, and writes their number to `*count`.
/// It reads the row of every key that may be selected: of a million, for seconds.
///
/// Fails with ARGUMENT, NOT_FOUND (realm, kind or owner), IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_count(
    store: *const Store,
    filter: *const Filter,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (filter, count) = (Filter::read(filter)?, Out::new(count)?);
            count.put(open.engine.count(&filter)?);
            Ok(())
        })
    }
}

/// How many keys of one kind there are, by state.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct KindCount {
    /// sizeof(keycask_kind_count).
    pub struct_size: u32,
    /// The number of the kind's realm.
    pub realm: u16,
    /// The kind's number, as a grant has it; keycask_kind_name() has its name.
    pub kind: u16,
    /// Keys that are active; those that have expired, too, since that is a fact of time.
    pub active: u64,
    /// Keys that are suspended, those that have expired, too.
    pub suspended: u64,
    /// Keys that are revoked.
    pub revoked: u64,
    /// How many of the active and suspended ones have expired.
    pub expired: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 2 + 2, four times 8 bytes, no
// padding.
unsafe impl Sized for KindCount {}

/// Counts the keys of each kind, as of one moment: one struct for every kind of every realm, also
/// if it has no key, in the order in which kinds were made. It reads the row of every key: of a
/// million, for seconds.
///
/// Writes all to `counts`, and their number to `*count`; on SPACE `*count` alone. All have the
/// struct_size of the first.
///
/// Fails with ARGUMENT, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_count_by_kind(
    store: *const Store,
    counts: *mut KindCount,
    counts_cap: usize,
    count: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Places::new(counts, counts_cap)?, Out::new(count)?);
            let found = open.engine.count_by_kind()?;
            count.put(found.len());
            if found.len() > outs.len() {
                return Err(ptr::short());
            }
            for (at, of) in found.iter().enumerate() {
                outs.put(
                    at,
                    KindCount {
                        struct_size: 0,
                        realm: of.realm.number(),
                        kind: of.kind.number(),
                        active: of.active,
                        suspended: of.suspended,
                        revoked: of.revoked,
                        expired: of.expired,
                    },
                );
            }
            Ok(())
        })
    }
}
