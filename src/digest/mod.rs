//! The digest of a token: keyed BLAKE3 of its text, 32 bytes.
//!
//! It is what the store keeps in place of the token. The key is the host's pepper, which
//! the file never holds, or, without one, a public constant derived by BLAKE3's
//! key-derivation mode, so that there is one way to compute a digest. Equality is
//! constant-time, there is no `Debug`, and a digest presented as a token is just an
//! unknown token.
//!
//! Of a key that was moved in from another system, and has not been verified since, there is
//! that system's digest only, by its [`Scheme`]. It is hashed once more under our own key, so
//! that neither is it in the file, nor does who chose it choose where it stands. A [`Trace`] tells
//! that a token or digest was imported before.

mod lanes;
mod refused;
mod scheme;
mod spelling;
mod trace;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::stack::{SPREAD, wiped};
use crate::sys::Vectors;

pub use scheme::Scheme;
pub(crate) use scheme::{Foreign, check_secret_name};
pub(crate) use spelling::digest as spelled;
pub(crate) use trace::{Trace, Tracer};

/// The digest of one token under one pepper.
#[derive(Clone, Copy)]
pub struct Digest(blake3::Hash);

impl Digest {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// All zeros, which is no token's: where a digest is to be put.
    pub(crate) const NONE: Self = Self::from_bytes([0; Self::LEN]);

    /// The digest with these bytes, as they stand in a record.
    #[must_use]
    pub(crate) const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(blake3::Hash::from_bytes(bytes))
    }

    /// The digest with these words in little-endian order.
    fn from_words(words: [u32; 8]) -> Self {
        let mut bytes = [0; Self::LEN];
        for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        Self::from_bytes(bytes)
    }

    /// The bytes, as they stand in a record.
    #[must_use]
    pub(crate) const fn as_bytes(&self) -> &[u8; Self::LEN] {
        self.0.as_bytes()
    }

    /// The first 128 bits as two words, as they stand in a slot.
    #[must_use]
    pub(crate) fn words(&self) -> [u64; 2] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = *self.0.as_bytes();
        [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
    }
}

/// The last four characters of a token: what chooses where its key stands in memory.
///
/// They are known before the digest is, so that the key's slots come from memory while the
/// token is hashed. They decide nothing: a key is told by its digest alone. And they give
/// nothing away: every record has them, to be shown to people as the token's hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locator(u32);

impl Locator {
    /// The locator of tokens that end with these characters.
    #[inline]
    pub(crate) const fn of(last_four: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(last_four))
    }

    /// The locator of `token`. One of fewer than four bytes has none of its own.
    #[inline]
    pub(crate) fn of_token(token: &[u8]) -> Self {
        token.last_chunk().map_or(Self(0), |last_four| Self::of(*last_four))
    }

    /// The locator of a key that is found by its digest alone, which begins so.
    #[inline]
    pub(crate) fn of_digest([first, _]: [u64; 2]) -> Self {
        let [a, b, c, d, ..] = first.to_le_bytes();
        Self::of([a, b, c, d])
    }

    /// The locator that [`number`](Self::number) gave.
    #[inline]
    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Another number for every locator.
    #[inline]
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

/// What finds a key in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// Says where it may stand.
    pub locator: Locator,
    /// Tells it from others there: the first 128 bits of its digest.
    pub digest: [u64; 2],
}

impl std::fmt::Debug for Address {
    /// A digest is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(..)")
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Digest {}

/// A 32-byte secret that the host keeps outside the file, to key the digests.
///
/// A thief of the file alone can then not test a guess of a token. It is wiped on drop and
/// cannot be printed.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, dir, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::{ErrorKind, Pepper, Store};
///
/// let path = dir.path().join("peppered.keycask");
/// Store::options().pepper(Pepper::new(&[7; 32])).create(&path)?.close()?;
/// let wrong = Store::options().pepper(Pepper::new(&[8; 32])).open(&path).err();
/// assert_eq!(wrong.map(|error| error.kind()), Some(ErrorKind::Pepper));
/// # Ok(())
/// # }
/// ```
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pepper(Secret);

impl Pepper {
    /// Copies 32 secret bytes into a buffer of its own, which never moves. The caller wipes
    /// what it gave.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Secret::copy(bytes))
    }

    /// Whether both are the same secret.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// Another secret for `purpose`, which must be unique to its use.
    pub(crate) fn derive(&self, purpose: &str) -> Secret {
        self.0.derive(purpose)
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(..)")
    }
}

/// What another system hashed with each of its tokens: its pepper, the key of its HMAC, or a
/// salt that is the same for all. The file never holds it. Wiped on drop, cannot be printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct ImportSecret(Box<[u8]>);

