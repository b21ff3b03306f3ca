//! What is left of tokens in the memory of a process that was given them, in its file, in a backup,
//! in what it logs and in what its panics say.
//!
//! It is a process of its own: it makes each kind of call some times, with tokens of which it keeps
//! nothing, and looks. It knows the tokens, and the bytes that they were made of, under a mask, so
//! that it does not find what it looks for in its own hands. `KEYCASK_RESIDUE` says how many such
//! lives it has.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may stop at a surprise"
)]

#[cfg(feature = "tracing")]
mod events;
mod kinds;
mod life;
mod memory;
mod scene;

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use keycask::{Issued, Pepper, Request, Store};
use tempfile::TempDir;
use zeroize::{Zeroize, Zeroizing};

use crate::kinds::KINDS;
use crate::memory::{Known, look};
use crate::scene::{Scene, by};

/// How many lives there are, unless it is 1, and the seed of the first, unless it is 0.
const LIVES: &str = "KEYCASK_RESIDUE";
const FIRST_SEED: &str = "KEYCASK_FIRST_SEED";

/// For the process that is looked through: where it finds room. What it logs is there, too.
const DIR: &str = "KEYCASK_RESIDUE_DIR";
/// Which of its worlds it lives in.
const SEED: &str = "KEYCASK_RESIDUE_SEED";
/// Set for one with defects.
const PLANTED: &str = "KEYCASK_RESIDUE_PLANTED";

/// What the process logs and its panics say, and what it found.
const SAID: &str = "said";
const REPORT: &str = "report";

