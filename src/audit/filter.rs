//! Which entries of the trail are asked for.

use super::{AuditEntry, Event};
use crate::key_id::KeyId;
use crate::time::Timestamp;

/// Which entries of the audit trail to read; all of them unless narrowed.
///
/// Texts are compared as they stand. An entry that lists keys is one of each of them; it names no
/// owner, as they may be of several.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::{AuditFilter, Event};
///
/// store.revoke(key, &me.clone().because("it was in a log"))?;
/// let page = store.find_audit(&AuditFilter::new().event(Event::KeyRevoked).key(key), 0, 100)?;
/// assert_eq!(page.entries[0].reason, "it was in a log");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    realm: Option<String>,
    owner: Option<String>,
    key: Option<KeyId>,
    actor: Option<String>,
    operation: Option<String>,
    events: Vec<Event>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl AuditFilter {
    /// All entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only what was done in the realm called `name`.
    #[must_use]
    pub fn realm(mut self, name: impl Into<String>) -> Self {
        self.realm = Some(name.into());
        self
    }

    /// Only what was done to the owner that the application calls `id`, or to its keys.
    #[must_use]
    pub fn owner(mut self, id: impl Into<String>) -> Self {
        self.owner = Some(id.into());
        self
    }

    /// Only what was done to `key`, and what made or ended it beside another: a rotation, a
    /// reissue.
    #[must_use]
    pub fn key(mut self, key: KeyId) -> Self {
        self.key = Some(key);
        self
    }

    /// Only what the actor of this name asked for.
    #[must_use]
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    /// Only what was done as the operation `id`.
    #[must_use]
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.operation = Some(id.into());
        self
    }

    /// Only this event, and those that were named before.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Only what was asked for at `time` or later.
    #[must_use]
    pub const fn from(mut self, time: Timestamp) -> Self {
        self.from = Some(time);
        self
    }

    /// Only what was asked for before `time`.
    #[must_use]
    pub const fn until(mut self, time: Timestamp) -> Self {
        self.until = Some(time);
        self
    }

    /// Whether `entry` is asked for.
    #[must_use]
    pub fn admits(&self, entry: &AuditEntry) -> bool {
        let is = |wanted: &Option<String>, text: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == text)
        };
        is(&self.realm, entry.realm.as_deref())
            && is(&self.owner, entry.owner.as_deref())
            && is(&self.actor, Some(&entry.actor))
            && is(&self.operation, Some(&entry.operation))
            && (self.events.is_empty() || self.events.contains(&entry.event))
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
            && self.key.is_none_or(|key| entry.concerns(key))
    }
}
