//! The store, and beside it the keys as they should be.

use std::collections::BTreeSet;

use keycask::{Actor, KeyId, OwnerChange, RealmRef, Request, Store};

use crate::clock::Hands;
use crate::dice::Dice;
use crate::key::Key;
use crate::owner::{OWNERS, Owner};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
implies = ["read"]
[[plan]]
name = "small"
active = 3
[policy]
longest_grace = "1h"
usage = true
retain = "1h"
"#;

pub const KINDS: [&str; 2] = ["live", "test"];

pub struct World {
    dir: tempfile::TempDir,
    pub clock: Hands,
    /// How far the calendar was set from where the uptime would have it.
    pub shift: i64,
    /// The present that a commit has recorded last: time does not go back behind it.
    pub floor: i64,
    store: Option<Store>,
    seq: u64,
    pub realm: RealmRef,
    pub keys: Vec<Key>,
    pub owners: [Owner; OWNERS.len()],
    /// Whether a key was used since the present was recorded.
    pub used: bool,
    /// Whether an owner has a scope through a group, which decides nothing.
    grouped: bool,
}

pub fn by() -> Actor {
    Actor::new("model")
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = 1_700_000_000_000;
        let clock = Hands::new(now);
        let options = Store::options().clock(clock.clone());
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let realm = store.realm("acme").unwrap();
        let owners = OWNERS.map(|(id, plan, cap)| {
            let change = plan.map_or(OwnerChange::new(), |plan| OwnerChange::new().plan(plan));
            store.set_owner(realm, id, &change, &by()).unwrap();
            Owner { id, cap, suspended: false }
        });
        let seq = store.stats().unwrap().seq;
        Self {
            dir,
            clock,
            shift: 0,
            floor: now,
            store: Some(store),
            seq,
            realm,
            keys: Vec::new(),
            owners,
            used: false,
            grouped: false,
        }
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// The present as the store sees it.
    pub fn now(&self) -> i64 {
        self.clock.reading().max(self.floor)
    }

    /// After a step: a commit has recorded the present.
    pub fn settle(&mut self) {
        let seq = self.store().stats().unwrap().seq;
        if seq != self.seq {
            (self.seq, self.floor) = (seq, self.now());
        }
    }

    /// What was noted of uses is written.
    pub fn flush(&mut self, _: &mut Dice) {
        self.record();
        self.store().flush().unwrap();
    }

    pub fn reopen(&mut self, _: &mut Dice) {
        self.record();
        self.store.take().unwrap().close().unwrap();
        let options = Store::options().clock(self.clock.clone());
        self.store = Some(options.open(self.dir.path().join("keys.keycask")).unwrap());
        // That a key was refused as expired is remembered in memory alone.
        self.keys.iter_mut().for_each(|key| key.spent = false);
    }

    /// Whether a use is noted is not told, and writing one records the present: so something else
    /// does before, if there was any use.
    fn record(&mut self) {
        if std::mem::take(&mut self.used) {
            self.grouped = !self.grouped;
            let group = self.grouped.then_some("read");
            let change = OwnerChange::new().group(group);
            self.store().set_owner(self.realm, OWNERS[1].0, &change, &by()).unwrap();
            self.settle();
        }
    }

    /// A key that was not swept.
    pub fn pick(&self, dice: &mut Dice) -> Option<usize> {
        let there: Vec<usize> = (0..self.keys.len()).filter(|at| !self.keys[*at].swept).collect();
        (!there.is_empty()).then(|| dice.pick(&there))
    }

    /// Lineages of an owner that hold a place.
    pub fn places(&self, owner: usize) -> BTreeSet<KeyId> {
        let now = self.now();
        let living = |key: &&Key| key.owner == owner && !key.swept && key.lives(now);
        self.keys.iter().filter(living).map(|key| key.lineage).collect()
    }

    /// Whether a key of `owner`, of this lineage or of a new one, may take a place.
    pub fn admits(&self, owner: usize, lineage: Option<KeyId>) -> bool {
        let Some(cap) = self.owners[owner].cap else { return true };
        let places = self.places(owner);
        places.len() < cap || lineage.is_some_and(|lineage| places.contains(&lineage))
    }

    /// Why the token of a key is refused that needs the scope called `needs`, if it is.
    pub fn verdict(&self, at: usize, needs: &str) -> Option<&'static str> {
        let scopes = self.store().profile(self.realm).unwrap().scope_set([needs]).unwrap();
        let token = self.keys[at].token.as_bytes();
        let answer = self.store().verify(self.realm, token, &Request::new().needs(scopes));
        answer.err().map(|error| error.denial().unwrap().reason.name())
    }
}
