//! What a page can name: the tests and the files of the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The top of the tree.
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// By name, the files that have a test of it.
type Homes = BTreeMap<String, Vec<PathBuf>>;

/// The names of all tests of the tree. One that several files have has its file before it:
/// `tests/it.rs::name`. Of two in one file nobody can tell which is meant: they have none.
pub fn tests() -> BTreeSet<String> {
    let mut homes = Homes::new();
    for directory in ["src", "tests", "bindings", "fuzz"] {
        read(&top().join(directory), &mut homes).unwrap();
    }
    told_apart(&homes)
}

fn told_apart(homes: &Homes) -> BTreeSet<String> {
    let names = homes.iter().flat_map(|(name, files)| {
        let is_one = |file: &&PathBuf| files.iter().filter(|other| *other == *file).count() == 1;
        files.iter().filter(is_one).map(move |file| match files.len() {
            1 => name.clone(),
            _ => format!("{}::{name}", file.display()),
        })
    });
    names.collect()
}

fn read(directory: &Path, homes: &mut Homes) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, homes)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(top()).unwrap_or(&path);
            for name in tests_of(&fs::read_to_string(&path)?) {
                homes.entry(name).or_default().push(file.to_owned());
            }
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

#[test]
fn a_test_of_a_name_that_another_has_is_named_with_its_file() {
    let homes =
        [("one", vec!["a.rs"]), ("two", vec!["a.rs", "b/c.rs"]), ("twice", vec!["a.rs", "a.rs"])];
    let homes = homes.map(|(name, files)| {
        (name.to_owned(), files.into_iter().map(PathBuf::from).collect::<Vec<_>>())
    });
    let names = told_apart(&Homes::from(homes));
    assert_eq!(names.iter().collect::<Vec<_>>(), ["a.rs::two", "b/c.rs::two", "one"]);
}
