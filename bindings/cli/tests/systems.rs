//! The systems' scripts, as they stand in `tests/systems`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

use keycask_cli::script::{Failure, Script, Tally, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The scripts by their file names.
fn scripts() -> Vec<(String, String)> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(root().join("tests/systems")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            scripts.push((file, fs::read_to_string(path).unwrap()));
        }
    }
    scripts.sort();
    scripts
}

fn play(file: &str, text: &str) -> Result<Tally, Vec<Failure>> {
    let script = Script::parse(file, text).map_err(|failure| vec![failure])?;
    run(&script, &|path| fs::read_to_string(root().join(path)).ok(), &mut |_, _, _| {})
}

fn holds(file: &str) {
    let scripts = scripts();
    let (file, text) = scripts.iter().find(|(name, _)| name == file).unwrap();
    if let Err(failures) = play(&format!("tests/systems/{file}"), text) {
        let lines: Vec<String> = failures.iter().map(Failure::to_string).collect();
        panic!("{} failures\n{}", lines.len(), lines.join("\n"));
    }
}

#[test]
fn cloudgeni_is_as_its_page_says() {
    holds("cloudgeni.txt");
}

#[test]
fn headers_in_all_spellings_are_told_apart() {
    holds("headers.txt");
}

#[test]
fn orbit_is_as_its_profile_says() {
    holds("orbit.txt");
}

#[test]
fn securecodinghub_is_as_its_page_says() {
    holds("securecodinghub.txt");
}

#[test]
fn seogeo_is_as_its_page_says() {
    holds("seogeo.txt");
}

#[test]
fn stackguardian_is_as_its_page_says() {
    holds("stackguardian.txt");
}

#[test]
fn stairoids_is_as_its_page_says() {
    holds("stairoids.txt");
}

#[test]
fn no_script_is_left_out_here() {
    let files: Vec<String> = scripts().into_iter().map(|(file, _)| file).collect();
    let here = [
        "cloudgeni",
        "headers",
        "orbit",
        "securecodinghub",
        "seogeo",
        "stackguardian",
        "stairoids",
    ];
    assert_eq!(files, here.map(|name| format!("{name}.txt")));
}

#[test]
fn every_shipped_profile_has_a_script() {
    let scripts = scripts();
    for entry in fs::read_dir(root().join("profiles")).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        let line = format!("\nprofile profiles/{file}\n");
        assert!(scripts.iter().any(|(_, text)| text.contains(&line)), "{file}");
    }
}

/// `line` with each value in it made longer, and how many there are.
fn with_other_values(line: &str) -> (String, usize) {
    let (mut out, mut count) = (String::new(), 0);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('=') {
        out.push_str(before);
        out.push('=');
        let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let end = match quote {
            Some(quote) => 1 + after[1..].find(quote).unwrap(),
            None => after.find(' ').unwrap_or(after.len()),
        };
        out.push_str(&after[..end]);
        out.push('x');
        rest = &after[end..];
        if quote.is_some() {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
        count += 1;
    }
    out.push_str(rest);
    (out, count)
}

/// `text` with every expectation altered, and how many failures that makes on which lines.
fn with_other_expectations(text: &str) -> (String, Vec<(usize, usize)>) {
    let mut lines = Vec::new();
    let mut wanted = Vec::new();
    let mut written_out = false;
    for (number, line) in (1..).zip(text.lines()) {
        written_out |= line.starts_with("answer ");
        written_out &= !line.is_empty();
        let (line, failures) = match line.split_once(' ') {
            Some(("=", rest)) => {
                // In a list the name of the key comes first, after the mark.
                let (rest, count) = with_other_values(rest);
                (format!("= {rest}"), count)
            }
            Some(("!", rest)) => (format!("! un{rest}"), 1),
            Some(("?", rest)) => (format!("? un{rest}"), 1),
            Some(("<", rest)) => (other_answer(rest), usize::from(!written_out)),
            // Fails on this line, for all that is other in the answer that it names.
            Some(("<<", _)) => (line.to_owned(), 1),
            _ => (line.to_owned(), 0),
        };
        if failures > 0 {
            wanted.push((number, failures));
        }
        lines.push(line);
    }
    (lines.join("\n"), wanted)
}

fn other_answer(rest: &str) -> String {
    match (rest.parse::<u16>(), rest.strip_prefix('!')) {
        (Ok(status), _) => format!("< {}", status + 1),
        (_, Some(name)) => format!("< {name}: x"),
        _ => format!("< {rest}x"),
    }
}

#[test]
fn every_expectation_of_every_script_is_noticed_when_it_is_altered() {
    for (file, text) in scripts() {
        let (text, wanted) = with_other_expectations(&text);
        let failures = play(&file, &text).expect_err(&file);
        for (line, count) in wanted {
            let found = failures.iter().filter(|failure| failure.line == line).count();
            assert!(found >= count, "{file}:{line}: {found} of {count} failures");
        }
    }
}

#[test]
fn every_answer_that_a_script_writes_out_is_used_by_it() {
    for (file, text) in scripts() {
        for name in text.lines().filter_map(|line| line.strip_prefix("answer ")) {
            let line = format!("\n<< {name}\n");
            assert!(text.contains(&line), "{file}: {name}");
        }
    }
}
