//! Lists of keys, a page at a time.

use std::ffi::c_char;

use crate::cursor::Cursor;
use crate::failure::Failure;
use crate::filter::Filter;
use crate::guard;
use crate::key::{Key, text_len};
use crate::owner::KEYCASK_PAGE_MAX;
use crate::ptr::{self, Out, Place, Places, Room};
use crate::realm::known;
use crate::status::Status;
use crate::store::Store;

/// Lists the keys that `filter` selects, in its order, from `after` on.
///
/// Writes as many keys to `keys` as there are, as there is room for, in number and in text, and
/// as KEYCASK_PAGE_MAX allows; their number to `*count`; and to `*next` where the next page
/// begins: the list is over when its len is 0, and not before, though a page may have no key,
/// since one call reads 10,000 rows at most. All keys have the struct_size of the first.
///
/// Pages are stable: a key that the filter selects all the while, and whose place does not
/// change, is on exactly one. By key no place changes, and what is issued meanwhile is on a
/// later page. By end a place changes with the key's end, and when it is revoked.
///
/// Fails with ARGUMENT (also a cursor of another order, and a question about use in a realm that
/// keeps none), NOT_FOUND (realm, kind or owner), SPACE (no room for the texts of one key), IO,
/// CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_list(
    store: *const Store,
    filter: *const Filter,
    after: *const Cursor,
    keys: *mut Key,
    keys_cap: usize,
    count: *mut usize,
    next: *mut Cursor,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, mut room) = (Places::new(keys, keys_cap)?, Room::new(text, text_cap)?);
            let (count, next) = (Out::new(count)?, Place::new(next)?);
            let (filter, after) = (Filter::read(filter)?, Cursor::read(after)?);
            let mut limit = outs.len().min(KEYCASK_PAGE_MAX);
            // A page goes on after its last key, so one that has no room is asked for anew.
            let page = loop {
                let page = open.engine.list(&filter, after, limit)?;
                let lens = page.keys.iter().scan(0_usize, |sum, info| {
                    *sum = sum.saturating_add(text_len(info));
                    Some(*sum)
                });
                let fits = lens.take_while(|len| room.is_absent() || room.fits(*len)).count();
                if fits == page.keys.len() {
                    break page;
                }
                if fits == 0 {
                    return Err(ptr::space());
                }
                limit = fits;
            };
            for (at, info) in page.keys.iter().enumerate() {
                let realm = known(open, info.realm.number())?;
                outs.put(at, Key::of(info, &realm, &mut room).ok_or_else(ptr::space)?);
            }
            count.put(page.keys.len());
            next.put(Cursor::of(page.next));
            Ok(())
        })
    }
}
