//! Which keys each condition selects.

use std::time::Duration;

use keycask::{Ending, ErrorKind, Filter, KeyId, Order, Request, Rotation, State, Timestamp};

use crate::scene::{DAY, MALL, MINUTE, Scene, by};

fn all() -> Filter {
    Filter::new()
}

#[test]
fn keys_are_asked_for_by_realm_owner_kind_and_lineage() {
    let scene = Scene::new();
    let [a, t] = ["live", "test"].map(|kind| scene.issue(&scene.spec(kind, "a")).key.key_id);
    let b = scene.issue(&scene.spec("live", "b")).key.key_id;
    let m = scene.issue(&scene.spec("live", "m")).key.key_id;
    let next = scene.rotate(a, &Rotation::new().grace(DAY));
    let next = next.key.key_id;
    let acme = all().realm(scene.acme);
    assert_eq!(scene.ids(&all()), [a, t, b, m, next]);
    assert_eq!(scene.ids(&acme), [a, t, b, next]);
    assert_eq!(scene.ids(&acme.clone().owner("a")), [a, t, next]);
    assert_eq!(scene.ids(&acme.clone().kind("live")), [a, b, next]);
    assert_eq!(scene.ids(&acme.clone().kind("test").owner("b")), []);
    for of in [a, next] {
        assert_eq!(scene.ids(&all().lineage(of)), [a, next]);
    }
    assert_eq!(scene.ids(&all().lineage(a).realm(scene.mall)), []);
    assert_eq!(scene.ids(&all().lineage(KeyId::from_bits(5))), []);
}

#[test]
fn a_lineage_whose_first_key_was_swept_is_found_all_the_same() {
    let scene = Scene::new();
    let first = scene.key();
    let second = scene.rotate(first, &Rotation::regenerate()).key.key_id;
    scene.forward(DAY * 91);
    assert_eq!(scene.store().sweep(100, &by()).unwrap().keys, 1);
    assert_eq!(scene.store().key(first).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(scene.ids(&all().lineage(first)), [second]);
    assert_eq!(scene.ids(&all().lineage(second)), [second]);
}

#[test]
fn times_of_issue_are_half_open() {
    let scene = Scene::new();
    let keys: Vec<KeyId> = (0..4).map(|_| scene.key()).collect();
    let issued = |n: usize| keys[n].issued();
    let between = |from, before| all().issued_from(from).issued_before(before);
    assert_eq!(scene.ids(&between(issued(1), issued(3))), keys[1..3]);
    assert_eq!(scene.ids(&all().issued_from(issued(2))), keys[2..]);
    assert_eq!(scene.ids(&all().issued_before(issued(2))), keys[..2]);
    assert_eq!(scene.ids(&all().issued_from(Timestamp::EPOCH)), keys);
    let refused = scene.store().list(&between(issued(1), issued(1)), None, 10).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Argument);
    assert!(refused.to_string().contains(&issued(1).to_string()), "{refused}");
}

