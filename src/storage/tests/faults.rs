//! A commit that fails, a file that cannot be made, and a full file system. Failures of every
//! operation, in the store's journeys, are in `store/tests/crash/faults.rs`.

use rustix::io::Errno;

use super::disk::{Disk, Fault};
use super::*;

/// Lets all operations fail but reads, after some.
fn failing(after: u64, errno: Errno) -> Option<Fault> {
    Some(Fault { after, errno, for_ever: true, reads: false, half: true })
}

fn format(disk: &Disk) -> Result<()> {
    Storage::format(disk.clone(), &options(), &Random::system(), "create it")
}

fn attach(disk: &Disk) -> Storage {
    Storage::attach(disk.clone(), None, &options(), "open it", &mut |_| Ok(())).unwrap()
}

#[test]
fn after_a_failed_commit_nothing_is_written_until_reopening_and_the_cause_is_said() {
    let disk = Disk::new(Vec::new());
    format(&disk).unwrap();
    let storage = attach(&disk);
    fill(&storage);
    disk.fail(failing(0, Errno::IO));
    let mut batch = storage.batch().unwrap();
    let written = batch.apply(&[Op::Key(key(40, 1))]).map_err(CommitError::from);
    let error = written.and_then(|()| batch.commit()).unwrap_err();
    assert!(matches!(error, CommitError::Refused(_)), "{error:?}");
    assert!(storage.is_poisoned());
    let error = storage.batch().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Poisoned);
    assert!(error.to_string().contains("Input/output error"), "{error}");
    drop(storage);
    disk.fail(None);
    assert_eq!(attach(&disk).view().unwrap().check().unwrap().keys, 3);
}

#[test]
fn a_file_that_cannot_be_formatted_is_not_taken_for_one() {
    let disk = Disk::new(Vec::new());
    disk.fail(None);
    format(&disk).unwrap();
    for after in 0..disk.done(false) {
        let disk = Disk::new(Vec::new());
        disk.fail(failing(after, Errno::NOSPC));
        // One that closing alone could not finish is whole.
        if let Err(error) = format(&disk) {
            let known = [ErrorKind::Full, ErrorKind::Poisoned].contains(&error.kind());
            assert!(known, "operation {after}: {error:?}");
        }
    }
}

/// A file system of a few hundred KiB, unmounted when this is dropped.
pub(super) struct Tiny(tempfile::TempDir);

impl Tiny {
    /// None, and says so, where none can be mounted. CI can.
    pub(super) fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", size, "none"]).arg(directory.path());
        let done = mount.stderr(std::process::Stdio::null()).status();
        if done.is_ok_and(|status| status.success()) {
            return Some(Self(directory));
        }
        not_tested("no small file system can be mounted here");
        None
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_file_system_refuses_a_store_and_keeps_one() {
    let Some(tiny) = Tiny::mount("size=8k") else { return };
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
        match written.and_then(|()| batch.commit()) {
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
