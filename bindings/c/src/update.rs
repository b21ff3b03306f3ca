//! Change a key.

use engine::{KeyId, Timestamp};

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::ptr;
use crate::realm::known;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;
use crate::time::{self, KEYCASK_KEEP, KEYCASK_NEVER};

/// In flags of keycask_key_change: scopes are set.
pub const KEYCASK_SET_SCOPES: u32 = 1;

/// What shall change about a key. KEYCASK_KEY_CHANGE_INIT changes nothing.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct KeyChange {
    /// sizeof(keycask_key_change).
    pub struct_size: u32,
    /// KEYCASK_SET_SCOPES or 0.
    pub flags: u32,
    /// A new name. May be left out.
    pub name: Text,
    /// New metadata. May be left out.
    pub metadata: Text,
    /// A new end: KEYCASK_KEEP, KEYCASK_NEVER or a time that has not passed.
    pub end_ms: i64,
    /// With KEYCASK_SET_SCOPES: new scopes, in place of the old ones.
    pub scopes: Scopes,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 16 + 16 + 8
// + 16 bytes, no padding.
unsafe impl Sized for KeyChange {}

/// Changes a key's name, metadata, end or scopes. What is taken away is enforced before the
/// commit, what is added after it.
///
/// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked, or was rotated and would outlive
/// its grace), CAP (a later end makes it active again and there is no place for it), and those
/// of a write.
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
            if change.flags & !KEYCASK_SET_SCOPES != 0 {
                return Err(argument("flags: only KEYCASK_SET_SCOPES is known"));
            }
            let key = KeyId::from_bits(key);
            let mut built = engine::Update::new();
            if let Some(name) = change.name.given()? {
                built = built.name(name);
            }
            if let Some(metadata) = change.metadata.given()? {
                built = built.metadata(metadata);
            }
            built = match change.end_ms {
                KEYCASK_KEEP => built,
                KEYCASK_NEVER => built.end(Timestamp::NEVER),
                at => built.end(time::instant(at)?),
            };
            if change.flags & KEYCASK_SET_SCOPES != 0 {
                let realm = known(open, open.engine.key(key)?.realm.number())?;
                built = built.scopes(change.scopes.names(&realm)?);
            }
            open.engine.update(key, &built, &by)?;
            Ok(())
        })
    }
}
