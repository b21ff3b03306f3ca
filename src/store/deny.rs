//! Deny early: what a change takes away is enforced before it is durable.
//!
//! A [`Denial`] holds restraints: until they are lifted, each key and owner that a change
//! takes something from shows no more than what it has in common with what it shall be.
//! Restraints of several changes add up. Where the outcome of a commit is unknown they stay
//! until the store is reopened, which errs towards refusal.

use std::sync::Arc;

use super::commit::NOT_UNDONE;
use super::draft::Change;
use super::operation::Asked;
use super::{Held, Realms, Store};
use crate::digest::Address;
use crate::entry::State;
use crate::error::Result;
use crate::ids::OwnerRef;
use crate::index::{Bind, KeyRestraint, OwnerRestraint, RestraintId};
use crate::key_id::KeyId;
use crate::record::Op;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What is enforced while a change is on its way to the disk. To drop it is to keep it
/// enforced until the store is reopened.
#[derive(Default)]
#[must_use = "a denial ends when the outcome of its change is known"]
pub(super) struct Denial {
    restraints: Vec<RestraintId>,
    /// Credits that were taken out of the leases of lineages.
    pub(super) recalled: Vec<(KeyId, u64)>,
    /// The realms as they were before a profile was narrowed.
    realms: Option<Arc<Realms>>,
    /// Keys that get their first quota: no restraint charges them meanwhile.
    uncharged: Vec<(KeyId, Address)>,
}

/// What restrains nothing but the state.
pub(super) const fn no_better_than(state: State) -> KeyRestraint {
    let (scopes, end) = (ScopeSet::all(), Timestamp::NEVER);
    KeyRestraint { state, scopes, end, networks: None, idle: None }
}

impl Denial {
    /// Both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.restraints.extend(other.restraints);
        self.recalled.extend(other.recalled);
        self.uncharged.extend(other.uncharged);
        self.realms = self.realms.or(other.realms);
        self
    }
}

impl Store {
    /// Enforces what `change` takes away; nothing, if that fails. If not even that can be seen to,
    /// what is shown is not what is in the file: nothing more is written.
    pub(super) fn deny(&self, change: &Change) -> Result<Denial> {
        let mut denial = Denial::default();
        match self.restrain(change, &mut denial) {
            Ok(()) => Ok(denial),
            Err(error) => match self.withdraw(denial) {
                Ok(()) => Err(error),
                Err(_) => Err(self.storage.distrust(NOT_UNDONE, error)),
            },
        }
    }

    /// Ends the denial of a change that was published.
    pub(super) fn lift(&self, denial: Denial) {
        for restraint in denial.restraints {
            self.index.lift(restraint);
        }
    }

    /// Ends the denial of a change that was refused: everything is as it was. If that fails,
    /// it stays.
    pub(super) fn withdraw(&self, mut denial: Denial) -> Result<()> {
        if let Some(realms) = denial.realms.take() {
            self.swap_realms(realms)?;
        }
        for (lineage, credits) in denial.recalled.drain(..) {
            self.index.restore_lease(lineage, credits);
        }
        self.lift(denial);
        Ok(())
    }

    /// Keeps the denial of a change whose outcome is unknown. A key that may have got its first
    /// quota is refused as suspended: nothing could be leased of it.
    pub(super) fn keep(&self, denial: &Denial) {
        for (key, address) in &denial.uncharged {
            // Nobody lifts it until the store is reopened.
            let _ = self.index.restrain_key(*key, address, no_better_than(State::Suspended));
        }
    }

    fn restrain(&self, change: &Change, denial: &mut Denial) -> Result<()> {
        let realms = Arc::clone(self.realms.load());
        for op in &change.ops {
            match op {
                Op::Key(key) if change.late.contains(&key.key_id) => {}
                Op::Key(key) => {
                    let restraint = KeyRestraint {
                        state: key.state,
                        scopes: realms.expand(key.kind, key.scopes),
                        end: key.end,
                        networks: key.parts.networks.clone(),
                        idle: realms.idle(key),
                    };
                    let held = self.index.restrain_key(key.key_id, &key.address(), restraint);
                    let leases = || self.index.lease(key.lineage).is_some();
                    if held.is_some() && key.parts.quota.is_some() && !leases() {
                        denial.uncharged.push((key.key_id, key.address()));
                    }
                    denial.restraints.extend(held);
                }
                Op::Owner(owner) => {
                    let restraint = OwnerRestraint {
                        suspended: owner.suspended,
                        direct: realms.expand_owner(owner.realm, owner.direct),
                    };
                    denial.restraints.extend(self.index.restrain_owner(owner.owner, restraint));
                }
                Op::Realm(realm) => {
                    let narrowed = Arc::new(realms.narrowed_by(realm)?);
                    denial.realms = Some(Arc::clone(&realms));
                    self.swap_realms(narrowed)?;
                }
                // It changes how a key is found; and only one that is refused already is swept.
                Op::Rekey(..) | Op::Forget(..) => {}
            }
        }
        Ok(())
    }

    /// Enforces, before anything waits for the disk, what `restraint` takes from an owner.
    pub(super) fn deny_owner_early(
        &self,
        owner: OwnerRef,
        restraint: OwnerRestraint,
    ) -> Result<Denial> {
        self.storage.writable()?;
        self.storage.confirmed()?;
        let held = self.index.restrain_owner(owner, restraint);
        Ok(Denial { restraints: held.into_iter().collect(), ..Denial::default() })
    }

    /// Enforces, before anything waits for the disk, the restraint that `plan` makes of the key
    /// as it is; if it refuses, nothing is enforced. It is asked again when the change is made,
    /// so it need not foresee what other changes do. An operation that was done denies nothing.
    pub(super) fn deny_early(
        &self,
        asked: &Asked,
        key: KeyId,
        plan: impl FnOnce(&Held<'_>, &Realms) -> Result<KeyRestraint>,
    ) -> Result<Denial> {
        self.storage.writable()?;
        self.storage.confirmed()?;
        let realms = Arc::clone(self.realms.load());
        let view = self.storage.view_at_once()?;
        if asked.done(&view)?.is_some() {
            return Ok(Denial::default());
        }
        let held = self.hold(&view, &realms, key)?;
        let mut denial = Denial::default();
        let restraint = plan(&held, &realms)?;
        self.deny_key(&mut denial, key, &held.record.address(), restraint)?;
        Ok(denial)
    }

    /// Enforces, before anything waits for the disk, a restraint of a key that stood at `at` when
    /// that was read, in the file or in memory. It may have come over to another digest since, or
    /// is coming over.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if it is not there and its row cannot be read; then it is not enforced.
    pub(super) fn deny_key(
        &self,
        denial: &mut Denial,
        key: KeyId,
        at: &Address,
        restraint: KeyRestraint,
    ) -> Result<()> {
        let held = match self.index.restrain_key(key, at, restraint.clone()) {
            Some(held) => Some(held),
            None => self
                .storage
                .view_at_once()?
                .key(key)?
                .map(|record| self.index.restrain_coming(key, &record.address(), restraint)),
        };
        denial.restraints.extend(held);
        Ok(())
    }
}
