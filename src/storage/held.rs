//! Writes to a file that are held back, and how the file reads as if they were not.

use std::io;
use std::ops::Bound;

use redb::{BackendError, StorageBackend};

use super::window::Window;

enum Step {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
    /// An exclusive lock that was waited for: redb writes its header under one, so that no
    /// reader in another process sees half of it.
    Lock(Bound<u64>, Bound<u64>),
    Unlock(Bound<u64>, Bound<u64>),
}

/// What a file was told since it was opened and does not know yet. An opening repairs, so
/// there are few steps, and most are the header.
pub(super) struct Held {
    /// Length of the file, which does not change while it is told nothing.
    file_len: u64,
    len: u64,
    steps: Vec<Step>,
    shut: bool,
}

impl Held {
    /// Nothing is held yet; the file has `len` bytes.
    pub(super) fn new(len: u64) -> Self {
        Self { file_len: len, len, steps: Vec::new(), shut: false }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.len = self.len.max(offset.saturating_add(data.len() as u64));
        self.steps.push(Step::Write(offset, data.to_vec()));
        Ok(())
    }

    pub(super) fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.check()?;
        self.len = len;
        self.steps.push(Step::SetLen(len));
        Ok(())
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.check()?;
        self.steps.push(Step::Sync);
        Ok(())
    }

    pub(super) fn lock(&mut self, start: Bound<u64>, end: Bound<u64>) {
        self.steps.push(Step::Lock(start, end));
    }

    pub(super) fn unlock(&mut self, start: Bound<u64>, end: Bound<u64>) {
        self.steps.push(Step::Unlock(start, end));
    }

    fn check(&self) -> io::Result<()> {
        if self.shut {
            return Err(io::Error::other("the file could not be written when it was opened"));
        }
        Ok(())
    }

    /// Reads what `file` would hold at `offset` if it had been told, through `window`.
    pub(super) fn read(
        &self,
        file: &impl StorageBackend,
        window: &mut Window,
        offset: u64,
        out: &mut [u8],
    ) -> io::Result<()> {
        let end = offset.checked_add(out.len() as u64).filter(|end| *end <= self.len);
        if end.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let beyond = index(self.file_len.saturating_sub(offset)).min(out.len());
        if let Some(there) = out.get_mut(..beyond).filter(|there| !there.is_empty()) {
            window.read(file, self.file_len, offset, there)?;
        }
        out.get_mut(beyond..).unwrap_or_default().fill(0);
        for step in &self.steps {
            match step {
                Step::Write(at, data) => overlay(offset, out, *at, data),
                Step::SetLen(len) => {
                    let kept = index(len.saturating_sub(offset));
                    out.get_mut(kept..).unwrap_or_default().fill(0);
                }
                Step::Sync | Step::Lock(..) | Step::Unlock(..) => {}
            }
        }
        Ok(())
    }

    /// Tells `file` everything, in order. After a failure nothing more can be held.
    pub(super) fn release(&mut self, file: &impl StorageBackend) -> io::Result<()> {
        self.shut = true;
        for step in self.steps.drain(..) {
            match step {
                Step::Write(offset, data) => file.write(offset, &data)?,
                Step::SetLen(len) => file.set_len(len)?,
                Step::Sync => file.sync_data()?,
                Step::Lock(start, end) => file.lock_range(start, end).map_err(into_io)?,
                Step::Unlock(start, end) => file.unlock_range(start, end).map_err(into_io)?,
            }
        }
        Ok(())
    }
}

