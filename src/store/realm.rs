//! Apply a profile.

use std::sync::Arc;

use serde_json::json;

use super::operation::Asked;
use super::{Draft, Realms, Store, realms, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, RealmRef};
use crate::key_id::KeyId;
use crate::realm::{Kind, Profile, Realm, RealmChange, new_names};
use crate::record::{Done, KindName, Op, OperationRecord, RealmRecord};
use crate::scope::ScopeSet;
use crate::storage::View;
use crate::time::Timestamp;

impl Store {
    /// Makes the realm that the profile `toml` describes, or changes it, in one transaction.
    ///
    /// `source` names the text in messages: a file's path. Adding is possible within the
    /// numbers that a realm has over its life. Taking away or renaming what keys or owners still
    /// use is refused with their number. What keys may no longer do under the new profile is
    /// enforced before the commit. Applying the same text again changes nothing.
    ///
    /// A realm is a product, not a customer. A store has 65,535 at most, and as long as it is open
    /// each change keeps in memory what readers may still look at: some hundred bytes for each
    /// realm that there is.
    ///
    /// # Errors
    ///
    /// `Profile` if the text is not a profile, naming file, line and field; `Conflict` if keys
    /// or owners use what it no longer has; those of a commit.
    pub fn apply_realm(&self, source: &str, toml: &str, by: &Actor) -> Result<RealmChange> {
        let asked = Asked::new(by, "apply_realm", || json!({ "profile": toml }))?;
        let profile = Profile::parse(source, toml)?;
        self.commit(|view, realms, now| {
            if let Some(done) = asked.done(view)? {
                return Ok(Draft::new(applied(&done, &profile)?));
            }
            let before = realms.named(&profile.name).map(|realm| realm.reference());
            let before = before.map(|realm| view.realm(realm)).transpose()?.flatten();
            let old = before.map(|realm| realm.profile).unwrap_or_default();
            let (record, change) = compare(view, realms, &profile, toml, now)?;
            let Some(record) = record else {
                return Ok(asked.note(Draft::new(change), now, Done::Realm(old)));
            };
            let mut entry = trail::entry(Event::RealmApplied, by, now);
            entry.realm = Some(record.name.clone());
            [entry.before, entry.after] = trail::realm_facts(&change, &old, toml);
            // Where uses are no longer kept, what was noted goes with the sides of the keys.
            let mut draft = Draft::new(()).op(Op::Realm(record)).entry(entry).usage();
            for key in hidden(view, realms, &profile, &change)? {
                draft = draft.seal(key, None);
            }
            Ok(asked.note(draft.map(|()| change), now, Done::Realm(old)))
        })
    }

    /// What [`apply_realm`](Self::apply_realm) would change, or why it would refuse.
    ///
    /// # Errors
    ///
    /// Those of `apply_realm`, but for a commit's.
    pub fn compare_realm(&self, source: &str, toml: &str) -> Result<RealmChange> {
        let profile = Profile::parse(source, toml)?;
        let (view, now) = (self.storage.view()?, self.mark.now());
        Ok(compare(&view, self.realms.load(), &profile, toml, now)?.1)
    }

    /// The realm called `name`.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has none.
    pub fn realm(&self, name: &str) -> Result<RealmRef> {
        self.storage.at_home()?;
        let realms = self.realms.load();
        let realm = realms.named(name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("realm {name:?}: this store has none"))
        })?;
        Ok(realm.reference())
    }

    /// The profile of a realm, bound to this store's numbers.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such realm.
    pub fn profile(&self, realm: RealmRef) -> Result<Arc<Realm>> {
        self.storage.at_home()?;
        Ok(Arc::clone(&self.realms.load().get(realm)?.realm))
    }

    /// All realms, in the order in which they were made.
    #[must_use]
    pub fn realms(&self) -> Vec<Arc<Realm>> {
        self.realms.load().all().cloned().collect()
    }
}

/// What an operation changed that applied `profile`.
fn applied(done: &OperationRecord, profile: &Profile) -> Result<RealmChange> {
    let Done::Realm(before) = &done.done else { return Err(done.unlike()) };
    let before = match before.as_str() {
        "" => None,
        toml => Some(Profile::parse(&profile.name, toml)?),
    };
    RealmChange::between(before.as_ref(), profile)
}

/// The record that `profile` makes of its realm, if it changes anything, and what it
/// changes.
fn compare(
    view: &View<'_>,
    realms: &Realms,
    profile: &Profile,
    toml: &str,
    now: Timestamp,
) -> Result<(Option<RealmRecord>, RealmChange)> {
    let old = realms.named(&profile.name);
    let change = RealmChange::between(old.map(|old| old.profile()), profile)?;
    let mut record = match old {
        Some(old) => {
            refuse_loss(view, old, &change)?;
            let lost = || {
                let why = format!("realm {:?}: its row is missing", profile.name);
                Error::new(ErrorKind::Corrupt, why)
            };
            view.realm(old.reference())?.ok_or_else(lost)?
        }
        None => RealmRecord {
            realm: scan::next_realm(view)?,
            name: profile.name.clone(),
            profile: String::new(),
            scopes: Vec::new(),
            kinds: Vec::new(),
            plans: Vec::new(),
            idle_since: None,
            usage_since: None,
        },
    };
    if record.profile == toml {
        return Ok((None, change));
    }
    record.profile = toml.to_owned();
    // Where uses were not kept so far, no key may be idle at once.
    let policy = &profile.policy;
    let kept = record.use_kept_since().unwrap_or(now);
    record.idle_since = policy.idle.map(|_| record.idle_since.unwrap_or(now));
    record.usage_since = policy.keeps_use().then_some(kept);
    let kinds: Vec<&str> = record.kinds.iter().map(|kind| kind.name.as_str()).collect();
    let new = new_names(profile, &record.scopes, &kinds, &record.plans)?;
    record.scopes.extend(new.scopes);
    record.plans.extend(new.plans);
    let numbers = scan::next_kinds(view, new.kinds.len())?;
    let named = numbers.into_iter().zip(new.kinds);
    record.kinds.extend(named.map(|(kind, name)| KindName { kind, name }));
    // What its numbers cannot be bound to must fail here, before it is written.
    realms::bind(&record)?;
    Ok((Some(record), change))
}

