//! Replace a key by a successor.

use std::ffi::c_char;

use engine::KeyId;

use crate::actor::Actor;
use crate::failure::{Failure, Stop};
use crate::guard;
use crate::issue::TokenOut;
use crate::ptr;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::time::{self, End, KEYCASK_AT_ONCE, KEYCASK_DEFAULT};

/// How a key shall be replaced. KEYCASK_ROTATION_INIT takes grace and end from the profile.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Rotation {
    /// sizeof(keycask_rotation).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// How long the old key lives on, if its own end is not earlier: KEYCASK_DEFAULT,
    /// KEYCASK_AT_ONCE (it does not), or milliseconds.
    pub grace_ms: i64,
    /// When the new key ends: KEYCASK_NEVER, KEYCASK_DEFAULT (the old one's lifetime again),
    /// KEYCASK_AFTER with life_ms, or a time.
    pub end_ms: i64,
    /// With KEYCASK_AFTER: milliseconds from now to the end. Else 0.
    pub life_ms: i64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 + 8 bytes, no
// padding.
unsafe impl Sized for Rotation {}

impl Rotation {
    fn build(&self) -> Result<engine::Rotation, Stop> {
        ptr::zero(self.zero)?;
        let rotation = match self.grace_ms {
            KEYCASK_DEFAULT => engine::Rotation::new(),
            KEYCASK_AT_ONCE => engine::Rotation::regenerate(),
            grace => engine::Rotation::new().grace(time::span("grace_ms", grace)?),
        };
        Ok(match End::read(self.end_ms, self.life_ms)? {
            End::Default => rotation,
            End::At(at) => rotation.end(at),
            End::After(span) => rotation.life(span),
        })
    }
}

/// Replaces a key by a successor with the same scopes, owner, name, metadata and limits.
///
/// Without grace the old key is revoked in the same commit. A predecessor of it that still
/// lived on in a grace of its own is revoked too, so that a lineage has two live keys at most.
///
/// Writes the successor's id to `*successor`, its token to `token`, and the token's length to
/// `*token_len`, as keycask_issue() does. `token_cap` is at least KEYCASK_TOKEN_MAX, or the
/// call does nothing and is refused with SPACE.
///
/// Fails with ARGUMENT, NOT_FOUND, CONFLICT (the key is not active, has expired, or was
/// rotated), SPACE, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_rotate(
    store: *const Store,
    key: u64,
    rotation: *const Rotation,
    by: *const Actor,
    token: *mut c_char,
    token_cap: usize,
    token_len: *mut usize,
    successor: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (rotation, by) = (ptr::read(rotation)?.build()?, Actor::read(by)?);
            let out = TokenOut::new(token, token_cap, token_len, successor)?;
            out.put(&open.engine.rotate(KeyId::from_bits(key), &rotation, &by)?)
        })
    }
}
