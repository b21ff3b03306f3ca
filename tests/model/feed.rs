//! The change feed: who applies what it tells to a plain map has the state.

use std::collections::BTreeMap;

use keycask::{Changed, Changes, FeedCursor, KeyId, State, Store};

use super::Part;
use super::key::{Key, SCOPES};
use super::world::by;

pub const PART: Part = Part {
    name: "feed",
    steps: &[],
    agrees: |world, dice| {
        // Some time later.
        if !dice.hits(3) {
            return;
        }
        world.follower.follow(world.store.as_ref().unwrap(), 1 + dice.roll(6));
        let there = world.keys.iter().filter(|key| !key.swept);
        let wanted: BTreeMap<_, _> = there.map(|key| (key.id, known(key))).collect();
        assert_eq!(world.follower.keys, wanted);
        for (number, owner) in world.owners.iter().enumerate() {
            let told = world.follower.owners.get(owner.id);
            assert!(told.is_none_or(|told| *told == owner.suspended), "owner {number}");
        }
    },
    plant: |world| {
        // As a feed would that left a commit out.
        let active = |key: &Key| key.state == State::Active && !key.swept;
        let Some(at) = world.keys.iter().position(active) else { return false };
        world.follower.follow(world.store.as_ref().unwrap(), 100);
        let now = world.now();
        world.store().revoke(world.keys[at].id, &by()).unwrap();
        world.revoked(at, now);
        world.follower.cursor = world.store().feed().unwrap().newest;
        true
    },
};

/// What a follower keeps of a key: state, end, scopes, and whether it was rotated.
type Known = (State, i64, Vec<String>, bool);

pub struct Follower {
    cursor: FeedCursor,
    keys: BTreeMap<KeyId, Known>,
    /// Whether they are suspended, of those that were told of.
    owners: BTreeMap<String, bool>,
}

impl Follower {
    /// Follows from now on.
    pub fn new(store: &Store) -> Self {
        let cursor = store.feed().unwrap().newest;
        Self { cursor, keys: BTreeMap::new(), owners: BTreeMap::new() }
    }

    /// Reads on, so many commits at a time, until there are no more.
    fn follow(&mut self, store: &Store, limit: usize) {
        loop {
            let Changes::Since(commits) = store.changes(self.cursor, limit).unwrap() else {
                panic!("the feed is gone");
            };
            if commits.is_empty() {
                assert_eq!(self.cursor, store.feed().unwrap().newest);
                return;
            }
            assert!(commits.len() <= limit);
            for commit in commits {
                self.cursor.seq += 1;
                assert_eq!(commit.seq, self.cursor.seq, "a commit is missing");
                assert!(commit.entries.iter().all(|entry| entry.seq == commit.seq));
                commit.changed.iter().for_each(|changed| self.apply(store, *changed));
            }
        }
    }

    fn apply(&mut self, store: &Store, changed: Changed) {
        match changed {
            // One that was swept since is told of later.
            Changed::Key(key) => match store.key(key) {
                Ok(info) => {
                    let known =
                        (info.state, info.end.as_ms(), info.scopes, info.successor.is_some());
                    self.keys.insert(key, known);
                }
                Err(_) => _ = self.keys.remove(&key),
            },
            Changed::Swept(key) => _ = self.keys.remove(&key),
            Changed::Owner(owner) => {
                let (realm, id) = store.owner_id(owner).unwrap();
                let info = store.owner(realm, id).unwrap();
                self.owners.insert(info.id, info.suspended);
            }
            other => panic!("no step changes {other:?}"),
        }
    }
}

/// What the model has of it.
fn known(key: &Key) -> Known {
    let scopes = key.scopes.iter().map(|scope| SCOPES[*scope].to_owned());
    (key.state, key.end, scopes.collect(), key.rotated)
}
