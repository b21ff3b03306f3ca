//! Keys on their way into one commit of an import.

use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::vec;

use super::taken::{Owned, Taken};
use super::{ImportOutcome, ImportRules};
use crate::actor::Actor;
use crate::audit::Event;
use crate::digest::{Digest, ImportSecret, Locator, Scheme, Trace};
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::quota::{CreditChange, Quota};
use crate::realm::Realm;
use crate::record::{Cause, Imported, KeyRecord, Op, OwnerRecord, Parts};
use crate::scope::ScopeSet;
use crate::spec::{Credential, Import};
use crate::storage::View;
use crate::store::cap::Places;
use crate::store::draft::{Change, Crediting};
use crate::store::issue::no_key_id;
use crate::store::state::takes_place;
use crate::store::ways::Way;
use crate::store::{Realms, Store, no_owner_named, scan, trail};
use crate::time::Timestamp;

/// Most schemes that keys of one realm are found by: each costs every unknown token a hash.
const SCHEMES_MAX: usize = 8;

/// Keys on their way into one commit.
pub(super) struct Importing<'a> {
    store: &'a Store,
    view: &'a View<'a>,
    realms: &'a Realms,
    now: Timestamp,
    rules: &'a ImportRules,
    by: &'a Actor,
    ids: vec::IntoIter<KeyId>,
    next_owner: OwnerRef,
    taken: &'a mut Taken,
    /// By which keys came, here and before, with their domains and secrets.
    came_by: Vec<(Scheme, Vec<u8>, Option<Arc<ImportSecret>>)>,
    change: Change,
}

/// The digest that a key shall have, and what there is to say of its token.
struct Adopted {
    digest: Digest,
    imported: Imported,
    /// All that tell it from others, of which its own is the first.
    traces: Vec<Trace>,
}

