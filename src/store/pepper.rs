//! Rotate the pepper, and retire the one before.
//!
//! From a rotation on, new tokens are hashed under the new pepper; a key of an older one is
//! found under that, and comes over after it is next verified. Retiring revokes what is left.

use std::sync::Arc;

use serde_json::json;

use super::deny::Denial;
use super::rehash::no_operation;
use super::state::in_state;
use super::ways::{Counted, Generation};
use super::{Draft, Realms, Store, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::digest::Pepper;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, Op};
use crate::storage::{NewHeader, View};
use crate::time::Timestamp;

/// How many keys are revoked in one commit when a pepper is retired.
const BATCH: usize = 1_000;

/// Where a store is with the rotation of its pepper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PepperStatus {
    /// The present generation, from 1. New keys are of it.
    pub generation: u8,
    /// Whether that generation has a pepper.
    pub peppered: bool,
    /// The generation before, until it is retired.
    pub previous: Option<u8>,
    /// Keys of the generation before that are not revoked: so many would be by retiring it now.
    pub left: u64,
}

/// A change of the header, and what memory is to follow it with.
pub(super) struct Turn {
    header: NewHeader,
    current: Arc<Generation>,
    previous: Option<Arc<Generation>>,
    counted: Counted,
}

impl Turn {
    pub(super) fn header(&self) -> &NewHeader {
        &self.header
    }
}

impl Store {
    /// Makes `new` the pepper. The one that was is kept beside it until it is
    /// [retired](Self::retire_pepper): from now on the store opens with both alone.
    ///
    /// Each key comes over with the first [`rehash`](Self::rehash) after it was next verified,
    /// and nobody who holds a token sees a difference. The store's own key is sealed under the new
    /// pepper. To rotate to the pepper that there is changes nothing. A store without a pepper is
    /// given one so.
    ///
    /// # Errors
    ///
    /// `Conflict` while the pepper before is not retired; `Argument` if `by` names an operation:
    /// there is no need; those of a commit.
    pub fn rotate_pepper(&self, new: Pepper, by: &Actor) -> Result<PepperStatus> {
        no_operation(by, "rotating to a pepper twice is the same as once")?;
        by.check()?;
        self.commit(|view, _, now| {
            let ways = self.routes.load();
            let before = &ways.current;
            let pepper = before.digester.pepper();
            if pepper.is_some_and(|pepper| pepper.is(&new)) {
                return Ok(Draft::new(()));
            }
            let header = self.storage.rotated(pepper, &new, &self.random)?;
            let number = before.number.saturating_add(1);
            let mut counted = Counted::new(number, Some(before.number));
            for record in scan::keys(view, None, None) {
                counted.see(&record?)?;
            }
            let mut entry = trail::entry(Event::PepperChanged, by, now);
            entry.before = trail::facts(json!({ "generation": before.number }));
            entry.after = trail::facts(json!({ "generation": number, "previous": before.number }));
            let current = Generation::new(number, Some(new));
            let previous = Some(Arc::clone(before));
            Ok(Draft::new(()).entry(entry).turn(Turn { header, current, previous, counted }))
        })?;
        self.pepper_status()
    }

    /// Ends the pepper before the present one, and revokes the keys that are left on it: those
    /// that were not verified since the rotation. Gives how many that were.
    ///
    /// [`pepper_status`](Self::pepper_status) says beforehand how many there are. Keys are
    /// revoked a thousand a commit, the pepper ends with the last; if that is cut off, call again.
    ///
    /// Where keys were verified and there was no room to note it, or a note was of no use because
    /// it was made while the pepper was rotated, it is not known which of those that are left they
    /// are. The call is then refused. The next one, after as much time as it takes until they are
    /// verified again, goes on.
    ///
    /// # Errors
    ///
    /// `Conflict` if there is no pepper before the present one, because of keys that could not
    /// be noted since the rotation or the last such refusal, or because of a key in use whose token
    /// is that of a key of another realm, by an import: it names both; `Argument` if `by` names an
    /// operation, which is one commit; those of a commit.
    pub fn retire_pepper(&self, by: &Actor) -> Result<u64> {
        no_operation(by, "retiring a pepper is several commits")?;
        by.check()?;
        self.storage.at_home()?;
        let retired = self.routes.load().previous.as_ref().map(|previous| previous.number);
        let retired = retired.ok_or_else(none_before)?;
        self.storage.writable()?;
        self.storage.confirmed()?;
        let mut revoked = 0_u64;
        let mut after = None;
        loop {
            let next = self.revoke_next(retired, &mut after, by);
            self.tell();
            let Some(count) = next? else { break };
            revoked = revoked.saturating_add(count);
        }
        self.commit(|view, _, now| {
            let ways = self.routes.load();
            // Another may have retired it meanwhile, and a third rotated the present one.
            if ways.previous.as_ref().is_none_or(|previous| previous.number != retired) {
                return Err(none_before());
            }
            let header = self.storage.retired(ways.current.digester.pepper(), &self.random)?;
            let mut counted = Counted::new(ways.current.number, None);
            for record in scan::keys(view, None, None) {
                counted.see(&record?)?;
            }
            let mut entry = trail::entry(Event::PepperChanged, by, now);
            entry.before = trail::facts(json!({ "previous": retired }));
            entry.after = trail::facts(json!({
                "generation": ways.current.number,
                "revoked": revoked,
            }));
            let current = Arc::clone(&ways.current);
            Ok(Draft::new(()).entry(entry).turn(Turn { header, current, previous: None, counted }))
        })?;
        Ok(revoked)
    }

