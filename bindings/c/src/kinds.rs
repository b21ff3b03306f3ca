//! Kinds by name and as masks.

use std::ffi::c_char;

use engine::KindRef;

use crate::failure::{Failure, Stop};
use crate::guard;
use crate::ptr::{self, Out, Room};
use crate::realm::known;
use crate::status::Status;
use crate::store::Store;

/// Every kind of a realm.
pub const KEYCASK_ANY_KIND: u64 = 0xFFFF_FFFF_FFFF_FFFF;

/// Writes the mask of the kinds called `names`, a list separated by spaces, to `*kinds`. The
/// mask stays good for the life of the file.
///
/// Fails with ARGUMENT, NOT_FOUND (no such realm, or a name that it does not have).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_kinds_named(
    store: *const Store,
    realm: u16,
    names: *const c_char,
    names_len: usize,
    kinds: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (names, out) = (ptr::text(names, names_len)?, Out::new(kinds)?);
            out.put(known(open, realm)?.kind_set(names.split_ascii_whitespace())?.bits());
            Ok(())
        })
    }
}

/// Writes the name of the kind with the number `kind`, as a grant has it, to `text`,
/// KEYCASK_NAME_MAX bytes at most, and its length to `*text_len`; on SPACE the length alone.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_kind_name(
    store: *const Store,
    realm: u16,
    kind: u16,
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
            let none = || Stop::Because(Status::ErrNotFound, "kind: the realm has none with it");
            let name = realm.kind_name(KindRef::new(kind)).ok_or_else(none)?;
            room.fill(name.as_bytes(), &len)
        })
    }
}
