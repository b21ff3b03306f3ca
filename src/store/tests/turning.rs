//! Power cuts while the pepper is rotated and retired, keys come over, and others move in.

use std::time::Instant;

use sha2::Digest as _;

use super::crash::{amount, each, first_seed, report, seeds};
use super::{Hands, PROFILE, by, open, options};
use crate::digest::{Digest, Pepper};
use crate::error::{ErrorKind, Result};
use crate::key_id::KeyId;
use crate::options::Options;
use crate::random::Random;
use crate::request::Request;
use crate::spec::{Import, OwnerChange, Spec};
use crate::storage::tests::cut::Platter;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Disk, Lie, Step};
use crate::storage::{Storage, StorageOptions};
use crate::store::noted::Verified;
use crate::store::{ImportRules, Store};

fn pepper(byte: u8) -> Pepper {
    Pepper::new(&[byte; 32])
}

/// What the host gives before, during and after.
fn both(clock: &Hands) -> Options {
    options(clock).pepper(pepper(2)).previous_pepper(pepper(1))
}

/// What was acknowledged when.
const ROTATED: usize = 1;
const MOVED_IN: usize = 2;
const CAME_OVER: usize = 3;
const RETIRING: usize = 4;
const RETIRED: usize = 5;

/// A rotation for so many of the images that `KEYCASK_IMAGES` asks for.
const SHARE: u64 = 20_000;

/// A store whose pepper was rotated and retired, step by step.
struct Run {
    seed: u64,
    clock: Hands,
    base: Vec<u8>,
    steps: Vec<Step>,
    used: String,
    idle: String,
}

const MOVED: &str = "a-token-of-another-system";

fn grants(store: &Store, token: &str) -> bool {
    let acme = store.realm("acme").unwrap();
    store.verify(acme, token.as_bytes(), &Request::new()).is_ok()
}

fn run(seed: u64, lie: Option<Lie>) -> Run {
    let dice = Dice::new(seed);
    let (disk, clock) = (Disk::new(Vec::new()), Hands::new());
    let first = pepper(1);
    let settings = StorageOptions::new(Some(&first));
    Storage::format(disk.clone(), &settings, &Random::new(dice.clone()), "create it").unwrap();
    let store = open(&disk, both(&clock).random(dice)).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let spec = Spec::new(acme, "live", "o");
    let issue = || store.issue(&spec, &by()).unwrap().token.expose().to_owned();
    let [used, idle] = [issue(), issue()];
    let base = disk.bytes();
    disk.record();
    disk.lie(lie);
    store.rotate_pepper(pepper(2), &by()).unwrap();
    disk.mark(ROTATED);
    let hex: String = sha2::Sha256::digest(MOVED).iter().map(|b| format!("{b:02x}")).collect();
    let moved = Import::digest(spec.clone(), "sha256".parse().unwrap(), &hex).unwrap();
    store.import(&[moved], &ImportRules::new(), &by()).unwrap();
    disk.mark(MOVED_IN);
    assert!(grants(&store, &used) && grants(&store, MOVED));
    assert_eq!(store.rehash().unwrap(), 2);
    disk.mark(CAME_OVER);
    disk.mark(RETIRING);
    assert_eq!(store.retire_pepper(&by()).unwrap(), 1);
    disk.mark(RETIRED);
    store.close().unwrap();
    let steps = disk.take_record();
    Run { seed, clock, base, steps, used, idle }
}

/// Opens images of `run`, and says what is wrong with the first that is not as it should be.
fn cut(run: &Run) -> Result<u64, String> {
    let mut dice = Dice::new(run.seed ^ 0xC07);
    let mut platter = Platter::new(run.base.clone());
    let (mut done, mut images) = (0, 0);
    for step in &run.steps {
        platter.tell(step, &mut dice);
        if let Step::Mark(mark) = step {
            done = *mark;
            continue;
        }
        for _ in 0..3 {
            let (image, lost) = platter.cut(&mut dice);
            judge(run, image, done)
                .map_err(|why| format!("seed {}: after {done} ({lost}): {why}", run.seed))?;
            images += 1;
        }
    }
    Ok(images)
}

