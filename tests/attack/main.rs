//! `make attack` fails if an attack finds something, misses its control or says nothing, and its
//! list and its page name the same attacks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const TOP: &str = env!("CARGO_MANIFEST_DIR");
const FIRST_SEED: &str = "KEYCASK_FIRST_SEED";

/// Runs the attacks of a list for no time. Gives whether all is well, and the table.
fn attack(list: &str) -> (bool, String) {
    let output = run(list, None);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// Runs the attacks of a list for no time, from this seed on if it is given.
fn run(list: &str, first_seed: Option<&str>) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list");
    fs::write(&path, list).unwrap();
    let mut run = Command::new(Path::new(TOP).join("tests/attack/run"));
    run.arg("0").arg(&path).arg(dir.path()).env_remove(FIRST_SEED);
    run.envs(first_seed.map(|seed| (FIRST_SEED, seed)));
    run.output().unwrap()
}

/// An attack that says this in the end, and ends with this.
fn says(line: &str, status: u8) -> String {
    format!("1 echo on the way; echo '{line}'; exit {status}\n")
}

#[test]
fn a_table_has_a_row_for_each_attack() {
    let one = says("attack: one amount=1200 found=0 control=caught", 0);
    let other = "2 echo attack: the-other amount=\"$((KEYCASK_ATTACK_SECONDS + 3))\" \
                 found=0 control=caught # the rest of the line is for readers\n";
    let (is_well, table) = attack(&format!("# A list.\n\n{one}{other}"));
    assert!(is_well);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(
        rows,
        [
            "| attack    | amount | found | control |",
            "|---|--:|--:|---|",
            "| one       |   1200 |     0 | caught  |",
            "| the-other |      3 |     0 | caught  |",
        ]
    );
}

#[test]
fn whatever_is_wrong_with_an_attack_ends_all_with_an_error_after_all_were_made() {
    let well = says("attack: last amount=1 found=0 control=caught", 0);
    for (line, status) in [
        ("attack: one amount=5 found=1 control=caught", 1),
        ("attack: one amount=5 found=1 control=caught", 0),
        ("attack: one amount=5 found=0 control=missed", 0),
        ("attack: one amount=0 found=0 control=caught", 0),
        ("attack: one amount=5 found=0 control=caught", 1),
        ("attack: one amount=5 found=0", 0),
        ("nothing of the kind", 0),
    ] {
        let (is_well, table) = attack(&format!("{}{well}", says(line, status)));
        assert!(!is_well, "{line:?} and {status} passed:\n{table}");
        assert!(table.contains("| last "), "{table}");
    }
    assert!(!attack("").0, "a list of nothing passed");
    assert!(!attack("1 exit 3\n").0, "an attack that did not begin passed");
}

#[test]
fn each_run_has_a_first_seed_of_its_own_that_is_printed_and_can_be_set() {
    let list = "1 echo attack: one amount=\"$KEYCASK_FIRST_SEED\" found=0 control=caught\n";
    for given in [None, Some("7000")] {
        let output = run(list, given);
        let [said, table] = [output.stderr, output.stdout].map(|it| String::from_utf8(it).unwrap());
        let printed = said.split_once("KEYCASK_FIRST_SEED=").unwrap().1;
        let printed = printed.lines().next().unwrap();
        assert!(table.contains(&format!(" {printed} |")), "{said}{table}");
        match given {
            Some(seed) => assert_eq!(printed, seed),
            None => assert!(printed.parse::<u64>().unwrap() > 1_000_000, "{printed}"),
        }
    }
}

/// Runs `by-tests` over a command that says what `cargo test` would.
fn by_tests(said: &str, status: u8) -> String {
    let dir = tempfile::tempdir().unwrap();
    let cargo = dir.path().join("cargo");
    let script = format!("[ \"$1\" = --no-run ] || {{ echo '{said}'; exit {status}; }}\n");
    fs::write(&cargo, script).unwrap();
    let mut run = Command::new(Path::new(TOP).join("tests/attack/by-tests"));
    run.args(["name", "tries: [0-9]+", "found_out", "N=2", "bash"]).arg(&cargo);
    // bash, the script, and what it is told before and after what is only built.
    let output = run.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.lines().last().unwrap_or_default();
    format!("{last} {}", output.status.success())
}

#[test]
fn tests_that_fail_are_findings_and_controls_that_fail_are_missed() {
    let good = "tries: 12 of 9\ntest part::it_holds ... ok\ntest part::a_lie_is_found_out ... ok";
    let line = "attack: name amount=12";
    assert_eq!(by_tests(good, 0), format!("{line} found=0 control=caught true"));
    let fails = |test: &str| good.replace(&format!("{test} ... ok"), &format!("{test} ... FAILED"));
    assert_eq!(by_tests(&fails("it_holds"), 101), format!("{line} found=1 control=caught false"));
    let missed = format!("{line} found=0 control=missed false");
    assert_eq!(by_tests(&fails("found_out"), 101), missed);
    // No control was among them; nothing was tried; the run ended in the middle.
    let bare = good.replace("test part::a_lie_is_found_out ... ok", "");
    assert_eq!(by_tests(&bare, 0), format!("{line} found=0 control=missed true"));
    let nothing = good.replace("tries", "");
    assert_eq!(by_tests(&nothing, 0), "attack: name amount=0 found=0 control=caught true");
    assert_eq!(by_tests(good, 134), format!("{line} found=1 control=caught false"));
}

/// The names of the attacks of the list.
fn listed() -> BTreeSet<String> {
    let list = fs::read_to_string(Path::new(TOP).join("tests/attack/list")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let name = |line: &str| {
        let mut words = line.split(' ').skip_while(|word| !word.starts_with("tests/attack/"));
        let (_, name) = (words.next().unwrap(), words.next().unwrap());
        name.to_owned()
    };
    lines.map(name).collect()
}

#[test]
fn the_page_describes_every_attack_of_the_list_and_every_fuzz_target_is_on_it() {
    let page = fs::read_to_string(Path::new(TOP).join("docs/attack.md")).unwrap();
    let listed = listed();
    let left_out: Vec<&String> =
        listed.iter().filter(|name| !page.contains(&format!("| {name} |"))).collect();
    assert!(left_out.is_empty(), "not in docs/attack.md: {left_out:?}");
    let targets = fs::read_dir(Path::new(TOP).join("fuzz/fuzz_targets")).unwrap();
    for target in targets {
        let target = target.unwrap().path();
        let name = target.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(listed.contains(&name), "the target {name} is no attack of the list");
    }
}
