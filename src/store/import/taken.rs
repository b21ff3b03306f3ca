//! What an import has taken up so far.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use crate::digest::{Scheme, Trace};
use crate::ids::{KindRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::OwnerRecord;
use crate::store::cap::Places;

/// What was taken up of one commit or, in a dry run, of all that would be: a dry run writes
/// nothing, so this alone tells what comes later of what came before. Less than the keys
/// themselves will take in memory once they are imported.
#[derive(Default)]
pub(super) struct Taken {
    /// By each of its traces, and whose it is.
    keys: HashMap<Trace, (KeyId, Whose)>,
    pub owners: HashMap<(RealmRef, String), Owned>,
    /// By which keys of a realm will be found.
    pub schemes: HashMap<RealmRef, HashSet<Scheme>>,
    hasher: RandomState,
}

/// An owner of keys that are imported, on the way into the commit.
pub(super) struct Owned {
    pub record: OwnerRecord,
    pub places: Places,
    /// Whether it is still to be made.
    pub new: bool,
}

/// Stands for a realm, a kind and an owner: the same for the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Whose(u64);

impl Taken {
    /// What stands for an owner's keys of `kind`.
    pub(super) fn whose(&self, realm: RealmRef, kind: KindRef, owner: &str) -> Whose {
        Whose(self.hasher.hash_one((realm, kind, owner)))
    }

    /// The key that has this trace, and whose it is.
    pub(super) fn find(&self, trace: &Trace) -> Option<(KeyId, Whose)> {
        self.keys.get(trace).copied()
    }

    /// A key was taken up that has these traces.
    pub(super) fn put(
        &mut self,
        traces: impl IntoIterator<Item = Trace>,
        key: KeyId,
        whose: Whose,
    ) {
        self.keys.extend(traces.into_iter().map(|trace| (trace, (key, whose))));
    }
}
