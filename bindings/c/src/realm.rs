//! Apply a profile, and look a realm up.

use std::ffi::c_char;
use std::sync::Arc;

use engine::{Realm, RealmRef};

use crate::actor::Actor;
use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::ptr::{self, Out, Outs, Room};
use crate::status::Status;
use crate::store::{Open, Store};

/// The number of a realm, as results have it, to look it up by.
pub(crate) fn known(open: &Open, realm: u16) -> Result<Arc<Realm>, Stop> {
    Ok(open.engine.profile(RealmRef::new(realm))?)
}

/// Makes the realm that the profile `toml` describes, or changes it, in one commit. docs/profile.md
/// of the sources has all that can stand in a profile.
///
/// `source` names the text in messages: a file's path, 4096 bytes at most. What the new
/// profile takes away is enforced before the commit. Applying the same text again changes
/// nothing.
///
/// Writes the realm's number to `*realm`, which may be NULL. The number stays the same for the
/// life of the file and is never 0.
///
/// Fails with ARGUMENT, PROFILE, CONFLICT (keys or owners use what the profile no longer
/// has), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_realm_apply(
    store: *const Store,
    source: *const c_char,
    source_len: usize,
    toml: *const c_char,
    toml_len: usize,
    by: *const Actor,
    realm: *mut u16,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (source, toml) = (source_name(source, source_len)?, ptr::text(toml, toml_len)?);
            let change = open.engine.apply_realm(source, toml, &Actor::read(by)?)?;
            ptr::tell(realm, open.engine.realm(&change.realm)?.number());
            Ok(())
        })
    }
}

/// # Safety
///
/// That of `ptr::text`.
unsafe fn source_name<'a>(source: *const c_char, len: usize) -> Result<&'a str, Stop> {
    if len > 4096 {
        return Err(argument("source: more than 4096 bytes"));
    }
    // SAFETY: the caller's promise is the same.
    unsafe { ptr::text(source, len) }
}

/// Says what keycask_realm_apply() would change, and changes nothing: one line a difference,
/// for people, without a terminator.
///
/// Writes the lines to `text` and their length to `*text_len`; on SPACE the length alone.
///
/// Fails with ARGUMENT, PROFILE, CONFLICT, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_realm_compare(
    store: *const Store,
    source: *const c_char,
    source_len: usize,
    toml: *const c_char,
    toml_len: usize,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            let (source, toml) = (source_name(source, source_len)?, ptr::text(toml, toml_len)?);
            let change = open.engine.compare_realm(source, toml)?;
            room.fill(change.to_string().as_bytes(), &len)
        })
    }
}

/// Writes the number of the realm called `name` to `*realm`. It is never 0.
///
/// Fails with ARGUMENT, NOT_FOUND.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_realm(
    store: *const Store,
    name: *const c_char,
    name_len: usize,
    realm: *mut u16,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (name, out) = (ptr::text(name, name_len)?, Out::new(realm)?);
            out.put(open.engine.realm(name)?.number());
            Ok(())
        })
    }
}

/// Writes the name of a realm to `text`, KEYCASK_NAME_MAX bytes at most, and its length to
/// `*text_len`; on SPACE the length alone.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_realm_name(
    store: *const Store,
    realm: u16,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            #[cfg(planted)]
            crate::planted::naming(text, text_cap, text_len)?;
            room.fill(known(open, realm)?.name().as_bytes(), &len)
        })
    }
}

/// Of the names of a realm: its kinds.
pub const KEYCASK_KINDS: u32 = 1;
/// Of the names of a realm: its scopes.
pub const KEYCASK_SCOPES: u32 = 2;
/// Of the names of a realm: its sets of scopes.
pub const KEYCASK_SETS: u32 = 3;
/// Of the names of a realm: its plans.
pub const KEYCASK_PLANS: u32 = 4;

/// Writes the names of all kinds, scopes, sets or plans that the profile has to `text`, separated
/// by spaces, in its order, and their length to `*text_len`; on SPACE the length alone.
/// KEYCASK_SCOPES_TEXT_MAX bytes are always enough. `what` is one of KEYCASK_KINDS, ...
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_realm_names(
    store: *const Store,
    realm: u16,
    what: u32,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            let realm = known(open, realm)?;
            let names: Vec<&str> = match what {
                KEYCASK_KINDS => realm.kinds().iter().map(|kind| &*kind.name).collect(),
                KEYCASK_SCOPES => realm.scopes().iter().map(|scope| &*scope.name).collect(),
                KEYCASK_SETS => realm.sets().iter().map(|set| &*set.name).collect(),
                KEYCASK_PLANS => realm.plans().iter().map(|plan| &*plan.name).collect(),
                _ => return Err(argument("what: none with this number")),
            };
            room.fill(names.join(" ").as_bytes(), &len)
        })
    }
}

/// Writes the numbers of all realms to `realms`, in the order in which they were made, and how
/// many there are to `*count`; on SPACE the count alone.
///
/// Fails with ARGUMENT, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_realms(
    store: *const Store,
    realms: *mut u16,
    realms_cap: usize,
    count: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Outs::new(realms, realms_cap)?, Out::new(count)?);
            let found = open.engine.realms();
            count.put(found.len());
            if found.len() > outs.len() {
                return Err(ptr::short());
            }
            for (at, realm) in found.iter().enumerate() {
                outs.put(at, realm.reference().number());
            }
            Ok(())
        })
    }
}
