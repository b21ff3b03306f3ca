//! Orders and pages.

use std::collections::BTreeSet;
use std::time::Duration;

use keycask::{Cursor, ErrorKind, Filter, KeyId, Order, State, Timestamp, Update};

use crate::scene::{DAY, Scene, by};

fn by_end() -> Filter {
    Filter::new().order(Order::End)
}

#[test]
fn by_end_keys_of_all_kinds_stand_by_when_they_are_over_and_those_that_never_are_come_last() {
    let scene = Scene::new();
    let mut want = Vec::new();
    for n in 0..40_u32 {
        let (kind, owner) = [("live", "a"), ("test", "b"), ("live", "m")][n as usize % 3];
        let spec = scene.spec(kind, owner);
        // A permutation of the days, some of them alike.
        let day = n * 7 % 20 + 1;
        let end = scene.now().plus(DAY * day);
        let ends = n % 5 != 0;
        let issued = scene.issue(&if ends { spec.end(end) } else { spec });
        want.push((issued.key.end, issued.key.key_id));
    }
    // A revoked key is over since it was revoked, before all others.
    let revoked = want.remove(8);
    scene.store().revoke(revoked.1, &by()).unwrap();
    want.push((scene.now(), revoked.1));
    want.sort_unstable();
    let ids = |keys: &[keycask::KeyInfo]| keys.iter().map(|key| key.key_id).collect::<Vec<_>>();
    let want: Vec<KeyId> = want.into_iter().map(|(_, key)| key).collect();
    for limit in [1, 7, 1000] {
        assert_eq!(ids(&scene.pages(&by_end(), limit)), want, "pages of {limit}");
    }
    let acme = by_end().realm(scene.acme).owner("b");
    let of_b: Vec<KeyId> = ids(&scene.pages(&Filter::new().realm(scene.acme).owner("b"), 10));
    let some: Vec<KeyId> = want.into_iter().filter(|key| of_b.contains(key)).collect();
    assert_eq!(ids(&scene.pages(&acme, 2)), some);
    let soon = scene.pages(&by_end().expiring_within(DAY * 5), 3);
    assert!(soon.len() > 4 && soon.iter().all(|key| key.end <= scene.now().plus(DAY * 5)));
    assert!(soon.is_sorted_by_key(|key| (key.end, key.key_id)));
}

#[test]
fn a_key_that_stays_is_on_exactly_one_page_whatever_is_done_to_the_others() {
    let scene = Scene::new();
    let issue = |n: u32| {
        let spec = scene.spec(["live", "test"][n as usize % 2], "a");
        let end = scene.now().plus(DAY * (n * 13 % 50 + 200));
        scene.issue(&if n.is_multiple_of(4) { spec } else { spec.end(end) }).key.key_id
    };
    for filter in [Filter::new(), by_end(), by_end().realm(scene.acme).owner("a")] {
        let keys: Vec<KeyId> = (0..60).map(issue).collect();
        let mut stay: BTreeSet<KeyId> = keys.iter().copied().collect();
        let (mut seen, mut after) = (Vec::new(), None);
        for round in 0.. {
            let page = scene.store().list(&filter, after, 7).unwrap();
            seen.extend(page.keys.iter().map(|key| key.key_id));
            after = page.next;
            if after.is_none() {
                break;
            }
            // Between two pages some are revoked, some end at another time, one is issued.
            let [revoked, moved] = [round * 5 % 60, (round * 11 + 3) % 60].map(|n: usize| keys[n]);
            scene.store().revoke(revoked, &by()).unwrap();
            stay.remove(&revoked);
            let later = Update::new().end(scene.now().plus(DAY * 300));
            if scene.store().update(moved, &later, &by()).is_ok() {
                stay.remove(&moved);
            }
            issue(round as u32);
            scene.forward(Duration::from_secs(1));
        }
        for key in stay {
            let times = seen.iter().filter(|other| **other == key).count();
            assert_eq!(times, 1, "{key} by {:?}", filter);
        }
    }
}