fn into_io(error: BackendError) -> io::Error {
    error.into()
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Copies the part of `data`, which stands at `at`, that lies in `out`, which stands at
/// `offset`.
fn overlay(offset: u64, out: &mut [u8], at: u64, data: &[u8]) {
    let out = out.get_mut(index(at.saturating_sub(offset))..).unwrap_or_default();
    let data = data.get(index(offset.saturating_sub(at))..).unwrap_or_default();
    for (to, from) in out.iter_mut().zip(data) {
        *to = *from;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;
    use redb::backends::InMemoryBackend;

    use super::*;

    #[derive(Clone, Debug)]
    enum Do {
        Write(u64, Vec<u8>),
        SetLen(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Do>> {
        let write = (0..60u64, proptest::collection::vec(any::<u8>(), 1..20));
        let step = prop_oneof![
            3 => write.prop_map(|(at, data)| Do::Write(at, data)),
            1 => (0..80u64).prop_map(Do::SetLen),
        ];
        proptest::collection::vec(step, 0..12)
    }

    /// What a file of 40 bytes holds after `steps`. Writes past the end are left out, as redb
    /// makes none.
    fn model(steps: &[Do]) -> (Vec<u8>, Vec<Do>) {
        let mut bytes: Vec<u8> = (0..40).collect();
        let mut done = Vec::new();
        for step in steps {
            match step {
                Do::Write(at, data) => {
                    let at = *at as usize;
                    let Some(place) = bytes.get_mut(at..at + data.len()) else { continue };
                    place.copy_from_slice(data);
                }
                Do::SetLen(len) => bytes.resize(*len as usize, 0),
            }
            done.push(step.clone());
        }
        (bytes, done)
    }

    fn contents(file: &impl StorageBackend) -> Vec<u8> {
        let mut out = vec![0; file.len().unwrap() as usize];
        file.read(0, &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn a_file_reads_as_if_it_had_been_told_and_then_is(
            steps in steps(),
            window in (0..80usize, 0..40usize),
        ) {
            let file = InMemoryBackend::new();
            file.set_len(40).unwrap();
            file.write(0, &(0..40).collect::<Vec<u8>>()).unwrap();
            let before = contents(&file);
            let (want, done) = model(&steps);
            let mut held = Held::new(40);
            for step in &done {
                match step {
                    Do::Write(at, data) => held.write(*at, data).unwrap(),
                    Do::SetLen(len) => held.set_len(*len).unwrap(),
                }
            }
            prop_assert_eq!(held.len(), want.len() as u64);
            let (start, len) = window;
            let mut out = vec![0xEE; len];
            let read = held.read(&file, &mut Window::default(), start as u64, &mut out);
            match want.get(start..start + len) {
                Some(want) => {
                    read.unwrap();
                    prop_assert_eq!(out.as_slice(), want);
                }
                None => prop_assert!(read.is_err()),
            }
            prop_assert_eq!(contents(&file), before, "the file was touched");
            held.release(&file).unwrap();
            prop_assert_eq!(contents(&file), want);
        }
    }

    /// A file that keeps what it was told, and of which another has locks.
    #[derive(Clone, Debug, Default)]
    pub(in crate::storage) struct Told(Arc<Mutex<Vec<String>>>);

    impl Told {
        pub(in crate::storage) fn heard(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }

        fn hear(&self, told: String) {
            self.0.lock().unwrap().push(told);
        }
    }

    impl StorageBackend for Told {
        fn len(&self) -> io::Result<u64> {
            Ok(0)
        }

        fn read(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
            Ok(())
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.hear(format!("len {len}"));
            Ok(())
        }

        fn sync_data(&self) -> io::Result<()> {
            self.hear("sync".to_owned());
            Ok(())
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.hear(format!("write {offset} {data:?}"));
            Ok(())
        }

        fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
            Ok(false)
        }

        fn try_lock_shared_range(
            &self,
            _: Bound<u64>,
            _: Bound<u64>,
        ) -> Result<bool, BackendError> {
            Ok(false)
        }

        fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
            self.hear(format!("lock {start:?} {end:?}"));
            Ok(())
        }

        fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
            self.hear(format!("unlock {start:?} {end:?}"));
            Ok(())
        }
    }

    /// What is written under a lock is written under that lock when it is released.
    #[test]
    fn a_file_is_told_of_locks_where_they_were_among_the_writes() {
        let (file, mut held) = (Told::default(), Held::new(0));
        let (start, end) = (Bound::Included(1), Bound::Excluded(2));
        held.set_len(9).unwrap();
        held.lock(start, end);
        held.write(3, &[4]).unwrap();
        held.sync().unwrap();
        held.unlock(start, end);
        held.release(&file).unwrap();
        let (lock, unlock) = ("lock Included(1) Excluded(2)", "unlock Included(1) Excluded(2)");
        assert_eq!(file.heard(), ["len 9", lock, "write 3 [4]", "sync", unlock]);
    }

    #[test]
    fn nothing_is_held_after_a_release() {
        let file = InMemoryBackend::new();
        let mut held = Held::new(0);
        held.release(&file).unwrap();
        assert!(held.write(0, &[1]).is_err());
        assert!(held.sync().is_err());
    }
}
