//! Owners.

use std::ffi::c_char;

use engine::{OwnerInfo, OwnerRef, Realm, RealmRef};

use crate::actor::Actor;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::ptr::{self, Out, Place, Places, Room};
use crate::realm::known;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// In flags of keycask_owner_change: direct is set.
pub const KEYCASK_SET_DIRECT: u32 = 1;
/// In flags of keycask_owner_change: group is set.
pub const KEYCASK_SET_GROUP: u32 = 2;
/// In flags of keycask_owner_change: suspend the owner. All its keys are refused.
pub const KEYCASK_SET_SUSPENDED: u32 = 4;
/// In flags of keycask_owner_change: end the owner's suspension.
pub const KEYCASK_SET_RESUMED: u32 = 8;
/// In flags of keycask_owner_info: the owner is suspended.
pub const KEYCASK_OWNER_SUSPENDED: u32 = 1;
/// Longest id of an owner, in bytes.
pub const KEYCASK_OWNER_MAX: usize = 128;
/// Room that is always enough for the text of a keycask_owner_info.
pub const KEYCASK_OWNER_TEXT_MAX: usize = 512;
/// Most keys or owners in one page of a list.
pub const KEYCASK_PAGE_MAX: usize = 1000;

/// What an owner shall be. What is not set stays, or is none for a new owner.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct OwnerChange {
    /// sizeof(keycask_owner_change).
    pub struct_size: u32,
    /// KEYCASK_SET_..., or 0.
    pub flags: u32,
    /// The owner's plan, by name. May be left out.
    pub plan: Text,
    /// With KEYCASK_SET_DIRECT: the scopes that the owner has itself. Keys of a kind with the
    /// owner's rights have these, as they are at each verify. Else none.
    pub direct: Scopes,
    /// With KEYCASK_SET_GROUP: the scopes that the owner has through groups. They are for
    /// people to see; no key inherits them. Else none.
    pub group: Scopes,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then fields
// of sixteen bytes, no padding.
unsafe impl Sized for OwnerChange {}

/// An owner. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Owner {
    /// sizeof(keycask_owner_info).
    pub struct_size: u32,
    /// KEYCASK_OWNER_SUSPENDED or 0.
    pub flags: u32,
    /// The owner's number in the store, as a grant has it.
    pub owner: u32,
    /// The number of its realm.
    pub realm: u16,
    /// 0.
    pub zero: u16,
    /// The scopes that it has itself.
    pub direct: Scopes,
    /// The scopes that it has through groups.
    pub group: Scopes,
    /// Its id in your application.
    pub id: Text,
    /// Its plan; that of the profile if it has none of its own, empty if there is neither.
    pub plan: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 4 + 2 + 2,
// then fields of sixteen bytes, no padding.
unsafe impl Sized for Owner {}

impl Owner {
    /// The owner, with its texts in `room`; none if they do not fit. The realm is one that was
    /// read after it.
    fn of(info: &OwnerInfo, realm: &Realm, room: &mut Room) -> Option<Self> {
        let plan = info.plan.as_deref().unwrap_or_default();
        let [id, plan] = Text::all(room, [&info.id, plan])?;
        Some(Self {
            struct_size: 0,
            flags: if info.suspended { KEYCASK_OWNER_SUSPENDED } else { 0 },
            owner: info.owner.number(),
            realm: info.realm.number(),
            zero: 0,
            direct: Scopes::ever_named(realm, &info.direct),
            group: Scopes::ever_named(realm, &info.group),
            id,
            plan,
        })
    }
}

