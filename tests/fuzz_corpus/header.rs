use keycask::{RealmRef, Store};

use crate::{catch, replay};

#[path = "../../fuzz/properties/header.rs"]
mod property;

use property::{Fields, present};

#[test]
fn of_the_corpus_one_token_is_presented_or_it_is_told_why_not() {
    replay("header", property::check);
}

fn takes_the_first(store: &Store, realm: RealmRef, fields: Fields<'_>) -> String {
    present(store, realm, &fields[..fields.len().min(1)])
}

/// Takes several blanks for one space.
fn joins_blanks(store: &Store, realm: RealmRef, fields: Fields<'_>) -> String {
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

fn cuts_at_commas(store: &Store, realm: RealmRef, fields: Fields<'_>) -> String {
    let plain: Vec<(&str, &[u8])> = fields
        .iter()
        .map(|(name, value)| (*name, value.split(|byte| *byte == b',').next().unwrap()))
        .collect();
    present(store, realm, &plain)
}

fn knows_no_decoys(store: &Store, realm: RealmRef, fields: Fields<'_>) -> String {
    present(store, realm, fields).replace("wrong_header", "missing")
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("takes the first", takes_the_first as property::Present),
        ("joins blanks", joins_blanks),
        ("cuts at commas", cuts_at_commas),
        ("knows no decoys", knows_no_decoys),
    ] {
        catch("header", name, |input| property::check_with(input, planted));
    }
}
