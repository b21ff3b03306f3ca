//! Deny early: what a change takes away is enforced before it is durable.
//!
//! A [`Denial`] holds restraints: until it is lifted, each key and owner it names shows no
//! more than what it has in common with what it shall be. Restraints of several changes add
//! up. Lifting leaves what was applied; keeping errs towards refusal until the store is
//! reopened, which is right where the outcome of a commit is unknown.

use std::sync::Arc;

use super::{Held, Realms, Store};
use crate::entry::State;
use crate::error::{ErrorKind, Result};
use crate::index::{KeyRestraint, OwnerRestraint, RestraintId};
use crate::key_id::KeyId;
use crate::record::Op;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What is enforced while a change is on its way to the disk.
#[must_use = "a denial is lifted or kept when the outcome of its change is known"]
pub(super) struct Denial<'s> {
    store: &'s Store,
    restraints: Vec<RestraintId>,
    /// The realms as they were before a profile was narrowed.
    realms: Option<Arc<Realms>>,
}

impl Denial<'_> {
    /// The change is published: its restraints have done their work.
    pub(super) fn published(self) {
        for id in self.restraints {
            self.store.index.lift(id);
        }
    }

    /// The change was refused: everything is as it was.
    pub(super) fn withdrawn(mut self) -> Result<()> {
        match self.realms.take() {
            Some(realms) => {
                self.store.realms.store(realms);
                self.published();
            }
            None => self.published(),
        }
        Ok(())
    }

    /// Settles a denial whose change was committed, refused, or neither for certain.
    pub(super) fn settle<T>(self, result: &Result<T>) {
        match result {
            Err(error) if error.kind() == ErrorKind::Indeterminate => {}
            _ => self.published(),
        }
    }
}
