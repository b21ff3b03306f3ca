//! Import keys whose tokens another system made.
//!
//! A key comes with its token or with a digest of it. With the token it is as if it had been
//! issued here, but for the token's shape. With a digest it is found by that until it was
//! verified: see `ways.rs` and `rehash.rs`.

mod known;
mod lines;

use std::collections::hash_map::{Entry, HashMap};
use std::vec;

pub(super) use known::Known;
pub use lines::ImportReport;

use super::cap::Places;
use super::draft::{Change, Crediting};
use super::issue::{ISSUE_MAX, no_key_id};
use super::rehash::no_operation;
use super::state::takes_place;
use super::ways::Way;
use super::{Draft, Realms, Store, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::digest::{Address, Digest, Locator, Scheme};
use crate::entry::{Idle, State};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::quota::{CreditChange, Quota};
use crate::realm::Realm;
use crate::record::{Cause, Imported, KeyRecord, Op, OwnerRecord, Parts};
use crate::scope::ScopeSet;
use crate::spec::{Credential, Import};
use crate::storage::View;
use crate::time::Timestamp;

/// Most schemes that keys of one realm are found by: each costs every unknown token a hash.
const SCHEMES_MAX: usize = 8;

/// How keys are imported. By default all or nothing, under the owners' caps, for owners that
/// there are.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportRules {
    dry_run: bool,
    skip_refused: bool,
    make_owners: bool,
    ignore_caps: bool,
}

impl ImportRules {
    /// All or nothing, under caps, for owners that there are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Imports nothing, and says what would become of each key.
    #[must_use]
    pub const fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Leaves refused keys out and imports the others.
    #[must_use]
    pub const fn skip_refused(mut self, skip_refused: bool) -> Self {
        self.skip_refused = skip_refused;
        self
    }

    /// Makes owners that the realm does not have, without a plan of their own.
    #[must_use]
    pub const fn make_owners(mut self, make_owners: bool) -> Self {
        self.make_owners = make_owners;
        self
    }

    /// Imports keys also beyond their owners' caps. They take places all the same, so that no
    /// other key is issued before there is room.
    #[must_use]
    pub const fn ignore_caps(mut self, ignore_caps: bool) -> Self {
        self.ignore_caps = ignore_caps;
        self
    }
}

/// What became of one key of an import.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportOutcome {
    /// It was imported, or in a dry run would be, then under another id.
    Imported(KeyId),
    /// Its token is this key's already, of the same realm, kind and owner: from an earlier import,
    /// or from an earlier place in this one.
    Known(KeyId),
    /// It cannot be: why.
    Refused(Error),
}

impl Store {
    /// Takes in keys whose tokens another system made, in one commit: all of them, or if one is
    /// refused and refused ones are not to be [skipped](ImportRules::skip_refused), none. Up to
    /// [`ISSUE_MAX`] at a time. Gives what became of each, in their order.
    ///
    /// When it returns, each is durable and the next verify grants it. A realm with imported keys
    /// looks up texts of every shape. A key that came with its digest is found by that, at the
    /// price of a hash for each scheme in use for texts that are no key's, until it was verified
    /// and [rehashed](Self::rehash). Importing the same keys again changes nothing: they are
    /// known.
    ///
    /// # Errors
    ///
    /// For the first that is refused, with its index from 0 as in `import 3: `: `NotFound` for an
    /// unknown realm, kind, owner, scope, set or secret; `Argument` for what is out of its limits;
    /// `Cap`; `Conflict` if its token is another key's. `Argument` for more than [`ISSUE_MAX`], or
    /// if `by` names an operation: there is no need. Those of a commit.
    pub fn import(
        &self,
        keys: &[Import],
        rules: &ImportRules,
        by: &Actor,
    ) -> Result<Vec<ImportOutcome>> {
        no_operation(by, "importing the same keys twice is the same as once")?;
        by.check()?;
        if keys.len() > ISSUE_MAX {
            let why = format!("imports: {}; up to {ISSUE_MAX} are allowed", keys.len());
            return Err(Error::new(ErrorKind::Argument, why));
        }
        self.commit(|view, realms, now| {
            self.known.fill(view, || self.routes.load().has_imports())?;
            let mut importing = Importing::new(self, view, realms, now, rules, by, keys.len())?;
            let mut outcomes = Vec::with_capacity(keys.len());
            let (mut refused, mut first) = (0_usize, None);
            for (number, key) in keys.iter().enumerate() {
                let outcome = importing.import(key).or_else(soften)?;
                if let ImportOutcome::Refused(error) = &outcome {
                    refused = refused.saturating_add(1);
                    first = first.or(Some((number, error.kind(), error.to_string())));
                }
                outcomes.push(outcome);
            }
            if let Some((number, kind, why)) = first
                && !rules.skip_refused
                && !rules.dry_run
            {
                let all = keys.len();
                let why = format!("import {number}: {why} ({refused} of {all} are refused)");
                return Err(Error::new(kind, why));
            }
            let Importing { change, .. } = importing;
            Ok(match rules.dry_run {
                true => Draft::new(outcomes),
                false => Draft { change, value: outcomes },
            })
        })
    }

