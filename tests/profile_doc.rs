//! docs/profile.md names every field and placeholder that there is, and its profiles are ones.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;

use keycask::{Actor, ErrorKind, Store};

const PAGE: &str = include_str!("../docs/profile.md");

const LEAST: &str = "realm = \"r\"\n[[kind]]\nname = \"k\"\nprefix = \"k_\"\nbody = 32\n";

const OUTCOMES: [&str; 6] =
    ["granted", "unauthorized", "expired", "forbidden", "limited", "conflict"];

/// What stands under a heading, up to the next of any level.
fn under(heading: &str) -> &'static str {
    let start = format!("\n{heading}\n");
    let (_, rest) = PAGE.split_once(&start).unwrap_or_else(|| panic!("no heading {heading:?}"));
    let end = ["\n## ", "\n### "].iter().filter_map(|next| rest.find(next)).min();
    rest.split_at(end.unwrap_or(rest.len())).0
}

/// The first cells of the one table under `heading` whose first column is called `column`.
fn rows(heading: &str, column: &str) -> Vec<&'static str> {
    let mut lines = under(heading).lines();
    let head = format!("| {column} |");
    assert!(lines.any(|line| line.starts_with(&head)), "{heading}: no table of {column}");
    let cells = lines.skip(1).map_while(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells.map(|(cell, _)| cell).collect()
}

/// Names in backticks under `heading`.
fn names(heading: &str) -> BTreeSet<&'static str> {
    under(heading).split('`').skip(1).step_by(2).collect()
}

fn apply(profile: &str) -> keycask::Result<()> {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys.redb")).unwrap();
    let result = store.apply_realm("page.toml", profile, &Actor::new("tester"));
    store.close().unwrap();
    result.map(drop)
}

/// What a refused profile is told.
fn refusal(profile: &str) -> String {
    let error = apply(profile).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Profile, "{error}");
    error.message().to_owned()
}

/// What a message lists after `lead`, up to the end of its line.
fn listed(message: &str, lead: &str) -> Vec<String> {
    let (_, list) = message.split_once(lead).unwrap_or_else(|| panic!("{message:?}"));
    // A JSON error says at its end where the text is wrong.
    let list = list.split(" at line ").next().unwrap_or_default();
    list.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_tables_of_fields_are_those_of_the_code() {
    for (heading, text) in [
        ("## The top level", "[colour]".to_owned()),
        ("## `[present]`", "[present]\nheaders = [{ name = \"A\" }]\ncolour = 1".to_owned()),
        (
            "### An item of `headers`",
            "[present]\nheaders = [{ name = \"A\", colour = 1 }]".to_owned(),
        ),
        ("## `[[kind]]`", "colour = 1".to_owned()),
        ("## `[[scope]]`", "[[scope]]\nname = \"a\"\ncolour = 1".to_owned()),
        (
            "## `[[set]]`",
            "[[scope]]\nname = \"a\"\n[[set]]\nname = \"s\"\nscopes = [\"a\"]\ncolour = 1"
                .to_owned(),
        ),
        ("## `[[plan]]`", "[[plan]]\nname = \"p\"\ncolour = 1".to_owned()),
        ("## `[policy]`", "[policy]\ncolour = 1".to_owned()),
        ("## `[answers.*]`", "[answers.colour]".to_owned()),
        ("### Fields of an answer", "[answers.forbidden]\ncolour = 1".to_owned()),
    ] {
        let mut known = listed(&refusal(&format!("{LEAST}{text}")), "here stand ");
        let mut told = rows(heading, "field");
        known.sort();
        told.sort_unstable();
        assert_eq!(told, known, "{heading}");
    }
}

/// The heading under which the page has the fields of the table at `path`.
fn heading(path: &[&str]) -> &'static str {
    match path {
        [] => "## The top level",
        ["present"] => "## `[present]`",
        ["present", "headers"] => "### An item of `headers`",
        ["kind"] => "## `[[kind]]`",
        ["scope"] => "## `[[scope]]`",
        ["set"] => "## `[[set]]`",
        ["plan"] => "## `[[plan]]`",
        ["policy"] => "## `[policy]`",
        ["answers"] => "## `[answers.*]`",
        ["answers", outcome] if OUTCOMES.contains(outcome) => "### Fields of an answer",
        _ => panic!("the page has no place for {path:?}"),
    }
}

/// Checks the fields of a table and of the tables in it; gives how many there were.
fn walk(table: &toml::Table, path: &[&str]) -> usize {
    // Fields whose names are the profile's own choice: kinds by name, headers of an answer.
    if matches!(path, ["plan", "kinds"] | ["answers", _, "headers"]) {
        return 0;
    }
    let mut count = 0;
    for (name, value) in table {
        assert!(names(heading(path)).contains(name.as_str()), "{path:?}: {name} is not there");
        let inner = [path, &[name.as_str()]].concat();
        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let below = items.iter().filter_map(toml::Value::as_table);
        count += 1 + below.map(|table| walk(table, &inner)).sum::<usize>();
    }
    count
}

#[test]
fn every_field_of_the_shipped_profiles_is_named_in_backticks() {
    let mut profiles = 0;
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(walk(&text.parse().unwrap(), &[]) > 10);
        profiles += 1;
    }
    assert!(profiles >= 6);
}

#[test]
fn every_profile_on_the_page_is_accepted() {
    let blocks = PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let profiles: Vec<&str> = blocks.filter(|block| block.starts_with("realm = ")).collect();
    assert!(profiles.len() >= 2);
    for profile in profiles {
        apply(profile).unwrap_or_else(|error| panic!("{error}\n{profile}"));
    }
}

#[test]
fn an_unknown_placeholder_is_told_exactly_those_of_the_page() {
    let braced = rows("## Placeholders", "placeholder");
    let page: Vec<&str> = braced.iter().map(|name| name.trim_matches(['{', '}'])).collect();
    for field in ["body = '\"{colour}\"'", "headers = { X = \"{colour}\" }"] {
        let told = refusal(&format!("{LEAST}[answers.forbidden]\n{field}\n"));
        assert_eq!(listed(&told, "there are "), page, "{told}");
    }
}

#[test]
fn the_page_is_plain_ascii_in_lines_of_110_columns_and_has_every_outcome() {
    assert!(PAGE.is_ascii());
    assert!(PAGE.lines().all(|line| line.len() <= 110));
    assert_eq!(rows("## `[answers.*]`", "field"), OUTCOMES);
}
