//! The life of a key: rotate, suspend, resume, revoke, update, reveal.

use std::time::Duration;

use keycask::{Ending, Filter, Rotation, Update, VerifyError};
use pyo3::prelude::*;

use crate::actor::By;
use crate::issue::Issued;
use crate::key::Key;
use crate::names::{Id, Names};
use crate::record::Many;
use crate::spec::{one_or_none, quota_of};
use crate::stop::{Stop, argument};
use crate::store::Store;
use crate::text;
use crate::time::Instant;
use crate::token::Token;
use crate::value;
use crate::verdict::{Verdict, raised};

#[pymethods]
impl Store {
    /// Replaces a key by a successor with the same scopes, owner, name, metadata and limits.
    ///
    /// `grace`: how long the old key lives on; as the profile says without. Without grace it is
    /// revoked in the same commit. `regenerate`: no grace, and no word of the profile about it.
    /// `end` or `life`: of the successor; else the same life again.
    ///
    /// Raises `NotFoundError` for an unknown key; `ConflictError` unless it is active, unexpired
    /// and not yet rotated; `ArgumentError` for a grace or an end out of its limits; what any
    /// change raises.
    #[pyo3(signature = (key, *, grace=None, regenerate=false, end=None, life=None, by))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn rotate(
        &self,
        py: Python<'_>,
        key: Id,
        #[pyo3(from_py_with = value::given)] grace: Option<Duration>,
        regenerate: bool,
        end: Option<Instant>,
        #[pyo3(from_py_with = value::given)] life: Option<Duration>,
        by: By,
    ) -> Result<Issued, Stop> {
        let mut rotation = if regenerate { Rotation::regenerate() } else { Rotation::new() };
        if let Some(grace) = grace {
            rotation = rotation.grace(grace);
        }
        if let Some(end) = end {
            rotation = rotation.end(end.0);
        }
        if let Some(life) = life {
            rotation = rotation.life(life);
        }
        self.disk(py, |store| Issued::of(store, store.rotate(key.0, &rotation, &by.0)?))
    }

    /// Pauses a key: it is refused until it is resumed. From when this returns no verify that
    /// begins later grants it.
    ///
    /// Raises `NotFoundError` for an unknown key; `ConflictError` if it is revoked, or its profile
    /// does not allow suspending; what any change raises.
    #[pyo3(signature = (key, *, by))]
    fn suspend(&self, py: Python<'_>, key: Id, by: By) -> Result<Key, Stop> {
        self.disk(py, |store| Key::of(store, store.suspend(key.0, &by.0)?))
    }

    /// Ends the pause of a suspended key.
    ///
    /// Raises `NotFoundError` for an unknown key; `ConflictError` if it is revoked; `CapError` if
    /// its owner has as many active keys as it may; what any change raises.
    #[pyo3(signature = (key, *, by))]
    fn resume(&self, py: Python<'_>, key: Id, by: By) -> Result<Key, Stop> {
        self.disk(py, |store| Key::of(store, store.resume(key.0, &by.0)?))
    }

    /// Ends a key for good. From when this returns no verify that begins later grants it; nor if
    /// it raises `IndeterminateError`.
    ///
    /// Raises `NotFoundError` for an unknown key; what any change raises.
    #[pyo3(signature = (key, *, by))]
    fn revoke(&self, py: Python<'_>, key: Id, by: By) -> Result<Key, Stop> {
        self.disk(py, |store| Key::of(store, store.revoke(key.0, &by.0)?))
    }

    /// Ends all of `keys` for good or, if there is one that this store has not, none. Up to
    /// `ISSUE_MAX` at a time. All are refused before the change is on its way to the disk, and a
    /// thousand share a commit.
    ///
    /// Raises `NotFoundError` if there is one that this store has not; `ArgumentError` for more
    /// than `ISSUE_MAX`; what any change raises.
    #[pyo3(signature = (keys, *, by))]
    fn revoke_many(&self, py: Python<'_>, keys: Vec<Id>, by: By) -> Result<Many<Key>, Stop> {
        let keys: Vec<_> = keys.into_iter().map(|key| key.0).collect();
        self.disk(py, |store| {
            let these = Filter::new().keys(keys.iter().copied());
            store.end_many(&Ending::revoke(these), &by.0)?;
            let infos = keys.iter().map(|key| store.key(*key)).collect::<Result<_, _>>()?;
            Key::all(store, infos).map(Many)
        })
    }

    /// Revokes the key whose token this is, as its holder asks, and gives the reason. The audit
    /// trail names as actor `holder`.
    ///
    /// Raises `Malformed` or `Unknown` if the token is nobody's; `NotFoundError` for an unknown
    /// realm; what any change raises.
    #[pyo3(signature = (token, *, realm, reason))]
    fn revoke_presented(
        slf: &Bound<'_, Self>,
        token: &Bound<'_, PyAny>,
        realm: &str,
        reason: &str,
    ) -> Result<Key, Stop> {
        let token = zeroize::Zeroizing::new(text::bytes(token)?.into_owned());
        let revoked = slf.get().disk(slf.py(), |store| -> Result<_, Stop> {
            let realm = store.realm(realm)?;
            match store.revoke_presented(realm, &token, reason) {
                Ok(info) => Ok(Ok(Key::of(store, info)?)),
                Err(VerifyError::Failed(error)) => Err(error.into()),
                Err(VerifyError::Denied(denial)) => Ok(Err((realm, denial))),
            }
        })?;
        revoked.map_err(|(realm, denial)| {
            let store = slf.clone().unbind();
            match Bound::new(slf.py(), Verdict::new(store, realm, Err(denial.into()))) {
                Ok(verdict) => raised(&verdict),
                Err(error) => error.into(),
            }
        })
    }

    /// Changes a key. What is not said stays; what is taken away is enforced at once.
    ///
    /// `scopes`, `networks`: all that there are from now on. `any_network`, `no_idle`,
    /// `no_quota`: that there is none; they exclude what they lift. One of `set_credits`,
    /// `add_credits`, `take_credits`: of the quota of its lineage.
    ///
    /// Raises `NotFoundError` for an unknown key or scope; `ArgumentError` for what is out of its
    /// limits; `ConflictError` if the key is revoked, was rotated and would outlive its grace, or
    /// has no quota whose credits could be changed; `CapError` if a later end makes it active
    /// again and its owner has no place for it; what any change raises.
    #[pyo3(signature = (key, *, name=None, metadata=None, end=None, scopes=None, networks=None,
                        any_network=false, idle=None, no_idle=false, quota=None, no_quota=false,
                        set_credits=None, add_credits=None, take_credits=None, by))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn update(
        &self,
        py: Python<'_>,
        key: Id,
        name: Option<String>,
        metadata: Option<String>,
        end: Option<Instant>,
        scopes: Option<Names>,
        networks: Option<Names>,
        any_network: bool,
        #[pyo3(from_py_with = value::given)] idle: Option<Duration>,
        no_idle: bool,
        quota: Option<String>,
        no_quota: bool,
        #[pyo3(from_py_with = value::given)] set_credits: Option<u64>,
        #[pyo3(from_py_with = value::given)] add_credits: Option<u64>,
        #[pyo3(from_py_with = value::given)] take_credits: Option<u64>,
        by: By,
    ) -> Result<Key, Stop> {
        let mut update = Update::new();
        if let Some(name) = name {
            update = update.name(name);
        }
        if let Some(metadata) = metadata {
            update = update.metadata(metadata);
        }
        if let Some(end) = end {
            update = update.end(end.0);
        }
        if let Some(scopes) = scopes {
            update = update.scopes(scopes.0);
        }
        update = match one_or_none("networks", networks, any_network)? {
            Some(Some(networks)) => update.networks(networks.0),
            Some(None) => update.any_network(),
            None => update,
        };
        update = match one_or_none("idle", idle, no_idle)? {
            Some(Some(idle)) => update.idle(idle),
            Some(None) => update.no_idle(),
            None => update,
        };
        if let Some(quota) = one_or_none("quota", quota, no_quota)? {
            update = update.quota(quota_of(quota)?);
        }
        update = match (set_credits, add_credits, take_credits) {
            (Some(credits), None, None) => update.set_credits(credits),
            (None, Some(credits), None) => update.add_credits(credits),
            (None, None, Some(credits)) => update.take_credits(credits),
            (None, None, None) => update,
            _ => return Err(argument("credits: set, add and take exclude each other")),
        };
        self.disk(py, |store| Key::of(store, store.update(key.0, &update, &by.0)?))
    }

    /// The token of a key whose kind keeps a sealed copy. The audit trail records that it was
    /// shown, before it is.
    ///
    /// Raises `NotFoundError` for an unknown key; `ConflictError` if its kind keeps no copy, or
    /// the copy went with a revocation or rotation; `PepperError` without the sealing key that
    /// sealed it; what any change raises.
    #[pyo3(signature = (key, *, by))]
    fn reveal(&self, py: Python<'_>, key: Id, by: By) -> Result<Token, Stop> {
        self.disk(py, |store| store.reveal(key.0, &by.0)).map(Token)
    }
}