fn judge(run: &Run, image: Vec<u8>, done: usize) -> Result<(), String> {
    let disk = Disk::new(image);
    let told = |e: crate::error::Error| e.to_string();
    let store = open(&disk, both(&run.clock)).map_err(told)?;
    store.check().map_err(told)?;
    if !grants(&store, &run.used) {
        return Err("a key that is used is refused".to_owned());
    }
    if done >= MOVED_IN && !grants(&store, MOVED) {
        return Err("a key that was imported is refused".to_owned());
    }
    let idle = grants(&store, &run.idle);
    if idle && done >= RETIRED || !idle && done < RETIRING {
        return Err(format!("the key that nobody used is granted: {idle}"));
    }
    let status = store.pepper_status().map_err(told)?;
    if status.generation < 2 && done >= ROTATED || status.previous.is_some() && done >= RETIRED {
        return Err(format!("{status:?}"));
    }
    // Whatever step it was at, the next ones can be made.
    store.rotate_pepper(pepper(2), &by()).map_err(told)?;
    if !grants(&store, &run.used) {
        return Err("a key that is used is refused once the pepper is rotated".to_owned());
    }
    store.rehash().map_err(told)?;
    if store.pepper_status().map_err(told)?.previous.is_some() {
        store.retire_pepper(&by()).map_err(told)?;
    }
    store.close().map_err(told)?;
    let store = open(&disk, options(&run.clock).pepper(pepper(2))).map_err(told)?;
    store.check().map_err(told)?;
    match grants(&store, &run.used) {
        true => Ok(()),
        false => Err("a key that is used is refused once all was retired".to_owned()),
    }
}

#[test]
fn p44_a_power_cut_at_any_write_of_a_rotation_loses_no_key_and_no_step() {
    let (start, images) = (Instant::now(), amount("KEYCASK_IMAGES", 20_000));
    let seeds = seeds((first_seed()..).take(images.div_ceil(SHARE) as usize));
    let task = |seed| match cut(&run(seed, None))? {
        images @ ..=100 => Err(format!("seed {seed}: {images} images")),
        images => Ok(images),
    };
    let images = each(&seeds, task, |sum, images| *sum += images);
    report(&format!("power cuts: {images} images of {} runs of a rotation", seeds.len()), start);
}

#[test]
fn p44_a_disk_that_says_it_synced_and_did_not_is_found_out_in_a_rotation() {
    let lie = |each| Some(Lie { each, fails: false });
    assert!([2, 3].into_iter().any(|each| cut(&run(7, lie(each))).is_err()));
}

/// Keys that could not be noted would be among those that are left, and be revoked unseen.
#[test]
fn retiring_is_refused_once_while_keys_may_be_left_that_were_verified() {
    let run = run(7, None);
    let disk = Disk::new(run.base);
    let store = open(&disk, options(&run.clock).pepper(pepper(1))).unwrap();
    assert_eq!(store.retire_pepper(&by()).unwrap_err().kind(), ErrorKind::Conflict);
    store.rotate_pepper(pepper(2), &by()).unwrap();
    assert!(grants(&store, &run.used));
    let nobody = |n: u64| Verified {
        key_id: KeyId::from_bits(n << 12 | 1),
        found: [0, 0],
        digest: Digest::NONE,
        generation: 2,
        brought: 0,
        refused: false,
        last_four: [0; 4],
        twins: Default::default(),
    };
    (1..100).for_each(|n| store.noted.note(&nobody(n)));
    let refused = store.retire_pepper(&by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.message().contains("could not be noted"), "{refused}");
    assert!(grants(&store, &run.idle), "a refusal revokes nothing");
    // The one that is idle came over with that.
    assert_eq!(store.retire_pepper(&by()).unwrap(), 0);
    assert!(grants(&store, &run.used) && grants(&store, &run.idle));
}

/// Its rows may be those of either header.
#[test]
fn a_backup_is_refused_if_the_pepper_is_rotated_while_it_is_made() {
    let run = run(7, None);
    let store = open(&Disk::new(run.base), options(&run.clock).pepper(pepper(1))).unwrap();
    let turned = std::cell::Cell::new(true);
    let copy = |to: &Disk| {
        let file = || {
            if !turned.replace(true) {
                store.rotate_pepper(pepper(2), &by()).unwrap();
            }
            Ok(to.clone())
        };
        store.storage.copy_to(&file, None, "back up")
    };
    copy(&Disk::new(Vec::new())).unwrap();
    turned.set(false);
    let refused = copy(&Disk::new(Vec::new())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.message().contains("begin again"), "{refused}");
    copy(&Disk::new(Vec::new())).unwrap();
}

/// A verify that began before a rotation notes its key after it, in the place of those that follow.
#[test]
fn retiring_is_refused_once_while_a_note_of_before_kept_later_ones_away() {
    let run = run(7, None);
    let store = open(&Disk::new(run.base), options(&run.clock).pepper(pepper(1))).unwrap();
    store.rotate_pepper(pepper(2), &by()).unwrap();
    assert!(grants(&store, &run.used));
    let late = Verified { generation: 1, ..store.noted.take()[0] };
    store.noted.note(&late);
    assert!(grants(&store, &run.used));
    assert_eq!(store.retire_pepper(&by()).unwrap_err().kind(), ErrorKind::Conflict);
    assert!(grants(&store, &run.used));
    assert_eq!(store.retire_pepper(&by()).unwrap(), 1);
    assert!(grants(&store, &run.used) && !grants(&store, &run.idle));
}
