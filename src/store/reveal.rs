//! Show a token again, where its kind allows it, and change the sealing key.

use serde_json::json;

use super::operation::Asked;
use super::{Draft, Store, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::realm::Kind;
use crate::record::{Done, KeyRecord};
use crate::seal::{self, Place, SealingKey};
use crate::token::Token;

impl Store {
    /// The token of a key whose kind keeps a sealed copy. The audit trail records that it was
    /// shown, before it is.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key; `Conflict` if its kind keeps no copy, or the copy went
    /// with a revocation or rotation; `Pepper` without the sealing key that sealed it; those
    /// of a commit.
    pub fn reveal(&self, key: KeyId, by: &Actor) -> Result<Token> {
        let asked = Asked::new(by, "reveal", || json!({ "key": key.to_string() }))?;
        self.commit(|view, realms, now| {
            let held = self.hold(view, realms, key)?;
            if !held.kind.reveal {
                let why = format!("{key}: kind {:?} is shown once", held.kind.name);
                return Err(Error::new(ErrorKind::Conflict, why));
            }
            let gone = |why| Error::new(ErrorKind::Conflict, format!("{key}: {why}"));
            match (held.record.state, held.record.successor) {
                (State::Revoked, _) => return Err(gone("its copy went when it was revoked")),
                (_, Some(_)) => return Err(gone("its copy went when it was rotated")),
                _ => {}
            }
            let sealed = view.sealed(key)?;
            let sealed = sealed.ok_or_else(|| gone("it was issued while its kind kept no copy"))?;
            let place = self.place(&held.record);
            let token = seal::open(self.sealing_key(held.kind)?, place, &sealed)?;
            let (realm, owner) = (held.realm, &held.owner.id);
            let entry = trail::key_entry(Event::KeyRevealed, by, now, realm, key, owner);
            Ok(match asked.done(view)? {
                Some(_) => Draft::new(token),
                None => asked.note(Draft::new(token).entry(entry), now, Done::Key(key)),
            })
        })
    }

    /// Seals every copy that `old` sealed under the sealing key of this store, in one commit.
    /// Gives how many there were.
    ///
    /// # Errors
    ///
    /// `Argument` if the store has no sealing key; `Pepper` if a copy was sealed by neither;
    /// those of a commit.
    pub fn change_sealing_key(&self, old: &SealingKey, by: &Actor) -> Result<usize> {
        let asked = Asked::new(by, "change_sealing_key", || json!({}))?;
        self.commit(|view, realms, now| {
            if let Some(done) = asked.done(view)? {
                let Done::Resealed(copies) = done.done else { return Err(done.unlike()) };
                return Ok(Draft::new(usize::try_from(copies).unwrap_or(usize::MAX)));
            }
            let mut draft = Draft::new(0_usize);
            for record in scan::keys(view, None, None) {
                let record = record?;
                let Some(copy) = view.sealed(record.key_id)? else { continue };
                let (_, kind) = realms.of_kind(record.kind)?;
                let new = self.sealing_key(kind)?;
                if seal::is_under(new, &copy) {
                    continue;
                }
                let place = self.place(&record);
                let token = seal::open(old, place, &copy)?;
                let copy = seal::seal(new, place, &token, &self.random)?;
                draft = draft.seal(record.key_id, Some(copy));
                draft.value = draft.value.saturating_add(1);
            }
            let count = draft.value;
            let mut entry = trail::entry(Event::SealingKeyChanged, by, now);
            entry.after.insert("copies".to_owned(), count.into());
            let draft = if count == 0 { draft } else { draft.entry(entry) };
            let copies = u64::try_from(count).unwrap_or(u64::MAX);
            Ok(asked.note(draft, now, Done::Resealed(copies)))
        })
    }

    pub(super) fn place(&self, of: &KeyRecord) -> Place {
        Place { store_id: self.storage.origin().0, key_id: of.key_id, kind: of.kind }
    }

    pub(super) fn sealing_key(&self, kind: &Kind) -> Result<&SealingKey> {
        self.sealing.as_ref().ok_or_else(|| {
            let why = format!(
                "sealing key: kind {:?} keeps a sealed copy, and the store was opened without one",
                kind.name
            );
            Error::new(ErrorKind::Argument, why)
        })
    }
}
