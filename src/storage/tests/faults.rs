use std::io;
use std::ops::Bound;
use std::sync::Mutex;

use redb::BackendError;
use rustix::io::Errno;

use super::*;

/// A file of which one operation fails, and all after it if it fails for ever.
#[derive(Debug)]
struct Faulty {
    file: FileBackend,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    /// How many more operations succeed.
    left: Mutex<u64>,
    errno: Errno,
    for_ever: bool,
    /// Whether reads fail too.
    reads: bool,
}

impl Plan {
    fn new(left: u64, errno: Errno, for_ever: bool, reads: bool) -> Arc<Self> {
        Arc::new(Self { left: Mutex::new(left), errno, for_ever, reads })
    }

    fn never() -> Arc<Self> {
        Self::new(u64::MAX, Errno::IO, false, true)
    }

    fn next(&self) -> io::Result<()> {
        let mut left = self.left.lock().unwrap();
        match *left {
            0 => {
                *left = if self.for_ever { 0 } else { u64::MAX };
                Err(self.errno.into())
            }
            n => {
                *left = n - 1;
                Ok(())
            }
        }
    }

    /// How many operations there were, if none was to fail.
    fn seen(&self) -> u64 {
        u64::MAX - *self.left.lock().unwrap()
    }
}

impl StorageBackend for Faulty {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.plan.reads {
            self.plan.next()?;
        }
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.plan.next()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.plan.next()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if let Err(error) = self.plan.next() {
            // Half of it got there.
            self.file.write(offset, &data[..data.len() / 2])?;
            return Err(error);
        }
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

fn attach(path: &Path, plan: &Arc<Plan>) -> Result<Storage> {
    let file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let backend = Faulty { file: FileBackend::new(file).unwrap(), plan: plan.clone() };
    // A small cache, so that pages are written before the commit too.
    let options = StorageOptions { cache_bytes: 32 << 10, ..options() };
    Storage::attach(backend, None, &options, "open it", &mut |_| Ok(()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Not,
    Unknown,
}

const COMMITS: u64 = 3;
const KEYS: u64 = 2;

/// The first of the keys of a commit.
fn first_key(commit: u64) -> u64 {
    1_000 * (commit + 1)
}

/// Tries the commits; gives how each ended, and the kinds of what went wrong.
fn run(storage: &Storage, kinds: &mut Vec<ErrorKind>) -> Vec<Outcome> {
    let attempt = |commit: u64| -> Result<(), CommitError> {
        let mut batch = storage.batch()?;
        for id in first_key(commit)..first_key(commit) + KEYS {
            batch.apply(&[Op::Key(key(id, 1))])?;
        }
        // So much that the file grows.
        batch.seal(KeyId::from_bits(first_key(commit)), Some(&[7; 500_000]))?;
        batch.commit(Duration::from_secs(4 * commit)).map(|_| ())
    };
    (0..COMMITS)
        .map(|commit| {
            let (outcome, error) = match attempt(commit) {
                Ok(()) => return Outcome::Done,
                Err(CommitError::Refused(error)) => (Outcome::Not, error),
                Err(CommitError::Indeterminate(error)) => (Outcome::Unknown, error),
            };
            kinds.push(error.kind());
            outcome
        })
        .collect()
}

/// Lets operation after operation fail, each time on a fresh copy of one store, and compares
/// what was reported with what reopening finds. Gives how often each outcome was reported.
fn try_all(errno: Errno, for_ever: bool, reads: bool, kinds: &mut Vec<ErrorKind>) -> [u32; 3] {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    let copy = home.path.with_extension("copy");
    let fresh = || std::fs::copy(&home.path, &copy).unwrap();
    fresh();
    let plan = Plan::new(u64::MAX, errno, for_ever, reads);
    let storage = attach(&copy, &plan).unwrap();
    assert_eq!(run(&storage, kinds), [Outcome::Done; COMMITS as usize]);
    storage.close().unwrap();
    let mut reported = [0; 3];
    for left in 0..plan.seen() {
        fresh();
        let plan = Plan::new(left, errno, for_ever, reads);
        let outcomes = match attach(&copy, &plan) {
            Ok(storage) => {
                let outcomes = run(&storage, kinds);
                let failed = outcomes.iter().any(|o| *o != Outcome::Done);
                // A close that fails loses nothing.
                let _ = storage.close();
                assert!(failed || outcomes.len() == COMMITS as usize);
                outcomes
            }
            Err(error) => {
                kinds.push(error.kind());
                vec![Outcome::Not; COMMITS as usize]
            }
        };
        let storage = open_at(&copy).unwrap();
        let view = storage.view().unwrap();
        let keys = view.check().unwrap().keys;
        let mut there = 3;
        for (commit, outcome) in outcomes.iter().enumerate() {
            let first = KeyId::from_bits(first_key(commit as u64));
            let found = view.key(first).unwrap().is_some();
            there += if found { KEYS } else { 0 };
            match outcome {
                Outcome::Done => assert!(found, "operation {left}: commit {commit} is lost"),
                Outcome::Not => assert!(!found, "operation {left}: commit {commit} is there"),
                Outcome::Unknown => {}
            }
            reported[*outcome as usize] += 1;
        }
        assert_eq!(keys, there, "operation {left}: a commit is there in part");
    }
    reported
}

#[test]
fn what_was_reported_is_what_reopening_finds_when_the_disk_is_full() {
    for for_ever in [false, true] {
        let mut kinds = Vec::new();
        let [_, not, unknown] = try_all(Errno::NOSPC, for_ever, false, &mut kinds);
        assert!(not > 0 && unknown > 0, "{not} refused, {unknown} unknown");
        assert!(kinds.contains(&ErrorKind::Full) && kinds.contains(&ErrorKind::Indeterminate));
        let known = [ErrorKind::Full, ErrorKind::Indeterminate, ErrorKind::Poisoned];
        assert!(kinds.iter().all(|kind| known.contains(kind)), "{kinds:?}");
    }
}

#[test]
fn what_was_reported_is_what_reopening_finds_when_the_disk_fails() {
    let mut kinds = Vec::new();
    let [_, not, unknown] = try_all(Errno::IO, true, true, &mut kinds);
    assert!(not > 0 && unknown > 0, "{not} refused, {unknown} unknown");
    let known = [ErrorKind::Io, ErrorKind::Indeterminate, ErrorKind::Poisoned];
    assert!(kinds.iter().all(|kind| known.contains(kind)), "{kinds:?}");
}

#[test]
fn after_a_failed_commit_nothing_is_written_until_reopening_and_the_cause_is_said() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    let plan = Plan::new(u64::MAX, Errno::IO, true, false);
    let storage = attach(&home.path, &plan).unwrap();
    *plan.left.lock().unwrap() = 0;
    let mut batch = storage.batch().unwrap();
    let written = batch.apply(&[Op::Key(key(40, 1))]).map_err(CommitError::from);
    let error = written.and_then(|()| batch.commit(START)).unwrap_err();
    assert!(matches!(error, CommitError::Refused(_)), "{error:?}");
    assert!(storage.is_poisoned());
    let error = storage.batch().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Poisoned);
    assert!(error.to_string().contains("Input/output error"), "{error}");
    drop(storage);
    assert_eq!(open(&home).unwrap().view().unwrap().check().unwrap().keys, 3);
}

#[test]
fn a_file_that_cannot_be_formatted_is_not_taken_for_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new");
    let format = |plan: &Arc<Plan>| {
        let mut file = std::fs::File::options();
        let file = file.read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        let backend = Faulty { file: FileBackend::new(file).unwrap(), plan: plan.clone() };
        Storage::format(backend, &options(), &Random::system(), "create it")
    };
    let plan = Plan::never();
    format(&plan).unwrap();
    for left in 0..plan.seen() {
        let error = format(&Plan::new(left, Errno::NOSPC, true, false)).err();
        if let Some(error) = error {
            assert!([ErrorKind::Full, ErrorKind::Poisoned].contains(&error.kind()), "{error:?}");
        }
    }
}

