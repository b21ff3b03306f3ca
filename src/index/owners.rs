//! The owners in memory: what decides about their keys, and their names.
//!
//! What decides is kept twice. The writer fills the copy that does not count and then, by
//! one store, has it count; so a reader always has a whole one, whatever the writer does.

use std::hint;
use std::sync::OnceLock;

use super::shim::{AtomicU64, AtomicUsize, Ordering, fence};
use crate::chunks::Chunks;
use crate::entry::OwnerEntry;
use crate::halves::{halves, whole};
use crate::ids::{OwnerRef, RealmRef};
use crate::scope::ScopeSet;
use crate::sys;

/// How often a reader begins anew: each time costs the writer two whole changes of the owner.
const ATTEMPTS: usize = 64;

const SUSPENDED: u64 = 1 << 16;

struct Name {
    realm: RealmRef,
    id: Box<str>,
}

#[derive(Default)]
struct Rights {
    direct: [AtomicU64; 2],
    /// The plan's number plus one, or 0 (bits 0-15); suspended (16).
    marks: AtomicU64,
}

/// 64 bytes: what a decision reads of an owner is one line.
#[repr(align(64))]
#[derive(Default)]
struct Owner {
    /// Counts changes. Its lowest bit says which copy counts; 0: the owner is not there yet.
    turn: AtomicU64,
    rights: [Rights; 2],
}

/// All owners of a store, by their numbers.
pub(super) struct Owners {
    owners: Chunks<Owner>,
    /// Text never changes, so readers may hold on to it.
    names: Chunks<OnceLock<Name>>,
    suspended: AtomicUsize,
}

impl Owners {
    pub(super) fn new() -> Self {
        Self { owners: Chunks::new(), names: Chunks::new(), suspended: AtomicUsize::new(0) }
    }

    /// Has what decides about the keys of `owner` fetched from memory, and waits for nothing.
    #[inline]
    pub(super) fn fetch(&self, owner: OwnerRef) {
        if let Some(owner) = self.owners.get(owner.number()) {
            sys::fetch(owner);
        }
    }

    /// What decides about the keys of `owner`. None if there is no such owner, or if it was
    /// changed without end while this was reading: to a verify both are a refusal.
    pub(super) fn get(&self, owner: OwnerRef) -> Option<OwnerEntry> {
        let owner = self.owners.get(owner.number())?;
        for _ in 0..ATTEMPTS {
            // Acquire, with the Release of `set`.
            let turn = owner.turn.load(Ordering::Acquire);
            if turn == 0 {
                return None;
            }
            let entry = owner.side(turn).get();
            // Acquire, with the Release fence of `set`: if the copy was written again, the
            // turn has moved on.
            fence(Ordering::Acquire);
            if owner.turn.load(Ordering::Relaxed) == turn {
                return Some(entry);
            }
            hint::spin_loop();
        }
        None
    }

    /// The owner's realm and the application's own id of it.
    pub(super) fn name(&self, owner: OwnerRef) -> Option<(RealmRef, &str)> {
        let name = self.names.get(owner.number())?.get()?;
        Some((name.realm, &name.id))
    }

    /// How many owners are suspended in the whole store.
    #[inline]
    pub(super) fn suspended(&self) -> usize {
        // Acquire, with the AcqRel of `set`: who sees that the last one was resumed sees what was
        // denied before. The call that suspends counts the owner before it returns.
        self.suspended.load(Ordering::Acquire)
    }

    /// For the writer: `owner` is called so.
    pub(super) fn call(&self, owner: OwnerRef, realm: RealmRef, id: &str) {
        if let Some(name) = self.names.make(owner.number()) {
            name.get_or_init(|| Name { realm, id: id.into() });
        }
    }

