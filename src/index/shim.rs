//! The atomics of the index: the machine's, or those of a model checker.

#[cfg(all(loom, test))]
pub(super) use super::models::fence;
#[cfg(all(loom, not(test)))]
pub(super) use loom::sync::atomic::fence;
#[cfg(loom)]
pub(super) use loom::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(shuttle)]
pub(super) use shuttle::sync::atomic::{
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
#[cfg(not(any(loom, shuttle)))]
pub(super) use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
