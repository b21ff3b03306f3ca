use keycask::Import;

use crate::{catch, replay};

#[path = "../../fuzz/properties/import.rs"]
mod property;

use property::{ENGINE, Engine};

#[test]
fn p28_the_corpus_is_read_or_refused_without_a_secret_in_the_refusal() {
    replay("import", property::check);
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    let repeats_lines = Engine {
        read: |lines, line| (ENGINE.read)(lines, line).map_err(|error| format!("{error}: {line}")),
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
    for (name, planted) in [
        ("repeats lines", repeats_lines),
        ("cuts digests", cuts_digests),
        ("refuses capitals", refuses_capitals),
    ] {
        catch("import", name, |input| property::check_with(input, planted));
    }
}
