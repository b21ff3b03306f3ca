use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redb::ReadableTable;
use rustix::fs::{CWD, RenameFlags};

use super::disk::Disk;
use super::*;

/// Long enough for what would go on without what it waits for.
const WHILE: Duration = Duration::from_millis(50);

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn creation(path: &Path) -> Error {
    let created = Storage::create(path, &options(), &Random::system());
    created.err().expect("it was created")
}

#[test]
fn a_new_file_is_its_owners_alone_and_nothing_is_left_beside_it() {
    let home = home();
    create(&home).close().unwrap();
    assert_eq!(mode(&home.path), 0o600);
    assert_eq!(names(home.path.parent().unwrap()), ["keys.kc"]);
}

#[test]
fn creating_replaces_nothing() {
    let home = home();
    fs::write(&home.path, "mine").unwrap();
    let error = creation(&home.path);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("keys.kc"), "{error}");
    assert_eq!(fs::read(&home.path).unwrap(), b"mine");
    let link = home.path.with_extension("link");
    symlink("nowhere", &link).unwrap();
    assert_eq!(creation(&link).kind(), ErrorKind::Conflict);
    assert_eq!(creation(home.path.parent().unwrap()).kind(), ErrorKind::Conflict);
    assert_eq!(names(home.path.parent().unwrap()).len(), 2, "something was left behind");
}

#[test]
fn of_two_who_create_one_file_one_does() {
    let home = home();
    let place = super::super::file::Place::of(&home.path).unwrap();
    let draft = place.draft(&Random::system()).unwrap();
    fs::write(&home.path, "the other").unwrap();
    assert_eq!(draft.publish().unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(fs::read(&home.path).unwrap(), b"the other");
    assert_eq!(names(home.path.parent().unwrap()), ["keys.kc"]);
}

#[test]
fn what_is_not_there_is_named() {
    let home = home();
    assert_eq!(refused(&home.path, &options()).kind(), ErrorKind::NotFound);
    let nowhere = home.path.parent().unwrap().join("none").join("keys.kc");
    assert_eq!(refused(&nowhere, &options()).kind(), ErrorKind::NotFound);
    assert_eq!(creation(&nowhere).kind(), ErrorKind::NotFound);
    assert_eq!(creation(Path::new("/")).kind(), ErrorKind::Argument);
    assert!(names(home.path.parent().unwrap()).is_empty());
}

#[test]
fn a_directory_that_cannot_be_written_to_is_named() {
    let home = home();
    let directory = home.path.parent().unwrap();
    set_mode(directory, 0o500);
    // Nothing stops a superuser but a file system that is read-only.
    let closed = fs::write(directory.join("probe"), "").is_err();
    let path = if closed { home.path.clone() } else { "/sys/keys.kc".into() };
    let error = creation(&path);
    set_mode(directory, 0o700);
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    assert!(error.message().contains("keys.kc"), "{error}");
}

#[test]
fn a_link_is_not_followed() {
    let home = home();
    create(&home).close().unwrap();
    let before = fs::read(&home.path).unwrap();
    for target in [home.path.to_str().unwrap(), "nowhere"] {
        let link = home.path.with_extension("link");
        symlink(target, &link).unwrap();
        let error = Storage::open(&link, &options(), &mut |_| Ok(())).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Permission);
        assert!(error.message().contains("symbolic link"), "{error}");
        fs::remove_file(&link).unwrap();
    }
    assert!(fs::read(&home.path).unwrap() == before);
}

