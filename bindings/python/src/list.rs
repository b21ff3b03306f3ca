//! Find keys, and end many.

use keycask::Ending;
use pyo3::prelude::*;

use crate::actor::By;
use crate::filter::Filter;
use crate::key::Key;
use crate::names::Id;
use crate::record::Many;
use crate::stop::{Stop, argument};
use crate::store::{Store, realm_name};
use crate::value;

struct Page {
    keys: Vec<Key>,
    next: Option<String>,
}

shown!(Page as Page, |page| { keys: Many(page.keys), next: page.next });

struct DryRun(keycask::DryRun);

shown!(DryRun as DryRun, |run| {
    keys: run.0.keys,
    first: Many(run.0.first.into_iter().map(Id).collect()),
});

struct KindCount {
    count: keycask::KindCount,
    realm: String,
}

shown!(KindCount as KindCount, |it| {
    realm: it.realm,
    kind: it.count.kind_name,
    active: it.count.active,
    suspended: it.count.suspended,
    revoked: it.count.revoked,
    expired: it.count.expired,
});

/// What is to end: the keys, or only the grace of those that were rotated.
fn ending(store: &keycask::Store, filter: Filter, what: &str) -> Result<Ending, Stop> {
    let filter = filter.filter(store)?;
    match what {
        "key" => Ok(Ending::revoke(filter)),
        "grace" => Ok(Ending::grace(filter)),
        _ => Err(argument(format!("what {what:?}: want key or grace"))),
    }
}

#[pymethods]
impl Store {
    /// The keys that `filter` selects, in its order, from after the cursor `after` on, `limit` at
    /// most, from 1 to `PAGE_MAX`. A page may have fewer, or none, and a next page all the same.
    ///
    /// Raises `NotFoundError` for an unknown realm, kind or owner; `ArgumentError` for conditions
    /// that no key can meet together, a cursor of another order or a limit out of its limits;
    /// `IoError` or `CorruptError` if the file cannot be read.
    #[pyo3(signature = (filter, *, after=None, limit=100))]
    fn list(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] filter: Filter,
        after: Option<&str>,
        #[pyo3(from_py_with = value::given)] limit: usize,
    ) -> Result<Page, Stop> {
        let after = after.map(str::parse).transpose()?;
        self.disk(py, |store| -> Result<_, Stop> {
            let page = store.list(&filter.filter(store)?, after, limit)?;
            let next = page.next.map(|next| next.to_string());
            Ok(Page { keys: Key::all(store, page.keys)?, next })
        })
    }

    /// How many keys `filter` selects, as of one moment.
    ///
    /// Raises what `list` does.
    fn count(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] filter: Filter,
    ) -> Result<u64, Stop> {
        self.disk(py, |store| -> Result<_, Stop> { Ok(store.count(&filter.filter(store)?)?) })
    }

    /// How many keys of each kind there are, as of one moment: one for every kind of every realm,
    /// also if it has no key, in the order in which kinds were made. It reads the row of every
    /// key: of a million, for seconds.
    ///
    /// Raises `IoError` or `CorruptError` if the file cannot be read.
    fn count_by_kind(&self, py: Python<'_>) -> Result<Many<KindCount>, Stop> {
        self.disk(py, |store| -> Result<_, Stop> {
            let count = |count: keycask::KindCount| -> Result<_, Stop> {
                Ok(KindCount { realm: realm_name(store, count.realm)?, count })
            };
            Ok(Many(store.count_by_kind()?.into_iter().map(count).collect::<Result<_, _>>()?))
        })
    }

    /// Revokes all keys that `filter` selects, as one operation, and gives how many that were.
    /// `what`: "key", or "grace" for the grace of rotated keys alone.
    ///
    /// All of them are refused before the first is on its way to the disk. If it fails half-way,
    /// the message says how many were revoked; asking again goes on with the others.
    ///
    /// Raises `ArgumentError` for a filter without a condition, or one that selects by hint or
    /// asks for revoked keys; what `list` and any change raise.
    #[pyo3(signature = (filter, *, what="key", by))]
    fn end_many(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] filter: Filter,
        what: &str,
        by: By,
    ) -> Result<u64, Stop> {
        self.disk(py, |store| -> Result<_, Stop> {
            Ok(store.end_many(&ending(store, filter, what)?, &by.0)?.keys)
        })
    }

    /// What `end_many` would do at this moment. Nothing is changed; a reader may ask, too.
    ///
    /// Raises what `end_many` does, but for what a change does.
    #[pyo3(signature = (filter, *, what="key"))]
    fn dry_run(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] filter: Filter,
        what: &str,
    ) -> Result<DryRun, Stop> {
        self.disk(py, |store| -> Result<_, Stop> {
            Ok(DryRun(store.dry_run(&ending(store, filter, what)?)?))
        })
    }
}
