//! The process that a store belongs to: the one that opened it.
//!
//! An open file that is used on both sides of a fork destroys itself, because both sides hold
//! the same locks. In a child an inherited store therefore refuses every call. The engine is
//! safe code and cannot be told of a fork by the system; a binding is, with
//! `pthread_atfork`, and calls [`forked`] in the child.

use std::os::fd::{AsRawFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// How many forks lie between this process and the first. Relaxed throughout: a child begins
/// with one thread, and its other threads begin after it.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The first places for descriptors of a generation, and of those that are sixteen later. A place
/// is never taken away, so that a child can walk its parent's though another thread was about to
/// change them. It puts its own elsewhere: the parent's may wait for a thread that there is not in
/// the child.
static PLACES: [Place; 16] = [const { Place::new(FREE) }; 16];

const FREE: RawFd = -1;

struct Place {
    descriptor: AtomicI32,
    next: OnceLock<Box<Place>>,
}

impl Place {
    const fn new(descriptor: RawFd) -> Self {
        Self { descriptor: AtomicI32::new(descriptor), next: OnceLock::new() }
    }

    /// The first place of a generation.
    fn first(generation: u32) -> &'static Self {
        let [first, ..] = &PLACES;
        let number = usize::try_from(generation).unwrap_or(0) % PLACES.len();
        PLACES.get(number).unwrap_or(first)
    }

    /// This place and those that came to it.
    fn and_next(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |place| place.next.get().map(Box::as_ref))
    }

    /// Puts `descriptor` in the first place of this process that is free.
    fn take(descriptor: RawFd) -> &'static Self {
        let mut place = Self::first(GENERATION.load(Ordering::Relaxed));
        loop {
            let free = &place.descriptor;
            let taken =
                free.compare_exchange(FREE, descriptor, Ordering::Relaxed, Ordering::Relaxed);
            if taken.is_ok() {
                return place;
            }
            place = place.next.get_or_init(|| Box::new(Self::new(FREE)));
        }
    }
}

/// Tells the engine, in a child, that this process is a fork of another. From then on every
/// call of a store that was open refuses with [`ErrorKind::Forked`].
///
/// Gives the descriptors of the stores' files, each once: their numbers are the child's
/// afterwards, for whatever it opens, and a fork of the child is not given them. The caller
/// takes all of them and puts others in their place, without unlocking: a lock is the parent's
/// as long as the child has the descriptor, and an unlock would take it from the parent. Reads
/// and writes atomics alone, so that it may be called in a handler of a fork.
pub fn forked() -> impl Iterator<Item = RawFd> {
    let parent = GENERATION.fetch_add(1, Ordering::Relaxed);
    let places = Place::first(parent).and_next();
    places.map(|place| place.descriptor.swap(FREE, Ordering::Relaxed)).filter(|open| *open != FREE)
}

/// The process that opened a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    generation: u32,
}

impl Home {
    /// This process.
    pub(crate) fn here() -> Self {
        Self { generation: GENERATION.load(Ordering::Relaxed) }
    }

    /// Refuses a child of the process that this is.
    ///
    /// # Errors
    ///
    /// `Forked`.
    #[inline]
    pub(crate) fn check(self) -> Result<()> {
        if self == Self::here() { Ok(()) } else { Err(left()) }
    }
}

/// A descriptor that [`forked`] gives. To be dropped before the descriptor is closed.
pub(crate) struct Listed {
    place: &'static Place,
    /// In a child of this process the place is free, or may have a descriptor of a later one's.
    home: Home,
}

impl Listed {
    /// Lists the descriptor of `file`.
    pub(crate) fn new(file: &impl AsRawFd) -> Self {
        Self { place: Place::take(file.as_raw_fd()), home: Home::here() }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        if self.home == Home::here() {
            self.place.descriptor.store(FREE, Ordering::Relaxed);
        }
    }
}

#[cold]
fn left() -> Error {
    let why = "the store was opened before this process was forked; open it again";
    Error::new(ErrorKind::Forked, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_once_it_is_free_and_walked_while_it_is_not() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let open = || {
            Place::first(Home::here().generation)
                .and_next()
                .filter(|place| place.descriptor.load(Ordering::Relaxed) == file.as_raw_fd())
                .count()
        };
        let (one, two) = (Listed::new(&file), Listed::new(&file));
        assert_eq!(open(), 2);
        drop(one);
        assert_eq!(open(), 1);
        let home = Home { generation: Home::here().generation.wrapping_sub(1) };
        drop(Listed { place: two.place, home });
        assert_eq!(open(), 1, "what was inherited took a place that was used again");
        drop(two);
        assert_eq!(open(), 0);
    }
}
