//! What a caller is told of a denial beside its reason.

use engine::{KeyId, Malformed, Reason};

use crate::grant::Rate;
use crate::scopes::Scopes;
use crate::sized::Sized;

/// In detail of keycask_denial, of MALFORMED: no kind has a prefix that the token begins with.
pub const KEYCASK_MALFORMED_PREFIX: u32 = 1;
/// In detail of keycask_denial, of MALFORMED: the token is not as long as its kind's are.
pub const KEYCASK_MALFORMED_LENGTH: u32 = 2;
/// In detail of keycask_denial, of MALFORMED: a character that no token has.
pub const KEYCASK_MALFORMED_CHARACTER: u32 = 3;
/// In detail of keycask_denial, of MALFORMED: the checksum does not match.
pub const KEYCASK_MALFORMED_CHECKSUM: u32 = 4;

/// What there is to say of a denial, for your program and its log. Fields that do not belong
/// to the reason are zero.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Denial {
    /// sizeof(keycask_denial).
    pub struct_size: u32,
    /// Of MALFORMED: one of KEYCASK_MALFORMED_...
    pub detail: u32,
    /// The key, where the token is one's; else 0.
    pub key: u64,
    /// Of SCOPE: what the request needs.
    pub required: Scopes,
    /// Of SCOPE: what the key may do.
    pub present: Scopes,
    /// Of RATE_LIMITED: milliseconds until the request would be admitted.
    pub retry_ms: u64,
    /// Of RATE_LIMITED: the window that admits again last.
    pub rate: Rate,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 16 + 16 + 8 + 24
// bytes, no padding.
unsafe impl Sized for Denial {}

impl Denial {
    pub(crate) const NONE: Self = Self {
        struct_size: 0,
        detail: 0,
        key: 0,
        required: Scopes { low: 0, high: 0 },
        present: Scopes { low: 0, high: 0 },
        retry_ms: 0,
        rate: Rate::NONE,
    };

    pub(crate) fn of(denial: &engine::Denial) -> Self {
        let mut out = Self { key: denial.key.map_or(0, KeyId::bits), ..Self::NONE };
        match denial.reason {
            Reason::Malformed(malformed) => {
                out.detail = match malformed {
                    Malformed::Prefix => KEYCASK_MALFORMED_PREFIX,
                    Malformed::Length { .. } => KEYCASK_MALFORMED_LENGTH,
                    Malformed::Character { .. } => KEYCASK_MALFORMED_CHARACTER,
                    Malformed::Checksum => KEYCASK_MALFORMED_CHECKSUM,
                    _ => 0,
                }
            }
            Reason::Scope { required, present } => {
                (out.required, out.present) = (Scopes::of(required), Scopes::of(present));
            }
            Reason::RateLimited { rate, retry_ms } => {
                (out.rate, out.retry_ms) = (Rate::of(Some(rate)), retry_ms);
            }
            _ => {}
        }
        out
    }
}
