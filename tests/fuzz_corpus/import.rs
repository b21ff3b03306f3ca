use std::io::{self, Read};
use std::mem;

use keycask::{Import, State};

use crate::{catch, replay};

#[path = "../../fuzz/properties/import.rs"]
mod property;

use property::{ENGINE, Engine};

#[test]
fn p28_the_corpus_is_read_or_refused_without_a_secret_in_the_refusal() {
    replay("import", property::check);
}

/// Loses a byte of each read that gives several.
struct Loses<'a>(&'a mut dyn Read);

impl Read for Loses<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(into)?;
        Ok(read - usize::from(read > 1))
    }
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    let repeats_lines = Engine {
        read: |lines, line| (ENGINE.read)(lines, line).map_err(|error| format!("{error}: {line}")),
        ..ENGINE
    };
    // Takes a token with a comma, which has no space behind it as one between members has.
    let takes_commas = Engine {
        read: |lines, line| {
            let kept = line.replace(", ", "\0").replace(',', "-").replace('\0', ", ");
            (ENGINE.read)(lines, &kept)
        },
        ..ENGINE
    };
    let cuts_digests = Engine {
        digest: |spec, scheme, text| {
            let cut = text.get(..64).unwrap_or(text);
            (ENGINE.digest)(spec, scheme, cut)
        },
        ..ENGINE
    };
    let refuses_capitals = Engine {
        digest: |spec, scheme, text| match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Err("no".to_owned()),
            false => Import::digest(spec, scheme, text).map_err(|error| error.to_string()),
        },
        ..ENGINE
    };
    let loses_bytes = Engine {
        import: |store, lines, from| (ENGINE.import)(store, lines, &mut Loses(from)),
        ..ENGINE
    };
    let swaps_start_and_end = Engine {
        key: |store, key| {
            let mut key = (ENGINE.key)(store, key);
            mem::swap(&mut key.start, &mut key.end);
            key
        },
        ..ENGINE
    };
    let knows_one_state = Engine {
        key: |store, key| {
            let mut key = (ENGINE.key)(store, key);
            key.state = State::Active;
            key
        },
        ..ENGINE
    };
    let forgets_sets = Engine {
        key: |store, key| {
            let mut key = (ENGINE.key)(store, key);
            key.scopes.truncate(1);
            key
        },
        ..ENGINE
    };
    let takes_the_issue_for_the_start = Engine {
        key: |store, key| {
            let mut key = (ENGINE.key)(store, key);
            key.start = key.issued;
            key
        },
        ..ENGINE
    };
    for (name, planted) in [
        ("repeats lines", repeats_lines),
        ("takes commas", takes_commas),
        ("loses bytes", loses_bytes),
        ("swaps start and end", swaps_start_and_end),
        ("knows one state", knows_one_state),
        ("forgets sets", forgets_sets),
        ("takes the issue for the start", takes_the_issue_for_the_start),
        ("cuts digests", cuts_digests),
        ("refuses capitals", refuses_capitals),
    ] {
        catch("import", name, |input| property::check_with(input, planted));
    }
}
