//! Issue keys, one or many in one commit.

use std::collections::hash_map::{Entry, HashMap};
use std::vec;

use serde_json::json;

use super::cap::Places;
use super::draft::{Change, Crediting};
use super::operation::Asked;
use super::query::info;
use super::{Draft, Realms, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::digest::Digest;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::info::Issued;
use crate::key_id::KeyId;
use crate::quota::CreditChange;
use crate::realm::{Kind, Realm};
use crate::record::{Cause, Done, KeyRecord, Op, OwnerRecord, Parts};
use crate::seal;
use crate::spec::Spec;
use crate::storage::View;
use crate::time::Timestamp;
use crate::token::Token;

/// Most keys that one call issues: all other writers wait for its commit, and the log keeps
/// or drops it as a whole.
pub const ISSUE_MAX: usize = 10_000;

impl Store {
    /// Makes a key and its token.
    ///
    /// When it returns, the key is durable and every verify that begins later finds it. The
    /// token is given here and, unless the kind can be revealed, never again.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm, kind, owner, scope or set; `Argument` for what is out
    /// of its limits; `Cap` if the owner has as many active keys as it may; those of a commit.
    pub fn issue(&self, spec: &Spec, by: &Actor) -> Result<Issued> {
        let asked = Asked::new(by, "issue", || spec.asked())?;
        let spec = spec.clone();
        self.commit_owned(move |store, view, realms, now| {
            if let Some(done) = asked.done(view)? {
                return store.reissue(view, realms, &asked, &done, now);
            }
            let mut issuing = Issuing::new(store, view, realms, now, asked.by(), 1)?;
            let issued = issuing.issue(&spec)?;
            let key = issued.key.key_id;
            Ok(asked.note(issuing.draft(issued), now, Done::Key(key)))
        })
    }

    /// Makes a key and its token for each of `specs`, in their order and in one commit: all of
    /// them or, if one is refused, none. Up to [`ISSUE_MAX`] at a time.
    ///
    /// Everything holds as if they were [issued](Self::issue) one after another: each takes
    /// its place under its owner's caps and has its own entry in the audit trail. Key ids
    /// ascend. For long imports this is the quick way; other writers wait for each commit. Until
    /// it returns, a key takes some 3 KB of memory, and five times its metadata.
    ///
    /// # Errors
    ///
    /// As for one; an error about a spec begins with its index from 0, as in `spec 3: `.
    /// `Argument` for more than [`ISSUE_MAX`].
    pub fn issue_many(&self, specs: &[Spec], by: &Actor) -> Result<Vec<Issued>> {
        let all = || specs.iter().map(Spec::asked).collect::<Vec<_>>();
        let asked = Asked::new(by, "issue_many", || json!({ "specs": all() }))?;
        if specs.len() > ISSUE_MAX {
            let why = format!("specs: {}; up to {ISSUE_MAX} are allowed", specs.len());
            return Err(Error::new(ErrorKind::Argument, why));
        }
        self.commit(|view, realms, now| {
            if let Some(done) = asked.done(view)? {
                return self.reissue_many(view, realms, &asked, &done, now);
            }
            let mut issuing = Issuing::new(self, view, realms, now, by, specs.len())?;
            let mut issued = Vec::with_capacity(specs.len());
            for (number, spec) in specs.iter().enumerate() {
                let one = issuing.issue(spec);
                issued.push(one.map_err(|e| Error::new(e.kind(), format!("spec {number}: {e}")))?);
            }
            let keys = issued.iter().map(|issued| issued.key.key_id).collect();
            Ok(asked.note(issuing.draft(issued), now, Done::Keys(keys)))
        })
    }

    /// A new token of `kind`, its digest, and the generation of the pepper under which that is.
    pub(super) fn mint(&self, kind: &Kind) -> Result<(Token, Digest, u8)> {
        let token = kind.shape.mint(&self.random)?;
        let pepper = &self.routes.load().current;
        let digest = pepper.digester.digest(token.expose().as_bytes());
        Ok((token, digest, pepper.number))
    }

    /// An id that no key has.
    pub(super) fn new_key_id(&self, view: &View<'_>, now: Timestamp) -> Result<KeyId> {
        self.new_key_ids(view, now, 1)?.next().ok_or_else(no_key_id)
    }

    /// `count` ids that no key has, ascending.
    pub(super) fn new_key_ids(
        &self,
        view: &View<'_>,
        now: Timestamp,
        count: usize,
    ) -> Result<vec::IntoIter<KeyId>> {
        const TRIES: u32 = 64;
        let first = KeyId::new(now, 0);
        let none_taken = view.last_key_id()?.is_none_or(|last| last < first);
        let mut ids = Vec::with_capacity(count);
        let mut random = vec![0; count.saturating_mul(4)];
        for _ in 0..TRIES {
            let missing = count.saturating_sub(ids.len());
            if missing == 0 {
                return Ok(ids.into_iter());
            }
            random.truncate(missing.saturating_mul(4));
            self.random.fill(&mut random)?;
            let (parts, _) = random.as_chunks();
            for part in parts {
                let key_id = KeyId::new(now, u32::from_le_bytes(*part));
                if none_taken || !view.is_key(key_id)? {
                    ids.push(key_id);
                }
            }
            ids.sort_unstable();
            ids.dedup();
        }
        Err(no_key_id())
    }

    /// The sealed copy of a token, for a kind that can be revealed.
    pub(super) fn sealed(
        &self,
        of: &KeyRecord,
        kind: &Kind,
        token: &Token,
    ) -> Result<Option<Vec<u8>>> {
        if !kind.reveal {
            return Ok(None);
        }
        let key = self.sealing_key(kind)?;
        seal::seal(key, self.place(of), token, &self.random).map(Some)
    }
}

#[cold]
pub(super) fn no_key_id() -> Error {
    Error::new(ErrorKind::Random, "random key ids of one millisecond were all taken")
}

/// Keys on their way into one commit, and what they were given so far.
struct Issuing<'a> {
    store: &'a Store,
    view: &'a View<'a>,
    realms: &'a Realms,
    now: Timestamp,
    by: &'a Actor,
    ids: vec::IntoIter<KeyId>,
    owners: HashMap<(RealmRef, String), (OwnerRecord, Places)>,
    change: Change,
}

