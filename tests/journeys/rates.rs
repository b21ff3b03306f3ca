//! The rates of a plan: what they admit, whatever is rotated and however the clock steps.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keycask::{Clock, OwnerChange, Reason, Request, Rotation, Spec, Store, Timestamp, VerifyError};

use crate::hands::Hands;
use crate::kit::{PROFILE, Scene, by};

#[test]
fn rates_follow_the_lineage_so_that_rotating_resets_nothing() {
    let scene = Scene::planned();
    let store = scene.store();
    let (key, old) = scene.issue(&[]);
    for _ in 0..3 {
        assert_eq!(scene.reason(&old), None);
    }
    let new = store.rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    for _ in 0..2 {
        assert_eq!(scene.reason(new.token.expose()), None);
    }
    assert!(matches!(scene.reason(new.token.expose()), Some(Reason::RateLimited { .. })));
    assert!(matches!(scene.reason(&old), Some(Reason::RateLimited { .. })));
}

/// A clock that stepped back and forth moved a running window, and admitted its limit twice.
#[test]
fn a_clock_that_steps_back_and_forth_does_not_fill_a_rate_again() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let (_, token) = scene.issue(&[]);
    for _ in 0..4 {
        assert_eq!(scene.reason(&token), None);
    }
    scene.clock.back(Duration::from_secs(600));
    assert_eq!(scene.reason(&token), None);
    scene.clock.step(600_000);
    assert!(matches!(scene.reason(&token), Some(Reason::RateLimited { .. })));
    let at = Request::new().at(Timestamp::parse("2030-01-01T00:00:00Z").unwrap());
    assert!(store.verify(acme, token.as_bytes(), &at).is_ok(), "a named time has its own rates");
    assert!(matches!(scene.reason(&token), Some(Reason::RateLimited { .. })));
}

/// Reads the time out of order, as threads do that are interrupted after they have read it.
struct Interrupted {
    hands: Hands,
    reads: AtomicU64,
}

impl Clock for Interrupted {
    fn now(&self) -> Timestamp {
        self.hands.now()
    }

    fn uptime(&self) -> Duration {
        let late = self.reads.fetch_add(7, Ordering::Relaxed) % 25;
        self.hands.uptime() - Duration::from_millis(late)
    }
}

/// Each request that came with an earlier time than the one before gave back what the bucket gains
/// between the two.
#[test]
fn requests_that_are_interrupted_pass_no_burst() {
    let hands = Hands::at("2026-01-01T00:00:00Z");
    hands.forward(Duration::from_secs(1));
    let clock = Interrupted { hands: hands.clone(), reads: AtomicU64::new(0) };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::options().clock(clock).create(dir.path().join("keys.redb")).unwrap();
    let profile = PROFILE.replace("5 per 1m", "1200 per 1m, burst 400");
    store.apply_realm("acme.toml", &profile, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    let issued = store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap();
    let token = issued.token.expose().as_bytes();
    let is_granted = || match store.verify(acme, token, &Request::new()) {
        Ok(_) => true,
        Err(VerifyError::Denied(denial)) => match denial.reason {
            Reason::RateLimited { .. } => false,
            other => panic!("{other:?}"),
        },
        Err(other) => panic!("{other}"),
    };
    let granted = || {
        std::thread::scope(|threads| {
            let each: Vec<_> = (0..8)
                .map(|_| threads.spawn(|| (0..200).filter(|_| is_granted()).count()))
                .collect();
            each.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        })
    };
    assert_eq!(granted(), 400);
    hands.forward(Duration::from_secs(25));
    assert_eq!(granted(), 400);
    // The bucket gains a permit in 50 ms.
    hands.forward(Duration::from_millis(100));
    assert!((1..=2).contains(&granted()));
}
