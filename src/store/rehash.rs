//! Bring keys to the present way to be found: the digest of their token under the pepper.
//!
//! A verify that found a key by another way has the token in its hands, and so the digest that
//! the key shall have: it [notes](super::noted) the digest, in memory, and no more.
//! [`Store::rehash`] writes what was noted. What is lost before, by a crash, by a rotation or for
//! want of room, is noted at the next verify.

use std::collections::{HashMap, HashSet};

use super::deny::Denial;
use super::noted::{Noted, Verified};
use super::state::in_state;
use super::ways::Way;
use super::{Draft, Realms, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::record::{Imported, KeyRecord, Op, Parts};
use crate::storage::View;
use crate::time::Timestamp;

/// Who revokes twins, as the audit trail says.
const REHASH: &str = "rehash";

/// What was noted and is to be written. What is left of it in the end, also by a panic of the
/// host's clock, is noted again.
struct Taken<'s> {
    noted: &'s Noted,
    verified: Vec<Verified>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.verified.iter().for_each(|verified| self.noted.note(verified));
    }
}

impl Store {
    /// Writes, for each key that was verified by an older digest of its token, the digest that
    /// new keys have: by that of another system, since it was
    /// [imported](Self::import), or by that under the pepper before, since it was
    /// [rotated](Self::rotate_pepper). Gives how many there were: a few thousand at most.
    ///
    /// Of a token that was imported with digests by several schemes, there are several keys, which
    /// nothing told before it was verified. The one that was granted is its key from then on, and
    /// the others are revoked; or all are, if one was revoked meanwhile. The audit trail says so by
    /// the name `rehash`.
    ///
    /// [`flush`](Self::flush), [`close`](Self::close), each import and each sweep do it too. A
    /// service calls one of them now and then; what a crash loses is noted again when the key is
    /// next verified.
    ///
    /// # Errors
    ///
    /// Those of a commit, but for `ReadOnly` and `Unconfirmed`: such a store notes in vain.
    pub fn rehash(&self) -> Result<u64> {
        self.storage.at_home()?;
        if self.storage.is_read_only() || self.storage.is_unconfirmed() {
            return Ok(0);
        }
        let writing = self.noted.writing();
        let done = self.bring_over();
        drop(writing);
        self.tell();
        done
    }

    /// Writes what was noted, while nobody else does, and tells nobody.
    pub(super) fn bring_over(&self) -> Result<u64> {
        let mut taken = Taken { noted: &self.noted, verified: self.noted.take() };
        if taken.verified.is_empty() {
            return Ok(0);
        }
        self.storage.confirmed()?;
        let done = self.commit_untold(Denial::default(), |view, realms, now| {
            let (current, brought) = (self.routes.load().current.number, self.routes.brought());
            let mut draft = Draft::new(0_u64);
            // The keys that this commit changes, and whose token the digests are that it gives out.
            let (mut settled, mut moved) = (HashSet::new(), HashMap::new());
            for verified in &taken.verified {
                let Some(record) = view.key(verified.key_id)? else { continue };
                let is_revoked = record.state == State::Revoked;
                // It may have been rehashed, the pepper rotated, or a twin of it imported, since it
                // was looked for; and what refused it as revoked may not have come to be.
                let is_found = record.digest.words() == verified.found;
                let is_late = verified.generation != current || verified.brought != brought;
                let is_stale = !is_found || is_late || verified.refused && !is_revoked;
                if is_stale {
                    // While it was noted, no later verify could note it.
                    self.noted.miss((record.pepper != current && !is_revoked).into());
                }
                let twins = verified.twins.into_iter().flatten();
                let revoked = match is_stale && is_found && is_revoked {
                    // It may be swept before it is noted again.
                    true => Some(verified.key_id),
                    false => revoked_of(view, &record, twins.clone())?,
                };
                let whose = revoked.unwrap_or(verified.key_id);
                let by = Actor::new(REHASH).because(format!("its token is that of {whose}"));
                if revoked.is_some() {
                    let all = twins.clone().chain((!is_revoked).then_some(verified.key_id));
                    for key in all.filter(|key| settled.insert(*key)) {
                        draft = self.revoke_twin(view, realms, draft, key, &by, now)?;
                    }
                }
                if revoked.is_some() || is_stale {
                    continue;
                }
                let (from, before) = (record.address(), Way::of(&record));
                let new = rehashed(record, verified);
                let to = new.address();
                // The token may be another key's by now. If that is one of another realm, this one
                // is found all the same, and stays as it is.
                let approach = self.index.approach(to.locator);
                let there = self.index.find(&approach, &new.digest, None);
                let there = there.map(|(entry, _)| (entry.key_id, entry.kind));
                let is_granted = new.state != State::Revoked;
                let realm = realms.of_kind(new.kind)?.0.reference();
                match there.or(moved.get(&to.digest).copied()) {
                    Some((_, kind)) if realms.realm_of(kind) == Some(realm) => continue,
                    Some((other, _)) if is_granted => {
                        self.noted.block(new.key_id, other);
                        continue;
                    }
                    Some(_) => {}
                    None => {
                        if !settled.insert(new.key_id) {
                            continue;
                        }
                        moved.insert(to.digest, (new.key_id, new.kind));
                        draft = draft.ways([(realm, before, -1), (realm, Way::of(&new), 1)]);
                        draft.value = draft.value.saturating_add(1);
                        draft = draft.op(Op::Rekey(new, from));
                    }
                }
                for twin in twins.filter(|twin| settled.insert(*twin)) {
                    draft = self.revoke_twin(view, realms, draft, twin, &by, now)?;
                    // Until this one has its token, it would be refused as the twin.
                    draft = if is_granted { draft.late(twin) } else { draft };
                }
            }
            Ok(draft)
        })?;
        taken.verified.clear();
        Ok(done)
    }

