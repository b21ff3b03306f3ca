//! The one door through which redb reaches a file.
//!
//! Opening a file is a write for redb: it repairs, and marks the file as being in use. A
//! file that turns out not to be ours, or not to be readable by us, must not be touched. So
//! the door can hold writes back: they are kept in memory, reads see them, and they reach
//! the file, in order, when [`Gate::release`] is called, or never. Locks are real at once.
//!
//! The door also knows whether a commit was ever about to become visible, which is what
//! tells a refused commit from one whose outcome is unknown.
//!
//! While writes are held, others may read [beside](Beside) redb what the file would hold.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::ops::{Bound, Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use redb::{BackendError, StorageBackend};

use super::held::Held;
use super::window::Window;
use crate::process::Listed;
use crate::progress::Tally;

type Range = (Bound<u64>, Bound<u64>);

/// Where redb 4.5.0's header keeps the bit that says which of its two commit slots counts.
const GOD_BYTE: usize = 9;
const PRIMARY_BIT: u8 = 1;

/// The bit beside it that says that a writer is there, or was and did not close the file.
const WRITER_BIT: u8 = 2;

/// Bytes at the beginning of the file that are read before it is known who may write to it.
const HEAD: u64 = 4096;

/// Bytes that may be read beside redb of a file however short it is: small tables are opened
/// several times.
const READ_MAX: u64 = 16 << 20;

/// redb's way to a `B`, as it sees it.
pub(super) struct Door<B>(Arc<Frame<B>>);

/// Another's way to a `B` of which redb checks the pages: it reads what redb reads.
pub(super) struct Beside<B>(Arc<Frame<B>>);

/// The store's hand on a [`Door`] that redb owns.
pub(super) trait Gate: Send + Sync {
    /// Lets the writes that were held back reach the file, and all later ones directly.
    ///
    /// If that fails, no write gets through ever after.
    fn release(&self) -> io::Result<()>;

    /// Tells of the bytes that redb reads while writes are held, those before too, until it is
    /// called again.
    fn count(&self, read: Option<Tally>);

    /// Waits until redb has the file to itself and reads its pages; false if it has
    /// [ended](Self::end) before.
    fn wait_until_begun(&self) -> bool;

    /// redb has opened the file, or could not.
    fn end(&self);

    /// How often a header was about to be written that makes another commit the visible one.
    /// While it is the same as before a commit, that commit did not take place, whatever
    /// failed: redb, which recovers by this bit alone when every commit has two phases,
    /// finds the commit before it.
    fn flips(&self) -> u64;

    /// The first failure of the file, in words.
    fn failure(&self) -> Option<&str>;
}

/// Where somebody has come who reads a file whose writes are held.
#[derive(Default)]
struct Read {
    bytes: u64,
    /// Who is told of them.
    tally: Option<Tally>,
    window: Window,
}

struct Frame<B> {
    /// Before the file, so that it is dropped before the file is closed.
    _listed: Option<Listed>,
    file: B,
    /// Whether writes go straight through. Once true, for good: set after the last write
    /// that was held has reached the file, so that a reader who sees it reads the file.
    open: AtomicBool,
    /// Locked for writing only to hold a step more and to be released.
    held: RwLock<Held>,
    /// What redb read while writes are held.
    read: Mutex<Read>,
    /// Whether redb came to read pages, once that is known.
    begun: OnceLock<bool>,
    /// What was read beside redb.
    beside: Mutex<Read>,
    /// Exclusive locks that were waited for, while writes are held.
    waited: Mutex<HashSet<Range>>,
    flips: AtomicU64,
    primary: AtomicU8,
    failure: OnceLock<String>,
}

impl<B: StorageBackend> Door<B> {
    /// A door to `file`. If `hold`, writes are held back at first.
    pub(super) fn new(file: B, listed: Option<Listed>, hold: bool) -> io::Result<Self> {
        let len = file.len()?;
        Ok(Self(Arc::new(Frame {
            _listed: listed,
            file,
            open: AtomicBool::new(!hold),
            held: RwLock::new(Held::new(len)),
            read: Mutex::default(),
            begun: OnceLock::new(),
            beside: Mutex::default(),
            waited: Mutex::new(HashSet::new()),
            flips: AtomicU64::new(0),
            primary: AtomicU8::new(u8::MAX),
            failure: OnceLock::new(),
        })))
    }

