//! What calls leave on the stack when they return.
//!
//! The compiler copies to the stack as it likes: what a register had, a value that is moved. A copy
//! stays there until another call writes over it, and until then may be moved on, to the heap too,
//! with a value that does not fill its place, such as an enum.

use zeroize::zeroize_stack;

/// Bytes below its owner's frame that a [`Wipe`] writes over: more than a search reaches. What it
/// calls for what it found may reach deeper.
const DEPTH: usize = 16 * 1024;

/// Writes over what the calls that its owner made left on the stack, when it is dropped: also by
/// a panic. What they are called for must not be inlined into the owner.
///
/// It takes less than a microsecond.
pub(crate) struct Wipe;

impl Drop for Wipe {
    fn drop(&mut self) {
        zeroize_stack::<DEPTH>();
    }
}
