//! Random calls of every function of the header, with whatever it can be given: NULL, lengths,
//! sizes of structs, numbers and bits that nobody knows, keys and tokens of other calls, stores
//! that are closed, on several threads, under sanitizers. `KEYCASK_CALLS` says how many are made,
//! and `KEYCASK_FIRST_SEED` moves what chance chooses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod emit;
mod header;
#[path = "../kit/mod.rs"]
mod kit;

use std::path::Path;
use std::process::Output;

use kit::Program;

const SANITIZED: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// The header as C that calls it, in a directory.
fn emitted(directory: &Path) -> String {
    let header = std::fs::read_to_string(kit::top().join("include/keycask.h")).unwrap();
    let path = directory.join("calls.c");
    std::fs::write(&path, emit::emit(&header::read(&header))).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Makes `calls` random calls with a library that has the mistake `planted`, or none.
fn run(planted: Option<u32>, calls: u64, threads: u32) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let calls_c = emitted(dir.path());
    let include = format!("-I{}", Path::new(kit::CRATE).join("tests/random").display());
    let define = planted.map(|number| format!("-DPLANTED={number}"));
    let mut flags = vec![include.as_str(), "-O1"];
    flags.extend(SANITIZED);
    flags.extend(define.as_deref());
    let program = Program::build("gcc", &["tests/random/random.c", &calls_c], &flags);
    let first = std::env::var("KEYCASK_FIRST_SEED").map_or(0, |seed| seed.parse::<u64>().unwrap());
    let mut command = program.command(&[]);
    command.args([&calls.to_string(), &first.wrapping_add(1).to_string(), &threads.to_string()]);
    command.output().unwrap()
}

#[test]
fn whatever_it_is_given_a_function_returns_a_status_and_writes_what_it_says() {
    let calls = std::env::var("KEYCASK_CALLS").map_or(4_000, |calls| calls.parse().unwrap());
    let output = run(None, calls, 2);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}", output.status);
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_planted_mistake_is_found_out() {
    for (planted, told) in [
        (1, "heap-buffer-overflow"),
        (2, "and a result of 8 bytes is written"),
        (3, "keycask_realm_name: -20"),
    ] {
        let output = run(Some(planted), 4_000, 1);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(told), "{planted}: {said}");
    }
}
