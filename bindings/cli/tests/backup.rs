//! Back up, restore, and tell a file that was put back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Place, Ran, mode, set_mode};
use keycask::{Pepper, Store};
use serde_json::{Value, json};

/// A run on the store `name`.
fn on(place: &Place, name: &str, args: &[&str]) -> Ran {
    place.run(&[&["--store", &place.text(name)], args].concat())
}

#[test]
fn a_backup_is_restored_and_takes_changes_once_that_is_confirmed() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live"]);
    let backup = place.text("backup");
    let made = place.run(&["backup", "--json", &backup]).expect(0).json();
    assert_eq!((&made["backup"], &made["keys"]), (&json!(backup), &json!(1)));
    assert_eq!(made["bytes"], fs::metadata(&backup).unwrap().len());
    assert_eq!(mode(&place.path("backup")), 0o600);
    let anchor = place.run(&["anchor"]).expect(0).out;
    assert_eq!(made["anchor"], anchor.trim_end());
    assert_eq!(on(&place, "backup", &["anchor"]).expect(0).out, anchor);
    on(&place, "backup", &["check"]).expect(0);

    place.run(&["revoke", &key]).expect(0);
    let later = place.run(&["anchor"]).expect(0).out;
    let restore = ["restore", &backup, &place.text("new"), "--anchor", later.trim_end()];
    let told = place.run(&[&restore[..], &["--json"]].concat()).expect(0).json();
    assert_eq!((&told["missing"], &told["keys"]), (&json!(1), &json!(1)));
    assert_eq!(told["backup"], made["anchor"]);
    fs::remove_file(place.path("new")).unwrap();
    let ran = place.run(&restore).expect(0);
    assert!(ran.err.contains("1 change after the backup is missing"), "{ran:?}");
    assert!(ran.err.contains(told["last_change"].as_str().unwrap()), "{ran:?}");

    let refused = on(&place, "new", &["revoke", "--json", &key]).expect(1).error();
    assert_eq!(refused["code"], "unconfirmed");
    assert!(refused["message"].as_str().unwrap().contains("keycask confirm-restore"));
    assert_eq!(on(&place, "new", &["stat", "--json"]).expect(0).json()["unconfirmed"], true);
    let verify = ["--store", &place.text("new"), "verify", "--realm", "shop"];
    place.feed(&verify, &token).expect(0);
    let confirm = ["confirm-restore", "--json", "--actor", "ann", "--reason", "all looked at"];
    assert_eq!(on(&place, "new", &confirm).expect(0).json()["unconfirmed"], false);
    assert_eq!(on(&place, "new", &confirm).expect(1).error()["code"], "conflict");
    on(&place, "new", &["revoke", &key]).expect(0);
    place.feed(&verify, &token).expect(3);
    let events: Vec<Value> = on(&place, "new", &["audit", "--json"]).expect(0).lines();
    let names: Vec<_> = events.iter().rev().take(3).map(|entry| &entry["event"]).collect();
    assert_eq!(names, ["key_revoked", "restore_confirmed", "store_restored"]);
}

#[test]
fn what_the_old_file_denies_is_denied_in_the_new_one() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    place.run(&["backup", &place.text("backup")]).expect(0);
    place.run(&["revoke", &key]).expect(0);
    let old = place.text("keys.keycask");
    let restore = ["restore", &place.text("backup"), &place.text("new"), "--denials-of", &old];
    let told = place.run(&[&restore[..], &["--json"]].concat()).expect(0).json();
    assert_eq!((&told["denied"], &told["missing"]), (&json!([key]), &json!(1)));
    let shown = on(&place, "new", &["show", "--json", &key]).expect(0).json();
    assert_eq!(shown["state"], "revoked");
}

#[test]
fn a_store_is_backed_up_and_checked_while_another_process_writes() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    let service = Store::options().pepper(Pepper::new(&[7; 32])).open(place.store()).unwrap();
    service.suspend(key.parse().unwrap(), &keycask::Actor::new("service")).unwrap();
    let made = place.run(&["backup", "--json", &place.text("backup")]).expect(0).json();
    assert_eq!(made["anchor"], service.anchor().unwrap().to_string());
    let checked = place.run(&["check", "--json"]).expect(0).json();
    assert_eq!(checked["anchor"], made["anchor"]);
    let shown = on(&place, "backup", &["show", "--json", &key]).expect(0).json();
    assert_eq!(shown["state"], "suspended");
    let restore = ["restore", &place.text("backup"), &place.text("new"), "--denials-of"];
    let old = place.text("keys.keycask");
    place.run(&[&restore[..], &[&old]].concat()).expect(5);
    assert!(!place.path("new").exists());
}

#[test]
fn a_backup_beside_a_busy_process_is_its_store_at_one_moment() {
    let place = Place::with_owner();
    let service = Store::options().pepper(Pepper::new(&[7; 32])).open(place.store()).unwrap();
    let shop = service.realm("shop").unwrap();
    let actor = keycask::Actor::new("service");
    let issue = || service.issue(&keycask::Spec::new(shop, "live", "ann"), &actor).unwrap();
    (0..50).for_each(|_| _ = issue());
    let anchors = Mutex::new(vec![service.anchor().unwrap().to_string()]);
    let stop = AtomicBool::new(false);
    let made = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let key = issue().key.key_id;
                anchors.lock().unwrap().push(service.anchor().unwrap().to_string());
                service.revoke(key, &actor).unwrap();
                anchors.lock().unwrap().push(service.anchor().unwrap().to_string());
            }
        });
        let made: Vec<_> = (0..5)
            .map(|round| place.run(&["backup", "--json", &place.text(&format!("backup-{round}"))]))
            .collect();
        stop.store(true, Ordering::Relaxed);
        made
    });
    let anchors = anchors.into_inner().unwrap();
    assert!(anchors.len() > 10, "the process was not busy");
    for made in made {
        let anchor = made.expect(0).json()["anchor"].as_str().unwrap().to_owned();
        assert!(anchors.contains(&anchor), "{anchor} is none that the store ever had");
    }
}

