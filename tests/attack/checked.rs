//! The attacks that are no tests of Rust's alone, with other programs in place of those that they
//! start: `miri`, `races`, `c-races` and those of bindings.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::{PASSES, TOP, fails, last_line, program};

/// A tree in which scripts find those of `tests/attack`, and nothing has to be installed.
fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join(".ci")).unwrap();
    program(&dir.path().join(".ci/prepare"), "#!/bin/sh\n");
    symlink(Path::new(TOP).join("tests"), dir.path().join("tests")).unwrap();
    dir
}

/// A case of what a program is told: what it then says, and what it ends with.
fn says(told: &str, said: &str, status: u8) -> String {
    format!("    *{told}*) echo '{said}'; exit {status} ;;\n")
}

/// A program in a directory that does the first of these that is so of its arguments, and of the
/// environment's flags for Miri.
fn cases(dir: &Path, name: &str, cases: &[String]) {
    let script = format!("#!/bin/bash\ncase \"$MIRIFLAGS $*\" in\n{}esac\n", cases.concat());
    program(&dir.join(name), &script);
}

const BOUNDS: &str = "error: Undefined Behavior: constructing invalid value";
const RACE: &str = "error: Undefined Behavior: Data race detected";
const UNSET: &str = "error: Undefined Behavior: encountered uninitialized memory";

/// Runs `miri`: what is said of the planted mistakes, of all tests, of a second's many seeds.
fn miri(planted: [(&str, u8); 3], once: (&str, u8), seeds: (&str, u8)) -> String {
    let dir = tree();
    let [bounds, race, unset] = planted;
    let each = [
        says("package.keycask.*bounds", bounds.0, bounds.1),
        says("package.keycask.*race", race.0, race.1),
        says("package.keycask-c.*unset", unset.0, unset.1),
        says("many-seeds", "", 0)
            .replace("exit 0", &format!("sleep 1; echo '{}'; exit {}", seeds.0, seeds.1)),
        says("", once.0, once.1),
    ];
    cases(dir.path(), "cargo", &each);
    last_line(dir.path(), "miri", &["miri"])
}

#[test]
fn miri_counts_what_passed_and_what_it_has_to_tell_of() {
    let ok = ("test result: ok. 3 passed", 0);
    let none = ("test result: ok. 0 passed", 0);
    let failed = ("test result: FAILED. 2 passed; 1 failed", 101);
    let (bounds, race, unset) = ((BOUNDS, 1), (RACE, 1), (UNSET, 1));
    let all = [bounds, race, unset];
    let line = |amount, rest: &str| format!("attack: miri amount={amount} {rest}");
    assert_eq!(miri(all, ok, ok), line(9, "found=0 control=caught true"));
    assert_eq!(miri(all, failed, ok), line(0, "found=1 control=caught false"));
    assert_eq!(miri(all, ok, failed), line(6, "found=1 control=caught false"));
    assert_eq!(miri(all, ok, ("ended", 134)), line(6, "found=1 control=caught false"));
    // A planted mistake passes, another one is told, or the test fails for another reason.
    for planted in [
        [ok, race, unset],
        [bounds, ok, unset],
        [bounds, race, ok],
        [race, race, unset],
        [bounds, failed, unset],
        [bounds, race, failed],
    ] {
        assert_eq!(miri(planted, ok, ok), line(9, "found=0 control=missed true"));
    }
    // Filters that match nothing: `run` takes an amount of 0 for an error.
    assert_eq!(miri([none; 3], none, none), line(0, "found=0 control=missed true"));
}

const TOLD: &str = "WARNING: ThreadSanitizer: data race";

/// Runs `races`: what is said of the planted mistake, of the parts and of the tests of history,
/// which have this control.
fn races(planted: (&str, u8), parts: (&str, u8), history: (&str, u8), control: &str) -> String {
    let dir = tree();
    cases(dir.path(), "rustc", &[says("", "host: here", 0)]);
    let each = [
        says("--no-run", "", 0),
        says("--list", &format!("part::it_holds: test\n{control}"), 0),
        says("planted", planted.0, planted.1),
        says("--lib", parts.0, parts.1),
        says("", history.0, history.1),
    ];
    cases(dir.path(), "cargo", &each);
    last_line(dir.path(), "races", &["races"])
}

#[test]
fn races_fails_with_its_parts_and_with_history_and_has_two_controls() {
    let (control, name) = ("part::a_lie_is_found: test", "part::a_lie_is_found");
    let (planted, ok) = ((TOLD, 66), (PASSES, 0));
    let ends = |end: &str, status| (format!("12 verifies\n{end}"), status);
    let (well, found, missed) =
        (ends(PASSES, 0), ends(&fails(&["part::it_holds"]), 101), ends(&fails(&[name]), 101));
    let with = |(said, status): &(String, u8)| races(planted, ok, (said, *status), control);
    let line = |rest: &str| format!("attack: races amount=12 {rest}");
    assert_eq!(with(&well), line("found=0 control=caught true"));
    assert_eq!(with(&found), line("found=1 control=caught false"));
    assert_eq!(with(&missed), line("found=1 control=missed false"));
    let well = (well.0.as_str(), 0);
    let failing = races(planted, (&fails(&["a"]), 101), well, control);
    assert_eq!(failing, line("found=1 control=caught false"));
    // The planted race passes, or the test fails without it.
    assert_eq!(races(ok, ok, well, control), line("found=0 control=missed true"));
    assert_eq!(races(("no", 66), ok, well, control), line("found=0 control=missed true"));
    assert_eq!(races((TOLD, 0), ok, well, control), line("found=0 control=missed true"));
    // A filter that matches no control, and one that matches nothing.
    assert_eq!(races(planted, ok, well, ""), line("found=0 control=missed true"));
    let nothing = races(planted, ok, ok, "");
    assert_eq!(nothing, "attack: races amount=0 found=0 control=missed true");
}

