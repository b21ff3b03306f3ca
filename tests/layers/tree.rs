//! The files of the project, or of a small tree that a test makes up.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::table::{self, Table};

/// Texts by path from the top of the project.
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect())
    }

    /// All files that people write. What is built or fetched is left out, and so are hidden
    /// files and the bytes of the fuzz corpus.
    pub fn of_the_project() -> Self {
        let mut files = BTreeMap::new();
        collect(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
        Self(files)
    }

    pub fn insert(&mut self, path: &str, text: &str) {
        self.0.insert(path.into(), text.into());
    }

    pub fn below(&self, directory: &str) -> Self {
        let below = self.0.iter().filter(|(path, _)| path.starts_with(directory));
        Self(below.map(|(path, text)| (path.clone(), text.clone())).collect())
    }

    pub fn table(&self) -> Table {
        table::read(self.text("docs/architecture.md"))
    }

    pub fn text(&self, path: &str) -> &str {
        &self.0[path]
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap();
        if name.starts_with('.') || name == "target" || path.starts_with("fuzz/corpus/") {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.insert(path, text);
        }
    }
}
