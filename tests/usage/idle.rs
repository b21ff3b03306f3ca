//! Keys that are refused because they were not used for long.

use keycask::{
    ErrorKind, Import, ImportOutcome, ImportRules, OwnerChange, Request, Rotation, Update,
};

use super::kit::{DAY, HOUR, MINUTE, Scene, by, profile};

#[test]
fn a_key_is_idle_its_span_after_its_last_use_and_at_most_a_minute_later() {
    let mut scene = Scene::new("idle = \"30d\"");
    let [used, unused] = [(); 2].map(|()| scene.issue(&scene.spec()));
    assert_eq!(scene.info(&used).idle, Some(DAY * 30));
    scene.clock.forward(DAY * 30 - MINUTE);
    assert_eq!(scene.verify(&used), "granted");
    let last = scene.now();
    assert_eq!(scene.info(&used).last_used, Some(last));
    assert_eq!(scene.info(&used).idle_at, Some(last.plus(DAY * 30 + MINUTE)));
    // One that was never used has no minute that was not told.
    scene.clock.forward(MINUTE - MINUTE / 60);
    assert_eq!(scene.info(&unused).idle_at, Some(scene.now().plus(MINUTE / 60)));
    scene.clock.forward(MINUTE / 60);
    assert_eq!(scene.verify(&unused), "idle");
    assert_eq!(scene.info(&unused).last_used, None);
    scene.reopen();
    assert_eq!((scene.verify(&used), scene.verify(&unused)), ("granted", "idle"));
    scene.clock.forward(DAY * 30);
    assert_eq!(scene.verify(&used), "granted");
    scene.clock.forward(DAY * 30 + MINUTE);
    scene.reopen();
    assert_eq!(scene.verify(&used), "idle");
}

#[test]
fn a_use_within_the_minute_that_is_not_told_still_counts() {
    let scene = Scene::new("idle = \"1h\"");
    let issued = scene.issue(&scene.spec());
    scene.verify(&issued);
    scene.clock.forward(MINUTE - MINUTE / 60);
    scene.verify(&issued);
    scene.clock.forward(HOUR - MINUTE / 60);
    assert_eq!(scene.verify(&issued), "granted");
}

/// As with Expired: who moves the clock of the machine back does not get the key back.
#[test]
fn a_clock_that_steps_back_does_not_revive_an_idle_key() {
    let scene = Scene::new("idle = \"1d\"");
    let issued = scene.issue(&scene.spec());
    let other = scene.issue(&scene.spec());
    scene.clock.forward(DAY);
    assert_eq!(scene.verify(&issued), "idle");
    scene.clock.step(-3_600_000);
    assert_eq!(scene.verify(&issued), "idle");
    assert_eq!(scene.verify(&other), "granted");
    // A change of something else does not revive it either, nor does one of the profile.
    scene.update(&issued, &Update::new().networks(["::/0", "0.0.0.0/0"]));
    scene.update(&issued, &Update::new().any_network());
    scene.apply("idle = \"1d\"\nusage = true");
    assert_eq!(scene.verify(&issued), "idle");
}

/// The mark that keeps expired keys from living again over a restart keeps idle ones as well.
#[test]
fn an_idle_key_stays_so_over_a_restart_with_an_earlier_clock() {
    let mut scene = Scene::new("idle = \"1h\"");
    let issued = scene.issue(&scene.spec());
    scene.clock.forward(HOUR);
    scene.issue(&scene.spec());
    assert_eq!(scene.verify(&issued), "idle");
    scene.clock.step(-3_600_000);
    scene.reopen();
    assert_eq!(scene.verify(&issued), "idle");
}

/// How long a store was closed was never made up: after months, the mark was months behind, and a
/// clock that stepped back over a restart gave idle and expired keys another life.
#[test]
fn a_mark_that_was_behind_by_what_the_store_was_closed_is_right_again_after_an_hour() {
    let mut scene = Scene::new("idle = \"30d\"");
    let idle = scene.issue(&scene.spec());
    let ended = scene.issue(&scene.spec().life(DAY * 30));
    scene.close_for(DAY * 200);
    scene.clock.forward(HOUR);
    assert_eq!((scene.verify(&idle), scene.verify(&ended)), ("idle", "expired"));
    scene.issue(&scene.spec());
    scene.clock.step(-180 * 86_400_000);
    scene.reopen();
    assert_eq!((scene.verify(&idle), scene.verify(&ended)), ("idle", "expired"));
}

