//! What a record says of a key whose token another system made.

use super::fields::Fields;
use super::key::Form;
use crate::digest::{Scheme, Trace};
use crate::error::Result;

/// That another system made the token of a key, and how the key is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    /// By the digest of its token, as every key. It came with the token or, if there is a scheme,
    /// with a digest by that.
    Token { trace: Trace, came_by: Option<Scheme> },
    /// By a digest that was made of that system's digest, until it is verified.
    Digest {
        trace: Trace,
        scheme: Scheme,
        /// Tells another secret of the scheme given by mistake; zeros without one.
        check: [u8; 4],
    },
}

// The part of an imported key.
//
// ```text
// offset size name
//      0    1 form     0 it came with its token, 1 it came with a digest and was verified since,
//                      2 it came with a digest, by which it is found
//      1   16 trace    of what it came with; left out in the log, and what follows moves up
//
//     17      scheme   of form 1
//
//     17    4 check    of form 2: first bytes of derive_key("keycask 2026-11 check of an import
//                      secret") over the scheme's secret, zeros without one
//     21      scheme   of form 2
//
// a scheme
//      0    1 algorithm 1 SHA-256, 2 SHA-512, 3 SHA-512/256, 4 HMAC-SHA-256
//      1    1 part     0 the whole token, 1 after the first bar, 2 after the last underscore
//      2    1 place    of the secret: 0 there is none, 1 before, 2 after, 3 key
//      3      name     of the secret, 1 to 32 bytes; to the end
// ```
const TOKEN: u8 = 0;
const VERIFIED: u8 = 1;
const DIGEST: u8 = 2;

impl Imported {
    /// Of what the key came with.
    pub(crate) const fn trace(&self) -> Trace {
        match self {
            Self::Token { trace, .. } | Self::Digest { trace, .. } => *trace,
        }
    }

    /// By which scheme the digest is that the key came with; none if it came with its token.
    pub(crate) const fn came_by(&self) -> Option<&Scheme> {
        match self {
            Self::Token { came_by, .. } => came_by.as_ref(),
            Self::Digest { scheme, .. } => Some(scheme),
        }
    }

    /// By which scheme the digest is that the key is still found by.
    pub(crate) const fn found_by(&self) -> Option<&Scheme> {
        match self {
            Self::Token { .. } => None,
            Self::Digest { scheme, .. } => Some(scheme),
        }
    }

    pub(super) fn to_bytes(&self, form: Form) -> Vec<u8> {
        let trace = self.trace();
        let trace = if form == Form::Row { trace.as_bytes().as_slice() } else { &[] };
        let (tag, check): (_, &[u8]) = match self {
            Self::Token { came_by: None, .. } => (TOKEN, &[]),
            Self::Token { came_by: Some(_), .. } => (VERIFIED, &[]),
            Self::Digest { check, .. } => (DIGEST, check),
        };
        let scheme = self.came_by().map(Scheme::to_bytes).unwrap_or_default();
        [&[tag], trace, check, &scheme].concat()
    }

    /// Takes it off a record; in the log it has no trace.
    pub(super) fn take(part: &mut Fields<'_>, form: Form) -> Result<Self> {
        let tag = part.u8()?;
        if tag > DIGEST {
            return Err(part.newer(&format!("form {tag} of an imported key")));
        }
        let trace = if form == Form::Row { Trace::from_bytes(part.array()?) } else { Trace::NONE };
        if tag == TOKEN {
            return Ok(Self::Token { trace, came_by: None });
        }
        let check = if tag == DIGEST { part.array()? } else { [0; 4] };
        let scheme = Scheme::from_bytes(part.rest());
        let scheme = scheme.ok_or_else(|| part.corrupt("no scheme"))?;
        Ok(match tag {
            DIGEST => Self::Digest { trace, scheme, check },
            _ => Self::Token { trace, came_by: Some(scheme) },
        })
    }
}
