//! What is in the file: whole, found by its indexes, and as it was given.

use std::process::Command;
use std::time::Duration;

use keycask::{ErrorKind, Issued, Reason, Rotation, Store, Update};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::kit::{Scene, by, text};

const PROFILE: &str = r#"
realm = "r"
[[kind]]
name = "plain"
prefix = "k_"
body = 22
[[kind]]
name = "shown"
prefix = "s_"
body = 22
[policy]
default_grace = "1h"
retain = "1h"
"#;

/// Revoking left entries in other indexes behind, which a later load fell over. Here each row of
/// each index is compared with the records after every few changes, and what is decided from memory
/// with what is decided from rows that are read afresh.
#[test]
fn p45_after_any_changes_the_indexes_are_what_the_rows_make_of_them() {
    let mut scene = Scene::new(PROFILE);
    let mut keys: Vec<Issued> = Vec::new();
    let mut dice = 7_u64;
    let mut roll = |below: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(dice >> 33).unwrap() % below
    };
    for round in 1..=160 {
        let store = scene.store();
        let key = keys.get(roll(keys.len().max(1))).map(|issued| issued.key.key_id);
        // What a key's state forbids is refused, and changes nothing.
        match (roll(9), key) {
            (0..3, _) | (_, None) => {
                let life = Duration::from_secs(600 * (1 + roll(20) as u64));
                let kind = ["plain", "shown"][roll(2)];
                keys.push(scene.issue(&scene.spec(kind).life(life)));
            }
            (3, Some(key)) => drop(store.suspend(key, &by())),
            (4, Some(key)) => drop(store.resume(key, &by())),
            (5, Some(key)) => drop(store.revoke(key, &by())),
            (6, Some(key)) => keys.extend(store.rotate(key, &Rotation::new(), &by())),
            (7, Some(key)) => {
                let end = scene.now().plus(Duration::from_secs(60 * roll(90) as u64 + 1));
                drop(store.update(key, &Update::new().end(end), &by()));
            }
            _ => {
                scene.clock.forward(Duration::from_secs(1200));
                store.sweep_all(&by()).unwrap();
            }
        }
        if round % 40 == 0 {
            let reasons = |scene: &Scene| -> Vec<Option<Reason>> {
                keys.iter().map(|issued| scene.reason(text(issued))).collect()
            };
            scene.store().check().unwrap();
            let before = reasons(&scene);
            scene.reopen();
            assert_eq!(reasons(&scene), before, "round {round}");
            assert!(before.iter().any(Option::is_none) || round > 40);
        }
    }
}

/// A member's variable: the path of the store for the process that has little room.
const LITTLE: &str = "KEYCASK_LITTLE_ROOM";

/// The map had a fixed size, and a full disk was the end of the store.
#[test]
fn p47_a_file_that_cannot_grow_refuses_what_is_new_and_keeps_all_else() {
    let scene = Scene::new(PROFILE);
    let issued = scene.issue(&scene.spec("plain"));
    let (path, token) = (scene.path(), text(&issued).to_owned());
    let (store, _dir) = scene.into_store();
    store.close().unwrap();
    let len = std::fs::metadata(&path).unwrap().len();
    // bash counts in KiB. What is ignored stays ignored in the program that follows.
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", len / 1024 + 512);
    let mut command = Command::new("bash");
    command.args(["-c", &script]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "storing::a_process_with_little_room", "--nocapture"]);
    command.env(LITTLE, &path).env("KEYCASK_TOKEN", &token);
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("it had little room"), "{said}");
}