#[test]
fn p38_a_key_is_listed_as_expired_from_its_end_on_whether_anybody_sweeps_or_not() {
    let scene = Scene::new();
    let issue = |days: u32| {
        let end = scene.now().plus(DAY * days).plus(Duration::from_millis(1));
        scene.issue(&scene.spec("live", "a").end(end))
    };
    let (one, two) = (issue(1), issue(2));
    let forever = scene.issue(&scene.spec("live", "a"));
    let ids = [&one, &two, &forever].map(|issued| issued.key.key_id);
    let expired = |expired| scene.ids(&all().expired(expired));
    let soon = |span| scene.ids(&all().expiring_within(span));
    assert_eq!((expired(true), expired(false)), (vec![], ids.to_vec()));
    // Both ends of the span: one that ends as it passes is expired then.
    let left = one.key.end.since(scene.now());
    assert_eq!(soon(left), ids[..1]);
    assert_eq!(soon(left - Duration::from_millis(1)), []);
    scene.forward(left - Duration::from_millis(1));
    assert_eq!((expired(true), scene.reason(&one)), (vec![], None));
    scene.forward(Duration::from_millis(1));
    assert_eq!((expired(true), scene.reason(&one)), (ids[..1].to_vec(), Some("expired")));
    assert!(scene.store().key(ids[0]).unwrap().expired);
    assert_eq!(soon(DAY * 2), ids[1..2]);
    // One that was revoked is not about to expire, and is expired once its end has come.
    scene.store().revoke(ids[1], &by()).unwrap();
    assert_eq!(soon(DAY * 2), []);
    scene.forward(DAY * 2);
    assert_eq!(expired(true), ids[..2]);
    assert_eq!(scene.ids(&all().expired(true).state(State::Active)), ids[..1]);
    assert_eq!(scene.ids(&all().expired(true).order(Order::End)), [ids[0], ids[1]]);
    // Kept until they are swept.
    scene.forward(DAY * 91);
    scene.store().sweep(10, &by()).unwrap();
    assert_eq!(expired(true), []);
}

#[test]
fn keys_in_grace_and_suspended_ones_are_found() {
    let scene = Scene::new();
    let [one, two, three] = [0; 3].map(|_| scene.key());
    let store = scene.store();
    let new = scene.rotate(one, &Rotation::new().grace(DAY)).key.key_id;
    scene.rotate(three, &Rotation::new().grace(MINUTE));
    store.suspend(two, &by()).unwrap();
    assert_eq!(scene.ids(&all().in_grace()), [one, three]);
    assert_eq!(scene.ids(&all().in_grace().lineage(new)), [one]);
    assert_eq!(scene.ids(&all().state(State::Suspended)), [two]);
    scene.forward(MINUTE);
    assert_eq!(scene.ids(&all().in_grace()), [one]);
}

#[test]
fn keys_are_due_for_rotation_by_their_profile_or_by_an_age() {
    let scene = Scene::new();
    let [old, rotated, revoked] = [0; 3].map(|_| scene.key());
    let other = scene.issue(&scene.spec("live", "m")).key.key_id;
    let ends = scene.spec("live", "a").end(scene.now().plus(DAY * 90));
    let _expired = scene.issue(&ends);
    scene.forward(DAY * 90);
    let young = scene.key();
    let new = scene.rotate(rotated, &Rotation::new().grace(DAY));
    scene.store().revoke(revoked, &by()).unwrap();
    assert_eq!(scene.ids(&all().rotation_due()), [old]);
    assert!(scene.store().key(old).unwrap().rotation_due.unwrap() <= scene.now());
    assert_eq!(scene.ids(&all().rotation_due_at(DAY)), [old, other]);
    scene.forward(DAY);
    assert_eq!(scene.ids(&all().rotation_due_at(DAY)), [old, other, young, new.key.key_id]);
}

