use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Mutex;

use rustix::io::Errno;

use super::disk::{Disk, Fault};
use super::*;
use crate::progress::{Progress, Report, Step, Tally};
use crate::storage::rewrite::{compare_rows, write_rows};

/// So many keys that progress is told several times.
const KEYS: u64 = 6_000;

/// A store whose keys came in no order and were changed since.
fn churned(home: &Home) -> Storage {
    let storage = create(home);
    fill(&storage);
    let mut batch = storage.batch().unwrap();
    for n in 0..KEYS {
        // 7919 is prime to KEYS, so each id comes once.
        let id = 1_000 + n * 7_919 % KEYS;
        batch.apply(&[Op::Key(key(id, 1))]).unwrap();
    }
    batch.commit().unwrap();
    let gone: Vec<Op> = (0..KEYS / 2)
        .map(|n| Op::Forget(KeyId::from_bits(1_000 + 2 * n), key(1_000 + 2 * n, 1).address()))
        .collect();
    commit(&storage, &gone);
    storage
}

/// Fills the empty `disk` with the rows of `storage`, as [`Storage::rewrite`] does a file.
pub(crate) fn write_anew(storage: &Storage, disk: &Disk) -> Result<()> {
    let tally = || Tally::new(None, Step::Copy, 0);
    let from = storage.current().handle.begin_read()?;
    write_rows(&from, disk.clone(), tally())?;
    let handle = Handle::open(disk.clone(), None, false, &options(), "open it")?.0;
    compare_rows(&from, &handle.begin_read()?, tally())?;
    handle.close()
}

fn rewrite(storage: &Storage) -> Result<[u64; 2]> {
    storage.rewrite(&Random::system(), None)
}

/// The file as a crash would leave it now, under a name of its own.
fn image(path: &Path, number: u64) -> PathBuf {
    let copy = path.with_extension(format!("image{number}"));
    fs::copy(path, &copy).unwrap();
    copy
}

