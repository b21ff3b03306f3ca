//! Change a key.

use engine::{KeyId, Timestamp, Update};

use crate::actor::Actor;
use crate::credits::{self, KEYCASK_NO_QUOTA};
use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::ptr;
use crate::realm::known;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;
use crate::time::{self, KEYCASK_DEFAULT, KEYCASK_KEEP, KEYCASK_NEVER};

/// In flags of keycask_key_change: scopes are set.
pub const KEYCASK_SET_SCOPES: u32 = 1;
/// In flags of keycask_key_change: the lineage has so many credits, until the next refill.
pub const KEYCASK_SET_CREDITS: u32 = 2;
/// In flags of keycask_key_change: it has so many more, until the next refill, whatever the
/// limit of its quota.
pub const KEYCASK_ADD_CREDITS: u32 = 4;
/// In flags of keycask_key_change: it has so many less, or none, until the next refill.
pub const KEYCASK_TAKE_CREDITS: u32 = 8;
/// In flags of keycask_key_change: the key may be used from anywhere.
pub const KEYCASK_ANY_NETWORK: u32 = 16;

const CREDITS: u32 = KEYCASK_SET_CREDITS | KEYCASK_ADD_CREDITS | KEYCASK_TAKE_CREDITS;
const FLAGS: u32 = CREDITS | KEYCASK_SET_SCOPES | KEYCASK_ANY_NETWORK | KEYCASK_NO_QUOTA;

/// What shall change about a key. KEYCASK_KEY_CHANGE_INIT changes nothing. What lifts a limit has
/// a name of its own; an empty text never does.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct KeyChange {
    /// sizeof(keycask_key_change).
    pub struct_size: u32,
    /// KEYCASK_SET_SCOPES, KEYCASK_ANY_NETWORK, KEYCASK_NO_QUOTA, and one of
    /// KEYCASK_..._CREDITS; or 0.
    pub flags: u32,
    /// A new name. May be left out.
    pub name: Text,
    /// New metadata. May be left out.
    pub metadata: Text,
    /// A new end: KEYCASK_KEEP, KEYCASK_NEVER or a time that has not passed.
    pub end_ms: i64,
    /// With KEYCASK_SET_SCOPES: new scopes, in place of the old ones. Else none.
    pub scopes: Scopes,
    /// New networks, as in keycask_spec. May be left out: they stay or, with
    /// KEYCASK_ANY_NETWORK, are taken away; the empty text is refused.
    pub networks: Text,
    /// How long it may stay unused from now on: KEYCASK_KEEP, KEYCASK_DEFAULT (as its realm has
    /// it), or milliseconds. A key that was refused as idle is granted again.
    pub idle_ms: i64,
    /// A new quota for the whole lineage, as in keycask_spec, with all its credits. May be left
    /// out: it stays or, with KEYCASK_NO_QUOTA, is taken away; the empty text is refused.
    pub quota: Text,
    /// With one of KEYCASK_..._CREDITS: how many. Else 0.
    pub credits: u64,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then fields of
// eight and of sixteen bytes, no padding.
unsafe impl Sized for KeyChange {}

impl KeyChange {
    /// All of it but for the scopes, which are named by the realm.
    ///
    /// # Safety
    ///
    /// That of `Text::given` for each text.
    unsafe fn build(&self) -> Result<Update, Stop> {
        let of_credits = self.flags & CREDITS;
        if self.flags & !FLAGS != 0 || of_credits.count_ones() > 1 {
            return Err(argument("flags: one is not known, or two exclude each other"));
        }
        if of_credits == 0 && self.credits != 0 {
            return Err(argument("credits: set, and no flag says what for"));
        }
        if self.flags & KEYCASK_SET_SCOPES == 0 && !self.scopes.is_none() {
            return Err(argument("scopes: set, and KEYCASK_SET_SCOPES is not"));
        }
        // SAFETY: the caller's promise is the same.
        let (name, metadata) = unsafe { (self.name.given()?, self.metadata.given()?) };
        // SAFETY: the caller's promise is the same.
        let networks = unsafe { self.networks.given() }?;
        // SAFETY: the caller's promise is the same.
        let quota = unsafe { credits::asked(self.quota, self.flags) }?;
        let mut built = Update::new();
        if let Some(name) = name {
            built = built.name(name);
        }
        if let Some(metadata) = metadata {
            built = built.metadata(metadata);
        }
        built = match (networks, self.flags & KEYCASK_ANY_NETWORK != 0) {
            (None, false) => built,
            (None, true) => built.any_network(),
            (Some(list), false) => built.networks(list.split_ascii_whitespace()),
            (Some(_), true) => {
                return Err(argument("networks: set, and KEYCASK_ANY_NETWORK is too"));
            }
        };
        if let Some(quota) = quota {
            built = built.quota(quota);
        }
        built = match self.end_ms {
            KEYCASK_KEEP => built,
            KEYCASK_NEVER => built.end(Timestamp::NEVER),
            at => built.end(time::instant("end_ms", at)?),
        };
        built = match self.idle_ms {
            KEYCASK_KEEP => built,
            KEYCASK_DEFAULT => built.no_idle(),
            span => built.idle(time::span("idle_ms", span)?),
        };
        Ok(match of_credits {
            KEYCASK_SET_CREDITS => built.set_credits(self.credits),
            KEYCASK_ADD_CREDITS => built.add_credits(self.credits),
            KEYCASK_TAKE_CREDITS => built.take_credits(self.credits),
            _ => built,
        })
    }
}

/// Changes a key's name, metadata, end, scopes, networks or idle span, or the quota and the
/// credits of its lineage. What is taken away is enforced before the commit, what is added
/// after it.
///
/// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked, was rotated and would outlive its
/// grace, or has no quota whose credits could be changed), CAP (a later end makes it active
/// again and there is no place for it), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_update(
    store: *const Store,
    key: u64,
    change: *const KeyChange,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (change, by) = (ptr::read(change)?, Actor::read(by)?);
            let (key, mut built) = (KeyId::from_bits(key), change.build()?);
            if change.flags & KEYCASK_SET_SCOPES != 0 {
                let realm = known(open, open.engine.key(key)?.realm.number())?;
                built = built.scopes(change.scopes.names(&realm)?);
            }
            open.engine.update(key, &built, &by)?;
            Ok(())
        })
    }
}
