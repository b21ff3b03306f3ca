use std::fs::File;
use std::path::Path;

use keycask::{Result, Store};

use crate::{catch, replay};

#[path = "../../fuzz/properties/file.rs"]
mod property;

use property::open;

#[test]
fn the_files_of_the_corpus_are_refused_or_every_verdict_is_right() {
    replay("file", property::check);
}

/// Cuts off what it cannot read.
fn mends_what_it_refuses(path: &Path) -> Result<Store> {
    open(path).inspect_err(|_| File::options().write(true).open(path).unwrap().set_len(1).unwrap())
}

/// Begins anew where it cannot read.
fn begins_anew(path: &Path) -> Result<Store> {
    open(path).or_else(|_| Store::create(path.with_extension("new")))
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("mends what it refuses", mends_what_it_refuses as property::Open),
        ("begins anew", begins_anew),
    ] {
        catch("file", name, |input| property::check_with(input, planted));
    }
}
