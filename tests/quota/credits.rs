//! How many credits there are, and what they are taken for.

use std::thread;

use keycask::{ErrorKind, Reason, Request, Spec, Timestamp, Update};

use crate::kit::{Scene, ask, by, quota};

#[test]
fn a_key_is_granted_what_its_credits_pay_for_and_no_more() {
    let scene = Scene::new();
    let key = scene.key("1000");
    let first = scene.ask(&key, &Request::new()).unwrap().credits.unwrap();
    assert_eq!((first.limit, first.remaining, first.reset), (1000, 999, Timestamp::NEVER));
    assert!(scene.pay(&key, 900));
    assert!(!scene.pay(&key, 100));
    assert_eq!(scene.remaining(&key), 99, "a request that was refused was charged");
    assert!(scene.pay(&key, 99));
    let refused = scene.ask(&key, &Request::new()).unwrap_err();
    let Reason::QuotaExhausted { credits, retry_ms } = refused else { panic!("{refused:?}") };
    assert_eq!((credits.limit, credits.remaining, retry_ms), (1000, 0, u64::MAX));
}

#[test]
fn a_request_without_cost_is_granted_without_credits() {
    let scene = Scene::new();
    let key = scene.key("1");
    assert!(scene.pay(&key, 0) && scene.pay(&key, 1) && scene.pay(&key, 0));
    assert!(!scene.pay(&key, 1));
    assert_eq!(scene.remaining(&key), 0);
}

/// Before the first lease, and after a refill was due, it was told that none are left.
#[test]
fn a_request_without_cost_tells_how_many_credits_are_left() {
    let mut scene = Scene::new();
    let key = scene.key("1000 per day");
    let left = |scene: &Scene| {
        scene.ask(&key, &Request::new().cost(0)).unwrap().credits.unwrap().remaining
    };
    assert_eq!(left(&scene), 1_000);
    assert!(scene.pay(&key, 300));
    assert_eq!(left(&scene), 700);
    scene.restart();
    assert_eq!(left(&scene), 700);
    scene.clock.until("2026-01-16T00:00:00Z");
    assert_eq!(left(&scene), 1_000);
    assert_eq!(scene.remaining(&key), 1_000);
    assert!(scene.pay(&key, 1));
    assert_eq!(left(&scene), 999);
}

