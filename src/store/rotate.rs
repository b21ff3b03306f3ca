//! Rotate a key.

use super::deny::no_better_than;
use super::operation::Asked;
use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::index::KeyRestraint;
use crate::info::Issued;
use crate::key_id::KeyId;
use crate::record::{Cause, Done, KeyRecord, Op};
use crate::spec::Rotation;
use crate::time::Timestamp;

impl Store {
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
        let asked = Asked::new(by, "rotate", || rotation.asked(key))?;
        let early = self.deny_early(&asked, key, |held, _| {
            let (old, now) = (&held.record, self.mark.now());
            rotatable(old, now)?;
            let succession = rotation.check(held.realm, old.start, old.end, now)?;
            Ok(match succession.old_end {
                None => no_better_than(State::Revoked),
                Some(end) => KeyRestraint { end, ..no_better_than(State::Active) },
            })
        })?;
        self.commit_denied(early, |view, realms, now| {
            if let Some(done) = asked.done(view)? {
                return self.reissue(view, realms, &asked, &done, now);
            }
            let old = view.key(key)?.ok_or_else(|| super::no_key(key))?;
            let (realm, kind) = realms.of_kind(old.kind)?;
            rotatable(&old, now)?;
            let succession = rotation.check(realm, old.start, old.end, now)?;
            let owner = view.owner(old.owner)?.ok_or_else(|| super::no_owner(&old))?;
            let key_id = self.new_key_id(view, now)?;
            let (token, digest, pepper) = self.mint(kind)?;
            let new = KeyRecord {
                key_id,
                digest,
                pepper,
                cause: Cause::None,
                issued: now,
                start: succession.new_start,
                end: succession.new_end,
                changed: now,
                generation: old.generation.saturating_add(1),
                predecessor: Some(old.key_id),
                last_four: token.last_four(),
                reason: String::new(),
                parts: old.parts.for_successor(),
                // Active and without a successor, as what can be rotated is; its place in the cap
                // is the lineage's.
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
            let draft = draft
                .op(Op::Key(replaced))
                .seal(key, None)
                .op(Op::Key(new))
                .seal(key_id, sealed)
                .entry(entry);
            Ok(asked.note(draft, now, Done::Key(key_id)))
        })
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
