//! What tells that a token, or another system's digest of one, was imported before.
//!
//! A digest cannot: it is under a pepper, which is retired one day, and it is made anew when a key
//! is first verified. A trace is under a key that lasts as long as the rows do. It finds no key
//! for a verify.

use super::framed;
use super::scheme::Foreign;
use crate::secret::Secret;

/// Keyed BLAKE3, 16 bytes, of a token or a digest as it was imported.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Trace([u8; 16]);

impl Trace {
    /// All zeros: where a trace was left out.
    pub(crate) const NONE: Self = Self([0; 16]);

    /// The trace with these bytes, as they stand in a record.
    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, as they stand in a record.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for Trace {
    /// It is half a digest, and never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trace(..)")
    }
}

/// Computes traces.
pub(crate) struct Tracer(Secret);

impl Tracer {
    /// Traces under `key`.
    pub(crate) fn new(key: Secret) -> Self {
        Self(key)
    }

    /// The trace of a key that comes with its token.
    pub(crate) fn of_token(&self, token: &[u8]) -> Trace {
        // No domain is empty, so no digest has this trace.
        self.trace([&[], &[], token])
    }

    /// The trace of a key that comes with a digest by the scheme with this
    /// [`domain`](super::Scheme::domain), and the `lead` before what that hashes.
    pub(crate) fn of_digest(&self, domain: &[u8], lead: &[u8], foreign: &Foreign) -> Trace {
        self.trace([domain, lead, foreign.as_bytes()])
    }

    fn trace(&self, texts: [&[u8]; 3]) -> Trace {
        let hash = framed(&self.0, texts);
        Trace(hash.as_bytes().first_chunk().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_a_digest_of_the_same_bytes_have_two_traces() {
        let tracer = Tracer::new(Secret::copy(&[1; 32]));
        let foreign = Foreign::new(b"12345678901234567890123456789012").unwrap();
        let of_token = tracer.of_token(foreign.as_bytes());
        let of_digest = tracer.of_digest(&[1, 0, 0], b"", &foreign);
        assert!(of_token != of_digest);
        assert!(of_digest != tracer.of_digest(&[1], &[0, 0], &foreign));
        assert!(of_token != Tracer::new(Secret::copy(&[2; 32])).of_token(foreign.as_bytes()));
        assert!(of_token == tracer.of_token(foreign.as_bytes()));
    }
}
