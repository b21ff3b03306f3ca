//! Where a panic of redb's ends: it panics at a page whose checksum is right and whose bytes make
//! no sense, which somebody must have written so.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, ErrorKind, Result};

/// Does what reads a file that is not trusted yet.
pub(crate) fn contained<T>(doing: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    contained_or(doing, read, || {})
}

/// [`contained`], with what is to be done if there was a panic.
pub(super) fn contained_or<T>(
    doing: &str,
    read: impl FnOnce() -> Result<T>,
    panicked: impl FnOnce(),
) -> Result<T> {
    // Nothing of what a panic leaves half-done is used again.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        panicked();
        let why = format!("could not {doing}: a page of it is forged; restore a backup");
        Err(Error::new(ErrorKind::Corrupt, why))
    })
}

/// What of redb's reads and writes the file once more when it is dropped: a database, or a
/// transaction that writes.
pub(super) struct Contained<T>(Option<T>);

impl<T> Contained<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// Ends it by `end`, in place of dropping it.
    pub(super) fn end<R>(mut self, doing: &str, end: impl FnOnce(T) -> Result<R>) -> Result<R> {
        let value = self.0.take().unwrap_or_else(|| ended());
        contained(doing, || end(value))
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        let value = self.0.take();
        let _ = contained("close the file", || {
            drop(value);
            Ok(())
        });
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap_or_else(|| ended())
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap_or_else(|| ended())
    }
}

/// Only what takes it or drops it leaves nothing behind, and nobody has it then.
fn ended() -> ! {
    unreachable!("what was ended is not used again")
}
