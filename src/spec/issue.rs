//! What a new key shall be.

use std::time::Duration;

use serde_json::{Value, json};

use super::window::{End, asked_span, check_end, check_idle, check_start};
use crate::entry::Idle;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, RealmRef};
use crate::network::Networks;
use crate::quota::Quota;
use crate::realm::{Kind, Realm, Rights};
use crate::scope::ScopeSet;
use crate::text;
use crate::time::Timestamp;

/// What a new key shall be. Given to [`Store::issue`](crate::Store::issue).
///
/// Scopes are none unless given, and none grants nothing. The start is the moment of issue
/// unless given; the end is as the realm's profile has it by default.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::Spec;
/// use std::time::Duration;
///
/// let spec = Spec::new(realm, "live", "user-7")
///     .scopes(["projects:read", "audits:read"])
///     .name("nightly export")
///     .life(Duration::from_secs(90 * 86_400));
/// let issued = store.issue(&spec, me)?;
/// assert_eq!(issued.key.name, "nightly export");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Spec {
    realm: RealmRef,
    kind: String,
    owner: String,
    scopes: Vec<String>,
    sets: Vec<String>,
    name: String,
    metadata: String,
    start: Option<Timestamp>,
    end: Option<End>,
    networks: Option<Vec<String>>,
    idle: Option<Duration>,
    quota: Option<Option<Quota>>,
}

/// A [`Spec`] that its realm accepts.
pub(crate) struct Terms {
    pub kind: KindRef,
    pub owner: String,
    pub scopes: ScopeSet,
    pub name: String,
    pub metadata: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub networks: Option<Networks>,
    pub idle: Option<Idle>,
    /// As asked; else it is as the owner's plan has it.
    pub quota: Option<Option<Quota>>,
}

impl Spec {
    /// A key of the kind named `kind`, for the owner that the application calls `owner`.
    #[must_use]
    pub fn new(realm: RealmRef, kind: impl Into<String>, owner: impl Into<String>) -> Self {
        Self {
            realm,
            kind: kind.into(),
            owner: owner.into(),
            scopes: Vec::new(),
            sets: Vec::new(),
            name: String::new(),
            metadata: String::new(),
            start: None,
            end: None,
            networks: None,
            idle: None,
            quota: None,
        }
    }