    /// For the writer: `entry` decides about the keys of `owner` from now on.
    pub(super) fn set(&self, owner: OwnerRef, entry: &OwnerEntry) {
        let was = self.get(owner).is_some_and(|before| before.suspended);
        let Some(place) = self.owners.make(owner.number()) else { return };
        let turn = place.turn.load(Ordering::Relaxed).wrapping_add(1).max(1);
        // Release, with the Acquire fence of `get`.
        fence(Ordering::Release);
        place.side(turn).set(entry);
        // Release, with the Acquire of `get`; a swap, to be visible when the call returns.
        place.turn.swap(turn, Ordering::Release);
        match (was, entry.suspended) {
            (false, true) => self.suspended.fetch_add(1, Ordering::AcqRel),
            (true, false) => self.suspended.fetch_sub(1, Ordering::AcqRel),
            _ => 0,
        };
    }

    /// Bytes of the owners, without the text of their names.
    pub(super) fn bytes(&self) -> usize {
        self.owners.bytes().saturating_add(self.names.bytes())
    }
}

impl Owner {
    fn side(&self, turn: u64) -> &Rights {
        let [even, odd] = &self.rights;
        if turn & 1 == 0 { even } else { odd }
    }
}

impl Rights {
    fn get(&self) -> OwnerEntry {
        let words = self.direct.each_ref().map(|word| word.load(Ordering::Relaxed));
        let marks = self.marks.load(Ordering::Relaxed);
        let plan = (marks & (SUSPENDED - 1)).checked_sub(1);
        OwnerEntry {
            suspended: marks & SUSPENDED != 0,
            direct: ScopeSet::from_bits_retain(whole(words)),
            plan: plan.and_then(|plan| u8::try_from(plan).ok()),
        }
    }

    fn set(&self, entry: &OwnerEntry) {
        for (word, half) in self.direct.iter().zip(halves(entry.direct.bits())) {
            word.store(half, Ordering::Relaxed);
        }
        let plan = entry.plan.map_or(0, |plan| u64::from(plan) + 1);
        let suspended = if entry.suspended { SUSPENDED } else { 0 };
        self.marks.store(plan | suspended, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(suspended: bool, bits: u128) -> OwnerEntry {
        OwnerEntry { suspended, direct: ScopeSet::from_bits_retain(bits), plan: Some(255) }
    }

    #[test]
    fn what_decides_about_an_owners_keys_is_one_line_of_cache() {
        assert_eq!(size_of::<Owner>(), 64);
    }

    #[test]
    fn an_owner_is_found_by_number_and_has_a_name() {
        let owners = Owners::new();
        let number = if cfg!(miri) { 700 } else { 70_000 };
        let (one, realm) = (OwnerRef::new(number), RealmRef::new(3));
        assert_eq!((owners.get(one), owners.name(one)), (None, None));
        owners.call(one, realm, "acme");
        owners.set(one, &entry(false, 1 << 127 | 5));
        assert_eq!(owners.get(one), Some(entry(false, 1 << 127 | 5)));
        assert_eq!(owners.name(one), Some((realm, "acme")));
    }

    #[test]
    fn suspended_owners_are_counted_once_each() {
        let owners = Owners::new();
        let [one, two] = [1, 2].map(OwnerRef::new);
        for (owner, suspended, count) in
            [(one, true, 1), (one, true, 1), (two, true, 2), (one, false, 1), (one, false, 1)]
        {
            owners.set(owner, &entry(suspended, 0));
            assert_eq!(owners.suspended(), count);
        }
    }

    #[test]
    fn a_reader_never_sees_half_a_change() {
        let owners = Owners::new();
        let owner = OwnerRef::new(0);
        let (all, reads) = (u128::MAX, if cfg!(miri) { 500 } else { 200_000 });
        owners.set(owner, &entry(false, 0));
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                for _ in 0..reads {
                    let seen = owners.get(owner);
                    let whole = [entry(false, 0), entry(true, all)].contains(&seen.unwrap());
                    assert!(whole, "{seen:?}");
                }
            });
            while !reader.is_finished() {
                owners.set(owner, &entry(true, all));
                owners.set(owner, &entry(false, 0));
            }
        });
    }
}
