//! What an owner shall be.

use serde_json::{Value, json};

use crate::error::Result;
use crate::ids::RealmRef;
use crate::realm::Realm;
use crate::scope::ScopeSet;

/// What an owner shall be; what is not set stays, or is none for a new owner. Given to
/// [`Store::set_owner`](crate::Store::set_owner).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::OwnerChange;
///
/// let owner = store.set_owner(realm, "user-7", &OwnerChange::new().suspended(true), me)?;
/// assert!(owner.suspended);
/// assert_eq!(owner.plan.as_deref(), Some("pro"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct OwnerChange {
    pub(crate) plan: Option<String>,
    pub(crate) suspended: Option<bool>,
    direct: Option<Vec<String>>,
    group: Option<Vec<String>>,
}

impl OwnerChange {
    /// Changes nothing; makes an owner without plan and scopes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The owner's plan, by name.
    #[must_use]
    pub fn plan(mut self, name: impl Into<String>) -> Self {
        self.plan = Some(name.into());
        self
    }

    /// Whether the owner is suspended: all its keys are refused until it no longer is.
    #[must_use]
    pub fn suspended(mut self, suspended: bool) -> Self {
        self.suspended = Some(suspended);
        self
    }

    /// The scopes that the owner has itself. Keys of a kind with the owner's rights have
    /// these, as they are at each verify.
    #[must_use]
    pub fn direct<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.direct = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The scopes that the owner has through groups. They are kept for people to see; no key
    /// inherits them.
    #[must_use]
    pub fn group<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.group = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// What is asked of the owner `id`, as operations tell requests apart.
    pub(crate) fn asked(&self, realm: RealmRef, id: &str) -> Value {
        json!({
            "realm": realm.number(),
            "owner": id,
            "plan": self.plan,
            "suspended": self.suspended,
            "direct": self.direct,
            "group": self.group,
        })
    }

    /// Checks names against `realm`; gives the direct and the group scopes, where set.
    ///
    /// # Errors
    ///
    /// `NotFound` for a plan or scope that the realm does not have.
    pub(crate) fn check(&self, realm: &Realm) -> Result<[Option<ScopeSet>; 2]> {
        if let Some(plan) = &self.plan {
            realm.plan_named(plan)?;
        }
        let set = |names: &Option<Vec<String>>| {
            names.as_ref().map(|names| realm.scope_set(names)).transpose()
        };
        Ok([set(&self.direct)?, set(&self.group)?])
    }
}
