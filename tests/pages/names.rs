//! What a page can name: the tests and the files of the tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The top of the tree.
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of all tests of the tree.
pub fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for directory in ["src", "tests", "bindings", "fuzz"] {
        read(&top().join(directory), &mut names).unwrap();
    }
    names
}

fn read(directory: &Path, names: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(tests_of(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// The names of the functions after each `#[test]`.
fn tests_of(source: &str) -> Vec<String> {
    let after = source.split("#[test]\n").skip(1);
    let names = after.filter_map(|rest| {
        let (_, name) = rest.split_once("fn ")?;
        Some(name.split(|c: char| !c.is_alphanumeric() && c != '_').next()?.to_owned())
    });
    names.collect()
}

/// The pages for readers: those of `docs/`, and those at the top, by their paths from there.
pub fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = Vec::new();
    for directory in ["", "docs"] {
        for entry in fs::read_dir(top().join(directory)).unwrap() {
            let name = Path::new(directory).join(entry.unwrap().file_name());
            if name.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(top().join(&name)).unwrap();
                pages.push((name, text));
            }
        }
    }
    pages.sort();
    pages
}

/// What stands between backticks.
pub fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_tests_of_a_source_are_found() {
    let source = "#[test]\nfn a_b() {}\n    #[test]\n    fn c(x in y()) {}\nfn d() {}\n";
    assert_eq!(tests_of(source), ["a_b", "c"]);
}
