//! What the help says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;

/// Every command that does something.
const COMMANDS: &[&[&str]] = &[
    &["init"],
    &["realm", "apply"],
    &["realm", "show"],
    &["realm", "diff"],
    &["owner", "set"],
    &["owner", "show"],
    &["owner", "list"],
    &["issue"],
    &["import"],
    &["verify"],
    &["present"],
    &["explain"],
    &["rotate"],
    &["suspend"],
    &["resume"],
    &["revoke"],
    &["revoke-presented"],
    &["end-grace"],
    &["update"],
    &["list"],
    &["find"],
    &["show"],
    &["reveal"],
    &["leaked"],
    &["rules"],
    &["operation"],
    &["audit"],
    &["audit", "check"],
    &["audit", "export"],
    &["audit", "trim"],
    &["changes"],
    &["report"],
    &["stat"],
    &["check"],
    &["anchor"],
    &["backup"],
    &["restore"],
    &["confirm-restore"],
    &["sweep"],
    &["compact"],
    &["pepper", "rotate"],
    &["pepper", "retire"],
    &["pepper", "status"],
    &["demo"],
];

#[test]
fn each_command_has_a_sentence_and_an_example_that_is_its_own() {
    let place = Place::empty();
    for command in COMMANDS {
        let help = place.run(&[command, &["--help"][..]].concat()).expect(0);
        assert!(help.err.is_empty(), "{command:?}");
        let sentence = help.out.lines().next().unwrap();
        assert!(sentence.len() > 10 && !sentence.ends_with('.'), "{command:?}: {sentence:?}");
        let (_, example) = help.out.split_once("Example:\n").unwrap();
        assert!(example.contains(&format!("keycask {}", command.join(" "))), "{command:?}");
        assert!(help.out.contains("--json"), "{command:?}");
        assert!(!help.out.contains('\u{1b}'), "{command:?}");
    }
}

#[test]
fn the_help_lists_the_commands_and_the_exit_statuses() {
    let place = Place::empty();
    let help = place.run(&["--help"]).expect(0).out;
    for command in COMMANDS {
        assert!(help.contains(&format!("  {} ", command[0])), "{command:?}");
    }
    for status in 0..=6 {
        assert!(help.contains(&format!("\n  {status}  ")), "{status}");
    }
    assert!(place.run(&["--version"]).expect(0).out.starts_with("keycask "));
    place.run(&[""; 0]).expect(2);
}

#[test]
fn help_does_not_say_where_this_machine_keeps_its_secrets() {
    let place = Place::empty();
    let help = place.run(&["stat", "--help"]).expect(0).out;
    assert!(!help.contains(&place.text("pepper.key")), "{help}");
}
