//! The C programs of `tests/` and `examples/`: as they are, with sanitizers, under valgrind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod kit;

use kit::{Program, succeed};

const SANITIZED: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const VALGRIND: &[&str] = &[
    "valgrind",
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--child-silent-after-fork=yes",
];

/// Runs the program in all three ways.
fn runs(source: &str) {
    let plain = Program::build("cc", source, &[]);
    succeed(&mut plain.command(&[]));
    succeed(&mut plain.command(VALGRIND));
    succeed(&mut Program::build("clang", source, SANITIZED).command(&[]));
}

#[test]
fn quickstart_comes_from_open_to_a_refused_token() {
    let quickstart = Program::build("cc", "examples/quickstart.c", &[]);
    let said = succeed(&mut quickstart.command(&[])).stdout;
    let said = String::from_utf8(said).unwrap();
    let ends = ["is seen here and never again", "with the scope read: ok", "revoked: revoked"];
    for (line, end) in said.lines().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
    assert_eq!(said.lines().count(), ends.len());
    runs("examples/quickstart.c");
}

#[test]
fn misuse_of_every_function_is_a_status_and_writes_nothing() {
    runs("tests/misuse.c");
}

#[test]
fn threads_use_one_handle_at_once_and_close_it_once() {
    runs("tests/threads.c");
}

#[test]
fn a_fork_leaves_the_file_whole_and_the_parent_unharmed() {
    runs("tests/fork.c");
}

#[test]
fn structs_are_laid_out_as_they_always_were() {
    runs("tests/layout.c");
}
