//! The open store, as Python holds it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, TryLockError};

use keycask::{Error, Result as Engine};
use pyo3::prelude::*;

use crate::stop::{Stop, argument};

/// An open store of API keys. `Store.create` and `Store.open` make one.
///
/// Every method may be called from any thread at any time. `verify`, `check`, `check_many` and
/// `present` decide from memory and keep the interpreter lock; whatever reads or writes the file
/// gives it back meanwhile.
///
/// A store is closed by `close`, or at the end of a `with`. It belongs to the process that opened
/// it: in a fork every call raises `ForkedError`, and pickling raises `PicklingError`.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Store {
    /// Read by every call for as long as it takes; written by `close`, which so waits for the
    /// calls that are going on. Calls never wait: who finds it being written finds it closed.
    open: RwLock<Option<keycask::Store>>,
    /// Tells this from every other store of the process, for what is bound to one.
    number: u64,
    /// Relaxed: what a panic left is not looked at by those who see it, nor by those who miss
    /// it and panic too.
    panicked: AtomicBool,
}

thread_local! {
    /// Whether this thread, in a call of a store, runs what the caller of Python gave it.
    static CALLED_BACK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs `call`, which is the caller's, with the interpreter lock, in the middle of a call.
pub(crate) fn call_back<T>(call: impl FnOnce(Python<'_>) -> T) -> T {
    let _before = Before(CALLED_BACK.replace(true));
    Python::attach(call)
}

/// What `CALLED_BACK` was before a call, and is after it: by a panic, too, which a
/// `PanicException` that the caller raises becomes.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        CALLED_BACK.set(self.0);
    }
}

impl Store {
    pub(crate) fn new(store: keycask::Store) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self {
            open: RwLock::new(Some(store)),
            // Relaxed: it orders nothing else.
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            panicked: AtomicBool::new(false),
        }
    }

    /// Tells this store from others of the process.
    #[inline]
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// What `open` holds, unless it is being written.
    #[inline]
    fn reading(&self) -> Result<RwLockReadGuard<'_, Option<keycask::Store>>, Stop> {
        match self.open.try_read() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Stop::Closed),
        }
    }

    /// Whether this process is a fork of the one that opened the store, also of a store that
    /// panicked: a fork may wait for nothing, whatever became of the store.
    fn is_forked(&self) -> Result<bool, Stop> {
        Ok(self.reading()?.as_ref().ok_or(Stop::Closed)?.is_forked())
    }

    /// Does what does not touch the disk, with the interpreter lock.
    #[inline]
    pub(crate) fn memory<T>(&self, call: impl FnOnce(&keycask::Store) -> T) -> Result<T, Stop> {
        let guard = self.reading()?;
        let store = guard.as_ref().ok_or(Stop::Closed)?;
        if self.panicked.load(Ordering::Relaxed) {
            return Err(Stop::Panic);
        }
        // Whoever calls again after a panic is refused above.
        catch_unwind(AssertUnwindSafe(|| call(store))).map_err(|_| {
            self.panicked.store(true, Ordering::Relaxed);
            Stop::Panic
        })
    }

    /// Does what may touch the disk, without the interpreter lock.
    pub(crate) fn disk<T: Send, E: Into<Stop> + Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&keycask::Store) -> Result<T, E> + Send,
    ) -> Result<T, Stop> {
        // The guard ends before the interpreter lock is taken again: who closes holds neither.
        py.detach(|| self.memory(call))?.map_err(Into::into)
    }

    /// Takes the store out and closes it, once no call is going on.
    fn finish(&self, py: Python<'_>) -> Result<(), Stop> {
        // A call of the parent may have been going on when it forked, and never ends here.
        if self.is_forked().unwrap_or(true) {
            return Ok(());
        }
        if CALLED_BACK.get() {
            return Err(argument("close: a call of the store is going on in this thread"));
        }
        py.detach(|| {
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            match open.take() {
                // What a panic left is not written.
                Some(store) if self.panicked.load(Ordering::Relaxed) => {
                    store.abandon();
                    Ok(())
                }
                Some(store) => store.close(),
                None => Ok(()),
            }
        })?;
        Ok(())
    }
}

impl Drop for Store {
    /// A store that nobody closed closes itself, which writes; but not in a forked child.
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (Some(store), panicked) = (open.take(), *self.panicked.get_mut()) else { return };
        if store.is_forked() {
            // A thread of the parent's that is not here may hold what closing waits for.
            return std::mem::forget(store);
        }
        let end = move || if panicked { store.abandon() } else { drop(store) };
        let mut end = Some(end);
        // Without an interpreter there is no lock to give back.
        let _ = Python::try_attach(|py| {
            if let Some(end) = end.take() {
                py.detach(end);
            }
        });
        if let Some(end) = end {
            end();
        }
    }
}

/// The name of a realm.
pub(crate) fn realm_name(store: &keycask::Store, realm: keycask::RealmRef) -> Engine<String> {
    Ok(store.profile(realm)?.name().to_owned())
}

/// What the binding cannot show for want of a word for it.
pub(crate) fn not_known(what: &str) -> Error {
    Error::new(keycask::ErrorKind::Internal, format!("{what}: not known to this version"))
}

#[pymethods]
impl Store {
    /// Writes what is still to be written and closes the file. Waits for calls that are going on
    /// in other threads; later ones raise `ClosedError`. A second `close` does nothing, nor does
    /// one in a fork.
    ///
    /// Raises an `Error` if what was last noted of uses could not be written; the store is closed
    /// all the same.
    fn close(&self, py: Python<'_>) -> Result<(), Stop> {
        self.finish(py)
    }

    /// Whether `close` was called.
    #[getter]
    fn closed(&self) -> bool {
        matches!(self.memory(|_| ()), Err(Stop::Closed))
    }

    /// Whether this process is a fork of the one that opened the store, which then refuses every
    /// call.
    #[getter]
    fn forked(&self) -> Result<bool, Stop> {
        self.is_forked()
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_raised))]
    fn __exit__(
        &self,
        py: Python<'_>,
        _raised: &Bound<'_, pyo3::types::PyTuple>,
    ) -> Result<(), Stop> {
        self.finish(py)
    }

    fn __repr__(&self) -> &'static str {
        match self.is_forked() {
            Ok(false) => "<keycask.Store, open>",
            Ok(true) => "<keycask.Store, of another process>",
            Err(_) => "<keycask.Store, closed>",
        }
    }
}

not_pickled!(Store, "a store is not pickled: open it in the process that is to use it");
