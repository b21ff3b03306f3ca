//! The attacks that are fuzz targets, with other programs in place of the fuzzer and of `cargo`.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{PASSES, TOP, cargo, fails, last_line, program};

const PANIC: &str = "==7== ERROR: libFuzzer: deadly signal";
const READ: &str = "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x7";
const MEMORY: &str = "==7== ERROR: libFuzzer: out-of-memory (malloc(68157440))";
const ALL: [&str; 3] = [PANIC, READ, MEMORY];

/// What is said when 211 inputs are kept, and 7 more were tried.
const WELL: &str = "echo '#211\tINITED cov: 5 ft: 6'; echo stat::number_of_executed_units: 218";

/// A tree with a fuzzer that says this of the planted mistakes, and else does this.
fn tree(planted: [&str; 3], does: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("fuzz")).unwrap();
    let [panic, read, memory] = planted.map(|said| match said {
        "" => "exit 0".to_owned(),
        said => format!("echo '{said}'; exit 1"),
    });
    let script = format!(
        "#!/bin/bash\n\
         wait_for_the_end() {{ for n in {{1..99}}; do [ ! -s \"${{3#-stop_file=}}\" ] || return 0\n\
         sleep 0.1; done; exit 2; }}\n\
         case $KEYCASK_PLANTED in panic) {panic} ;; read) {read} ;; memory) {memory} ;; esac\n\
         {}\n",
        does.replace("wait_for_the_end", "wait_for_the_end \"$@\"")
    );
    program(&dir.path().join("fuzz/run"), &script);
    dir
}

#[test]
fn the_control_of_a_fuzz_target_is_its_own_and_not_that_of_a_longer_name() {
    let dir = tree(ALL, WELL);
    let tests = ["file::planted_faults_are_caught", "profile::planted_faults_are_caught"];
    let (all, [own, other]) = (tests.as_slice(), tests);
    for (tests, failed, control) in [
        (all, None, "caught"),
        (all, Some(other), "caught"),
        (all, Some(own), "missed"),
        (&[other], None, "missed"),
    ] {
        let (said, status) = match failed {
            Some(name) => (fails(&[name]), 101),
            None => (PASSES.to_owned(), 0),
        };
        cargo(dir.path(), tests, &said, status);
        let line = last_line(dir.path(), "fuzz", &["file"]);
        assert_eq!(line, format!("attack: file amount=7 found=0 control={control} true"));
    }
}

#[test]
fn two_targets_of_one_program_have_each_its_own_control() {
    let dir = tree(ALL, WELL);
    let own = "part::rows::tests::a_planted_reader_is_caught";
    let other = "part::limits::tests::a_planted_meter_is_caught";
    for (tests, control) in [(&[own, other][..], "caught"), (&[other], "missed")] {
        cargo(dir.path(), tests, PASSES, 0);
        let line = last_line(dir.path(), "fuzz", &["rows", "part::rows::", "--lib"]);
        assert_eq!(line, format!("attack: rows amount=7 found=0 control={control} true"));
    }
}

/// Of the target `token`, with such a fuzzer.
fn token(planted: [&str; 3], does: &str) -> String {
    let dir = tree(planted, does);
    cargo(dir.path(), &["token::planted_faults_are_caught"], PASSES, 0);
    last_line(dir.path(), "fuzz", &["token"])
}

#[test]
fn the_built_target_has_to_tell_of_each_mistake_that_is_planted_in_it() {
    let line = |control: &str| format!("attack: token amount=7 found=0 control={control} true");
    assert_eq!(token(ALL, WELL), line("caught"));
    let used = "==7== ERROR: libFuzzer: out-of-memory (used: 1025Mb; limit: 1024Mb)";
    for planted in [
        ["", READ, MEMORY],
        [PANIC, "", MEMORY],
        [PANIC, READ, ""],
        // It ends for another reason.
        [READ, READ, MEMORY],
        [PANIC, PANIC, MEMORY],
        [PANIC, READ, used],
        ["==7== ERROR: libFuzzer: timeout", READ, MEMORY],
    ] {
        assert_eq!(token(planted, WELL), line("missed"), "{planted:?}");
    }
    // It is said, and the target ends well.
    let dir = tree(ALL, WELL);
    cargo(dir.path(), &["token::planted_faults_are_caught"], PASSES, 0);
    let run = fs::read_to_string(dir.path().join("fuzz/run")).unwrap();
    program(&dir.path().join("fuzz/run"), &run.replace("exit 1", "exit 0"));
    assert_eq!(last_line(dir.path(), "fuzz", &["token"]), line("missed"));
}

#[test]
fn inputs_that_are_kept_are_no_amount_and_take_none_of_the_time() {
    assert_eq!(token(ALL, WELL), "attack: token amount=7 found=0 control=caught true");
    // The time, two seconds, begins when they were tried, though that takes longer.
    let slow = "sleep 3; begun=$EPOCHSECONDS; echo '#211\tINITED cov: 5'; wait_for_the_end\n\
                   echo stat::number_of_executed_units: $((210 + EPOCHSECONDS - begun))";
    let line = token(ALL, slow);
    assert!(["=1 ", "=2 "].iter().any(|amount| line.contains(amount)), "{line}");
    let nothing = "echo '#211\tINITED cov: 5'; echo stat::number_of_executed_units: 211";
    assert_eq!(token(ALL, nothing), "attack: token amount=0 found=0 control=caught true");
    // One of them is a finding; it ended with a finding; it did not run.
    let kept = "echo stat::number_of_executed_units: 30; exit 77";
    assert_eq!(token(ALL, kept), "attack: token amount=0 found=1 control=caught false");
    let found = "echo '#211\tINITED'; echo stat::number_of_executed_units: 300; exit 77";
    assert_eq!(token(ALL, found), "attack: token amount=89 found=1 control=caught false");
    assert!(token(ALL, "exit 1").ends_with(" false"));
}

/// The limits by which a target is run, of time and of MB of memory in all and at once.
#[test]
fn what_takes_a_minute_or_too_much_memory_is_a_finding() {
    for (target, in_all, at_once) in
        [("token", 1024, 64), ("file", 8192, 8192), ("calls", 4096, 1024), ("model", 4096, 1024)]
    {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("fuzz")).unwrap();
        let run = fs::read_to_string(Path::new(TOP).join("fuzz/run")).unwrap();
        program(&dir.path().join("fuzz/run"), &run);
        program(&dir.path().join("cargo"), "#!/bin/sh\necho \"$@\"\n");
        // It has as much as it wants.
        program(&dir.path().join("awk"), "#!/bin/sh\necho 99999\n");
        let path = format!("{}:{}", dir.path().display(), env::var("PATH").unwrap());
        let mut run = Command::new(dir.path().join("fuzz/run"));
        let output = run.args([target, "9", "-own=1"]).env("PATH", path).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let flags: Vec<&str> = said.split_whitespace().collect();
        let limits = [
            "-timeout=60".to_owned(),
            format!("-rss_limit_mb={in_all}"),
            format!("-malloc_limit_mb={at_once}"),
            "-max_total_time=9".to_owned(),
        ];
        assert!(limits.iter().all(|limit| flags.contains(&limit.as_str())), "{target}: {said}");
        assert!(said.ends_with(" -own=1\n"), "what is asked for does not decide: {said}");
    }
}
