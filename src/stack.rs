//! What calls leave on the stack when they return.
//!
//! The compiler copies to the stack as it likes: what a register had, a value that is moved. A copy
//! stays there until another call writes over it, and until then may be moved on, to the heap too,
//! with a value that does not fill its place, such as an enum.

use std::mem;

use zeroize::zeroize_stack;

/// More than a search or a cipher reaches. What they call with what they found may reach deeper.
pub(crate) const DEEP: usize = 16 * 1024;

/// More than the key reaches in a hasher of BLAKE3's, however long a text is.
pub(crate) const HASHER: usize = 4 * 1024;

/// More than BLAKE3 of many texts at once and SHA-2 reach. Not optimised, they spread far.
pub(crate) const SPREAD: usize = if cfg!(debug_assertions) { 64 } else { 4 } * 1024;

/// More than BLAKE3 reaches for a text of 1,024 bytes or fewer at once.
pub(crate) const HASH: usize = 640;

/// What `call` gives. What it left on the stack is written over, `DEPTH` bytes deep, also if it
/// panics. [`DEEP`] takes less than a microsecond.
#[inline(always)]
pub(crate) fn wiped<const DEPTH: usize, T>(call: impl FnOnce() -> T) -> T {
    let unwinding = Unwinding::<DEPTH>;
    let value = apart(call);
    mem::forget(unwinding);
    // Its frame begins where that of `apart` began.
    zeroize_stack::<DEPTH>();
    value
}

/// Gives `call` a frame that is none of its caller's.
#[inline(never)]
fn apart<T>(call: impl FnOnce() -> T) -> T {
    call()
}

/// Wipes for a panic.
struct Unwinding<const DEPTH: usize>;

impl<const DEPTH: usize> Drop for Unwinding<DEPTH> {
    fn drop(&mut self) {
        zeroize_stack::<DEPTH>();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs::File;
    use std::hint::black_box;
    use std::os::unix::fs::FileExt;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::*;

    /// Farther than anything reaches that is wiped.
    const REACH: usize = 128 * 1024;

    const LEFT: u8 = 0xA5;

    /// What stands where `call` had its frames.
    pub(crate) fn left_by(call: impl FnOnce()) -> Vec<u8> {
        let (memory, mut left) = (File::open("/proc/self/mem").unwrap(), vec![0; REACH]);
        let end = below(call);
        memory.read_exact_at(&mut left, end - REACH as u64).unwrap();
        left
    }

    /// Makes the call so far below the frame of its caller that what that calls then does not reach
    /// there. Gives where.
    #[inline(never)]
    fn below(call: impl FnOnce()) -> u64 {
        zeroize_stack::<{ 2 * REACH }>();
        let room = [0_u8; 4096];
        call();
        black_box(&room).as_ptr().addr() as u64
    }

    /// Whether either half of a secret is among `left`: as it is, in words of 4 or 8 bytes in the
    /// other order, as SHA-2 has them, or with what an HMAC adds to its key (RFC 2104).
    pub(crate) fn has_half(left: &[u8], secret: &[u8; 32]) -> bool {
        let (halves, _) = secret.as_chunks::<16>();
        let turned = |half: &[u8; 16], word| {
            let mut turned = *half;
            turned.chunks_mut(word).for_each(<[u8]>::reverse);
            turned
        };
        let forms: Vec<[u8; 16]> = halves
            .iter()
            .flat_map(|half| [0, 0x36, 0x5C].map(|pad| half.map(|byte| byte ^ pad)))
            .flat_map(|half| [half, turned(&half, 4), turned(&half, 8)])
            .collect();
        left.windows(16).any(|bytes| forms.iter().any(|form| form == bytes))
    }

    #[inline(never)]
    fn leave() {
        let room = [LEFT; 12 * 1024];
        black_box(&room);
    }

    fn is_left(left: &[u8]) -> bool {
        left.iter().filter(|byte| **byte == LEFT).count() > 2048
    }

    #[test]
    fn what_a_call_leaves_on_the_stack_is_wiped_also_if_it_panics() {
        assert!(is_left(&left_by(leave)), "nothing was left");
        assert!(!is_left(&left_by(|| wiped::<DEEP, _>(leave))));
        let panic = || {
            leave();
            resume_unwind(Box::new(()));
        };
        let caught = |call: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
        assert!(is_left(&left_by(|| caught(&panic))), "what unwinds writes over it");
        assert!(!is_left(&left_by(|| caught(&|| wiped::<DEEP, _>(panic)))));
    }
}
