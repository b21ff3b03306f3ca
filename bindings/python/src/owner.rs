//! Owners.

use keycask::{OwnerChange, OwnerInfo, Result as Engine};
use pyo3::prelude::*;

use crate::actor::By;
use crate::names::Names;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::{Store, realm_name};
use crate::value;

struct Owner {
    info: OwnerInfo,
    realm: String,
}

impl Owner {
    fn of(store: &keycask::Store, info: OwnerInfo) -> Engine<Self> {
        let realm = realm_name(store, info.realm)?;
        Ok(Self { info, realm })
    }
}

shown!(Owner as OwnerInfo, |owner| {
    id: owner.info.id,
    realm: owner.realm,
    plan: owner.info.plan,
    suspended: owner.info.suspended,
    direct: Many(owner.info.direct),
    group: Many(owner.info.group),
});

#[pymethods]
impl Store {
    /// Makes an owner or changes it. `id` is your own, 1 to 128 bytes of UTF-8. What is not said
    /// stays as it is. `direct`, `group`: scopes that it has itself, and through groups; all that
    /// there are from now on. A suspended owner's keys are all refused.
    ///
    /// Raises `NotFoundError` for an unknown realm, plan or scope; `ArgumentError` for an id out
    /// of its limits; what any change raises.
    #[pyo3(signature = (realm, id, *, plan=None, suspended=None, direct=None, group=None, by))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn set_owner(
        &self,
        py: Python<'_>,
        realm: &str,
        id: &str,
        plan: Option<String>,
        suspended: Option<bool>,
        direct: Option<Names>,
        group: Option<Names>,
        by: By,
    ) -> Result<Owner, Stop> {
        let mut change = OwnerChange::new();
        if let Some(plan) = plan {
            change = change.plan(plan);
        }
        if let Some(suspended) = suspended {
            change = change.suspended(suspended);
        }
        if let Some(direct) = direct {
            change = change.direct(direct.0);
        }
        if let Some(group) = group {
            change = change.group(group.0);
        }
        self.disk(py, |store| {
            Owner::of(store, store.set_owner(store.realm(realm)?, id, &change, &by.0)?)
        })
    }

    /// An owner of a realm.
    ///
    /// Raises `NotFoundError` if there is none; `IoError` or `CorruptError` if the file cannot be
    /// read.
    fn owner(&self, py: Python<'_>, realm: &str, id: &str) -> Result<Owner, Stop> {
        self.disk(py, |store| Owner::of(store, store.owner(store.realm(realm)?, id)?))
    }

    /// The owners of a realm by their ids, from after the id `after` on, `limit` at most, from 1
    /// to `PAGE_MAX`.
    ///
    /// Raises `NotFoundError` for an unknown realm; `ArgumentError` for a limit out of its limits;
    /// `IoError` or `CorruptError` if the file cannot be read.
    #[pyo3(signature = (realm, *, after=None, limit=100))]
    fn owners(
        &self,
        py: Python<'_>,
        realm: &str,
        after: Option<&str>,
        #[pyo3(from_py_with = value::given)] limit: usize,
    ) -> Result<Many<Owner>, Stop> {
        self.disk(py, |store| {
            let owners = store.owners(store.realm(realm)?, after, limit)?.into_iter();
            owners.map(|info| Owner::of(store, info)).collect::<Engine<_>>().map(Many)
        })
    }
}
