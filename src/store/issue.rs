//! Issue a key, and rotate one.

use super::deny::no_better_than;
use super::{Draft, Store, cap, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::digest::Digest;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::index::KeyRestraint;
use crate::info::Issued;
use crate::key_id::KeyId;
use crate::realm::Kind;
use crate::record::{Cause, KeyRecord, Op};
use crate::seal;
use crate::spec::{Rotation, Spec};
use crate::storage::View;
use crate::time::Timestamp;
use crate::token::Token;

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
        by.check()?;
        self.commit(|view, realms, now| {
            let realm = &*realms.get(spec.realm())?.realm;
            let terms = spec.check(realm, now)?;
            let (_, kind) = realms.of_kind(terms.kind)?;
            let owner = scan::owner_named(view, realm.reference(), &terms.owner)?;
            let owner = owner.ok_or_else(|| super::no_owner_named(realm, &terms.owner))?;
            let taken_off = cap::admit(view, realm, terms.kind, &owner, None, now)?;
            let (token, digest) = self.mint(kind)?;
            let key_id = self.new_key_id(view, now)?;
            let record = KeyRecord {
                key_id,
                digest,
                pepper: self.storage.generation(),
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
            };
            let sealed = self.sealed(&record, kind, &token)?;
            let key = self.key_info(view, realm, kind, &owner.id, &record, now)?;
            let mut entry = trail::key_entry(Event::KeyIssued, by, now, realm, key_id, &owner.id);
            entry.after = trail::key_facts(realm, &record);
            Ok(Draft::new(Issued { key, token })
                .ops(taken_off.into_iter().map(Op::Key))
                .op(Op::Key(record))
                .seal(key_id, sealed)
                .entry(entry))
        })
    }

    /// Replaces a key by a successor with the same scopes, owner, name, metadata and limits.
    ///
    /// The old key ends after its grace, or at its own end if that is earlier; without grace
    /// it is revoked in the same commit. A predecessor of the old key that still lived on in a
    /// grace of its own is revoked too, so that a lineage has two live generations at most.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key; `Conflict` unless it is active, unexpired and not yet
    /// rotated; `Argument` for a grace or an end out of its limits; those of a commit.
    pub fn rotate(&self, key: KeyId, rotation: &Rotation, by: &Actor) -> Result<Issued> {
        by.check()?;
        let early = self.deny_early(key, |held, _| {
            let (old, now) = (&held.record, self.mark.now());
            rotatable(old, now)?;
            let succession = rotation.check(held.realm, old.start, old.end, now)?;
            Ok(match succession.old_end {
                None => no_better_than(State::Revoked),
                Some(end) => KeyRestraint { end, ..no_better_than(State::Active) },
            })
        })?;
        self.commit_denied(early, |view, realms, now| {
            let old = view.key(key)?.ok_or_else(|| super::no_key(key))?;
            let (realm, kind) = realms.of_kind(old.kind)?;
            rotatable(&old, now)?;
            let succession = rotation.check(realm, old.start, old.end, now)?;
            let owner = view.owner(old.owner)?.ok_or_else(|| super::no_owner(&old))?;
            let (token, digest) = self.mint(kind)?;
            let key_id = self.new_key_id(view, now)?;
            let new = KeyRecord {
                key_id,
                digest,
                pepper: self.storage.generation(),
                state: State::Active,
                cause: Cause::None,
                counted: old.counted,
                issued: now,
                start: succession.new_start,
                end: succession.new_end,
                changed: now,
                generation: old.generation.saturating_add(1),
                predecessor: Some(old.key_id),
                successor: None,
                last_four: token.last_four(),
                reason: String::new(),
                ..old.clone()
            };
            let replaced = replaced(old.clone(), succession.old_end, key_id, by, now);
            let grandparent = match old.predecessor {
                Some(before) => view.key(before)?.filter(|k| k.state != State::Revoked),
                None => None,
            };
            let ended = grandparent.map(|record| revoked_by_rotation(record, by, now));
            let sealed = self.sealed(&new, kind, &token)?;
            let info = self.key_info(view, realm, kind, &owner.id, &new, now)?;
            let mut entry = trail::key_entry(Event::KeyRotated, by, now, realm, key, &owner.id);
            entry.before = trail::key_facts(realm, &old);
            entry.after = trail::rotation_facts(realm, &replaced, &new, ended.as_ref());
            let mut draft = Draft::new(Issued { key: info, token });
            if let Some(ended) = ended {
                draft = draft.seal(ended.key_id, None).op(Op::Key(ended));
            }
            Ok(draft
                .op(Op::Key(replaced))
                .seal(key, None)
                .op(Op::Key(new))
                .seal(key_id, sealed)
                .entry(entry))
        })
    }

    /// A token that no key has, and its digest.
    ///
    /// One that a key has already was not drawn at random: it is somebody's secret, and with
    /// two keys of one token the file would not open again.
    fn mint(&self, kind: &Kind) -> Result<(Token, Digest)> {
        let token = kind.shape.mint(&self.random)?;
        let digest = self.digester.digest(token.expose().as_bytes());
        if self.index.get_with_side(&digest).is_some() {
            let why =
                "a token came that a key has already: the source of randomness repeats itself";
            return Err(Error::new(ErrorKind::Random, why));
        }
        Ok((token, digest))
    }

    /// An id that no key has.
    fn new_key_id(&self, view: &View<'_>, now: Timestamp) -> Result<KeyId> {
        const TRIES: u32 = 64;
        for _ in 0..TRIES {
            let mut random = [0; 4];
            self.random.fill(&mut random)?;
            let key_id = KeyId::new(now, u32::from_le_bytes(random));
            if view.key(key_id)?.is_none() {
                return Ok(key_id);
            }
        }
        let why = format!("{TRIES} random key ids in one millisecond were all taken");
        Err(Error::new(ErrorKind::Random, why))
    }

    /// The sealed copy of a token, for a kind that can be revealed.
    fn sealed(&self, of: &KeyRecord, kind: &Kind, token: &Token) -> Result<Option<Vec<u8>>> {
        if !kind.reveal {
            return Ok(None);
        }
        let key = self.sealing_key(kind)?;
        seal::seal(key, self.place(of), token, &self.random).map(Some)
    }
}

