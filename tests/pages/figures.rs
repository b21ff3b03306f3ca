//! Figures and lists that stand in several places are the same in each.

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

#[test]
fn every_file_of_which_each_branch_is_run_has_mutants_and_tests_that_judge_them() {
    let files = |list: &'static str| -> Vec<&str> {
        let mut files: Vec<_> = list.lines().filter(|line| line.starts_with("src/")).collect();
        files.sort_unstable();
        files
    };
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