/// Makes the owner that your application calls `id`, or changes it.
///
/// An id has 1 to KEYCASK_OWNER_MAX bytes without control characters. A suspension or the loss
/// of a direct scope is enforced before the commit, for all keys of the owner at once. A lower
/// plan ends no key.
///
/// Fails with ARGUMENT, NOT_FOUND (realm or plan), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_owner_set(
    store: *const Store,
    realm: u16,
    id: *const c_char,
    id_len: usize,
    change: *const OwnerChange,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            const BOTH: u32 = KEYCASK_SET_SUSPENDED | KEYCASK_SET_RESUMED;
            const KNOWN: u32 = KEYCASK_SET_DIRECT | KEYCASK_SET_GROUP | BOTH;
            let (id, change, by) = (ptr::text(id, id_len)?, ptr::read(change)?, Actor::read(by)?);
            let has = |flag| change.flags & flag != 0;
            if change.flags & !KNOWN != 0 || change.flags & BOTH == BOTH {
                return Err(argument("flags: one is not known, or two exclude each other"));
            }
            for (flag, scopes) in
                [(KEYCASK_SET_DIRECT, change.direct), (KEYCASK_SET_GROUP, change.group)]
            {
                if !has(flag) && !scopes.is_none() {
                    return Err(argument("direct or group: set, and its flag is not"));
                }
            }
            let profile = known(open, realm)?;
            let mut built = engine::OwnerChange::new();
            if let Some(plan) = change.plan.given()? {
                built = built.plan(plan);
            }
            if has(KEYCASK_SET_DIRECT) {
                built = built.direct(change.direct.names(&profile)?);
            }
            if has(KEYCASK_SET_GROUP) {
                built = built.group(change.group.names(&profile)?);
            }
            if change.flags & BOTH != 0 {
                built = built.suspended(has(KEYCASK_SET_SUSPENDED));
            }
            open.engine.set_owner(RealmRef::new(realm), id, &built, &by)?;
            Ok(())
        })
    }
}

/// Describes the owner that your application calls `id` in `*out`.
///
/// Writes its texts to `text`; KEYCASK_OWNER_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_owner(
    store: *const Store,
    realm: u16,
    id: *const c_char,
    id_len: usize,
    out: *mut Owner,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let id = ptr::text(id, id_len)?;
            let info = open.engine.owner(RealmRef::new(realm), id)?;
            let profile = known(open, realm)?;
            out.put(Owner::of(&info, &profile, &mut room).ok_or_else(ptr::space)?);
            Ok(())
        })
    }
}

/// Lists the owners of a realm, in the byte order of their ids.
///
/// Begins after the id `after`; with a length of 0 at the beginning. Writes as many owners to
/// `owners` as there are, as there is room for, in number and in text, and as
/// KEYCASK_PAGE_MAX allows, and their number to `*count`. The list is over when that is 0. All
/// owners have the struct_size of the first.
///
/// Fails with ARGUMENT, NOT_FOUND (realm), SPACE (no room for the texts of one owner), IO,
/// CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_owners(
    store: *const Store,
    realm: u16,
    after: *const c_char,
    after_len: usize,
    owners: *mut Owner,
    owners_cap: usize,
    count: *mut usize,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Places::new(owners, owners_cap)?, Out::new(count)?);
            let (after, mut room) = (ptr::text(after, after_len)?, Room::new(text, text_cap)?);
            let after = (!after.is_empty()).then_some(after);
            let limit = outs.len().min(KEYCASK_PAGE_MAX);
            let found = open.engine.owners(RealmRef::new(realm), after, limit)?;
            let profile = known(open, realm)?;
            let mut given = 0;
            for info in &found {
                match Owner::of(info, &profile, &mut room) {
                    Some(owner) => outs.put(given, owner),
                    None if given == 0 => return Err(ptr::space()),
                    None => break,
                }
                given += 1;
            }
            count.put(given);
            Ok(())
        })
    }
}

/// Writes the id that your application has for the owner with the number `owner`, as a grant or
/// a change has it, to `text`, KEYCASK_OWNER_MAX bytes at most, and its length to `*text_len`; on
/// SPACE the length alone. Writes the number of its realm to `*realm`, which may be NULL.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_owner_id(
    store: *const Store,
    owner: u32,
    realm: *mut u16,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            let (of, id) = open.engine.owner_id(OwnerRef::new(owner))?;
            room.fill(id.as_bytes(), &len)?;
            ptr::tell(realm, of.number());
            Ok(())
        })
    }
}