/// The part of the test above in a process of its own.
#[test]
fn a_process_with_little_room() {
    let (Ok(path), Ok(token)) = (std::env::var(LITTLE), std::env::var("KEYCASK_TOKEN")) else {
        return;
    };
    let store = Store::open(&path).unwrap();
    // From here on it writes to another file, and is to tell how that one fails.
    store.compact().unwrap();
    let realm = store.realm("r").unwrap();
    let request = keycask::Request::new();
    let metadata = format!("\"{}\"", "x".repeat(4000));
    let spec = keycask::Spec::new(realm, "plain", "ann").metadata(metadata);
    let mut done = Vec::new();
    let error = loop {
        match store.issue(&spec, &by()) {
            Ok(issued) => done.push(issued),
            Err(error) => break error,
        }
        assert!(done.len() < 100_000);
    };
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert!(!done.is_empty());
    let again = store.issue(&spec, &by()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Poisoned);
    let failure = std::error::Error::source(&again).map(ToString::to_string);
    assert!(failure.is_some_and(|why| why.contains("File too large")), "{again:?}");
    let all_granted = |store: &Store| {
        let tokens = done.iter().map(text).chain([token.as_str()]);
        tokens
            .fold(true, |all, token| all & store.verify(realm, token.as_bytes(), &request).is_ok())
    };
    assert!(all_granted(&store));
    // With room again it goes on, reopened if the failed write has left its file in doubt.
    let limit = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: limit.maximum, ..limit }).unwrap();
    drop(store.close());
    let store = Store::open(&path).unwrap();
    assert!(all_granted(&store));
    store.issue(&spec, &by()).unwrap();
    assert_eq!(store.stats().unwrap().keys, done.len() as u64 + 2);
    store.check().unwrap();
    println!("it had little room");
}

/// Metadata was made text twice over.
#[test]
fn p48_metadata_comes_back_byte_for_byte() {
    let mut scene = Scene::new(PROFILE);
    let longest = format!("[\"{}\"]", "\u{e9}".repeat(2046));
    for metadata in [
        "",
        "null",
        "{}",
        "\"{\\\"a\\\":1}\"",
        "{\"b\" : 1,\n\t\"a\": 1.50e+3, \"a\": 2}",
        " [ 1 ] ",
        "\"\\u00e9\\/\u{e9}\u{1F511}\"",
        "123456789012345678901234567890",
        longest.as_str(),
    ] {
        let issued = scene.issue(&scene.spec("plain").metadata(metadata));
        let other = scene.issue(&scene.spec("plain")).key.key_id;
        scene.store().update(other, &Update::new().metadata(metadata), &by()).unwrap();
        let rotated = scene.store().rotate(other, &Rotation::new(), &by()).unwrap().key;
        scene.reopen();
        for key in [issued.key.key_id, other, rotated.key_id] {
            assert_eq!(scene.store().key(key).unwrap().metadata, metadata);
        }
    }
}

/// The digest of a token as `docs/format.md` says, in a store without a pepper.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    let key = blake3::derive_key("keycask 2026-11 token digest without a pepper", b"");
    *blake3::keyed_hash(&key, token.as_bytes()).as_bytes()
}

/// A digest, as it was stored, was taken as a token.
#[test]
fn p30_a_digest_of_a_token_is_no_token_in_whatever_spelling() {
    let scene = Scene::new(PROFILE);
    let issued = scene.issue(&scene.spec("plain"));
    let digest = digest(text(&issued));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = format!("{hex}{}", "0".repeat(28));
    for text in [
        digest.to_vec(),
        hex.clone().into_bytes(),
        hex.to_uppercase().into_bytes(),
        format!("k_{hex}").into_bytes(),
        format!("k_{}", &digits[..28]).into_bytes(),
        format!("k_{}{}", &digits[..22], &text(&issued)[24..]).into_bytes(),
    ] {
        let reason = scene.reason(&text).unwrap();
        assert!(matches!(reason, Reason::Malformed(_) | Reason::Unknown), "{reason:?}");
    }
    assert_eq!(scene.reason(text(&issued)), None);
}

/// Another algorithm was used than the documented one.
#[test]
fn p31_the_file_has_the_digest_that_the_documented_algorithm_gives() {
    let scene = Scene::new(PROFILE);
    let issued = scene.issue(&scene.spec("plain"));
    let digest = digest(text(&issued));
    let path = scene.path();
    let (store, _dir) = scene.into_store();
    store.close().unwrap();
    let file = std::fs::read(path).unwrap();
    assert!(file.windows(digest.len()).any(|bytes| bytes == digest));
}

/// Whoever changed the master secret had a store of unknown keys.
#[test]
fn p44_a_wrong_pepper_is_refused_when_the_store_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.redb");
    let options = |pepper: u8| Store::options().pepper(keycask::Pepper::new(&[pepper; 32]));
    options(1).create(&path).unwrap().close().unwrap();
    for wrong in [options(2), Store::options()] {
        let error = wrong.open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pepper, "{error}");
    }
    options(1).open(&path).unwrap();
}
