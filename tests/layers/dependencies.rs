//! The page of dependencies: each crate that is needed has a row, no other has one, and no file
//! names a crate outside of where its row says.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules;
use crate::tree::Tree;

const PAGE: &str = "docs/dependencies.md";

/// The crates of a section by name, with the files and directories that may name each.
type Rows<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The section of the crates that nobody but the tree itself needs.
const TESTS: &str = "Tests and benches";

/// What is wrong with the page of `tree`.
pub fn problems(tree: &Tree) -> Vec<String> {
    let page = tree.text(PAGE);
    let mut problems = Vec::new();
    let mut of_tests = BTreeSet::new();
    for manifest in tree.files().map(|(path, _)| path).filter(|path| is_member(path)) {
        of_tests.extend(needed(tree.text(manifest), &["dev-dependencies"]));
        let lead = format!("`{manifest}`:");
        let Some((heading, body)) = sections(page).find(|(_, body)| body.starts_with(&lead)) else {
            problems.push(format!("{PAGE}: no section begins with {lead}"));
            continue;
        };
        let rows = rows(body);
        let needed = needed(tree.text(manifest), &["dependencies", "build-dependencies"]);
        problems.extend(differences(heading, &rows, &needed));
        let sources = manifest.replace("Cargo.toml", "src/");
        problems.extend(strays(&tree.below(&sources), &rows));
    }
    let (_, body) = sections(page).find(|(heading, _)| *heading == TESTS).unwrap();
    problems.extend(differences(TESTS, &rows(body), &of_tests));
    problems
}

/// Whether a file is the manifest of the engine or of what stands around it.
fn is_member(path: &str) -> bool {
    path == "Cargo.toml" || (path.starts_with("bindings/") && path.ends_with("/Cargo.toml"))
}

/// Headings, and what stands under each.
fn sections(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.split("\n## ").skip(1).filter_map(|section| section.split_once("\n\n"))
}

/// The rows of a section: crates in the first cell, their places in the last one.
fn rows(section: &str) -> Rows<'_> {
    fn quoted(cell: &str) -> impl Iterator<Item = &str> {
        cell.split('`').skip(1).step_by(2)
    }
    let mut rows = Rows::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        for name in quoted(cells[0]) {
            let before = rows.insert(name, quoted(cells[cells.len() - 1]).collect());
            assert!(before.is_none(), "{PAGE}: two rows for {name} in one section");
        }
    }
    rows
}

/// The crates from outside the tree in these sections of a manifest, on whatever platform.
fn needed(manifest: &str, sections: &[&str]) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let of_targets = targets.into_iter().flat_map(|table| table.values());
    let tables = of_targets.filter_map(toml::Value::as_table).chain([&manifest]);
    let lists = tables.flat_map(|table| sections.iter().filter_map(|name| table.get(*name)));
    let crates = lists.filter_map(toml::Value::as_table).flatten();
    let outside = crates.filter(|(_, value)| value.get("path").is_none());
    outside.map(|(name, _)| name.clone()).collect()
}

fn differences(heading: &str, rows: &Rows<'_>, needed: &BTreeSet<String>) -> Vec<String> {
    let missing = needed.iter().filter(|name| !rows.contains_key(name.as_str()));
    let missing = missing.map(|name| format!("{PAGE}: {heading:?} has no row for {name}"));
    let stale = rows.keys().filter(|name| !needed.contains(**name));
    missing
        .chain(
            stale.map(|name| format!("{PAGE}: {heading:?} has a row for {name}: it is not needed")),
        )
        .collect()
}

/// Where crates are named outside of their places, and places that name their crate nowhere.
fn strays(tree: &Tree, rows: &Rows<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let idents: BTreeMap<String, &str> =
        rows.keys().map(|name| (name.replace('-', "_"), *name)).collect();
    let mut used = BTreeSet::new();
    for (path, source) in rules::built(tree) {
        for (head, line) in &source.heads {
            let Some(name) = idents.get(head) else { continue };
            let place = rows[name].iter().find(|place| match place.ends_with('/') {
                true => path.starts_with(*place),
                false => path == **place,
            });
            match place {
                Some(place) => _ = used.insert((*name, *place)),
                None => {
                    problems.push(format!("{path}:{line}: names {name}, not allowed by {PAGE}"));
                }
            }
        }
    }
    let all = rows.iter().flat_map(|(name, places)| places.iter().map(|place| (*name, *place)));
    let idle = all.filter(|row| !used.contains(row));
    problems.extend(idle.map(|(name, place)| format!("{PAGE}: {place} does not name {name}")));
    problems
}
