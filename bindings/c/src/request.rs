//! What a caller asks of a decision.

use engine::KindSet;

use crate::failure::{Stop, argument};
use crate::ptr;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::time;

/// As a cost: charges nothing.
pub const KEYCASK_FREE: u32 = 0xFFFF_FFFF;

/// What a decision is asked. KEYCASK_REQUEST_INIT asks for any kind, no scope, now, at a cost
/// of one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Request {
    /// sizeof(keycask_request).
    pub struct_size: u32,
    /// What is charged to rates: from 1, or KEYCASK_FREE.
    pub cost: u32,
    /// The scopes that are needed, all of them.
    pub scopes: Scopes,
    /// The kinds that are accepted: KEYCASK_ANY_KIND or a mask; a token of another is UNKNOWN.
    pub kinds: u64,
    /// The present: KEYCASK_NOW for the store's clock, or a time of your own.
    pub now_ms: i64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 16 + 8 + 8 bytes, no
// padding.
unsafe impl Sized for Request {}

impl Request {
    /// The request at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be one.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`.
    #[inline]
    pub(crate) unsafe fn read(p: *const Self) -> Result<engine::Request, Stop> {
        // SAFETY: the caller's promise is the same.
        let request = unsafe { ptr::read(p) }?;
        if request.cost == 0 || request.kinds == 0 {
            return Err(argument("a request has no cost or accepts no kind"));
        }
        let cost = if request.cost == KEYCASK_FREE { 0 } else { request.cost };
        let built = engine::Request::new()
            .needs(request.scopes.set())
            .kinds(KindSet::from_bits(request.kinds))
            .cost(cost);
        Ok(match time::present(request.now_ms)? {
            Some(at) => built.at(at),
            None => built,
        })
    }
}