/// The old key of a rotation: alive to the end of its grace, or revoked.
fn replaced(
    old: KeyRecord,
    end: Option<Timestamp>,
    successor: KeyId,
    by: &Actor,
    now: Timestamp,
) -> KeyRecord {
    match end {
        Some(end) => KeyRecord { end, successor: Some(successor), ..old },
        None => {
            let revoked = revoked_by_rotation(old, by, now);
            KeyRecord { successor: Some(successor), ..revoked }
        }
    }
}

fn revoked_by_rotation(old: KeyRecord, by: &Actor, now: Timestamp) -> KeyRecord {
    KeyRecord {
        state: State::Revoked,
        cause: Cause::Rotated,
        counted: false,
        changed: now,
        reason: by.reason().to_owned(),
        ..old
    }
}

/// Refuses a key that cannot be rotated, saying why.
fn rotatable(key: &KeyRecord, now: Timestamp) -> Result<()> {
    let why = match (key.state, key.successor) {
        (State::Revoked, _) => "is revoked; issue a new key".to_owned(),
        (State::Suspended, _) => "is suspended; resume it first".to_owned(),
        (State::Active, Some(successor)) => format!("was already rotated, to {successor}"),
        (State::Active, None) if key.end <= now => "has expired; issue a new key".to_owned(),
        (State::Active, None) => return Ok(()),
    };
    Err(Error::new(ErrorKind::Conflict, format!("{}: {why}", key.key_id)))
}
