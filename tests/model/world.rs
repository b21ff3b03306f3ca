//! The store, and beside it the keys as they should be.

use std::collections::{BTreeMap, BTreeSet};

use keycask::{Actor, Clock as _, Event, KeyId, OwnerChange, RealmRef, Request, Store, Update};

use super::audit::Trail;
use super::counts::Counted;
use super::dice::Dice;
use super::feed::Follower;
use super::hands::Hands;
use super::key::{Key, SCOPES};
use super::network::Address;
use super::owner::{OWNERS, Owner};
use super::pepper::Peppers;
use super::quota::Credits;

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
    pub store: Option<Store>,
    seq: u64,
    pub realm: RealmRef,
    pub keys: Vec<Key>,
    pub owners: [Owner; OWNERS.len()],
    /// Whether a key was used since the present was recorded.
    pub used: bool,
    /// Whether an owner has a scope through a group, which decides nothing.
    grouped: bool,
    /// Of lineages whose keys have a quota.
    pub credits: BTreeMap<KeyId, Credits>,
    pub peppers: Peppers,
    pub trail: Trail,
    pub follower: Follower,
    pub counted: Counted,
    /// The reasons for which keys were refused so far.
    pub refusals: BTreeSet<&'static str>,
}

pub fn by() -> Actor {
    Actor::new("model")
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = 1_700_000_000_000;
        let clock = Hands::at_ms(now);
        let peppers = Peppers::new();
        let options = peppers.options().clock(clock.clone());
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let realm = store.realm("acme").unwrap();
        let owners = OWNERS.map(|(id, plan, cap)| {
            let change = plan.map_or(OwnerChange::new(), |plan| OwnerChange::new().plan(plan));
            store.set_owner(realm, id, &change, &by()).unwrap();
            Owner { id, cap, suspended: false }
        });
        let seq = store.stats().unwrap().seq;
        let (trail, follower) = (Trail::new(&store), Follower::new(&store));
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
            credits: BTreeMap::new(),
            peppers,
            trail,
            follower,
            counted: Counted::new(),
            refusals: BTreeSet::new(),
        }
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// The present as the store sees it.
    pub fn now(&self) -> i64 {
        self.clock.now().as_ms().max(self.floor)
    }

    /// After a step: a commit has recorded the present.
    pub fn settle(&mut self) {
        let seq = self.store().stats().unwrap().seq;
        if seq != self.seq {
            (self.seq, self.floor) = (seq, self.now());
        }
    }

    /// The trail has an entry about a key, or about none.
    pub fn tell(&mut self, event: Event, key: impl Into<Option<KeyId>>) {
        self.trail.wanted.push((event.name(), key.into()));
    }

    /// A key is revoked, unless it was.
    pub fn revoked(&mut self, at: usize, now: i64) {
        if !self.keys[at].is_revoked() {
            self.tell(Event::KeyRevoked, self.keys[at].id);
            self.keys[at].revoke(now);
        }
    }

    /// Updates a key, of which that changes something if `changes`. False if it may not be.
    pub fn update(&mut self, at: usize, update: &Update, changes: bool) -> bool {
        let key = &self.keys[at];
        let done = self.store().update(key.id, update, &by());
        assert_eq!(done.is_ok(), !key.is_revoked(), "{done:?}");
        if done.is_ok() && changes {
            self.tell(Event::KeyUpdated, key.id);
        }
        done.is_ok()
    }

    /// What was noted of uses is written.
    pub fn flush(&mut self, _: &mut Dice) {
        self.record();
        self.store().flush().unwrap();
        self.rehashed();
    }

    pub fn reopen(&mut self, _: &mut Dice) {
        self.record();
        self.store.take().unwrap().close().unwrap();
        self.rehashed();
        let options = self.peppers.options().clock(self.clock.clone());
        self.store = Some(options.open(self.dir.path().join("keys.keycask")).unwrap());
        self.counted = Counted::new();
        // That a key was refused as expired or idle is remembered in memory alone.
        self.keys.iter_mut().for_each(|key| (key.spent, key.idled) = (false, false));
    }

    /// Whether a use is noted or a credit leased is not told, and writing that records the
    /// present: so something else does before, if there was any use or is any quota.
    pub fn record(&mut self) {
        if std::mem::take(&mut self.used) || !self.credits.is_empty() {
            self.grouped = !self.grouped;
            let group = self.grouped.then_some("read");
            let change = OwnerChange::new().group(group);
            self.store().set_owner(self.realm, OWNERS[1].0, &change, &by()).unwrap();
            self.tell(Event::OwnerSet, None);
            self.settle();
        }
    }

    /// A key that was not swept.
    pub fn pick(&self, dice: &mut Dice) -> Option<usize> {
        let there: Vec<usize> = (0..self.keys.len()).filter(|at| !self.keys[*at].swept).collect();
        (!there.is_empty()).then(|| dice.pick(&there))
    }

    /// Mostly a key that may still be changed.
    pub fn pick_living(&self, dice: &mut Dice) -> Option<usize> {
        let lives = |at: &usize| !self.keys[*at].swept && !self.keys[*at].is_revoked();
        let living: Vec<usize> = (0..self.keys.len()).filter(lives).collect();
        if living.is_empty() || dice.hits(6) { self.pick(dice) } else { Some(dice.pick(&living)) }
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

    /// Presents the token of a key: it is granted, or refused for the right reason. A request
    /// that costs something comes after the present was recorded.
    pub fn ask(&mut self, at: usize, scope: usize, address: &Address, cost: u32) {
        let (now, key) = (self.now(), &self.keys[at]);
        let idle = key.idle.filter(|_| !key.is_lost());
        let idle_at = idle.and_then(|_| key.idle_at(self.shown_use(key.id)));
        let suspended = self.owners[key.owner].suspended;
        let refusal = key.refusal(suspended, now, idle_at, address, scope);
        let lineage = key.lineage;
        let wanted = refusal.or_else(|| self.pay(lineage, cost));
        let key = &self.keys[at];
        let told = self.verdict(key, SCOPES[scope], address, cost);
        self.counted.note(told);
        let key = &self.keys[at];
        let reason = told.map(|reason| key.known_as(reason));
        assert_eq!(reason, wanted, "key {at} ({}) needs {}", key.id, SCOPES[scope]);
        match reason {
            None => {
                self.note_use(at);
                self.peppers.note(&mut self.keys[at].way);
            }
            Some("expired") => self.keys[at].spent = true,
            Some("idle") => self.keys[at].idled = true,
            Some(_) => {}
        }
        self.refusals.extend(reason);
    }

    /// Why the token of a key is refused, if it is.
    fn verdict(&self, key: &Key, needs: &str, from: &Address, cost: u32) -> Option<&'static str> {
        let scopes = self.store().profile(self.realm).unwrap().scope_set([needs]).unwrap();
        let request = from.named(Request::new().needs(scopes).cost(cost));
        let answer = self.store().verify(self.realm, key.token.as_bytes(), &request);
        answer.err().map(|error| error.denial().unwrap().reason.name())
    }
}
