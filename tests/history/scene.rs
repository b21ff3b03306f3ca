//! A store, and the ways in which a key's right to write is taken away.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use keycask::{
    Actor, Ending, Filter, Grant, Issued, OwnerChange, RealmRef, Request, Rotation, Spec, Store,
    Update,
};

/// Keys of one store. More are as many stores one after another, so that any number of them takes
/// the same memory, and the table grows from small in each.
pub const ROUND: usize = 100;

/// Keys beside them that no call denies but that by which a pepper ends, one each time.
pub const ASIDE: usize = 50;

/// In how many ways a key is denied by a call of its own.
pub const WAYS: usize = 8;

/// The way of a key that is revoked with all of its owner's, that of one whose owner is suspended,
/// and that of one whose scope contains the right to write no more.
const BY_FILTER: usize = 5;
const BY_OWNER: usize = 6;
const BY_PROFILE: usize = 7;

/// The owner of all keys but those that are denied by their owner.
const OTHERS: &str = "others";

pub fn by() -> Actor {
    Actor::new("tester")
}

/// Who has a key: alone, if it is denied by its owner.
fn owner(key: usize) -> String {
    match key % WAYS {
        BY_FILTER | BY_OWNER => format!("o{key}"),
        _ => OTHERS.to_owned(),
    }
}

/// A profile with the right to write, and scopes that contain it, but for the first `narrowed`.
fn profile(narrowed: usize) -> String {
    let mut text = String::from(
        "realm = \"acme\"\n\
         [[kind]]\nname = \"live\"\nprefix = \"acme_live_\"\nbody = 32\n\
         [[scope]]\nname = \"read\"\n\
         [[scope]]\nname = \"write\"\n",
    );
    for scope in 0..=(ROUND + ASIDE) / WAYS {
        write!(text, "[[scope]]\nname = \"wide{scope}\"\n").unwrap();
        if scope >= narrowed {
            text.push_str("implies = [\"write\"]\n");
        }
    }
    text
}

pub struct Scene {
    _dir: tempfile::TempDir,
    pub store: Store,
    pub acme: RealmRef,
    request: Request,
}

impl Scene {
    pub fn new() -> Self {
        // In memory, where there is such a place: a denial takes less time, so that there are more.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let store = Store::create(dir.path().join("keys.redb")).unwrap();
        store.apply_realm("acme.toml", &profile(0), &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        let write = store.profile(acme).unwrap().scope_set(["write"]).unwrap();
        Self { _dir: dir, store, acme, request: Request::new().needs(write) }
    }

    /// So many keys that may write.
    pub fn issue(&self, keys: usize) -> Vec<Issued> {
        let owners = (0..keys).map(owner).collect::<BTreeSet<_>>();
        let owners = owners.iter().map(String::as_str).chain([OTHERS]);
        owners.for_each(|owner| self.set_owner(owner, &OwnerChange::new()));
        let spec = |key: usize| {
            let wide = format!("wide{}", key / WAYS);
            let write = if key % WAYS == BY_PROFILE { wide.as_str() } else { "write" };
            Spec::new(self.acme, "live", owner(key)).scopes(["read", write])
        };
        self.store.issue_many(&(0..keys).map(spec).collect::<Vec<_>>(), &by()).unwrap()
    }

    /// The table grows, and the slots of keys that are watched move.
    pub fn grow(&self) {
        let spec = Spec::new(self.acme, "live", OTHERS).scopes(["read", "write"]);
        self.store.issue_many(&vec![spec; 16], &by()).unwrap();
    }

    pub fn is_granted(&self, token: &[u8]) -> bool {
        self.store.verify(self.acme, token, &self.request).is_ok()
    }

    /// The same of many tokens, by one call.
    pub fn are_granted(&self, tokens: &[&[u8]]) -> impl Iterator<Item = bool> + use<> {
        let mut answers: Vec<Result<Grant, _>> = Vec::new();
        self.store.verify_many(self.acme, tokens, &self.request, &mut answers).unwrap();
        answers.into_iter().map(|answer| answer.is_ok())
    }

    /// Takes the right to write from a key, in one of the ways that there are.
    pub fn deny(&self, key: usize, issued: &Issued) {
        let (store, by, id) = (&self.store, by(), issued.key.key_id);
        match key % WAYS {
            0 => drop(store.revoke(id, &by).unwrap()),
            1 => drop(store.rotate(id, &Rotation::new().grace(Duration::ZERO), &by).unwrap()),
            2 => drop(store.suspend(id, &by).unwrap()),
            3 => drop(store.update(id, &Update::new().scopes(["read"]), &by).unwrap()),
            4 => {
                let token = issued.token.expose().as_bytes();
                store.revoke_presented(self.acme, token, "it was in a log").unwrap();
            }
            BY_FILTER => {
                let filter = Filter::new().realm(self.acme).owner(owner(key));
                assert_eq!(store.end_many(&Ending::revoke(filter), &by).unwrap().keys, 1);
            }
            BY_OWNER => self.suspend_owner(key, true),
            BY_PROFILE.. => {
                let narrower = profile(key / WAYS + 1);
                store.apply_realm("acme.toml", &narrower, &by).unwrap();
            }
        }
    }

    /// What is to be done once it was seen that a key was denied. While an owner is suspended, a
    /// decision about any key looks at its owner; so none stays so.
    pub fn settle(&self, key: usize, issued: &Issued) {
        if key % WAYS == BY_OWNER {
            self.store.revoke(issued.key.key_id, &by()).unwrap();
            self.suspend_owner(key, false);
        }
    }

    fn suspend_owner(&self, key: usize, suspended: bool) {
        self.set_owner(&owner(key), &OwnerChange::new().suspended(suspended));
    }

    fn set_owner(&self, owner: &str, change: &OwnerChange) {
        self.store.set_owner(self.acme, owner, change, &by()).unwrap();
    }
}
