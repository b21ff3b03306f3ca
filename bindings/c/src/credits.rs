//! Quotas as text, and their credits as numbers.

use std::str::FromStr;

use engine::Quota;

use crate::failure::{Stop, argument};
use crate::text::Text;

/// In flags of keycask_spec and keycask_key_change: there is no quota.
pub const KEYCASK_NO_QUOTA: u32 = 32;

/// The credits of a quota. All zero if there is no quota.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Credits {
    /// Credits that there are after a refill.
    pub limit: u64,
    /// Credits that are left. They can be more than the limit, if some were added.
    pub remaining: u64,
    /// When they are refilled; KEYCASK_NEVER if they are not.
    pub reset_ms: i64,
}

impl Credits {
    pub(crate) const NONE: Self = Self { limit: 0, remaining: 0, reset_ms: 0 };

    #[inline]
    pub(crate) fn of(credits: Option<engine::Credits>) -> Self {
        credits.map_or(Self::NONE, |credits| Self {
            limit: credits.limit,
            remaining: credits.remaining,
            reset_ms: credits.reset.as_ms(),
        })
    }
}

/// The quota that a text and KEYCASK_NO_QUOTA ask for: some, or none by that flag alone; nothing
/// is asked if neither is given.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for a text that is not one of a quota, as the empty one, and for both.
///
/// # Safety
///
/// That of `Text::given`.
pub(crate) unsafe fn asked(quota: Text, flags: u32) -> Result<Option<Option<Quota>>, Stop> {
    // SAFETY: the caller's promise is the same.
    Ok(match (unsafe { quota.given() }?, flags & KEYCASK_NO_QUOTA != 0) {
        (None, false) => None,
        (None, true) => Some(None),
        (Some(text), false) => Some(Some(Quota::from_str(text)?)),
        (Some(_), true) => return Err(argument("quota: set, and KEYCASK_NO_QUOTA is too")),
    })
}