/// Ends what another thread does, also by a panic.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// C6: what stands at the path may be exchanged between any two steps of an opening. Each that
/// succeeds writes.
#[test]
fn a_path_that_turns_into_a_link_while_it_is_opened_leads_nowhere_else() {
    let home = home();
    create(&home).close().unwrap();
    let [target, link] = ["target", "link"].map(|name| home.path.with_extension(name));
    fs::copy(&home.path, &target).unwrap();
    symlink(&target, &link).unwrap();
    let (before, stop) = (fs::read(&target).unwrap(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let exchange = RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(CWD, &home.path, CWD, &link, exchange).unwrap();
            }
        });
        let _finish = Finish(&stop);
        let (mut opened, mut refused) = (0, 0);
        let begun = Instant::now();
        // On a busy machine the other thread may begin late.
        let is_enough = |opened, refused| opened > 0 && refused > 0 && opened + refused >= 2_000;
        while !is_enough(opened, refused) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{opened} opened, {refused} refused"
            );
            match open(&home) {
                Ok(storage) => {
                    commit(&storage, &[Op::Key(key(opened + 1, 1))]);
                    storage.close().unwrap();
                    opened += 1;
                }
                Err(error) => {
                    let kinds = [ErrorKind::Permission, ErrorKind::Conflict, ErrorKind::Locked];
                    assert!(kinds.contains(&error.kind()), "{error}");
                    refused += 1;
                }
            }
        }
    });
    assert!(fs::read(&target).unwrap() == before, "it was written through the link");
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let home = home();
    let fifo = home.path.with_extension("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let directory = home.path.with_extension("directory");
    fs::create_dir(&directory).unwrap();
    let socket = home.path.with_extension("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for read_only in [false, true] {
        let options = StorageOptions { read_only, ..options() };
        for path in [&fifo, &directory, &socket, Path::new("/dev/null")] {
            let error = Storage::open(path, &options, &mut |_| Ok(())).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
        }
    }
}

#[test]
fn a_file_that_others_can_change_is_refused() {
    let home = home();
    create(&home).close().unwrap();
    for bad in [0o620, 0o602, 0o666] {
        set_mode(&home.path, bad);
        let error = refused(&home.path, &options());
        assert_eq!(error.kind(), ErrorKind::Permission);
        assert!(error.message().contains("0600"), "{error}");
    }
    set_mode(&home.path, 0o600);
    let second = home.path.with_extension("second");
    fs::hard_link(&home.path, &second).unwrap();
    assert_eq!(refused(&home.path, &options()).kind(), ErrorKind::Permission);
    fs::remove_file(&second).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&home.path, Some(12_345), None).unwrap();
        let error = refused(&home.path, &options());
        assert!(error.message().contains("another user"), "{error}");
        std::os::unix::fs::chown(&home.path, Some(0), None).unwrap();
    } else {
        not_tested("only root can give a file to another user");
    }
    open(&home).unwrap();
}

#[test]
fn what_is_not_ours_is_refused_untouched() {
    let home = home();
    let mut sqlite = b"SQLite format 3\0".to_vec();
    sqlite.resize(8_192, 7);
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("short", b"re".to_vec()),
        ("magic", b"redb\x1A\x0A\xA9\x0D\x0A".to_vec()),
        ("text", b"[realm]\nname = \"x\"\n".repeat(500)),
        ("sqlite", sqlite),
    ] {
        let path = home.path.with_extension(name);
        fs::write(&path, bytes).unwrap();
        set_mode(&path, 0o600);
        for read_only in [false, true] {
            let error = refused(&path, &StorageOptions { read_only, ..options() });
            let want = if name == "magic" { ErrorKind::Corrupt } else { ErrorKind::Foreign };
            assert_eq!(error.kind(), want, "{name}: {error}");
        }
    }
}

