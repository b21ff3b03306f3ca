//! Sealed copies: tokens that can be shown again, where a profile asks for it.
//!
//! A copy is encrypted with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under a key that
//! the host holds and the store never does. Store id, key id and kind are bound to it as
//! associated data, so that a copy moved to another row does not open.
//!
//! ```text
//!  offset  size  name
//!       0     1  version      1
//!       1     8  key tag      names the sealing key, tells nothing about it
//!       9    24  nonce        random
//!      33   n+16 ciphertext   the token's text, and the tag of 16 bytes
//! ```

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{Error, ErrorKind, Result};
use crate::ids::KindRef;
use crate::key_id::KeyId;
use crate::random::Random;
use crate::secret::Secret;
use crate::token::Token;

const VERSION: u8 = 1;
const TAG_LEN: usize = 8;
const NONCE_LEN: usize = 24;

/// A 32-byte secret that the host keeps, under which revealable tokens are sealed.
///
/// It is wiped on drop and cannot be printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealingKey(Secret);

impl SealingKey {
    /// Copies 32 secret bytes into a buffer of its own, which never moves. The caller wipes
    /// what it gave.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Secret::copy(bytes))
    }

    fn tag(&self) -> [u8; TAG_LEN] {
        let name = self.0.derive("keycask 2026-11 name of a sealing key");
        name.expose().first_chunk().copied().unwrap_or_default()
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// Which row a sealed copy belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub store_id: [u8; 16],
    pub key_id: KeyId,
    pub kind: KindRef,
}

impl Place {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.store_id.to_vec();
        bytes.extend(self.key_id.bits().to_be_bytes());
        bytes.extend(self.kind.number().to_be_bytes());
        bytes
    }
}

/// Seals `token` for the row at `place`.
///
/// # Errors
///
/// `Random` if no nonce could be drawn.
pub(crate) fn seal(
    key: &SealingKey,
    place: Place,
    token: &Token,
    random: &Random,
) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce)?;
    let payload = Payload { msg: token.expose().as_bytes(), aad: &place.bytes() };
    let ciphertext = key
        .0
        .cipher(|cipher| cipher.encrypt(&XNonce::from(nonce), payload))
        .map_err(|_| Error::new(ErrorKind::Internal, "the token could not be sealed"))?;
    let mut sealed = vec![VERSION];
    sealed.extend(key.tag());
    sealed.extend(nonce);
    sealed.extend(ciphertext);
    Ok(sealed)
}

/// Whether `key` sealed the copy.
pub(crate) fn is_under(key: &SealingKey, sealed: &[u8]) -> bool {
    sealed.strip_prefix(&[VERSION]).is_some_and(|rest| rest.starts_with(&key.tag()))
}

/// Opens the copy `sealed` of the row at `place`.
///
/// # Errors
///
/// `Pepper` if another key sealed it; `Newer` for a later version; `Corrupt` if it was
/// altered or belongs to another row.
pub(crate) fn open(key: &SealingKey, place: Place, sealed: &[u8]) -> Result<Token> {
    let corrupt =
        || Error::new(ErrorKind::Corrupt, format!("{}: the sealed copy is damaged", place.key_id));
    let (&version, rest) = sealed.split_first().ok_or_else(corrupt)?;
    if version != VERSION {
        let why = format!("{}: the sealed copy has version {version}", place.key_id);
        return Err(Error::new(ErrorKind::Newer, why));
    }
    let (tag, rest) = rest.split_first_chunk::<TAG_LEN>().ok_or_else(corrupt)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(corrupt)?;
    if *tag != key.tag() {
        let why = format!("{}: sealed under another sealing key", place.key_id);
        return Err(Error::new(ErrorKind::Pepper, why));
    }
    let payload = Payload { msg: ciphertext, aad: &place.bytes() };
    let text = key.0.cipher(|cipher| cipher.decrypt(&XNonce::from(*nonce), payload));
    let text = text.map_err(|_| corrupt())?;
    Token::from_bytes(text).ok_or_else(corrupt)
}
