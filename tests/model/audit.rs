//! The audit trail: one entry for each change, over restarts and trimmings.

use keycask::{AuditEntry, AuditFilter, Event, KeyId, Store, Trim};

use super::Part;
use super::dice::Dice;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "audit",
    steps: &[(1, trim)],
    agrees: |world, dice| {
        world.trail.read(world.store.as_ref().unwrap());
        if dice.hits(6) {
            let (trail, first) = (&world.trail.entries, world.trail.first());
            assert_eq!(&world.store().audit(0, 10_000).unwrap(), trail);
            let checked = world.store().check_audit().unwrap();
            let last = world.trail.last;
            assert_eq!((checked.first, checked.last), (first, last));
            assert_eq!(checked.entries, trail.len() as u64);
        }
        if let Some(at) = world.pick(dice) {
            let key = world.keys[at].id;
            let text = serde_json::Value::from(key.to_string());
            let about = |entry: &&AuditEntry| {
                let beside = entry.after.values().any(|named| *named == text);
                beside || entry.keys().any(|about| about == key)
            };
            let wanted: Vec<_> = world.trail.entries.iter().filter(about).cloned().collect();
            let found = world.store().find_audit(&AuditFilter::new().key(key), 0, 1_000).unwrap();
            assert_eq!((found.entries, found.more), (wanted, false));
        }
    },
    plant: |world| {
        // As a store would that left an entry out.
        world.tell(Event::KeyRevealed, None);
        true
    },
};

/// The trail as it was read, piece by piece.
pub struct Trail {
    /// Entries that are to be there and were not looked for yet.
    pub wanted: Vec<(&'static str, Option<KeyId>)>,
    /// Those that were not taken out.
    entries: Vec<AuditEntry>,
    /// Number of the last entry.
    last: u64,
}

impl Trail {
    pub fn new(store: &Store) -> Self {
        let entries = store.audit(0, 1_000).unwrap();
        Self { wanted: Vec::new(), last: entries.len() as u64, entries }
    }

    /// Number of the oldest entry.
    fn first(&self) -> u64 {
        self.last + 1 - self.entries.len() as u64
    }

    /// Reads on: there is what is wanted, and nothing else.
    fn read(&mut self, store: &Store) {
        let new = store.audit(self.last, 1_000).unwrap();
        let mut found: Vec<_> = new.iter().flat_map(facts).collect();
        found.sort_unstable();
        self.wanted.sort_unstable();
        assert_eq!(found, std::mem::take(&mut self.wanted));
        for entry in new {
            self.last += 1;
            assert_eq!(entry.number, self.last);
            assert!(self.entries.last().is_none_or(|before| before.seq <= entry.seq));
            self.entries.push(entry);
        }
    }
}

/// What was done, and to which keys.
fn facts(entry: &AuditEntry) -> Vec<(&'static str, Option<KeyId>)> {
    let event = entry.event.name();
    let keys: Vec<_> = entry.keys().map(|key| (event, Some(key))).collect();
    if keys.is_empty() { vec![(event, None)] } else { keys }
}

fn trim(world: &mut World, dice: &mut Dice) {
    let before = world.trail.entries[dice.roll(world.trail.entries.len())].at;
    let keep = 10 + dice.roll(60);
    let (trim, goes) = match dice.hits(2) {
        true => {
            let young = world.trail.entries.iter().position(|entry| entry.at >= before);
            (Trim::Before(before), young.unwrap())
        }
        false => (Trim::Keep(keep as u64), world.trail.entries.len().saturating_sub(keep)),
    };
    let trimmed = world.store().trim_audit(trim, &by()).unwrap();
    assert_eq!((trimmed.entries, trimmed.more), (goes as u64, false));
    if goes > 0 {
        world.trail.entries.drain(..goes);
        world.tell(Event::AuditTrimmed, None);
    }
}