    /// The store's hand on it.
    pub(super) fn gate(&self) -> Arc<dyn Gate> {
        self.0.clone()
    }

    /// The same door once more, for when nothing came of the first.
    pub(super) fn again(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// A way beside it, for one who reads few pages more than once.
    pub(super) fn beside(&self) -> Beside<B> {
        Beside(Arc::clone(&self.0))
    }
}

impl Read {
    /// So many bytes more are read.
    fn add(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if let Some(tally) = &mut self.tally {
            tally.add(bytes as u64);
        }
    }
}

/// Every change under these locks is complete in itself, so one that a panic left is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B> Frame<B> {
    fn is_open(&self) -> bool {
        // Acquire pairs with the release in `Gate::release`.
        self.open.load(Ordering::Acquire)
    }

    fn held(&self) -> impl Deref<Target = Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn holding(&self) -> impl DerefMut<Target = Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
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
        let released = self.holding().release(&self.file);
        self.note(released)?;
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    fn count(&self, read: Option<Tally>) {
        let mut reading = lock(&self.read);
        let before = std::mem::replace(&mut reading.tally, read);
        let bytes = reading.bytes;
        if let Some(tally) = &mut reading.tally {
            tally.add(bytes);
        }
        drop(reading);
        if let Some(before) = before {
            before.end();
        }
    }

    fn wait_until_begun(&self) -> bool {
        *self.begun.wait()
    }

