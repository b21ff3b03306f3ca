//! `make attack` fails if an attack finds something, misses its control or says nothing, and its
//! list and its page name the same attacks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

mod checked;
mod filters;
mod targets;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const TOP: &str = env!("CARGO_MANIFEST_DIR");
const FIRST_SEED: &str = "KEYCASK_FIRST_SEED";

/// Runs the attacks of a list for a minute, of which they take none. Gives whether all is well, and
/// the table.
fn attack(list: &str) -> (bool, String) {
    let output = run(list, None);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// The same from this seed on, if it is given.
fn run(list: &str, first_seed: Option<&str>) -> Output {
    run_for("1", list, first_seed)
}

fn run_for(minutes: &str, list: &str, first_seed: Option<&str>) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list");
    fs::write(&path, list).unwrap();
    let mut run = Command::new(Path::new(TOP).join("tests/attack/run"));
    run.arg(minutes).arg(&path).arg(dir.path()).env_remove(FIRST_SEED);
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
            "| the-other |     43 |     0 | caught  |",
        ]
    );
}

#[test]
fn minutes_that_are_no_whole_number_from_one_on_are_refused_before_anything_runs() {
    let list = says("attack: one amount=1 found=0 control=caught", 0);
    for minutes in ["0", "-1", "1.5", "", "00", "1e3", "ten", "99999999999999999999"] {
        let output = run_for(minutes, &list, None);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{minutes:?}: {said}");
        assert!(said.contains("a whole number from 1 to 999999"), "{minutes:?}: {said}");
        assert!(output.stdout.is_empty());
    }
}

/// As what it needs is missing.
#[test]
fn the_last_words_of_an_attack_that_did_not_say_how_it_went_are_told() {
    let output = run(&says("keycask: it is missing: run: install it", 1), None);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("keycask: it is missing: run: install it\n"), "{said}");
}

/// A fuzzer that is given no seconds does not end.
#[test]
fn the_share_of_each_is_a_second_at_least() {
    let list = "1 echo attack: one amount=\"$KEYCASK_ATTACK_SECONDS\" found=0 control=caught\n\
                1000 echo attack: other amount=\"$KEYCASK_ATTACK_SECONDS\" found=0 \
                 control=caught\n";
    let (is_well, table) = attack(list);
    assert!(is_well && table.contains("| one    |      1 |"), "{table}");
    assert!(table.contains("| other  |     59 |"), "{table}");
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

/// Whether a process that was given this as its name is there.
fn is_running(name: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap();
    let begins = |path: &Path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        line.starts_with(format!("{name}\0").as_bytes())
    };
    processes.flatten().any(|process| begins(&process.path()))
}

