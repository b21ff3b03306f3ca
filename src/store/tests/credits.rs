//! Credits when the power goes, and when the disk fails.

use super::crash::{amount, each, first_seed, report, seeds};
use super::*;
use crate::query::Filter;
use crate::quota::{Quota, Refill};
use crate::storage::tests::cut::Platter;
use crate::storage::tests::dice::Dice;
use crate::storage::tests::disk::{Fault, Step};

const LIMIT: u64 = 90;
const CHUNK: u64 = 7;

/// A run of credits for so many of the images that `KEYCASK_IMAGES` asks for.
const SHARE: u64 = 5_000;

/// A store with a key that has [`LIMIT`] credits, of which [`CHUNK`] are leased at once.
struct Credits {
    scene: Scene,
    token: String,
}

impl Credits {
    fn new() -> Self {
        Self::drawn(Dice::new(0))
    }

    fn drawn(dice: Dice) -> Self {
        let (disk, clock) = (formatted(&Random::new(dice.clone())), Hands::new());
        let options = options(&clock).random(dice).lease_max(CHUNK);
        let store = open(&disk, options).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        // A chunk is a hundredth of the limit, or else what the options say.
        let quota = Quota::new(LIMIT * 100, Refill::Never).unwrap();
        let issued = store.issue(&Spec::new(acme, "live", "o").quota(quota), &by()).unwrap();
        let less = crate::spec::Update::new().set_credits(LIMIT);
        store.update(issued.key.key_id, &less, &by()).unwrap();
        let token = issued.token.expose().to_owned();
        Self { scene: Scene { disk, clock, store, acme }, token }
    }

    /// Whether a request of this cost is granted.
    fn pay(&self, cost: u32) -> bool {
        let request = Request::new().cost(cost);
        let answer = self.scene.store.verify(self.scene.acme, self.token.as_bytes(), &request);
        match answer.map_err(|error| error.denial().unwrap().reason) {
            Ok(_) => true,
            Err(Reason::QuotaExhausted { .. }) => false,
            Err(reason) => panic!("{}", reason.name()),
        }
    }

    /// Pays until nothing is left, other changes in between, and closes the store. Gives the
    /// disk before that, and what it was told: a mark says how many credits were granted.
    fn run(self, dice: &mut Dice) -> (Vec<u8>, Vec<Step>) {
        let (disk, mut granted) = (self.scene.disk.clone(), 0);
        let base = disk.bytes();
        disk.record();
        while granted < 80 {
            let cost = 1 + dice.roll(9);
            if self.pay(u32::try_from(cost).unwrap()) {
                granted += cost;
                disk.mark(granted);
            }
            if dice.chance(1, 8) {
                self.scene.issue().unwrap();
            }
        }
        self.scene.store.close().unwrap();
        (base, disk.take_record())
    }
}

/// Cuts the power at each step. Gives how many credits were lost at most, or says what is wrong.
fn cut(base: Vec<u8>, steps: &[Step], dice: &mut Dice) -> std::result::Result<u64, String> {
    let (mut platter, mut granted, mut worst) = (Platter::new(base), 0, 0);
    for step in steps {
        platter.tell(step, dice);
        if let Step::Mark(mark) = step {
            granted = *mark as u64;
        }
        let (image, lost) = platter.cut(dice);
        let store = open(&Disk::new(image), options(&Hands::new())).unwrap();
        let page = store.list(&crate::query::Filter::new(), None, 1_000).unwrap();
        let left = page.keys.iter().find_map(|key| key.quota).unwrap().remaining;
        let Some(gone) = LIMIT.checked_sub(left + granted) else {
            return Err(format!("{granted} granted and {left} left of {LIMIT}: {lost}"));
        };
        worst = worst.max(gone);
    }
    Ok(worst)
}

#[test]
fn a_power_cut_never_grants_twice_and_loses_one_chunk_at_most() {
    let (start, images) = (Instant::now(), amount("KEYCASK_IMAGES", 20_000));
    let seeds = seeds((first_seed()..).take(images.div_ceil(SHARE) as usize));
    let task = |seed| {
        let mut dice = Dice::new(seed);
        let (base, steps) = Credits::drawn(dice.clone()).run(&mut dice);
        let tell = |why| format!("seed {seed}: {why}");
        let lost = cut(base, &steps, &mut dice).map_err(tell)?;
        // One request may cost more than a chunk: then that is leased for it.
        match lost {
            0 => Err(tell("no cut met a lease".to_owned())),
            lost if lost > CHUNK.max(9) => Err(tell(format!("{lost} credits were lost"))),
            _ => Ok(steps.len()),
        }
    };
    let images = each(&seeds, task, |sum, images| *sum += images);
    report(&format!("power cuts: {images} images of {} runs of credits", seeds.len()), start);
}

