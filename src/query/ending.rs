//! Many keys that shall end.

use serde_json::{Value, json};

use super::Filter;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;

/// Many keys that shall be revoked. Given to [`Store::end_many`](crate::Store::end_many) and,
/// to see what that would do, to [`Store::dry_run`](crate::Store::dry_run).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::{Ending, Filter};
///
/// let all = Ending::revoke(Filter::new().realm(realm).owner("user-7"));
/// assert_eq!(store.dry_run(&all)?.first, [key]);
/// assert_eq!(store.end_many(&all, me)?.keys, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    what: What,
    filter: Filter,
}

/// Why keys end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Somebody asked for it.
    Revoke,
    /// Their grace is ended.
    Grace,
}

impl Ending {
    /// Revokes every key that `filter` selects. It must have a condition: a realm, if nothing
    /// else. Keys that are revoked already are left out.
    #[must_use]
    pub fn revoke(filter: Filter) -> Self {
        Self { what: What::Revoke, filter }
    }

    /// Ends the grace of every rotated key that `filter` selects, now: such a key is revoked, as
    /// by a rotation without grace (cause: rotated). Its successor is not touched.
    #[must_use]
    pub fn grace(filter: Filter) -> Self {
        Self { what: What::Grace, filter: filter.in_grace() }
    }

    pub(crate) const fn what(&self) -> What {
        self.what
    }

    pub(crate) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What is asked for, as operations tell requests apart.
    pub(crate) fn asked(&self) -> Value {
        let grace = self.what == What::Grace;
        json!({ "grace": grace, "filter": self.filter.asked() })
    }

    /// Refuses to end every key of the store, and what is over already.
    ///
    /// # Errors
    ///
    /// `Argument`.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why| Err(Error::new(ErrorKind::Argument, why));
        if self.filter.is_all() {
            return refuse("filter: none; name the keys to revoke, by realm if nothing else");
        }
        if self.filter.state == Some(State::Revoked) {
            return refuse("state revoked: such a key has ended already");
        }
        // Who has its last four characters is guessed, or chosen, by others.
        if self.filter.hint.is_some() {
            return refuse("hint: several keys may share one; name key ids");
        }
        Ok(())
    }
}

/// What an [`Ending`] would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// How many keys it would revoke.
    pub keys: u64,
    /// The first of them by key id, ten at most.
    pub first: Vec<KeyId>,
}

impl DryRun {
    const FIRST_MAX: usize = 10;

    pub(crate) const fn new() -> Self {
        Self { keys: 0, first: Vec::new() }
    }

    /// Takes in one key more.
    pub(crate) fn add(&mut self, key: KeyId) {
        self.keys = self.keys.saturating_add(1);
        if self.first.len() < Self::FIRST_MAX {
            self.first.push(key);
        }
    }
}

/// What an [`Ending`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// How many keys it revoked. Where it is an operation that was asked for before, all in all.
    pub keys: u64,
}

impl Ended {
    pub(crate) const fn new(keys: u64) -> Self {
        Self { keys }
    }
}
