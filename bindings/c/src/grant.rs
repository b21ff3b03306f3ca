//! A grant, as numbers.

use engine::{KeyId, KindRef, OwnerRef, RealmRef, Timestamp};

use crate::credits::Credits;
use crate::failure::{Stop, argument};
use crate::scopes::Scopes;
use crate::sized::Sized;

/// In flags of keycask_grant and keycask_key_info: the key was rotated and lives on only for
/// its grace.
pub const KEYCASK_IN_GRACE: u32 = 1;

/// One rate window as it stands after a decision. All zero if none applies.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Rate {
    /// Requests that the window admits.
    pub limit: u32,
    /// Requests that it would still admit.
    pub remaining: u32,
    /// When the window ends.
    pub reset_ms: i64,
    /// The window's length.
    pub period_ms: u64,
}

impl Rate {
    pub(crate) const NONE: Self = Self { limit: 0, remaining: 0, reset_ms: 0, period_ms: 0 };

    #[inline]
    pub(crate) fn of(rate: Option<engine::Rate>) -> Self {
        rate.map_or(Self::NONE, |rate| Self {
            limit: rate.limit,
            remaining: rate.remaining,
            reset_ms: rate.reset.as_ms(),
            period_ms: rate.period_ms,
        })
    }
}

/// Whose a token is and what it may do. keycask_describe() gives the text behind the numbers.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Grant {
    /// sizeof(keycask_grant).
    pub struct_size: u32,
    /// KEYCASK_IN_GRACE or 0.
    pub flags: u32,
    /// The key's id. It is public and may be logged.
    pub key: u64,
    /// The number of the owner.
    pub owner: u32,
    /// The number of the realm.
    pub realm: u16,
    /// The number of the key's kind.
    pub kind: u16,
    /// What the token may do, implied scopes included.
    pub scopes: Scopes,
    /// When the key ends; KEYCASK_NEVER if it does not.
    pub end_ms: i64,
    /// The rate window that is nearest to its limit, if there is one.
    pub rate: Rate,
    /// The credits of the key's quota, if it has one. Requests that are decided at the same
    /// moment may not be in it yet.
    pub credits: Credits,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 4 + 2 + 2 + 16 + 8 +
// 24 + 24 bytes, no padding.
unsafe impl Sized for Grant {}

impl Grant {
    #[inline]
    pub(crate) fn of(grant: &engine::Grant) -> Self {
        Self {
            struct_size: 0,
            flags: if grant.in_grace { KEYCASK_IN_GRACE } else { 0 },
            key: grant.key_id.bits(),
            owner: grant.owner.number(),
            realm: grant.realm.number(),
            kind: grant.kind.number(),
            scopes: Scopes::of(grant.scopes),
            end_ms: grant.end.as_ms(),
            rate: Rate::of(grant.rate),
            credits: Credits::of(grant.credits),
        }
    }

    /// The grant that the numbers tell of.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a flag that is not known.
    pub(crate) fn numbers(&self) -> Result<engine::Grant, Stop> {
        if self.flags & !KEYCASK_IN_GRACE != 0 {
            return Err(argument("flags: a bit that this version does not know"));
        }
        Ok(engine::Grant::from_numbers(
            KeyId::from_bits(self.key),
            RealmRef::new(self.realm),
            KindRef::new(self.kind),
            OwnerRef::new(self.owner),
            self.scopes.set(),
            Timestamp::from_ms(self.end_ms),
            self.flags & KEYCASK_IN_GRACE != 0,
        ))
    }
}
