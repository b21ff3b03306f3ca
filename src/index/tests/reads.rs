//! Which slots this thread reads, and how often.

use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::slot::Slot;

/// Where the slots are that were read while something was done, once for each time.
pub(crate) struct Reads(Vec<usize>);

/// Threads that count: mostly there is none, and it costs little to know.
static COUNTING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static READS: RefCell<Option<Vec<usize>>> = const { RefCell::new(None) };
}

/// Notes that `slot` is read, if somebody counts.
#[inline]
pub(in crate::index) fn note(slot: &Slot) {
    if COUNTING.load(Ordering::Relaxed) == 0 {
        return;
    }
    READS.with_borrow_mut(|reads| {
        if let Some(reads) = reads {
            reads.push(ptr::from_ref(slot).addr());
        }
    });
}

/// What `does` gives, and reads of slots.
pub(crate) fn of<T>(does: impl FnOnce() -> T) -> (T, Reads) {
    READS.set(Some(Vec::new()));
    COUNTING.fetch_add(1, Ordering::Relaxed);
    let given = does();
    COUNTING.fetch_sub(1, Ordering::Relaxed);
    (given, Reads(READS.take().unwrap()))
}

impl Reads {
    /// How often a slot was read.
    pub(crate) fn times(&self) -> usize {
        self.0.len()
    }

    /// How many slots were read.
    pub(crate) fn slots(mut self) -> usize {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.len()
    }
}
