//! Give a token again.

use std::ffi::c_char;

use engine::{KeyId, SealingKey};

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::import::KEYCASK_IMPORTED_TOKEN_MAX;
use crate::options::secret;
use crate::ptr::{self, Out, Room};
use crate::status::Status;
use crate::store::Store;

/// Gives the token of a key whose kind keeps a sealed copy. The audit trail records it before
/// the token is given.
///
/// Writes the token to `token` and its length to `*token_len`. `token_cap` is at least
/// KEYCASK_IMPORTED_TOKEN_MAX, or the call does nothing and is refused with SPACE.
///
/// Fails with ARGUMENT (also without a sealing key), NOT_FOUND, CONFLICT (its kind keeps no
/// copy, or the copy went with a revocation or rotation), PEPPER (another key sealed it),
/// SPACE, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_reveal(
    store: *const Store,
    key: u64,
    by: *const Actor,
    token: *mut c_char,
    token_cap: usize,
    token_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(token, token_cap)?, Out::new(token_len)?);
            let by = Actor::read(by)?;
            // What was told to the trail has to be given: there is room for any.
            if token_cap < KEYCASK_IMPORTED_TOKEN_MAX {
                len.put(KEYCASK_IMPORTED_TOKEN_MAX);
                return Err(ptr::short());
            }
            let token = open.engine.reveal(KeyId::from_bits(key), &by)?;
            room.fill(token.expose().as_bytes(), &len)
        })
    }
}

/// Seals every copy that `old` sealed under the sealing key that the store was opened with, in
/// one commit. `old_len` is KEYCASK_SECRET_LEN.
///
/// Writes how many there were to `*count`, which may be NULL.
///
/// Fails with ARGUMENT, PEPPER (a copy was sealed by neither), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_change_sealing_key(
    store: *const Store,
    old: *const u8,
    old_len: usize,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let by = Actor::read(by)?;
            let bytes = secret("old", old, old_len)?;
            let bytes = bytes.ok_or_else(|| argument("old: it is NULL"))?;
            let changed = open.engine.change_sealing_key(&SealingKey::new(bytes), &by)?;
            ptr::tell(count, u64::try_from(changed).unwrap_or(u64::MAX));
            Ok(())
        })
    }
}