    fn end(&self) {
        self.begun.get_or_init(|| false);
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
        if frame.is_open() { frame.note(frame.file.len()) } else { Ok(frame.held().len()) }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let frame = &self.0;
        frame.note(if frame.is_open() {
            frame.file.read(offset, out)
        } else {
            if offset >= HEAD {
                frame.begun.get_or_init(|| true);
            }
            let mut read = lock(&frame.read);
            read.add(out.len());
            frame.held().read(&frame.file, &mut read.window, offset, out)
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let frame = &self.0;
        frame.note(if frame.is_open() {
            frame.file.set_len(len)
        } else {
            frame.holding().set_len(len)
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        let frame = &self.0;
        frame.note(if frame.is_open() { frame.file.sync_data() } else { frame.holding().sync() })
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
            frame.holding().write(offset, data)
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
            self.0.holding().lock(start, end);
        }
        Ok(())
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.unlock_range(start, end)?;
        if !self.0.is_open() && lock(&self.0.waited).remove(&(start, end)) {
            self.0.holding().unlock(start, end);
        }
        Ok(())
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.query_lock_range(start, end)
    }
}

impl<B> fmt::Debug for Beside<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beside")
    }
}

/// redb has the locks, and is no writer yet that a reader has to know of: so all locks are there
/// for the asking, and nobody holds one.
impl<B: StorageBackend> StorageBackend for Beside<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.held().len())
    }

    /// A page that names itself as one below it would be read for ever, and redb's check, which
    /// finds it, may come too late.
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (mut read, held) = (lock(&self.0.beside), self.0.held());
        read.add(out.len());
        if read.bytes > held.len().saturating_mul(2).max(READ_MAX) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its pages go round in circles",
            ));
        }
        held.read(&self.0.file, &mut read.window, offset, out)?;
        if let (0, Some(god_byte)) = (offset, out.get_mut(GOD_BYTE)) {
            *god_byte &= !WRITER_BIT;
        }
        Ok(())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn close(&self) -> io::Result<()> {
        Ok(())
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn try_lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::super::held::tests::Told;
    use super::*;
    use crate::progress::{Report, Step};

    fn door() -> Door<InMemoryBackend> {
        let file = InMemoryBackend::new();
        file.set_len(8192).unwrap();
        file.write(0, &[0xFF; 8192]).unwrap();
        Door::new(file, None, true).unwrap()
    }

    #[test]
    fn who_reads_beside_redb_reads_what_redb_reads_and_writes_nothing() {
        let (door, mut head) = (door(), [0; 16]);
        let beside = door.beside();
        door.write(4096, &[7; 4096]).unwrap();
        let mut page = [0; 4096];
        beside.read(4096, &mut page).unwrap();
        assert_eq!(page, [7; 4096]);
        beside.read(0, &mut head).unwrap();
        assert_eq!(head[GOD_BYTE], !WRITER_BIT, "it is told of a writer");
        assert!(beside.write(0, &head).is_err());
        assert!(beside.set_len(0).is_err());
        assert!(beside.sync_data().is_err());
        assert!(beside.try_lock_range(Bound::Unbounded, Bound::Unbounded).unwrap());
        beside.close().unwrap();
        door.read(4096, &mut page).unwrap();
    }

    /// What else a commit writes there says nothing of which of the last two counts.
    #[test]
    fn a_header_is_a_flip_where_it_names_the_other_commit_and_no_other_time() {
        let door = door();
        let written = |god_byte: u8| {
            let mut head = [0; 16];
            head[GOD_BYTE] = god_byte;
            door.write(0, &head).unwrap();
            door.gate().flips()
        };
        let first = written(PRIMARY_BIT);
        let flips = [0b11, 0b111, 0b110, 0b100, 0, 1, 0b101].map(written);
        assert_eq!(flips, [0, 0, 1, 1, 1, 2, 2].map(|more| first + more));
        door.write(4096, &[0; 16]).unwrap();
        assert_eq!(door.gate().flips(), first + 2);
    }

    /// A page that a damaged file had in the place of its child led back to itself, and a reader
    /// of pages that nobody had checked went that way for ever.
    #[test]
    fn who_reads_beside_redb_does_not_go_round_in_circles() {
        let (beside, mut page) = (door().beside(), [0; 4096]);
        for _ in 0..READ_MAX / 4096 {
            beside.read(4096, &mut page).unwrap();
        }
        for _ in 0..2 {
            let error = beside.read(4096, &mut page).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    /// What was only tried is the file's, held back or not.
    #[test]
    fn a_lock_that_was_waited_for_is_on_what_was_written_under_it_and_no_other_is() {
        let file = Told::default();
        let door = Door::new(file.clone(), None, true).unwrap();
        let [waited, tried] = [1, 2].map(|start| (Bound::Included(start), Bound::Excluded(3)));
        assert!(!door.try_lock_range(tried.0, tried.1).unwrap());
        assert!(!door.try_lock_shared_range(tried.0, tried.1).unwrap());
        let [lock, unlock] =
            ["lock", "unlock"].map(|what| format!("{what} Included(1) Excluded(3)"));
        let mut heard = vec![lock.clone(), "unlock Included(2) Excluded(3)".into(), unlock.clone()];
        door.lock_range(waited.0, waited.1).unwrap();
        door.write(1, &[4]).unwrap();
        door.unlock_range(tried.0, tried.1).unwrap();
        door.unlock_range(waited.0, waited.1).unwrap();
        assert_eq!(file.heard(), heard);
        door.gate().release().unwrap();
        heard.extend([lock, "write 1 [4]".into(), unlock]);
        assert_eq!(file.heard(), heard);
    }

    #[test]
    fn who_counts_what_redb_reads_is_told_of_what_was_read_before_and_of_its_end() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&told);
        let report = Report::new(move |progress| lock(&to).push((progress.done, progress.total)));
        let (door, mut page) = (door(), [0; 4096]);
        door.read(0, &mut page).unwrap();
        door.gate().count(Some(Tally::new(Some(&report), Step::Read, 8192)));
        door.read(4096, &mut page).unwrap();
        door.gate().count(None);
        door.read(0, &mut page).unwrap();
        assert_eq!(*lock(&told), [(0, 8192), (8192, 8192)]);
    }

    #[test]
    fn who_waits_for_redb_hears_whether_it_reads_or_has_ended() {
        let reading = door();
        reading.read(0, &mut [0; 320]).unwrap();
        assert!(reading.0.begun.get().is_none(), "who may write is not known yet");
        reading.read(4096, &mut [0; 4096]).unwrap();
        reading.gate().end();
        assert!(reading.gate().wait_until_begun());
        let ended = door();
        ended.gate().end();
        assert!(!ended.gate().wait_until_begun());
    }
}
