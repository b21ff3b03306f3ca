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
    use std::array::from_fn;
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

    /// The forms that a hash gives its input: what is added to each byte, and how many bytes there
    /// are in a word, which stand in the other order. SHA-256 has words of 4 bytes, SHA-512 of 8;
    /// an HMAC, here of SHA-256, adds to its key (RFC 2104). BLAKE3 has its input as it is, also
    /// in lanes.
    const FORMS: [(u8, usize); 7] =
        [(0, 1), (0, 4), (0, 8), (0x36, 1), (0x36, 4), (0x5C, 1), (0x5C, 4)];

    /// Whether either half of a secret is among `left`, in any of [`FORMS`].
    pub(crate) fn has_half(left: &[u8], secret: &[u8; 32]) -> bool {
        let (halves, _) = secret.as_chunks::<16>();
        let formed = |half: &[u8; 16], (pad, word)| {
            let mut formed = half.map(|byte| byte ^ pad);
            formed.chunks_mut(word).for_each(<[u8]>::reverse);
            formed
        };
        let forms: Vec<[u8; 16]> =
            halves.iter().flat_map(|half| FORMS.map(|form| formed(half, form))).collect();
        left.windows(16).any(|bytes| forms.iter().any(|form| form == bytes))
    }

    /// What is left of a call that has `value` on the stack.
    fn left_of<T: Copy>(value: T) -> Vec<u8> {
        left_by(|| _ = black_box(&[value; 4]))
    }

    /// Calls leave SHA-2's words where they are not optimised, and an HMAC's key with 0x5C where
    /// they are; with 0x36 it is overwritten before they return, by all that was tried. So each
    /// form is left here as its specification has it.
    #[test]
    fn either_half_of_a_secret_in_each_form_that_a_hash_gives_it_on_the_stack_is_seen() {
        let secret = b"the first half, and then another";
        let (halves, _) = secret.as_chunks::<16>();
        for half in halves {
            let narrow: [u32; 4] = from_fn(|n| u32::from_be_bytes(half.as_chunks().0[n]));
            let wide: [u64; 2] = from_fn(|n| u64::from_be_bytes(half.as_chunks().0[n]));
            let little: [u32; 4] = from_fn(|n| u32::from_le_bytes(half.as_chunks().0[n]));
            for (name, left) in [
                ("as it is", left_of(*half)),
                ("BLAKE3", left_of(little)),
                ("SHA-256", left_of(narrow)),
                ("SHA-512", left_of(wide)),
                ("inner key", left_of(little.map(|word| word ^ 0x3636_3636))),
                ("outer key", left_of(little.map(|word| word ^ 0x5C5C_5C5C))),
                ("inner key of SHA-256", left_of(narrow.map(|word| word ^ 0x3636_3636))),
                ("outer key of SHA-256", left_of(narrow.map(|word| word ^ 0x5C5C_5C5C))),
            ] {
                assert!(has_half(&left, secret), "{name}");
                assert!(!has_half(&left, b"another secret, and what else is"), "{name}");
            }
        }
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
