//! The rules that keep the tree readable and safe: which file may use which, what stands around
//! each function of the C ABI, and how the text looks.
//!
//! The layers are read from the table of `docs/architecture.md`; the rules are in `rules`,
//! and each is shown here to catch what it is for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

mod dependencies;
mod guards;
mod rules;
mod source;
mod table;
mod tree;

use tree::Tree;

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_engine_keeps_its_layers() {
    let tree = Tree::of_the_project();
    assert_none(&rules::layers(&tree.below("src/"), &tree.table()));
}

#[test]
fn files_are_small() {
    assert_none(&rules::sizes(&Tree::of_the_project()));
}

#[test]
fn few_places_are_unsafe() {
    assert_none(&rules::unsafe_code(&Tree::of_the_project()));
}

#[test]
fn each_crate_that_is_needed_has_a_row_and_is_named_where_its_row_says() {
    assert_none(&dependencies::problems(&Tree::of_the_project()));
}

#[test]
fn sources_are_ascii_and_rust_lines_end_by_column_100() {
    assert_none(&rules::text(&Tree::of_the_project()));
}

#[test]
fn each_function_runs_within_the_guard() {
    let tree = Tree::of_the_project();
    assert!(tree.text("bindings/c/src/verify.rs").contains("extern"));
    assert_none(&guards::problems(&tree));
}

#[test]
fn a_function_outside_the_guard_is_caught() {
    let exported = "use x::{guard}; #[unsafe(no_mangle)] pub extern \"C\" fn f() -> ";
    let of = |rest: &str| {
        guards::problems(&Tree::of(&[("bindings/c/src/a.rs", &format!("{exported}{rest}"))]))
    };
    assert_none(&of("Status { guard::run(|| g()) }"));
    assert_none(&of("Status { g(1) } fn g(x: u8) -> Status { unsafe { guard::run(x) } }"));
    assert_none(&of("u32 { 1 }"));
    let before = "Status { g(); guard::run(|| g()) }";
    let beside = "Status { let guard = 1; g(guard) } fn g(x: u8) -> Status { Ok }";
    for open in [
        before,
        beside,
        "Status { g() }",
        "Status { g() } fn g() -> Status { f() }",
        "Status { Ok }",
    ] {
        assert_eq!(of(open), ["bindings/c/src/a.rs: f is not within the guard"], "{open}");
    }
}

/// A tree of three layers: `error.rs`, `token/`, `store.rs`; and `lib.rs` over them.
fn planted(files: &[(&str, &str)]) -> Vec<String> {
    let table = "| layer | file | holds |\n|---|---|---|\n| 3 | `lib.rs` | all |\n\
                 | 2 | `store.rs` | |\n| 1 | `token/` | |\n| 1 | `scope.rs` | |\n\
                 | 0 | `error.rs` | |\n";
    let mut tree = Tree::of(&[
        ("src/lib.rs", "mod error; mod scope; mod store; mod token;\npub use store::Store;"),
        ("src/store.rs", "use crate::{error::Error, token::{self, Token}};"),
        ("src/token/mod.rs", "mod parse;\npub use parse::Token;\nuse crate::error;"),
        ("src/token/parse.rs", "use super::helper; use crate::token::helper;"),
        ("src/scope.rs", ""),
        ("src/error.rs", "// use crate::store;\n//! [`crate::Store`]\npub(crate) fn f() {}"),
    ]);
    for (path, text) in files {
        tree.insert(path, text);
    }
    rules::layers(&tree, &table::read(table))
}

#[test]
fn a_use_of_a_lower_layer_passes() {
    assert_none(&planted(&[]));
}

#[test]
fn a_use_of_a_higher_layer_is_caught_however_it_is_written() {
    for text in [
        "use crate::store::Store;",
        "use crate::{error::Error, store::Store};",
        "fn f() -> crate::store::Store { loop {} }",
        "use super::super::store;",
        "use super::super::{store::Store, error};",
        "use super::{super::store, helper};",
        "use self::super::super::store;",
        "mod inner { use super::super::super::store; }",
        "macro_rules! m { () => { $crate::store::f() } }",
        "#[cfg(test)] mod tests {} use crate::store;",
        "#[cfg(test)] use crate::store; use crate::store;",
        "#[cfg(not(test))] use crate::store;",
        "#[cfg(any(test, unix))] use crate::store;",
    ] {
        let problems = planted(&[("src/token/parse.rs", text)]);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(problems[0].starts_with("src/token/parse.rs:1: uses store"), "{problems:?}");
    }
}

