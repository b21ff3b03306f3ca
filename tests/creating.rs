//! A crash at each step of making a file: under its name there is afterwards a whole store or
//! nothing, and then one can be made. strace kills the process that makes it at one system call
//! after another, and tells in which order the calls came, on which a power cut depends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use keycask::{ErrorKind, Store};

const PATH: &str = "KEYCASK_CREATED_STORE";
/// Set for a process with a defect: it writes the file in its place.
const IN_PLACE: &str = "KEYCASK_CREATED_IN_PLACE";
/// What changes a file or a directory. Names that a machine does not have are left out.
const CALLS: [&str; 10] = [
    "openat",
    "fchmod",
    "write",
    "pwrite64",
    "ftruncate",
    "fdatasync",
    "fsync",
    "renameat2",
    "linkat",
    "unlinkat",
];

/// The process that makes a store. As a test it has nothing to do.
#[test]
fn maker_of_a_store() {
    let Some(path) = std::env::var_os(PATH) else { return };
    if std::env::var_os(IN_PLACE).is_none() {
        Store::create(path).unwrap().close().unwrap();
        return;
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let other = elsewhere.path().join("other");
    Store::create(&other).unwrap().close().unwrap();
    let bytes = std::fs::read(other).unwrap();
    let mut options = std::fs::File::options();
    let mut file = options.write(true).create_new(true).open(path).unwrap();
    bytes.chunks(100_000).for_each(|chunk| file.write_all(chunk).unwrap());
}

/// Makes a store at `path` under strace, which writes its trace to `trace`; gives whether the
/// process ended by itself, or nothing if it cannot be traced here.
fn make(path: &Path, trace: &Path, inject: Option<String>, in_place: bool) -> Option<bool> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-e", &format!("trace={}", CALLS.join(","))]);
    strace.args([OsStr::new("-o"), trace.as_os_str()]);
    if let Some(inject) = inject {
        strace.args(["-e", &inject]);
    }
    let itself = std::env::current_exe().unwrap();
    strace.arg(itself).args(["--exact", "maker_of_a_store", "--nocapture"]).env(PATH, path);
    if in_place {
        strace.env(IN_PLACE, "1");
    }
    let done = strace.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    Some(done.success())
}

/// Says what is wrong with what a crash left at `path`, if anything is.
fn look(path: &Path) -> Result<(), String> {
    let opened = Store::open(path);
    let opened = match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Store::create(path),
        opened => opened,
    };
    let store = opened.map_err(|error| error.to_string())?;
    store.check().map_err(|error| error.to_string())
}

/// Kills the process that makes a store at its first, second, ... call of each sort. Gives how
/// many there were, or what was wrong after one of them.
fn kill_at_each(in_place: bool) -> Result<u32, String> {
    let mut killed = 0;
    for call in CALLS {
        for number in 1..200 {
            let directory = tempfile::tempdir().unwrap();
            let [path, trace] = ["keys.redb", "trace"].map(|name| directory.path().join(name));
            let inject = format!("inject={call}:signal=KILL:when={number}");
            if make(&path, &trace, Some(inject), in_place) == Some(true) {
                break;
            }
            look(&path).map_err(|why| format!("killed at {call} {number}: {why}"))?;
            killed += 1;
        }
    }
    Ok(killed)
}

/// Whether processes can be traced here; says so if not.
fn traces() -> bool {
    let directory = tempfile::tempdir().unwrap();
    let [path, trace] = ["keys.redb", "trace"].map(|name| directory.path().join(name));
    let traces = make(&path, &trace, None, false) == Some(true);
    if !traces {
        eprintln!("strace is missing or may trace nothing here: this was not tested");
    }
    traces
}

#[test]
fn whenever_the_making_of_a_file_is_cut_off_there_is_a_whole_store_or_one_can_be_made() {
    if !traces() {
        return;
    }
    let begun = Instant::now();
    let killed = kill_at_each(false).unwrap();
    assert!(killed > 20, "only {killed} steps");
    let line = format!("crash: making a file: {killed} steps, {} s\n", begun.elapsed().as_secs());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn a_file_that_is_written_in_its_place_is_found_out() {
    assert!(!traces() || kill_at_each(true).is_err(), "nothing was found");
}

#[test]
fn a_file_has_its_name_only_once_it_is_durable_and_its_name_is_durable_too() {
    if !traces() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let [path, trace] = ["keys.redb", "trace"].map(|name| directory.path().join(name));
    make(&path, &trace, None, false).unwrap();
    let trace = std::fs::read_to_string(trace).unwrap();
    let place = directory.path().canonicalize().unwrap();
    let place = place.to_str().unwrap();
    let calls: Vec<&str> = trace.lines().filter(|line| line.contains(place)).collect();
    let is = |call: &str, line: &str, on: &str| {
        line.split_once(' ').is_some_and(|(_, rest)| rest.trim_start().starts_with(call))
            && line.contains(on)
    };
    let last = |call: &str, on: &str| calls.iter().rposition(|line| is(call, line, on));
    let named = last("renameat2(", "keys.redb").expect("it was never named");
    let before = &calls[..named];
    let written = before.iter().rposition(|line| is("pwrite64(", line, ".new"));
    let synced = before.iter().rposition(|line| is("fsync(", line, ".new"));
    assert!(written.is_some() && written < synced, "named before it was durable: {calls:#?}");
    let directory = format!("<{place}>)");
    let kept = calls[named..].iter().position(|line| is("fsync(", line, &directory));
    assert!(kept.is_some(), "its name is not durable: {calls:#?}");
    let used = calls[named..].iter().position(|line| is("pwrite64(", line, "keys.redb"));
    assert!(used.is_none_or(|used| kept < Some(used)), "used before that: {calls:#?}");
}