#[test]
fn resuming_a_key_and_giving_it_a_span_begin_anew() {
    let mut scene = Scene::new("idle = \"30d\"");
    let [resumed, updated, idle] = [(); 3].map(|()| scene.issue(&scene.spec()));
    scene.clock.forward(DAY * 20);
    scene.store().suspend(resumed.key.key_id, &by()).unwrap();
    scene.clock.forward(DAY * 20);
    for issued in [&updated, &idle] {
        assert_eq!(scene.verify(issued), "idle");
    }
    scene.store().resume(resumed.key.key_id, &by()).unwrap();
    scene.update(&updated, &Update::new().idle(DAY * 10));
    for _ in 0..2 {
        assert_eq!(scene.verify(&idle), "idle");
        scene.reopen();
    }
    assert_eq!(scene.info(&updated).idle_at, Some(scene.now().plus(DAY * 10)));
    assert_eq!(scene.verify(&resumed), "granted");
    scene.clock.forward(DAY * 10);
    assert_eq!(scene.verify(&updated), "idle");
    scene.update(&updated, &Update::new().idle(DAY * 10));
    assert_eq!(scene.verify(&updated), "granted");
    // The span is the same, and is given anew.
    let told = scene.store().audit(0, 100).unwrap().pop().unwrap();
    assert_eq!((told.before.len(), told.after.len()), (1, 1), "{told:?}");
    assert_eq!(told.after["idle_since"], scene.now().to_string());
    scene.clock.forward(DAY * 20 + MINUTE);
    assert_eq!(scene.verify(&resumed), "idle");
}

#[test]
fn a_span_of_the_keys_own_takes_the_place_of_its_realms() {
    let mut scene = Scene::new("");
    let issued = scene.issue(&scene.spec().idle(HOUR * 2));
    let free = scene.issue(&scene.spec());
    scene.clock.forward(HOUR * 2 - MINUTE);
    assert_eq!(scene.verify(&issued), "granted");
    assert_eq!(scene.info(&issued).last_used, Some(scene.now()), "its use is kept");
    scene.reopen();
    scene.clock.forward(HOUR * 2);
    assert_eq!(scene.verify(&issued), "granted");
    scene.apply("idle = \"1h\"");
    assert_eq!(scene.info(&issued).idle, Some(HOUR * 2));
    scene.clock.forward(HOUR);
    assert_eq!((scene.verify(&issued), scene.verify(&free)), ("granted", "idle"));
    scene.update(&issued, &Update::new().no_idle());
    assert_eq!(scene.info(&issued).idle, Some(HOUR));
    scene.clock.forward(HOUR + MINUTE);
    assert_eq!(scene.verify(&issued), "idle");
}

/// Where uses were not kept, turning the span on would have ended every key older than it.
#[test]
fn a_profile_that_begins_to_say_a_span_gives_each_key_the_whole_of_it() {
    let mut scene = Scene::new("");
    let issued = scene.issue(&scene.spec());
    scene.clock.forward(DAY * 100);
    scene.apply("idle = \"30d\"");
    let since = scene.now();
    assert_eq!(scene.info(&issued).idle_at, Some(since.plus(DAY * 30)));
    scene.clock.forward(DAY * 20);
    scene.reopen();
    assert_eq!(scene.info(&issued).idle_at, Some(since.plus(DAY * 30)));
    // A shorter one counts as the longer did, at once.
    assert_eq!(scene.decide(&issued, &keycask::Request::new().at(scene.now())), "granted");
    scene.clock.forward(DAY * 5 + MINUTE);
    scene.apply("idle = \"5d\"");
    assert_eq!(scene.verify(&issued), "idle");
    scene.apply("idle = \"30d\"");
    assert_eq!(scene.verify(&issued), "granted");
    scene.apply("");
    scene.clock.forward(DAY * 100);
    assert_eq!(scene.verify(&issued), "granted");
}

