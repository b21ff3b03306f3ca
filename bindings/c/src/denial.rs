//! What a caller is told of a denial beside its reason.

use engine::{KeyId, Malformed, Reason};

use crate::credits::Credits;
use crate::grant::Rate;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::time::KEYCASK_NEVER;

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
    /// Of SCOPE: what the request needs. It is none where no scope permits the method, and may be
    /// none of a key that uses its owner's scopes while there are none.
    pub required: Scopes,
    /// Of SCOPE: what the key may do.
    pub present: Scopes,
    /// Of RATE_LIMITED and QUOTA_EXHAUSTED: milliseconds until the request would be admitted;
    /// KEYCASK_NEVER if it would not: it costs more than there ever is, the quota is not
    /// refilled, or the store cannot write what its credits come to.
    pub retry_ms: i64,
    /// Of RATE_LIMITED: the window that admits again last.
    pub rate: Rate,
    /// Of QUOTA_EXHAUSTED: what is left of the key's quota.
    pub credits: Credits,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 16 + 16 + 8 + 24 +
// 24 bytes, no padding.
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
        credits: Credits::NONE,
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
                (out.rate, out.retry_ms) = (Rate::of(Some(rate)), retry(retry_ms));
            }
            Reason::QuotaExhausted { credits, retry_ms } => {
                (out.credits, out.retry_ms) = (Credits::of(Some(credits)), retry(retry_ms));
            }
            _ => {}
        }
        #[cfg(planted)]
        crate::planted::denying(&mut out);
        out
    }
}

/// A wait, which may be for ever.
fn retry(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(KEYCASK_NEVER)
}
