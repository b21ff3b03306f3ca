//! When keys were last used.

use keycask::{Ending, Filter, Import, ImportOutcome, ImportRules, Request, Rotation, Update};

use super::kit::{DAY, HOUR, MINUTE, Scene, by};

/// P-50: a peer told that revoked keys were used, because it noted uses before it decided.
#[test]
fn p_50_a_denial_is_no_use() {
    let scene = Scene::new("usage = true");
    let store = scene.store();
    let issued = scene.issue(&scene.spec().networks(["10.0.0.0/8"]).life(DAY));
    let inside = Request::new().address("10.0.0.1".parse().unwrap());
    let last_used = || scene.info(&issued).last_used;
    assert_eq!((scene.verify(&issued), last_used()), ("network", None));
    assert_eq!(scene.decide(&issued, &inside), "granted");
    let used = last_used();
    assert_eq!(used, Some(scene.now()));
    scene.clock.forward(MINUTE * 2);
    store.suspend(issued.key.key_id, &by()).unwrap();
    assert_eq!((scene.decide(&issued, &inside), last_used()), ("suspended", used));
    store.resume(issued.key.key_id, &by()).unwrap();
    scene.clock.forward(DAY);
    assert_eq!((scene.decide(&issued, &inside), last_used()), ("expired", used));
    store.revoke(issued.key.key_id, &by()).unwrap();
    assert_eq!((scene.decide(&issued, &inside), last_used()), ("revoked", used));
}

#[test]
fn a_key_is_noted_once_a_minute_and_a_crash_loses_what_was_not_flushed() {
    let mut scene = Scene::new("usage = true");
    let issued = scene.issue(&scene.spec());
    scene.verify(&issued);
    let first = scene.now();
    scene.store().flush().unwrap();
    for second in 1..60 {
        scene.clock.forward(MINUTE / 60);
        scene.verify(&issued);
        assert_eq!(scene.info(&issued).last_used, Some(first), "{second} s");
    }
    scene.clock.forward(MINUTE / 60);
    scene.verify(&issued);
    assert_eq!(scene.info(&issued).last_used, Some(scene.now()));
    scene.crash();
    assert_eq!(scene.info(&issued).last_used, Some(first));
    scene.clock.forward(MINUTE);
    scene.verify(&issued);
    let last = scene.now();
    scene.reopen();
    assert_eq!(scene.info(&issued).last_used, Some(last));
    // What was written is known again after reopening: less than a minute is no news.
    scene.clock.forward(MINUTE / 2);
    scene.verify(&issued);
    assert_eq!(scene.info(&issued).last_used, Some(last));
}

/// What memory holds is not to be trusted after a panic, and is not written.
#[test]
fn a_store_that_is_abandoned_writes_no_use() {
    let mut scene = Scene::new("usage = true");
    let issued = scene.issue(&scene.spec());
    assert_eq!(scene.verify(&issued), "granted");
    scene.abandon();
    assert_eq!(scene.info(&issued).last_used, None);
    assert_eq!(scene.verify(&issued), "granted");
}

/// A profile that stopped to keep usage took the uses along that were noted and not yet written:
/// a key that was used was told never to have been.
#[test]
fn a_profile_that_keeps_uses_no_longer_forgets_none() {
    let scene = Scene::new("usage = true");
    let issued = scene.issue(&scene.spec());
    assert_eq!(scene.verify(&issued), "granted");
    let used = scene.now();
    for policy in ["usage = false", "usage = true"] {
        scene.apply(policy);
        assert_eq!(scene.info(&issued).last_used, Some(used), "{policy}");
    }
}

#[test]
fn a_use_never_goes_back() {
    let mut scene = Scene::new("usage = true");
    let issued = scene.issue(&scene.spec());
    scene.clock.forward(DAY);
    scene.verify(&issued);
    let last = scene.now();
    scene.clock.step(-3_600_000);
    assert_eq!(scene.verify(&issued), "granted");
    let earlier = Request::new().at(scene.now());
    assert_eq!(scene.decide(&issued, &earlier), "granted");
    assert_eq!(scene.info(&issued).last_used, Some(last));
    scene.reopen();
    scene.verify(&issued);
    assert_eq!(scene.info(&issued).last_used, Some(last));
}

/// One wild reading of the clock noted a use in the year 2089: the key was told to have been used
/// then, and was not found idle before, for good.
#[test]
fn a_use_is_noted_no_later_than_the_mark_can_be() {
    let mut scene = Scene::new("usage = true\nidle = \"30d\"");
    let issued = scene.issue(&scene.spec());
    let opened = scene.now();
    scene.clock.step(29 * 86_400_000);
    assert_eq!(scene.verify(&issued), "granted");
    assert_eq!(scene.info(&issued).last_used, Some(opened.plus(DAY)));
    scene.clock.step(-29 * 86_400_000);
    scene.reopen();
    assert_eq!(scene.info(&issued).last_used, Some(opened.plus(DAY)));
    // It is kept as usual once that day is over.
    scene.clock.forward(DAY + MINUTE);
    assert_eq!(scene.verify(&issued), "granted");
    assert_eq!(scene.info(&issued).last_used, Some(scene.now()));
}