#[test]
fn a_use_of_the_same_layer_is_caught() {
    let problems = planted(&[("src/scope.rs", "\n\nuse crate::token::Token;")]);
    assert_eq!(problems, ["src/scope.rs:3: uses token of layer 1 from layer 1"]);
}

#[test]
fn a_name_that_only_lib_rs_exports_is_caught() {
    let problems = planted(&[("src/scope.rs", "use crate::Store;")]);
    assert_eq!(problems, ["src/scope.rs:1: uses Store, which is no file of the table"]);
    let problems = planted(&[("src/scope.rs", "use crate::*;")]);
    assert_eq!(problems, ["src/scope.rs:1: uses all of lib.rs"]);
}

#[test]
fn a_file_outside_the_table_is_caught_and_so_is_a_row_without_a_file() {
    let problems = planted(&[("src/cache.rs", "")]);
    assert_eq!(problems, ["src/cache.rs: not in the table of docs/architecture.md"]);
    let table = table::read("| 0 | `error.rs` | |\n| 1 | `gone/` | |\n");
    let problems = rules::layers(&Tree::of(&[("src/error.rs", "")]), &table);
    assert_eq!(problems, ["docs/architecture.md: gone has a row and no file in src"]);
}

#[test]
fn tests_may_use_any_layer() {
    assert_none(&planted(&[
        (
            "src/token/mod.rs",
            "#[cfg(test)] mod tests;\n#[cfg(test)]\n#[allow(dead_code)]\nmod more {\n\
             use crate::store; }\n#[cfg(all(test, unix))] use crate::store::{Store, open};",
        ),
        ("src/token/tests.rs", "use crate::store::Store;"),
    ]));
}

#[test]
fn a_file_named_tests_that_is_built_into_the_engine_is_caught() {
    let problems = planted(&[
        ("src/token/mod.rs", "mod tests;"),
        ("src/token/tests.rs", "use crate::store::Store;"),
    ]);
    assert_eq!(problems, ["src/token/tests.rs:1: uses store of layer 2 from layer 1"]);
}

#[test]
fn a_long_file_is_caught_and_its_tests_do_not_count() {
    let long = "fn f() {}\n".repeat(501);
    let problems =
        rules::sizes(&Tree::of(&[("src/a.rs", &long), ("src/b.rs", ""), ("src/c.rs", "")]));
    assert_eq!(problems, ["src/a.rs: 501 lines without its tests; 500 is the most"]);
    let tested = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert_none(&rules::sizes(&Tree::of(&[("src/a.rs", &tested)])));
}

#[test]
fn a_long_file_of_tests_is_caught() {
    let (fits, long) = ("fn f() {}\n".repeat(800), "fn f() {}\n".repeat(801));
    let problems = rules::sizes(&Tree::of(&[
        ("src/a.rs", "#[cfg(test)] mod tests;"),
        ("src/a/tests.rs", &long),
        ("tests/b.rs", &long),
        ("tests/c.rs", &fits),
    ]));
    assert_eq!(
        problems,
        [
            "src/a/tests.rs: 801 lines of tests; 800 is the most",
            "tests/b.rs: 801 lines of tests; 800 is the most"
        ]
    );
}

#[test]
fn a_median_over_200_lines_is_caught() {
    let (short, long) = ("fn f() {}\n".repeat(100), "fn f() {}\n".repeat(201));
    let files = [("src/a.rs", short.as_str()), ("src/b.rs", &long), ("src/c.rs", &long)];
    assert_eq!(
        rules::sizes(&Tree::of(&files)),
        ["src: the median file has 201 lines; 200 is the most"]
    );
    assert_none(&rules::sizes(&Tree::of(&files[..2])));
}

