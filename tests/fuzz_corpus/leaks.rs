use keycask::Scanner;

use crate::{catch, reference, replay};

#[path = "../../fuzz/properties/leaks.rs"]
mod property;

#[test]
fn in_the_corpus_all_that_is_there_is_found() {
    replay("leaks", property::check);
}

/// Searches two halves of a text as if they were two texts.
fn scan_in_halves(scanner: &Scanner, text: &[u8]) -> Vec<property::Found> {
    let (one, other) = text.split_at(text.len().min(Scanner::READ));
    let mut all = property::scan(scanner, one);
    let lines = one.iter().filter(|byte| **byte == b'\n').count() as u64;
    all.extend(property::scan(scanner, other).into_iter().map(|mut found| {
        found.0 += one.len() as u64;
        found.1 += lines;
        found
    }));
    all
}

/// Searches as the engine does, and says of all that it stands alone.
fn scan_without_a_look_around(scanner: &Scanner, text: &[u8]) -> Vec<property::Found> {
    let mut all = property::scan(scanner, text);
    all.iter_mut().for_each(|found| found.5 = true);
    all
}

/// Searches for the next token behind the last one.
fn scan_without_overlaps(scanner: &Scanner, text: &[u8]) -> Vec<property::Found> {
    let mut end = 0;
    let mut all = property::scan(scanner, text);
    all.retain(|found| {
        let is_behind = found.0 >= end;
        end = if is_behind { found.0 + found.3 as u64 } else { end };
        is_behind
    });
    all
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("in halves", scan_in_halves as fn(&Scanner, &[u8]) -> Vec<property::Found>),
        ("without a look around", scan_without_a_look_around),
        ("without overlaps", scan_without_overlaps),
    ] {
        catch("leaks", name, |input| property::check_with(input, planted));
    }
}