/// A directory that is in memory, if there is such a one: what is written there is read again, and
/// nothing has to survive.
fn room() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A number of the environment.
fn number(name: &str, otherwise: usize) -> usize {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// The process that is looked through. As a test it has nothing to do.
#[test]
fn life_of_another_process() {
    let Some(dir) = env::var_os(DIR).map(PathBuf::from) else { return };
    #[cfg(feature = "tracing")]
    events::log();
    let planted = env::var_os(PLANTED).is_some();
    let report = life::live(&dir, &dir.join(SAID), number(SEED, 0), planted);
    fs::write(dir.join(REPORT), report).unwrap();
}

/// Runs that process for a life. Gives what it found, a line each, and how much it looked for.
fn process(seed: usize, planted: bool) -> (Vec<String>, String) {
    let dir = room();
    let said = dir.path().join(SAID);
    let mut process = Command::new(env::current_exe().unwrap());
    process.args(["--exact", "life_of_another_process", "--nocapture"]);
    process
        .env(DIR, dir.path())
        .env(SEED, seed.to_string())
        .env("RUST_BACKTRACE", "0")
        .stderr(File::create(&said).unwrap());
    if planted {
        process.env(PLANTED, "1");
    }
    let output = process.output().unwrap();
    let said = fs::read_to_string(&said).unwrap();
    let last: Vec<&str> = said.lines().rev().take(9).collect();
    assert!(output.status.success(), "{last:#?}");
    // It has logged verdicts and errors, and the panics that were forced are there.
    for told in ["Grant {", "Unknown", "Argument", "the clock stands", "told of Leak", "is torn"] {
        assert!(said.contains(told), "{told} is not logged");
    }
    #[cfg(feature = "tracing")]
    assert!(said.contains("event: message=refused"), "no event is logged");
    let report = fs::read_to_string(dir.path().join(REPORT)).unwrap();
    let mut lines: Vec<String> = report.lines().map(str::to_owned).collect();
    let amount = lines.pop().unwrap();
    (lines, amount)
}

#[test]
fn no_token_is_left_in_memory_file_backup_log_or_panic() {
    let first = number(FIRST_SEED, 0);
    let mut calls = 0;
    for seed in first..first + number(LIVES, 1) {
        let (found, amount) = process(seed, false);
        assert!(found.is_empty(), "{FIRST_SEED}={seed}: {found:#?}");
        calls += amount.split_once(' ').unwrap().0.parse::<u64>().unwrap();
        println!("{FIRST_SEED}={seed}: {amount}");
    }
    println!("residue: {calls} calls of {} kinds", KINDS.len());
}

#[test]
fn a_token_that_one_kind_of_call_leaves_is_found_out_and_the_kind_named() {
    let (found, _) = process(number(FIRST_SEED, 0), true);
    let expected: Vec<String> = life::PLANTS
        .iter()
        .flat_map(|(kind, places, _)| places.iter().map(move |place| format!("{kind}: {place}")))
        .collect();
    assert_eq!(found, expected);
}

/// Secrets of 32 bytes: the pepper, the one after it, the sealing key.
const SECRETS: usize = 3;

/// In how many places each of those is, half by half.
fn places(known: &Known) -> [[usize; 2]; SECRETS] {
    let mut places = BTreeSet::new();
    look(known, |half, _, address| _ = places.insert((half, address)));
    let of = |half| places.iter().filter(|(it, _)| *it == half).count();
    std::array::from_fn(|secret| [of(2 * secret), of(2 * secret + 1)])
}

#[test]
fn each_pepper_and_sealing_key_is_in_one_place_in_memory_and_in_none_when_the_store_is_closed() {
    let mut known = Known::default();
    let mut secrets = Zeroizing::new([[0; 32]; SECRETS]);
    for secret in secrets.iter_mut() {
        getrandom::fill(secret).unwrap();
        known.add_halves(secret);
    }
    let dir = room();
    let path = dir.path().join("keys");
    let tokens = Arc::new(Mutex::new(Known::default()));
    let scene = below(|| Scene::with(path.clone(), &tokens, &secrets[0], &secrets[2]));
    let next = Pepper::new(&secrets[1]);
    assert_eq!(places(&known), [[2; 2]; SECRETS], "not all are seen while they are there");
    let again = Pepper::new(&secrets[1]);
    secrets.zeroize();
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    let live = below(|| scene.issue("live"));
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    below(|| verify(&scene, &live));
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    below(|| verify_many(&scene, &live));
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    below(|| {
        let shown = scene.issue("shown");
        let token = scene.store.reveal(shown.key.key_id, &by()).unwrap();
        assert_eq!(token.expose(), shown.token.expose());
    });
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    below(|| scene.store.rotate_pepper(next, &by()).unwrap());
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    below(|| {
        verify(&scene, &live);
        scene.store.rehash().unwrap();
        scene.store.retire_pepper(&by()).unwrap();
    });
    // What was retired is known as long as the store is open.
    assert_eq!(places(&known), [[1; 2], [2; 2], [1; 2]]);
    below(|| scene.store.close().unwrap());
    assert_eq!(places(&known), [[0; 2], [1; 2], [0; 2]]);
    let store = below(|| Store::options().pepper(again).open(&path).unwrap());
    assert_eq!(places(&known), [[0; 2], [1; 2], [0; 2]]);
    below(|| store.close().unwrap());
    assert_eq!(places(&known), [[0; 2]; SECRETS]);
}

#[test]
fn a_key_that_is_left_on_the_stack_is_found_out() {
    let (mut known, mut secret) = (Known::default(), Zeroizing::new([0; 32]));
    getrandom::fill(&mut *secret).unwrap();
    known.add_halves(&secret);
    let of = |places: [[usize; 2]; SECRETS]| places[0];
    assert_eq!(of(places(&known)), [1; 2]);
    below(|| black_box(blake3::keyed_hash(&secret, b"text")));
    let seen = of(places(&known));
    assert!(seen[0] > 1 && seen[1] > 1, "{seen:?}");
}

/// Makes a call so far down the stack that who looks for what it left there writes nothing over it.
#[inline(never)]
fn below<T>(call: impl FnOnce() -> T) -> T {
    let room = [0_u8; 256 * 1024];
    let value = call();
    black_box(&room);
    value
}

/// Verifies a key.
fn verify(scene: &Scene, key: &Issued) {
    let token = key.token.expose().as_bytes();
    scene.store.verify(scene.realm, token, &Request::new()).unwrap();
}

/// Verifies a key many times at once.
fn verify_many(scene: &Scene, key: &Issued) {
    let (tokens, mut verdicts) = ([key.token.expose().as_bytes(); 20], Vec::new());
    scene.store.verify_many(scene.realm, &tokens, &Request::new(), &mut verdicts).unwrap();
    assert!(verdicts.iter().all(Result::is_ok));
}