#[test]
fn a_key_that_expires_or_is_swept_between_two_pages_moves_no_other() {
    let scene = Scene::new();
    let end = scene.now().plus(DAY);
    let keys: Vec<KeyId> =
        (0..9).map(|_| scene.issue(&scene.spec("live", "a").end(end)).key.key_id).collect();
    let filter = Filter::new().expiring_within(DAY).order(Order::End);
    let first = scene.store().list(&filter, None, 3).unwrap();
    // The others have expired and some are gone: they are still those that were about to expire.
    scene.forward(DAY * 2);
    let second = scene.store().list(&filter, first.next, 3).unwrap();
    scene.forward(DAY * 91);
    assert_eq!(scene.store().sweep(8, &by()).unwrap().keys, 8);
    let third = scene.store().list(&filter, second.next, 10).unwrap();
    let ids = |page: &keycask::Page| page.keys.iter().map(|key| key.key_id).collect::<Vec<_>>();
    assert_eq!((ids(&first), ids(&second)), (keys[..3].to_vec(), keys[3..6].to_vec()));
    assert_eq!(ids(&third), keys[8..]);
    assert!(third.next.is_none() && third.keys[0].expired);
    // Asked for anew, none is about to expire.
    assert!(scene.store().list(&filter, None, 3).unwrap().keys.is_empty());
}

#[test]
fn one_page_reads_a_bounded_number_of_rows_and_says_that_there_is_more() {
    let scene = Scene::new();
    let specs = vec![scene.spec("live", "a"); 10_000];
    scene.store().issue_many(&specs, &by()).unwrap();
    let last = scene.issue(&scene.spec("live", "b")).key.key_id;
    for filter in [Filter::new(), by_end()] {
        let filter = filter.realm(scene.acme).hint("...none");
        let page = scene.store().list(&filter, None, 10).unwrap();
        assert!(page.keys.is_empty() && page.next.is_some(), "{filter:?}");
        let page = scene.store().list(&filter, page.next, 10).unwrap();
        assert!(page.keys.is_empty() && page.next.is_none());
        assert_eq!(scene.store().count(&filter).unwrap(), 0);
    }
    let of_b = Filter::new().realm(scene.acme).owner("b");
    let page = scene.store().list(&of_b, None, 10).unwrap();
    assert_eq!((page.keys[0].key_id, page.next), (last, None));
}

#[test]
fn a_cursor_is_text_begins_after_a_key_and_is_refused_in_a_list_of_another_order() {
    let scene = Scene::new();
    let keys = [0; 5].map(|_| scene.key());
    let page = scene.store().list(&Filter::new(), None, 2).unwrap();
    let cursor: Cursor = page.next.unwrap().to_string().parse().unwrap();
    assert_eq!((Some(cursor), cursor.key()), (page.next, keys[1]));
    for cursor in [cursor, Cursor::after(keys[1])] {
        let rest = scene.store().list(&Filter::new(), Some(cursor), 10).unwrap().keys;
        assert_eq!(rest.iter().map(|key| key.key_id).collect::<Vec<_>>(), keys[2..]);
    }
    let refused = scene.store().list(&by_end(), Some(cursor), 2).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Argument);
    assert!(refused.to_string().contains("by key_id") && refused.to_string().contains("by end"));
    // The last key that there can be is followed by none.
    let end = Cursor::after(KeyId::from_bits(u64::MAX));
    assert!(scene.store().list(&Filter::new(), Some(end), 2).unwrap().keys.is_empty());
    let never: Cursor =
        format!("{}.{}", KeyId::from_bits(u64::MAX), Timestamp::NEVER.as_ms()).parse().unwrap();
    assert!(scene.store().list(&by_end(), Some(never), 2).unwrap().keys.is_empty());
    assert_eq!(scene.ids(&Filter::new().state(State::Active)), keys);
}
