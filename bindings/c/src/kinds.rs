//! Kinds by name and as masks.

use std::ffi::c_char;

use engine::{KindRef, Rights};

use crate::failure::{Failure, Stop};
use crate::guard;
use crate::ptr::{self, Out, Place, Room};
use crate::realm::known;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Every kind of a realm.
pub const KEYCASK_ANY_KIND: u64 = 0xFFFF_FFFF_FFFF_FFFF;

/// Room that is always enough for the text of a keycask_kind_info.
pub const KEYCASK_KIND_TEXT_MAX: usize = 256;
/// In rights of keycask_kind_info: a key may use its own scopes.
pub const KEYCASK_RIGHTS_KEY: u32 = 1;
/// In rights of keycask_kind_info: it may use the scopes that its owner has directly, as they
/// are at the moment of the decision.
pub const KEYCASK_RIGHTS_OWNER: u32 = 2;
/// In rights of keycask_kind_info: it may use what both have.
pub const KEYCASK_RIGHTS_BOTH: u32 = 3;
/// In rights of keycask_kind_info: as this version of the library has no number for.
pub const KEYCASK_RIGHTS_OTHER: u32 = 4;
/// In flags of keycask_kind_info: a sealed copy of the token is kept, so that it can be shown
/// again.
pub const KEYCASK_REVEALABLE: u32 = 1;
/// In a field that limits how many active keys there may be: there is no limit.
pub const KEYCASK_UNLIMITED: u32 = 0xFFFF_FFFF;

/// A kind, as its profile describes it. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Kind {
    /// sizeof(keycask_kind_info).
    pub struct_size: u32,
    /// KEYCASK_REVEALABLE or 0.
    pub flags: u32,
    /// The kind alone, as a mask.
    pub kinds: u64,
    /// Its number, as a grant has it.
    pub kind: u16,
    /// 0.
    pub zero: u16,
    /// KEYCASK_RIGHTS_...
    pub rights: u32,
    /// How many active keys of it an owner can have, whatever its plan; KEYCASK_UNLIMITED.
    pub active: u32,
    /// How long its tokens are, in bytes.
    pub token_len: u32,
    /// Its name.
    pub name: Text,
    /// Its environment; empty if it has none.
    pub environment: Text,
    /// What its tokens begin with.
    pub prefix: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8 + 2 + 2 +
// 4 + 4 + 4, three times 16 bytes, no padding.
unsafe impl Sized for Kind {}

/// Describes the kind called `name` in `*out`.
///
/// Writes its texts to `text`; KEYCASK_KIND_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_kind(
    store: *const Store,
    realm: u16,
    name: *const c_char,
    name_len: usize,
    out: *mut Kind,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let name = ptr::text(name, name_len)?;
            let realm = known(open, realm)?;
            let (number, kind) = realm.kind_named(name)?;
            let environment = kind.environment.as_deref().unwrap_or_default();
            let texts = Text::all(&mut room, [name, environment, kind.shape.prefix()]);
            let [name, environment, prefix] = texts.ok_or_else(ptr::space)?;
            out.put(Kind {
                struct_size: 0,
                flags: if kind.reveal { KEYCASK_REVEALABLE } else { 0 },
                kinds: realm.mask(number).bits(),
                kind: number.number(),
                zero: 0,
                rights: match kind.rights {
                    Rights::Key => KEYCASK_RIGHTS_KEY,
                    Rights::Owner => KEYCASK_RIGHTS_OWNER,
                    Rights::Both => KEYCASK_RIGHTS_BOTH,
                    _ => KEYCASK_RIGHTS_OTHER,
                },
                active: kind.active.unwrap_or(KEYCASK_UNLIMITED),
                token_len: u32::try_from(kind.shape.token_len()).unwrap_or(u32::MAX),
                name,
                environment,
                prefix,
            });
            Ok(())
        })
    }
}

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
            let none = || Stop::because(Status::ErrNotFound, "kind: the realm has none with it");
            let name = realm.kind_name(KindRef::new(kind)).ok_or_else(none)?;
            room.fill(name.as_bytes(), &len)
        })
    }
}
