//! Where a store stands, and copies of it.

use std::ffi::c_char;

use crate::failure::Failure;
use crate::guard;
use crate::ptr::{self, Out, Place};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;

/// Places for an anchor's text; it is always shorter.
pub const KEYCASK_ANCHOR_MAX: usize = 92;

/// Where a store stood after one commit, as text: its seq in decimal, a colon, its id and, behind
/// another colon, a digest of all that is in it, each in 32 digits of 0-9a-f. It is no secret.
/// Kept where who writes to the file cannot change it, it tells later what a backup lacks, and its
/// seq is a min_seq.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Anchor {
    /// Its length in bytes.
    pub len: u32,
    /// The text, without a terminator.
    pub text: [c_char; KEYCASK_ANCHOR_MAX],
}

impl Anchor {
    pub(crate) fn of(anchor: &engine::Anchor) -> Self {
        let written = anchor.to_string();
        let mut text = [0; KEYCASK_ANCHOR_MAX];
        for (to, from) in text.iter_mut().zip(written.bytes()) {
            *to = from as c_char;
        }
        Self { len: u32::try_from(written.len()).unwrap_or(0), text }
    }
}

/// A backup that was written, read back and checked.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Backup {
    /// sizeof(keycask_backup_info).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Keys in it, in whatever state.
    pub keys: u64,
    /// Length of its file.
    pub bytes: u64,
    /// Where the store stood, which it is of.
    pub anchor: Anchor,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 + 96 bytes, no padding.
unsafe impl Sized for Backup {}

/// Writes where the store stands to `*anchor`.
///
/// Fails with ARGUMENT, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_anchor(
    store: *const Store,
    anchor: *mut Anchor,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Out::new(anchor)?;
            out.put(Anchor::of(&open.engine.anchor()?));
            Ok(())
        })
    }
}

/// Writes the store, as it is at one moment of the call, to a new file at `path`, which must not
/// exist. Others go on to verify and to write meanwhile.
///
/// The file is readable by its owner alone, appears complete or not at all, and was read back and
/// checked. It needs the store's pepper. It can be opened read-only, and keycask_restore() makes a
/// store of it. It has no log.
///
/// Writes `*out`.
///
/// Fails with ARGUMENT, CONFLICT (something is at `path`), NOT_FOUND (its directory is not there),
/// PERMISSION, FULL, IO, RANDOM, CORRUPT (a row of the store is damaged).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_backup(
    store: *const Store,
    path: *const c_char,
    path_len: usize,
    out: *mut Backup,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(out)?;
            let made = open.engine.backup(ptr::path(path, path_len)?)?;
            let engine::Backup { keys, bytes, anchor, .. } = made;
            out.put(Backup { struct_size: 0, zero: 0, keys, bytes, anchor: Anchor::of(&anchor) });
            Ok(())
        })
    }
}