#[test]
fn unsafe_outside_its_places_is_caught() {
    let tree = Tree::of(&[
        ("src/sys.rs", "unsafe fn f() {}"),
        ("src/a.rs", "// this is not unsafe"),
        ("src/b.rs", "\nfn f() { unsafe { g() } }"),
        ("bindings/cli/src/a.rs", "unsafe fn f() {}"),
        ("bindings/c/src/a.rs", "unsafe fn f() {}"),
    ]);
    let problems = rules::unsafe_code(&tree);
    assert_eq!(
        problems,
        [
            "bindings/cli/src/a.rs:1: unsafe, which only these may be: src/sys.rs, bindings/c/, \
             benches/peers/src/lookup/lmdb.rs",
            "src/b.rs:2: unsafe, which only these may be: src/sys.rs, bindings/c/, \
             benches/peers/src/lookup/lmdb.rs",
        ]
    );
}

/// A tree whose engine needs `redb`, in `store/` alone, and for its tests `proptest`.
fn with_needs(engine: &str, rows: &str, sources: &[(&str, &str)]) -> Vec<String> {
    let page = format!(
        "# D\n\n## The engine\n\n`Cargo.toml`:\n{rows}\n\n## The C ABI\n\n\
         `bindings/c/Cargo.toml`:\n\n## Tests and benches\n\n| `proptest` | cases |\n"
    );
    let engine = format!("{engine}\n[target.x.dev-dependencies]\nproptest = \"1\"");
    let mut tree = Tree::of(&[
        ("docs/dependencies.md", &page),
        ("Cargo.toml", &engine),
        ("bindings/c/Cargo.toml", "[dependencies]\nengine = { path = \"../..\" }"),
        ("src/store/rows.rs", "use redb::Database;"),
        ("src/a.rs", "fn redb(x: own::redb::T) { redb() } #[cfg(test)] mod t { use redb::A; }"),
    ]);
    for (path, text) in sources {
        tree.insert(path, text);
    }
    dependencies::problems(&tree)
}

#[test]
fn a_crate_without_a_row_a_stale_row_and_a_crate_out_of_its_place_are_caught() {
    let (needs, row) = ("[dependencies]\nredb = \"4\"", "| `redb` | rows | a | `src/store/` |");
    assert_none(&with_needs(needs, row, &[]));
    let new = with_needs(&format!("{needs}\nmio = \"1\""), row, &[]);
    assert_eq!(new, ["docs/dependencies.md: \"The engine\" has no row for mio"]);
    let build = with_needs(&format!("{needs}\n[build-dependencies]\ncc = \"1\""), row, &[]);
    assert_eq!(build, ["docs/dependencies.md: \"The engine\" has no row for cc"]);
    let stale = with_needs(needs, &format!("{row}\n| `gone` | x | `src/store/` |"), &[]);
    assert_eq!(
        stale,
        [
            "docs/dependencies.md: \"The engine\" has a row for gone: it is not needed",
            "docs/dependencies.md: src/store/ does not name gone"
        ]
    );
    let member = with_needs(needs, row, &[("bindings/x/Cargo.toml", "")]);
    assert_eq!(member, ["docs/dependencies.md: no section begins with `bindings/x/Cargo.toml`:"]);
    for text in ["use redb::Database;", "fn f(x: redb::D) {}", "use { redb::{D}, a };"] {
        let stray = with_needs(needs, row, &[("src/b.rs", text)]);
        assert_eq!(stray, ["src/b.rs:1: names redb, not allowed by docs/dependencies.md"]);
    }
}

#[test]
fn text_that_is_not_ascii_and_long_lines_are_caught() {
    let wide = "a".repeat(101);
    let tree = Tree::of(&[
        ("src/a.rs", "ok\n// caf\u{e9}"),
        ("src/b.rs", &wide),
        ("x/deny.toml", "\u{2014}"),
        ("README.md", "\u{2014}"),
    ]);
    let problems = rules::text(&tree);
    assert_eq!(
        problems,
        [
            "src/a.rs:2: '\u{e9}' is not ASCII",
            "src/b.rs:1: 101 columns; 100 is the most",
            "x/deny.toml:1: '\u{2014}' is not ASCII"
        ]
    );
}
