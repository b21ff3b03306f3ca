//! The rules. Each gives one line a problem, with the file and where in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{self, Source};
use crate::table::Table;
use crate::tree::Tree;

/// Most lines of a file without its tests.
const LINES_MAX: usize = 500;
/// Most lines of a file of tests.
const TEST_LINES_MAX: usize = 800;
/// Most lines of the median file of the engine.
const MEDIAN_MAX: usize = 200;
const COLUMNS_MAX: usize = 100;

/// A file uses files of lower layers only; files of one directory use each other.
pub fn layers(tree: &Tree, table: &Table) -> Vec<String> {
    let sources = built(tree);
    let mut problems = Vec::new();
    let mut modules = BTreeSet::new();
    for (path, source) in &sources {
        let module = module(path);
        modules.insert(module);
        let Some(own) = table.get(module) else {
            problems.push(format!("{path}: not in the table of docs/architecture.md"));
            continue;
        };
        for (used, line) in source.uses.iter().filter(|(used, _)| used != module) {
            match table.get(used) {
                Some(layer) if layer < own => {}
                Some(layer) => problems
                    .push(format!("{path}:{line}: uses {used} of layer {layer} from layer {own}")),
                None if used == "*" => problems.push(format!("{path}:{line}: uses all of lib.rs")),
                None => problems
                    .push(format!("{path}:{line}: uses {used}, which is no file of the table")),
            }
        }
    }
    let stale = table.keys().filter(|module| !modules.contains(module.as_str()));
    problems.extend(
        stale.map(|gone| format!("docs/architecture.md: {gone} has a row and no file in src")),
    );
    problems
}

/// No file is long, and most of the engine's are short.
pub fn sizes(tree: &Tree) -> Vec<String> {
    let sources = built(tree);
    let mut problems = Vec::new();
    let mut engine = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".rs")) {
        let of_tests = path.starts_with("tests/") || path.contains("/tests/");
        match sources.get(path) {
            Some(source) if !of_tests => {
                if source.lines > LINES_MAX {
                    problems.push(format!(
                        "{path}: {} lines without its tests; {LINES_MAX} is the most",
                        source.lines
                    ));
                }
                if path.starts_with("src/") {
                    engine.push(source.lines);
                }
            }
            _ => {
                let lines = text.lines().count();
                if lines > TEST_LINES_MAX {
                    problems.push(format!(
                        "{path}: {lines} lines of tests; {TEST_LINES_MAX} is the most"
                    ));
                }
            }
        }
    }
    engine.sort_unstable();
    let median = engine.get(engine.len().saturating_sub(1) / 2).copied().unwrap_or(0);
    if median > MEDIAN_MAX {
        problems.push(format!("src: the median file has {median} lines; {MEDIAN_MAX} is the most"));
    }
    problems
}

/// Where unsafe code may stand: what safe code cannot ask of the machine, the C ABI, and a peer
/// that is measured, whose binding has no other way to open a file.
const UNSAFE: [&str; 3] = ["src/sys.rs", "bindings/c/", "benches/peers/src/lookup/lmdb.rs"];

/// Unsafe code has homes of its own.
pub fn unsafe_code(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, source) in built(tree) {
        for (word, line) in &source.words {
            if word == "unsafe" && !UNSAFE.iter().any(|home| path.starts_with(home)) {
                let homes = UNSAFE.join(", ");
                problems.push(format!("{path}:{line}: unsafe, which only these may be: {homes}"));
            }
        }
    }
    problems
}

/// Sources are ASCII, and Rust is at most 100 columns wide.
pub fn text(tree: &Tree) -> Vec<String> {
    let is_source = |path: &str| {
        [".rs", ".toml", ".c", ".h", ".go", ".py"].iter().any(|end| path.ends_with(end))
    };
    let mut problems = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| is_source(path)) {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(c) = line.chars().find(|c| !c.is_ascii()) {
                problems.push(format!("{path}:{number}: {c:?} is not ASCII"));
            }
            let columns = line.chars().count();
            if path.ends_with(".rs") && columns > COLUMNS_MAX {
                problems
                    .push(format!("{path}:{number}: {columns} columns; {COLUMNS_MAX} is the most"));
            }
        }
    }
    problems
}

/// The Rust files of a tree that are built without tests: not the files of test modules.
pub fn built(tree: &Tree) -> BTreeMap<&str, Source> {
    let rust = tree.files().filter(|(path, _)| path.ends_with(".rs"));
    let mut sources: BTreeMap<&str, Source> =
        rust.map(|(path, text)| (path, source::read(path, text))).collect();
    let tests: BTreeSet<String> = sources
        .iter()
        .flat_map(|(path, source)| source.test_modules.iter().map(|name| child(path, name)))
        .flat_map(|stem| [format!("{stem}.rs"), format!("{stem}/mod.rs")])
        .filter(|path| tree.has(path))
        .collect();
    let below = |test: &str, path: &str| {
        let directory = test.trim_end_matches("mod.rs").trim_end_matches(".rs");
        path == test || path.starts_with(&format!("{}/", directory.trim_end_matches('/')))
    };
    sources.retain(|path, _| !tests.iter().any(|test| below(test, path)));
    sources
}

/// Path without ending of module `name` that the file at `path` declares.
fn child(path: &str, name: &str) -> String {
    let stem = path.trim_end_matches(".rs");
    let directory = ["/mod", "/lib"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    format!("{directory}/{name}")
}

/// The first name below `src`: what a row of the table is about.
fn module(path: &str) -> &str {
    let name = path.trim_start_matches("src/").split('/').next().unwrap_or(path);
    name.trim_end_matches(".rs")
}
