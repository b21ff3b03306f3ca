//! What holds for every command: where it prints, in which colours, and how it meets a terminal, a
//! reader who leaves, and an interruption.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};

use common::{Place, commands, leaves};

const ESCAPE: char = '\u{1b}';

/// Commands that print something of a store with one key, and need nothing else.
fn printing(key: &str) -> Vec<Vec<&str>> {
    let commands = [
        "realm show",
        "realm show shop",
        "owner list --realm shop",
        "owner show --realm shop ann",
        "list",
        "list --count",
        "rules --format gitleaks",
        "audit",
        "audit check",
        "audit export",
        "audit export --ocsf",
        "changes",
        "stat",
        "stat --prometheus",
        "check",
        "anchor",
        "pepper status",
        "export keys",
        "export keys --csv",
        "export owners",
        "export realms",
        "completions bash",
        "man",
        "--help",
        "issue --help",
        "--version",
        "issue --realm shop --kind live ann",
        "sweep",
        "compact",
    ];
    let words = |line: &'static str| line.split(' ').collect();
    commands.into_iter().map(words).chain([vec!["show", key], vec!["suspend", key]]).collect()
}

#[test]
fn a_reader_who_leaves_ends_a_command_quietly() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    for args in printing(&key) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(&args);
        let output = command.stdin(Stdio::null()).stdout(writer).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panicked"), "{args:?}: {said}");
        // A token that is lost is told, with its key.
        let lost = args[0] == "issue" && args[1] != "--help";
        assert_eq!(said.is_empty(), !lost, "{args:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
}

#[test]
fn what_is_asked_for_is_on_standard_output_and_nothing_else_is() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    for args in printing(&key) {
        let ran = place.run(&args).expect(0);
        assert!(!ran.out.is_empty(), "{args:?}");
        let notes = args[0] == "issue" && args[1] != "--help";
        assert_eq!(ran.err.is_empty(), !notes, "{args:?}: {}", ran.err);
    }
    for args in [&["show", "key_0000000000000"][..], &["none"], &["verify"]] {
        let ran = place.run(args);
        assert!(ran.code != 0 && ran.out.is_empty() && !ran.err.is_empty(), "{ran:?}");
    }
    for command in commands(&place) {
        let wrong = place.run(&[&command[..], &["--none".into(), "--json".into()]].concat());
        assert!(wrong.out.is_empty(), "{command:?}");
        assert_eq!(wrong.expect(2).error()["code"], "argument", "{command:?}");
    }
}

#[test]
fn colours_are_for_terminals_and_for_those_who_force_them() {
    let place = Place::empty();
    let run = |args: &[&str], with: &[(&str, &str)]| {
        let mut command = place.command(args);
        command.envs(with.iter().copied());
        let ran = common::run(command, b"");
        format!("{}{}", ran.out, ran.err)
    };
    for args in [&["--help"][..], &["none"], &["realm", "show"]] {
        assert!(!run(args, &[]).contains(ESCAPE), "{args:?}");
        assert!(!run(args, &[("NO_COLOR", "1")]).contains(ESCAPE), "{args:?}");
        let both = [("NO_COLOR", "1"), ("TERM", "xterm")];
        assert!(!run(args, &both).contains(ESCAPE), "{args:?}");
        let text = run(args, &[("CLICOLOR_FORCE", "1")]);
        assert!(text.contains(ESCAPE), "{args:?}: {text}");
        // For programs there are none.
        let json = [args, &["--json"]].concat();
        if args != ["--help"] {
            assert!(!run(&json, &[("CLICOLOR_FORCE", "1")]).contains(ESCAPE), "{json:?}");
        }
    }
}

#[test]
fn what_cannot_be_undone_wants_a_yes_and_tells_what_it_would_do() {
    let place = Place::with_owner();
    place.issue(&["--kind", "live"]);
    place.secret("pepper-2", &[8; 32]);
    place.run(&["pepper", "rotate", "--new-pepper-file", &place.text("pepper-2")]).expect(0);
    fs::rename(place.path("pepper.key"), place.path("pepper-1")).unwrap();
    fs::rename(place.path("pepper-2"), place.path("pepper.key")).unwrap();
    let before = place.text("pepper-1");
    let destructive = [
        vec!["revoke", "--realm", "shop"],
        vec!["end-grace", "--realm", "shop"],
        vec!["audit", "trim", "--keep", "1"],
        vec!["pepper", "retire"],
    ];
    for args in &destructive {
        let args = [&args[..], &["--previous-pepper-file", &before]].concat();
        let refused = place.run(&args).expect(2);
        assert!(refused.err.contains("--yes") && refused.err.contains("--dry-run"), "{refused:?}");
        let dry = place.run(&[&args[..], &["--dry-run", "--json"]].concat()).expect(0).json();
        assert_eq!(dry["dry_run"], true, "{args:?}");
    }
    // Others that ask back are in the list above.
    let asks = |command: &Vec<String>| {
        let help = place.run(&[&command[..], &["--help".to_owned()]].concat()).out;
        help.contains("Do not ask back")
    };
    let asking = leaves(&place).into_iter().filter(asks).count();
    assert_eq!(asking, destructive.len());
}

