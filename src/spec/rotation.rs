//! How a key shall be replaced by a successor.

use std::time::Duration;

use serde_json::{Value, json};

use super::window::{End, asked_span, check_end};
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::realm::Realm;
use crate::span::span_text;
use crate::time::Timestamp;

/// How a key shall be replaced. Given to [`Store::rotate`](crate::Store::rotate).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::{Request, Rotation};
/// use std::time::Duration;
///
/// let rotation = Rotation::new().grace(Duration::from_secs(86_400));
/// let successor = store.rotate(key, &rotation, me)?;
/// for token in [&issued.token, &successor.token] {
///     assert!(store.verify(realm, token.expose().as_bytes(), &Request::new()).is_ok());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    grace: Option<Duration>,
    end: Option<End>,
}

/// A [`Rotation`] that the realm accepts.
pub(crate) struct Succession {
    /// When the old key ends; `None` if it is revoked at once.
    pub old_end: Option<Timestamp>,
    pub new_start: Timestamp,
    pub new_end: Timestamp,
}

impl Rotation {
    /// The old key lives on for the profile's default grace; the new one gets its lifetime
    /// again.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The old key is revoked as the new one is made, in one step.
    #[must_use]
    pub fn regenerate() -> Self {
        Self { grace: Some(Duration::ZERO), end: None }
    }

    /// The old key lives on for `span`, or to its own end if that is earlier. Zero revokes it.
    #[must_use]
    pub fn grace(mut self, span: Duration) -> Self {
        self.grace = Some(span);
        self
    }

    /// The new key is refused from `end` on; [`Timestamp::NEVER`] for none.
    #[must_use]
    pub fn end(mut self, end: Timestamp) -> Self {
        self.end = Some(End::At(end));
        self
    }

    /// The new key is refused from `span` after its start on.
    #[must_use]
    pub fn life(mut self, span: Duration) -> Self {
        self.end = Some(End::After(span));
        self
    }

    /// What is asked of `key`, as operations tell requests apart.
    pub(crate) fn asked(&self, key: KeyId) -> Value {
        json!({
            "key": key.to_string(),
            "grace": self.grace.map(asked_span),
            "end": self.end.map(End::asked),
        })
    }

    /// What becomes of a key that is valid from `start` to `end` and is replaced at `now`.
    ///
    /// # Errors
    ///
    /// `Argument` for a grace or a life longer than the profile allows, or an end that has
    /// passed.
    pub(crate) fn check(
        &self,
        realm: &Realm,
        start: Timestamp,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<Succession> {
        let policy = realm.policy();
        let grace = self.grace.unwrap_or(policy.default_grace);
        if grace > policy.longest_grace {
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "grace {}: realm {:?} allows {} at most",
                    span_text(grace),
                    realm.name(),
                    span_text(policy.longest_grace)
                ),
            ));
        }
        let new_start = now.max(start);
        let new_end = match (self.end, policy.longest_life) {
            (Some(asked), longest) => {
                let asked = asked.from(new_start);
                check_end(asked, (new_start, new_start), now, longest)?;
                asked
            }
            (None, longest) => {
                let again = match end {
                    Timestamp::NEVER => Timestamp::NEVER,
                    end => new_start.plus(end.since(start)).min(Timestamp::LAST),
                };
                longest.map_or(again, |longest| again.min(new_start.plus(longest)))
            }
        };
        let old_end = (!grace.is_zero()).then(|| end.min(now.plus(grace)));
        Ok(Succession { old_end, new_start, new_end })
    }
}