/// One waits, one does not want to end, and of both a process is left that does not, either. The
/// last line of the first would have been taken for how it went.
#[test]
fn an_attack_that_hangs_is_ended_with_all_that_it_started_and_the_next_are_made() {
    let name = format!("keycask-hangs-{}", std::process::id());
    let left = format!("(trap \"\" TERM; exec -a {name} sleep 600) &");
    let hangs = "attack: hangs amount=1 found=0 control=caught";
    let list = format!(
        "1 {left} echo '{hangs}'; sleep 600\n\
         1 {left} trap '' TERM; while :; do sleep 1 || true; done\n{}",
        says("attack: last amount=1 found=0 control=caught", 0)
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list");
    fs::write(&path, list).unwrap();
    let mut run = Command::new(Path::new(TOP).join("tests/attack/run"));
    // Of a minute each has twenty seconds.
    run.arg("1").arg(&path).arg(dir.path()).env("KEYCASK_ATTACK_ALLOWANCE", "-19");
    let output = run.output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{table}");
    assert_eq!(table.matches("| ended with 124 |").count(), 2, "{table}");
    assert!(table.contains("| last "), "{table}");
    assert!(!is_running(&name), "what an attack started goes on");
}

const PASSES: &str = "test result: ok.";

/// The last words of a harness whose tests of these names failed.
fn fails(names: &[&str]) -> String {
    let said = "failures:\n\n---- a test stdout ----\n    a-word\n\n";
    let names: String = names.iter().map(|name| format!("    {name}\n")).collect();
    format!("{said}failures:\n{names}\ntest result: FAILED.")
}

/// Writes a program. A process of its own does: one that a test beside this one starts would keep a
/// file open that is written here, and what is written to is not run.
fn program(path: &Path, script: &str) {
    let mut write = Command::new("bash");
    write.args(["-c", r#"printf '%s' "$1" >"$2" && chmod 700 "$2""#, "write", script]).arg(path);
    assert!(write.status().unwrap().success());
}

/// A `cargo` in a directory: it has these tests, says this of them, and ends with this.
fn cargo(dir: &Path, tests: &[&str], said: &str, status: u8) {
    let tests: String = tests.iter().map(|test| format!("{test}: test\n")).collect();
    let script = format!(
        "#!/bin/bash\ncase \"$*\" in *--no-run) ;; *--list) echo '{tests}' ;;\n\
         *) echo '{said}'; exit {status} ;; esac\n"
    );
    program(&dir.join("cargo"), &script);
}

/// The last line of a script of `tests/attack`, and whether it ended well. It runs in `dir`, where
/// it finds its `cargo`.
fn last_line(dir: &Path, script: &str, arguments: &[&str]) -> String {
    let mut run = Command::new(Path::new(TOP).join("tests/attack").join(script));
    let path = format!("{}:{}", dir.display(), env::var("PATH").unwrap());
    run.env("PATH", path).env("KEYCASK_ATTACK_SECONDS", "2");
    let output = run.args(arguments).current_dir(dir).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    format!("{} {}", said.lines().last().unwrap_or_default(), output.status.success())
}

/// Runs `by-tests` over a `cargo test` that says this and ends with this.
fn by_tests(said: &str, status: u8) -> String {
    let dir = tempfile::tempdir().unwrap();
    cargo(dir.path(), &["part::it_holds", "part::a_lie_is_found_out"], said, status);
    let arguments = ["name", "tries: [0-9]+", "found_out", "N=2", "cargo", "test"];
    last_line(dir.path(), "by-tests", &arguments)
}

#[test]
fn tests_that_fail_are_findings_and_controls_that_fail_are_missed() {
    let line = "attack: name amount=12";
    let tries = "tries: 4 of 9, tries: 8";
    let ended = |end: &str, status| by_tests(&format!("{tries}\n{end}"), status);
    assert_eq!(ended(PASSES, 0), format!("{line} found=0 control=caught true"));
    let found = fails(&["part::it_holds"]);
    assert_eq!(ended(&found, 101), format!("{line} found=1 control=caught false"));
    let missed = fails(&["part::a_lie_is_found_out"]);
    assert_eq!(ended(&missed, 101), format!("{line} found=0 control=missed false"));
    // Nothing was tried; the run ended in the middle; it failed after all tests had passed.
    assert_eq!(by_tests(PASSES, 0), "attack: name amount=0 found=0 control=caught true");
    assert_eq!(ended("", 134), format!("{line} found=1 control=missed false"));
    assert_eq!(ended(PASSES, 101), format!("{line} found=1 control=caught false"));
}

#[test]
fn results_are_read_also_where_what_tests_write_stands_between_them() {
    // As the harness does on one processor: a name first, its result when there is one.
    let torn = |result: &str, end: &str| {
        format!("test part::it_holds ... tries: 12 of\n    part::it_holds\n{result}\n{end}")
    };
    let line = "attack: name amount=12";
    let well = by_tests(&torn("ok", PASSES), 0);
    assert_eq!(well, format!("{line} found=0 control=caught true"));
    let found = by_tests(&torn("FAILED", &fails(&["part::it_holds"])), 101);
    assert_eq!(found, format!("{line} found=1 control=caught false"));
}

/// Of a control of several parts, each has a test.
#[test]
fn without_a_test_for_each_part_of_the_control_it_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let tests = ["part::it_holds", "part::a_lie_is_found_out", "part::a_race_is_noticed"];
    for (control, how) in [
        ("found_out", "caught"),
        ("found_out|noticed", "caught"),
        ("found_out|no_such", "missed"),
        ("no_such|found_out", "missed"),
        ("found_out|no_such|noticed", "missed"),
    ] {
        cargo(dir.path(), &tests, PASSES, 0);
        let arguments = ["name", "tries: [0-9]+", control, "N=2", "cargo", "test"];
        let line = last_line(dir.path(), "by-tests", &arguments);
        assert_eq!(line, format!("attack: name amount=0 found=0 control={how} true"));
    }
}

#[test]
fn without_a_control_among_the_tests_it_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    cargo(dir.path(), &["part::it_holds"], PASSES, 0);
    let arguments = ["name", "tries: [0-9]+", "found_out", "N=2", "cargo", "test"];
    let line = last_line(dir.path(), "by-tests", &arguments);
    assert_eq!(line, "attack: name amount=0 found=0 control=missed true");
}

#[test]
fn what_fails_with_as_little_as_can_be_done_is_found_and_controls_are_not_judged_by_it() {
    let fails_at_one = |name: &str| {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            "#!/bin/bash\ncase \"$*\" in *--no-run) ;;\n\
             *--list) echo 'it_holds: test'; echo 'a_lie_is_found_out: test' ;;\n\
             *) echo \"tries: $N\"; [ $N != 1 ] || {{ echo '{}'; exit 101; }}\n\
             echo '{PASSES}' ;; esac\n",
            fails(&[name])
        );
        program(&dir.path().join("cargo"), &script);
        let arguments = ["name", "tries: 2", "found_out", "N=2", "cargo", "test"];
        last_line(dir.path(), "by-tests", &arguments)
    };
    let line = "attack: name amount=2";
    let found = fails_at_one("it_holds");
    assert_eq!(found, format!("{line} found=1 control=caught false"));
    let control = fails_at_one("a_lie_is_found_out");
    assert!(control.ends_with(" found=0 control=caught true"), "{control}");
}