/// The keys whose sealed copies go because their kind is no longer to be revealed.
fn hidden(
    view: &View<'_>,
    realms: &Realms,
    profile: &Profile,
    change: &RealmChange,
) -> Result<Vec<KeyId>> {
    let Some(old) = realms.named(&profile.name) else { return Ok(Vec::new()) };
    let revealed = |kinds: &[Kind], name: &str| kinds.iter().any(|k| k.name == name && k.reveal);
    let names = change.kinds_changed.iter().map(|kind| &kind.name);
    let hidden =
        names.filter(|name| revealed(old.kinds(), name) && !revealed(&profile.kinds, name));
    let kinds = numbers(old, hidden)?;
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys = Vec::new();
    for record in scan::keys(view, None, None) {
        let record = record?;
        if kinds.contains(&record.kind) && view.sealed(record.key_id)?.is_some() {
            keys.push(record.key_id);
        }
    }
    Ok(keys)
}

/// Refuses a change that takes away what keys or owners still use.
fn refuse_loss(view: &View<'_>, old: &Realm, change: &RealmChange) -> Result<()> {
    let reshaped = change.kinds_changed.iter().filter(|kind| kind.reshaped);
    let reshaped: Vec<KindRef> = numbers(old, reshaped.map(|kind| &kind.name))?;
    let removed: Vec<KindRef> = numbers(old, &change.kinds_removed)?;
    let scopes: Vec<(&str, ScopeSet)> = change
        .scopes_removed
        .iter()
        .map(|name| Ok((name.as_str(), old.scope_set([name])?)))
        .collect::<Result<_>>()?;
    if reshaped.is_empty()
        && removed.is_empty()
        && scopes.is_empty()
        && change.plans_removed.is_empty()
    {
        return Ok(());
    }
    let mut users = Users::default();
    for record in scan::keys(view, None, None) {
        let record = record?;
        let alive = record.state != State::Revoked;
        let kind = || old.kind_name(record.kind).unwrap_or_default();
        if removed.contains(&record.kind) {
            users.add("kind", kind(), ["key is of it", "keys are of it"]);
        }
        if reshaped.contains(&record.kind) && alive {
            users.add("kind", kind(), ["key has its old shape", "keys have its old shape"]);
        }
        if old.kind(record.kind).is_some() && alive {
            for (name, scope) in &scopes {
                if record.scopes.contains(*scope) {
                    users.add("scope", name, ["key has it", "keys have it"]);
                }
            }
        }
    }
    for owner in scan::owners(view, old.reference()) {
        let owner = owner?;
        for (name, scope) in &scopes {
            if (owner.direct | owner.group).contains(*scope) {
                users.add("scope", name, ["owner has it", "owners have it"]);
            }
        }
        let plan = owner.plan.as_ref().or(old.policy().default_plan.as_ref());
        if let Some(plan) = plan.filter(|plan| change.plans_removed.contains(plan)) {
            users.add("plan", plan, ["owner is on it", "owners are on it"]);
        }
    }
    users.refuse(old)
}

fn numbers<'a>(realm: &Realm, names: impl IntoIterator<Item = &'a String>) -> Result<Vec<KindRef>> {
    names.into_iter().map(|name| Ok(realm.kind_named(name)?.0)).collect()
}

/// How many still use each thing that would go.
#[derive(Default)]
struct Users(Vec<User>);

struct User {
    what: &'static str,
    name: String,
    count: u64,
    /// Of one, and of several.
    how: [&'static str; 2],
}

impl Users {
    fn add(&mut self, what: &'static str, name: &str, how: [&'static str; 2]) {
        let same = |user: &&mut User| (user.what, &*user.name, user.how) == (what, name, how);
        match self.0.iter_mut().find(same) {
            Some(user) => user.count = user.count.saturating_add(1),
            None => self.0.push(User { what, name: name.to_owned(), count: 1, how }),
        }
    }

    fn refuse(self, realm: &Realm) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let line = |user: &User| {
            let [one, several] = user.how;
            let how = if user.count == 1 { one } else { several };
            format!("{} {:?} is in use: {} {how}", user.what, user.name, user.count)
        };
        let lines: Vec<String> = self.0.iter().map(line).collect();
        let why = format!("realm {:?}: {}", realm.name(), lines.join("; "));
        Err(Error::new(ErrorKind::Conflict, why))
    }
}
