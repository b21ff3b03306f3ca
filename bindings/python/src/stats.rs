//! Figures of the store, and operations that were asked for.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::actor::By;
use crate::names::Id;
use crate::record::hex;
use crate::stop::Stop;
use crate::store::Store;
use crate::time::Instant;

struct Stats(keycask::Stats);

shown!(Stats as Stats, |stats| {
    store_id: hex(stats.0.store_id),
    seq: stats.0.seq,
    keys: stats.0.keys,
    owners: stats.0.owners,
    realms: stats.0.realms,
    log_commits: stats.0.log_commits,
    audit_entries: stats.0.audit_entries,
    audit_last: stats.0.audit_last,
    index_bytes: stats.0.index_bytes,
    index_huge_bytes: stats.0.index_huge_bytes,
    peppered: stats.0.peppered,
    unconfirmed: stats.0.unconfirmed,
});

struct Operation(keycask::Operation);

shown!(Operation as Operation, |operation| {
    id: operation.0.id,
    seq: operation.0.seq,
    at: Instant(operation.0.at),
    key_id: operation.0.key.map(Id),
});

#[pymethods]
impl Store {
    /// Names the store, in hexadecimal: a copy of its file has the same id, a store that was
    /// restored another.
    #[getter]
    fn id(&self) -> Result<String, Stop> {
        self.memory(|store| hex(store.id()))
    }

    /// Figures of the open store.
    ///
    /// Raises `IoError` or `CorruptError` if the file cannot be read.
    fn stats(&self, py: Python<'_>) -> Result<Stats, Stop> {
        self.disk(py, keycask::Store::stats).map(Stats)
    }

    /// How many decisions came to which outcome since the store was opened here, by name:
    /// `granted`, `unpresented`, then the reasons.
    fn decision_counts<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Stop> {
        let counts = PyDict::new(py);
        for (name, count) in self.memory(|store| store.decision_counts().by_name())? {
            counts.set_item(name, count)?;
        }
        Ok(counts)
    }

    /// Checks the whole file: every row's MAC, each index against the rows, the log, and the chain
    /// of the audit trail.
    ///
    /// Raises `CorruptError` or `NewerError`, naming the first row that is wrong; `IoError`.
    fn check_file(&self, py: Python<'_>) -> Result<(), Stop> {
        self.disk(py, keycask::Store::check)
    }

    /// What became of the operation that an `Actor` named `id`.
    ///
    /// Raises `NotFoundError` if it was not done, or so long ago that it is not known any more;
    /// `IoError` or `CorruptError` if the file cannot be read.
    fn operation(&self, py: Python<'_>, id: &str) -> Result<Operation, Stop> {
        self.disk(py, |store| store.operation(id)).map(Operation)
    }

    /// Makes the clock's reading the present, though a commit has recorded a later one, and gives
    /// it. For the operator of a machine whose clock was wrong and has been set right. If the
    /// reading is earlier, a key that gave up its place under a cap as it seemed to have expired
    /// takes one again, also beyond the cap, and credits are refilled no later than if their quota
    /// was given now: for that all keys are read, while other writers wait.
    ///
    /// Raises what any change does.
    #[pyo3(signature = (*, by))]
    fn reset_clock(&self, py: Python<'_>, by: By) -> Result<Instant, Stop> {
        self.disk(py, |store| store.reset_clock(&by.0)).map(Instant)
    }
}
