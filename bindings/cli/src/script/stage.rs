//! Where a script plays: a store in a temporary directory, a clock, and what was issued.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use keycask::{
    Clock, ErrorKind, HttpRequest, Issued, KeyId, Options, Outcome, Pepper, Realm, RealmRef,
    Request, SealingKey, Store, Timestamp,
};
use tempfile::TempDir;

use super::args::Args;
use super::refer::{Known, Names};
use super::step::AnswerLines;
use super::verbs::Trouble;

/// Gives the text of a file of the project, by its path from the project's root.
pub(super) type Files<'a> = &'a dyn Fn(&str) -> Option<String>;

/// By what way requests are presented.
pub type Present<'a> =
    &'a dyn Fn(&Arc<Store>, RealmRef, &HttpRequest<'_>, &Request) -> keycask::Result<Outcome>;

/// A clock that is moved by hand. Clones show the same time.
#[derive(Clone, Default)]
pub(super) struct Hands(Arc<Dial>);

#[derive(Default)]
struct Dial {
    now_ms: AtomicI64,
    /// How far it was moved forward in all: a clock that steps back does not undo time.
    uptime_ms: AtomicU64,
}

impl Hands {
    pub(super) fn set(&self, to: Timestamp) {
        let forward = to.since(self.now()).as_millis();
        self.0.uptime_ms.fetch_add(u64::try_from(forward).unwrap_or(0), Ordering::Relaxed);
        self.0.now_ms.store(to.as_ms(), Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.now_ms.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.uptime_ms.load(Ordering::Relaxed))
    }
}

/// The store of a script and all that the script refers to.
pub(super) struct Stage<'a> {
    pub files: Files<'a>,
    pub present: Present<'a>,
    pub clock: Hands,
    pub names: Names,
    pub answers: BTreeMap<String, AnswerLines>,
    /// None before the store was made, and between closing and opening it.
    store: Option<Arc<Store>>,
    realm: Option<RealmRef>,
    dir: Option<TempDir>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(files: Files<'a>, present: Present<'a>) -> Self {
        Self {
            files,
            present,
            clock: Hands::default(),
            names: Names::new(),
            answers: BTreeMap::new(),
            store: None,
            realm: None,
            dir: None,
        }
    }

    /// The present, as the script has set it.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes the store.
    pub(super) fn create(&mut self) -> Result<(), Trouble> {
        if self.dir.is_some() {
            return Err(Trouble::Script("the system is there already".to_owned()));
        }
        let dir = tempfile::Builder::new().prefix("keycask-").tempdir().map_err(|error| {
            keycask::Error::new(ErrorKind::Io, "no temporary directory").caused_by(error)
        })?;
        self.store = Some(Arc::new(self.options().create(dir.path().join("keys.keycask"))?));
        self.dir = Some(dir);
        Ok(())
    }

    /// Closes the store and opens it again.
    pub(super) fn reopen(&mut self) -> Result<(), Trouble> {
        let (Some(store), Some(dir)) = (self.store.take(), &self.dir) else {
            return Err(Trouble::Script("there is no store yet".to_owned()));
        };
        let store = Arc::into_inner(store);
        store.ok_or_else(|| Trouble::Script("the store is in use".to_owned()))?.close()?;
        self.store = Some(Arc::new(self.options().open(dir.path().join("keys.keycask"))?));
        Ok(())
    }

    fn options(&self) -> Options {
        Store::options()
            .pepper(Pepper::new(&[0x50; 32]))
            .sealing_key(SealingKey::new(&[0x53; 32]))
            .clock(self.clock.clone())
    }

    /// The store.
    pub(super) fn store(&self) -> Result<&Arc<Store>, Trouble> {
        self.store.as_ref().ok_or_else(|| Trouble::Script("no system stands before this".into()))
    }

    /// Makes the realm called `name` the one that commands are about.
    pub(super) fn enter(&mut self, name: &str) -> Result<(), Trouble> {
        self.realm = Some(self.store()?.realm(name)?);
        Ok(())
    }

    /// The realm that commands are about.
    pub(super) fn realm(&self) -> Result<RealmRef, Trouble> {
        self.realm.ok_or_else(|| Trouble::Script("no profile stands before this".into()))
    }

    /// Its profile.
    pub(super) fn profile(&self) -> Result<Arc<Realm>, Trouble> {
        Ok(self.store()?.profile(self.realm()?)?)
    }

    /// The id of the key that was issued as `name`.
    pub(super) fn key(&self, name: &str) -> Result<KeyId, Trouble> {
        let known = self.names.get(name).map(|known| known.id);
        known.ok_or_else(|| Trouble::Script(format!("no key was issued as {name:?}")))
    }

    /// Keeps a new key under `name`.
    pub(super) fn keep(&mut self, name: &str, issued: Issued) {
        let Issued { key, token, .. } = issued;
        let (hint, prefix, last_four) = (key.hint(), key.prefix, key.last_four);
        let known = Known { id: key.key_id, token, prefix, last_four, hint };
        self.names.insert(name.to_owned(), known);
    }

    /// What a request needs and which kinds it may be of: `needs=` and `kinds=`.
    pub(super) fn request(&self, args: &mut Args) -> Result<Request, Trouble> {
        let profile = self.profile()?;
        let mut request = Request::new();
        if let Some(names) = args.list("needs") {
            request = request.needs(profile.scope_set(names)?);
        }
        if let Some(names) = args.list("kinds") {
            request = request.kinds(profile.kind_set(names)?);
        }
        Ok(request)
    }
}
