//! Denials on their way to the disk, enforced meanwhile.
//!
//! A key or owner under restraints shows what its committed entry has in common with all of
//! them: the stricter state, the scopes in each, the earliest end, the shortest idle span.
//! Restraints add up, in any order. Only the writer comes here.

use std::collections::HashMap;
use std::hash::Hash;

use super::conditions::Conditions;
use super::side::Beside;
use crate::digest::Address;
use crate::entry::{Entry, Idle, OwnerEntry, State};
use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::network::{Networks, common};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What a key may be at most while its denial is on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRestraint {
    /// Or a stricter one.
    pub state: State,
    /// Expanded; or fewer.
    pub scopes: ScopeSet,
    /// Or an earlier one.
    pub end: Timestamp,
    /// Or fewer addresses; none if it may be used from anywhere.
    pub networks: Option<Networks>,
    /// Or a shorter one; none if it may stay unused.
    pub idle: Option<Idle>,
}

/// What the table shows of a key: its entry, and what stands beside it.
#[derive(Clone)]
pub(super) struct Shown {
    /// Its side is where `beside` is to stand.
    pub entry: Entry,
    pub beside: Option<Beside>,
}

/// What an owner may be at most while its denial is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerRestraint {
    /// Or suspended.
    pub suspended: bool,
    /// Expanded; or fewer.
    pub direct: ScopeSet,
}

/// Names one restraint until it is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RestraintId(u64);

/// A restraint on a `T`.
pub(super) trait Meet<T> {
    /// What `entry` has in common with the restraint.
    fn meet(&self, entry: T) -> T;
}

impl Meet<Shown> for KeyRestraint {
    fn meet(&self, Shown { entry, mut beside }: Shown) -> Shown {
        let end = entry.end.min(self.end);
        let scopes = entry.scopes & self.scopes;
        let entry = Entry { state: entry.state.max(self.state), scopes, end, ..entry };
        // The lineage of a key that has no side otherwise is not known here, and nobody has been
        // charged by it: no meter is taken over from such a side.
        let bare = || Beside { lineage: entry.key_id, conditions: Conditions::NONE };
        if let Some(allowed) = &self.networks {
            let networks = &mut beside.get_or_insert_with(bare).conditions.networks;
            let allowed = allowed.as_slice();
            *networks = Some(match networks {
                Some(networks) => common(networks, allowed),
                None => allowed.to_vec(),
            });
        }
        if let Some(allowed) = self.idle {
            let idle = &mut beside.get_or_insert_with(bare).conditions.idle;
            *idle = Some(idle.map_or(allowed, |idle| idle.shorter(allowed)));
        }
        Shown { entry, beside }
    }
}

impl Meet<OwnerEntry> for OwnerRestraint {
    fn meet(&self, entry: OwnerEntry) -> OwnerEntry {
        let suspended = entry.suspended || self.suspended;
        OwnerEntry { suspended, direct: entry.direct & self.direct, ..entry }
    }
}

/// The restraints on things named by `K`, with the entries that were committed for them.
pub(super) struct Restraints<K, T, R> {
    held: HashMap<K, Held<T, R>>,
}

struct Held<T, R> {
    committed: Option<T>,
    restraints: Vec<(RestraintId, R)>,
}

impl<T: Clone, R: Meet<T>> Held<T, R> {
    fn shown(&self) -> Option<T> {
        let committed = self.committed.clone()?;
        Some(self.restraints.iter().fold(committed, |entry, (_, restraint)| restraint.meet(entry)))
    }
}

impl<K: Copy + Eq + Hash, T: Clone, R: Meet<T>> Restraints<K, T, R> {
    pub(super) fn new() -> Self {
        Self { held: HashMap::new() }
    }

    /// Restrains `name`, which shows `present`, or nothing yet.
    pub(super) fn add(&mut self, name: K, id: RestraintId, restraint: R, present: Option<T>) {
        let fresh = || Held { committed: None, restraints: Vec::new() };
        let held = self.held.entry(name).or_insert_with(fresh);
        held.committed = held.committed.take().or(present);
        held.restraints.push((id, restraint));
    }

    /// The restraints of `name`.
    pub(super) fn ids(&self, name: K) -> impl Iterator<Item = RestraintId> {
        let held = self.held.get(&name).into_iter();
        held.flat_map(|held| held.restraints.iter().map(|(id, _)| *id))
    }

    /// The entry that was committed for `name`, if it is under a restraint.
    pub(super) fn committed(&self, name: K) -> Option<&T> {
        self.held.get(&name)?.committed.as_ref()
    }

    /// `entry` was committed for `name`; none: it was removed. Gives what is to be shown.
    pub(super) fn commit(&mut self, name: K, entry: Option<T>) -> Option<T> {
        let Some(held) = self.held.get_mut(&name) else { return entry };
        held.committed = entry;
        held.shown()
    }

    /// Lifts a restraint of `name`. Gives what is to be shown, if there is anything.
    pub(super) fn lift(&mut self, name: K, id: RestraintId) -> Option<T> {
        let held = self.held.get_mut(&name)?;
        held.restraints.retain(|(held, _)| *held != id);
        let shown = held.shown();
        if held.restraints.is_empty() {
            self.held.remove(&name);
        }
        shown
    }
}

impl Restraints<KeyId, Shown, KeyRestraint> {
    /// `key` was found expired while it showed that it ends at `end`.
    pub(super) fn expired(&mut self, key: KeyId, end: Timestamp) {
        let committed = self.held.get_mut(&key).and_then(|held| held.committed.as_mut());
        if let Some(shown) = committed.filter(|shown| shown.entry.end <= end) {
            shown.entry.expired = true;
        }
    }
}

/// What each restraint is on.
#[derive(Default)]
pub(super) struct Targets {
    last: u64,
    of: HashMap<RestraintId, Target>,
}

/// What a restraint is on.
pub(super) enum Target {
    Key(KeyId, Address),
    Owner(OwnerRef),
}

impl Targets {
    /// A new name for a restraint on `target`.
    pub(super) fn name(&mut self, target: Target) -> RestraintId {
        self.last = self.last.wrapping_add(1);
        let id = RestraintId(self.last);
        self.of.insert(id, target);
        id
    }

    /// The key that the restraint is on stands at another address from now on.
    pub(super) fn readdress(&mut self, id: RestraintId, to: Address) {
        if let Some(Target::Key(_, address)) = self.of.get_mut(&id) {
            *address = to;
        }
    }

    /// What the restraint was on. Its name is forgotten.
    pub(super) fn take(&mut self, id: RestraintId) -> Option<Target> {
        self.of.remove(&id)
    }

    /// How many restraints there are.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }
}