#[test]
fn a_successor_has_the_span_and_begins_anew() {
    let scene = Scene::new("");
    let first = scene.issue(&scene.spec().idle(DAY));
    scene.clock.forward(HOUR * 23);
    let second = scene.store().rotate(first.key.key_id, &Rotation::new(), &by()).unwrap();
    assert_eq!(second.key.idle, Some(DAY));
    scene.clock.forward(HOUR);
    assert_eq!((scene.verify(&first), scene.verify(&second)), ("idle", "granted"));
}

#[test]
fn spans_out_of_their_limits_are_refused() {
    let scene = Scene::new("idle = \"30d\"");
    let store = scene.store();
    let issued = scene.issue(&scene.spec().idle(DAY * 30));
    for span in [HOUR - MINUTE, DAY * 31, HOUR + std::time::Duration::from_nanos(1)] {
        let refused = [
            store.issue(&scene.spec().idle(span), &by()).map(drop),
            store.update(issued.key.key_id, &Update::new().idle(span), &by()).map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument);
            assert!(error.message().starts_with("idle "), "{error}");
        }
    }
    let error = store.apply_realm("acme.toml", &profile("idle = \"59m\""), &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Profile);
    assert!(error.message().contains("idle"), "{error}");
}

/// A crash loses the uses that were noted since the last flush, so a key is idle that much
/// earlier, and no more.
#[test]
fn a_crash_costs_an_idle_span_no_more_than_the_uses_it_lost() {
    let mut scene = Scene::new("idle = \"1h\"");
    let issued = scene.issue(&scene.spec());
    scene.clock.forward(MINUTE * 10);
    scene.verify(&issued);
    let flushed = scene.now();
    scene.store().flush().unwrap();
    scene.clock.forward(MINUTE * 2);
    scene.verify(&issued);
    scene.crash();
    assert_eq!(scene.info(&issued).idle_at, Some(flushed.plus(HOUR + MINUTE)));
    assert_eq!(scene.verify(&issued), "granted");
}

/// Whether that would be is nowhere said. A key that nobody could use was not used.
#[test]
fn a_key_whose_owner_was_suspended_for_longer_than_its_span_is_idle_until_it_is_given_anew() {
    let scene = Scene::new("idle = \"30d\"");
    let issued = scene.issue(&scene.spec());
    let suspended = |suspended| {
        let change = OwnerChange::new().suspended(suspended);
        scene.store().set_owner(scene.acme(), "o", &change, &by()).unwrap();
    };
    assert_eq!(scene.verify(&issued), "granted");
    suspended(true);
    scene.clock.forward(DAY * 20);
    assert_eq!(scene.verify(&issued), "owner_suspended");
    suspended(false);
    assert_eq!(scene.verify(&issued), "granted");
    suspended(true);
    scene.clock.forward(DAY * 31);
    suspended(false);
    assert_eq!(scene.verify(&issued), "idle");
    scene.update(&issued, &Update::new().idle(DAY * 30));
    assert_eq!(scene.verify(&issued), "granted");
}

/// What the profile said at the import was the key's own from then on.
#[test]
fn an_imported_key_without_a_span_follows_its_profile_and_counts_from_the_import() {
    let scene = Scene::new("idle = \"90d\"");
    scene.clock.forward(DAY * 5);
    let token = "of-another-system";
    let import = Import::token(scene.spec(), token).unwrap().issued(scene.now().minus(DAY * 400));
    let outcome = scene.store().import(&[import], &ImportRules::new(), &by()).unwrap().remove(0);
    let ImportOutcome::Imported(key) = outcome else { panic!("{outcome:?}") };
    let verify = || scene.store().verify(scene.acme(), token.as_bytes(), &Request::new()).is_ok();
    let idle = || scene.store().key(key).unwrap().idle;
    assert_eq!(idle(), Some(DAY * 90));
    scene.clock.forward(DAY * 89);
    assert!(verify(), "it counts from before the import");
    scene.apply("idle = \"7d\"");
    assert_eq!(idle(), Some(DAY * 7));
    scene.clock.forward(DAY * 6);
    assert!(verify());
    scene.clock.forward(DAY * 8);
    assert!(!verify(), "the shorter span is not enforced");
    scene.apply("");
    assert_eq!(idle(), None);
    assert!(verify());
}
