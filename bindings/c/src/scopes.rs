//! Scopes by name and as masks.

use std::ffi::c_char;

use engine::{Realm, ScopeSet};

use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::ptr::{self, Out, Place, Room};
use crate::realm::known;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Longest name of a realm, kind, scope, set, plan, tier or environment, in bytes.
pub const KEYCASK_NAME_MAX: usize = 64;
/// Room that is always enough for the names of all scopes of a realm.
pub const KEYCASK_SCOPES_TEXT_MAX: usize = 8320;
/// Room that is always enough for the text of a keycask_scope_info.
pub const KEYCASK_SCOPE_TEXT_MAX: usize = 12288;

/// A set of scopes of one realm: a bit a scope. A bit is given to a name once and for ever, so
/// a mask that was looked up stays good. All zero is no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Scopes {
    /// Scopes 0 to 63.
    pub low: u64,
    /// Scopes 64 to 127.
    pub high: u64,
}

impl Scopes {
    #[inline]
    pub(crate) const fn of(set: ScopeSet) -> Self {
        let bits = set.bits();
        Self { low: bits as u64, high: (bits >> 64) as u64 }
    }

    #[inline]
    pub(crate) const fn set(self) -> ScopeSet {
        ScopeSet::from_bits_retain((self.high as u128) << 64 | self.low as u128)
    }

    #[inline]
    pub(crate) const fn is_none(self) -> bool {
        self.low | self.high == 0
    }

    /// The scopes called `names`, also those that the profile no longer has.
    pub(crate) fn ever_named(realm: &Realm, names: &[String]) -> Self {
        // A realm gives its bits in order, and keeps the name of each.
        let ever = realm.scope_names(ScopeSet::all());
        let bit = |name: &String| ever.iter().position(|of| of == name);
        let bits = names.iter().filter_map(bit).filter_map(|at| u8::try_from(at).ok());
        Self::of(bits.map(ScopeSet::single).fold(ScopeSet::empty(), ScopeSet::union))
    }

    /// The names of the scopes, as `realm` has them now.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a bit that is no scope of the realm.
    pub(crate) fn names(self, realm: &Realm) -> Result<Vec<&str>, Stop> {
        if !realm.all_scopes().contains(self.set()) {
            return Err(argument("scopes: a bit is set that is no scope of the realm"));
        }
        Ok(realm.scope_names(self.set()))
    }
}

/// Writes the set of the scopes called `names`, a list separated by spaces, to `*scopes`. Look
/// names up once, when your program starts.
///
/// Of no name it is the empty set. A spec with it has no scope; a request with it is granted to
/// any key. If the names of a request are from a configuration, refuse none.
///
/// Fails with ARGUMENT, NOT_FOUND (no such realm, or a name that it does not have).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_scopes_named(
    store: *const Store,
    realm: u16,
    names: *const c_char,
    names_len: usize,
    scopes: *mut Scopes,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (names, out) = (ptr::text(names, names_len)?, Out::new(scopes)?);
            let set = known(open, realm)?.scope_set(names.split_ascii_whitespace())?;
            out.put(Scopes::of(set));
            Ok(())
        })
    }
}

/// Writes the names of `scopes` to `text`, separated by spaces, in the order of their bits, and
/// their length to `*text_len`; on SPACE the length alone. Names that the profile no longer
/// has are among them; a bit that never was a scope is left out.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_scopes_text(
    store: *const Store,
    realm: u16,
    scopes: Scopes,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            let names = known(open, realm)?.scope_names(scopes.set()).join(" ");
            room.fill(names.as_bytes(), &len)
        })
    }
}

/// One scope, as its profile describes it. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Scope {
    /// sizeof(keycask_scope_info).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The scope itself.
    pub scopes: Scopes,
    /// The scope and all that it implies, directly and through others.
    pub expanded: Scopes,
    /// Its name.
    pub name: Text,
    /// Its name for people; empty if it has none.
    pub title: Text,
    /// Its tier; empty if it has none.
    pub tier: Text,
    /// The names of the scopes that it implies directly, separated by spaces.
    pub implies: Text,
    /// The HTTP methods that it permits, separated by spaces; `*` permits all.
    pub methods: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then fields
// of sixteen bytes, no padding.
unsafe impl Sized for Scope {}

/// Describes the scope called `name` in `*out`.
///
/// Writes its texts to `text`; KEYCASK_SCOPE_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_scope(
    store: *const Store,
    realm: u16,
    name: *const c_char,
    name_len: usize,
    out: *mut Scope,
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
            let set = realm.scope_set([name])?;
            let found = realm.scopes().iter().find(|scope| scope.name == name);
            let title = found.and_then(|scope| scope.title.as_deref()).unwrap_or_default();
            let tier = found.and_then(|scope| scope.tier.as_deref()).unwrap_or_default();
            let implies = found.map(|scope| scope.implies.join(" ")).unwrap_or_default();
            let methods = found.map(|scope| scope.methods.join(" ")).unwrap_or_default();
            let texts = Text::all(&mut room, [name, title, tier, &implies, &methods]);
            let [name, title, tier, implies, methods] = texts.ok_or_else(ptr::space)?;
            out.put(Scope {
                struct_size: 0,
                zero: 0,
                scopes: Scopes::of(set),
                expanded: Scopes::of(realm.expand(set)),
                name,
                title,
                tier,
                implies,
                methods,
            });
            Ok(())
        })
    }
}

/// Room that is always enough for the text of a keycask_set_info.
pub const KEYCASK_SET_TEXT_MAX: usize = 512;

/// A named set of scopes, as its profile has it. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Set {
    /// sizeof(keycask_set_info).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The scopes, without what they imply.
    pub scopes: Scopes,
    /// Its name.
    pub name: Text,
    /// Its name for people; empty if it has none.
    pub title: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, three times 16
// bytes, no padding.
unsafe impl Sized for Set {}

/// Describes the set of scopes that the profile calls `name` in `*out`.
///
/// Writes its texts to `text`; KEYCASK_SET_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_set(
    store: *const Store,
    realm: u16,
    name: *const c_char,
    name_len: usize,
    out: *mut Set,
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
            let scopes = Scopes::of(realm.set_named(name)?);
            let found = realm.sets().iter().find(|set| set.name == name);
            let title = found.and_then(|set| set.title.as_deref()).unwrap_or_default();
            let [name, title] = Text::all(&mut room, [name, title]).ok_or_else(ptr::space)?;
            out.put(Set { struct_size: 0, zero: 0, scopes, name, title });
            Ok(())
        })
    }
}
