//! A value that is replaced as a whole while it is read.
//!
//! A reader takes one load to find the present version and writes nothing, so it may keep it
//! as long as it likes. No version is dropped before all are: profiles change with a product's
//! releases, and a version is some hundred bytes for each realm of the store.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::chunks::{Chunks, Spot};

/// All versions that there were of a `T`, the last of which counts.
pub(super) struct Versions<T> {
    first: Arc<T>,
    later: Chunks<OnceLock<Arc<T>>>,
    /// Where the present version is among the later ones, plus one; 0 for the first.
    present: AtomicU32,
    /// How many later ones there are.
    made: Mutex<u32>,
}

impl<T> Versions<T> {
    pub(super) fn new(first: T) -> Self {
        let (later, present, made) = (Chunks::new(), AtomicU32::new(0), Mutex::new(0));
        Self { first: Arc::new(first), later, present, made }
    }

    /// The present version.
    #[inline]
    pub(super) fn load(&self) -> &Arc<T> {
        // Acquire, with the Release of `swap`: the version is there.
        let later = self.present.load(Ordering::Acquire).checked_sub(1);
        let later = later.and_then(|spot| self.later.at(Spot(spot))?.get());
        later.unwrap_or(&self.first)
    }

    /// Makes `next` the present version and gives the one before. None, and nothing is changed,
    /// once there were some hundred millions.
    pub(super) fn swap(&self, next: Arc<T>) -> Option<&Arc<T>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.load();
        let spot = Chunks::<OnceLock<Arc<T>>>::spot(*made)?.0.checked_add(1)?;
        let _ = self.later.make(*made)?.set(next);
        *made = made.checked_add(1)?;
        // Release, with the Acquire of `load`. A swap, so that who begins after this call reads
        // the new version.
        self.present.swap(spot, Ordering::Release);
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_version_counts_and_who_has_an_earlier_one_keeps_it() {
        let versions = Versions::new(0);
        let mut had = vec![versions.load()];
        for n in 1..1_000 {
            assert_eq!(versions.swap(Arc::new(n)).map(|before| **before), Some(n - 1));
            had.push(versions.load());
        }
        assert!(had.iter().enumerate().all(|(n, version)| ***version == n));
    }
}