#[test]
fn a_redb_file_of_somebody_else_is_refused_untouched() {
    let home = home();
    const META: redb::TableDefinition<&str, u64> = redb::TableDefinition::new("meta");
    const OTHER: redb::TableDefinition<&str, u64> = redb::TableDefinition::new("other");
    for table in [None, Some(OTHER), Some(META)] {
        let path = home.path.with_extension(format!("{}", table.is_some()));
        let _ = fs::remove_file(&path);
        let database = redb::Database::create(&path).unwrap();
        if let Some(table) = table {
            let transaction = database.begin_write().unwrap();
            transaction.open_table(table).unwrap().insert("answer", 42).unwrap();
            transaction.commit().unwrap();
        }
        drop(database);
        set_mode(&path, 0o600);
        let error = refused(&path, &options());
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}

#[test]
fn a_newer_format_is_refused_untouched() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    let redb_newer = home.path.with_extension("redb");
    fs::copy(&home.path, &redb_newer).unwrap();
    damage::rewrite(&home.path, |transaction| {
        let mut meta = transaction.open_table(tables::META).unwrap();
        let mut row = meta.get(tables::HEADER).unwrap().unwrap().value().to_vec();
        row[8] += 1;
        row.extend_from_slice(b"a longer header, with another MAC");
        meta.insert(tables::HEADER, row.as_slice()).unwrap();
    });
    let mut bytes = fs::read(&redb_newer).unwrap();
    (bytes[64], bytes[192]) = (4, 4);
    fs::write(&redb_newer, bytes).unwrap();
    for path in [&home.path, &redb_newer] {
        for read_only in [false, true] {
            let error = refused(path, &StorageOptions { read_only, ..options() });
            assert_eq!(error.kind(), ErrorKind::Newer, "{error}");
        }
    }
}

#[test]
fn a_record_of_a_newer_version_is_refused_untouched_and_named() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let row = tables::key_row(KeyId::from_bits(20));
    let mut body = key(20, 1).encode().unwrap();
    body[0] = 2;
    let (newer, _) = storage.shared.keys.seal("keys", &row, body);
    storage.close().unwrap();
    damage::rewrite(&home.path, |transaction| {
        let mut keys = transaction.open_table(tables::KEYS).unwrap();
        keys.insert(&row, newer.as_slice()).unwrap();
    });
    let error = refused(&home.path, &options());
    assert_eq!(error.kind(), ErrorKind::Newer);
    assert!(error.message().contains(&KeyId::from_bits(20).to_string()), "{error}");
}

#[test]
fn a_wrong_a_missing_and_a_superfluous_pepper_are_each_said() {
    let home = home();
    let (right, wrong) = (Pepper::new(&[1; 32]), Pepper::new(&[2; 32]));
    let storage =
        Storage::create(&home.path, &StorageOptions::new(Some(&right)), &Random::system());
    assert!(storage.unwrap().is_peppered());
    let plain = home.path.with_extension("plain");
    Storage::create(&plain, &options(), &Random::system()).unwrap();
    for (path, pepper, says) in [
        (&home.path, Some(&wrong), "not the one"),
        (&home.path, None, "none is given"),
        (&plain, Some(&right), "without a pepper"),
    ] {
        for read_only in [false, true] {
            let options = StorageOptions { read_only, ..StorageOptions::new(pepper) };
            let error = refused(path, &options);
            assert_eq!(error.kind(), ErrorKind::Pepper);
            assert!(error.message().contains(says), "{error}");
        }
    }
    Storage::open(&home.path, &StorageOptions::new(Some(&right)), &mut |_| Ok(())).unwrap();
}

#[test]
fn neither_pepper_nor_secrets_of_the_store_are_in_the_file() {
    let home = home();
    let pepper = Pepper::new(b"0123456789abcdef0123456789ABCDEF");
    let options = StorageOptions::new(Some(&pepper));
    let storage = Storage::create(&home.path, &options, &Random::new(Fixed(0))).unwrap();
    fill(&storage);
    storage.close().unwrap();
    let bytes = fs::read(&home.path).unwrap();
    for secret in [b"0123456789abcdef", b"0123456789ABCDEF", &[0xA5; 16]] {
        assert!(!bytes.windows(16).any(|w| w == secret), "{secret:?}");
    }
}

/// Gives 0xA5 for every request of 32 bytes, which are the secrets of a store, and else how
/// often it was asked.
struct Fixed(u32);

