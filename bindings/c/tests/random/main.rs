//! Random calls of every function of the header, with whatever it can be given: NULL, lengths,
//! sizes of structs, numbers and bits that nobody knows, keys and tokens of other calls, stores
//! that are closed, on several threads, under sanitizers. `KEYCASK_CALLS` says how many are made,
//! and `KEYCASK_FIRST_SEED` moves what chance chooses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod amounts;
mod emit;
mod header;
#[path = "../kit/mod.rs"]
mod kit;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use amounts::Amounts;
use kit::Program;
use tempfile::TempDir;

/// The header as C that calls it, in a directory.
fn emitted(directory: &Path) -> String {
    let header = std::fs::read_to_string(kit::top().join("include/keycask.h")).unwrap();
    let path = directory.join("calls.c");
    std::fs::write(&path, emit::emit(&header::read(&header))).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Calls of one run of the program, with stores of its own. More are as many runs one after
/// another: so stores stay small, and a finding is soon made again.
const ROUND: u64 = 1_000_000;

/// What a sanitizer keeps: enough to name the place of a mistake, and of what was freed that which
/// a call could still use. Much more takes longer than the calls.
const ASAN_OPTIONS: &str = "malloc_context_size=2:quarantine_size_mb=8";

/// The program, with all sanitizers.
fn program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let calls_c = emitted(dir.path());
        let include = format!("-I{}", Path::new(kit::CRATE).join("tests/random").display());
        let sources = ["random", "renew", "judge", "play", "threads"];
        let sources = sources.map(|name| format!("tests/random/{name}.c"));
        let mut sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        sources.push(&calls_c);
        Program::sanitized(&sources, &[include.as_str(), "-O1"])
    })
}

/// Where stores may be in memory.
const MEMORY: &str = "/dev/shm";

/// The room, in KiB, without which they are not: those of a run take 2 MiB, and two runs go beside
/// one another.
const ROOM: u64 = 16 << 10;

/// A directory in memory, if there is room: what is tried here is no disk. Without room calls
/// would fail for that alone.
fn scratch() -> TempDir {
    let df = Command::new("df").args(["-kP", MEMORY]).output();
    let said = df.map_or_else(|_| String::new(), |df| String::from_utf8_lossy(&df.stdout).into());
    let free = said.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    let is_roomy = free.is_some_and(|free: u64| free >= ROOM);
    let memory = is_roomy.then(|| tempfile::tempdir_in(MEMORY).ok()).flatten();
    memory.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

/// Runs the program with a library that has the mistake `planted`, or none.
fn run_with(planted: Option<&str>, arguments: &[String]) -> Output {
    let dir = scratch();
    let mut command = program().command_in(dir.path(), &[]);
    command.env("ASAN_OPTIONS", ASAN_OPTIONS);
    command.envs(planted.map(|mistake| ("KEYCASK_PLANTED", mistake)));
    command.args(arguments).output().unwrap()
}

/// Makes `calls` random calls.
fn run(planted: Option<&str>, calls: u64, seed: u64, threads: u32) -> Output {
    run_with(planted, &[calls.to_string(), seed.to_string(), threads.to_string()])
}

/// Likewise, each function as often as any other: `only` these, if any is named.
fn run_evenly(planted: Option<&str>, calls: u64, seed: u64, only: &[&str]) -> Output {
    let mut arguments = vec![calls.to_string(), seed.to_string(), "2".into(), "evenly".into()];
    arguments.extend(only.iter().map(|name| (*name).to_owned()));
    run_with(planted, &arguments)
}

/// Of so many calls that are made evenly, each function has enough to be judged.
const EVEN: u64 = 80_000;

/// Where a sanitizer sees what the library does.
const LIBRARY: &str = "libkeycask.so";

/// The mistakes of src/planted.rs, and what is said of each.
const PLANTED: [(&str, [&str; 3]); 11] = [
    ("write", ["heap-buffer-overflow", "WRITE of size 1", LIBRARY]),
    ("read", ["heap-buffer-overflow", "READ of size 1", LIBRARY]),
    ("freed", ["heap-use-after-free", "READ of size", LIBRARY]),
    ("failure", ["keycask_realm_name: not_found, and", "a result of 8 bytes", "is written"]),
    ("denial", ["keycask_verify: ", ", and a result of ", " bytes is written"]),
    ("space", [": space, and a result of ", " bytes is written", ""]),
    ("stray", ["a denial as ", "is to be tried after 1", ""]),
    ("panic", ["keycask_realm_name: -20", "", ""]),
    ("denies", ["keycask_realm_name: unknown, and it denies nothing", "", ""]),
    ("closes", ["keycask_close: ok of a store that is closed", "", ""]),
    ("first", ["keycask_verify_many: ", ", but of the first: ", ""]),
];

/// The inputs of the fuzz target `calls` that are kept.
fn kept() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(kit::top().join("fuzz/corpus/calls")).unwrap();
    let mut kept: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    assert!(kept.len() > 10, "{} inputs", kept.len());
    kept
}