/// By what file and memory have together, as often as it is asked; by a reader, which has no lease.
#[test]
fn a_request_that_spares_credits_tells_what_would_remain_and_takes_none() {
    let mut scene = Scene::new();
    let key = scene.key("1000 per day");
    let spared = Request::new().sparing_credits();
    let left = |scene: &Scene, cost| {
        let granted = scene.ask(&key, &spared.cost(cost));
        granted.map(|grant| grant.credits.unwrap().remaining)
    };
    assert!(scene.pay(&key, 300));
    assert_eq!((left(&scene, 1), left(&scene, 1)), (Ok(699), Ok(699)));
    assert_eq!(left(&scene, 700), Ok(0));
    let refused = left(&scene, 701).unwrap_err();
    let Reason::QuotaExhausted { credits, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(credits.remaining, 700);
    assert_eq!(scene.remaining(&key), 700);
    scene.restart();
    let reader = scene.beside();
    let told = |request: &Request| reader.verify(scene.realm, key.token.as_bytes(), request);
    assert!(told(&Request::new()).is_err());
    for _ in 0..2 {
        assert_eq!(told(&spared).unwrap().credits.unwrap().remaining, 699);
    }
    assert!(told(&spared.cost(701)).is_err());
    scene.clock.until("2026-01-16T00:00:00Z");
    assert_eq!(left(&scene, 1), Ok(999));
}

#[test]
fn a_key_without_quota_has_no_credits_and_needs_none() {
    let scene = Scene::new();
    let key = scene.key_of("plain", None);
    assert_eq!(scene.ask(&key, &Request::new().cost(u32::MAX)).unwrap().credits, None);
    assert_eq!(scene.quota(&key), None);
    let error = scene.store().update(key.id, &Update::new().add_credits(1), &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

/// Concurrent verifies of a peer drove what was left below zero.
#[test]
fn p16_many_threads_are_granted_as_many_credits_as_there_are() {
    for (text, lease_max, cost) in [("150", None, 1), ("5000", None, 1), ("5000", Some(7), 3)] {
        let mut scene = Scene::leasing(lease_max);
        let key = scene.key(text);
        let mut granted = 0;
        // Half of them, a restart, and the rest.
        for threads in [1_u64, 4] {
            granted += thread::scope(|scope| {
                let run = || {
                    let most = if threads == 1 { 70 } else { u64::MAX };
                    (0..most).take_while(|_| scene.pay(&key, cost)).count()
                };
                let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
                running.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
            });
            scene.restart();
        }
        let credits: usize = text.parse().unwrap();
        assert_eq!(granted, credits / cost as usize, "{text} {lease_max:?}");
        assert_eq!(scene.remaining(&key), (credits % cost as usize) as u64);
    }
}

/// A peer charged requests that it then denied.
#[test]
fn p17_a_denial_takes_no_credits_and_no_rate() {
    let scene = Scene::new();
    // So many that what the rate refuses would be paid for from memory.
    let key = scene.key_of("paced", Some("1000"));
    let store = scene.store();
    assert!(scene.pay(&key, 1));
    let refused = |wanted: &str, request: &Request| {
        let reason = scene.ask(&key, request).unwrap_err();
        assert_eq!(reason.name(), wanted);
        assert_eq!(scene.remaining(&key), 999, "{wanted} took credits");
    };
    store.suspend(key.id, &by()).unwrap();
    refused("suspended", &Request::new());
    store.resume(key.id, &by()).unwrap();
    let past = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    store.update(key.id, &Update::new().end(scene_end()), &by()).unwrap();
    refused("expired", &Request::new().at(scene_end()));
    assert!(past < scene_end());
    store.update(key.id, &Update::new().scopes(Vec::<String>::new()), &by()).unwrap();
    let read = store.profile(scene.realm).unwrap().scope_set(["read"]).unwrap();
    refused("scope", &Request::new().needs(read));
    // Five a minute, of which one is used: the rate refuses, and the quota is not asked.
    refused("rate_limited", &Request::new().cost(5));
    // The rate would admit these, but the quota does not: nor is the rate charged.
    scene.update(&key, &Update::new().set_credits(2));
    let reason = scene.ask(&key, &Request::new().cost(4)).unwrap_err();
    assert_eq!(reason.name(), "quota_exhausted");
    scene.update(&key, &Update::new().set_credits(4));
    let grant = scene.ask(&key, &Request::new().cost(4)).unwrap();
    assert_eq!(grant.rate.unwrap().remaining, 0, "a refusal for want of credits was charged");
    assert_eq!(grant.credits.unwrap().remaining, 0);
}

fn scene_end() -> Timestamp {
    Timestamp::parse("2026-03-01T00:00:00Z").unwrap()
}

#[test]
fn the_rate_is_the_reason_where_both_refuse() {
    let scene = Scene::new();
    let key = scene.key_of("paced", Some("5"));
    assert!(scene.pay(&key, 5));
    let reason = scene.ask(&key, &Request::new()).unwrap_err();
    assert_eq!(reason.name(), "rate_limited");
}

#[test]
fn a_crash_loses_one_chunk_at_most_and_closing_loses_nothing() {
    for (text, lease_max, chunk) in
        [("500", None, 5), ("1000000", None, 1000), ("1000000", Some(64), 64), ("30", None, 1)]
    {
        let mut scene = Scene::leasing(lease_max);
        let key = scene.key(text);
        let limit: u64 = text.parse().unwrap();
        for _ in 0..3 {
            assert!(scene.pay(&key, 1));
        }
        scene.restart();
        assert_eq!(scene.remaining(&key), limit - 3);
        let mut before = limit - 3;
        for costs in [&[1_u32, 1][..], &[2, 7], &[1]] {
            for &cost in costs {
                assert!(scene.pay(&key, cost));
            }
            scene.crash();
            let left = scene.remaining(&key);
            let paid: u64 = costs.iter().map(|&cost| u64::from(cost)).sum();
            let exact = before - paid;
            assert!(left <= exact && left + chunk >= exact, "{text}: {left} of {exact}");
            before = left;
        }
    }
}

#[test]
fn a_lease_is_renewed_with_other_commits_before_it_is_used_up() {
    let scene = Scene::new();
    let key = scene.key("10000");
    let commits = |scene: &Scene| scene.store().stats().unwrap().seq;
    let in_file = |scene: &Scene| scene.beside().key(key.id).unwrap().quota.unwrap().remaining;
    assert!(scene.pay(&key, 1));
    scene.key_of("plain", None);
    assert_eq!(in_file(&scene), 9_900, "a lease that is not low was renewed");
    for _ in 0..60 {
        assert!(scene.pay(&key, 1));
    }
    let before = commits(&scene);
    let other = scene.key_of("plain", None);
    assert_eq!(commits(&scene), before + 1);
    // A crash now would lose no more than one chunk, though more than that was handed out.
    for _ in 0..90 {
        assert!(scene.pay(&key, 1));
    }
    assert_eq!(scene.remaining(&key), 10_000 - 151);
    // Half of a lease is used up, and nothing was used that is kept: flushing renews it all the
    // same. What the file has left, a reader sees.
    let had = in_file(&scene);
    scene.store().flush().unwrap();
    assert!(in_file(&scene) < had, "a lease that is low was not renewed");
    assert_eq!(scene.remaining(&key), 10_000 - 151);
    assert!(scene.ask(&other, &Request::new()).is_ok());
    assert_eq!(commits(&scene), before + 1, "a lease took a seq");
}

#[test]
fn credits_can_be_set_added_and_taken_away() {
    let scene = Scene::new();
    let key = scene.key("1000 per month");
    assert!(scene.pay(&key, 10));
    assert_eq!(scene.update(&key, &Update::new().add_credits(500)).remaining, 1_490);
    assert!(scene.pay(&key, 1_490) && !scene.pay(&key, 1));
    assert_eq!(scene.update(&key, &Update::new().set_credits(7)).remaining, 7);
    assert!(scene.pay(&key, 1));
    assert_eq!(scene.update(&key, &Update::new().take_credits(2)).remaining, 4);
    assert_eq!(scene.drain(&key), 4);
    assert_eq!(scene.update(&key, &Update::new().add_credits(3)).remaining, 3);
    assert_eq!(scene.update(&key, &Update::new().take_credits(u64::MAX)).remaining, 0);
    assert!(!scene.pay(&key, 1));
    let too_many = Update::new().set_credits(1_000_000_000_001);
    let error = scene.store().update(key.id, &too_many, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    let entries = scene.store().audit(0, 1000).unwrap();
    let set = entries.iter().find(|entry| entry.after.get("credits") == Some(&7.into()));
    assert_eq!(set.unwrap().before.get("credits"), Some(&0.into()));
}

#[test]
fn a_new_quota_begins_anew_and_none_needs_no_credits() {
    let scene = Scene::new();
    let key = scene.key("3");
    assert_eq!(scene.drain(&key), 3);
    let told = scene.update(&key, &Update::new().quota(quota("5 per day")));
    assert_eq!((told.remaining, told.quota), (5, quota("5 per day")));
    assert_eq!(scene.drain(&key), 5);
    let none = scene.store().update(key.id, &Update::new().quota(None), &by()).unwrap();
    assert_eq!(none.quota, None);
    assert_eq!(scene.ask(&key, &Request::new().cost(1_000)).unwrap().credits, None);
    assert_eq!(scene.update(&key, &Update::new().quota(quota("2"))).remaining, 2);
    assert_eq!(scene.drain(&key), 2);
    let both = Update::new().quota(quota("9")).set_credits(1);
    assert_eq!(scene.update(&key, &both).remaining, 1);
    scene.store().check().unwrap();
}

#[test]
fn a_key_has_the_quota_of_its_owners_plan_unless_its_issuer_says_otherwise() {
    let scene = Scene::new();
    let of_plan = scene.key_of("metered", None);
    assert_eq!(scene.quota(&of_plan).unwrap().quota, quota("20 per day"));
    assert_eq!(scene.drain(&of_plan), 20);
    let own = scene.key_of("metered", Some("2"));
    assert_eq!(scene.drain(&own), 2);
    let spec = Spec::new(scene.realm, "live", "metered").quota(None);
    let issued = scene.store().issue(&spec, &by()).unwrap();
    assert_eq!(issued.key.quota, None);
}

/// Such a refusal told that no credits were left and that they were never refilled, because
/// nobody had asked the file.
#[test]
fn a_store_that_cannot_lease_refuses_what_is_not_leased_and_tells_what_the_file_has() {
    let scene = Scene::new();
    let daily = scene.key("5 per day");
    assert!(scene.pay(&daily, 2));
    scene.store().update(daily.id, &Update::new().take_credits(1), &by()).unwrap();
    let (key, free) = (scene.key("1000"), scene.key_of("plain", None));
    let reader = scene.beside();
    let reason = ask(&reader, scene.realm, &key, &Request::new()).unwrap_err();
    let Reason::QuotaExhausted { credits, retry_ms } = reason else { panic!("{reason:?}") };
    assert_eq!((credits.limit, credits.remaining, retry_ms), (1000, 1000, u64::MAX));
    assert_eq!(reader.key(key.id).unwrap().quota.unwrap().remaining, 1000);
    let reason = ask(&reader, scene.realm, &daily, &Request::new().cost(5)).unwrap_err();
    let Reason::QuotaExhausted { credits, retry_ms } = reason else { panic!("{reason:?}") };
    let shown = reader.key(daily.id).unwrap().quota.unwrap();
    assert_eq!((credits.remaining, credits.reset), (shown.remaining, shown.reset));
    assert_eq!(retry_ms, 12 * 3_600_000);
    assert!(ask(&reader, scene.realm, &key, &Request::new().cost(0)).is_ok());
    assert!(ask(&reader, scene.realm, &free, &Request::new()).is_ok());
}

#[test]
fn a_time_that_is_named_pays_like_the_present_and_refills_nothing() {
    let scene = Scene::new();
    let key = scene.key("3 per day");
    let later = Timestamp::parse("2026-01-20T00:00:00Z").unwrap();
    for _ in 0..3 {
        scene.ask(&key, &Request::new().at(later)).unwrap();
    }
    let reason = scene.ask(&key, &Request::new().at(later)).unwrap_err();
    assert_eq!(reason.name(), "quota_exhausted");
    assert!(!scene.pay(&key, 1));
}

#[test]
fn to_explain_takes_no_credits() {
    let scene = Scene::new();
    let key = scene.key("2");
    let explain = |cost| {
        let request = Request::new().cost(cost);
        scene.store().explain(scene.realm, key.token.as_bytes(), None, &request).unwrap()
    };
    for _ in 0..3 {
        assert_eq!(explain(2).refused_by(), None);
    }
    assert_eq!(explain(3).refused_by(), Some("quota_exhausted"));
    let last = explain(1).checks.pop().unwrap();
    assert_eq!(
        (last.name, last.detail.as_str()),
        ("quota_exhausted", "1 of 2 credits would remain")
    );
    assert_eq!(scene.remaining(&key), 2);
}
