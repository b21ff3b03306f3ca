use keycask::{Grammar, Malformed};

use crate::{catch, reference, replay};

#[path = "../../fuzz/properties/token.rs"]
mod property;

#[test]
fn the_corpus_is_parsed_as_described() {
    replay("token", property::check);
}

/// Parses what is left without blanks around it.
fn trim(grammar: &Grammar, text: &[u8]) -> Result<usize, Malformed> {
    grammar.parse(text.trim_ascii())
}

/// Takes whatever has the right length and characters.
fn skip_checksums(grammar: &Grammar, text: &[u8]) -> Result<usize, Malformed> {
    match grammar.parse(text) {
        Err(Malformed::Checksum) => Ok(0),
        parsed => parsed,
    }
}

/// Takes two letters that look alike for one.
fn forgive(grammar: &Grammar, text: &[u8]) -> Result<usize, Malformed> {
    let plain: Vec<u8> = text.iter().map(|byte| if *byte == b'-' { b'_' } else { *byte }).collect();
    grammar.parse(&plain)
}

/// Takes the first part of a text that is too long.
fn cut_off(grammar: &Grammar, text: &[u8]) -> Result<usize, Malformed> {
    match grammar.parse(text) {
        Err(Malformed::Length { want, got }) if want < got => grammar.parse(&text[..want]),
        parsed => parsed,
    }
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("trims", trim as property::Parse),
        ("skips checksums", skip_checksums),
        ("forgives", forgive),
        ("cuts off", cut_off),
    ] {
        catch("token", name, |input| property::check_with(input, planted));
    }
}