impl<'a> Importing<'a> {
    /// To take up `keys`, after those that were `taken` up.
    pub(super) fn new(
        store: &'a Store,
        (view, realms, now): (&'a View<'a>, &'a Realms, Timestamp),
        (rules, by): (&'a ImportRules, &'a Actor),
        taken: &'a mut Taken,
        keys: &[Import],
    ) -> Result<Self> {
        let mut schemes: HashSet<Scheme> = store.known.schemes().into_iter().collect();
        schemes.extend(taken.schemes.values().flatten().cloned());
        for key in keys {
            if let Credential::Digest { scheme, .. } = &key.credential
                && !schemes.contains(scheme)
            {
                schemes.insert(scheme.clone());
            }
        }
        let came_by = schemes.into_iter().filter_map(|scheme| {
            // Without its secret, no digest of it can be made of a token.
            let secret = scheme.secret().map(|name| store.routes.secret(name)).transpose().ok()?;
            let check = secret.as_ref().map(|secret| secret.check()).unwrap_or_default();
            let domain = scheme.domain(check);
            Some((scheme, domain, secret))
        });
        Ok(Self {
            store,
            view,
            realms,
            now,
            rules,
            by,
            ids: store.new_key_ids(view, now, keys.len())?,
            next_owner: scan::next_owner(view)?,
            taken,
            came_by: came_by.collect(),
            change: Change::default(),
        })
    }

    /// What is to be written of all that was taken up.
    pub(super) fn finish(self) -> Change {
        self.change
    }

    /// Takes up one key more. After an error nothing of it is taken up.
    pub(super) fn import(&mut self, import: &Import) -> Result<ImportOutcome> {
        let realm: &'a Realm = &self.realms.get(import.spec().realm())?.realm;
        let ((number, kind), owner) = import.spec().whose(realm)?;
        let adopted = self.adopt(&import.credential)?;
        let of = realm.reference();
        let whose = self.taken.whose(of, number, owner);
        let known = adopted.traces.iter().find_map(|trace| self.taken.find(trace));
        let mut known = known.map(|(key, is)| (key, is == whose));
        if known.is_none()
            && let Some(record) = self.known(&import.credential, &adopted)?
        {
            let found = self.view.owner(record.owner)?;
            let its = found.is_some_and(|found| found.realm == of && found.id == owner);
            known = Some((record.key_id, its && record.kind == number));
        }
        match known {
            Some((key, true)) => return Ok(ImportOutcome::Known(key)),
            Some((key, false)) => {
                let why = format!("its token is that of {key}, which is of another owner or kind");
                return Err(Error::new(ErrorKind::Conflict, why));
            }
            None => {}
        }
        // A known key is left alone: what it says may have been taken once and be refused by now.
        let (terms, issued, last_four) = import.check(realm, self.now)?;
        self.check_scheme(of, adopted.imported.found_by())?;
        let key_id = self.ids.next().ok_or_else(no_key_id)?;
        let mut record = KeyRecord {
            key_id,
            digest: adopted.digest,
            pepper: self.store.routes.load().current.number,
            kind: terms.kind,
            owner: OwnerRef::new(0),
            state: import.state,
            cause: if import.state == State::Active { Cause::None } else { Cause::Asked },
            counted: false,
            scopes: terms.scopes,
            issued,
            start: terms.start,
            end: terms.end,
            changed: self.now,
            lineage: key_id,
            generation: 1,
            predecessor: None,
            successor: None,
            last_four,
            name: terms.name,
            metadata: terms.metadata,
            reason: String::new(),
            parts: Parts {
                networks: terms.networks,
                idle: terms.idle,
                quota: None,
                imported: Some(adopted.imported),
            },
        };
        let sealed = match &import.credential {
            // A copy goes when a key is revoked.
            Credential::Token(token) if record.state != State::Revoked => {
                self.store.sealed(&record, kind, token)?
            }
            _ => None,
        };
        record.counted = takes_place(&record, self.now);
        self.place(realm, (of, terms.owner), terms.quota, &mut record)?;
        self.taken.put(adopted.traces, key_id, whose);
        let way = Way::of(&record);
        if let Some(scheme) = &way.scheme {
            self.taken.schemes.entry(of).or_default().insert(scheme.clone());
        }
        self.change.ways.push((of, way, 1));
        if sealed.is_some() {
            self.change.seals.push((key_id, sealed));
        }
        self.change.ops.push(Op::Key(record));
        Ok(ImportOutcome::Imported(key_id))
    }

    /// The digest by which a key is found that comes with `credential`, and what tells it from
    /// others. With its token, that is also each digest by which it may have come before.
    fn adopt(&self, credential: &Credential) -> Result<Adopted> {
        let current = &self.store.routes.load().current.digester;
        let tracer = self.store.storage.tracer();
        Ok(match credential {
            Credential::Token(token) => {
                let text = token.expose().as_bytes();
                let trace = tracer.of_token(text);
                let others = self.came_by.iter().filter_map(|(scheme, domain, secret)| {
                    let secret = secret.as_ref().map_or(&[][..], |secret| secret.as_bytes());
                    let (lead, foreign) = scheme.digest(text, secret)?;
                    Some(tracer.of_digest(domain, lead, &foreign))
                });
                Adopted {
                    digest: current.digest(text),
                    imported: Imported::Token { trace, came_by: None },
                    traces: [trace].into_iter().chain(others).collect(),
                }
            }
            Credential::Digest { scheme, digest, lead } => {
                let check = match scheme.secret() {
                    Some(name) => self.store.routes.secret(name)?.check(),
                    None => [0; 4],
                };
                let (domain, lead) = (scheme.domain(check), lead.as_bytes());
                let trace = tracer.of_digest(&domain, lead, digest);
                Adopted {
                    digest: current.adopt(&domain, lead, digest),
                    imported: Imported::Digest { trace, scheme: scheme.clone(), check },
                    traces: vec![trace],
                }
            }
        })
    }

    /// The key of the store that has the token already, as far as that can be known.
    fn known(&self, credential: &Credential, adopted: &Adopted) -> Result<Option<KeyRecord>> {
        for trace in &adopted.traces {
            if let Some(record) = self.store.known.find(self.view, trace)? {
                return Ok(Some(record));
            }
        }
        let Credential::Token(token) = credential else { return Ok(None) };
        // One of our own has no trace.
        let text = token.expose().as_bytes();
        let ways = self.store.routes.load();
        for generation in ways.generations() {
            let approach = self.store.index.approach(Locator::of_token(text));
            let digest = generation.digester.digest(text);
            if let Some((entry, _)) = self.store.index.find(&approach, &digest, None) {
                return self.view.key(entry.key_id);
            }
        }
        Ok(None)
    }

    /// Refuses one scheme too many.
    fn check_scheme(&mut self, realm: RealmRef, scheme: Option<&Scheme>) -> Result<()> {
        let Some(scheme) = scheme else { return Ok(()) };
        let routes = &self.store.routes;
        let schemes = self.taken.schemes.entry(realm).or_insert_with(|| {
            let counts = routes.counts().into_iter().filter(|(of, ..)| *of == realm);
            counts.filter_map(|(_, way, _)| way.scheme).collect()
        });
        if schemes.contains(scheme) || schemes.len() < SCHEMES_MAX {
            return Ok(());
        }
        let why = format!("scheme {scheme}: keys of the realm are found by {SCHEMES_MAX} others");
        Err(Error::new(ErrorKind::Argument, why))
    }

    /// Gives the key its owner, its place under the owner's caps and the quota of its plan, and
    /// notes it in the trail.
    fn place(
        &mut self,
        realm: &Realm,
        owner: (RealmRef, String),
        quota: Option<Option<Quota>>,
        record: &mut KeyRecord,
    ) -> Result<()> {
        let owned = match self.taken.owners.entry(owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (realm_ref, id) = new.key();
                let found = self.view.owner_called(*realm_ref, id)?;
                let (record, is_new) = match found {
                    Some(found) => (found, false),
                    None if self.rules.make_owners => {
                        let (owner, id) = (self.next_owner, id.clone());
                        let (direct, group) = (ScopeSet::empty(), ScopeSet::empty());
                        let (realm, plan, suspended) = (*realm_ref, None, false);
                        let record =
                            OwnerRecord { owner, realm, id, plan, suspended, direct, group };
                        let next = self.next_owner.number().checked_add(1);
                        self.next_owner = OwnerRef::new(next.ok_or_else(no_key_id)?);
                        (record, true)
                    }
                    None => return Err(no_owner_named(realm, id)),
                };
                let places = Places::new(self.store.mark.next(self.now));
                new.insert(Owned { record, places, new: is_new })
            }
        };
        record.owner = owned.record.owner;
        if record.counted && !self.rules.ignore_caps {
            let (kind, now) = (record.kind, self.now);
            let taken_off =
                owned.places.admit(self.view, realm, kind, &owned.record, record.lineage, now)?;
            self.change.ops.extend(taken_off.into_iter().map(Op::Key));
        }
        let plan = realm.plan_of(owned.record.plan.as_deref())?.and_then(|plan| realm.plan(plan));
        record.parts.quota = quota.unwrap_or_else(|| plan.and_then(|plan| plan.quota));
        if let Some(quota) = record.parts.quota {
            let given = Crediting::new(record.key_id, quota, CreditChange::Give);
            self.change.credits.push(given);
        }
        if std::mem::take(&mut owned.new) {
            let mut entry = trail::entry(Event::OwnerSet, self.by, self.now);
            entry.realm = Some(realm.name().to_owned());
            entry.owner = Some(owned.record.id.clone());
            entry.after = trail::owner_facts(realm, &owned.record);
            self.change.ops.push(Op::Owner(owned.record.clone()));
            self.change.entries.push(entry);
        }
        let (event, key, id) = (Event::KeyImported, record.key_id, &owned.record.id);
        let mut entry = trail::key_entry(event, self.by, self.now, realm, key, id);
        entry.after = trail::key_facts(realm, record);
        entry.after.insert("issued".to_owned(), record.issued.to_string().into());
        if let Some(Imported::Digest { scheme, .. }) = &record.parts.imported {
            entry.after.insert("scheme".to_owned(), scheme.to_string().into());
        }
        self.change.entries.push(entry);
        Ok(())
    }
}
