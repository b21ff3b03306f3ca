//! Check the audit trail, and take out its oldest entries.

use engine::Trim;

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::ptr::{self, Place};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::time;

/// To trim the audit trail: those entries go that are before the first that was asked for at
/// the time `bound` or later.
pub const KEYCASK_TRIM_BEFORE: u32 = 1;
/// To trim the audit trail: those go whose numbers are up to `bound`.
pub const KEYCASK_TRIM_THROUGH: u32 = 2;
/// To trim the audit trail: all but the last `bound` go.
pub const KEYCASK_TRIM_KEEP: u32 = 3;

/// Which entries the audit trail has.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AuditSpan {
    /// sizeof(keycask_audit_span).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Number of the oldest entry that was not taken out.
    pub first: u64,
    /// Number of the last entry; 0 if there never was one.
    pub last: u64,
    /// Entries that are in the file.
    pub entries: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4, three times 8 bytes, no
// padding.
unsafe impl Sized for AuditSpan {}

/// Checks the audit trail alone: that no entry is missing at either end or between, altered, or
/// in another's place. Writes which entries there are to `*out`.
///
/// Fails with ARGUMENT, CORRUPT or NEWER, naming the first entry that is wrong; IO.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit_check(
    store: *const Store,
    out: *mut AuditSpan,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(out)?;
            let found = open.engine.check_audit()?;
            let (first, last, entries) = (found.first, found.last, found.entries);
            out.put(AuditSpan { struct_size: 0, zero: 0, first, last, entries });
            Ok(())
        })
    }
}

/// Takes the oldest entries out of the audit trail, 10,000 at most, in one commit. `what` is one
/// of KEYCASK_TRIM_..., which says what `bound` is: milliseconds since 1970, or a number.
///
/// Numbers stay, and that it was done is an entry, too. Entries that are to go are checked
/// before, and a trail that was altered loses nothing.
///
/// Writes how many it took out to `*count`, and 1 to `*more` if there are more to go, else 0;
/// both may be NULL.
///
/// Fails with ARGUMENT, CORRUPT (one of them is damaged or missing), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit_trim(
    store: *const Store,
    what: u32,
    bound: u64,
    by: *const Actor,
    count: *mut u64,
    more: *mut u32,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let trim = match what {
                KEYCASK_TRIM_BEFORE => {
                    let ms = i64::try_from(bound).unwrap_or(i64::MAX);
                    Trim::Before(time::instant("bound", ms)?)
                }
                KEYCASK_TRIM_THROUGH => Trim::Through(bound),
                KEYCASK_TRIM_KEEP => Trim::Keep(bound),
                _ => return Err(argument("what: none with this number")),
            };
            let trimmed = open.engine.trim_audit(trim, &Actor::read(by)?)?;
            ptr::tell(count, trimmed.entries);
            ptr::tell(more, u32::from(trimmed.more));
            Ok(())
        })
    }
}
