//! What the demo shows.

use super::*;

fn plain() -> String {
    let mut out = Vec::new();
    for show in &SHOWS {
        show.play(&mut out).unwrap_or_else(|error| panic!("{error}"));
    }
    let text = String::from_utf8(out).unwrap();
    ["\x1b[0m", "\x1b[1m", "\x1b[2m"].iter().fold(text, |text, escape| text.replace(escape, ""))
}

#[test]
fn every_system_is_walked_through_in_a_few_lines() {
    let text = plain();
    let walks: Vec<&str> = text.split_terminator("\n\n").collect();
    assert_eq!(walks.len(), SHOWS.len(), "{text}");
    for walk in walks {
        let lines = walk.lines().count();
        assert!((8..=18).contains(&lines), "{lines} lines:\n{walk}");
        assert!(walk.lines().all(|line| line.len() <= 200), "{walk}");
    }
}

#[test]
fn no_token_is_shown() {
    let text = plain();
    let longest = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max();
    // The one long run of letters is the sample of a vendor's own page.
    let sample = "t9JQ10cDjddmslzv9mRKYqaDS5ZU1KuDH".len();
    assert_eq!(longest, Some(sample), "{text}");
}

#[test]
fn a_broken_expectation_fails_the_demo() {
    let [show, ..] = SHOWS;
    let script: &'static str = Box::leak(show.script.replace("< 200", "< 201").into_boxed_str());
    let error = Show { script, ..show }.play(&mut Vec::new()).unwrap_err();
    assert!(error.message().contains("wanted < 201, got < 200"), "{error}");
}