/// Makes the calls that an input chooses.
fn play(planted: Option<&str>, input: &Path) -> Output {
    run_with(planted, &[input.to_str().unwrap().to_owned()])
}

#[test]
fn what_a_fuzzer_kept_is_played() {
    for input in kept() {
        let output = play(None, &input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {}\n{said}", input.display(), output.status);
    }
}

#[test]
fn what_a_fuzzer_kept_finds_out_what_is_planted() {
    for (planted, _) in PLANTED {
        let is_found = |input: &PathBuf| !play(Some(planted), input).status.success();
        assert!(kept().iter().any(is_found), "{planted}");
    }
}

fn amount(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |amount| amount.parse().unwrap())
}

#[test]
fn whatever_it_is_given_a_function_returns_a_status_and_writes_what_it_says() {
    let (calls, first) = (amount("KEYCASK_CALLS", 20_000), amount("KEYCASK_FIRST_SEED", 0));
    let (mut done, mut seed) = (0, first.wrapping_add(1));
    let mut amounts = Amounts::default();
    let mut add = |output: &Output, made_again: &str| {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{made_again}: {}\n{said}", output.status);
        amounts.add(&String::from_utf8_lossy(&output.stdout));
    };
    // What is seldom called beside others is called here, too. Of few calls no function has enough.
    let even = if calls < EVEN { calls / 16 } else { EVEN };
    add(
        &run_evenly(None, even, seed, &[]),
        &format!("{even} even calls of KEYCASK_FIRST_SEED={first}"),
    );
    while done < calls {
        let some = ROUND.min(calls - done);
        let output = run(None, some, seed, 2);
        add(&output, &format!("{some} calls of KEYCASK_FIRST_SEED={}", seed.wrapping_sub(1)));
        (done, seed) = (done + some, seed.wrapping_add(1));
    }
    for told in amounts.untried() {
        println!("random: {told}");
    }
    // None, if no function was judged.
    println!("random: in all: calls: {}", if calls < EVEN { 0 } else { done });
    let idle = amounts.idle();
    assert!(idle.is_empty(), "of 1000 calls not one did anything, from seed {first} on: {idle:?}");
}

#[test]
fn a_planted_mistake_is_found_out() {
    for (planted, told) in PLANTED {
        let output = run(Some(planted), 20_000, 1, 1);
        let said = String::from_utf8_lossy(&output.stderr);
        let is_told = told.iter().all(|part| said.contains(part));
        assert!(!output.status.success() && is_told, "{planted}: {said}");
    }
}

/// Three kinds of function: one that takes no time, one that changes a store, a slow one.
#[test]
fn a_planted_function_that_does_nothing_is_found_out() {
    let functions = ["keycask_compact", "keycask_realm_name", "keycask_revoke"];
    for (planted, idle) in [(None, &[][..]), (Some("refuses"), &functions)] {
        let output = run_evenly(planted, 3000, 1, &functions);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut amounts = Amounts::default();
        amounts.add(&String::from_utf8_lossy(&output.stdout));
        assert_eq!(amounts.idle(), idle, "{planted:?}");
    }
}
