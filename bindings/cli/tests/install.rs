//! What `make install-command` puts where, and that it is of use there.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Place, commands, leaves, mode};

fn top() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_command_is_installed_with_its_pages_and_completions() {
    let place = Place::empty();
    let root = place.path("root");
    let install = Command::new(top().join("bindings/cli/install"))
        .arg("/usr")
        .arg(&root)
        // What the other tests run, instead of a release that takes minutes to build.
        .env("KEYCASK_PROFILE", "dev")
        .output()
        .unwrap();
    assert!(install.status.success(), "{install:#?}");
    let usr = root.join("usr");
    assert_eq!(mode(&usr.join("bin/keycask")), 0o755);
    let version = Command::new(usr.join("bin/keycask")).arg("--version").output().unwrap();
    assert!(version.stdout.starts_with(b"keycask "), "{version:?}");
    for command in commands(&place) {
        let name = [&["keycask".to_owned()][..], &command].concat().join("-");
        let page = fs::read_to_string(usr.join(format!("share/man/man1/{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {} 1", name.to_uppercase())), "{page}");
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS"] {
            assert!(page.contains(section), "{name}: {section}");
        }
    }
    let page = fs::read_to_string(usr.join("share/man/man1/keycask.1")).unwrap();
    assert!(
        page.contains(".SH \"EXIT STATUS\"") && page.contains("\n  130  interrupted"),
        "{page}"
    );
    let pages = fs::read_dir(usr.join("share/man/man1")).unwrap().count();
    assert_eq!(pages, commands(&place).len());
}

/// What bash offers after `line`, whose last word is unfinished.
fn offered(script: &Path, line: &[&str]) -> String {
    let ask = format!(
        "source {}; COMP_WORDS=({}); COMP_CWORD={}; \
         _keycask keycask \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        line.len() - 1,
    );
    let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_shell_is_offered_commands_and_options() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(&["completions", shell]).expect(0);
        assert!(script.err.is_empty());
        for leaf in leaves(&place) {
            assert!(script.out.contains(leaf.last().unwrap().as_str()), "{shell}: {leaf:?}");
        }
    }
    let script = place.file("bash", place.run(&["completions", "bash"]).out.as_bytes());
    let all = offered(&script, &["keycask", ""]);
    for word in ["issue", "realm", "completions"] {
        assert!(all.lines().any(|line| line == word), "{word}: {all}");
    }
    assert_eq!(offered(&script, &["keycask", "verif"]), "verify\n");
    assert_eq!(offered(&script, &["keycask", "audit", "tr"]), "trim\n");
    assert_eq!(offered(&script, &["keycask", "issue", "--sc"]), "--scopes\n");
    place.run(&["completions", "tcsh"]).expect(2);
}

#[test]
fn a_page_is_written_to_standard_output_and_pages_to_a_directory_that_is_there() {
    let place = Place::empty();
    let page = place.run(&["man"]).expect(0);
    assert!(page.err.is_empty() && page.out.contains(".TH KEYCASK 1"), "{page:?}");
    let there = place.run(&["man", &place.text("none"), "--json"]).expect(4);
    assert_eq!(there.error()["code"], "not_found");
}
