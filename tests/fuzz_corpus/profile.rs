use std::cell::Cell;

use keycask::{ErrorKind, Store};

use crate::{catch, corpus, replay};

#[path = "../../fuzz/properties/profile.rs"]
mod property;

use property::{Compared, ENGINE, Engine};

#[test]
fn the_corpus_is_a_profile_however_it_is_spelt_or_it_is_told_where_it_is_none() {
    replay("profile", property::check);
}

thread_local! {
    static GRANTED: Cell<usize> = const { Cell::new(0) };
}

/// A store that grants nothing to any of them would pass over what is asked of a key.
#[test]
fn of_an_input_of_the_corpus_each_of_several_kinds_has_a_key_that_is_granted() {
    let counts = Engine {
        verify: |store, realm, token| {
            let verified = (ENGINE.verify)(store, realm, token);
            GRANTED.set(GRANTED.get() + usize::from(verified.is_ok()));
            verified
        },
        ..ENGINE
    };
    let has_all = |input: &[u8]| {
        GRANTED.set(0);
        property::check_with(input, counts);
        let text = std::str::from_utf8(input).ok();
        let profile = text.and_then(|text| text.parse::<toml::Table>().ok());
        let kinds = profile.and_then(|profile| Some(profile.get("kind")?.as_array()?.len()));
        kinds.is_some_and(|kinds| kinds > 1 && GRANTED.get() == kinds)
    };
    assert!(corpus("profile").iter().any(|(_, input)| has_all(input)));
}

fn tells_no_line(store: &Store, text: &str) -> Compared {
    let compared = (ENGINE.compare)(store, text);
    compared.map_err(|(kind, why)| (kind, why.split(": ").last().unwrap().to_owned()))
}

/// Reads what stands on one line alone.
fn reads_lines(store: &Store, text: &str) -> Compared {
    match text.contains("'''") || text.contains("\"\"\"") {
        true => Err((ErrorKind::Profile, "p.toml:1: title: want one line".to_owned())),
        false => (ENGINE.compare)(store, text),
    }
}

/// Is lenient with what it does not know.
fn forgives(store: &Store, text: &str) -> Compared {
    match (ENGINE.compare)(store, text) {
        Err((_, why)) if why.contains("not TOML") => Ok(String::new()),
        compared => compared,
    }
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    let changes_again =
        Engine { compare: |_, text| (ENGINE.compare)(property::empty(), text), ..ENGINE };
    let makes_no_realm = Engine { apply: |_, _, _| {}, ..ENGINE };
    let issues_nothing = Engine { issue: |_, _, _| Err(ErrorKind::Cap), ..ENGINE };
    let refuses_for_another_reason = Engine {
        issue: |store, spec, by| (ENGINE.issue)(store, spec, by).map_err(|_| ErrorKind::Conflict),
        ..ENGINE
    };
    let denies_what_it_issued = Engine {
        verify: |store, realm, token| (ENGINE.verify)(store, realm, token).and(Err("revoked")),
        ..ENGINE
    };
    let denies_as_expired = Engine {
        verify: |store, realm, token| (ENGINE.verify)(store, realm, token).and(Err("expired")),
        ..ENGINE
    };
    let grants_what_it_revoked = Engine { revoke: |_, _, _| {}, ..ENGINE };
    let knows_no_revoked_key = Engine {
        verify: |store, realm, token| {
            let verified = (ENGINE.verify)(store, realm, token);
            verified.map_err(|why| if why == "revoked" { "unknown" } else { why })
        },
        ..ENGINE
    };
    let grants_without_rights = Engine {
        verify: |store, realm, token| match (ENGINE.verify)(store, realm, token) {
            Err("scope") => Ok(()),
            verified => verified,
        },
        ..ENGINE
    };
    for (name, planted) in [
        ("tells no line", Engine { compare: tells_no_line, ..ENGINE }),
        ("reads lines", Engine { compare: reads_lines, ..ENGINE }),
        ("forgives", Engine { compare: forgives, ..ENGINE }),
        ("changes again", changes_again),
        ("makes no realm", makes_no_realm),
        ("issues nothing", issues_nothing),
        ("refuses for another reason", refuses_for_another_reason),
        ("denies what it issued", denies_what_it_issued),
        ("denies as expired", denies_as_expired),
        ("grants what it revoked", grants_what_it_revoked),
        ("knows no revoked key", knows_no_revoked_key),
        ("grants without rights", grants_without_rights),
    ] {
        catch("profile", name, |input| property::check_with(input, planted));
    }
}
