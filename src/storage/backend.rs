//! The one door through which redb reaches a file.
//!
//! Opening a file is a write for redb: it repairs, and marks the file as being in use. A
//! file that turns out not to be ours, or not to be readable by us, must not be touched. So
//! the door can hold writes back: they are kept in memory, reads see them, and they reach
//! the file, in order, when [`Gate::release`] is called, or never. Locks are real at once.
//!
//! The door also knows whether a commit was ever about to become visible, which is what
//! tells a refused commit from one whose outcome is unknown.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use redb::{BackendError, StorageBackend};

use super::held::Held;
use crate::process::Listed;
use crate::progress::Tally;

type Range = (Bound<u64>, Bound<u64>);

/// Where redb 4.5.0's header keeps the bit that says which of its two commit slots counts.
const GOD_BYTE: usize = 9;
const PRIMARY_BIT: u8 = 1;

/// redb's way to a `B`, as it sees it.
pub(super) struct Door<B>(Arc<Frame<B>>);

/// The store's hand on a [`Door`] that redb owns.
pub(super) trait Gate: Send + Sync {
    /// Lets the writes that were held back reach the file, and all later ones directly.
    ///
    /// If that fails, no write gets through ever after.
    fn release(&self) -> io::Result<()>;

    /// Counts the bytes that are read while writes are held, until it is called again.
    fn count(&self, read: Option<Tally>);

    /// How often a header was about to be written that makes another commit the visible one.
    /// While it is the same as before a commit, that commit did not take place, whatever
    /// failed: redb, which recovers by this bit alone when every commit has two phases,
    /// finds the commit before it.
    fn flips(&self) -> u64;

    /// The first failure of the file, in words.
    fn failure(&self) -> Option<&str>;
}

struct Frame<B> {
    /// Before the file, so that it is dropped before the file is closed.
    _listed: Option<Listed>,
    file: B,
    /// Whether writes go straight through. Once true, for good: set after the last write
    /// that was held has reached the file, so that a reader who sees it reads the file.
    open: AtomicBool,
    held: Mutex<Held>,
    /// Exclusive locks that were waited for, while writes are held.
    waited: Mutex<HashSet<Range>>,
    flips: AtomicU64,
    primary: AtomicU8,
    failure: OnceLock<String>,
}

impl<B: StorageBackend> Door<B> {
    /// A door to `file` and the store's hand on it. If `hold`, writes are held back at first.
    pub(super) fn new(
        file: B,
        listed: Option<Listed>,
        hold: bool,
    ) -> io::Result<(Self, Arc<dyn Gate>)> {
        let len = file.len()?;
        let frame = Arc::new(Frame {
            _listed: listed,
            file,
            open: AtomicBool::new(!hold),
            held: Mutex::new(Held::new(len)),
            waited: Mutex::new(HashSet::new()),
            flips: AtomicU64::new(0),
            primary: AtomicU8::new(u8::MAX),
            failure: OnceLock::new(),
        });
        Ok((Self(frame.clone()), frame))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B> Frame<B> {
    fn is_open(&self) -> bool {
        // Acquire pairs with the release in `Gate::release`.
        self.open.load(Ordering::Acquire)
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.failure.get_or_init(|| error.to_string());
        }
        result
    }
}

impl<B: StorageBackend> Gate for Frame<B> {
    fn release(&self) -> io::Result<()> {
        let released = lock(&self.held).release(&self.file);
        self.note(released)?;
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    fn count(&self, read: Option<Tally>) {
        lock(&self.held).count(read);
    }

    fn flips(&self) -> u64 {
        // Relaxed: read and written by the one thread that commits.
        self.flips.load(Ordering::Relaxed)
    }

    fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }
}

impl<B> fmt::Debug for Door<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl<B: StorageBackend> StorageBackend for Door<B> {
    fn len(&self) -> io::Result<u64> {
        let frame = &self.0;
        if frame.is_open() { frame.note(frame.file.len()) } else { Ok(lock(&frame.held).len()) }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let frame = &self.0;
        frame.note(if frame.is_open() {
            frame.file.read(offset, out)
        } else {
            let mut held = lock(&frame.held);
            held.note(out.len());
            held.read(&frame.file, offset, out)
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let frame = &self.0;
        frame.note(if frame.is_open() {
            frame.file.set_len(len)
        } else {
            lock(&frame.held).set_len(len)
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        let frame = &self.0;
        frame.note(if frame.is_open() { frame.file.sync_data() } else { lock(&frame.held).sync() })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let frame = &self.0;
        if let (0, Some(god_byte)) = (offset, data.get(GOD_BYTE)) {
            let primary = god_byte & PRIMARY_BIT;
            if frame.primary.swap(primary, Ordering::Relaxed) != primary {
                frame.flips.fetch_add(1, Ordering::Relaxed);
            }
        }
        frame.note(if frame.is_open() {
            frame.file.write(offset, data)
        } else {
            lock(&frame.held).write(offset, data)
        })
    }

    fn close(&self) -> io::Result<()> {
        self.0.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_range(start, end)?;
        if !self.0.is_open() {
            lock(&self.0.waited).insert((start, end));
            lock(&self.0.held).lock(start, end);
        }
        Ok(())
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.unlock_range(start, end)?;
        if !self.0.is_open() && lock(&self.0.waited).remove(&(start, end)) {
            lock(&self.0.held).unlock(start, end);
        }
        Ok(())
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.query_lock_range(start, end)
    }
}
