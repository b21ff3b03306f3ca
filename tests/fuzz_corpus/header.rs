use keycask::{RealmRef, Store};

use crate::{catch, replay};

#[path = "../../fuzz/properties/header.rs"]
mod property;

use property::{Fields, Presented, present};

#[test]
fn of_the_corpus_one_token_is_presented_or_it_is_told_why_not() {
    replay("header", property::check);
}

fn takes_the_first(store: &Store, realm: RealmRef, fields: Fields<'_>) -> Presented {
    present(store, realm, &fields[..fields.len().min(1)])
}

/// Takes several blanks for one space.
fn joins_blanks(store: &Store, realm: RealmRef, fields: Fields<'_>) -> Presented {
    let join = |value: &[u8]| {
        let words = value.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(&b' ')
    };
    let joined: Vec<(&str, Vec<u8>)> =
        fields.iter().map(|(name, value)| (*name, join(value))).collect();
    let joined: Vec<(&str, &[u8])> =
        joined.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    present(store, realm, &joined)
}

fn cuts_at_commas(store: &Store, realm: RealmRef, fields: Fields<'_>) -> Presented {
    let plain: Vec<(&str, &[u8])> = fields
        .iter()
        .map(|(name, value)| (*name, value.split(|byte| *byte == b',').next().unwrap()))
        .collect();
    present(store, realm, &plain)
}

fn knows_no_decoys(store: &Store, realm: RealmRef, fields: Fields<'_>) -> Presented {
    let presented = present(store, realm, fields);
    Presented { said: presented.said.replace("wrong_header", "missing"), ..presented }
}

/// Another body for one reason.
fn tells_that_a_key_is_unknown(store: &Store, realm: RealmRef, fields: Fields<'_>) -> Presented {
    let mut presented = present(store, realm, fields);
    if presented.said.ends_with("unknown") {
        presented.answer.1.push(b' ');
    }
    presented
}

fn forbids_what_is_malformed(store: &Store, realm: RealmRef, fields: Fields<'_>) -> Presented {
    let mut presented = present(store, realm, fields);
    if presented.said.ends_with("malformed") {
        presented.answer.0 = 403;
    }
    presented
}

fn refuses_two_as_if_there_were_none(
    store: &Store,
    realm: RealmRef,
    fields: Fields<'_>,
) -> Presented {
    let presented = present(store, realm, fields);
    match &*presented.said {
        "repeated" => Presented { answer: present(store, realm, &[]).answer, ..presented },
        _ => presented,
    }
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("takes the first", takes_the_first as property::Present),
        ("joins blanks", joins_blanks),
        ("cuts at commas", cuts_at_commas),
        ("knows no decoys", knows_no_decoys),
        ("tells that a key is unknown", tells_that_a_key_is_unknown),
        ("forbids what is malformed", forbids_what_is_malformed),
        ("refuses two as if there were none", refuses_two_as_if_there_were_none),
    ] {
        catch("header", name, |input| property::check_with(input, planted));
    }
}
