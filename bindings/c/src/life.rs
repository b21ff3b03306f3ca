//! Suspend, resume and revoke a key.

use engine::{Actor as Built, KeyId, KeyInfo};

use crate::actor::Actor;
use crate::failure::Failure;
use crate::guard;
use crate::status::Status;
use crate::store::Store;

/// # Safety
///
/// The promises of the header about each pointer.
unsafe fn change(
    store: *const Store,
    key: u64,
    by: *const Actor,
    error: *mut Failure,
    how: impl FnOnce(&engine::Store, KeyId, &Built) -> engine::Result<KeyInfo>,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            #[cfg(planted)]
            crate::planted::refusing()?;
            how(&open.engine, KeyId::from_bits(key), &Actor::read(by)?)?;
            Ok(())
        })
    }
}

/// Pauses a key: it is refused until it is resumed. It is refused before the change is on its
/// way to the disk. Suspending a suspended key changes nothing.
///
/// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked, or its profile does not allow
/// suspending), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_suspend(
    store: *const Store,
    key: u64,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `change`.
    unsafe { change(store, key, by, error, |store, key, by| store.suspend(key, by)) }
}

/// Ends the pause of a suspended key. Resuming an active key changes nothing.
///
/// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked), CAP, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_resume(
    store: *const Store,
    key: u64,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `change`.
    unsafe { change(store, key, by, error, |store, key, by| store.resume(key, by)) }
}

/// Ends a key for good. Once it returns OK, no thread is granted the key again. If it returns
/// INDETERMINATE, the key stays refused until the store is opened again, which tells whether
/// it is revoked. After another failure, such as FULL or CORRUPT, the key is granted as before:
/// turn it away yourself until a revocation is OK. Revoking a revoked key changes nothing.
///
/// Fails with ARGUMENT, NOT_FOUND, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_revoke(
    store: *const Store,
    key: u64,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `change`.
    unsafe { change(store, key, by, error, |store, key, by| store.revoke(key, by)) }
}
