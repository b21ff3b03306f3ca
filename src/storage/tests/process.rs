use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::*;

const STORE: &str = "KEYCASK_TEST_STORE";

/// The other process: opens the store, and commits keys and says so, one a line, until it is
/// killed. As a test of its own it has nothing to do.
#[test]
fn writer_of_another_process() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let storage = open_at(Path::new(&path)).unwrap();
    let next = storage.view().unwrap().state().unwrap().seq;
    for id in 1_000 + next.. {
        let mut batch = storage.batch().unwrap();
        batch.apply(&[Op::Key(key(id, 1))]).unwrap();
        batch.commit().unwrap();
        // One write, so that a kill leaves the whole line or none of it.
        std::io::stderr().write_all(format!("committed {id}\n").as_bytes()).unwrap();
    }
}

fn writer(path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "storage::tests::process::writer_of_another_process", "--nocapture"]);
    child.env(STORE, path).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ends the writer as a power cut would end it, and gives the last key that it acknowledged.
fn kill(mut child: Child, after: usize) -> u64 {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut last = 0;
    for (seen, line) in lines.map_while(Result::ok).enumerate() {
        if let Some(id) = line.strip_prefix("committed ") {
            last = id.parse().unwrap();
        }
        if seen == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    last
}

/// A directory on a disk, as a store has it in earnest.
fn on_disk() -> Home {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.kc");
    Home { _directory: directory, path }
}

#[test]
fn after_its_writer_was_killed_a_file_is_repaired_by_one_who_may_write_it_and_is_let_in() {
    let home = on_disk();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    for after in [30, 130] {
        let last = kill(writer(&home.path), after);
        // Nobody may read it before it was repaired, and nobody who may not write repairs it.
        let reading = StorageOptions { read_only: true, ..options() };
        assert_eq!(refused(&home.path, &reading).kind(), ErrorKind::ReadOnly);
        // Nor is it repaired for somebody who is then refused.
        let pepper = Pepper::new(&[1; 32]);
        assert_eq!(
            refused(&home.path, &StorageOptions::new(Some(&pepper))).kind(),
            ErrorKind::Pepper
        );
        let storage = open(&home).unwrap();
        let view = storage.view().unwrap();
        view.check().unwrap();
        assert!(view.key(KeyId::from_bits(last)).unwrap().is_some(), "{last} is lost");
        drop(view);
        storage.close().unwrap();
    }
}

#[test]
fn a_store_can_be_read_while_another_process_writes_it_and_written_by_that_one_only() {
    let home = on_disk();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    let mut child = writer(&home.path);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("committed")));
    let writing = Storage::open(&home.path, &options(), &mut |_| Ok(())).err().unwrap();
    assert_eq!(writing.kind(), ErrorKind::Locked);
    let reading = StorageOptions { read_only: true, ..options() };
    let storage = Storage::open(&home.path, &reading, &mut |_| Ok(())).unwrap();
    let before = storage.view().unwrap().state().unwrap().seq;
    for _ in 0..20 {
        assert!(lines.any(|line| line.unwrap().starts_with("committed")));
        storage.view().unwrap().check().unwrap();
    }
    // The writer was ahead of its lines.
    while storage.view().unwrap().state().unwrap().seq < before + 20 {
        assert!(lines.any(|line| line.unwrap().starts_with("committed")));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