    /// How many keys of `realm` are still found by another system's digest, or are of a
    /// token that another system made and rehashed since: for each scheme, `None` for the latter,
    /// how many. Of all states; from memory.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm.
    pub fn imports(&self, realm: RealmRef) -> Result<Vec<(Option<Scheme>, u64)>> {
        self.storage.at_home()?;
        self.realms.load().get(realm)?;
        let mut sums: HashMap<Option<Scheme>, u64> = HashMap::new();
        for (of, way, count) in self.routes.counts() {
            if of == realm && way.imported {
                let sum = sums.entry(way.scheme).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by_key(|(scheme, _)| scheme.as_ref().map(Scheme::to_string));
        Ok(sums)
    }
}

/// What is wrong with one key, as its outcome; what is wrong with the store stays an error.
fn soften(error: Error) -> Result<ImportOutcome> {
    match error.kind() {
        ErrorKind::Argument | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Cap => {
            Ok(ImportOutcome::Refused(error))
        }
        _ => Err(error),
    }
}

/// The digest that a key shall have, and what there is to say of its token.
struct Adopted {
    digest: Digest,
    imported: Imported,
}

/// An owner of keys that are imported, on the way into the commit.
struct Owned {
    record: OwnerRecord,
    places: Places,
    /// Whether it is still to be made.
    new: bool,
}

/// Keys on their way into one commit.
struct Importing<'a> {
    store: &'a Store,
    view: &'a View<'a>,
    realms: &'a Realms,
    now: Timestamp,
    rules: &'a ImportRules,
    by: &'a Actor,
    ids: vec::IntoIter<KeyId>,
    owners: HashMap<(RealmRef, String), Owned>,
    next_owner: OwnerRef,
    /// By the digests of those that were taken up.
    taken: HashMap<[u64; 2], (KeyId, OwnerRef)>,
    schemes: HashMap<RealmRef, Vec<Scheme>>,
    change: Change,
}

impl<'a> Importing<'a> {
    fn new(
        store: &'a Store,
        view: &'a View<'a>,
        realms: &'a Realms,
        now: Timestamp,
        rules: &'a ImportRules,
        by: &'a Actor,
        count: usize,
    ) -> Result<Self> {
        Ok(Self {
            store,
            view,
            realms,
            now,
            rules,
            by,
            ids: store.new_key_ids(view, now, count)?,
            owners: HashMap::new(),
            next_owner: scan::next_owner(view)?,
            taken: HashMap::new(),
            schemes: HashMap::new(),
            change: Change::default(),
        })
    }

    /// Takes up one key more. After an error nothing of it is taken up.
    fn import(&mut self, import: &Import) -> Result<ImportOutcome> {
        let realm: &'a Realm = &self.realms.get(import.spec().realm())?.realm;
        let (terms, issued, last_four) = import.check(realm, self.now)?;
        let (_, kind) = self.realms.of_kind(terms.kind)?;
        let adopted = self.adopt(&import.credential)?;
        let owner = (realm.reference(), terms.owner.clone());
        if let Some((known, of)) = self.known(realm, &import.credential, &adopted)? {
            let same = self.view.owner(of)?.is_some_and(|o| o.realm == owner.0 && o.id == owner.1)
                || self.owners.get(&owner).is_some_and(|owned| owned.record.owner == of);
            let same = same && self.kind_of(known).is_none_or(|kind| kind == terms.kind);
            if same {
                return Ok(ImportOutcome::Known(known));
            }
            let why = format!("its token is that of {known}, which is of another owner or kind");
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        self.check_scheme(realm.reference(), &adopted.imported)?;
        let key_id = self.ids.next().ok_or_else(no_key_id)?;
        let since = self.now;
        let policy_idle = realm.policy().idle.map(|span| Idle { span, since });
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
                // It has been unused here only since it came.
                idle: terms.idle.or(policy_idle),
                quota: None,
                imported: Some(adopted.imported),
            },
        };
        let sealed = match &import.credential {
            Credential::Token(token) => self.store.sealed(&record, kind, token)?,
            Credential::Digest { .. } => None,
        };
        record.counted = takes_place(&record, self.now);
        self.place(realm, owner, terms.quota, &mut record)?;
        let address = record.address();
        self.taken.insert(address.digest, (key_id, record.owner));
        self.change.ways.push((realm.reference(), Way::of(&record), 1));
        if sealed.is_some() {
            self.change.seals.push((key_id, sealed));
        }
        self.change.ops.push(Op::Key(record));
        Ok(ImportOutcome::Imported(key_id))
    }

