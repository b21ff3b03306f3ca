//! The pages of the languages tell one story: the same beginning, then the same parts in one order.

use std::fs;

use crate::names::top;

/// The pages, each about one language.
const PAGES: [&str; 3] = ["docs/rust.md", "bindings/go/README.md", "bindings/python/README.md"];

/// The parts that every story has. Some have more, for what only their language has.
const PARTS: [&str; 5] = [
    "From open to a refused token:",
    "## Deciding",
    "## Everything else",
    "## Frameworks",
    "## Several workers",
];

/// What each page says in the same words.
const SAID: [&str; 7] = [
    "What realms, kinds, scopes and plans are, and all that holds, is on the",
    "A key with a quota is the exception: when too few credits are in memory, deciding about it \
     makes a",
    "Names are looked up once, and not with every decision.",
    "Where a key has networks, the peer's address decides. No header is read for it.",
    "A whole service: [examples/",
    "What requests are answered, and what they are charged, in every language: [Put it behind",
    "Readers decide as of their opening: a revocation reaches them when they open it again, so \
     with them, it is not at once.",
];

/// What is not as it is in every story.
fn problems(page: &str, beginning: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !page.contains(beginning) {
        problems.push("another beginning".to_owned());
    }
    let places: Vec<_> = PARTS.iter().map(|part| page.find(&format!("\n{part}\n"))).collect();
    if !places.iter().all(Option::is_some) || !places.is_sorted() {
        problems.push(format!("not these parts in this order: {PARTS:?}"));
    }
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let missing = SAID.iter().filter(|said| !words.contains(*said));
    problems.extend(missing.map(|said| format!("not said: {said}")));
    problems
}

#[test]
fn the_languages_tell_one_story() {
    let pages = PAGES.map(|path| fs::read_to_string(top().join(path)).unwrap());
    let beginning = pages[0].split("\n\n").nth(1).unwrap();
    for (path, page) in PAGES.iter().zip(&pages) {
        assert_eq!(problems(page, beginning), [""; 0], "{path}");
    }
    for part in PARTS.iter().chain(&["decisions from memory", "A key with a quota", "No header"]) {
        let planted = pages[0].replace(part, "x");
        assert_eq!(problems(&planted, beginning).len(), 1, "{part}");
    }
}
