use std::fs::{self, File};

use keycask::{Restore, Result, Store};

use crate::{catch, replay};

#[path = "../../fuzz/properties/file.rs"]
mod property;

use property::{Files, Read, Way, read, restore};

#[test]
fn the_files_of_the_corpus_are_refused_or_every_verdict_is_right() {
    replay("file", property::check);
}

/// Cuts off what it cannot read.
fn mends_what_it_refuses(way: Way, files: &Files) -> Result<Store> {
    read(way, files).inspect_err(|_| {
        File::options().write(true).open(files.damaged()).unwrap().set_len(1).unwrap();
    })
}

/// Begins anew where it cannot read.
fn begins_anew(way: Way, files: &Files) -> Result<Store> {
    read(way, files).or_else(|_| Store::create(files.damaged().with_extension("new")))
}

/// Opens to write what is to be looked at.
fn writes_where_it_looks(way: Way, files: &Files) -> Result<Store> {
    read(if way == Way::Look { Way::Open } else { way }, files)
}

/// Leaves what it began to restore.
fn leaves_what_it_began(way: Way, files: &Files) -> Result<Store> {
    read(way, files).inspect_err(|_| fs::write(files.restored(), "half").unwrap())
}

/// Does not ask what else was denied.
fn restores_the_backup_alone(way: Way, files: &Files) -> Result<Store> {
    match way {
        Way::Deny => restore(&files.backup(), &Restore::new(), files),
        way => read(way, files),
    }
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    for (name, planted) in [
        ("mends what it refuses", mends_what_it_refuses as Read),
        ("begins anew", begins_anew),
        ("writes where it looks", writes_where_it_looks),
        ("leaves what it began", leaves_what_it_began),
        ("restores the backup alone", restores_the_backup_alone),
    ] {
        catch("file", name, |input| property::check_with(input, planted));
    }
}