/// Runs `c-races` over programs of C that say this: the planted ones, that of threads, the random
/// calls.
fn c_races(planted: [(&str, u8); 2], threads: (&str, u8), random: (&str, u8)) -> String {
    let dir = tree();
    let built = "target/races/here/quick";
    let library = format!("mkdir -p {built}; : >{built}/libkeycask.so");
    let build = "    *)".to_owned() + &library + " ;;\n";
    cases(dir.path(), "cargo", &[build]);
    cases(dir.path(), "emitter", &[says("", "", 0)]);
    let emitter = "    *emitter*) cp emitter \"$4\" ;;\n".to_owned();
    cases(dir.path(), "rustc", &[says("-vV", "host: here", 0), emitter, says("", ".", 0)]);
    let each = [
        says("/planted-threads/", planted[0].0, planted[0].1),
        says("/planted-random/", planted[1].0, planted[1].1),
        says("/threads/", threads.0, threads.1),
        says("/random/", "", 0)
            .replace("exit 0", &format!("sleep 1; echo '{}'; exit {}", random.0, random.1)),
    ];
    cases(dir.path(), "built", &each);
    // What is built is told where it lies itself.
    let link = "    *-o*/program*) for at; do [[ $at != */program ]] || break; done\n\
                printf '#!/bin/sh\\nexec %s/built \"$0\"\\n' \"$PWD\" >\"$at\"\n\
                chmod 700 \"$at\" ;;\n";
    let object = "    *) : >\"${@: -1}\" ;;\n".to_owned();
    cases(dir.path(), "clang", &[link.to_owned(), object]);
    last_line(dir.path(), "races", &["c-races"])
}

#[test]
fn c_races_counts_calls_until_one_is_found() {
    let (told, ok, calls) = ((TOLD, 66), ("", 0), ("random: calls: 20, 9 of them done", 0));
    let planted = [told; 2];
    let well = c_races(planted, ok, calls);
    assert!(well.ends_with("0 found=0 control=caught true"), "{well}");
    assert!(!well.contains("amount=0 "), "{well}");
    let line = |amount, rest: &str| format!("attack: c-races amount={amount} {rest}");
    assert_eq!(c_races(planted, told, calls), line(0, "found=1 control=caught false"));
    assert_eq!(c_races(planted, ok, told), line(0, "found=1 control=caught false"));
    for untold in [[ok, told], [told, ok], [("no race", 66), told], [told, (TOLD, 0)]] {
        let missed = c_races(untold, ok, calls);
        assert!(missed.ends_with("0 found=0 control=missed true"), "{missed}");
    }
    let nothing = c_races(planted, ok, ok);
    assert_eq!(nothing, line(0, "found=0 control=caught true"));
}

/// Runs `binding` over a command of this name that says this.
fn binding(command: &str, said: &str, status: u8) -> String {
    let dir = tree();
    cases(dir.path(), command, &[says("", said, status)]);
    let arguments = ["name", "TestClean", "TestControl", &format!("{command} test")];
    last_line(dir.path(), "binding", &arguments)
}

#[test]
fn two_tests_of_another_language_are_an_attack_and_its_control() {
    let calls = "residue: 30 calls";
    let line = |rest: &str| format!("attack: name amount=30 {rest}");
    let go = |clean: &str, control: &str, status| {
        let said =
            format!("{calls}\n--- {clean}: TestClean (1.00s)\n--- {control}: TestControl (1.00s)");
        binding("go", &said, status)
    };
    assert_eq!(go("PASS", "PASS", 0), line("found=0 control=caught true"));
    assert_eq!(go("FAIL", "PASS", 1), line("found=1 control=caught false"));
    assert_eq!(go("PASS", "FAIL", 1), line("found=0 control=missed false"));
    let python = |clean: &str, control: &str, status| {
        let said = format!(
            "{calls}\na.py::TestClean {clean}\na.py::TestControl[0] PASSED\n\
             a.py::TestControl[1] {control}"
        );
        binding("python", &said, status)
    };
    assert_eq!(python("PASSED", "PASSED", 0), line("found=0 control=caught true"));
    assert_eq!(python("FAILED", "PASSED", 1), line("found=1 control=caught false"));
    assert_eq!(python("PASSED", "FAILED", 1), line("found=0 control=missed false"));
    assert_eq!(python("SKIPPED", "PASSED", 0), line("found=1 control=caught false"));
    // A filter that matches nothing, and a run that ended in the middle.
    let nothing = binding("go", "testing: warning: no tests to run\nPASS", 0);
    assert_eq!(nothing, "attack: name amount=0 found=1 control=missed false");
    let ended = binding("go", &format!("{calls}\n--- PASS: TestClean (1.00s)"), 2);
    assert_eq!(ended, line("found=0 control=missed false"));
}
