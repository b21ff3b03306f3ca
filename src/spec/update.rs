//! What shall change about a key.

use std::time::Duration;

use serde_json::{Value, json};

use super::issue::{asked_quota, own_scopes};
use super::window::{asked_span, check_end, check_idle};
use crate::entry::Idle;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::network::Networks;
use crate::quota::{CreditChange, Quota};
use crate::realm::{Kind, Realm};
use crate::scope::ScopeSet;
use crate::text;
use crate::time::Timestamp;

/// What shall change about a key; what is not set stays. Given to
/// [`Store::update`](crate::Store::update).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::Update;
///
/// let update = Update::new().name("exports").scopes(["audits:read"]);
/// assert_eq!(store.update(key, &update, me)?.scopes, ["audits:read"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub(crate) name: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) end: Option<Timestamp>,
    scopes: Option<Vec<String>>,
    /// None for any.
    networks: Option<Option<Vec<String>>>,
    /// None for what the realm says.
    idle: Option<Option<Duration>>,
    pub(crate) quota: Option<Option<Quota>>,
    pub(crate) credits: Option<CreditChange>,
}

/// An [`Update`] of what its realm has to accept; none of what stays.
pub(crate) struct Accepted {
    pub scopes: Option<ScopeSet>,
    pub networks: Option<Option<Networks>>,
    pub idle: Option<Option<Idle>>,
}

impl Update {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A new name: at most 128 bytes, no control characters.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// New metadata: one JSON value of at most 4096 bytes, kept byte for byte.
    #[must_use]
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = Some(json.into());
        self
    }

    /// A new end, which must not have passed; [`Timestamp::NEVER`] for none.
    #[must_use]
    pub fn end(mut self, end: Timestamp) -> Self {
        self.end = Some(end);
        self
    }

    /// New scopes by name, in place of the old ones.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// New networks, in place of the old ones: from 1 to 64; an empty list is refused, and
    /// [`any_network`](Self::any_network) lifts the restriction. See
    /// [`Spec::networks`](crate::Spec::networks).
    #[must_use]
    pub fn networks<S: Into<String>>(mut self, networks: impl IntoIterator<Item = S>) -> Self {
        self.networks = Some(Some(networks.into_iter().map(Into::into).collect()));
        self
    }

    /// The key may be used from anywhere.
    #[must_use]
    pub fn any_network(mut self) -> Self {
        self.networks = Some(None);
        self
    }

    /// The key is refused once it was not used for `span` from now on; see
    /// [`Spec::idle`](crate::Spec::idle). A key that was refused as Idle is granted again.
    #[must_use]
    pub fn idle(mut self, span: Duration) -> Self {
        self.idle = Some(Some(span));
        self
    }

    /// The key has no idle span of its own: what its realm says holds.
    #[must_use]
    pub fn no_idle(mut self) -> Self {
        self.idle = Some(None);
        self
    }

    /// A new quota in place of the old one, or none, for the whole lineage. Its credits are as
    /// many as its limit, and its refills are counted from now.
    #[must_use]
    pub fn quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.quota = Some(quota.into());
        self
    }

    /// The lineage has so many credits, until the next refill. Nothing else is done to its
    /// credits by the same update.
    #[must_use]
    pub fn set_credits(mut self, credits: u64) -> Self {
        self.credits = Some(CreditChange::Set(credits));
        self
    }

    /// The lineage has so many credits more, until the next refill, whatever its limit. Nothing
    /// else is done to its credits by the same update.
    #[must_use]
    pub fn add_credits(mut self, credits: u64) -> Self {
        self.credits = Some(CreditChange::Add(credits));
        self
    }

    /// The lineage has so many credits less, or none, until the next refill. Nothing else is
    /// done to its credits by the same update.
    #[must_use]
    pub fn take_credits(mut self, credits: u64) -> Self {
        self.credits = Some(CreditChange::Take(credits));
        self
    }

    /// What is asked of `key`, as operations tell requests apart.
    pub(crate) fn asked(&self, key: KeyId) -> Value {
        let networks =
            |some: &Option<Vec<String>>| some.as_ref().map_or(json!("any"), |l| json!(l));
        json!({
            "key": key.to_string(),
            "name": self.name,
            "metadata": self.metadata,
            "end": self.end.map(Timestamp::as_ms),
            "scopes": self.scopes,
            "networks": self.networks.as_ref().map(networks),
            "idle": self.idle.map(|idle| idle.map_or(json!("realm"), asked_span)),
            "quota": self.quota.map(asked_quota),
            "credits": self.credits.map(|change| format!("{change:?}")),
        })
    }

    /// Checks the change of a key of `kind` that is valid from `start` until `end`, and came under
    /// its profile at `from` if that is later.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown scope; `Argument` for text, times or networks out of their
    /// limits.
    pub(crate) fn check(
        &self,
        realm: &Realm,
        kind: &Kind,
        (start, from): (Timestamp, Timestamp),
        end: Timestamp,
        now: Timestamp,
    ) -> Result<Accepted> {
        if let Some(name) = &self.name {
            text::check("name", name, &text::NAME_LEN)?;
        }
        if let Some(metadata) = &self.metadata {
            text::check_json("metadata", metadata)?;
        }
        if let Some(new) = self.end {
            // What ends sooner than it did is never too long.
            let longest = realm.policy().longest_life.filter(|_| new > end);
            check_end(new, (start, start.max(from)), now, longest)?;
        }
        if let Some(CreditChange::Set(credits) | CreditChange::Add(credits)) = self.credits
            && credits > Quota::LIMIT_MAX
        {
            let why = format!("credits {credits}: up to {} are allowed", Quota::LIMIT_MAX);
            return Err(Error::new(ErrorKind::Argument, why));
        }
        let scopes = self.scopes.as_ref().map(|names| realm.scope_set(names)).transpose()?;
        own_scopes(realm, kind, scopes.unwrap_or_default())?;
        let idle = |span: Option<Duration>| span.map(|s| check_idle(s, realm, now)).transpose();
        let networks =
            |list: &Option<Vec<String>>| list.as_deref().map(Networks::parse).transpose();
        Ok(Accepted {
            scopes,
            networks: self.networks.as_ref().map(networks).transpose()?,
            idle: self.idle.map(idle).transpose()?,
        })
    }
}
