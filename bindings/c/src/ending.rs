//! Revoke many keys.

use engine::{Ending, ISSUE_MAX, KeyId};

use crate::actor::Actor;
use crate::failure::{Failure, Stop, argument};
use crate::filter::Filter;
use crate::guard;
use crate::ptr::{self, Out, Outs};
use crate::status::Status;
use crate::store::Store;

/// Most keys of one call that issues or revokes several.
pub const KEYCASK_MANY_MAX: usize = 10_000;
/// To end keys: revoke every key that is selected. Those that are revoked already are left out.
pub const KEYCASK_END_REVOKE: u32 = 1;
/// To end keys: end the grace of every rotated key that is selected, now. It is revoked, as by
/// a rotation without grace; its successor is not touched.
pub const KEYCASK_END_GRACE: u32 = 2;
/// Most keys that keycask_dry_run() names.
pub const KEYCASK_DRY_RUN_MAX: usize = 10;

const _: () = assert!(KEYCASK_MANY_MAX == ISSUE_MAX);

/// Ends all of `keys` for good or, if there is one that this store has not, none. `count` is 0,
/// which changes nothing, to KEYCASK_MANY_MAX. It is keycask_end_many() of keys that are named:
/// all are refused before the change is on its way to the disk, and a thousand share a commit.
///
/// Fails with ARGUMENT, NOT_FOUND, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_revoke_many(
    store: *const Store,
    keys: *const u64,
    count: usize,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            if count > KEYCASK_MANY_MAX {
                return Err(argument("more than KEYCASK_MANY_MAX keys"));
            }
            let (keys, by) = (ptr::array(keys, count)?, Actor::read(by)?);
            let keys: Vec<_> = keys.map(KeyId::from_bits).collect();
            open.engine.end_many(&Ending::revoke(engine::Filter::new().keys(keys)), &by)?;
            Ok(())
        })
    }
}

/// Revokes the keys that `filter` selects, any number of them, as one operation. `how` is
/// KEYCASK_END_REVOKE or KEYCASK_END_GRACE. The filter has a condition, a realm if nothing
/// else, and no hint.
///
/// All of them are refused before the first is on its way to the disk, and stay so. They are
/// then written a thousand a commit, and other writers have their turn between any two. A key
/// that is issued meanwhile is met at the end and revoked too, if it is selected. If it fails
/// half-way, the message says how many keys were revoked; they stay revoked, and asking again
/// goes on with the others.
///
/// Writes how many it revoked to `*count`, which may be NULL; of an operation that was done
/// before, all in all.
///
/// Fails with ARGUMENT, NOT_FOUND (realm, kind, owner, key or lineage), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_end_many(
    store: *const Store,
    how: u32,
    filter: *const Filter,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (ending, by) = (ending(how, filter)?, Actor::read(by)?);
            let ended = open.engine.end_many(&ending, &by)?;
            ptr::tell(count, ended.keys);
            Ok(())
        })
    }
}

/// Says what keycask_end_many() would do at this moment, and changes nothing. A store that is
/// read-only may be asked, too.
///
/// Writes how many keys it would revoke to `*count`, and to `first` the first of them by key
/// id: as many as there are, as there is room for, and as KEYCASK_DRY_RUN_MAX allows. What is
/// left of `first` is set to 0. It may be NULL with a capacity of 0.
///
/// Fails with ARGUMENT, NOT_FOUND (realm, kind, owner, key or lineage), IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_dry_run(
    store: *const Store,
    how: u32,
    filter: *const Filter,
    count: *mut u64,
    first: *mut u64,
    first_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (count, first) = (Out::new(count)?, Outs::new(first, first_cap)?);
            let run = open.engine.dry_run(&ending(how, filter)?)?;
            let mut keys = run.first.iter();
            for at in 0..first.len() {
                first.put(at, keys.next().map_or(0, |key| key.bits()));
            }
            count.put(run.keys);
            Ok(())
        })
    }
}

/// # Safety
///
/// That of `Filter::read`.
unsafe fn ending(how: u32, filter: *const Filter) -> Result<Ending, Stop> {
    // SAFETY: the caller's promise is the same.
    let filter = unsafe { Filter::read(filter) }?;
    match how {
        KEYCASK_END_REVOKE => Ok(Ending::revoke(filter)),
        KEYCASK_END_GRACE => Ok(Ending::grace(filter)),
        _ => Err(argument("how: none with this number")),
    }
}
