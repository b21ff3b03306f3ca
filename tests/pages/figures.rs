//! Figures and lists that stand in several places are the same in each.

use std::collections::BTreeSet;

const PERFORMANCE: &str = include_str!("../../docs/performance.md");

/// The cells of the row of `docs/performance.md` that begins so.
fn row(begin: &str) -> Vec<&str> {
    let row = PERFORMANCE.lines().find_map(|line| line.strip_prefix("| ")?.strip_prefix(begin));
    row.unwrap_or_default().split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// A ratio and the nanoseconds behind it, as `0.94 (247 ns)` or with more after it.
fn figure(cell: &str) -> (&str, &str) {
    let (ratio, rest) = cell.split_once(" (").unwrap();
    (ratio, rest.split_once(')').unwrap().0)
}

#[test]
fn the_first_figures_are_those_of_the_table() {
    let readme = include_str!("../../README.md").replace('\n', " ");
    let (hit, unknown) = (row("hit, uniform, chain")[0], row("unknown, chain")[0]);
    let ((hit, hit_ns), (unknown, unknown_ns)) = (figure(hit), figure(unknown));
    let want = format!(
        "is verified in {hit_ns}, an unknown one refused in {unknown_ns}: {hit} and {unknown} of"
    );
    assert!(readme.contains(&want), "README.md: want {want:?}");
    let compare = include_str!("../../docs/compare.md");
    assert!(compare.contains(&format!("| {hit_ns} among")), "docs/compare.md: want {hit_ns}");
}

#[test]
fn the_instructions_of_a_verify_are_those_that_are_expected() {
    let expected = include_str!("../../benches/count/expected");
    let expected: Vec<&str> = expected.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let told: Vec<String> = row("instructions").iter().map(|it| it.replace(',', "")).collect();
    assert_eq!(told, expected);
}

/// The files of `src/` in a list, in order.
fn files(list: &str) -> Vec<&str> {
    let mut files: Vec<_> = list.lines().filter(|line| line.starts_with("src/")).collect();
    files.sort_unstable();
    files
}

/// The names that are not in both once.
fn not_once_in_each(files: &[&str], said: &[&str]) -> Vec<String> {
    let times = |all: &[&str], name: &str| all.iter().filter(|it| **it == name).count();
    let all: BTreeSet<&str> = files.iter().chain(said).copied().collect();
    let is_other = |name: &&str| (times(files, name), times(said, name)) != (1, 1);
    all.into_iter().filter(is_other).map(ToOwned::to_owned).collect()
}

/// The files of a list that the table of lines and branches on a page has not, or twice, and those
/// that it has and the list has not.
fn uncovered(list: &str, page: &str) -> Vec<String> {
    let (_, part) = page.split_once("\n### Figures\n").unwrap();
    let (part, _) = part.split_once("\n## ").unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let rows: Vec<&str> = rows.map(|(file, _)| file).filter(|file| *file != "src/").collect();
    not_once_in_each(&files(list), &rows)
}

#[test]
fn every_file_that_is_to_be_tested_whole_has_its_lines_and_branches_told() {
    let list = include_str!("../completeness/files");
    assert_eq!(uncovered(list, include_str!("../../docs/completeness.md")), [""; 0]);
}

#[test]
fn a_file_whose_lines_and_branches_are_not_told_or_told_twice_is_noticed() {
    let list = "# Files.\nsrc/a.rs\nsrc/b/c.rs\n";
    let page = "x\n### Figures\n\n| all of `src/` | 9 |\n| `src/a.rs` | 1 |\n| `src/b/c.rs` | 2 |\n\
                \n## Mutants\n\n| `src/d.rs` | 3 |\n";
    let found = |from: &str, to: &str| uncovered(list, &page.replace(from, to));
    assert_eq!(found("", ""), [""; 0]);
    assert_eq!(found("| `src/a.rs` | 1 |\n", ""), ["src/a.rs"]);
    assert_eq!(found("`src/a.rs`", "`src/b/c.rs`"), ["src/a.rs", "src/b/c.rs"]);
    assert_eq!(found("`src/a.rs`", "`src/e.rs`"), ["src/a.rs", "src/e.rs"]);
}

/// The files of a list that of the mutants on a page neither have a row nor are named as not
/// measured yet, and those that have both, or one and are not in the list.
fn unsaid(list: &str, page: &str) -> Vec<String> {
    let (_, part) = page.split_once("\n## Mutants\n").unwrap();
    let row = |line: &'_ str| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned());
    let mut said: Vec<String> = part.lines().filter_map(row).collect();
    let paragraphs = part.split("\n\n").map(|text| text.replace('\n', " "));
    let later = paragraphs.filter_map(|text| {
        let (later, _) =
            text.strip_prefix("Named since and not measured yet:")?.split_once(". ")?;
        Some(later.to_owned())
    });
    for later in later {
        let mut below = "";
        for name in later.split('`').skip(1).step_by(2) {
            match name {
                name if name.ends_with('/') => below = name,
                name if name.starts_with("src/") => said.push(name.to_owned()),
                name => said.push(format!("{below}{name}")),
            }
        }
    }
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    not_once_in_each(&files(list), &said)
}

#[test]
fn every_file_that_is_to_be_tested_whole_has_its_mutants_told_or_is_told_to_wait_for_them() {
    let list = include_str!("../completeness/files");
    assert_eq!(unsaid(list, include_str!("../../docs/completeness.md")), [""; 0]);
}

#[test]
fn a_file_whose_mutants_are_not_told_or_told_twice_is_noticed() {
    let list = "# Files.\nsrc/a.rs\nsrc/b/c.rs\nsrc/b/d.rs\nsrc/e.rs\n";
    let rows = "x\n## Mutants\n\n| all | 9 |\n| `src/a.rs` | 1 |\n| `src/b/c.rs` | 2 |\n\n";
    let later = "Named since and not measured yet: `src/e.rs`, and\nof `src/b/` `d.rs`. Of `f.rs`.";
    let page = format!("{rows}{later}\n");
    let found = |from: &str, to: &str| unsaid(list, &page.replace(from, to));
    assert_eq!(found("", ""), [""; 0]);
    assert_eq!(found("| `src/a.rs` | 1 |\n", ""), ["src/a.rs"]);
    assert_eq!(found(" `d.rs`", ""), ["src/b/d.rs"]);
    assert_eq!(found("`d.rs`", "`c.rs`"), ["src/b/c.rs", "src/b/d.rs"]);
    assert_eq!(found("src/e.rs", "src/g.rs"), ["src/e.rs", "src/g.rs"]);
    // Without the paragraph.
    assert_eq!(found(later, "So."), ["src/b/d.rs", "src/e.rs"]);
    let measured = rows.replace("| all", "| `src/e.rs` | 0 |\n| `src/b/d.rs` | 3 |\n| all");
    assert_eq!(unsaid(list, &measured), [""; 0]);
}

#[test]
fn every_file_of_which_each_branch_is_run_has_mutants_and_tests_that_judge_them() {
    let run = files(include_str!("../completeness/files"));
    assert!(run.len() > 40);
    let judges = include_str!("../completeness/judges");
    assert_eq!(run, files(judges));
    let tests: Vec<_> =
        judges.split_whitespace().filter_map(|it| it.strip_prefix("--test=")).collect();
    assert!(tests.len() > 20);
    for name in tests {
        let of = |file: &str| std::path::Path::new("tests").join(file).exists();
        assert!(of(&format!("{name}.rs")) || of(&format!("{name}/main.rs")), "{name} is no test");
    }
}
