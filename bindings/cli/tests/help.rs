//! What the help says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Place, leaves};

#[test]
fn each_command_has_a_sentence_and_an_example_that_is_its_own() {
    let place = Place::empty();
    for command in leaves(&place) {
        let help = place.run(&[&command[..], &["--help".to_owned()]].concat()).expect(0);
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
    assert!(leaves(&place).len() > 40);
    for status in [0, 1, 2, 3, 4, 5, 6, 130] {
        assert!(help.contains(&format!("\n  {status:<3}  ")), "{status}");
    }
    assert!(place.run(&["--version"]).expect(0).out.starts_with("keycask "));
    place.run(&[""; 0]).expect(2);
}

#[test]
fn the_example_of_the_whole_command_can_be_followed() {
    let place = Place::empty();
    let help = place.run(&["--help"]).expect(0).out;
    let (_, example) = help.split_once("\nExample:\n").unwrap();
    let (example, _) = example.split_once("\n\n").unwrap();
    let output = place.shell(example);
    assert!(output.status.success() && example.ends_with("< token"), "{output:#?}");
}

#[test]
fn help_does_not_say_where_this_machine_keeps_its_secrets() {
    let place = Place::empty();
    let help = place.run(&["stat", "--help"]).expect(0).out;
    assert!(!help.contains(&place.text("pepper.key")), "{help}");
}

#[test]
fn the_page_of_the_command_has_every_command_once_and_no_other() {
    let page = include_str!("../../../docs/command.md");
    let (_, tables) = page.split_once("\n## The commands\n").unwrap();
    let (tables, _) = tables.split_once("\n## ").unwrap();
    let cells = tables.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let mut listed: Vec<&str> =
        cells.flat_map(|(cell, _)| cell.split('`').step_by(2)).filter(|n| !n.is_empty()).collect();
    let mut all: Vec<String> = leaves(&Place::empty()).iter().map(|leaf| leaf.join(" ")).collect();
    listed.sort_unstable();
    all.sort_unstable();
    assert_eq!(listed, all);
}
