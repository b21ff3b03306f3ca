//! Bad input: each is refused by name, with its own exit status, and changes nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use common::{Place, run};
use serde_json::Value;

/// A store with one key of ann's, and the key's id.
fn with_key() -> (Place, String) {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live", "--scopes", "read"]);
    (place, key)
}

#[test]
fn bad_input_is_refused_by_name_and_changes_nothing() {
    let (place, key) = with_key();
    let long = "x".repeat(129);
    let reason = "x".repeat(257);
    let metadata = format!("\"{}\"", "x".repeat(4096));
    let missing = place.text("missing.toml");
    let bad = place.text("bad.toml");
    place.file("bad.toml", format!("\ncolour = \"red\"{}", common::PROFILE).as_bytes());
    let binary = place.text("binary.toml");
    place.file("binary.toml", b"\xff\xfe");
    let none = "key_0000000000000";
    let issue = |rest: &[&'static str]| -> Vec<String> {
        let all = [&["issue", "--realm", "shop"], rest].concat();
        all.into_iter().map(str::to_owned).collect()
    };
    let line = |words: &[&str]| -> Vec<String> { words.iter().map(|&w| w.to_owned()).collect() };
    // What is asked; the exit status; the code; what the message must name.
    let table = [
        (issue(&["--kind", "live", "bob"]), 4, "not_found", "bob"),
        (issue(&["--kind", "dead", "ann"]), 4, "not_found", "dead"),
        (issue(&["--kind", "live", "--scopes", "read,fly", "ann"]), 4, "not_found", "fly"),
        (issue(&["--kind", "live", "--scopes", "read,", "ann"]), 4, "not_found", "scope \"\""),
        (issue(&["--kind", "live", "--sets", "none", "ann"]), 4, "not_found", "none"),
        (line(&["issue", "--realm", "mall", "--kind", "live", "ann"]), 4, "not_found", "mall"),
        (issue(&["--kind", "live", "--end", "2001-01-01T00:00:00Z", "ann"]), 2, "argument", "2001"),
        (
            issue(&["--kind", "live", "--start", "2001-01-01T00:00:00Z", "ann"]),
            2,
            "argument",
            "2001",
        ),
        (issue(&["--kind", "live", "--start", "never", "ann"]), 2, "argument", "never"),
        (issue(&["--kind", "live", "--end", "+0s", "ann"]), 2, "argument", "end"),
        (issue(&["--kind", "live", "--end", "+99y", "ann"]), 2, "argument", "2109"),
        (issue(&["--kind", "live", "--end", "+900y", "ann"]), 2, "argument", "100 years"),
        (issue(&["--kind", "live", "--end", "90d", "ann"]), 2, "argument", "90d"),
        (issue(&["--kind", "live", "--end=-1d", "ann"]), 2, "argument", "-1d"),
        (issue(&["--kind", "live", "--end", "9999-01-01T00:00:00Z", "ann"]), 2, "argument", "9999"),
        // What is past is no span from now.
        (line(&["audit", "trim", "--before", "+365d", "--yes"]), 2, "argument", "+365d"),
        (line(&["audit", "--from", "never"]), 2, "argument", "never"),
        (issue(&["--kind", "live", "--networks", "", "ann"]), 2, "argument", "networks: 0"),
        (issue(&["--kind", "live", "--metadata", "{", "ann"]), 2, "argument", "metadata"),
        (issue(&["--kind", "live", "--name", "a\u{1b}b", "ann"]), 2, "argument", "control"),
        (issue(&["--kind", "live", "--reason", "a\nb", "ann"]), 2, "argument", "reason"),
        (issue(&["--kind", "live", ""]), 2, "argument", "owner"),
        (issue(&["--kind", "live"]), 2, "argument", "OWNER"),
        (issue(&["--kind", "live", "--out", "/nowhere/x", "ann"]), 4, "not_found", "/nowhere/x"),
        (
            line(&["issue", "--realm", "shop", "--kind", "live", "--name", &long, "ann"]),
            2,
            "argument",
            "128",
        ),
        (
            line(&["issue", "--realm", "shop", "--kind", "live", "--metadata", &metadata, "ann"]),
            2,
            "argument",
            "4096",
        ),
        (
            line(&["issue", "--realm", "shop", "--kind", "live", "--reason", &reason, "ann"]),
            2,
            "argument",
            "256",
        ),
        (line(&["owner", "set", "--realm", "shop", &long]), 2, "argument", "128"),
        (line(&["owner", "set", "--realm", "shop", "a\u{7f}b"]), 2, "argument", "control"),
        (
            line(&["owner", "set", "--realm", "shop", "--plan", "gold", "ann"]),
            4,
            "not_found",
            "gold",
        ),
        (
            line(&["owner", "set", "--realm", "shop", "--direct", "fly", "ann"]),
            4,
            "not_found",
            "fly",
        ),
        (line(&["owner", "set", "--realm", "mall", "ann"]), 4, "not_found", "mall"),
        (
            line(&["owner", "set", "--realm", "shop", "--suspend", "--resume", "ann"]),
            2,
            "argument",
            "--resume",
        ),
        (line(&["owner", "show", "--realm", "shop", "bob"]), 4, "not_found", "bob"),
        (line(&["revoke", none]), 4, "not_found", none),
        (line(&["suspend", none]), 4, "not_found", none),
        (line(&["resume", none]), 4, "not_found", none),
        (line(&["rotate", none]), 4, "not_found", none),
        (line(&["update", "--name", "x", none]), 4, "not_found", none),
        (line(&["reveal", none]), 4, "not_found", none),
        (line(&["show", none]), 4, "not_found", none),
        (line(&["show", "key_"]), 2, "argument", "key_"),
        (line(&["show", &key.to_lowercase()]), 2, "argument", "13 characters"),
        (line(&["update", &key]), 2, "argument", "--name"),
        (line(&["update", "--end", "2001-01-01T00:00:00Z", &key]), 2, "argument", "2001"),
        (line(&["update", "--scopes", "fly", &key]), 4, "not_found", "fly"),
        (line(&["update", "--name", &long, &key]), 2, "argument", "128"),
        (line(&["update", "--networks", "", &key]), 2, "argument", "networks: 0"),
        (line(&["update", "--quota", "", &key]), 2, "argument", "quota"),
        (line(&["rotate", "--grace", "31d", &key]), 2, "argument", "grace"),
        (line(&["rotate", "--grace", "soon", &key]), 2, "argument", "soon"),
        (line(&["rotate", "--grace", "1d", "--regenerate", &key]), 2, "argument", "--regenerate"),
        (line(&["list", "--realm", "mall"]), 4, "not_found", "mall"),
        (line(&["list", "--owner", "ann"]), 2, "argument", "--realm"),
        (line(&["list", "--realm", "shop", "--owner", "bob"]), 4, "not_found", "bob"),
        (line(&["list", "--state", "expired"]), 2, "argument", "expired"),
        (line(&["list", "--limit", "-1"]), 2, "argument", "-1"),
        (line(&["verify", "--realm", "mall"]), 4, "not_found", "mall"),
        (line(&["verify", "--realm", "shop", "--needs", "fly"]), 4, "not_found", "fly"),
        (line(&["verify", "--realm", "shop", "--needs", ""]), 2, "argument", "--needs"),
        (line(&["present", "--realm", "shop", "--kinds", ""]), 2, "argument", "--kinds"),
        (line(&["pepper", "retire"]), 2, "argument", "--yes"),
        (line(&["verify", "--realm", "shop", "--kinds", "dead"]), 4, "not_found", "dead"),
        (line(&["verify", "--realm", "shop", "--at", "never"]), 2, "argument", "--at"),
        (line(&["verify", "--realm", "shop", "--token-file", &missing]), 4, "not_found", &missing),
        (line(&["verify"]), 2, "argument", "--realm"),
        (line(&["realm", "apply", &missing]), 4, "not_found", &missing),
        (line(&["realm", "apply", &bad]), 1, "profile", "bad.toml:2: colour"),
        (line(&["realm", "apply", &binary]), 1, "profile", "binary.toml"),
        (line(&["realm", "diff", &bad]), 1, "profile", "bad.toml:2: colour"),
        (line(&["realm", "show", "mall"]), 4, "not_found", "mall"),
        (line(&["init"]), 1, "conflict", "keys.keycask"),
        (line(&["frob"]), 2, "argument", "frob"),
    ];
    let state = || place.run(&["stat", "--json"]).expect(0).json()["seq"].clone();
    let before = state();
    for (mut args, code, name, named) in table {
        args.push("--json".to_owned());
        let ran = place.run(&args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert_eq!(ran.out, "", "{args:?}");
        let error = ran.error();
        assert_eq!(error["schema_version"], 1);
        assert_eq!(error["code"], name, "{args:?}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(named), "{args:?}: {message}");
        assert!(!message.contains('\u{1b}'), "{args:?}: {message}");
        args.pop();
        let people = place.run(&args);
        assert_eq!(people.code, code, "{args:?}");
        assert!(people.err.starts_with("error: "), "{args:?}: {}", people.err);
    }
    assert_eq!(state(), before);
}

#[test]
fn what_the_state_of_a_key_forbids_is_a_conflict() {
    let (place, key) = with_key();
    let code = |args: &[&str]| -> Value {
        place.run(&[args, &["--json"]].concat()).expect(1).error()["code"].clone()
    };
    place.run(&["rotate", &key]).expect(0);
    assert_eq!(code(&["rotate", &key]), "conflict");
    place.run(&["revoke", &key]).expect(0);
    for command in ["suspend", "resume", "rotate"] {
        assert_eq!(code(&[command, &key]), "conflict", "{command}");
    }
    place.run(&["owner", "set", "--realm", "shop", "--plan", "small", "ann"]).expect(0);
    place.issue(&["--kind", "live"]);
    assert_eq!(code(&["issue", "--realm", "shop", "--kind", "live", "ann"]), "cap");
}

#[test]
fn a_profile_that_takes_away_what_keys_use_is_refused_with_their_number() {
    let (place, _) = with_key();
    let less = common::PROFILE.replace("name = \"live\"", "name = \"prod\"");
    place.file("less.toml", less.as_bytes());
    for command in ["apply", "diff"] {
        let ran = place.run(&["realm", command, "--json", &place.text("less.toml")]).expect(1);
        assert_eq!(ran.error()["code"], "conflict");
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("live") && message.contains('1'), "{message}");
    }
}

#[test]
fn a_wrong_pepper_or_none_is_refused_and_the_file_is_untouched() {
    let (place, _) = with_key();
    let before = fs::read(place.store()).unwrap();
    place.secret("pepper.key", &[8; 32]);
    for args in [&["stat"][..], &["verify", "--realm", "shop"], &["list"]] {
        let ran = place.run(&[args, &["--json"]].concat()).expect(1);
        assert_eq!(ran.error()["code"], "pepper");
    }
    let mut command = place.command(&["stat", "--json"]);
    command.env_remove("KEYCASK_PEPPER_FILE");
    assert_eq!(run(command, b"").expect(1).error()["code"], "pepper");
    assert_eq!(fs::read(place.store()).unwrap(), before);
}

/// Its digits stood in the error, and in whatever keeps errors.
#[test]
fn a_pepper_in_the_place_of_its_file_is_not_shown() {
    let (place, _) = with_key();
    let pepper = "0123456789abcdefFEDCBA9876543210".repeat(2);
    for variable in ["KEYCASK_PEPPER_FILE", "KEYCASK_IMPORT_SECRET"] {
        for json in [&["stat"][..], &["stat", "--json"]] {
            let mut command = place.command(json);
            command.env(variable, &pepper);
            let output = command.output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            assert!(!output.status.success() && !said.is_empty(), "{variable}");
            let said = String::from_utf8(said).unwrap();
            assert!(!said.contains(&pepper[..16]), "{variable}: {said}");
        }
    }
}

#[test]
fn beside_a_writer_reading_works_and_writing_is_locked() {
    let (place, key) = with_key();
    let pepper = keycask::Pepper::new(&[7; 32]);
    let writer = keycask::Store::options().pepper(pepper).open(place.store()).unwrap();
    for args in [&["list"][..], &["show", &key], &["stat"], &["audit"]] {
        place.run(args).expect(0);
    }
    place.feed(&["verify", "--realm", "shop"], "x").expect(3);
    place.feed(&["present", "--realm", "shop"], "GET / HTTP/1.1\n\n").expect(0);
    let ran = place.run(&["revoke", "--json", &key]).expect(5);
    assert_eq!(ran.error()["code"], "locked");
    writer.close().unwrap();
    place.run(&["revoke", &key]).expect(0);
}

#[test]
fn a_store_that_is_not_there_or_not_one_or_damaged_is_told_apart() {
    let place = Place::empty();
    place.run(&["stat"]).expect(4);
    assert!(!place.store().exists());
    place.secret("keys.keycask", b"this is no store");
    let ran = place.run(&["stat", "--json"]).expect(1);
    assert_eq!(ran.error()["code"], "foreign");
    let mut command = place.command(&["stat", "--json"]);
    command.env_remove("KEYCASK_STORE");
    let ran = run(command, b"").expect(2);
    assert!(ran.error()["message"].as_str().unwrap().contains("--store"));
    let nowhere = place.text("no/such/directory/keys");
    place.run(&["init", "--store", &nowhere]).expect(4);
}

#[test]
fn a_row_that_was_altered_behind_the_store_is_corrupt() {
    let (place, _) = with_key();
    place.run(&["owner", "set", "--realm", "shop", "customer-0001"]).expect(0);
    let mut file = fs::read(place.store()).unwrap();
    let (from, to) = (b"customer-0001", b"customer-0002");
    let found: Vec<usize> =
        (0..file.len() - from.len()).filter(|&at| file[at..].starts_with(from)).collect();
    assert!(!found.is_empty());
    for at in found {
        file[at..at + to.len()].copy_from_slice(to);
    }
    fs::write(place.store(), &file).unwrap();
    let ran = place.run(&["list", "--json"]).expect(6);
    assert_eq!(ran.error()["code"], "corrupt");
    assert_eq!(fs::read(place.store()).unwrap(), file);
}

/// Once an error panicked where any argument was not UTF-8, as a path need not be.
#[test]
fn what_goes_wrong_is_said_though_an_argument_is_not_utf8() {
    let place = Place::empty();
    let odd = OsStr::from_bytes(b"/nowhere/\xff");
    let [list, store, kind] = ["list", "--store", "--kind"].map(OsStr::new);
    let missing = place.run(&[list, store, odd]).expect(4);
    assert!(missing.err.contains("/nowhere/"), "{missing:?}");
    let wrong = place.run(&[list, kind, odd]).expect(2);
    assert!(wrong.err.contains("UTF-8"), "{wrong:?}");
}
