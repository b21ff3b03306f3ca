//! Apply a profile.

use std::sync::Arc;

use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::{Event, EventKind};
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::realm::{Profile, Realm, RealmChange};
use crate::record::{Op, RealmRecord};
use crate::storage::Rows;

impl Store {
    /// Makes the realm that the profile `toml` describes, or changes it, in one transaction.
    ///
    /// `source` names the text in messages: a file's path. Adding is always possible. Taking
    /// away or renaming what keys or owners still use is refused with their number. What the
    /// new profile takes away is enforced before the commit. Applying the same text again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// `Profile` if the text is not a profile, naming file, line and field; `Conflict` if keys
    /// or owners use what it no longer has; those of a commit.
    pub fn apply_realm(&self, source: &str, toml: &str, by: &Actor) -> Result<RealmChange> {
        by.check()?;
        let profile = Profile::parse(source, toml)?;
        self.commit(by, |rows, _| {
            let (record, change) = self.compare(rows, &profile, toml)?;
            let Some(record) = record else { return Ok(Draft::new(change)) };
            let event = Event::new(EventKind::RealmApplied, by)
                .realm(&record.name)
                .after(trail::realm_facts(&change));
            Ok(Draft::new(change).op(Op::Realm(record)).event(event))
        })
    }

    /// What [`apply_realm`](Self::apply_realm) would change, or why it would refuse.
    ///
    /// # Errors
    ///
    /// Those of `apply_realm`, but for a commit's.
    pub fn compare_realm(&self, source: &str, toml: &str) -> Result<RealmChange> {
        let profile = Profile::parse(source, toml)?;
        Ok(self.compare(&self.storage.view()?, &profile, toml)?.1)
    }

    /// The realm called `name`.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has none.
    pub fn realm(&self, name: &str) -> Result<RealmRef> {
        let realms = self.realms.load();
        let realm = realms.named(name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("realm {name:?}: this store has none"))
        })?;
        Ok(realm.number())
    }

    /// The profile of a realm, bound to this store's numbers.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such realm.
    pub fn profile(&self, realm: RealmRef) -> Result<Arc<Realm>> {
        self.realms.load().get_arc(realm)
    }

    /// All realms, in the order in which they were made.
    #[must_use]
    pub fn realms(&self) -> Vec<Arc<Realm>> {
        self.realms.load().all().cloned().collect()
    }

    /// The record that `profile` makes of its realm, if it changes anything, and what it
    /// changes.
    fn compare(
        &self,
        rows: &dyn Rows,
        profile: &Profile,
        toml: &str,
    ) -> Result<(Option<RealmRecord>, RealmChange)> {
        let realms = self.realms.load_full();
        let old = realms.named(profile.name());
        let (number, scopes, kinds) = match old {
            Some(old) => {
                let record = rows.realm(old.number())?.ok_or_else(|| lost(profile.name()))?;
                (record.realm, record.scopes, record.kinds)
            }
            None => (rows.next_realm()?, Vec::new(), Vec::new()),
        };
        let change = RealmChange::between(number, old.map(|old| &**old), profile);
        if let Some(old) = old {
            refuse_loss(rows, old, &change)?;
            if rows.realm(number)?.is_some_and(|record| record.profile == toml) {
                return Ok((None, change));
            }
        }
        let mut next = rows.next_kind()?;
        let (scopes, kinds) = profile.number(scopes, kinds, &mut next)?;
        let record = RealmRecord {
            realm: number,
            name: profile.name().to_owned(),
            profile: toml.to_owned(),
            scopes,
            kinds,
        };
        // A profile that its numbers cannot be bound to must fail here, before it is written.
        super::realms::bind(&record)?;
        Ok((Some(record), change))
    }
}