/// A store that hands credits out before the lease is durable.
#[test]
fn a_store_that_grants_before_it_has_leased_is_found_out() {
    let mut dice = Dice::new(1);
    let (base, mut steps) = Credits::new().run(&mut dice);
    for at in 0..steps.len() {
        if matches!(steps[at], Step::Mark(_))
            && let Some(sync) = steps[..at].iter().rposition(|step| matches!(step, Step::Sync))
        {
            steps[sync..=at].rotate_right(1);
        }
    }
    let why = cut(base, &steps, &mut dice).unwrap_err();
    assert!(why.contains("granted"), "{why}");
}

#[test]
fn a_failing_disk_refuses_what_is_not_leased_and_loses_one_chunk_at_most() {
    for after in 0..12 {
        let credits = Credits::new();
        assert!(credits.pay(1));
        let errno = rustix::io::Errno::IO;
        let fault = Fault { after, errno, for_ever: true, reads: false, half: false };
        credits.scene.disk.fail(Some(fault));
        let mut granted = 1 + (0..LIMIT).filter(|_| credits.pay(1)).count() as u64;
        let Credits { scene, token } = credits;
        let credits = Credits { scene: scene.reopen(), token };
        let again = (0..LIMIT).filter(|_| credits.pay(1)).count() as u64;
        granted += again;
        // The chunk whose commit failed, and what closing could not give back.
        assert!(granted <= LIMIT && granted + 2 * CHUNK >= LIMIT, "{granted} after {after}");
    }
}

/// The commit of a change of credits says what the file has then.
#[test]
fn who_has_no_credits_after_a_change_is_refused_without_a_commit() {
    let credits = Credits::new();
    let key = credits.scene.store.list(&Filter::new(), None, 1).unwrap().keys[0].key_id;
    assert!(credits.pay(1));
    let none = crate::spec::Update::new().set_credits(0);
    credits.scene.store.update(key, &none, &by()).unwrap();
    credits.scene.disk.fail(None);
    assert!(!credits.pay(1));
    assert_eq!(credits.scene.disk.done(false), 0);
}

/// It waited for writers while it had its owner's meter, and every other request of that owner with
/// it.
#[test]
fn a_request_that_takes_no_credits_holds_up_no_other_while_it_reads_how_many_there_are() {
    let Scene { disk, clock, store, acme } = Scene::new();
    let paced = "buckets = \"owner\"\n[[plan]]\nname = \"paced\"\nrates = [\"1000 per 1m\"]\n";
    store.apply_realm("acme.toml", &format!("{PROFILE}{paced}"), &by()).unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("paced"), &by()).unwrap();
    let spec = Spec::new(acme, "live", "o");
    let quota = Quota::new(9, Refill::Never).unwrap();
    let [limited, free] = [spec.clone().quota(quota), spec]
        .map(|spec| store.issue(&spec, &by()).unwrap().token.expose().to_owned());
    store.close().unwrap();
    // Of none of its credits is known how many there are.
    let store = open(&disk, options(&clock)).unwrap();
    let ask = |token: &str, request| store.verify(acme, token.as_bytes(), &request).unwrap();
    let (ask, limited) = (&ask, limited.as_str());
    thread::scope(|scope| {
        let held = store.index.hold();
        let asking = [Request::new().cost(0), Request::new().sparing_credits()]
            .map(|request| scope.spawn(move || ask(limited, request).credits.unwrap().remaining));
        thread::sleep(Duration::from_millis(50));
        let other = scope.spawn(|| ask(&free, Request::new()).rate.unwrap().remaining);
        wait_for(|| other.is_finished());
        assert!(asking.iter().all(|asking| !asking.is_finished()));
        drop(held);
        assert_eq!(asking.map(|asking| asking.join().unwrap()), [9, 8]);
        assert_eq!(other.join().unwrap(), 999);
    });
}

#[test]
fn a_store_that_cannot_give_credits_back_says_so_when_it_is_closed() {
    let credits = Credits::new();
    assert!(credits.pay(1));
    let errno = rustix::io::Errno::IO;
    let fault = Fault { after: 0, errno, for_ever: true, reads: false, half: false };
    credits.scene.disk.fail(Some(fault));
    let error = credits.scene.store.close().unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::Io, "{error}");
}

/// When they are refilled the file says, and nobody else.
#[test]
fn who_can_be_lent_no_credits_is_told_of_no_refill_while_the_file_cannot_be_read() {
    let (disk, clock) = (formatted(&Random::system()), Hands::new());
    let store = open(&disk, options(&clock).cache_bytes(0)).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let spec = Spec::new(acme, "live", "o").quota("2 per day".parse::<Quota>().unwrap());
    let token = store.issue(&spec, &by()).unwrap().token;
    let ask = || store.verify(acme, token.expose().as_bytes(), &Request::new());
    assert_ne!(ask().unwrap().credits.unwrap().reset, Timestamp::NEVER);
    let errno = rustix::io::Errno::IO;
    let fault = Fault { after: 0, errno, for_ever: true, reads: true, half: false };
    disk.fail(Some(fault));
    let refused = ask().unwrap_err();
    let denial = refused.denial().unwrap();
    let Reason::QuotaExhausted { credits, .. } = denial.reason else { panic!("{denial:?}") };
    assert_eq!((credits.limit, credits.reset), (2, Timestamp::NEVER));
    disk.fail(None);
}
