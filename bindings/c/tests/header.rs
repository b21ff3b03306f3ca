//! `include/keycask.h` is what cbindgen makes of `bindings/c/src`, and compiles everywhere.
#![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

use std::path::{Path, PathBuf};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

fn header() -> PathBuf {
    Path::new(CRATE).join("../../include/keycask.h")
}

/// The header as it should be.
fn generate() -> String {
    let config = cbindgen::Config::from_file(Path::new(CRATE).join("cbindgen.toml")).unwrap();
    let built = cbindgen::Builder::new().with_crate(CRATE).with_config(config).generate();
    let mut text = Vec::new();
    built.unwrap().write(&mut text);
    // cbindgen puts the name of the enum before each of its constants.
    String::from_utf8(text).unwrap().replace("KEYCASK_STATUS_", "KEYCASK_")
}

/// With `KEYCASK_HEADER=write` the header is written instead: `make header`.
#[test]
fn the_header_is_the_one_that_the_sources_make() {
    let made = generate();
    if std::env::var("KEYCASK_HEADER").is_ok_and(|what| what == "write") {
        std::fs::write(header(), &made).unwrap();
    }
    let there = std::fs::read_to_string(header()).unwrap();
    assert!(there == made, "include/keycask.h is not what bindings/c makes: run `make header`");
}