impl ImportSecret {
    /// Longest secret in bytes.
    pub(crate) const MAX: usize = 1024;

    /// Copies `bytes`. The caller wipes what it gave.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Refuses a secret of no bytes, or of too many.
    ///
    /// # Errors
    ///
    /// `Argument`, with the secret's `name`.
    pub(crate) fn check_len(&self, name: &str) -> Result<()> {
        let len = self.0.len();
        if (1..=Self::MAX).contains(&len) {
            return Ok(());
        }
        let why = format!("import secret {name:?}: {len} bytes; 1 to {} are allowed", Self::MAX);
        Err(Error::new(ErrorKind::Argument, why))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Four bytes that tell another secret given by mistake, and too little to find it by.
    pub(crate) fn check(&self) -> [u8; 4] {
        let check = Secret::derived("keycask 2026-11 check of an import secret", &self.0);
        check.expose().first_chunk().copied().unwrap_or_default()
    }
}

/// Keyed BLAKE3 of three texts, none of which can pass for a part of another: the length of each
/// in 2 bytes stands before it.
fn framed(key: &Secret, texts: [&[u8]; 3]) -> blake3::Hash {
    let len = |text: &[u8]| u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
    key.hasher(|hasher| {
        for text in texts {
            hasher.update(&len(text)).update(text);
        }
        hasher.finalize()
    })
}

/// Computes digests: the keys of one pepper generation, ready for use.
pub(crate) struct Digester {
    pepper: Pepper,
    /// Whether the host gave the pepper. If not, it is the public constant.
    is_peppered: bool,
    /// The key for digests that other systems made.
    foreign: Secret,
}

impl Digester {
    /// Digests under `pepper`, or under the public constant if there is none.
    pub(crate) fn new(pepper: Option<Pepper>) -> Self {
        let is_peppered = pepper.is_some();
        let pepper = pepper.unwrap_or_else(|| {
            Pepper(Secret::derived("keycask 2026-11 token digest without a pepper", b""))
        });
        let foreign = pepper.derive("keycask 2026-11 digest of a foreign digest");
        Self { pepper, is_peppered, foreign }
    }

    /// The pepper that the host gave.
    pub(crate) fn pepper(&self) -> Option<&Pepper> {
        self.is_peppered.then_some(&self.pepper)
    }

    /// The digest of a token of which another system's is `foreign`, by the scheme with this
    /// [`domain`](Scheme::domain), without what stands before what that hashes: `lead`.
    pub(crate) fn adopt(&self, domain: &[u8], lead: &[u8], foreign: &Foreign) -> Digest {
        Digest(framed(&self.foreign, [domain, lead, foreign.as_bytes()]))
    }

    /// The digest of `token`: its whole text, prefix and checksum included.
    #[inline]
    pub(crate) fn digest(&self, token: &[u8]) -> Digest {
        Digest(self.pepper.0.hash(token))
    }

    /// The digests of `tokens`, in their order: what [`digest`](Self::digest) gives for each, at
    /// a fraction of the time where the processor has vectors. `N` at most; what there are fewer
    /// is zeros.
    pub(crate) fn digests<const N: usize>(&self, tokens: &[&[u8]]) -> [Digest; N] {
        let mut digests = [Digest::NONE; N];
        if tokens.len() < LANES_FROM || tokens.iter().any(|token| token.len() > lanes::BLOCK) {
            for (place, token) in digests.iter_mut().zip(tokens) {
                *place = self.digest(token);
            }
            return digests;
        }
        wiped::<SPREAD, _>(|| self.in_lanes(tokens, &mut digests));
        digests
    }

