use keycask::{Grammar, Malformed, Shape};

use crate::{catch, reference, replay};

#[path = "../../fuzz/properties/token.rs"]
mod property;

use property::{ENGINE, Engine, Parse};

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
    let parses = |parse: Parse| Engine { parse, ..ENGINE };
    let takes_ambiguous_shapes = Engine {
        make: |shapes| {
            let first = shapes.iter().take(1).cloned().collect();
            (ENGINE.make)(shapes).or_else(|| (ENGINE.make)(first))
        },
        ..ENGINE
    };
    let refuses_nested_prefixes = Engine {
        make: |shapes| {
            let begins = |(one, other): (&Shape, &Shape)| one.prefix().starts_with(other.prefix());
            let nested = shapes.iter().zip(shapes.iter().skip(1)).any(begins);
            (ENGINE.make)(shapes).filter(|_| !nested)
        },
        ..ENGINE
    };
    for (name, planted) in [
        ("trims", parses(trim)),
        ("skips checksums", parses(skip_checksums)),
        ("forgives", parses(forgive)),
        ("cuts off", parses(cut_off)),
        ("takes ambiguous shapes", takes_ambiguous_shapes),
        ("refuses nested prefixes", refuses_nested_prefixes),
    ] {
        catch("token", name, |input| property::check_with(input, planted));
    }
}