fn names(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.path.parent().unwrap()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_file_that_is_written_anew_is_shorter_and_has_the_same_rows_and_goes_on() {
    let home = home();
    churned(&home).close().unwrap();
    let before = contents(&home.path);
    let storage = open(&home).unwrap();
    let all = |storage: &Storage| {
        let view = storage.view().unwrap();
        let log = view.changes(0, 100).unwrap();
        (view.state().unwrap(), log, view.audit(0, 100).unwrap(), view.operation("first").unwrap())
    };
    let rows = all(&storage);
    let [old, new] = rewrite(&storage).unwrap();
    assert!(new * 4 < old * 3, "{old} became {new}");
    assert_eq!(fs::metadata(&home.path).unwrap().len(), new);
    assert_eq!(all(&storage), rows);
    commit(&storage, &[Op::Key(key(40, 1))]);
    storage.close().unwrap();
    assert_eq!(names(&home), ["keys.kc"]);
    let mut after = contents(&home.path);
    let there = after.iter().position(|op| *op == Loaded::Row(Op::Key(key(40, 1)))).unwrap();
    after.remove(there);
    assert_eq!(after, before);
}

#[test]
fn whenever_a_crash_comes_the_name_has_a_whole_file_with_all_rows() {
    let home = home();
    let storage = churned(&home);
    let images = Arc::new(Mutex::new(Vec::new()));
    let (path, of) = (home.path.clone(), Arc::clone(&images));
    let report = Report::new(move |_: Progress| {
        let mut images = of.lock().unwrap();
        let number = images.len() as u64;
        images.push(image(&path, number));
    });
    storage.rewrite(&Random::system(), Some(&report)).unwrap();
    let mut images = images.lock().unwrap();
    images.push(image(&home.path, 1_000));
    commit(&storage, &[Op::Key(key(40, 1))]);
    let last = image(&home.path, 1_001);
    storage.close().unwrap();
    assert!(images.len() > 4, "{} images", images.len());
    let first = contents(&images[0]);
    assert_eq!(first.len() as u64, 7 + KEYS / 2);
    for image in images.iter() {
        assert!(contents(image) == first, "{image:?}");
    }
    assert_eq!(contents(&last).len(), first.len() + 1);
}

#[test]
fn a_new_file_that_cannot_be_written_is_given_up_at_whatever_operation() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let from = storage.current().handle.begin_read().unwrap();
    let tally = || Tally::new(None, Step::Copy, 0);
    for after in 0.. {
        let disk = Disk::new(Vec::new());
        disk.fail(Some(Fault {
            after,
            errno: Errno::NOSPC,
            for_ever: true,
            reads: true,
            half: true,
        }));
        let written = write_rows(&from, disk.clone(), tally());
        if disk.failed() == 0 {
            written.unwrap();
            assert!(after > 20, "{after}");
            return;
        }
        let known = [ErrorKind::Full, ErrorKind::Poisoned];
        assert!(known.contains(&written.unwrap_err().kind()), "operation {after}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let Some(tiny) = faults::Tiny::mount("size=3m") else { return };
    let home = Home { path: tiny.path().join("keys.kc"), _directory: tempfile::tempdir().unwrap() };
    let storage = create(&home);
    fill(&storage);
    let large = "x".repeat(4_000);
    for id in 0..150 {
        let mut key = key(1_000 + id, 1);
        key.metadata.clone_from(&large);
        commit(&storage, &[Op::Key(key)]);
    }
    let error = rewrite(&storage).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert!(error.message().contains("could not compact"), "{error}");
    assert_eq!(names(&home), ["keys.kc"]);
    commit(&storage, &[Op::Key(key(40, 1))]);
    storage.close().unwrap();
    assert_eq!(contents(&home.path).len(), 7 + 150 + 1);
}

#[test]
fn a_row_that_is_missing_changed_or_too_many_is_found_when_both_files_are_compared() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let from = storage.current().handle.begin_read().unwrap();
    let tally = || Tally::new(None, Step::Copy, 0);
    for wrong in ["nothing", "missing", "changed", "more"] {
        let path = home.path.with_extension(wrong);
        let file = fs::File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        write_rows(&from, FileBackend::new(file).unwrap(), tally()).unwrap();
        damage::rewrite(&path, |transaction| {
            let mut audit = transaction.open_table(tables::AUDIT).unwrap();
            let mut by_end = transaction.open_table(tables::BY_END).unwrap();
            match wrong {
                "missing" => drop(audit.remove(&3u64.to_be_bytes()).unwrap()),
                "changed" => drop(audit.insert(&2u64.to_be_bytes(), &b"other"[..]).unwrap()),
                "more" => drop(by_end.insert(&[7; 18], ()).unwrap()),
                _ => {}
            }
        });
        let to = redb::Database::open(&path).unwrap();
        let to = redb::ReadableDatabase::begin_read(&to).unwrap();
        let same = compare_rows(&from, &to, tally()).map_err(|e| e.kind());
        let want = if wrong == "nothing" { Ok(()) } else { Err(ErrorKind::Corrupt) };
        assert_eq!(same, want, "{wrong}");
    }
}

#[test]
fn a_name_that_another_file_has_by_now_is_left_alone() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let aside = home.path.with_extension("aside");
    fs::rename(&home.path, &aside).unwrap();
    fs::write(&home.path, b"another").unwrap();
    let error = rewrite(&storage).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(fs::read(&home.path).unwrap(), b"another");
    assert_eq!(names(&home).len(), 2);
    // The store goes on where it is.
    commit(&storage, &[Op::Key(key(40, 1))]);
    storage.close().unwrap();
    assert_eq!(contents(&aside).len(), 8);
}

#[test]
fn the_new_file_has_the_mode_of_the_old_one_and_is_locked_like_it() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    fs::set_permissions(&home.path, fs::Permissions::from_mode(0o640)).unwrap();
    let inode = fs::metadata(&home.path).unwrap().ino();
    rewrite(&storage).unwrap();
    let metadata = fs::metadata(&home.path).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o640);
    assert_ne!(metadata.ino(), inode);
    assert_eq!(open(&home).err().unwrap().kind(), ErrorKind::Locked);
    storage.close().unwrap();
    open(&home).unwrap();
}

#[test]
fn who_reads_the_old_file_goes_on_with_it_and_finds_the_new_one_when_opening_again() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let read_only = || {
        let options = StorageOptions { read_only: true, ..options() };
        Storage::open(&home.path, &options, &mut |_| Ok(())).unwrap()
    };
    let reader = read_only();
    let view = storage.view().unwrap();
    rewrite(&storage).unwrap();
    commit(&storage, &[Op::Key(key(40, 1))]);
    let has = |view: &View<'_>| view.key(KeyId::from_bits(40)).unwrap().is_some();
    assert!(!has(&view));
    assert!(has(&storage.view().unwrap()));
    assert!(!has(&reader.view().unwrap()));
    assert!(has(&read_only().view().unwrap()));
    let error = rewrite(&reader).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
}

#[test]
fn a_file_that_is_replaced_while_it_is_being_opened_is_not_taken() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    let other = home.path.with_extension("other");
    fs::copy(&home.path, &other).unwrap();
    let mut replaced = false;
    let opened = Storage::open(&home.path, &options(), &mut |_| {
        if !replaced {
            fs::rename(&other, &home.path).unwrap();
            replaced = true;
        }
        Ok(())
    });
    let error = opened.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    assert!(error.message().contains("open again"), "{error}");
    open(&home).unwrap();
}
