//! Every input in the corpus of a fuzz target keeps its promises on a stable compiler too.

use std::panic::catch_unwind;
use std::path::Path;
use std::{fs, io};

use keycask::{Checksum, Malformed, Scanner, Shape};

#[cfg(test)]
#[path = "../fuzz/properties/import.rs"]
mod import;
#[cfg(test)]
#[path = "../fuzz/properties/leaks.rs"]
mod leaks;
#[cfg(test)]
#[path = "../src/token/reference.rs"]
mod reference;
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

#[test]
fn in_the_corpus_of_leaks_all_that_is_there_is_found() -> io::Result<()> {
    replay("leaks", leaks::check)
}

/// Searches two halves of a text as if they were two texts.
fn scan_in_halves(scanner: &Scanner, text: &[u8]) -> Vec<leaks::Found> {
    let (one, other) = text.split_at(text.len().min(Scanner::READ));
    let mut all = leaks::scan(scanner, one);
    let lines = one.iter().filter(|byte| **byte == b'\n').count() as u64;
    all.extend(leaks::scan(scanner, other).into_iter().map(|mut found| {
        found.0 += one.len() as u64;
        found.1 += lines;
        found
    }));
    all
}

/// Searches as the engine does, and says of all that it stands alone.
fn scan_without_a_look_around(scanner: &Scanner, text: &[u8]) -> Vec<leaks::Found> {
    let mut all = leaks::scan(scanner, text);
    all.iter_mut().for_each(|found| found.5 = true);
    all
}

/// Searches for the next token behind the last one.
fn scan_without_overlaps(scanner: &Scanner, text: &[u8]) -> Vec<leaks::Found> {
    let mut end = 0;
    let mut all = leaks::scan(scanner, text);
    all.retain(|found| {
        let is_behind = found.0 >= end;
        end = if is_behind { found.0 + found.3 as u64 } else { end };
        is_behind
    });
    all
}

#[test]
fn the_corpus_of_leaks_catches_planted_faults() -> io::Result<()> {
    for (name, planted) in [
        ("in halves", scan_in_halves as fn(&Scanner, &[u8]) -> Vec<leaks::Found>),
        ("without a look around", scan_without_a_look_around),
        ("without overlaps", scan_without_overlaps),
    ] {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/leaks");
        let inputs = fs::read_dir(&corpus)?.map(|entry| fs::read(entry?.path()));
        let inputs: Vec<Vec<u8>> = inputs.collect::<io::Result<_>>()?;
        let caught = inputs
            .iter()
            .filter(|input| catch_unwind(|| leaks::check_with(input, planted)).is_err());
        assert!(caught.count() > 0, "{name}: not caught");
    }
    Ok(())
}
