//! 32 secret bytes, and all that is computed with them.
//!
//! Peppers, sealing keys and the keys that derive from either stand here and nowhere else: each in
//! one buffer of the heap, which never moves and is wiped when it is dropped. What a computation
//! left of them on the stack is [wiped](crate::stack) before it returns.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::Result;
use crate::random::Random;
use crate::stack::{DEEP, HASH, HASHER, wiped};

/// A secret of 32 bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret(Box<[u8; Secret::LEN]>);

impl Secret {
    /// Length in bytes.
    const LEN: usize = 32;

    fn zeros() -> Self {
        Self(Box::new([0; Self::LEN]))
    }

    /// A copy of `bytes`, which are the caller's to wipe.
    pub(crate) fn copy(bytes: &[u8; Self::LEN]) -> Self {
        let mut secret = Self::zeros();
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// One that is drawn.
    ///
    /// # Errors
    ///
    /// `Random`.
    pub(crate) fn random(random: &Random) -> Result<Self> {
        let mut secret = Self::zeros();
        random.fill(&mut *secret.0)?;
        Ok(secret)
    }

    /// One that BLAKE3's key-derivation mode makes of `material` for `purpose`, which must be
    /// unique to its use.
    pub(crate) fn derived(purpose: &str, material: &[u8]) -> Self {
        let mut secret = Self::zeros();
        wiped::<DEEP, _>(|| *secret.0 = blake3::derive_key(purpose, material));
        secret
    }

    /// Another for `purpose`, which must be unique to its use.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        Self::derived(purpose, &*self.0)
    }

    /// The bytes, to be written nowhere but to where they are wiped.
    pub(crate) fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Keyed BLAKE3 of `text`, of 1,024 bytes at most.
    #[inline]
    pub(crate) fn hash(&self, text: &[u8]) -> blake3::Hash {
        debug_assert!(text.len() <= 1024, "what is wiped is not as deep");
        wiped::<HASH, _>(|| blake3::keyed_hash(&self.0, text))
    }

    /// Keyed BLAKE3 of what `write` is told to update it with, and what that takes of it.
    pub(crate) fn hasher<T>(&self, write: impl FnOnce(&mut blake3::Hasher) -> T) -> T {
        wiped::<HASHER, _>(|| write(&mut blake3::Hasher::new_keyed(&self.0)))
    }

    /// What `call` does with a cipher under this key.
    pub(crate) fn cipher<T>(&self, call: impl FnOnce(&XChaCha20Poly1305) -> T) -> T {
        wiped::<DEEP, _>(|| call(&XChaCha20Poly1305::new((&*self.0).into())))
    }
}

impl PartialEq for Secret {
    /// In a time that does not tell where they differ.
    fn eq(&self, other: &Self) -> bool {
        let [one, other] = [&self.0, &other.0];
        wiped::<DEEP, _>(|| blake3::Hash::from_bytes(**one) == blake3::Hash::from_bytes(**other))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use chacha20poly1305::XNonce;
    use chacha20poly1305::aead::Aead;

    use super::*;
    use crate::stack::tests::{has_half, left_by};

    const BYTES: [u8; 32] = *b"the first half, and then another";

    #[test]
    fn nothing_that_is_computed_with_a_secret_leaves_half_of_it_on_the_stack() {
        let (secret, other) = (Secret::copy(&BYTES), Secret::copy(&BYTES));
        let encrypt = |text: &[u8]| secret.cipher(|c| c.encrypt(&XNonce::default(), text).unwrap());
        let decrypt = |text: &[u8]| secret.cipher(|c| c.decrypt(&XNonce::default(), text).unwrap());
        let sealed = encrypt(&[7; 100]);
        let keyed = |text: &[u8]| secret.hasher(|hasher| hasher.update(text).finalize());
        let calls: [(&str, &dyn Fn()); 9] = [
            ("copy", &|| drop(black_box(Secret::copy(&BYTES)))),
            ("derive", &|| drop(black_box(secret.derive("test of a purpose")))),
            ("hash", &|| _ = black_box(secret.hash(b"text"))),
            ("hash, long", &|| _ = black_box(secret.hash(&[7; 1024]))),
            ("hasher", &|| _ = black_box(keyed(b"text"))),
            ("hasher, long", &|| _ = black_box(keyed(&[7; 9000]))),
            ("cipher, sealing", &|| drop(black_box(encrypt(&[7; 100])))),
            ("cipher, opening", &|| drop(black_box(decrypt(&sealed)))),
            ("compare", &|| assert!(secret == other)),
        ];
        for (name, call) in calls {
            assert!(!has_half(&left_by(call), &BYTES), "{name}");
        }
        println!("stack: {} calls with a secret", calls.len());
    }

    #[test]
    fn what_is_not_wiped_from_the_stack_is_seen() {
        let secret = Secret::copy(&BYTES);
        let calls: [&dyn Fn(); 2] =
            [&|| _ = black_box(blake3::keyed_hash(secret.expose(), b"text")), &|| {
                _ = black_box(blake3::derive_key("test of a purpose", secret.expose()))
            }];
        for call in calls {
            assert!(has_half(&left_by(call), &BYTES));
        }
    }
}
