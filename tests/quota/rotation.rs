//! Credits are those of a lineage.

use keycask::{Rotation, Timestamp, Update};

use crate::kit::{DAY, HOUR, Scene, by, quota};

#[test]
fn rotating_resets_nothing_and_both_generations_share_the_credits() {
    let mut scene = Scene::new();
    let old = scene.key("1000 per day");
    assert!(scene.pay(&old, 400));
    let new = scene.rotate(&old, &Rotation::new().grace(HOUR));
    assert_eq!((scene.remaining(&old), scene.remaining(&new)), (600, 600));
    assert!(scene.pay(&new, 300) && scene.pay(&old, 200) && !scene.pay(&new, 101));
    scene.restart();
    assert_eq!(scene.drain(&new), 100);
    assert!(!scene.pay(&old, 1));
    let newest = scene.rotate(&new, &Rotation::regenerate());
    assert_eq!(scene.drain(&newest), 0);
    scene.clock.forward(DAY);
    assert_eq!(scene.drain(&newest), 1000);
    scene.store().check().unwrap();
}

#[test]
fn a_change_of_one_generation_is_one_of_the_lineage() {
    let mut scene = Scene::new();
    let old = scene.key("10");
    let new = scene.rotate(&old, &Rotation::new().grace(HOUR));
    scene.update(&old, &Update::new().quota(quota("30 per day")));
    assert_eq!(scene.quota(&new).unwrap().quota, quota("30 per day"));
    scene.update(&new, &Update::new().add_credits(5));
    assert_eq!(scene.remaining(&old), 35);
    scene.restart();
    assert!(scene.pay(&old, 34) && scene.pay(&new, 1) && !scene.pay(&old, 1));
    let none = scene.store().update(new.id, &Update::new().quota(None), &by()).unwrap();
    assert_eq!((none.quota, scene.quota(&old)), (None, None));
    scene.store().check().unwrap();
}

#[test]
fn a_generation_that_was_revoked_or_taken_out_gets_no_other_quota() {
    let scene = Scene::new();
    let old = scene.key("10");
    let new = scene.rotate(&old, &Rotation::regenerate());
    scene.update(&new, &Update::new().quota(quota("20")));
    assert_eq!(scene.quota(&old).unwrap().quota, quota("10"));
    scene.clock.forward(100 * DAY);
    assert_eq!(scene.store().sweep(10, &by()).unwrap().keys, 1);
    scene.update(&new, &Update::new().quota(quota("30")));
    assert_eq!(scene.drain(&new), 30);
    scene.store().check().unwrap();
}

/// A key that takes a place again takes its predecessor off, of which the grace is over.
#[test]
fn a_generation_that_loses_its_place_gets_the_quota_of_who_takes_it() {
    let scene = Scene::new();
    let old = scene.key_of("capped", Some("10"));
    let end = scene.store().key(old.id).unwrap().issued.plus(2 * HOUR);
    let new = scene.rotate(&old, &Rotation::new().grace(HOUR).end(end));
    scene.clock.forward(3 * HOUR);
    let later = Update::new().end(Timestamp::NEVER).quota(quota("20 per day"));
    scene.update(&new, &later);
    assert_eq!(scene.quota(&old).unwrap().quota, quota("20 per day"));
    assert_eq!(scene.drain(&new), 20);
    scene.store().check().unwrap();
}

#[test]
fn credits_go_with_the_last_key_of_the_lineage() {
    let scene = Scene::new();
    let old = scene.key("10");
    assert!(scene.pay(&old, 4));
    let new = scene.rotate(&old, &Rotation::regenerate());
    scene.clock.forward(100 * DAY);
    assert_eq!(scene.store().sweep(10, &by()).unwrap().keys, 1);
    assert_eq!(scene.remaining(&new), 6);
    assert!(scene.pay(&new, 6) && !scene.pay(&new, 1));
    scene.store().revoke(new.id, &by()).unwrap();
    scene.clock.forward(100 * DAY);
    assert_eq!(scene.store().sweep(10, &by()).unwrap().keys, 1);
    scene.store().check().unwrap();
}
