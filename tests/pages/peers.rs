//! `docs/peers.md` has every defect once, with tests that there are.

use std::collections::BTreeSet;

use crate::names::{quoted, tests};

const PAGE: &str = include_str!("../../docs/peers.md");

/// How many defects there are.
const DEFECTS: usize = 52;

/// What is wrong with a page, beside these tests.
fn problems(page: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut numbers = Vec::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| P-")) {
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        let [number, wrong, here] = cells[..] else {
            problems.push(format!("P-{row}: want three cells"));
            continue;
        };
        let Ok(number) = number.parse::<usize>() else {
            problems.push(format!("P-{number}: is no number"));
            continue;
        };
        numbers.push(number);
        // What has a space in it is a command.
        let named: Vec<&str> = quoted(here).filter(|name| !name.contains(' ')).collect();
        let missing = named.iter().filter(|name| !tests.contains(**name));
        problems.extend(missing.map(|name| format!("P-{number}: there is no test {name}")));
        let owns = |name: &&str| {
            let parts =
                name.strip_prefix("p_").map_or((*name).to_owned(), |rest| format!("p{rest}"));
            parts.split('_').any(|part| part == format!("p{number}"))
        };
        let cannot_arise = here.starts_with("Cannot arise: ");
        if wrong.is_empty() || !(cannot_arise || named.iter().any(owns)) {
            problems.push(format!("P-{number}: no test has its number and no reason is given"));
        }
    }
    if numbers != (1..=DEFECTS).collect::<Vec<_>>() {
        problems.push(format!("the numbers are {numbers:?}, not 1 to {DEFECTS}"));
    }
    problems
}

#[test]
fn every_defect_has_a_test_with_its_number_or_a_reason_why_it_cannot_arise() {
    let problems = problems(PAGE, &tests());
    assert!(problems.is_empty(), "docs/peers.md:\n{}", problems.join("\n"));
}

#[test]
fn a_missing_number_and_a_test_that_there_is_not_are_noticed() {
    let row = |number: usize| format!("| P-{number} | wrong | `p{number}_a_test` |\n");
    let tests: BTreeSet<String> = (1..=DEFECTS).map(|n| format!("p{n}_a_test")).collect();
    let page: String = (1..=DEFECTS).map(row).collect();
    assert_eq!(problems(&page, &tests), [""; 0]);
    for (from, to, want) in [
        (row(7), String::new(), "the numbers are"),
        (row(7), row(7).repeat(2), "the numbers are"),
        (row(7), row(7).replace("p7_a", "p7_b"), "P-7: there is no test p7_b_test"),
        (row(7), row(7).replace("p7_", "p8_"), "P-7: no test has its number"),
        (row(7), "| P-7 | wrong | It is so. |\n".to_owned(), "P-7: no test has its number"),
        (row(7), "| P-7 | | Cannot arise: it is so. |\n".to_owned(), "P-7: no test"),
    ] {
        let found = problems(&page.replace(&from, &to), &tests);
        assert!(found.iter().any(|problem| problem.starts_with(want)), "{want}: {found:?}");
    }
    let reason = page.replace(&row(7), "| P-7 | wrong | Cannot arise: it is so. |\n");
    assert_eq!(problems(&reason, &tests), [""; 0]);
}
