//! Every help text, and every shape of JSON, is as it was committed in `tests/snapshots/`.
//!
//! `make snapshots` writes them anew. What differs from run to run is masked: ids, tokens, times,
//! lengths.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::{Place, leaves};
use regex::Regex;
use serde_json::Value;
use snapbox::Data;

/// Commands whose output is no JSON: it is made for a shell, and for man.
const NO_JSON: [&str; 2] = ["completions", "man"];

/// Compares each text with the file of its name in `directory`, and the names with the files.
fn compare(directory: &str, texts: &BTreeMap<String, String>) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(directory);
    let path = |name: &str| directory.join(format!("{}.txt", name.replace(' ', "-")));
    for (name, text) in texts {
        let committed = Data::read_from(&path(name), None).raw();
        snapbox::assert_data_eq!(Data::text(text).raw(), committed);
    }
    let wanted: BTreeSet<PathBuf> = texts.keys().map(|name| path(name)).collect();
    let there = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let there: BTreeSet<PathBuf> = there.collect();
    assert_eq!(there, wanted, "files of no command, or commands without a file");
}

#[test]
fn every_help_is_as_it_was() {
    let place = Place::empty();
    let mut texts = BTreeMap::new();
    for command in common::commands(&place) {
        let help = place.run(&[&command[..], &["--help".to_owned()]].concat()).expect(0);
        let name = [&["keycask".to_owned()][..], &command].concat().join(" ");
        texts.insert(name, help.out);
    }
    compare("help", &texts);
}