impl<'a> Issuing<'a> {
    fn new(
        store: &'a Store,
        view: &'a View<'a>,
        realms: &'a Realms,
        now: Timestamp,
        by: &'a Actor,
        count: usize,
    ) -> Result<Self> {
        let ids = store.new_key_ids(view, now, count)?;
        let (owners, mut change) = (HashMap::new(), Change::default());
        // Else a change of one key has room for four, which are long.
        change.ops.reserve_exact(count);
        change.entries.reserve_exact(count);
        Ok(Self { store, view, realms, now, by, ids, owners, change })
    }

    /// Takes up one key more.
    fn issue(&mut self, spec: &Spec) -> Result<Issued> {
        let (view, now) = (self.view, self.now);
        let realm: &Realm = &self.realms.get(spec.realm())?.realm;
        let terms = spec.check(realm, Some(now), now)?;
        let (_, kind) = self.realms.of_kind(terms.kind)?;
        let (owner, places) = match self.owners.entry((realm.reference(), terms.owner)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (realm_ref, id) = new.key();
                let owner = view.owner_called(*realm_ref, id)?;
                let owner = owner.ok_or_else(|| super::no_owner_named(realm, id))?;
                new.insert((owner, Places::new(self.store.mark.next(now))))
            }
        };
        let key_id = self.ids.next().ok_or_else(no_key_id)?;
        let taken_off = places.admit(view, realm, terms.kind, owner, key_id, now)?;
        let plan = realm.plan_of(owner.plan.as_deref())?.and_then(|plan| realm.plan(plan));
        let quota = terms.quota.unwrap_or_else(|| plan.and_then(|plan| plan.quota));
        let (token, digest, pepper) = self.store.mint(kind)?;
        let record = KeyRecord {
            key_id,
            digest,
            pepper,
            kind: terms.kind,
            owner: owner.owner,
            state: State::Active,
            cause: Cause::None,
            counted: true,
            scopes: terms.scopes,
            issued: now,
            start: terms.start,
            end: terms.end,
            changed: now,
            lineage: key_id,
            generation: 1,
            predecessor: None,
            successor: None,
            last_four: token.last_four(),
            name: terms.name,
            metadata: terms.metadata,
            reason: String::new(),
            parts: Parts { networks: terms.networks, idle: terms.idle, quota, imported: None },
        };
        let given = quota.map(|quota| Crediting::new(key_id, quota, CreditChange::Give));
        let mut key = info(realm, kind, &owner.id, &record, None, now);
        key.quota = self.store.key_quota(view, &record, given.as_slice(), now)?;
        let mut entry = trail::key_entry(Event::KeyIssued, self.by, now, realm, key_id, &owner.id);
        entry.after = trail::key_facts(realm, &record);
        if let Some(sealed) = self.store.sealed(&record, kind, &token)? {
            self.change.seals.push((key_id, Some(sealed)));
        }
        self.change.ops.extend(taken_off.into_iter().map(Op::Key));
        self.change.ops.push(Op::Key(record));
        self.change.credits.extend(given);
        self.change.entries.push(entry);
        Ok(Issued { key, token })
    }

    /// All that was taken up, for a caller that gets `value`.
    fn draft<T>(self, value: T) -> Draft<T> {
        Draft { change: self.change, value }
    }
}
