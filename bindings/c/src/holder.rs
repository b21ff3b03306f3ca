//! What whoever holds a token can do about its key.

use std::ffi::c_char;

use engine::{RealmRef, VerifyError};

use crate::failure::Failure;
use crate::guard;
use crate::ptr;
use crate::status::Status;
use crate::store::Store;

/// Revokes the key whose token this is, as its holder asks, who found it in a log perhaps. It is
/// refused before anything is read, whether it would be granted or not: a suspended or expired
/// key is revoked too, and a revoked one stays as it is. The audit trail names `holder` as the
/// actor. `reason` has 256 bytes at most, without control characters, and may be empty.
///
/// Writes the key to `*key`, which may be NULL.
///
/// Denies with MALFORMED, UNKNOWN: the token is nobody's. Fails with ARGUMENT, NOT_FOUND (no such
/// realm), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_revoke_presented(
    store: *const Store,
    realm: u16,
    token: *const c_char,
    token_len: usize,
    reason: *const c_char,
    reason_len: usize,
    key: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (token, reason) = (ptr::bytes(token, token_len)?, ptr::text(reason, reason_len)?);
            let realm = RealmRef::new(realm);
            match open.engine.revoke_presented(realm, token, reason) {
                Ok(info) => {
                    ptr::tell(key, info.key_id.bits());
                    Ok(())
                }
                Err(VerifyError::Denied(denied)) => Err(Status::of_reason(denied.reason).into()),
                Err(VerifyError::Failed(error)) => Err(error.into()),
            }
        })
    }
}