/// What is the same in every run.
struct Masks(Vec<(Regex, &'static str)>);

impl Masks {
    fn new() -> Self {
        let masks = [
            (r"sh_(live|test|shown)_[0-9A-Za-z]{20,}", "sh_${1}_TOKEN"),
            (r"(\.\.\.)[0-9A-Za-z]{4}\b", "${1}LAST"),
            (r#"("last_four":)"[^"]*""#, r#"${1}"LAST""#),
            (r"\bkey_[0-9A-Z]{13}\b", "KEY"),
            (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
            (r"\b\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "DAY"),
            (r"\b[0-9a-f]{32,64}\b", "HEX"),
            (r"\b1[78]\d{11}\b", "MS"),
            (r#"("(?:[a-z_]+_)?bytes(?:_before|_after)?":)\d+"#, "${1}N"),
            (r#"("[a-z_]+_(?:ns|us|ratio)":)[0-9.]+"#, "${1}N"),
            (r#"("(?:retry|open)_ms":)[0-9.]+"#, "${1}N"),
            (r"\bt=\d+", "t=N"),
            (r#"("Retry-After","|retry_after\\":)\d+"#, "${1}N"),
            (r#"("lines":)\["(?s:.)*"\]"#, r#"${1}["TEXT"]"#),
        ];
        Self(masks.map(|(mask, with)| (Regex::new(mask).unwrap(), with)).into())
    }

    fn apply(&self, text: &str) -> String {
        let mask = |text: String, (mask, with): &(Regex, &str)| {
            mask.replace_all(&text, *with).into_owned()
        };
        self.0.iter().fold(text.to_owned(), mask)
    }
}

/// A story in which every command is told to print JSON.
struct Story {
    place: Place,
    masks: Masks,
    texts: BTreeMap<String, String>,
    /// Commands, as words.
    leaves: Vec<Vec<String>>,
}

impl Story {
    fn new() -> Self {
        let place = Place::empty();
        let leaves = leaves(&place);
        Self { place, masks: Masks::new(), texts: BTreeMap::new(), leaves }
    }

    fn run(&self, args: &[&str], input: &str) -> common::Ran {
        let mut command = self.place.command(args);
        command.env("KEYCASK_ACTOR", "tester").current_dir(self.place.path(""));
        common::run(command, input.as_bytes())
    }

    /// Runs a command with `--json` that is no part of what is kept. Gives its one line.
    fn quietly(&self, args: &[&str]) -> Value {
        self.run(args, "").expect(0).json()
    }

    /// Runs a command, which must end with `code`, and keeps what it printed. Gives its first
    /// line.
    fn tell(&mut self, code: i32, args: &[&str], input: &str) -> Value {
        let ran = self.run(&[args, &["--json"]].concat(), input).expect(code);
        self.keep(args, &ran)
    }

    fn keep(&mut self, args: &[&str], ran: &common::Ran) -> Value {
        check(args, ran);
        let leaf = self.leaves.iter().filter(|leaf| args.iter().take(leaf.len()).eq(*leaf));
        let name = leaf.max_by_key(|leaf| leaf.len()).unwrap().join(" ");
        let shown = args.iter().map(|arg| if arg.is_empty() { "''" } else { arg });
        let mut text = format!("$ keycask {} --json\n", shown.collect::<Vec<_>>().join(" "));
        text += &ran.out;
        text += &ran.err.lines().map(|line| format!("stderr: {line}\n")).collect::<String>();
        text += &format!("exit {}\n", ran.code);
        let text = text.replace(&self.place.text(""), "DIR/");
        *self.texts.entry(name).or_default() += &self.masks.apply(&text);
        let first = ran.out.lines().next().map(|line| serde_json::from_str(line).unwrap());
        first.unwrap_or_default()
    }

    fn done(&mut self, args: &[&str]) -> Value {
        self.tell(0, args, "")
    }
}

/// What holds for every run with `--json`.
fn check(args: &[&str], ran: &common::Ran) {
    let foreign = args.starts_with(&["audit", "export"]);
    for line in ran.out.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let first = object.as_object().unwrap().iter().next().unwrap();
        assert!(foreign || first == (&"schema_version".to_owned(), &1.into()), "{args:?}: {line}");
    }
    for line in ran.err.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let names: Vec<&String> = object.as_object().unwrap().keys().collect();
        assert_eq!(names, ["schema_version", "code", "message"], "{args:?}: {line}");
    }
    match ran.code {
        0 => assert!(ran.err.is_empty() && !ran.out.is_empty(), "{args:?}: {ran:?}"),
        3 => assert!(ran.err.is_empty() && ran.out.contains("\"granted\":false"), "{ran:?}"),
        _ => assert!(!ran.err.is_empty(), "{args:?}: {ran:?}"),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

#[test]
fn every_shape_of_json_is_as_it_was() {
    // These take their time, and need nothing of the story.
    let apart = [&["bench", "--keys", "100"][..], &["demo"]].map(|args| {
        let run = move || Place::empty().run(&[args, &["--json"]].concat()).expect(0);
        (args, std::thread::spawn(run))
    });
    let mut story = Story::new();
    making(&mut story);
    deciding(&mut story);
    changing(&mut story);
    looking(&mut story);
    keeping(&mut story);
    ending(&mut story);
    for (args, ran) in apart {
        story.keep(args, &ran.join().unwrap());
    }
    let told: BTreeSet<&str> = story.texts.keys().map(String::as_str).collect();
    let all: Vec<String> = story.leaves.iter().map(|leaf| leaf.join(" ")).collect();
    let all = all.iter().map(String::as_str).filter(|name| !NO_JSON.contains(name));
    assert_eq!(told, all.collect(), "commands of which no JSON is asked for");
    compare("json", &story.texts);
}

fn making(story: &mut Story) {
    story.done(&["init"]);
    story.tell(1, &["init"], "");
    story.done(&["realm", "apply", "shop.toml"]);
    let more = common::PROFILE.replacen("[[set]]", "[[scope]]\nname = \"more\"\n\n[[set]]", 1);
    story.place.file("more.toml", more.as_bytes());
    story.done(&["realm", "diff", "more.toml"]);
    story.done(&["realm", "show"]);
    story.done(&["realm", "show", "shop"]);
    story.tell(4, &["realm", "show", "none"], "");
    story.done(&["owner", "set", "--realm", "shop", "--direct", "read", "ann"]);
    story.done(&["owner", "show", "--realm", "shop", "ann"]);
    story.done(&["owner", "list", "--realm", "shop"]);
    story.done(&["owner", "set", "--realm", "shop", "--plan", "small", "small"]);
}

fn deciding(story: &mut Story) {
    let issue = ["issue", "--realm", "shop", "--kind"];
    let spec = ["live", "--scopes", "read", "--name", "ci", "--end", "+90d", "ann"];
    let issued = story.done(&[&issue[..], &spec].concat());
    story.done(&[&issue[..], &["shown", "--out", "token", "ann"]].concat());
    story.tell(4, &[&issue[..], &["live", "--scopes", "none", "ann"]].concat(), "");
    story.tell(2, &[&issue[..], &["live", "--start", "never", "ann"]].concat(), "");
    let limited =
        [&issue[..], &["live", "--scopes", "read", "--quota", "2", "--json", "small"]].concat();
    let limited = text(&story.quietly(&limited), "token").to_owned();
    story.tell(4, &[&issue[..], &["live", "bob"]].concat(), "");
    let token = text(&issued, "token").to_owned();
    let verify = ["verify", "--realm", "shop"];
    story.tell(0, &verify, &token);
    story.tell(3, &[&verify[..], &["--needs", "write"]].concat(), &token);
    story.tell(3, &verify, "sh_live_none");
    story.tell(0, &["explain", "--realm", "shop", "--needs", "write"], &token);
    let head = |token: &str| format!("GET / HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n");
    let heads = [head(&token), head("none"), "GET / HTTP/1.1\r\n\r\n".into(), "?\r\n\r\n".into()];
    story.tell(0, &["present", "--realm", "shop"], &heads.concat());
    story.tell(0, &["present", "--realm", "shop"], &head(&limited).repeat(4));
    let log = format!("one line\nkey={token}\n");
    story.tell(0, &["leaked", "-"], &log);
    story.tell(2, &["leaked", "--revoke", "-"], &log);
}

fn changing(story: &mut Story) {
    let keys = story.place.run(&["list", "--json"]).expect(0).lines();
    let [key, shown] = [0, 1].map(|n| text(&keys[n], "key_id").to_owned());
    story.done(&["suspend", &key]);
    story.done(&["resume", &key]);
    story.done(&["update", "--name", "new", "--operation", "op-1", &key]);
    story.done(&["operation", "op-1"]);
    story.tell(4, &["operation", "op-2"], "");
    story.done(&["rotate", "--grace", "1d", &key]);
    story.done(&["reveal", &shown]);
    story.tell(1, &["reveal", &key], "");
    story.done(&["end-grace", "--realm", "shop", "--dry-run"]);
    story.tell(2, &["end-grace", "--realm", "shop"], "");
    story.done(&["end-grace", "--realm", "shop", "--yes"]);
}

fn looking(story: &mut Story) {
    let key = text(&story.place.run(&["list", "--json"]).expect(0).lines()[0], "key_id").to_owned();
    story.done(&["list", "--realm", "shop"]);
    story.done(&["list", "--limit", "1"]);
    story.done(&["list", "--count"]);
    let hint = text(&story.done(&["show", &key]), "hint").to_owned();
    story.tell(4, &["show", "key_0000000000000"], "");
    story.done(&["find", &hint]);
    for format in ["gitleaks", "trufflehog", "github"] {
        story.done(&["rules", "--format", format, "shop"]);
    }
    for what in ["keys", "owners", "realms"] {
        story.done(&["export", what]);
    }
    story.done(&["audit"]);
    story.done(&["audit", "check"]);
    story.done(&["audit", "export", "--limit", "2"]);
    story.done(&["audit", "export", "--ocsf", "--limit", "1"]);
    story.done(&["audit", "trim", "--keep", "3", "--dry-run"]);
    story.tell(2, &["audit", "trim", "--keep", "3"], "");
    story.done(&["changes", "--limit", "2"]);
    story.done(&["stat"]);
    story.done(&["report"]);
    story.done(&["anchor"]);
}

fn keeping(story: &mut Story) {
    story.done(&["check"]);
    story.done(&["backup", "copy"]);
    story.tell(1, &["backup", "copy"], "");
    story.done(&["restore", "copy", "new"]);
    story.tell(1, &["sweep", "--store", "new"], "");
    story.done(&["confirm-restore", "--store", "new"]);
    story.tell(6, &["check", "--store", "new", "--min-seq", "1000"], "");
    story.done(&["sweep"]);
    story.done(&["compact"]);
    story.done(&["audit", "trim", "--keep", "3", "--yes"]);
}

fn ending(story: &mut Story) {
    let import = ["import", "--realm", "shop", "--kind", "live", "-"];
    let line = "{\"owner\": \"ann\", \"token\": \"the-first\"}\n";
    story.tell(0, &[&import[..], &["--dry-run"]].concat(), line);
    story.tell(2, &import, &format!("{line}{{}}\n"));
    story.tell(0, &import, line);
    let issue = ["issue", "--realm", "shop", "--kind", "test", "--json", "ann"];
    let issued = story.quietly(&issue);
    let (key, token) = (text(&issued, "key_id").to_owned(), text(&issued, "token").to_owned());
    story.tell(0, &["leaked", "--revoke", "--yes", "-"], &token);
    let issued = story.quietly(&issue);
    let presented = ["revoke-presented", "--realm", "shop"];
    story.tell(0, &presented, text(&issued, "token"));
    story.tell(3, &presented, "sh_test_none");
    story.done(&["revoke", &key]);
    story.done(&["revoke", "--realm", "shop", "--dry-run"]);
    story.tell(2, &["revoke", "--realm", "shop"], "");
    story.done(&["revoke", "--realm", "shop", "--yes"]);
    story.done(&["pepper", "status"]);
    story.place.secret("pepper-2", &[8; 32]);
    story.done(&["pepper", "rotate", "--new-pepper-file", "pepper-2"]);
    let both = ["--pepper-file", "pepper-2", "--previous-pepper-file", "pepper.key"];
    story.done(&[&["pepper", "retire", "--dry-run"][..], &both].concat());
    story.done(&[&["pepper", "retire", "--yes"][..], &both].concat());
}
