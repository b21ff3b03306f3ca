//! Figures of a store.

use std::mem::offset_of;

use crate::failure::Failure;
use crate::guard;
use crate::ptr::Place;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;

/// In flags of keycask_stats_info: a pepper keys digests and seals. Without one, damage of the
/// file is detected, but one who forges it is not.
pub const KEYCASK_PEPPERED: u32 = 1;
/// In flags of keycask_stats_info: the store was restored from a backup and takes no changes
/// until that is confirmed.
pub const KEYCASK_UNCONFIRMED: u32 = 2;

/// Figures of an open store.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Stats {
    /// sizeof(keycask_stats_info).
    pub struct_size: u32,
    /// KEYCASK_PEPPERED, KEYCASK_UNCONFIRMED.
    pub flags: u32,
    /// The store's own id, which a copy that was restored does not share.
    pub store_id: [u8; 16],
    /// The number of the last commit.
    pub seq: u64,
    /// Keys in the file, in whatever state.
    pub keys: u64,
    /// Owners in the file.
    pub owners: u64,
    /// Realms in the file.
    pub realms: u64,
    /// Bytes of the table in memory.
    pub index_bytes: u64,
    /// How many of them are on huge pages, as far as the system tells. A table of millions of
    /// keys decides a third slower without.
    pub index_huge_bytes: u64,
    /// Commits that the log has, the last ones.
    pub log_commits: u64,
    /// Entries of the audit trail that were not taken out.
    pub audit_entries: u64,
    /// The number of the last entry of the audit trail: how many were ever made.
    pub audit_last: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 16, nine times 8 bytes,
// no padding.
unsafe impl Sized for Stats {
    const SIZES: &'static [usize] = &[offset_of!(Self, log_commits), size_of::<Self>()];
}

/// Writes figures of the store to `*out`.
///
/// Fails with ARGUMENT, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_stats(
    store: *const Store,
    out: *mut Stats,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(out)?;
            let stats = open.engine.stats()?;
            let peppered = if stats.peppered { KEYCASK_PEPPERED } else { 0 };
            let unconfirmed = if stats.unconfirmed { KEYCASK_UNCONFIRMED } else { 0 };
            out.put(Stats {
                struct_size: 0,
                flags: peppered | unconfirmed,
                store_id: stats.store_id,
                seq: stats.seq,
                keys: stats.keys,
                owners: stats.owners,
                realms: stats.realms,
                index_bytes: stats.index_bytes,
                index_huge_bytes: stats.index_huge_bytes,
                log_commits: stats.log_commits,
                audit_entries: stats.audit_entries,
                audit_last: stats.audit_last,
            });
            Ok(())
        })
    }
}