    /// The digest by which a key is found that comes with `credential`.
    fn adopt(&self, credential: &Credential) -> Result<Adopted> {
        let current = &self.store.routes.load().current.digester;
        Ok(match credential {
            Credential::Token(token) => {
                let text = token.expose().as_bytes();
                Adopted {
                    digest: current.digest(text),
                    imported: Imported::Token { adopted: None },
                }
            }
            Credential::Digest { scheme, digest, lead } => {
                let check = match scheme.secret() {
                    Some(name) => self.store.routes.secret(name)?.check(),
                    None => [0; 4],
                };
                Adopted {
                    digest: current.adopt(&scheme.to_bytes(), lead.as_bytes(), digest),
                    imported: Imported::Digest { scheme: scheme.clone(), check },
                }
            }
        })
    }

    /// The key that has the token already, and its owner, as far as that can be known.
    fn known(
        &self,
        realm: &Realm,
        credential: &Credential,
        adopted: &Adopted,
    ) -> Result<Option<(KeyId, OwnerRef)>> {
        let ways = self.store.routes.load();
        let shown = |address: Address, digest: &Digest| {
            let approach = self.store.index.approach(address.locator);
            let found = self.store.index.find(&approach, digest, None);
            found.map(|(entry, _)| (entry.key_id, entry.owner))
        };
        let mut found = self.taken.get(&adopted.digest.words()).copied();
        match credential {
            Credential::Token(token) => {
                let text = token.expose().as_bytes();
                let by_end = Locator::of_token(text);
                let others = ways.others(realm.reference(), text);
                let all = others.map(|other| (other.digest, other.by_end));
                for (digest, ends) in [(adopted.digest, true)].into_iter().chain(all) {
                    let words = digest.words();
                    let locator = if ends { by_end } else { Locator::of_digest(words) };
                    let address = Address { locator, digest: words };
                    found = found.or_else(|| self.taken.get(&words).copied());
                    found = found.or_else(|| shown(address, &digest));
                }
            }
            Credential::Digest { scheme, digest, lead } => {
                let bytes = scheme.to_bytes();
                for generation in ways.generations() {
                    let own = generation.digester.adopt(&bytes, lead.as_bytes(), digest);
                    let words = own.words();
                    let address = Address { locator: Locator::of_digest(words), digest: words };
                    found = found.or_else(|| shown(address, &own));
                    if found.is_none()
                        && let Some(key) = self.store.known.get(&words)
                        && let Some(record) = self.view.key(key)?
                    {
                        found = Some((key, record.owner));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The kind of a key that was there before.
    fn kind_of(&self, key: KeyId) -> Option<crate::ids::KindRef> {
        let taken = self.change.ops.iter().filter_map(Op::key).find(|record| record.key_id == key);
        match taken {
            Some(record) => Some(record.kind),
            None => self.view.key(key).ok().flatten().map(|record| record.kind),
        }
    }

    /// Refuses one scheme too many.
    fn check_scheme(&mut self, realm: RealmRef, imported: &Imported) -> Result<()> {
        let Imported::Digest { scheme, .. } = imported else { return Ok(()) };
        let store = self.store;
        let schemes = self.schemes.entry(realm).or_insert_with(|| {
            let counts = store.routes.counts().into_iter();
            counts.filter(|(of, ..)| *of == realm).filter_map(|(_, way, _)| way.scheme).collect()
        });
        if schemes.contains(scheme) {
            return Ok(());
        }
        schemes.sort_by_key(Scheme::to_string);
        schemes.dedup();
        if schemes.len() >= SCHEMES_MAX {
            let why =
                format!("scheme {scheme}: keys of the realm are found by {SCHEMES_MAX} others");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        schemes.push(scheme.clone());
        Ok(())
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
        let owned = match self.owners.entry(owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (realm_ref, id) = new.key();
                let found = scan::owner_named(self.view, *realm_ref, id)?;
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
                    None => return Err(super::no_owner_named(realm, id)),
                };
                new.insert(Owned { record, places: Places::default(), new: is_new })
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
