//! What a program that was built before relies on: symbols, types, the soname.
//!
//! `abi/symbols.txt` lists the functions, `abi/keycask.abi` describes them and all their types
//! as libabigail reads them from C. Both are written by `make abi`, for changes that add.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod kit;

use std::path::{Path, PathBuf};
use std::process::Command;

use kit::{CRATE, compiler, library, succeed};

fn committed(name: &str) -> PathBuf {
    Path::new(CRATE).join("abi").join(name)
}

fn is_writing() -> bool {
    std::env::var("KEYCASK_ABI").is_ok_and(|what| what == "write")
}

fn say(command: &mut Command) -> String {
    String::from_utf8(succeed(command).stdout).unwrap()
}

/// The global symbols that a file of the library defines.
fn symbols(options: &[&str], file: &Path) -> Vec<String> {
    let listed = say(Command::new("nm").args(options).arg("--defined-only").arg(file));
    let mut names: Vec<String> =
        listed.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_library_exports_the_committed_symbols_and_no_others() {
    let mut exported = symbols(&["--dynamic"], &library().join("libkeycask.so")).join("\n");
    exported.push('\n');
    if is_writing() {
        std::fs::write(committed("symbols.txt"), &exported).unwrap();
    }
    let want = std::fs::read_to_string(committed("symbols.txt")).unwrap();
    assert!(want == exported, "other symbols than bindings/c/abi/symbols.txt has:\n{exported}");
}

#[test]
fn every_symbol_is_declared_and_every_declaration_is_a_symbol() {
    let header = std::fs::read_to_string(kit::top().join("include/keycask.h")).unwrap();
    let mut declared: Vec<String> = header
        .lines()
        .filter(|line| !line.starts_with("//") && !line.starts_with(' '))
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next().map(str::to_owned))
        .filter(|name| name.starts_with("keycask_"))
        .collect();
    declared.sort();
    assert_eq!(declared, symbols(&["--dynamic"], &library().join("libkeycask.so")));
}

#[test]
fn functions_and_types_are_those_of_the_baseline() {
    let dir = tempfile::tempdir().unwrap();
    let (source, object) = (dir.path().join("abi.c"), dir.path().join("libabi.so"));
    let mut text = "#include <keycask.h>\nenum keycask_status abi_status;\n".to_owned();
    for name in symbols(&["--dynamic"], &library().join("libkeycask.so")) {
        text.push_str(&format!("__typeof__({name}) *abi_{name} = {name};\n"));
    }
    std::fs::write(&source, text).unwrap();
    // Types are read from C, so that Rust's own do not stand in the baseline.
    let mut compile = compiler("gcc");
    compile.args(["-std=gnu11", "-g", "-gdwarf-4", "-fPIC", "-shared"]).arg(&source);
    succeed(compile.arg("-o").arg(&object).arg("-L").arg(library()).arg("-lkeycask"));
    let baseline = committed("keycask.abi");
    if is_writing() {
        let mut write = Command::new("abidw");
        write.args(["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--out-file"]);
        succeed(write.arg(&baseline).arg(&object));
    }
    let mut compare = Command::new("abidiff");
    succeed(compare.arg(&baseline).arg(&object));
}

#[test]
fn the_soname_is_the_abis_number_and_the_library_stays_in_memory() {
    let dynamic =
        say(Command::new("readelf").arg("--dynamic").arg(library().join("libkeycask.so")));
    let header = std::fs::read_to_string(kit::top().join("include/keycask.h")).unwrap();
    let number = header.lines().find_map(|line| line.strip_prefix("#define KEYCASK_ABI "));
    assert!(dynamic.contains(&format!("[libkeycask.so.{}]", number.unwrap())), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
    let manifest = std::fs::read_to_string(Path::new(CRATE).join("Cargo.toml")).unwrap();
    let version = format!("version = \"{}.0.0\"", number.unwrap());
    assert!(manifest.contains(&version), "package.metadata.capi has another number");
    assert!(manifest.contains("\ncapi = []\n"), "cargo-c builds nothing without the feature capi");
}
