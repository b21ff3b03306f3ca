//! Which keys are asked for.

use engine::{KeyId, Order, RealmRef, State};

use crate::failure::{Stop, argument};
use crate::key::{KEYCASK_ACTIVE, KEYCASK_REVOKED, KEYCASK_SUSPENDED};
use crate::ptr;
use crate::sized::Sized;
use crate::text::Text;
use crate::time::{self, KEYCASK_DEFAULT, KEYCASK_NONE};

/// In flags of keycask_filter: only keys whose end has come, whatever their state.
pub const KEYCASK_ONLY_EXPIRED: u32 = 1;
/// In flags of keycask_filter: only keys whose end has not come, whatever their state.
pub const KEYCASK_ONLY_UNEXPIRED: u32 = 2;
/// In flags of keycask_filter: only keys that were rotated and live on for their grace.
pub const KEYCASK_ONLY_IN_GRACE: u32 = 4;
/// In flags of keycask_filter: only keys that were never granted, as far as is known. Of keys
/// whose use is kept: a realm that has none is refused. One that was issued before its use was
/// kept is left out.
pub const KEYCASK_ONLY_NEVER_USED: u32 = 8;
/// In order of keycask_filter: by key id, and so by time of issue. A key never changes its
/// place.
pub const KEYCASK_BY_KEY: u32 = 0;
/// In order of keycask_filter: by when a key ceases to be of use, the earliest first: at its end
/// or, if it was revoked before that, when it was revoked. Keys for which that never comes are
/// last, by key id.
pub const KEYCASK_BY_END: u32 = 1;

/// Which keys are asked for: those that meet every condition. KEYCASK_FILTER_INIT has none, and
/// selects all keys. Spans count from the present; those of a later page, from that of the
/// first. Conditions that no key can meet together are refused with ARGUMENT.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Filter {
    /// sizeof(keycask_filter).
    pub struct_size: u32,
    /// KEYCASK_ONLY_..., or 0.
    pub flags: u32,
    /// Only keys in this state: KEYCASK_ACTIVE, ...; 0 for any.
    pub state: u32,
    /// For a list: KEYCASK_BY_KEY or KEYCASK_BY_END.
    pub order: u32,
    /// Only keys of this realm; 0 for any.
    pub realm: u16,
    /// 0.
    pub zero: u16,
    /// 0.
    pub zero_too: u32,
    /// Only keys of the lineage of this key: of any key in it, or of its first if that was
    /// swept; 0 for any. That there is no such lineage is an error where its keys are to be ended.
    pub lineage: u64,
    /// Only keys of the kind of this name; with a realm. May be left out.
    pub kind: Text,
    /// Only keys of this owner; with a realm. May be left out.
    pub owner: Text,
    /// Only keys with this hint: the prefix, three dots and the last four characters, or the
    /// latter two for any prefix. Several keys may share a hint. May be left out.
    pub hint: Text,
    /// Only keys that were issued then or later; KEYCASK_NONE for any.
    pub issued_from_ms: i64,
    /// Only keys that were issued earlier than then; KEYCASK_NONE for any.
    pub issued_before_ms: i64,
    /// Only keys that are neither revoked nor expired, and will have expired once this span has
    /// passed; KEYCASK_NONE for any.
    pub expiring_ms: i64,
    /// Only keys that are to be rotated: neither revoked, expired nor rotated, and as old as
    /// this, or with KEYCASK_DEFAULT as their profile says; KEYCASK_NONE for any.
    pub due_ms: i64,
    /// Only keys that were not granted for this span, or if never, issued or imported that long
    /// ago; KEYCASK_NONE for any. Of keys whose use is kept, as with KEYCASK_ONLY_NEVER_USED.
    pub idle_ms: i64,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: four times 4, 2 + 2 +
// 4, then fields of eight and of sixteen bytes, no padding.
unsafe impl Sized for Filter {}

impl Filter {
    /// The filter at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be one.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`, and of `Text::given` for each text.
    pub(crate) unsafe fn read(p: *const Self) -> Result<engine::Filter, Stop> {
        // SAFETY: the caller's promise is the same.
        let filter = unsafe { ptr::read(p) }?;
        // SAFETY: the caller's promise is the same.
        let [kind, owner, hint] =
            unsafe { [filter.kind.given()?, filter.owner.given()?, filter.hint.given()?] };
        let mut built = filter.numbers()?;
        if let Some(kind) = kind {
            built = built.kind(kind);
        }
        if let Some(owner) = owner {
            built = built.owner(owner);
        }
        Ok(match hint {
            Some(hint) => built.hint(hint),
            None => built,
        })
    }

    /// All but the texts.
    fn numbers(&self) -> Result<engine::Filter, Stop> {
        const EITHER: u32 = KEYCASK_ONLY_EXPIRED | KEYCASK_ONLY_UNEXPIRED;
        const KNOWN: u32 = EITHER | KEYCASK_ONLY_IN_GRACE | KEYCASK_ONLY_NEVER_USED;
        ptr::zero(u32::from(self.zero) | self.zero_too)?;
        if self.flags & !KNOWN != 0 || self.flags & EITHER == EITHER {
            return Err(argument("flags: one is not known, or two exclude each other"));
        }
        let has = |flag| self.flags & flag != 0;
        let mut built = engine::Filter::new().order(match self.order {
            KEYCASK_BY_KEY => Order::KeyId,
            KEYCASK_BY_END => Order::End,
            _ => return Err(argument("order: none with this number")),
        });
        built = match self.state {
            0 => built,
            KEYCASK_ACTIVE => built.state(State::Active),
            KEYCASK_SUSPENDED => built.state(State::Suspended),
            KEYCASK_REVOKED => built.state(State::Revoked),
            _ => return Err(argument("state: none with this number")),
        };
        if self.realm != 0 {
            built = built.realm(RealmRef::new(self.realm));
        }
        if self.lineage != 0 {
            built = built.lineage(KeyId::from_bits(self.lineage));
        }
        if self.flags & EITHER != 0 {
            built = built.expired(has(KEYCASK_ONLY_EXPIRED));
        }
        if has(KEYCASK_ONLY_IN_GRACE) {
            built = built.in_grace();
        }
        if has(KEYCASK_ONLY_NEVER_USED) {
            built = built.never_used();
        }
        if let Some(from) = time::optional("issued_from_ms", self.issued_from_ms, time::instant)? {
            built = built.issued_from(from);
        }
        if let Some(before) =
            time::optional("issued_before_ms", self.issued_before_ms, time::instant)?
        {
            built = built.issued_before(before);
        }
        if let Some(span) = time::optional("expiring_ms", self.expiring_ms, time::span)? {
            built = built.expiring_within(span);
        }
        if let Some(span) = time::optional("idle_ms", self.idle_ms, time::span)? {
            built = built.idle_for(span);
        }
        Ok(match self.due_ms {
            KEYCASK_NONE => built,
            KEYCASK_DEFAULT => built.rotation_due(),
            age => built.rotation_due_at(time::span("due_ms", age)?),
        })
    }
}
