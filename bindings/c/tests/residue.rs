//! What is left of tokens in a C program that wiped its own. `KEYCASK_RESIDUE` says how many such
//! programs run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod kit;

use std::sync::OnceLock;

use kit::{Program, succeed};

/// Runs the program. Gives what it found, a line each, and how many calls it made, of how many
/// kinds.
fn residue(planted: bool) -> (Vec<String>, [usize; 2]) {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    // Sanitizers and valgrind keep what was freed.
    let program = PROGRAM.get_or_init(|| Program::build("cc", &["tests/residue.c"], &["-O1"]));
    let mut command = program.command(&[]);
    let said = succeed(if planted { command.arg("planted") } else { &mut command }).stdout;
    let mut lines: Vec<String> =
        String::from_utf8(said).unwrap().lines().map(String::from).collect();
    let last = lines.pop().unwrap();
    let words: Vec<usize> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    (lines, words.try_into().unwrap())
}

#[test]
fn no_token_is_left_in_memory_file_or_backup_when_a_c_program_has_wiped_its_own() {
    let programs = std::env::var("KEYCASK_RESIDUE").map_or(1, |number| number.parse().unwrap());
    let [mut all, mut kinds] = [0, 0];
    for _ in 0..programs {
        let (found, [calls, of]) = residue(false);
        assert!(found.is_empty(), "{found:#?}");
        all += calls;
        kinds = of;
    }
    println!("residue: {all} calls of {kinds} kinds");
}

#[test]
fn a_token_that_one_kind_of_call_leaves_is_found_out_and_the_kind_named() {
    let (found, _) = residue(true);
    // Pages of the file that are in memory have it, too.
    let while_it_lives = ["explain: memory", "present: stack", "reveal: memory", "leaked: log"];
    assert_eq!(found, [&while_it_lives[..], &["reveal: file", "reveal: backup"]].concat());
}
