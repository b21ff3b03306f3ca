//! Create, open and close a store.

use std::ffi::c_char;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::clock::Hands;
use crate::failure::{Failure, Stop, argument};
use crate::options::Options;
use crate::ptr::{self, Out};
use crate::status::Status;
use crate::{fork, guard};

/// An open store.
pub struct Store {
    /// NULL once it was closed. A handle is never given back to the heap, so that a second
    /// close and a call after it are refused and not undefined.
    open: AtomicPtr<Open>,
    /// The handle that was made before. Nothing reads it; it tells leak checkers that handles
    /// are kept on purpose.
    before: AtomicPtr<Store>,
}

/// The handle that was made last. Written alone, and by atomics: no call goes by it.
static LAST: AtomicPtr<Store> = AtomicPtr::new(null_mut());

/// What an open handle stands for.
pub(crate) struct Open {
    pub(crate) engine: engine::Store,
    /// The clock, if the caller moves it.
    pub(crate) hands: Option<Hands>,
    /// Relaxed: what a panic left is not looked at by those who see it, nor by those who miss
    /// it and panic too.
    panicked: AtomicBool,
}

impl Open {
    pub(crate) fn new(engine: engine::Store, hands: Option<Hands>) -> Self {
        Self { engine, hands, panicked: AtomicBool::new(false) }
    }

    #[inline]
    pub(crate) fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Relaxed)
    }

    /// Refuses a child of the process that opened the store.
    #[inline]
    pub(crate) fn at_home(&self) -> Result<(), Stop> {
        if !self.engine.is_forked() {
            return Ok(());
        }
        let why = "the store was opened before this process was forked; open it again here";
        Err(Stop::because(Status::ErrForked, why))
    }

    pub(crate) fn panic(&self) {
        self.panicked.store(true, Ordering::Relaxed);
    }
}

impl Store {
    /// A handle for `open`.
    pub(crate) fn give(open: Open) -> *mut Self {
        let open = AtomicPtr::new(Box::into_raw(Box::new(open)));
        let store = Box::leak(Box::new(Self { open, before: AtomicPtr::new(null_mut()) }));
        let before = LAST.swap(store, Ordering::Relaxed);
        store.before.store(before, Ordering::Relaxed);
        store
    }

    /// The open store behind a handle.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for NULL, `KEYCASK_ERR_CLOSED` for a handle that was closed.
    ///
    /// # Safety
    ///
    /// `store` is NULL or a handle that this library gave, and no other thread closes it while
    /// the result is in use.
    #[inline]
    pub(crate) unsafe fn open<'a>(store: *const Self) -> Result<&'a Open, Stop> {
        // SAFETY: a handle of ours stays where it is for ever, by the caller's promise it is
        // one.
        let store = unsafe { store.as_ref() }.ok_or_else(|| argument("the store is NULL"))?;
        // Acquire pairs with the release in `take`.
        let open = store.open.load(Ordering::Acquire);
        let closed = || Stop::because(Status::ErrClosed, "the store was closed");
        // SAFETY: what is not NULL is a box that `give` made and `take` has not given out,
        // and nobody takes it while the result is in use, by the caller's promise.
        unsafe { open.as_ref() }.ok_or_else(closed)
    }

    /// Takes the open store out of a handle, once.
    ///
    /// # Safety
    ///
    /// `store` is NULL or a handle that this library gave, and no call on it is going on but
    /// other takes.
    unsafe fn take(store: *const Self) -> Option<Box<Open>> {
        // SAFETY: as in `open`.
        let store = unsafe { store.as_ref() }?;
        let open = store.open.swap(null_mut(), Ordering::AcqRel);
        #[cfg(planted)]
        if crate::planted::is("freed") {
            store.open.store(open, Ordering::Release);
        }
        // SAFETY: what is not NULL is a box that `give` made, and the swap gives it to one
        // caller only.
        (!open.is_null()).then(|| unsafe { Box::from_raw(open) })
    }
}

/// # Safety
///
/// The promises of the header about each pointer.
unsafe fn enter(
    path: *const c_char,
    path_len: usize,
    options: *const Options,
    out: *mut *mut Store,
    error: *mut Failure,
    how: impl FnOnce(engine::Options, &Path) -> engine::Result<engine::Store>,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run_alone(error, || {
            let out = Out::new(out)?;
            let path = ptr::path(path, path_len)?;
            let (options, hands) = Options::read(options)?;
            fork::watch()?;
            let store = how(options, path)?;
            out.put(Store::give(Open::new(store, hands)));
            Ok(())
        })
    }
}

/// Makes a new store in a file at `path` that must not exist yet, and opens it. The file is
/// readable and writable by its owner alone, and appears complete or not at all.
///
/// Writes the handle to `*out`. It is the caller's until keycask_close().
///
/// Fails with ARGUMENT, CONFLICT (something is at `path`), NOT_FOUND (its directory is not
/// there), PERMISSION, FULL, IO, RANDOM, INTERNAL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_create(
    path: *const c_char,
    path_len: usize,
    options: *const Options,
    out: *mut *mut Store,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `enter`.
    unsafe { enter(path, path_len, options, out, error, |options, path| options.create(path)) }
}

/// Opens the store in the file at `path`. Every row is read and checked.
///
/// Writes the handle to `*out`. It is the caller's until keycask_close().
///
/// Fails with ARGUMENT, NOT_FOUND, PERMISSION (the file is a link, not a regular file,
/// somebody else's, or writable by others), LOCKED, READ_ONLY (it is a backup, or must be
/// repaired first), FOREIGN, NEWER, PEPPER (also a secret of another system that keys need),
/// ROLLED_BACK, CORRUPT, IO, INTERNAL.
/// Whichever it is, the file was not written to.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_open(
    path: *const c_char,
    path_len: usize,
    options: *const Options,
    out: *mut *mut Store,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `enter`.
    unsafe { enter(path, path_len, options, out, error, |options, path| options.open(path)) }
}

/// Writes what usage was noted, closes the file in order and ends the handle, whatever it
/// returns. NULL is OK. No other call on the handle may be going on; one that begins later is
/// refused with CLOSED, as is a second close.
///
/// In a child of the process that opened the store it leaves the file alone and is OK. After a
/// PANIC it writes no usage and no change, and is OK.
///
/// Fails with CLOSED, and with FULL, IO, POISONED, INDETERMINATE if the usage could not be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_close(store: *mut Store) -> Status {
    // SAFETY: the handle is the caller's, and no other call on it is going on.
    unsafe {
        guard::run_alone(null_mut(), || {
            if store.is_null() {
                return Ok(());
            }
            let closed = || Stop::because(Status::ErrClosed, "the store was closed before");
            let taken = Store::take(store);
            #[cfg(planted)]
            if taken.is_none() && crate::planted::is("closes") {
                return Ok(());
            }
            let open = taken.ok_or_else(closed)?;
            if open.engine.is_forked() {
                // Its locks may be held by threads that are not in this process.
                std::mem::forget(open);
                return Ok(());
            }
            if open.has_panicked() {
                open.engine.abandon();
                return Ok(());
            }
            Ok(open.engine.close()?)
        })
    }
}