/// A file system of a few hundred KiB, unmounted when this is dropped.
struct Tiny(tempfile::TempDir);

impl Tiny {
    fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", size, "none"]).arg(directory.path());
        let done = mount.stderr(std::process::Stdio::null()).status();
        done.is_ok_and(|status| status.success()).then(|| Self(directory))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_file_system_refuses_a_store_and_keeps_one() {
    let Some(tiny) = Tiny::mount("size=8k") else {
        eprintln!("no small file system can be mounted here: this was not tested");
        return;
    };
    let path = tiny.0.path().join("keys.kc");
    let error = Storage::create(&path, &options(), &Random::system()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert_eq!(std::fs::read_dir(tiny.0.path()).unwrap().count(), 0);

    let tiny = Tiny::mount("size=512k").unwrap();
    let path = tiny.0.path().join("keys.kc");
    let storage = Storage::create(&path, &options(), &Random::system()).unwrap();
    fill(&storage);
    let mut done = 0;
    let error = loop {
        let mut batch = storage.batch().unwrap();
        let mut key = key(1_000 + done, 1);
        key.metadata = "x".repeat(4_000);
        let written = batch.apply(&[Op::Key(key)]).map_err(CommitError::from);
        match written.and_then(|()| batch.commit(START)) {
            Ok(_) => done += 1,
            Err(error) => break error,
        }
    };
    let CommitError::Refused(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert!(done > 0);
    drop(storage);
    // With room again, all that was acknowledged is there.
    let roomy = tempfile::tempdir().unwrap();
    let moved = roomy.path().join("keys.kc");
    std::fs::copy(&path, &moved).unwrap();
    assert_eq!(open_at(&moved).unwrap().view().unwrap().check().unwrap().keys, 3 + done);
}
