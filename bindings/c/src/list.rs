//! Lists of keys, a page at a time.

use std::ffi::c_char;

use engine::{Cursor, KeyId, RealmRef, State};

use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::key::{KEYCASK_ACTIVE, KEYCASK_REVOKED, KEYCASK_SUSPENDED, Key};
use crate::owner::KEYCASK_PAGE_MAX;
use crate::ptr::{self, Out, Outs, Room};
use crate::realm::known;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Which keys to list. All zero but for the size is all of them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Filter {
    /// sizeof(keycask_filter).
    pub struct_size: u32,
    /// Only keys in this state: KEYCASK_ACTIVE, ...; 0 for any.
    pub state: u32,
    /// Only keys of this realm; 0 for any.
    pub realm: u16,
    /// 0.
    pub zero: u16,
    /// 0.
    pub zero_too: u32,
    /// Only keys of this owner; with a realm. May be left out.
    pub owner: Text,
    /// Only keys after this one; 0 for the first page.
    pub after: u64,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 2 + 2 + 4 +
// 16 + 8 bytes, no padding.
unsafe impl Sized for Filter {}

impl Filter {
    /// # Safety
    ///
    /// That of `Text::given` for each text.
    unsafe fn build(&self) -> Result<engine::Filter, Stop> {
        ptr::zero(u32::from(self.zero) | self.zero_too)?;
        let mut filter = engine::Filter::new();
        filter = match self.state {
            0 => filter,
            KEYCASK_ACTIVE => filter.state(State::Active),
            KEYCASK_SUSPENDED => filter.state(State::Suspended),
            KEYCASK_REVOKED => filter.state(State::Revoked),
            _ => return Err(argument("state: none with this number")),
        };
        if self.realm != 0 {
            filter = filter.realm(RealmRef::new(self.realm));
        }
        // SAFETY: the caller's promise is the same.
        Ok(match unsafe { self.owner.given() }? {
            Some(owner) => filter.owner(owner),
            None => filter,
        })
    }
}

/// Lists the keys that `filter` selects, by key id and so by time of issue.
///
/// Writes as many keys to `keys` as there are, as there is room for, in number and in text, and
/// as KEYCASK_PAGE_MAX allows; their number to `*count`; and to `*next` what `after` shall be
/// for the next page, or 0 if this was the last. Pages are stable: a key that is issued
/// meanwhile is on a later page, and no key is on two. All keys have the struct_size of the
/// first. `text` may be NULL with a capacity of 0: then texts are left out.
///
/// Fails with ARGUMENT, NOT_FOUND (realm or owner), SPACE (no room for the texts of one key),
/// IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_list(
    store: *const Store,
    filter: *const Filter,
    keys: *mut Key,
    keys_cap: usize,
    count: *mut usize,
    next: *mut u64,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, mut room) = (Outs::sized(keys, keys_cap)?, Room::new(text, text_cap)?);
            let (count, next) = (Out::new(count)?, Out::new(next)?);
            let filter = ptr::read(filter)?;
            let after =
                (filter.after != 0).then_some(Cursor::after(KeyId::from_bits(filter.after)));
            let limit = outs.len().min(KEYCASK_PAGE_MAX);
            let page = open.engine.list(&filter.build()?, after, limit)?;
            let mut given: usize = 0;
            let mut last = 0;
            for info in &page.keys {
                let realm = known(open, info.realm.number())?;
                let Some(key) = Key::of(info, &realm, &mut room) else { break };
                outs.put(given, key);
                given = given.saturating_add(1);
                last = info.key_id.bits();
            }
            if given == 0 && !page.keys.is_empty() {
                return Err(ptr::space());
            }
            let is_cut = given < page.keys.len();
            count.put(given);
            next.put(if is_cut { last } else { page.next.map_or(0, |next| next.key().bits()) });
            Ok(())
        })
    }
}