/// The command on a terminal of its own.
struct Terminal {
    child: Child,
    shown: String,
}

impl Terminal {
    fn run(place: &Place, line: &str) -> Self {
        let command = format!("{} {line}", env!("CARGO_BIN_EXE_keycask"));
        let environment = place.command(&[""; 0]);
        // What waits for another answer than it gets shall not wait for ever.
        let child = interruptible("timeout")
            .args(["60", "script", "-qec", &command, "/dev/null"])
            .env_clear()
            .envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, shown: String::new() }
    }

    /// Waits until `text` is on the screen.
    fn sees(&mut self, text: &str) -> &mut Self {
        let stdout = self.child.stdout.as_mut().unwrap();
        while !self.shown.contains(text) {
            let mut byte = [0];
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "no {text:?}: {}", self.shown);
            self.shown.push(char::from(byte[0]));
        }
        self
    }

    fn types(&mut self, text: &str) -> &mut Self {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        self
    }

    /// The exit status, and all that was on the screen.
    fn ends(mut self) -> (i32, String) {
        let Output { status, stdout, .. } = self.child.wait_with_output().unwrap();
        self.shown.push_str(&String::from_utf8_lossy(&stdout));
        (status.code().unwrap(), self.shown)
    }
}

#[test]
fn at_a_terminal_it_asks_back_and_does_what_is_answered() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    let state = || place.run(&["show", "--json", &key]).expect(0).json()["state"].clone();
    for (answer, code, then) in [("n\n", 1, "active"), ("\n", 1, "active"), ("y\n", 0, "revoked")] {
        let mut terminal = Terminal::run(&place, "revoke --realm shop");
        terminal.sees("Revoke 1 keys for good? [y/N] ").types(answer);
        let (ended, shown) = terminal.ends();
        assert_eq!(ended, code, "{answer:?}: {shown}");
        assert_eq!(state(), then, "{answer:?}");
    }
    let mut terminal = Terminal::run(&place, "audit trim --keep 1");
    terminal.sees("Take 3 entries out of the trail for good? [y/N] ").types("no\n");
    assert_eq!(terminal.ends().0, 1);
}

#[test]
fn at_a_terminal_a_token_is_asked_for_and_not_shown() {
    let place = Place::with_owner();
    let (_, token) = place.issue(&["--kind", "live"]);
    let mut terminal = Terminal::run(&place, "verify --realm shop");
    terminal.sees("Token: ").types(&format!("{token}\n"));
    let (code, shown) = terminal.ends();
    assert_eq!(code, 0, "{shown}");
    // The terminal does not know how wide it is.
    assert!(shown.contains("\ngranted      yes\r\n"), "{shown:?}");
    assert!(!shown.contains(&token["sh_live_".len()..]), "{shown}");
    let (code, shown) = Terminal::run(&place, "issue --realm shop --kind live ann").ends();
    assert!(code == 0 && shown.contains("on your screen"), "{shown}");
    let (code, shown) = Terminal::run(&place, "show key_0000000000000").ends();
    assert!(code == 4 && shown.contains(ESCAPE), "{shown:?}");
}

/// Runs `program` as who sits at a terminal runs it: what a shell runs in the background, and all
/// that comes of it, does not hear of interruptions.
fn interruptible(program: &str) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=INT", program]);
    command
}

/// The command of `place`, so run.
fn interruptible_command(place: &Place, args: &[&str]) -> Command {
    let command = place.command(args);
    let mut heard = interruptible(env!("CARGO_BIN_EXE_keycask"));
    let environment = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    heard.args(command.get_args()).env_clear().envs(environment);
    heard
}

fn interrupt(child: &Child) {
    let line = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

#[test]
fn an_interrupted_command_is_seen_as_interrupted() {
    let place = Place::with_owner();
    let mut child = interruptible_command(&place, &["changes", "--follow", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // What there is comes first, and then it waits.
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    interrupt(&child);
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}

#[test]
fn what_takes_over_a_second_shows_how_far_it_has_come_until_it_is_interrupted() {
    let place = Place::empty();
    let here = place.text("");
    let bench = ["bench", "--keys", "10000000", "--directory", &here];
    let mut command = interruptible_command(&place, &bench);
    let elsewhere = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut terminal = Terminal::run(&place, &bench.join(" "));
    terminal.sees("Issuing [").sees("of 10000000 rows").types("\u{3}");
    // As the shell tells it that ran the command.
    assert_eq!(terminal.ends().0, 130);
    // What went on as long where no terminal is said nothing.
    interrupt(&elsewhere);
    let output = elsewhere.wait_with_output().unwrap();
    assert_eq!((output.status.signal(), output.stderr), (Some(2), Vec::new()));
}
