//! What a store needs from time to time: sweep, compact, flush, rehash.

use pyo3::prelude::*;

use crate::actor::By;
use crate::stop::Stop;
use crate::store::Store;
use crate::value;

struct Swept(keycask::Swept);

shown!(Swept as Swept, |swept| { keys: swept.0.keys, more: swept.0.more });

struct Compacted(keycask::Compacted);

shown!(Compacted as Compacted, |it| { before: it.0.before, after: it.0.after });

#[pymethods]
impl Store {
    /// Takes out keys that expired or were revoked longer ago than their profile retains them,
    /// `limit` at most, from 1 to 10,000, in one commit.
    ///
    /// Raises `ArgumentError` for a limit out of its limits; what any change raises.
    #[pyo3(signature = (limit=1000, *, by))]
    fn sweep(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] limit: usize,
        by: By,
    ) -> Result<Swept, Stop> {
        self.disk(py, |store| store.sweep(limit, &by.0)).map(Swept)
    }

    /// Sweeps until nothing is left to take out, a thousand keys a commit. Gives how many keys
    /// that were.
    ///
    /// Raises `ArgumentError` if `by` names an operation; what any change raises.
    #[pyo3(signature = (*, by))]
    fn sweep_all(&self, py: Python<'_>, by: By) -> Result<u64, Stop> {
        self.disk(py, |store| store.sweep_all(&by.0))
    }

    /// Writes the file anew, as short as it can be, and gives its lengths in bytes. Deciding goes
    /// on; who writes waits until it is over. So does deciding about a key with a quota of which
    /// too few credits are in memory, and the interpreter with it: `flush` before.
    ///
    /// Raises `ConflictError` if another file has the store's name by now; what any change raises.
    fn compact(&self, py: Python<'_>) -> Result<Compacted, Stop> {
        self.disk(py, keycask::Store::compact).map(Compacted)
    }

    /// Writes the last use of every key that was used since it was last written, has leases of
    /// quotas renewed that are low, and rehashes what was verified.
    ///
    /// Raises what any change does.
    fn flush(&self, py: Python<'_>) -> Result<(), Stop> {
        self.disk(py, keycask::Store::flush)
    }

    /// Has keys that were verified by another digest than new ones have found by that from now
    /// on. Gives how many.
    ///
    /// Raises what any change does.
    fn rehash(&self, py: Python<'_>) -> Result<u64, Stop> {
        self.disk(py, keycask::Store::rehash)
    }
}
