//! A value that is replaced as a whole while it is read.
//!
//! A reader takes one load to find the present version and writes nothing, so it may keep it
//! as long as it likes. No version is dropped before all are: profiles change with a product's
//! releases, and a version is a pointer or two for each realm of the store.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::chunks::Chunks;

/// All versions that there were of a `T`, the last of which counts.
pub(super) struct Versions<T> {
    first: Arc<T>,
    /// Version n at n - 1.
    later: Chunks<OnceLock<Arc<T>>>,
    present: AtomicU32,
    /// Held by who makes a version.
    making: Mutex<()>,
}

impl<T> Versions<T> {
    pub(super) fn new(first: T) -> Self {
        let (later, present, making) = (Chunks::new(), AtomicU32::new(0), Mutex::new(()));
        Self { first: Arc::new(first), later, present, making }
    }

    /// The present version.
    #[inline]
    pub(super) fn load(&self) -> &Arc<T> {
        // Acquire, with the Release of `swap`: the version is there.
        let later = self.present.load(Ordering::Acquire).checked_sub(1);
        let later = later.and_then(|number| self.later.get(number)?.get());
        later.unwrap_or(&self.first)
    }

    /// Makes `next` the present version and gives the one before. None, and nothing is changed,
    /// once there were four thousand million.
    pub(super) fn swap(&self, next: Arc<T>) -> Option<&Arc<T>> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, number) = (self.load(), self.present.load(Ordering::Relaxed));
        let place = self.later.make(number)?;
        let _ = place.set(next);
        // Release, with the Acquire of `load`. A swap, so that who begins after this call reads
        // the new version.
        self.present.swap(number.checked_add(1)?, Ordering::Release);
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
