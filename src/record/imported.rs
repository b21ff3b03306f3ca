//! What a record says of a key whose token another system made.

use super::fields::Fields;
use crate::digest::Scheme;
use crate::error::Result;

/// That another system made the token of a key, and how the key is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    /// By the digest of its token, as every key. If it came with that system's digest, the first
    /// half of the one that was made of it tells a second import of the same.
    Token { adopted: Option<[u8; 16]> },
    /// By a digest that was made of that system's digest, until it is verified.
    Digest {
        scheme: Scheme,
        /// Tells another secret of the scheme given by mistake; zeros without one.
        check: [u8; 4],
    },
}

// The part of an imported key.
//
// ```text
// offset size name
//      0    1 form     0 token, 1 token of which there was a digest (in the log: 0), 2 digest
//
//      1   16 adopted  of form 1: what there was
//
//      1    4 check    of form 2: first bytes of derive_key("keycask 2026-11 check of an import
//                      secret") over the scheme's secret, zeros without one
//      5    1 algorithm 1 SHA-256, 2 SHA-512, 3 SHA-512/256, 4 HMAC-SHA-256
//      6    1 part     0 the whole token, 1 after the first bar, 2 after the last underscore
//      7    1 place    of the secret: 0 there is none, 1 before, 2 after, 3 key
//      8      name     of the secret, 1 to 32 bytes; to the end
// ```
const TOKEN: u8 = 0;
const TOKEN_ADOPTED: u8 = 1;
const DIGEST: u8 = 2;

impl Imported {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Token { adopted: None } => vec![TOKEN],
            Self::Token { adopted: Some(adopted) } => {
                [&[TOKEN_ADOPTED], adopted.as_slice()].concat()
            }
            Self::Digest { scheme, check } => {
                [&[DIGEST], check.as_slice(), &scheme.to_bytes()].concat()
            }
        }
    }

    pub(super) fn take(part: &mut Fields<'_>) -> Result<Self> {
        Ok(match part.u8()? {
            TOKEN => Self::Token { adopted: None },
            TOKEN_ADOPTED => Self::Token { adopted: Some(part.array()?) },
            DIGEST => {
                let check = part.array()?;
                let scheme = Scheme::from_bytes(part.rest());
                Self::Digest { scheme: scheme.ok_or_else(|| part.corrupt("no scheme"))?, check }
            }
            form => return Err(part.newer(&format!("form {form} of an imported key"))),
        })
    }

    /// The same without any half of a digest: what the log has.
    pub(super) fn for_log(&self) -> Self {
        match self {
            Self::Token { .. } => Self::Token { adopted: None },
            other => other.clone(),
        }
    }
}
