//! Make keys anew whose tokens were lost: the operation that made them is asked for again.

use std::slice;

use super::draft::Crediting;
use super::operation::{Asked, conflict};
use super::{Draft, Realms, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::Result;
use crate::info::Issued;
use crate::key_id::KeyId;
use crate::record::{Cause, Done, KeyRecord, Op, OperationRecord};
use crate::storage::View;
use crate::time::Timestamp;

impl Store {
    /// Puts another key, with a token of its own, in the place of the key that `done` made.
    ///
    /// The token of that key was never handed out, or not to the one who asks again. So the
    /// key is revoked, and all that it was goes over to the new one: scopes, window, place under
    /// the caps, and its place in a lineage. A predecessor keeps the end that was decided first.
    ///
    /// # Errors
    ///
    /// `Conflict` if somebody changed the state of the key, or time did: then it is no longer
    /// what was asked for.
    pub(super) fn reissue(
        &self,
        view: &View<'_>,
        realms: &Realms,
        asked: &Asked,
        done: &OperationRecord,
        now: Timestamp,
    ) -> Result<Draft<Issued>> {
        let new = self.new_key_id(view, now)?;
        let reissuing = Reissuing { store: self, view, realms, by: asked.by(), done, now };
        let draft = reissuing.one(Draft::new(()), done.key()?, new)?;
        Ok(asked.note(draft.map(|((), issued)| issued), now, Done::Key(new)))
    }

    /// The same for all keys that `done` made, in their order: all of them or none.
    pub(super) fn reissue_many(
        &self,
        view: &View<'_>,
        realms: &Realms,
        asked: &Asked,
        done: &OperationRecord,
        now: Timestamp,
    ) -> Result<Draft<Vec<Issued>>> {
        let keys = done.keys()?;
        let new: Vec<KeyId> = self.new_key_ids(view, now, keys.len())?.collect();
        let reissuing = Reissuing { store: self, view, realms, by: asked.by(), done, now };
        let mut draft = Draft::new(Vec::with_capacity(keys.len()));
        for (lost, new) in keys.iter().zip(&new) {
            draft = reissuing.one(draft, *lost, *new)?.map(|(mut all, issued)| {
                all.push(issued);
                all
            });
        }
        Ok(asked.note(draft, now, Done::Keys(new)))
    }
}

/// An operation that made keys and is asked for again.
struct Reissuing<'a> {
    store: &'a Store,
    view: &'a View<'a>,
    realms: &'a Realms,
    by: &'a Actor,
    done: &'a OperationRecord,
    now: Timestamp,
}

impl Reissuing<'_> {
    /// Adds to `draft` that the key `new` takes the place of `lost`.
    fn one<T>(&self, draft: Draft<T>, lost: KeyId, new: KeyId) -> Result<Draft<(T, Issued)>> {
        let Self { store, view, realms, by, done, now } = *self;
        let gone = || conflict(done, &format!("made {lost}, which was taken out since"));
        let lost = view.key(lost)?.ok_or_else(gone)?;
        replaceable(done, &lost, now)?;
        let (realm, kind) = realms.of_kind(lost.kind)?;
        let owner = view.owner(lost.owner)?.ok_or_else(|| super::no_owner(&lost))?;
        let (token, digest, pepper) = store.mint(kind)?;
        let lineage = if lost.lineage == lost.key_id { new } else { lost.lineage };
        let new = KeyRecord {
            key_id: new,
            digest,
            pepper,
            cause: Cause::None,
            issued: now,
            changed: now,
            lineage,
            last_four: token.last_four(),
            reason: String::new(),
            parts: lost.parts.for_successor(),
            ..lost.clone()
        };
        let predecessor = match lost.predecessor {
            Some(before) => view.key(before)?.filter(|k| k.successor == Some(lost.key_id)),
            None => None,
        };
        let predecessor = predecessor.map(|k| KeyRecord { successor: Some(new.key_id), ..k });
        let ended = ended(lost.clone(), by, now);
        let sealed = store.sealed(&new, kind, &token)?;
        let mut key = store.key_info(view, realm, kind, &owner.id, &new, now)?;
        let mut draft = draft;
        if let Some(quota) = new.parts.quota.filter(|_| lineage != lost.lineage) {
            let balance = store.balance(view, lost.lineage, &quota, store.mark.next(now))?;
            let crediting = Crediting::inheriting(lineage, quota, lost.lineage, balance);
            key.quota = store.key_quota(view, &new, slice::from_ref(&crediting), now)?;
            draft = draft.credit(crediting);
        }
        let event = Event::KeyReissued;
        let mut entry = trail::key_entry(event, by, now, realm, lost.key_id, &owner.id);
        entry.before = trail::key_changes(realm, &lost, &ended);
        entry.after = trail::reissue_facts(realm, &ended, &new);
        let draft = draft
            .ops(predecessor.map(Op::Key))
            .seal(ended.key_id, None)
            .op(Op::Key(ended))
            .seal(new.key_id, sealed)
            .op(Op::Key(new))
            .entry(entry);
        Ok(draft.map(|value| (value, Issued { key, token })))
    }
}

/// The key whose token was lost, as it ends.
fn ended(lost: KeyRecord, by: &Actor, now: Timestamp) -> KeyRecord {
    KeyRecord {
        state: State::Revoked,
        cause: Cause::Reissued,
        counted: false,
        changed: now,
        reason: by.reason().to_owned(),
        ..lost
    }
}

/// Refuses to replace a key that is no longer as it was made, saying why.
fn replaceable(done: &OperationRecord, key: &KeyRecord, now: Timestamp) -> Result<()> {
    let since = match (key.state, key.successor) {
        (State::Revoked, _) => "was revoked".to_owned(),
        (State::Suspended, _) => "was suspended".to_owned(),
        (State::Active, Some(successor)) => format!("was rotated, to {successor}"),
        (State::Active, None) if key.end <= now => "expired".to_owned(),
        (State::Active, None) => return Ok(()),
    };
    Err(conflict(done, &format!("made {}, which {since} since", key.key_id)))
}
