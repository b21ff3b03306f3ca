//! `include/keycask.h` is what cbindgen makes of `bindings/c/src`, and compiles everywhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod kit;

use std::path::{Path, PathBuf};

use kit::{CRATE, compiler, succeed, top};

fn header() -> PathBuf {
    top().join("include/keycask.h")
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

#[test]
fn the_header_is_readable() {
    for (number, line) in (1..).zip(generate().lines()) {
        assert!(line.is_ascii() && line.len() <= 100, "line {number}: {line}");
        for rust in ["usize", "*mut", "*const", "Option<", "crate::", "`ptr`"] {
            assert!(!line.contains(rust), "line {number} speaks Rust: {line}");
        }
    }
}

/// Each `..._INIT` that the header has.
fn initializers() -> Vec<String> {
    let text = generate();
    let names =
        text.lines().filter_map(|line| line.strip_prefix("#define KEYCASK_")?.split_once("_INIT"));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn the_header_compiles_alone_and_twice_as_every_c_and_as_cpp() {
    let dir = tempfile::tempdir().unwrap();
    let mut source = "#include <keycask.h>\n#include <keycask.h>\nint use(void);\n".to_owned();
    source.push_str("int use(void) {\n    uint32_t sum = 0;\n");
    for name in initializers() {
        let lower = name.to_lowercase();
        source.push_str(&format!(
            "    {{ keycask_{lower} x = KEYCASK_{name}_INIT; sum += x.struct_size; }}\n"
        ));
    }
    source.push_str("    return sum == 0 || keycask_abi() != KEYCASK_ABI;\n}\n");
    for (compilers, standards, ending) in [
        (["gcc", "clang"], ["c99", "c11", "c17", "c2x"].as_slice(), "c"),
        (["g++", "clang++"], ["c++17"].as_slice(), "cc"),
    ] {
        let path = dir.path().join(format!("use.{ending}"));
        std::fs::write(&path, &source).unwrap();
        for name in compilers {
            for standard in standards {
                let mut compile = compiler(name);
                succeed(compile.arg(format!("-std={standard}")).arg("-fsyntax-only").arg(&path));
            }
        }
    }
}

#[test]
fn every_struct_that_may_grow_has_an_initializer() {
    let sized = generate().matches("    uint32_t struct_size;").count();
    assert_eq!(sized, initializers().len());
}
