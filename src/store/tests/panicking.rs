//! A host whose clock panics, in a process that goes on.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::digest::Pepper;
use crate::error::ErrorKind;
use crate::query::Filter;

thread_local! {
    /// After how many readings this thread's clock panics.
    static READINGS: Cell<Option<u32>> = const { Cell::new(None) };
}

struct Panicking(Hands);

fn reading() {
    if let Some(left) = READINGS.get() {
        READINGS.set(Some(left.checked_sub(1).expect("a defect of the host")));
    }
}

impl Clock for Panicking {
    fn now(&self) -> Timestamp {
        reading();
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        reading();
        self.0.uptime()
    }
}

/// A commit was durable and not yet shown when the clock was read for the last time: what came
/// after it was written over what nobody saw.
#[test]
fn after_a_panic_between_a_commit_and_what_is_shown_of_it_nothing_more_is_written() {
    let (mut readings, mut apart) = (0, 0);
    loop {
        let (disk, clock) = (formatted(&Random::system()), Hands::new());
        let store = open(&disk, Options::new().clock(Panicking(clock.clone()))).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        let issue = || store.issue(&Spec::new(acme, "live", "o"), &by());
        let token = issue().unwrap().token;
        store.verify(acme, token.expose().as_bytes(), &Request::new()).unwrap();
        // A use is due to be written, and when that was is noted.
        clock.forward(Duration::from_secs(3_600));
        READINGS.set(Some(readings));
        let told = catch_unwind(AssertUnwindSafe(issue));
        READINGS.set(None);
        if told.is_ok() {
            break;
        }
        let written = store.count(&Filter::new()).unwrap();
        let shown = store.index.stats().keys as u64;
        let next = issue().map(drop).map_err(|error| error.kind());
        if written != shown {
            assert_eq!(next, Err(ErrorKind::Poisoned), "{readings} readings");
            apart += 1;
        }
        readings += 1;
    }
    assert!(readings > 2 && apart > 0, "{readings} readings, {apart} of them after a commit");
}

/// Who retires a pepper takes a key of which no note is left for one that nobody verified.
#[test]
fn what_was_noted_stays_so_if_the_clock_panics_while_it_is_written() {
    let (disk, clock) = (formatted(&Random::system()), Hands::new());
    let store = open(&disk, Options::new().clock(Panicking(clock))).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let token = store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap().token;
    let is_granted = || store.verify(acme, token.expose().as_bytes(), &Request::new()).is_ok();
    store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    assert!(is_granted());
    READINGS.set(Some(0));
    let told = catch_unwind(AssertUnwindSafe(|| store.rehash()));
    READINGS.set(None);
    assert!(told.is_err(), "the clock was not read");
    assert_eq!(store.retire_pepper(&by()).unwrap(), 0);
    assert!(is_granted());
}
