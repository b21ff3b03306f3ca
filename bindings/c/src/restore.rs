//! Make a store from a backup of another, and confirm it.

use std::ffi::c_char;

use crate::actor::Actor;
use crate::backup::Anchor;
use crate::failure::{Failure, Stop};
use crate::options::Options;
use crate::ptr::{self, Place};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;
use crate::{fork, guard, time};

/// In flags of keycask_restored: something told how many commits are missing.
pub const KEYCASK_MISSING_KNOWN: u32 = 1;

/// What is known of a store beside its backup. All zero but for the size is nothing.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Restoring {
    /// sizeof(keycask_restoring).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The last anchor of the store that was kept elsewhere. It refuses a backup of another store
    /// or another history, and tells how many commits the backup lacks if it is of a later moment.
    /// May be left out.
    pub anchor: Text,
    /// Path of the store's own file, if that can still be read in part. What it denies is taken
    /// from it, and what it would grant is not: a key that is revoked, suspended, ends earlier or
    /// has fewer scopes there has so in the new store, one that is not there any more is revoked,
    /// and one whose row is damaged is suspended. Owners likewise, but none is revoked. Nothing is
    /// written to it, and no process has it open. May be left out.
    pub denials_of: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 16 + 16 bytes,
// no padding.
unsafe impl Sized for Restoring {}

impl Restoring {
    /// # Safety
    ///
    /// That of `Text::given` for each text.
    unsafe fn build(&self) -> Result<engine::Restore, Stop> {
        ptr::zero(self.zero)?;
        let mut built = engine::Restore::new();
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(anchor) = self.anchor.given()? {
                built = built.anchor(anchor.parse()?);
            }
            if !self.denials_of.data.is_null() || self.denials_of.len != 0 {
                built = built.denials_of(ptr::path(self.denials_of.data, self.denials_of.len)?);
            }
        }
        Ok(built)
    }
}

/// What a restoring did, and what is not known.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Restored {
    /// sizeof(keycask_restored).
    pub struct_size: u32,
    /// KEYCASK_MISSING_KNOWN or 0.
    pub flags: u32,
    /// The new store's id.
    pub store_id: [u8; 16],
    /// With KEYCASK_MISSING_KNOWN: how many commits the store is known to have made after the
    /// backup. Any of them may have revoked keys, and there may be more. Else 0.
    pub missing: u64,
    /// When the last change was made that is in the backup; KEYCASK_NONE if there is none. What was
    /// revoked later is to be revoked again.
    pub last_change_ms: i64,
    /// Number of the last audit entry of the backup: in a copy of the trail that was kept
    /// elsewhere, entries with a higher number are of changes that are missing.
    pub last_entry: u64,
    /// How many keys were denied something because the original does. The trail of the new store
    /// names them.
    pub denied: u64,
    /// How many owners likewise.
    pub denied_owners: u64,
    /// How many rows of the original are damaged, so that their keys and owners were suspended.
    pub unreadable: u64,
    /// Keys in the new store, in whatever state.
    pub keys: u64,
    /// Length of its file.
    pub bytes: u64,
    /// Where the backup stands.
    pub backup: Anchor,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 16, eight times 8, 96 bytes,
// no padding.
unsafe impl Sized for Restored {}

impl Restored {
    fn of(restored: &engine::Restored) -> Self {
        let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        Self {
            struct_size: 0,
            flags: if restored.missing.is_some() { KEYCASK_MISSING_KNOWN } else { 0 },
            store_id: restored.store_id,
            missing: restored.missing.unwrap_or(0),
            last_change_ms: time::result(restored.last_change),
            last_entry: restored.last_entry,
            denied: count(restored.denied.len()),
            denied_owners: count(restored.denied_owners.len()),
            unreadable: restored.unreadable,
            keys: restored.keys,
            bytes: restored.bytes,
            backup: Anchor::of(&restored.backup),
        }
    }
}

/// Makes a new store at `path`, which must not exist, from the backup in the file at `backup`,
/// and does not open it.
///
/// The backup is checked completely before. The new store has an id of its own, the tokens of the
/// old one, and its audit trail goes on. It can be opened, and verifies and lists; it refuses
/// changes with UNCONFIRMED until keycask_confirm_restore(), since what was revoked after the
/// backup was made is not revoked in it.
///
/// `options` has the pepper of the old store; its flags and min_seq mean nothing here. Writes
/// `*out`.
///
/// Fails with ARGUMENT, CONFLICT (something is at `path`; the anchor or the original is of another
/// store than the backup, or of another history, or the original is older), and with what
/// keycask_open() refuses a file with, for the backup and the original; FULL, IO, RANDOM.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_restore(
    backup: *const c_char,
    backup_len: usize,
    path: *const c_char,
    path_len: usize,
    options: *const Options,
    restoring: *const Restoring,
    by: *const Actor,
    out: *mut Restored,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run_alone(error, || {
            let out = Place::new(out)?;
            let (backup, path) = (ptr::path(backup, backup_len)?, ptr::path(path, path_len)?);
            let (options, _) = Options::read(options)?;
            let (restoring, by) = (ptr::read(restoring)?.build()?, Actor::read(by)?);
            fork::watch()?;
            out.put(Restored::of(&options.restore(backup, path, &restoring, &by)?));
            Ok(())
        })
    }
}

/// Lets a store that was restored take changes: you have seen to what was revoked since the
/// backup, or will.
///
/// Fails with ARGUMENT, CONFLICT (the store waits for no such thing), and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_confirm_restore(
    store: *const Store,
    by: *const Actor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe { guard::run(store, error, |open| Ok(open.engine.confirm_restore(&Actor::read(by)?)?)) }
}
