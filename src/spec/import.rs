//! What a key shall be whose token another system made.

use super::issue::{Spec, Terms};
use crate::digest::{Foreign, Scheme, spelled};
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::realm::Realm;
use crate::time::Timestamp;
use crate::token::{OPAQUE_LEN, Token, is_opaque, uncarried};

/// A key whose token another system made. Given to [`Store::import`](crate::Store::import).
///
/// It is active and was issued at the moment of the import unless it is said otherwise. Its end
/// may have passed: then it comes expired. Its token may have any shape: from 4 to 512 bytes of
/// visible ASCII without commas, which no header has in a token.
pub struct Import {
    spec: Spec,
    pub(crate) credential: Credential,
    issued: Option<Timestamp>,
    pub(crate) state: State,
    last_four: Option<String>,
}

/// What is known of the token of an imported key.
pub(crate) enum Credential {
    Token(Token),
    Digest { scheme: Scheme, digest: Foreign, lead: String },
}

impl Import {
    /// Longest token in bytes.
    pub const TOKEN_MAX: usize = *OPAQUE_LEN.end();

    /// A key that shall be what `spec` says, and whose token is known. It is copied; the caller
    /// wipes what it gave.
    ///
    /// # Errors
    ///
    /// `Argument` for a token that is out of its limits, which is not repeated.
    pub fn token(spec: Spec, token: &str) -> Result<Self> {
        let text = token.as_bytes();
        if !OPAQUE_LEN.contains(&text.len()) {
            let (least, most) = (OPAQUE_LEN.start(), OPAQUE_LEN.end());
            let why = format!("token: {} bytes; {least} to {most} are allowed", text.len());
            return Err(Error::new(ErrorKind::Argument, why));
        }
        if let Some(at) = uncarried(text) {
            let what = match text.get(at) {
                Some(b',') => "a comma, by which a header is taken for two",
                _ => "not visible ASCII",
            };
            let why = format!("token: the byte at {at} is {what}");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        let token = Token::copy(token);
        Ok(Self::new(spec, Credential::Token(token)))
    }

    /// A key that shall be what `spec` says, and of whose token another system kept `digest`, in
    /// hex or base64, by `scheme`.
    ///
    /// # Errors
    ///
    /// `Argument` for what is no digest of the scheme, and for hashes of passwords, with the
    /// reason. The digest is not repeated.
    pub fn digest(spec: Spec, scheme: Scheme, digest: &str) -> Result<Self> {
        let digest = spelled(&scheme, digest)?;
        Ok(Self::new(spec, Credential::Digest { scheme, digest, lead: String::new() }))
    }

    fn new(spec: Spec, credential: Credential) -> Self {
        Self { spec, credential, issued: None, state: State::Active, last_four: None }
    }

    /// Exactly what stands in the token before the part that its scheme hashes, as `17|` of
    /// Sanctum's tokens. Without it, a text with another beginning would be the same key's.
    #[must_use]
    pub fn lead(mut self, text: impl Into<String>) -> Self {
        if let Credential::Digest { lead, .. } = &mut self.credential {
            *lead = text.into();
        }
        self
    }

    /// When the other system issued it.
    #[must_use]
    pub fn issued(mut self, issued: Timestamp) -> Self {
        self.issued = Some(issued);
        self
    }

    /// The state that it has in the other system.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// The last four characters of a token that is not known, for people.
    #[must_use]
    pub fn last_four(mut self, characters: impl Into<String>) -> Self {
        self.last_four = Some(characters.into());
        self
    }

    /// The realm, kind and owner that are asked for.
    pub(crate) const fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What the key shall be in `realm` at `now`, when it was issued, and what its token ends
    /// with, as far as is known.
    ///
    /// # Errors
    ///
    /// Those of a spec; `Argument` for a time of issue to come, a lead that the scheme has no
    /// use for or lacks, or four characters that are not four; `Conflict` if it shall be
    /// suspended and the realm does not allow that.
    pub(crate) fn check(
        &self,
        realm: &Realm,
        now: Timestamp,
    ) -> Result<(Terms, Timestamp, [u8; 4])> {
        let refuse = |why: String| Error::new(ErrorKind::Argument, why);
        let issued = self.issued.unwrap_or(now);
        if issued > now || issued < Timestamp::EPOCH {
            return Err(refuse(format!("issued {issued}: it is {now}, and none was before 1970")));
        }
        if self.state == State::Suspended && !realm.policy().suspend {
            let why = format!("state: realm {:?} does not allow suspending", realm.name());
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        let terms = self.spec.check(realm, self.issued, now)?;
        let last_four = match (&self.credential, &self.last_four) {
            (Credential::Token(token), None) => token.last_four(),
            (Credential::Token(_), Some(_)) => {
                return Err(refuse("last_four: the token itself tells".to_owned()));
            }
            (Credential::Digest { .. }, None) => [0; 4],
            (Credential::Digest { .. }, Some(four)) => {
                let four = four.as_bytes().try_into().ok().filter(|four: &[u8; 4]| is_opaque(four));
                four.ok_or_else(|| refuse("last_four: want four of visible ASCII".to_owned()))?
            }
        };
        if let Credential::Digest { scheme, lead, .. } = &self.credential
            && (!scheme.leads(lead) || lead.len() >= Self::TOKEN_MAX)
        {
            let why = match scheme.is_partial() {
                true => {
                    "lead: want what stands in the token before what its scheme hashes, with its \
                     last character"
                }
                false => "lead: its scheme hashes the whole token",
            };
            return Err(refuse(why.to_owned()));
        }
        Ok((terms, issued, last_four))
    }
}

impl std::fmt::Debug for Import {
    /// Shows neither token nor digest.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("spec", &self.spec).finish_non_exhaustive()
    }
}
