//! `docs/threats.md` has every threat once, with files and tests that there are, and says what is
//! not covered.

use std::collections::BTreeSet;

use crate::names::{quoted, tests, top};

const PAGE: &str = include_str!("../../docs/threats.md");

/// How many threats there are.
const THREATS: usize = 28;

/// What is wrong with a page, beside these tests and the files for which `is_there` holds.
fn problems(page: &str, tests: &BTreeSet<String>, is_there: fn(&str) -> bool) -> Vec<String> {
    let mut problems = Vec::new();
    let mut numbers = Vec::new();
    for section in page.split("\n### C").skip(1) {
        let section = section.split("\n## ").next().unwrap_or(section);
        let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
        let Some(number) = heading.split_once(". ").and_then(|(n, _)| n.parse::<usize>().ok())
        else {
            problems.push(format!("C{heading}: has no number"));
            continue;
        };
        numbers.push(number);
        let part = |lead: &str| {
            let paragraphs = body.split("\n\n").map(str::trim);
            paragraphs.filter_map(|text| text.strip_prefix(lead)).collect::<Vec<_>>().join(" ")
        };
        let (files, shown, not) = (part("By: "), part("Shown by: "), part("Not: "));
        let gone = quoted(&files).filter(|file| !is_there(file));
        problems.extend(gone.map(|file| format!("C{number}: there is no file {file}")));
        let gone = quoted(&shown).filter(|test| !tests.contains(*test));
        problems.extend(gone.map(|test| format!("C{number}: there is no test {test}")));
        for (what, is_missing) in [
            ("file", quoted(&files).next().is_none()),
            ("test", quoted(&shown).next().is_none()),
            ("word of what is not covered", not.is_empty()),
        ] {
            if is_missing {
                problems.push(format!("C{number}: no {what}"));
            }
        }
    }
    numbers.sort_unstable();
    if numbers != (1..=THREATS).collect::<Vec<_>>() {
        problems.push(format!("the numbers are {numbers:?}, not 1 to {THREATS}"));
    }
    problems
}

#[test]
fn every_threat_has_files_and_tests_that_there_are_and_says_what_is_not_covered() {
    let problems = problems(PAGE, &tests(), |file| top().join(file).exists());
    assert!(problems.is_empty(), "docs/threats.md:\n{}", problems.join("\n"));
}

#[test]
fn a_threat_without_file_test_or_limit_and_names_of_what_is_not_there_are_noticed() {
    let row = |n| format!("\n### C{n}. It\n\nSo.\n\nBy: `a.rs`.\n\nShown by: `t_1`.\n\nNot: x.\n");
    let page: String = (1..=THREATS).map(row).collect();
    let tests = BTreeSet::from(["t_1".to_owned()]);
    let found = |from: &str, to: &str| {
        problems(&page.replace(&row(7), &row(7).replace(from, to)), &tests, |file| file == "a.rs")
    };
    assert_eq!(found("", ""), [""; 0]);
    assert_eq!(found("`a.rs`", "`b.rs`"), ["C7: there is no file b.rs"]);
    assert_eq!(found("`a.rs`", "it"), ["C7: no file"]);
    assert_eq!(found("`t_1`", "`t_2`"), ["C7: there is no test t_2"]);
    assert_eq!(found("Shown by", "Seen by"), ["C7: no test"]);
    assert_eq!(found("Not: x.", ""), ["C7: no word of what is not covered"]);
    assert!(found("C7. ", "C8. ").iter().any(|problem| problem.starts_with("the numbers are")));
    assert!(found("C7. It", "C7").contains(&"C7: has no number".to_owned()));
}
