//! The digest of a token, as peers take it.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// 32 bytes of keyed BLAKE3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

/// What builds the hasher of every map here.
pub type ByFirstWord = BuildHasherDefault<FirstWord>;

impl Hash for Digest {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// Takes the word for its hash: a digest's are as good as random, and its key is secret.
#[derive(Default)]
pub struct FirstWord(u64);

impl Hasher for FirstWord {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a digest is hashed as one word");
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
