//! Revoke many keys in one commit.

use std::collections::BTreeSet;

use serde_json::json;

use super::deny::{Denial, no_better_than};
use super::issue::ISSUE_MAX;
use super::operation::Asked;
use super::state::in_state;
use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::info::KeyInfo;
use crate::key_id::KeyId;
use crate::record::{Done, Op};

impl Store {
    /// Ends all of `keys` for good, in one commit: all of them or, if there is one that this
    /// store has not, none. Up to [`ISSUE_MAX`] at a time.
    ///
    /// Each holds as if it were [revoked](Self::revoke) alone, with its own entry in the audit
    /// trail, and is given once, in the order in which it was first named. All are enforced
    /// before the change is queued for the disk. Keys that are told by conditions and not by name,
    /// any number of them, [`end_many`](Self::end_many) revokes.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key; `Argument` for more than [`ISSUE_MAX`]; those of a commit.
    pub fn revoke_many(&self, keys: &[KeyId], by: &Actor) -> Result<Vec<KeyInfo>> {
        let texts = || keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        let asked = Asked::new(by, "revoke_many", || json!({ "keys": texts() }))?;
        if keys.len() > ISSUE_MAX {
            let why = format!("keys: {}; up to {ISSUE_MAX} are allowed", keys.len());
            return Err(Error::new(ErrorKind::Argument, why));
        }
        let mut seen = BTreeSet::new();
        let keys: Vec<KeyId> = keys.iter().copied().filter(|key| seen.insert(*key)).collect();
        let early = self.deny_all_early(&asked, &keys)?;
        self.commit_denied(early, |view, realms, now| {
            let is_done = asked.done(view)?.is_some();
            let mut draft = Draft::new(Vec::with_capacity(keys.len()));
            for key in &keys {
                let held = self.hold(view, realms, *key)?;
                let (realm, before, owner) = (held.realm, held.record, held.owner.id);
                let ends = !is_done && before.state != State::Revoked;
                let after = match ends {
                    true => in_state(before.clone(), State::Revoked, by, now),
                    false => before.clone(),
                };
                draft.value.push(self.key_info(view, realm, held.kind, &owner, &after, now)?);
                if ends {
                    let event = Event::KeyRevoked;
                    let entry = trail::key_change(event, by, now, realm, &before, &after, &owner);
                    draft = draft.op(Op::Key(after)).entry(entry).seal(*key, None);
                }
            }
            Ok(if is_done { draft } else { asked.note(draft, now, Done::Keys(keys)) })
        })
    }

    /// Enforces that none of `keys` is granted; nothing, if there is one that is unknown.
    fn deny_all_early(&self, asked: &Asked, keys: &[KeyId]) -> Result<Denial> {
        let mut all = Denial::default();
        for key in keys {
            match self.deny_early(asked, *key, |_, _| Ok(no_better_than(State::Revoked))) {
                Ok(denial) => all = all.and(denial),
                Err(error) => {
                    self.withdraw(all)?;
                    return Err(error);
                }
            }
        }
        Ok(all)
    }
}