    /// Revokes a key, of which nothing would be found before the one that has its token is swept:
    /// then it would be granted to whom that one was revoked for.
    fn revoke_twin(
        &self,
        view: &View<'_>,
        realms: &Realms,
        draft: Draft<u64>,
        twin: KeyId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Draft<u64>> {
        let Some(record) = view.key(twin)? else { return Ok(draft) };
        if !is_by_digest(&record) || record.state == State::Revoked {
            return Ok(draft);
        }
        let held = self.hold(view, realms, twin)?;
        let revoked = in_state(record, State::Revoked, by, now);
        let (event, realm, owner) = (Event::KeyRevoked, held.realm, &held.owner.id);
        let entry = trail::key_change(event, by, now, realm, &held.record, &revoked, owner);
        Ok(draft.seal(twin, None).op(Op::Key(revoked)).entry(entry))
    }

    /// So many more keys are on these ways, or fewer.
    pub(super) fn note_ways(
        &self,
        changes: impl IntoIterator<Item = (RealmRef, Way, i64)>,
    ) -> Result<()> {
        self.routes.count(changes)?;
        self.make_ready();
        Ok(())
    }

    /// Makes room for what verifies note, if some may.
    pub(super) fn make_ready(&self) {
        if self.routes.load().has_others() {
            self.noted.make_room();
        }
    }
}

/// The one of its twins that is revoked, of a key that may have been verified before: then its
/// token is. Not of one that has its token.
fn revoked_of(
    view: &View<'_>,
    record: &KeyRecord,
    twins: impl Iterator<Item = KeyId>,
) -> Result<Option<KeyId>> {
    if record.state == State::Revoked || !is_by_digest(record) {
        return Ok(None);
    }
    for twin in twins {
        if view.key(twin)?.is_some_and(|twin| twin.state == State::Revoked) {
            return Ok(Some(twin));
        }
    }
    Ok(None)
}

/// Whether a digest of another system's finds the key, and not its token.
fn is_by_digest(record: &KeyRecord) -> bool {
    record.parts.imported.as_ref().is_some_and(|imported| imported.found_by().is_some())
}

/// The key of `record` with the digest that was computed when it was verified.
fn rehashed(record: KeyRecord, verified: &Verified) -> KeyRecord {
    let imported = record.parts.imported.map(|imported| match imported {
        Imported::Digest { trace, scheme, .. } => Imported::Token { trace, came_by: Some(scheme) },
        token @ Imported::Token { .. } => token,
    });
    KeyRecord {
        digest: verified.digest,
        pepper: verified.generation,
        last_four: verified.last_four,
        parts: Parts { imported, ..record.parts },
        ..record
    }
}

/// Refuses the name of an operation for what needs none.
pub(super) fn no_operation(by: &Actor, why: &str) -> Result<()> {
    match by.operation_id() {
        None => Ok(()),
        Some(id) => Err(Error::new(ErrorKind::Argument, format!("operation {id:?}: {why}"))),
    }
}
