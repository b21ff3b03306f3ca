//! Each filter and each control of the attacks is in the name of a test: the harness passes over
//! one that matches nothing any more in silence.

use std::fs;
use std::path::{Path, PathBuf};

use crate::TOP;

/// The tests below a directory, by their paths from its root module.
fn tests_below(at: &Path, module: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let below = match stem {
            "lib" | "main" | "mod" => module.to_owned(),
            stem => format!("{module}{stem}::"),
        };
        if path.is_dir() {
            tests_below(&path, &below, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tests_of(&path, &below, found);
        }
    }
}

/// The tests that stand in a file, which is this module.
fn tests_of(path: &Path, module: &str, found: &mut Vec<String>) {
    let (mut inner, mut is_test) = (String::new(), false);
    for line in fs::read_to_string(path).unwrap().lines() {
        if let Some(name) = line.strip_prefix("mod ").and_then(|it| it.strip_suffix(" {")) {
            inner = format!("{name}::");
        }
        is_test |= line.trim() == "#[test]";
        if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            let name = rest.split('(').next().unwrap();
            found.push(format!("{module}{inner}{name}"));
            is_test = false;
        }
    }
}

/// The words between two texts of a script, but for options.
fn words(script: &str, begin: &str, end: &str) -> Vec<String> {
    let (_, rest) = script.split_once(begin).unwrap_or_else(|| panic!("no {begin:?}"));
    let words = rest.split_once(end).unwrap().0.split_whitespace();
    words.filter(|word| !word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn each_filter_of_miri_and_races_is_the_name_of_a_test() {
    let read = |name: &str| fs::read_to_string(Path::new(TOP).join("tests/attack").join(name));
    let (miri, races) = (read("miri").unwrap(), read("races").unwrap());
    let mut engine = ["all=(", "left_out=(", "threads=("].map(|at| words(&miri, at, ")")).concat();
    engine.extend(words(&miri, " keycask bounds ", " \""));
    engine.extend(words(&miri, " keycask race ", " \""));
    engine.extend(words(&races, "parts=(", ")"));
    let mut library = words(&miri, "keycask-c -- ", "\n");
    library.extend(words(&miri, " keycask-c unset ", " \""));
    let history = words(&races, "--test history -- p", " ||");
    let history: Vec<_> = history.iter().map(|rest| format!("p{rest}")).collect();
    for (at, filters, least) in
        [("src", engine, 40), ("bindings/c/src", library, 3), ("tests/history", history, 1)]
    {
        assert!(filters.len() >= least, "{filters:?}");
        let mut tests = Vec::new();
        tests_below(&Path::new(TOP).join(at), "", &mut tests);
        let is_dead = |filter: &&String| !tests.iter().any(|test| test.contains(*filter));
        let dead: Vec<&String> = filters.iter().filter(is_dead).collect();
        assert!(dead.is_empty(), "no test of {at} has such a name: {dead:?}");
    }
}

/// The words of a line, as a shell tells them apart.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for character in line.chars() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            (' ', None) => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

/// The tests of the program of a `cargo test` with these arguments.
fn program_tests(arguments: &[String]) -> Vec<String> {
    let after = |option: &str| {
        let at = arguments.iter().position(|argument| argument == option)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let package: PathBuf = match after("-p") {
        Some("keycask") => Path::new(TOP).to_owned(),
        Some("keycask-c") => Path::new(TOP).join("bindings/c"),
        other => panic!("the package {other:?}"),
    };
    let mut tests = Vec::new();
    match after("--test").map(|name| package.join("tests").join(name)) {
        None => tests_below(&package.join("src"), "", &mut tests),
        Some(program) if program.join("main.rs").exists() => tests_below(&program, "", &mut tests),
        Some(program) => tests_of(&program.with_extension("rs"), "", &mut tests),
    }
    tests
}

/// What of a `cargo test` and of its controls, one of which each of `controls` has to match, is in
/// no test's name.
fn dead(controls: &[&str], command: &[String]) -> Vec<String> {
    let end = command.iter().position(|word| word == "--").unwrap_or(command.len());
    let (arguments, rest) = command.split_at(end);
    let mut tests = program_tests(arguments);
    let (mut filters, mut skipped, mut is_skipped) = (Vec::new(), Vec::new(), false);
    for word in rest.iter().filter(|word| *word == "--skip" || !word.starts_with('-')) {
        match word.as_str() {
            "--skip" => is_skipped = true,
            word if std::mem::take(&mut is_skipped) => skipped.push(word),
            word => filters.push(word),
        }
    }
    let is_in = |tests: &[String], part: &str| tests.iter().any(|test| test.contains(part));
    let all = filters.iter().chain(&skipped).filter(|part| !is_in(&tests, part));
    let mut dead: Vec<String> = all.map(|part| (*part).to_owned()).collect();
    tests.retain(|test| filters.is_empty() || filters.iter().any(|part| test.contains(part)));
    tests.retain(|test| !skipped.iter().any(|part| test.contains(part)));
    dead.extend(controls.iter().filter(|part| !is_in(&tests, part)).map(|it| (*it).to_owned()));
    dead
}

/// The names of the tests of a binding: what follows this in a line of those files of a directory
/// that end so.
fn binding_tests(at: &str, ending: &str, begin: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(Path::new(TOP).join(at)).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with(ending) {
            let text = fs::read_to_string(&path).unwrap();
            let after = text.lines().filter_map(|line| line.strip_prefix(begin)?.split('(').next());
            names.extend(after.map(str::to_owned));
        }
    }
    names
}

/// What a line of the list names and is not there.
fn dead_of(line: &str) -> Vec<String> {
    let words = shell_words(line);
    let at = words.iter().position(|word| word.starts_with("tests/attack/")).unwrap();
    let (script, words) = (words[at].as_str(), &words[at + 1..]);
    let is_run = |words: &[String]| words[..2] == ["cargo", "test"];
    match script {
        "tests/attack/by-tests" => {
            let [_, _, control, first, command @ ..] = words else { panic!("{line}") };
            assert!(is_run(command), "{line}");
            // Of two runs for 1 nothing is learnt.
            let amount = first.split_once('=').map(|(_, amount)| amount.parse::<u64>().unwrap());
            assert!(amount.is_none_or(|amount| amount > 1), "{line}");
            dead(&control.split('|').collect::<Vec<_>>(), command)
        }
        "tests/attack/fuzz" => {
            let default = [&words[0], "keycask", "--test", "fuzz_corpus"].map(str::to_owned);
            let (begin, package) = match words {
                [target] => (format!("{target}::"), &default[1..]),
                [_, begin, package @ ..] => (begin.clone(), package),
                [] => panic!("{line}"),
            };
            let mut arguments = vec!["-p".to_owned()];
            arguments.extend_from_slice(package);
            let tests = program_tests(&arguments);
            let controls = ["planted", "noticed", "found_out"];
            let is_control = |test: &String| {
                let rest = test.strip_prefix(&begin);
                rest.is_some_and(|rest| controls.iter().any(|part| rest.contains(part)))
            };
            if tests.iter().any(is_control) { Vec::new() } else { vec![begin] }
        }
        "tests/attack/binding" => {
            let [name, clean, control, command] = words else { panic!("{line}") };
            let tests = match name.split('-').next() {
                Some("go") => binding_tests("bindings/go", "_test.go", "func "),
                _ => binding_tests("bindings/python/tests", ".py", "def "),
            };
            let run = command.split_once("-run \"").and_then(|(_, rest)| rest.split_once('"'));
            let run = run.map_or("", |(run, _)| run);
            let mut dead: Vec<String> = run.split('|').map(str::to_owned).collect();
            dead.extend([clean.clone(), control.clone()]);
            dead.retain(|part| !tests.iter().any(|test| test.contains(part)));
            dead
        }
        // Their filters are their own: `each_filter_of_miri_and_races_is_the_name_of_a_test`.
        "tests/attack/miri" | "tests/attack/races" => Vec::new(),
        _ => panic!("{line}"),
    }
}

#[test]
fn each_filter_and_each_control_of_the_list_is_in_the_name_of_a_test() {
    let list = fs::read_to_string(Path::new(TOP).join("tests/attack/list")).unwrap();
    let lines: Vec<_> =
        list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert!(lines.len() > 30, "{}", lines.len());
    let dead: Vec<_> = lines
        .iter()
        .flat_map(|line| dead_of(line).into_iter().map(move |part| format!("{part}: {line}")))
        .collect();
    assert!(dead.is_empty(), "no test has such a name: {dead:#?}");
}

#[test]
fn a_filter_and_a_control_that_are_in_no_name_are_noticed() {
    let by_tests = |control: &str, end: &str| {
        let begin = "1 tests/attack/by-tests name 'a [0-9]+' ";
        dead_of(&format!("{begin}'{control}' N=2 cargo test -p keycask --test attack -- {end}"))
    };
    // This test is among those.
    assert!(by_tests("a_filter_and|noticed", "filters:: --skip checked:: --quiet").is_empty());
    assert_eq!(by_tests("noticed|no_such", "filters::"), ["no_such"]);
    assert_eq!(by_tests("noticed", "filters:: no_such"), ["no_such"]);
    assert_eq!(by_tests("noticed", "filters:: --skip no_such"), ["no_such"]);
    // It is there, and it is not run.
    assert_eq!(by_tests("noticed", "checked::"), ["noticed"]);
    assert_eq!(by_tests("noticed", "filters:: --skip are_noticed"), ["noticed"]);
    assert_eq!(dead_of("1 tests/attack/fuzz no_such"), ["no_such::"]);
    assert_eq!(dead_of("1 tests/attack/fuzz rows fuzzed:: keycask --test attack"), ["fuzzed::"]);
    assert_eq!(
        dead_of("1 tests/attack/binding go-x TestNoSuch TestA 'go test -run \"B|NoSuch\" .'"),
        ["NoSuch", "TestNoSuch"]
    );
}
