//! Every input in the corpus of a fuzz target keeps its promises on a stable compiler too.

use std::path::Path;
use std::{fs, io};

#[cfg(test)]
#[path = "../fuzz/properties/import.rs"]
mod import;
#[cfg(test)]
#[path = "../fuzz/properties/token.rs"]
mod token;

/// Runs `check` on each file of the corpus of `target`.
fn replay(target: &str, check: fn(&[u8])) -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&corpus)? {
        let path = entry?.path();
        // Shown if the check panics.
        println!("{}", path.display());
        check(&fs::read(path)?);
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", corpus.display());
    Ok(())
}

#[test]
fn the_corpus_of_token_is_parsed_as_described() -> io::Result<()> {
    replay("token", token::check)
}

#[test]
fn p28_the_corpus_of_import_is_read_or_refused_without_a_secret_in_the_refusal() -> io::Result<()> {
    replay("import", import::check)
}