/// A `cargo` whose tests take some milliseconds each time, so many more for each of the `N` that
/// they are told to do, and when they are run first so many to build something.
struct Pace {
    each: u64,
    always: u64,
    built: u64,
}

impl Pace {
    /// The amounts that they are told one after another to attack for some seconds, without those
    /// by which it is found out what they always take.
    fn told(&self, seconds: u64) -> Vec<u64> {
        let dir = tempfile::tempdir().unwrap();
        let Self { each, always, built } = self;
        let script = format!(
            "#!/bin/bash\nms() {{ sleep $(($1 / 1000)).$(printf %03d $(($1 % 1000))); }}\n\
             case \"$*\" in *--no-run) ;; *--list) echo 'a_lie_is_found_out: test' ;;\n\
             *) [ -e told ] || ms {built}; echo $N >>told; ms $((N * {each} + {always}))\n\
             echo \"tries: $N\"; echo '{PASSES}' ;; esac\n"
        );
        program(&dir.path().join("cargo"), &script);
        let mut run = Command::new(Path::new(TOP).join("tests/attack/by-tests"));
        run.args(["name", "tries: [0-9]+", "found_out", "N=2", "cargo", "test"])
            .current_dir(dir.path());
        let path = format!("{}:{}", dir.path().display(), env::var("PATH").unwrap());
        run.env("PATH", path).env("KEYCASK_ATTACK_SECONDS", seconds.to_string());
        let said = String::from_utf8(run.output().unwrap().stdout).unwrap();
        let told = fs::read_to_string(dir.path().join("told")).unwrap();
        let mut told: Vec<u64> = told.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(told.remove(0), 1, "what tests build is not built before the time begins");
        told.retain(|amount| *amount > 1);
        let last = told.last().unwrap();
        assert!(said.ends_with(&format!("amount={last} found=0 control=caught\n")), "{said}");
        // What is always taken once is no part of the time.
        let took: u64 = told.iter().map(|amount| amount * each + always).sum();
        assert!(told.len() == 1 || took <= seconds * 1000 + always, "{told:?} take {took} ms");
        told
    }
}

/// On however slow a machine, no run is begun that, as the runs before went, ends too late.
#[test]
fn tests_are_told_to_do_what_the_time_lets_them_do() {
    // Each of the first takes all of the time already.
    assert_eq!(Pace { each: 600, always: 50, built: 0 }.told(1), [2]);
    // The last is most of the time.
    let told = Pace { each: 50, always: 50, built: 0 }.told(3);
    assert!(told.len() > 1 && told.windows(2).all(|two| two[1] >= 2 * two[0]), "{told:?}");
    assert!(*told.last().unwrap() >= 8, "{told:?}");
    // Eight times as many at most, as long as what does not grow hides how long they take.
    let told = Pace { each: 1, always: 200, built: 0 }.told(2);
    assert!(told.len() > 1 && told[1] <= 20, "{told:?}");
}

/// What a run takes for its controls is not taken for what its amount takes, also where the first
/// one built what the others use.
#[test]
fn what_each_run_takes_beside_its_amount_does_not_keep_the_amount_small() {
    for built in [0, 1500] {
        let told = Pace { each: 20, always: 1000, built }.told(4);
        assert!(told.len() <= 3 && *told.last().unwrap() >= 16, "{told:?}");
    }
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