    /// Revokes keys that are left on the generation `retired`, from behind `after` on: as many as
    /// one commit does. Gives how many; none once no key is left. By then that generation may be
    /// another than the one before the present: somebody else may have retired it.
    pub(super) fn revoke_next(
        &self,
        retired: u8,
        after: &mut Option<KeyId>,
        by: &Actor,
    ) -> Result<Option<u64>> {
        // Nobody else has notes in hand, of keys that would be taken for such as were not verified.
        let _writing = self.noted.writing();
        self.bring_over()?;
        let left = left(&self.storage.view()?, retired, *after)?;
        let last = left.last().copied();
        match (std::mem::replace(after, last), last) {
            (None, None) => return Ok(None),
            // From the first again, until none is left: one may have been noted as it was met.
            (Some(_), None) => return Ok(Some(0)),
            (_, Some(_)) => {}
        }
        let revoke = |view: &View<'_>, realms: &Realms, now| {
            self.revoke_left(view, realms, retired, &left, by, now)
        };
        self.commit_untold(Denial::default(), revoke).map(Some)
    }

    /// Where the store is with the rotation of its pepper. While there is one before, every key
    /// is read.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn pepper_status(&self) -> Result<PepperStatus> {
        self.storage.at_home()?;
        let ways = Arc::clone(self.routes.load());
        let mut status = PepperStatus {
            generation: ways.current.number,
            peppered: ways.current.digester.pepper().is_some(),
            previous: ways.previous.as_ref().map(|previous| previous.number),
            left: 0,
        };
        if let Some(previous) = status.previous {
            let view = self.storage.view()?;
            for record in scan::keys(&view, None, None) {
                let left = is_left(&record?, previous);
                status.left = status.left.saturating_add(left.into());
            }
        }
        Ok(status)
    }

    fn revoke_left(
        &self,
        view: &View<'_>,
        realms: &Realms,
        retired: u8,
        left: &[KeyId],
        by: &Actor,
        now: Timestamp,
    ) -> Result<Draft<u64>> {
        let mut held = Vec::new();
        for key in left {
            // It may have been swept meanwhile, or revoked.
            if view.is_key(*key)? {
                held.push(self.hold(view, realms, *key)?);
            }
        }
        held.retain(|held| is_left(&held.record, retired));
        // Whatever the batch, lest a key be revoked of whose token a blocked one is the key.
        for (key, other) in self.noted.blocked_keys() {
            if !view.key(key)?.is_some_and(|record| is_left(&record, retired)) {
                continue;
            }
            if view.is_key(other)? {
                return Err(taken(key, other));
            }
            // It was verified, and comes over once it is verified again.
            self.noted.unblock(key);
            return Err(not_noted(1));
        }
        // As late as can be: who is verified from here on is revoked all the same.
        let spared = self.noted.spared();
        match self.noted.missed() {
            0 => {}
            missed => return Err(not_noted(missed)),
        }
        // Of one token all keys are decided about together, when the note is written.
        held.retain(|held| !spared.has(held.record.key_id));
        let mut draft = Draft::new(0_u64);
        for held in held {
            let revoked = in_state(held.record.clone(), State::Revoked, by, now);
            let (event, realm, owner) = (Event::KeyRevoked, held.realm, &held.owner.id);
            let entry = trail::key_change(event, by, now, realm, &held.record, &revoked, owner);
            draft.value = draft.value.saturating_add(1);
            draft = draft.seal(held.record.key_id, None).op(Op::Key(revoked)).entry(entry);
        }
        Ok(draft)
    }

    /// Follows a header that is durable.
    pub(super) fn take_turn(&self, turn: Turn) -> Result<()> {
        let Turn { header, current, previous, counted } = turn;
        self.storage.note_header(header);
        let counts = counted.by_realm(|kind| self.realms.load().realm_of(kind));
        // Those were verified by what there was before. Not afterwards: then there may be others.
        let mut noted = self.noted.clear();
        // The digest of one who was refused is of no use any more, and its twins are to be refused
        // with it all the same. But what a retirement revoked counts no more for its twins.
        noted.retain(|verified| verified.refused && previous.is_some());
        self.routes.turn(current, previous, counts)?;
        noted.iter().for_each(|verified| self.noted.note(verified));
        self.make_ready();
        Ok(())
    }
}

/// Keys that are left on the generation `retired`, from after `after` on: so many as are revoked
/// in one commit.
fn left(view: &View<'_>, retired: u8, after: Option<KeyId>) -> Result<Vec<KeyId>> {
    let mut left = Vec::new();
    for record in scan::keys(view, None, after) {
        let record = record?;
        if is_left(&record, retired) {
            left.push(record.key_id);
        }
        if left.len() == BATCH {
            break;
        }
    }
    Ok(left)
}

/// Whether a key would be revoked with the generation `retired`.
fn is_left(record: &KeyRecord, retired: u8) -> bool {
    record.pepper == retired && record.state != State::Revoked
}

#[cold]
fn none_before() -> Error {
    Error::new(ErrorKind::Conflict, "pepper: there is none before the present one to retire")
}

#[cold]
fn taken(key: KeyId, other: KeyId) -> Error {
    let why = format!(
        "pepper: {key} is in use and cannot come over, for {other} of another realm has the same \
         token; revoke {key}, or revoke and sweep {other}, then retire again"
    );
    Error::new(ErrorKind::Conflict, why)
}

#[cold]
fn not_noted(missed: u64) -> Error {
    let why = format!(
        "pepper: {missed} times a key was verified that could not be noted; \
         rehash more often for a while, then retire again"
    );
    Error::new(ErrorKind::Conflict, why)
}
