//! How far something long has come.
//!
//! It is looked at and does not call: who is told of progress may hold a lock of the store, and
//! a call of Python would wait for the interpreter lock with it.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;

/// How far a long call has come, for another thread to look at:
/// `Store.open(path, progress=progress)`.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Progress(Arc<Mutex<Option<keycask::Progress>>>);

impl Progress {
    pub(crate) fn reporter(&self) -> impl Fn(keycask::Progress) + Send + Sync + 'static {
        let last = Arc::clone(&self.0);
        move |progress| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        }
    }

    fn last(&self) -> Option<keycask::Progress> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Progress {
    #[new]
    fn new() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    /// What is being done: `read`, `open`, `copy`, `check`, `sweep`, `import`; None before.
    #[getter]
    fn step(&self) -> Option<&'static str> {
        self.last().map(|progress| progress.step.name())
    }

    /// How much of it is done: bytes, rows or keys, as `total`.
    #[getter]
    fn done(&self) -> u64 {
        self.last().map_or(0, |progress| progress.done)
    }

    /// How much there is to do.
    #[getter]
    fn total(&self) -> u64 {
        self.last().map_or(0, |progress| progress.total)
    }
}

not_pickled!(Progress, "progress is not pickled: it is one with the store that makes it");
