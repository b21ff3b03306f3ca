use keycask::{ErrorKind, Store};

use crate::{catch, replay};

#[path = "../../fuzz/properties/profile.rs"]
mod property;

use property::compare;

type Compared = Result<String, (ErrorKind, String)>;

#[test]
fn the_corpus_is_a_profile_however_it_is_spelt_or_it_is_told_where_it_is_none() {
    replay("profile", property::check);
}

fn tells_no_line(store: &Store, text: &str) -> Compared {
    compare(store, text).map_err(|(kind, why)| (kind, why.split(": ").last().unwrap().to_owned()))
}

/// Reads what stands on one line alone.
fn reads_lines(store: &Store, text: &str) -> Compared {
    match text.contains("'''") || text.contains("\"\"\"") {
        true => Err((ErrorKind::Profile, "p.toml:1: title: want one line".to_owned())),
        false => compare(store, text),
    }
}

/// Is lenient with what it does not know.
fn forgives(store: &Store, text: &str) -> Compared {
    match compare(store, text) {
        Err((_, why)) if why.contains("not TOML") => Ok(String::new()),
        compared => compared,
    }
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("tells no line", tells_no_line as property::Compare),
        ("reads lines", reads_lines),
        ("forgives", forgives),
    ] {
        catch("profile", name, |input| property::check_with(input, planted));
    }
}