impl rand_core::TryRng for Fixed {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0 += 1;
        bytes.fill(if bytes.len() == 32 { 0xA5 } else { self.0 as u8 });
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Fixed {}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let error = refused(&home.path, &options());
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    assert_eq!(commit(&storage, &[Op::Key(key(40, 1))]), 3);
    storage.close().unwrap();
    assert_eq!(open(&home).unwrap().view().unwrap().check().unwrap().keys, 4);
}

#[test]
fn an_opening_that_its_caller_refuses_leaves_the_file_as_it_was() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    let before = fs::read(&home.path).unwrap();
    let mut seen = 0;
    let refused = Storage::open(&home.path, &options(), &mut |_| {
        seen += 1;
        if seen < 5 { Ok(()) } else { Err(Error::new(ErrorKind::Argument, "enough")) }
    });
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Argument);
    assert!(fs::read(&home.path).unwrap() == before);
}

#[test]
fn a_read_only_store_follows_a_writer_and_writes_nothing() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let before = fs::read(&home.path).unwrap();
    let options = StorageOptions { read_only: true, ..options() };
    let reader = Storage::open(&home.path, &options, &mut |_| Ok(())).unwrap();
    assert_eq!(reader.view().unwrap().check().unwrap().keys, 3);
    assert_eq!(reader.batch().err().unwrap().kind(), ErrorKind::ReadOnly);
    assert!(fs::read(&home.path).unwrap() == before);
    commit(&storage, &[Op::Key(key(40, 1))]);
    let view = reader.view().unwrap();
    assert_eq!(view.check().unwrap().keys, 4);
    let Changes::Since(changes) = view.changes(2, 10).unwrap() else { panic!("gone") };
    assert_eq!(changes[0].seq, 3);
    drop(view);
    storage.close().unwrap();
    let before = fs::read(&home.path).unwrap();
    reader.close().unwrap();
    assert!(fs::read(&home.path).unwrap() == before);
}

/// A file of a few pages that claimed to have a billion keys, and to be long enough for them, made
/// the table take memory for a billion before a row was read.
#[test]
fn room_is_made_for_no_more_keys_than_the_file_takes_room_for() {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let mut batch = storage.batch().unwrap();
    batch.state.counts.keys = 1 << 30;
    batch.set_mark(Timestamp::from_ms(1));
    batch.commit().unwrap();
    storage.close().unwrap();
    let file = fs::File::options().write(true).open(&home.path).unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(1 << 40).unwrap();
    let keys = Unread::open(&home.path, &options()).unwrap().keys();
    assert_eq!(keys as u64, len / 128, "those that take the least room");
}

fn formatted() -> Disk {
    let disk = Disk::new(Vec::new());
    Storage::format(disk.clone(), &options(), &Random::system(), "create it").unwrap();
    disk
}

/// Who may write is known when redb reads pages: another's file is not looked into before.
#[test]
fn a_file_is_not_read_before_redb_has_it_to_itself() {
    let (disk, options) = (formatted(), options());
    disk.stick_check(Some(0));
    thread::scope(|scope| {
        let opening = scope.spawn(|| Unread::attach(disk.clone(), None, &options, "open it"));
        while !disk.hangs() {
            thread::yield_now();
        }
        thread::sleep(WHILE);
        let waits = !opening.is_finished();
        disk.stick_check(None);
        assert!(opening.join().unwrap().is_ok() && waits);
    });
}

/// Else the next opening would find the file locked.
#[test]
fn an_opening_that_is_given_up_waits_until_redb_has_let_go() {
    let (disk, options) = (formatted(), options());
    // Behind the header, so that it has begun.
    disk.stick_check(Some(4096));
    let unread = Unread::attach(disk.clone(), None, &options, "open it").unwrap();
    thread::scope(|scope| {
        let giving_up = scope.spawn(|| drop(unread));
        thread::sleep(WHILE);
        let waits = !giving_up.is_finished();
        disk.stick_check(None);
        giving_up.join().unwrap();
        assert!(waits);
    });
}
