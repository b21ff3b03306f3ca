//! Create, open and close a store.

use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use engine::{Pepper, SealingKey};
use zeroize::Zeroize;

use crate::clock::Hands;
use crate::decisions;
use crate::failure::{Failure, Stop, argument};
use crate::findings::Patterns;
use crate::ptr::{self, Out};
use crate::sized::Sized;
use crate::status::Status;
use crate::time::{self, KEYCASK_NOW};
use crate::{fork, guard};

/// Bytes of a pepper and of a sealing key.
pub const KEYCASK_SECRET_LEN: usize = 32;
/// In flags of keycask_options: for reading alone, beside a process that writes. What that
/// process changes later is not seen until the store is opened again.
pub const KEYCASK_READ_ONLY: u32 = 1;

/// An open store.
pub struct Store {
    /// NULL once it was closed. A handle is never given back to the heap, so that a second
    /// close and a call after it are refused and not undefined.
    open: AtomicPtr<Open>,
    /// The handle that was made before. Nothing reads it; it tells leak checkers that handles
    /// are kept on purpose.
    before: AtomicPtr<Store>,
}

/// The handle that was made last.
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

    /// Refuses a child, where the engine answers without asking.
    pub(crate) fn at_home(&self) -> Result<(), Stop> {
        if !self.engine.is_forked() {
            return Ok(());
        }
        let why = "the store was opened before this process was forked; open it again here";
        Err(Stop::Because(Status::ErrForked, why))
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
        let closed = || Stop::Because(Status::ErrClosed, "the store was closed");
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
        // SAFETY: what is not NULL is a box that `give` made, and the swap gives it to one
        // caller only.
        (!open.is_null()).then(|| unsafe { Box::from_raw(open) })
    }
}

/// How a store is created or opened. All zero but for the size is the default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Options {
    /// sizeof(keycask_options).
    pub struct_size: u32,
    /// 0 or KEYCASK_READ_ONLY.
    pub flags: u32,
    /// A secret that your program keeps outside the file, and that the store was or will be
    /// created with: it keys the digests of tokens. NULL for none.
    pub pepper: *const u8,
    /// KEYCASK_SECRET_LEN, or 0 for none.
    pub pepper_len: usize,
    /// A secret under which tokens are sealed that can be revealed. NULL for none.
    pub sealing_key: *const u8,
    /// KEYCASK_SECRET_LEN, or 0 for none.
    pub sealing_key_len: usize,
    /// 0 or KEYCASK_NOW for the machine's clock. A time: the store's clock stands there until
    /// keycask_set_clock() moves it.
    pub clock_ms: i64,
    /// Size of the page cache in bytes; 0 for 32 MiB. Decisions do not read through it.
    pub cache_bytes: u64,
    /// How many ops keycask_changes() can go back at least; 0 for 100,000. A change of one key,
    /// owner or realm is an op.
    pub log_len: u64,
    /// What keycask_findings() is to look for; NULL for nothing. Takes 1 MiB, and at most some 14
    /// MiB more as keys are met.
    pub patterns: *const Patterns,
    /// Which decisions are kept for keycask_decisions(): 0 for none, KEYCASK_DENIALS for every
    /// denial; any other number for every denial and one grant of so many, drawn by chance.
    /// Takes 512 KiB.
    pub decisions: u32,
    /// 0.
    pub zero: u32,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then eight
// bytes each, but for 4 + 4 at the end, no padding.
unsafe impl Sized for Options {}

/// Copies a secret, if there is one.
///
/// # Safety
///
/// A `p` that is not NULL points to `len` readable bytes.
pub(crate) unsafe fn secret(p: *const u8, len: usize) -> Result<Option<[u8; 32]>, Stop> {
    if p.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the caller's promise is the same.
    let bytes = unsafe { ptr::bytes(p.cast(), len) }?;
    let wrong = || argument("a secret is not of KEYCASK_SECRET_LEN bytes");
    bytes.try_into().map(Some).map_err(|_| wrong())
}

/// # Safety
///
/// The promises of the header about the pointers in `options`.
unsafe fn build(options: &Options) -> Result<(engine::Options, Option<Hands>), Stop> {
    if options.flags & !KEYCASK_READ_ONLY != 0 {
        return Err(argument("flags: only KEYCASK_READ_ONLY is known"));
    }
    let mut built = engine::Store::options();
    // SAFETY: the caller's promise.
    let secrets = unsafe {
        [
            secret(options.pepper, options.pepper_len)?,
            secret(options.sealing_key, options.sealing_key_len)?,
        ]
    };
    let [mut pepper, mut sealing] = secrets;
    if let Some(bytes) = &mut pepper {
        built = built.pepper(Pepper::new(&*bytes));
        bytes.zeroize();
    }
    if let Some(bytes) = &mut sealing {
        built = built.sealing_key(SealingKey::new(&*bytes));
        bytes.zeroize();
    }
    let hands = match options.clock_ms {
        0 | KEYCASK_NOW => None,
        at => Some(Hands::at(time::instant(at)?)),
    };
    if let Some(hands) = &hands {
        built = built.clock(hands.clone());
    }
    if options.cache_bytes != 0 {
        let bytes = usize::try_from(options.cache_bytes);
        built = built.cache_bytes(bytes.map_err(|_| argument("cache_bytes: too large"))?);
    }
    if options.log_len != 0 {
        built = built.log_len(options.log_len);
    }
    ptr::zero(options.zero)?;
    // SAFETY: the caller's promise.
    if let Some(patterns) = unsafe { Patterns::read(options.patterns) }? {
        built = built.patterns(patterns);
    }
    built = built.decisions(decisions::chosen(options.decisions));
    let read_only = options.flags & KEYCASK_READ_ONLY != 0;
    Ok((built.read_only(read_only), hands))
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
            let path = ptr::bytes(path, path_len)?;
            if path.is_empty() || path.contains(&0) {
                return Err(argument("path: it is empty or holds a zero byte"));
            }
            let (options, hands) = build(&ptr::read(options)?)?;
            fork::watch()?;
            let store = how(options, Path::new(OsStr::from_bytes(path)))?;
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
/// there), PERMISSION, FULL, IO, RANDOM.
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
/// repaired first), FOREIGN, NEWER, PEPPER, CORRUPT, IO.
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
/// In a child of the process that opened the store it leaves the file alone and is OK.
///
/// Fails with CLOSED, and with FULL, IO, POISONED, INDETERMINATE if the usage could not be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_close(store: *mut Store) -> Status {
    if store.is_null() {
        return Status::Ok;
    }
    // SAFETY: the handle is the caller's, and no other call on it is going on.
    unsafe {
        guard::run_alone(null_mut(), || {
            let closed = || Stop::Because(Status::ErrClosed, "the store was closed before");
            let open = Store::take(store).ok_or_else(closed)?;
            if open.engine.is_forked() {
                // Its locks may be held by threads that are not in this process.
                std::mem::forget(open);
                return Ok(());
            }
            Ok(open.engine.close()?)
        })
    }
}