#[test]
fn keys_that_idle_or_were_never_used_are_told_where_usage_is_kept() {
    let mut scene = Scene::new();
    let [used, unused] = [0; 2].map(|_| scene.issue(&scene.spec("live", "a")));
    scene.issue(&scene.spec("live", "m"));
    let [one, two] = [&used, &unused].map(|issued| issued.key.key_id);
    scene.forward(DAY);
    assert_eq!(scene.reason(&used), None);
    assert_eq!(scene.ids(&all().never_used()), [two]);
    scene.reopen();
    assert_eq!(scene.ids(&all().never_used()), [two]);
    scene.forward(DAY);
    assert_eq!(scene.ids(&all().idle_for(DAY)), [one, two]);
    assert_eq!(scene.ids(&all().idle_for(DAY * 2)), [two]);
    assert_eq!(scene.ids(&all().idle_for(DAY * 2 + MINUTE)), []);
    assert_eq!(scene.ids(&all().idle_for(DAY).never_used()), [two]);
    // Of what is not kept nothing is said.
    for filter in [all().never_used(), all().idle_for(DAY)] {
        let refused = scene.store().count(&filter.realm(scene.mall)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
        assert!(refused.to_string().contains("\"mall\" keeps no usage"), "{refused}");
    }
}

/// Keys with an idle span of their own were left out where their realm keeps no usage, and asking
/// for them by its name was refused, though their use is kept.
#[test]
fn a_key_with_an_idle_span_of_its_own_is_told_though_its_realm_keeps_no_usage() {
    let scene = Scene::new();
    scene.issue(&scene.spec("live", "m"));
    let [used, left] = [0; 2].map(|_| scene.issue(&scene.spec("live", "m").idle(DAY * 9)));
    let [one, two] = [&used, &left].map(|issued| issued.key.key_id);
    scene.forward(DAY);
    assert_eq!(scene.reason(&used), None);
    let mall = || all().realm(scene.mall);
    for filter in [mall(), mall().owner("m"), all()] {
        assert_eq!(scene.ids(&filter.clone().never_used()), [two]);
        assert_eq!(scene.ids(&filter.clone().idle_for(MINUTE)), [two]);
        assert_eq!(scene.store().count(&filter.never_used()).unwrap(), 1);
    }
    let unused = Ending::revoke(mall().never_used());
    assert_eq!(scene.store().end_many(&unused, &by()).unwrap().keys, 1);
    scene.forward(DAY);
    assert_eq!(scene.ids(&all().realm(scene.mall).idle_for(DAY)), [one, two]);
    // The span of a profile does so, too.
    let profile = format!("{MALL}[policy]\nidle = \"9d\"\n");
    scene.store().apply_realm("a profile", &profile, &by()).unwrap();
    assert_eq!(scene.ids(&all().realm(scene.mall).idle_for(DAY)), [one, two]);
    scene.forward(DAY);
    assert_eq!(scene.ids(&all().realm(scene.mall).idle_for(DAY)).len(), 3);
}

/// Of a realm that begins to keep usage, every key that had not been used since then was one that
/// had never been used, and had idled from its issuing on: a mass revocation took keys in use.
#[test]
fn no_key_was_unused_before_it_was_kept_when_it_was_used() {
    let scene = Scene::new();
    let early = scene.issue(&scene.spec("live", "m")).key.key_id;
    scene.forward(DAY * 90);
    let profile = format!("{MALL}[policy]\nusage = true\n");
    scene.store().apply_realm("a profile", &profile, &by()).unwrap();
    let late = scene.issue(&scene.spec("live", "m")).key.key_id;
    let mall = || all().realm(scene.mall);
    for _ in 0..2 {
        assert_eq!(scene.ids(&mall().never_used()), [late]);
        assert_eq!(scene.ids(&mall().idle_for(DAY)), []);
        // What else is changed does not begin anew.
        let profile = format!("{profile}# changed\n");
        scene.store().apply_realm("a profile", &profile, &by()).unwrap();
    }
    scene.forward(DAY);
    assert_eq!(scene.ids(&mall().idle_for(DAY)), [early, late]);
    assert_eq!(scene.ids(&mall().never_used()), [late]);
    // A use that is known says nothing of a time in which none was kept.
    let used = scene.issue(&scene.spec("live", "m"));
    assert_eq!(scene.reason(&used), None);
    scene.store().apply_realm("a profile", MALL, &by()).unwrap();
    scene.forward(DAY * 90);
    scene.store().apply_realm("a profile", &profile, &by()).unwrap();
    assert_eq!(scene.ids(&mall().idle_for(DAY)), []);
    scene.forward(DAY);
    assert_eq!(scene.ids(&mall().idle_for(DAY)), [early, late, used.key.key_id]);
}

#[test]
fn p4_a_hint_finds_every_key_that_has_it_and_changes_none() {
    // Of some five thousand keys two are likely to share their last four characters.
    let scene = Scene::new();
    let mut by_hint = std::collections::HashMap::<String, Vec<KeyId>>::new();
    let shared = loop {
        let specs = vec![scene.spec("live", "a"); 2_000];
        let issued = scene.store().issue_many(&specs, &by()).unwrap();
        for issued in issued {
            by_hint.entry(issued.key.hint()).or_default().push(issued.key.key_id);
        }
        if let Some(shared) = by_hint.iter().find(|(_, keys)| keys.len() > 1) {
            break (shared.0.clone(), shared.1.clone());
        }
    };
    let (hint, mut keys) = shared;
    let hint = hint.as_str();
    keys.sort_unstable();
    assert_eq!(scene.ids(&all().hint(hint)), keys);
    let (_, last) = hint.split_once("...").unwrap();
    assert_eq!(scene.ids(&all().hint(format!("...{last}"))), keys);
    assert_eq!(scene.ids(&all().hint(format!("mall_...{last}"))), []);
    let ending = keycask::Ending::revoke(all().hint(hint));
    let refused = scene.store().end_many(&ending, &by()).unwrap_err();
    assert!(refused.to_string().contains("name key ids"), "{refused}");
    assert!(hint.parse::<KeyId>().is_err());
}

#[test]
fn a_hint_that_is_none_is_refused_and_not_repeated_as_it_may_be_a_token() {
    let scene = Scene::new();
    let issued = scene.issue(&scene.spec("live", "a"));
    for bad in [issued.token.expose(), "", "...", "acme_live_...", "x...12345", "....1234x"] {
        let refused = scene.store().list(&all().hint(bad), None, 1).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
        assert!(refused.to_string().starts_with("hint: want"), "{refused}");
        assert!(!refused.to_string().contains(issued.token.expose()));
    }
}

#[test]
fn conditions_that_no_key_meets_together_are_named() {
    let scene = Scene::new();
    let revoked = || all().state(State::Revoked);
    let cases = [
        (revoked().expiring_within(DAY), "state revoked and expiring within a span"),
        (revoked().in_grace(), "state revoked and in grace"),
        (revoked().rotation_due(), "state revoked and due for rotation"),
        (all().expired(true).expiring_within(DAY), "expired and expiring within a span"),
        (all().expired(true).in_grace(), "expired and in grace"),
        (all().expired(true).rotation_due_at(DAY), "expired and due for rotation"),
        (all().in_grace().rotation_due(), "in grace and due for rotation"),
        (all().expiring_within(Duration::ZERO), "a span of 0"),
        (all().owner("a"), "owner \"a\": name its realm"),
        (all().kind("live"), "kind \"live\": name its realm"),
    ];
    for (filter, named) in cases {
        for refused in [
            scene.store().list(&filter, None, 10).unwrap_err(),
            scene.store().count(&filter).unwrap_err(),
        ] {
            assert_eq!(refused.kind(), ErrorKind::Argument);
            assert!(refused.to_string().contains(named), "{refused} says {named}");
        }
    }
    let acme = all().realm(scene.acme);
    for (filter, named) in [(acme.clone().owner("z"), "\"z\""), (acme.kind("gold"), "\"gold\"")] {
        let refused = scene.store().list(&filter, None, 10).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
        assert!(refused.to_string().contains(named), "{refused}");
    }
}

#[test]
fn a_reader_beside_the_writer_counts_what_the_writer_has_written() {
    let scene = Scene::new();
    let key = scene.key();
    let reader = scene.reader();
    scene.store().revoke(key, &by()).unwrap();
    assert_eq!(reader.count(&all().state(State::Revoked)).unwrap(), 1);
    let token = scene.issue(&scene.spec("live", "a"));
    assert_eq!(reader.count(&all()).unwrap(), 2);
    drop((reader, token));
    assert!(scene.store().verify(scene.acme, b"x", &Request::new()).is_err());
}