    /// Puts the digests of `tokens` into `digests`, in their order. Pepper and tokens are left on
    /// the stack.
    #[inline(always)]
    fn in_lanes(&self, tokens: &[&[u8]], digests: &mut [Digest]) {
        let key = words(self.pepper.0.expose());
        match Vectors::detect() {
            Vectors::Long(long) => long.run(|| lanes::digests::<16>(&key, tokens, digests)),
            Vectors::Medium(medium) => medium.run(|| lanes::digests::<8>(&key, tokens, digests)),
            Vectors::Short => lanes::digests::<4>(&key, tokens, digests),
        }
    }
}

/// Tokens from which on lanes are worth their price.
const LANES_FROM: usize = 4;

/// The words of a key or a digest, which has them in little-endian order.
fn words(bytes: &[u8; 32]) -> [u32; 8] {
    let (words, _) = bytes.as_chunks();
    std::array::from_fn(|n| words.get(n).map_or(0, |word| u32::from_le_bytes(*word)))
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;
    use crate::stack::tests::{has_half, left_by};

    const PEPPER: &[u8; 32] = b"the first half, and then another";
    const TOKEN: &[u8; 32] = b"half a token and the rest of it.";
    // In lanes each word stands beside the same one of other tokens.
    const PEPPER_WORDS: &[u8; 32] = b"halfhalfhalfhalfhalfhalfhalfhalf";
    const TOKEN_WORDS: &[u8; 32] = b"moremoremoremoremoremoremoremore";

    fn digester(pepper: &[u8; 32]) -> Digester {
        Digester::new(Some(Pepper::new(pepper)))
    }

    fn scheme(name: &str) -> Scheme {
        name.parse().unwrap()
    }

    #[test]
    fn neither_half_of_a_pepper_nor_of_a_token_is_left_on_the_stack_by_its_digest() {
        let (digester, of_words) = (digester(PEPPER), digester(PEPPER_WORDS));
        let of_another = |name: &str| {
            let scheme = scheme(name);
            move || assert!(black_box(scheme.digest(TOKEN, PEPPER)).is_some())
        };
        let many = |digester: &Digester, token: &[u8; 32], count| {
            black_box(digester.digests::<64>(&vec![&token[..]; count]));
        };
        let calls: [(&str, &dyn Fn()); 8] = [
            ("one", &|| _ = black_box(digester.digest(TOKEN))),
            ("few", &|| many(&digester, TOKEN, 3)),
            ("many", &|| many(&digester, TOKEN, 64)),
            ("words", &|| many(&of_words, TOKEN_WORDS, 64)),
            ("sha256", &of_another("sha256:before=x")),
            ("sha512", &of_another("sha512:after=x")),
            ("sha512-256", &of_another("sha512-256:after=x")),
            ("hmac-sha256", &of_another("hmac-sha256:key=x")),
        ];
        for (name, call) in calls {
            let left = left_by(call);
            for secret in [PEPPER, TOKEN, PEPPER_WORDS, TOKEN_WORDS] {
                assert!(!has_half(&left, secret), "{name}");
            }
        }
        println!("stack: {} calls with a token", calls.len());
    }

    /// Of an HMAC's key nothing has to be left: what computes it wipes it, but for copies.
    #[test]
    fn what_digests_leave_on_the_stack_until_it_is_wiped_is_seen() {
        let (digester, of_words) = (digester(PEPPER), digester(PEPPER_WORDS));
        let of_another = |name: &str| {
            let scheme = scheme(name);
            move || assert!(black_box(scheme.hash(TOKEN, PEPPER)).is_some())
        };
        let many = |digester: &Digester, token: &[u8; 32]| {
            let mut digests = [Digest::NONE; 64];
            digester.in_lanes(&[&token[..]; 64], &mut digests);
            black_box(&digests);
        };
        type Call<'c> = (&'c str, &'c [&'c [u8; 32]], &'c dyn Fn());
        let calls: [Call<'_>; 8] = [
            ("one", &[PEPPER, TOKEN], &|| {
                _ = black_box(blake3::keyed_hash(digester.pepper.0.expose(), TOKEN));
            }),
            ("many", &[PEPPER], &|| many(&digester, TOKEN)),
            ("words", &[PEPPER_WORDS, TOKEN_WORDS], &|| many(&of_words, TOKEN_WORDS)),
            ("sha256, before", &[TOKEN], &of_another("sha256:before=x")),
            ("sha256, after", &[PEPPER], &of_another("sha256:after=x")),
            ("sha512", &[PEPPER, TOKEN], &of_another("sha512:after=x")),
            ("sha512-256", &[PEPPER, TOKEN], &of_another("sha512-256:after=x")),
            ("hmac-sha256", &[TOKEN], &of_another("hmac-sha256:key=x")),
        ];
        for (name, secrets, call) in calls {
            let left = left_by(call);
            for secret in secrets {
                assert!(has_half(&left, secret), "{name}");
            }
        }
    }

    #[test]
    fn digests_of_many_are_those_of_each_however_many_and_however_long() {
        let digester = Digester::new(Some(Pepper::new(&[7; 32])));
        let text = [b'x'; 166];
        for longest in [40, 64, 65, 166] {
            for count in [0, 1, 3, 4, 5, 16, 17, 63, 64] {
                let tokens: Vec<&[u8]> = (0..count).map(|n| &text[..longest - n % 20]).collect();
                let digests: [Digest; 64] = digester.digests(&tokens);
                let expected = tokens.iter().map(|token| digester.digest(token));
                assert!(expected.zip(digests).all(|(one, other)| one == other));
            }
        }
    }
}