#[test]
fn an_older_file_is_refused_where_the_seq_is_known() {
    let place = Place::with_owner();
    let old = fs::read(place.store()).unwrap();
    place.issue(&["--kind", "live"]);
    let seq = place.run(&["anchor", "--json"]).expect(0).json()["seq"].to_string();
    place.run(&["stat", "--min-seq", &seq]).expect(0);
    fs::write(place.store(), &old).unwrap();
    for command in [&["stat"][..], &["check"], &["owner", "set", "--realm", "shop", "zoe"]] {
        let args = [command, &["--json", "--min-seq", &seq]].concat();
        let error = place.run(&args).expect(6).error();
        assert_eq!(error["code"], "rolled_back", "{command:?}");
        assert!(error["message"].as_str().unwrap().contains(&format!("seq {seq}")), "{error}");
    }
    let mut command = place.command(&["stat"]);
    command.env("KEYCASK_MIN_SEQ", &seq);
    common::run(command, b"").expect(6);
    assert_eq!(fs::read(place.store()).unwrap(), old);
}

#[test]
fn bad_input_is_refused_by_name_and_makes_nothing() {
    let place = Place::with_owner();
    let (backup, new, store) =
        (place.text("backup"), place.text("new"), place.text("keys.keycask"));
    place.run(&["backup", &backup]).expect(0);
    let other = Place::with_owner().run(&["anchor"]).expect(0).out;
    for (args, code, name, named) in [
        (&["backup", &backup][..], 1, "conflict", &*backup),
        (&["backup", "/nowhere/backup"], 4, "not_found", "/nowhere/backup"),
        (&["backup"], 2, "argument", "FILE"),
        (&["restore", "/nowhere/backup", &new], 4, "not_found", "/nowhere/backup"),
        (&["restore", &backup, &store], 1, "conflict", &store),
        (&["restore", &backup, &new, "--anchor", "12"], 2, "argument", "12"),
        (
            &["restore", &backup, &new, "--anchor", other.trim_end()],
            1,
            "conflict",
            other.trim_end(),
        ),
        (&["restore", &backup, &new, "--denials-of", "/nowhere/x"], 4, "not_found", "/nowhere/x"),
        (&["restore", &place.text("pepper.key"), &new], 1, "foreign", "pepper.key"),
        (&["confirm-restore"], 1, "conflict", "restored"),
        (&["--store", &backup, "revoke", "key_0000000000000"], 1, "read_only", "backup"),
        (&["stat", "--min-seq", "-1"], 2, "argument", "-1"),
    ] {
        let ran = place.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        let error = ran.error();
        assert_eq!(error["code"], name, "{args:?}: {error}");
        assert!(error["message"].as_str().unwrap().contains(named), "{args:?}: {error}");
        assert!(!place.path("new").exists(), "{args:?}");
    }
    // A plain copy of a file that others may write to is not taken.
    set_mode(&place.path("backup"), 0o666);
    place.run(&["restore", &backup, &new]).expect(1);
}

/// Runs the command behind some lines of a shell.
fn behind(place: &Place, lines: &str, args: &[&str]) -> Ran {
    let command = place.command(&[""; 0]);
    let mut shell = std::process::Command::new("/bin/sh");
    let run = format!("{lines}; exec \"$0\" \"$@\"");
    shell.args(["-c", &run]).arg(command.get_program()).args(args).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    common::run(shell, b"")
}

#[test]
fn a_backup_and_a_restored_store_are_their_owners_alone_whatever_the_umask() {
    let place = Place::with_owner();
    for umask in ["000", "022", "077", "777"] {
        let (backup, new) = (format!("backup-{umask}"), format!("new-{umask}"));
        let umask = format!("umask {umask}");
        behind(&place, &umask, &["backup", &place.text(&backup)]).expect(0);
        let restore = ["restore", &place.text(&backup), &place.text(&new)];
        behind(&place, &umask, &restore).expect(0);
        assert_eq!((mode(&place.path(&backup)), mode(&place.path(&new))), (0o600, 0o600));
    }
}

#[test]
fn a_backup_for_which_there_is_no_room_leaves_nothing_and_the_store_as_it_is() {
    let place = Place::with_owner();
    place.run(&["backup", &place.text("whole")]).expect(0);
    let names = || -> Vec<_> {
        let entries = fs::read_dir(place.path("")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (names(), fs::read(place.store()).unwrap());
    // Blocks of 512 bytes: a file may grow to 20 KiB.
    let little = "trap '' XFSZ; ulimit -f 40";
    for args in [
        &["backup", "--json", &place.text("backup")][..],
        &["restore", "--json", &place.text("whole"), &place.text("new")],
    ] {
        let error = behind(&place, little, args).expect(1).error();
        assert_eq!(error["code"], "full", "{error}");
        assert!(before == (names(), fs::read(place.store()).unwrap()), "{args:?}");
    }
}
