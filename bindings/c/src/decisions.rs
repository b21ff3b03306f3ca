//! Put decisions that were kept into the audit trail.

use crate::actor::Actor;
use crate::failure::Failure;
use crate::guard;
use crate::ptr;
use crate::status::Status;
use crate::store::Store;

/// Takes decisions that were kept, a thousand at most, and puts them into the audit trail as one
/// entry, decisions_noted. They are those that KEYCASK_KEEP_DECISIONS chose; 8,192 wait at most,
/// in memory, and the entry says how many more there were.
///
/// A trail that takes every denial grows as fast as somebody who has no key likes: call it as
/// often as you want that to be. If the commit fails they are gone.
///
/// Writes how many there were to `*count`, which may be NULL; with none there is no entry.
///
/// Fails with ARGUMENT, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit_decisions(
    store: *const Store,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let noted = open.engine.audit_decisions(&Actor::read(by)?)?;
            ptr::tell(count, noted);
            Ok(())
        })
    }
}