    /// Adds scopes by name.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds the scopes of a set that the profile names.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>) -> Self {
        self.sets.push(name.into());
        self
    }

    /// A name for people: at most 128 bytes, no control characters.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The application's own data: one JSON value of at most 4096 bytes, kept byte for byte.
    #[must_use]
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = json.into();
        self
    }

    /// The key is refused before `start`, which must not have passed.
    #[must_use]
    pub fn start(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// The key is refused from `end` on; [`Timestamp::NEVER`] for none.
    #[must_use]
    pub fn end(mut self, end: Timestamp) -> Self {
        self.end = Some(End::At(end));
        self
    }

    /// The key is refused from `span` after its start on.
    #[must_use]
    pub fn life(mut self, span: Duration) -> Self {
        self.end = Some(End::After(span));
        self
    }

    /// Adds networks from which alone the key may be used, such as `10.0.0.0/8` or
    /// `2001:db8::/32`: from 1 to 64. From anywhere if this is never said; an empty list is
    /// refused. See [`Request::address`](crate::Request::address).
    #[must_use]
    pub fn networks<S: Into<String>>(mut self, networks: impl IntoIterator<Item = S>) -> Self {
        let networks = networks.into_iter().map(Into::into);
        self.networks.get_or_insert_default().extend(networks);
        self
    }

    /// The key is refused once it was not used for `span`, from 1 hour on, instead of what its
    /// realm says, which must not be shorter. The time of its last use is kept then.
    #[must_use]
    pub fn idle(mut self, span: Duration) -> Self {
        self.idle = Some(span);
        self
    }

    /// The key and its rotations have this quota, or none. If it is not said, they have that of
    /// the owner's plan.
    #[must_use]
    pub fn quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.quota = Some(quota.into());
        self
    }

    pub(crate) const fn realm(&self) -> RealmRef {
        self.realm
    }

    /// What is asked, as operations tell requests apart.
    pub(crate) fn asked(&self) -> Value {
        json!({
            "realm": self.realm.number(),
            "kind": self.kind,
            "owner": self.owner,
            "scopes": self.scopes,
            "sets": self.sets,
            "name": self.name,
            "metadata": self.metadata,
            "start": self.start.map(Timestamp::as_ms),
            "end": self.end.map(End::asked),
            "networks": self.networks,
            "idle": self.idle.map(asked_span),
            "quota": self.quota.map(asked_quota),
        })
    }

    /// The kind in `realm`, and the owner.
    ///
    /// # Errors
    ///
    /// `NotFound` for a kind that the realm does not have; `Argument` for what no owner is called.
    pub(crate) fn whose<'r>(&self, realm: &'r Realm) -> Result<((KindRef, &'r Kind), &str)> {
        let kind = realm.kind_named(&self.kind)?;
        text::check("owner", &self.owner, &text::OWNER_ID_LEN)?;
        Ok((kind, &self.owner))
    }

    /// The terms of this spec in `realm` at `now`, for a key that is issued then; or that another
    /// system issued, at an earlier moment or, if that is none, nobody knows when: then it may
    /// have ended.
    ///
    /// # Errors
    ///
    /// `NotFound` for a kind, scope or set that the realm does not have; `Argument` for text,
    /// times or networks out of their limits, or for scopes of its own on a kind that inherits all
    /// of them.
    pub(crate) fn check(
        &self,
        realm: &Realm,
        issued: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Terms> {
        let ((number, kind), owner) = self.whose(realm)?;
        text::check("name", &self.name, &text::NAME_LEN)?;
        text::check_json("metadata", &self.metadata)?;
        let mut scopes = realm.scope_set(&self.scopes)?;
        for set in &self.sets {
            scopes |= realm.set_named(set)?;
        }
        own_scopes(realm, kind, scopes)?;
        let since = issued.unwrap_or(now);
        if let Some(start) = self.start {
            check_start(start, since)?;
        }
        let start = self.start.unwrap_or(since);
        // What a profile allows counts from when a key came under it.
        let from = start.max(now);
        let policy = realm.policy();
        let end = match (self.end, policy.default_life) {
            (Some(end), _) => end.from(start),
            (None, Some(life)) => from.plus(life),
            (None, None) => Timestamp::NEVER,
        };
        // An instant may have passed if nothing says that the key began after it.
        let (least, since) = match (issued, self.start, self.end) {
            (None, None, Some(End::At(_))) => (Timestamp::EPOCH, Timestamp::EPOCH),
            _ => (start, since),
        };
        check_end(end, (least, from), since, policy.longest_life)?;
        let networks = self.networks.as_deref().map(Networks::parse).transpose()?;
        let idle = self.idle.map(|span| check_idle(span, realm, now)).transpose()?;
        Ok(Terms {
            networks,
            idle,
            kind: number,
            owner: owner.to_owned(),
            scopes,
            name: self.name.clone(),
            metadata: self.metadata.clone(),
            start,
            end,
            quota: self.quota,
        })
    }
}

/// A quota, or none, as operations tell requests apart.
pub(super) fn asked_quota(quota: Option<Quota>) -> String {
    quota.map_or_else(|| "none".to_owned(), |quota| quota.to_string())
}

/// Refuses scopes of its own to a key whose kind has its owner's.
pub(super) fn own_scopes(realm: &Realm, kind: &Kind, scopes: ScopeSet) -> Result<()> {
    if kind.rights != Rights::Owner || scopes.is_empty() {
        return Ok(());
    }
    let why = format!(
        "scopes: kind {:?} of realm {:?} has its owner's rights and none of its own",
        kind.name,
        realm.name()
    );
    Err(Error::new(ErrorKind::Argument, why))
}