/// A change of what stands beside a key gives it another side: a use that was noted in the one
/// before and not yet written was forgotten with it.
#[test]
fn a_use_survives_a_change_of_the_key() {
    let mut scene = Scene::new("usage = true");
    let issued = scene.issue(&scene.spec());
    scene.clock.forward(MINUTE);
    scene.verify(&issued);
    let last = scene.now();
    scene.update(&issued, &Update::new().networks(["10.0.0.0/8"]));
    assert_eq!(scene.info(&issued).last_used, Some(last));
    scene.reopen();
    assert_eq!(scene.info(&issued).last_used, Some(last));
}

#[test]
fn a_lineage_tells_who_still_uses_the_old_key() {
    let mut scene = Scene::new("usage = true");
    let first = scene.issue(&scene.spec());
    scene.verify(&first);
    scene.clock.forward(DAY);
    let second = scene.store().rotate(first.key.key_id, &Rotation::new(), &by()).unwrap();
    let told = |scene: &Scene, of| {
        let lineage = scene.store().list(&Filter::new().lineage(of), None, 10).unwrap().keys;
        lineage.iter().map(|key| (key.generation, key.in_grace, key.last_used)).collect::<Vec<_>>()
    };
    scene.verify(&second);
    let second_used = scene.now();
    scene.clock.forward(DAY);
    scene.verify(&first);
    let first_used = scene.now();
    scene.reopen();
    let expected = [(1, true, Some(first_used)), (2, false, Some(second_used))];
    for of in [&first, &second] {
        assert_eq!(told(&scene, of.key.key_id), expected);
    }
    let third = scene.store().rotate(second.key.key_id, &Rotation::new(), &by()).unwrap();
    let lineage = told(&scene, second.key.key_id);
    assert_eq!(lineage[2], (3, false, None));
    assert_eq!(lineage, told(&scene, third.key.key_id));
}

/// Nothing but the key's own span has its use kept.
#[test]
fn a_use_that_was_noted_is_written_when_no_more_are_to_be() {
    let mut scene = Scene::new("");
    let issued = scene.issue(&scene.spec().idle(HOUR * 2));
    scene.clock.forward(MINUTE / 6);
    assert_eq!(scene.verify(&issued), "granted");
    let used = Some(scene.now());
    assert_eq!(scene.info(&issued).last_used, used);
    scene.update(&issued, &Update::new().name("kept in memory"));
    scene.crash();
    assert_eq!(scene.info(&issued).last_used, None, "another change wrote it");
    assert_eq!(scene.verify(&issued), "granted");
    scene.update(&issued, &Update::new().no_idle());
    assert_eq!(scene.info(&issued).last_used, used);
    scene.crash();
    assert_eq!(scene.info(&issued).last_used, used);
}

/// A key that was used is told as used a day after the last commit, in the first hour after the
/// store was closed for long: who then ended all keys that had idled for a month ended those in
/// use, too.
#[test]
fn no_key_in_use_has_idled_because_the_store_was_closed_for_long() {
    let mut scene = Scene::new("usage = true");
    let [used, left] = [(); 2].map(|()| scene.issue(&scene.spec()));
    assert_eq!((scene.verify(&used), scene.verify(&left)), ("granted", "granted"));
    let idles = |scene: &Scene| {
        let month = Filter::new().realm(scene.acme()).idle_for(DAY * 30);
        let count = scene.store().count(&month).unwrap();
        let listed = scene.store().list(&month, None, 10).unwrap().keys;
        assert_eq!(listed.len() as u64, count);
        assert_eq!(scene.store().dry_run(&Ending::revoke(month)).unwrap().keys, count);
        count
    };
    scene.close_for(DAY * 60);
    assert_eq!(scene.verify(&used), "granted");
    assert!(scene.info(&used).last_used < Some(scene.now().minus(DAY * 58)));
    for span in [MINUTE, HOUR, DAY] {
        assert_eq!(idles(&scene), 0);
        let month = Ending::revoke(Filter::new().realm(scene.acme()).idle_for(DAY * 30));
        assert_eq!(scene.store().end_many(&month, &by()).unwrap().keys, 0);
        scene.clock.forward(span);
    }
    // Of the time for which nobody could use them a day counts.
    scene.clock.forward(DAY * 28);
    assert_eq!((idles(&scene), scene.verify(&used)), (1, "granted"));
    scene.clock.forward(DAY * 29);
    assert_eq!(idles(&scene), 1);
    scene.clock.forward(DAY);
    assert_eq!(idles(&scene), 2);
    scene.reopen();
    assert_eq!(idles(&scene), 2);
}

/// It had idled since it was issued elsewhere.
#[test]
fn a_key_that_was_just_imported_has_not_idled() {
    let scene = Scene::new("usage = true");
    let issued = scene.now().minus(DAY * 700);
    let import = Import::token(scene.spec(), "of-another-system").unwrap().issued(issued);
    let outcome = scene.store().import(&[import], &ImportRules::new(), &by()).unwrap().remove(0);
    let ImportOutcome::Imported(key) = outcome else { panic!("{outcome:?}") };
    let quarter = Filter::new().realm(scene.acme()).idle_for(DAY * 90);
    let ending = Ending::revoke(quarter.clone());
    let count = || scene.store().count(&quarter).unwrap();
    scene.clock.forward(DAY * 89);
    assert_eq!((count(), scene.store().end_many(&ending, &by()).unwrap().keys), (0, 0));
    scene.clock.forward(DAY);
    assert_eq!(count(), 1);
    assert_eq!(scene.store().key(key).unwrap().issued, issued);
}
