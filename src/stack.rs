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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::hint::black_box;
    use std::os::unix::fs::FileExt;

    use super::*;

    const LEFT: u8 = 0xA5;

    /// Where it left much of it, below the frame of its caller.
    #[inline(never)]
    fn leave() -> u64 {
        let room = [LEFT; 12 * 1024];
        black_box(&room).as_ptr().addr() as u64
    }

    #[inline(never)]
    fn leave_and_wipe() -> u64 {
        let _wipe = Wipe;
        leave()
    }

    /// Whether it is still there, where no call that looks for it reaches.
    fn is_left(at: u64) -> bool {
        let mut there = vec![0; 4096];
        File::open("/proc/self/mem").unwrap().read_exact_at(&mut there, at).unwrap();
        there.iter().filter(|byte| **byte == LEFT).count() > 2048
    }

    #[test]
    fn what_a_call_left_on_the_stack_is_gone_with_the_wipe_of_its_caller() {
        assert!(is_left(leave()), "nothing was left");
        assert!(!is_left(leave_and_wipe()));
    }
}
