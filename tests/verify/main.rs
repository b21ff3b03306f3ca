//! What deciding about a token does without: memory from the heap, system calls, and locks that
//! others hold for longer than one charge. Each test here has a counterpart that shows that it
//! would notice.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod allocations;
mod kit;
mod locks;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod syscalls;
