//! What a user does with a store, through the public interface.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/hands.rs"]
mod hands;

use std::sync::atomic::Ordering;
use std::time::Duration;

use keycask::{
    Actor, ErrorKind, Filter, KeyInfo, OwnerChange, Reason, Request, Rotation, Spec, State, Store,
    Timestamp, Update,
};

use hands::Hands;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
[[scope]]
name = "admin"
implies = ["read", "write"]
[[plan]]
name = "small"
active = 2
rates = ["5 per 1m"]
[policy]
default_grace = "1h"
usage = true
"#;

struct Scene {
    dir: tempfile::TempDir,
    clock: Hands,
    store: Option<Store>,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-01-01T00:00:00Z");
        let store =
            Store::options().clock(clock.clone()).create(dir.path().join("keys.redb")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        Self { dir, clock, store: Some(store) }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.store.take().unwrap().close().unwrap();
        let path = self.dir.path().join("keys.redb");
        self.store = Some(Store::options().clock(self.clock.clone()).open(path).unwrap());
    }

    fn issue(&self, scopes: &[&str]) -> (KeyInfo, String) {
        let acme = self.store().realm("acme").unwrap();
        let spec = Spec::new(acme, "live", "o").scopes(scopes.iter().copied());
        let issued = self.store().issue(&spec, &by()).unwrap();
        (issued.key, issued.token.expose().to_owned())
    }

    fn reason(&self, token: &str) -> Option<Reason> {
        self.reason_for(token, &[])
    }

    fn reason_for(&self, token: &str, needs: &[&str]) -> Option<Reason> {
        let acme = self.store().realm("acme").unwrap();
        let scopes = self.store().profile(acme).unwrap().scope_set(needs).unwrap();
        let request = Request::new().needs(scopes);
        let answer = self.store().verify(acme, token.as_bytes(), &request);
        answer.err().map(|e| e.denial().unwrap().reason)
    }
}

fn by() -> Actor {
    Actor::new("tester").because("to see")
}

#[test]
fn a_key_is_granted_from_its_issue_to_its_revocation_and_over_reopening() {
    let mut scene = Scene::new();
    let (key, token) = scene.issue(&["write"]);
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    assert!(matches!(scene.reason_for(&token, &["read"]), Some(Reason::Scope { .. })));
    scene.reopen();
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    let revoked = scene.store().revoke(key.key_id, &by()).unwrap();
    assert_eq!((revoked.state, revoked.reason.as_str()), (State::Revoked, "to see"));
    assert_eq!(scene.reason(&token), Some(Reason::Revoked));
    scene.reopen();
    assert_eq!(scene.reason(&token), Some(Reason::Revoked));
}

#[test]
fn a_suspended_key_is_refused_until_it_is_resumed_and_a_revoked_one_for_good() {
    let scene = Scene::new();
    let (key, token) = scene.issue(&["read"]);
    scene.store().suspend(key.key_id, &by()).unwrap();
    assert_eq!(scene.reason(&token), Some(Reason::Suspended));
    scene.store().resume(key.key_id, &by()).unwrap();
    assert_eq!(scene.reason(&token), None);
    scene.store().revoke(key.key_id, &by()).unwrap();
    let refused = scene.store().resume(key.key_id, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(scene.reason(&token), Some(Reason::Revoked));
}

#[test]
fn a_rotated_key_lives_to_the_end_of_its_grace_and_no_longer_than_its_own() {
    let scene = Scene::new();
    let (key, old) = scene.issue(&["admin"]);
    let new = scene.store().rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    assert_eq!(scene.reason_for(&old, &["read"]), None);
    assert_eq!(scene.reason_for(new.token.expose(), &["read"]), None);
    assert!(scene.store().key(key.key_id).unwrap().in_grace);
    scene.clock.forward(Duration::from_secs(3600));
    assert_eq!(scene.reason(&old), Some(Reason::Expired));
    assert_eq!(scene.reason(new.token.expose()), None);
    let twice = scene.store().rotate(key.key_id, &Rotation::new(), &by()).unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Conflict);
}

#[test]
fn p9_regenerating_ends_the_old_key_as_the_new_one_is_made() {
    let scene = Scene::new();
    let (key, old) = scene.issue(&["read"]);
    let new = scene.store().rotate(key.key_id, &Rotation::regenerate(), &by()).unwrap();
    assert_eq!(scene.reason(&old), Some(Reason::Revoked));
    assert_eq!(scene.reason(new.token.expose()), None);
    assert_eq!(new.key.predecessor, Some(key.key_id));
}

/// P-12: a second rotation inside a grace killed or leaked the first predecessor.
#[test]
fn p12_a_chain_of_rotations_has_two_live_generations_at_most() {
    let scene = Scene::new();
    let (key, token) = scene.issue(&["read"]);
    let mut tokens = vec![token];
    let mut last = key.key_id;
    for _ in 0..6 {
        let next = scene.store().rotate(last, &Rotation::new(), &by()).unwrap();
        last = next.key.key_id;
        tokens.push(next.token.expose().to_owned());
        let live = tokens.iter().filter(|token| scene.reason(token).is_none()).count();
        assert_eq!(live, 2);
    }
}

#[test]
fn plans_cap_active_keys_through_every_path_that_makes_one_active() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    let (one, _) = scene.issue(&[]);
    let (two, _) = scene.issue(&[]);
    let spec = Spec::new(acme, "live", "o");
    assert_eq!(store.issue(&spec, &by()).unwrap_err().kind(), ErrorKind::Cap);
    store.suspend(one.key_id, &by()).unwrap();
    let (_three, _) = scene.issue(&[]);
    assert_eq!(store.resume(one.key_id, &by()).unwrap_err().kind(), ErrorKind::Cap);
    // A lineage counts once, so a rotation fits.
    store.rotate(two.key_id, &Rotation::new(), &by()).unwrap();
    assert_eq!(store.issue(&spec, &by()).unwrap_err().kind(), ErrorKind::Cap);
}

#[test]
fn expired_keys_give_their_place_up_and_take_one_again_when_their_end_is_moved() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    let short = Spec::new(acme, "live", "o").life(Duration::from_secs(10));
    let one = store.issue(&short, &by()).unwrap();
    scene.issue(&[]);
    assert_eq!(store.issue(&short, &by()).unwrap_err().kind(), ErrorKind::Cap);
    scene.clock.forward(Duration::from_secs(10));
    scene.issue(&[]);
    let revive = Update::new().end(Timestamp::NEVER);
    let refused = store.update(one.key.key_id, &revive, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Cap);
}

#[test]
fn what_an_update_takes_away_is_gone_and_what_it_gives_is_there() {
    let scene = Scene::new();
    let (key, token) = scene.issue(&["admin"]);
    let store = scene.store();
    store.update(key.key_id, &Update::new().scopes(["write"]).name("n"), &by()).unwrap();
    assert!(scene.reason_for(&token, &["read"]).is_some());
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    let info = store.key(key.key_id).unwrap();
    assert_eq!((info.name.as_str(), info.scopes), ("n", vec!["write".to_owned()]));
    store.update(key.key_id, &Update::new().scopes(["read", "write"]), &by()).unwrap();
    assert_eq!(scene.reason_for(&token, &["read", "write"]), None);
}

#[test]
fn p43_a_suspended_owner_takes_all_its_keys_along() {
    let mut scene = Scene::new();
    let (_, token) = scene.issue(&["read"]);
    let acme = scene.store().realm("acme").unwrap();
    let suspend = |yes| OwnerChange::new().suspended(yes);
    scene.store().set_owner(acme, "o", &suspend(true), &by()).unwrap();
    assert_eq!(scene.reason(&token), Some(Reason::OwnerSuspended));
    scene.reopen();
    assert_eq!(scene.reason(&token), Some(Reason::OwnerSuspended));
    scene.store().set_owner(acme, "o", &suspend(false), &by()).unwrap();
    assert_eq!(scene.reason(&token), None);
}

#[test]
fn rates_follow_the_lineage_so_that_rotating_resets_nothing() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
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

#[test]
fn p50_the_last_use_is_shown_at_once_and_after_reopening_and_a_denial_does_not_move_it() {
    let mut scene = Scene::new();
    let (key, token) = scene.issue(&["read"]);
    let seen = |scene: &Scene| scene.store().key(key.key_id).unwrap().last_used;
    assert_eq!(seen(&scene), None);
    assert!(scene.reason_for(&token, &["write"]).is_some());
    assert_eq!(seen(&scene), None);
    assert_eq!(scene.reason(&token), None);
    let first = seen(&scene);
    assert_eq!(first, Some(Timestamp::parse("2026-01-01T00:00:00Z").unwrap()));
    scene.reopen();
    assert_eq!(seen(&scene), first);
    scene.clock.forward(Duration::from_secs(600));
    assert_eq!(scene.reason(&token), None);
    assert!(seen(&scene) > first);
}

#[test]
fn a_profile_that_takes_away_what_keys_use_is_refused_with_their_number() {
    let scene = Scene::new();
    scene.issue(&["read"]);
    scene.issue(&["read", "write"]);
    let store = scene.store();
    let without = |name: &str| PROFILE.replace(&format!("[[scope]]\nname = \"{name}\"\n"), "");
    let unread = without("read").replace("implies = [\"read\", \"write\"]", "");
    let refused = store.apply_realm("acme.toml", &unread, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.message().contains("\"read\" is in use: 2 keys"), "{refused}");
    let unlive = PROFILE.replace("acme_live_", "acme_prod_");
    let refused = store.apply_realm("acme.toml", &unlive, &by()).unwrap_err();
    assert!(refused.message().contains("\"live\" is in use: 2 keys"), "{refused}");
    assert_eq!(store.stats().unwrap().realms, 1);
}

#[test]
fn narrowing_and_widening_an_implication_reaches_the_keys_that_were_issued_before() {
    let mut scene = Scene::new();
    let (_, token) = scene.issue(&["admin"]);
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    let narrow = PROFILE.replace("implies = [\"read\", \"write\"]", "implies = [\"read\"]");
    let change = scene.store().apply_realm("acme.toml", &narrow, &by()).unwrap();
    assert!(change.narrows() && !change.widens());
    assert!(scene.reason_for(&token, &["write"]).is_some());
    assert_eq!(scene.reason_for(&token, &["read"]), None);
    scene.reopen();
    assert!(scene.reason_for(&token, &["write"]).is_some());
    let change = scene.store().apply_realm("acme.toml", PROFILE, &by()).unwrap();
    assert!(change.widens() && !change.narrows());
    assert_eq!(scene.reason_for(&token, &["write"]), None);
}

#[test]
fn a_bit_is_never_used_again_for_another_scope() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let bit = |name| store.profile(acme).unwrap().scope_set([name]).unwrap();
    let write = bit("write");
    let without = PROFILE
        .replace("[[scope]]\nname = \"write\"\n", "[[scope]]\nname = \"other\"\n")
        .replace("implies = [\"read\", \"write\"]", "implies = [\"read\"]");
    store.apply_realm("acme.toml", &without, &by()).unwrap();
    assert_ne!(bit("other"), write);
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    assert_eq!(bit("write"), write);
}

#[test]
fn lists_are_paged_by_realm_owner_and_state_without_a_gap() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "p", &OwnerChange::new(), &by()).unwrap();
    let mut mine = Vec::new();
    for round in 0..10 {
        mine.push(scene.issue(&[]).0.key_id);
        store.issue(&Spec::new(acme, "test", "p"), &by()).unwrap();
        scene.clock.forward(Duration::from_millis(1 + round));
    }
    store.revoke(mine[4], &by()).unwrap();
    let filter = Filter::new().realm(acme).owner("o");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(&filter, after, 3).unwrap();
        seen.extend(page.keys.iter().map(|key| key.key_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, mine);
    let revoked = store.list(&filter.clone().state(State::Revoked), None, 100).unwrap();
    assert_eq!(revoked.keys.len(), 1);
    assert_eq!(store.list(&Filter::new(), None, 100).unwrap().keys.len(), 20);
    assert_eq!(store.list(&Filter::new(), None, 0).unwrap_err().kind(), ErrorKind::Argument);
    assert_eq!(store.list(&Filter::new(), None, 1001).unwrap_err().kind(), ErrorKind::Argument);
}

#[test]
fn every_change_leaves_its_entry_in_the_trail() {
    let scene = Scene::new();
    let (key, _) = scene.issue(&["read"]);
    let store = scene.store();
    store.suspend(key.key_id, &by()).unwrap();
    store.suspend(key.key_id, &by()).unwrap();
    store.resume(key.key_id, &by()).unwrap();
    let rotated = store.rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    store.update(rotated.key.key_id, &Update::new().name("x"), &by()).unwrap();
    store.revoke(rotated.key.key_id, &by()).unwrap();
    let trail = store.audit(0, 100).unwrap();
    let events: Vec<_> = trail.iter().map(|entry| entry.event.name()).collect();
    let expected = [
        "realm_applied",
        "owner_set",
        "key_issued",
        "key_suspended",
        "key_resumed",
        "key_rotated",
        "key_updated",
        "key_revoked",
    ];
    assert_eq!(events, expected);
    let numbers: Vec<_> = trail.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    assert!(trail.iter().all(|entry| entry.actor == "tester" && entry.reason == "to see"));
}

#[test]
fn a_sweep_takes_out_what_its_profile_no_longer_retains_and_nothing_else() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let day = Duration::from_secs(86_400);
    let (kept, kept_token) = scene.issue(&[]);
    let (revoked, revoked_token) = scene.issue(&[]);
    let short = store.issue(&Spec::new(acme, "live", "o").life(day), &by()).unwrap();
    store.revoke(revoked.key_id, &by()).unwrap();
    scene.clock.forward(90 * day - Duration::from_millis(1));
    assert_eq!(store.sweep(100, &by()).unwrap().keys, 0);
    scene.clock.forward(Duration::from_millis(1));
    assert_eq!(store.sweep(100, &by()).unwrap().keys, 1);
    assert_eq!(scene.reason(&revoked_token), Some(Reason::Unknown));
    assert_eq!(scene.reason(short.token.expose()), Some(Reason::Expired));
    scene.clock.forward(day);
    assert_eq!(store.sweep(1, &by()).unwrap().keys, 1);
    assert_eq!(store.key(short.key.key_id).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(scene.reason(&kept_token), None);
    assert_eq!(store.key(kept.key_id).unwrap().key_id, kept.key_id);
    assert_eq!(store.sweep(0, &by()).unwrap_err().kind(), ErrorKind::Argument);
    store.check().unwrap();
}

/// P-38: a clock that stepped back over a restart let an expired key live again.
#[test]
fn a_clock_that_steps_back_never_revives_an_expired_key_until_somebody_vouches_for_it() {
    let mut scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let hour = Duration::from_secs(3600);
    let issued = store.issue(&Spec::new(acme, "live", "o").life(hour), &by()).unwrap();
    let token = issued.token.expose().to_owned();
    scene.clock.forward(2 * hour);
    assert_eq!(scene.reason(&token), Some(Reason::Expired));
    scene.clock.back(2 * hour);
    assert_eq!(scene.reason(&token), Some(Reason::Expired), "the step back revived it");
    scene.clock.forward(2 * hour);
    scene.issue(&[]); // A commit records the time.
    scene.clock.back(2 * hour);
    scene.reopen();
    assert_eq!(scene.reason(&token), Some(Reason::Expired), "the restart revived it");
    scene.store().reset_clock(&by()).unwrap();
    scene.reopen();
    assert_eq!(scene.reason(&token), None);
}

/// P-19: a count and an insert that were two steps let one key too many in.
#[test]
fn p19_one_of_many_threads_gets_the_last_place_through_whichever_path() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let (paused, _) = scene.issue(&[]);
    store.suspend(paused.key_id, &by()).unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    scene.issue(&[]);
    let won: usize = std::thread::scope(|threads| {
        let attempts: Vec<_> = (0..16)
            .map(|n| {
                threads.spawn(move || match n % 2 {
                    0 => store.issue(&Spec::new(acme, "live", "o"), &by()).is_ok(),
                    _ => store.resume(paused.key_id, &by()).is_ok(),
                })
            })
            .collect();
        attempts.into_iter().map(|a| usize::from(a.join().unwrap())).sum()
    });
    let active = Filter::new().realm(acme).owner("o").state(State::Active);
    assert_eq!(store.list(&active, None, 10).unwrap().keys.len(), 2);
    // Resuming an active key changes nothing and is no error, so several may have resumed it.
    assert!(won >= 1);
}

/// P-6, C9: some path that ends a key forgot what decides, or published too late.
#[test]
fn p6_no_verify_that_begins_after_a_denial_returned_is_granted() {
    let scene = Scene::new();
    let store = scene.store();
    for round in 0..30 {
        let (key, token) = scene.issue(&["read"]);
        let ended = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|threads| {
            let reader = threads.spawn(|| {
                loop {
                    let begun_after = ended.load(Ordering::SeqCst);
                    let granted = scene.reason_for(&token, &["read"]).is_none();
                    assert!(!(begun_after && granted), "granted after the call returned");
                    if begun_after {
                        break;
                    }
                }
            });
            match round % 5 {
                0 => drop(store.revoke(key.key_id, &by()).unwrap()),
                1 => drop(store.suspend(key.key_id, &by()).unwrap()),
                2 => drop(store.rotate(key.key_id, &Rotation::regenerate(), &by()).unwrap()),
                3 => {
                    drop(store.update(key.key_id, &Update::new().scopes(["write"]), &by()).unwrap())
                }
                _ => {
                    let acme = store.realm("acme").unwrap();
                    let suspend = OwnerChange::new().suspended(true);
                    store.set_owner(acme, "o", &suspend, &by()).unwrap();
                }
            }
            ended.store(true, Ordering::SeqCst);
            reader.join().unwrap();
        });
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new().suspended(false), &by()).unwrap();
    }
}

#[test]
fn many_tokens_at_once_are_decided_as_one_by_one_in_their_order() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let mut tokens: Vec<String> = (0..150).map(|_| scene.issue(&["read"]).1).collect();
    let (revoked, token) = scene.issue(&["read"]);
    store.revoke(revoked.key_id, &by()).unwrap();
    tokens.extend([token, "acme_live_".to_owned(), String::new(), "\u{7f}".repeat(200)]);
    tokens.push(tokens[7].replace("acme_live_", "acme_test_"));
    let request = Request::new().needs(store.profile(acme).unwrap().scope_set(["read"]).unwrap());
    let texts: Vec<&[u8]> = tokens.iter().map(String::as_bytes).collect();
    let mut answers = Vec::new();
    store.verify_many(acme, &texts, &request, &mut answers).unwrap();
    assert_eq!(answers.len(), tokens.len());
    for (token, answer) in texts.iter().zip(&answers) {
        let alone = store.verify(acme, token, &request).map_err(|e| *e.denial().unwrap());
        assert_eq!(alone, *answer);
    }
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    answers.clear();
    store.verify_many(acme, &[texts[0]; 9], &request, &mut answers).unwrap();
    let admitted: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(admitted, [true, true, true, true, true, false, false, false, false]);
}

/// A rotation in its grace gave its place away, so that issuing, rotating and revoking the
/// successor left any number of live keys.
#[test]
fn a_lineage_holds_its_place_while_any_generation_of_it_lives() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    for _ in 0..2 {
        let (key, _) = scene.issue(&[]);
        let next = store.rotate(key.key_id, &Rotation::new(), &by()).unwrap();
        store.revoke(next.key.key_id, &by()).unwrap();
    }
    let more = store.issue(&Spec::new(acme, "live", "o"), &by());
    assert_eq!(more.unwrap_err().kind(), ErrorKind::Cap);
    scene.clock.forward(Duration::from_secs(3600));
    scene.issue(&[]);
}

/// Renaming a suspended key took a place for it, so that it could not be resumed.
#[test]
fn a_suspended_key_takes_no_place_whatever_is_changed_about_it() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    let (paused, token) = scene.issue(&["read", "write"]);
    store.suspend(paused.key_id, &by()).unwrap();
    scene.issue(&[]);
    store.update(paused.key_id, &Update::new().name("renamed"), &by()).unwrap();
    store.resume(paused.key_id, &by()).unwrap();
    store.suspend(paused.key_id, &by()).unwrap();
    scene.issue(&[]);
    store.update(paused.key_id, &Update::new().scopes(["read"]), &by()).unwrap();
    let full = store.resume(paused.key_id, &by()).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Cap);
    assert_eq!(scene.reason(&token), Some(Reason::Suspended));
}

/// A clock that stepped back and forth moved a running window, and admitted its limit twice.
#[test]
fn a_clock_that_steps_back_and_forth_does_not_fill_a_rate_again() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
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

/// Owners and kinds that the writer added were unknown to a reader's memory, and its lists
/// failed.
#[test]
fn a_reader_lists_what_a_writer_has_added_since_it_was_opened() {
    let scene = Scene::new();
    let path = scene.dir.path().join("keys.redb");
    let reader = Store::options().read_only(true).open(path).unwrap();
    let store = scene.store();
    let more = PROFILE.replacen(
        "[[scope]]",
        "[[kind]]\nname = \"new\"\nprefix = \"n_\"\nbody = 32\n[[scope]]",
        1,
    );
    store.apply_realm("acme.toml", &more, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "p", &OwnerChange::new(), &by()).unwrap();
    let issued = store.issue(&Spec::new(acme, "new", "p"), &by()).unwrap();
    let page = reader.list(&Filter::new(), None, 10).unwrap();
    assert_eq!(page.keys, [store.key(issued.key.key_id).unwrap()]);
    assert_eq!(reader.key(issued.key.key_id).unwrap().owner, "p");
}

/// Journeys read the profile before they waited for their turn, and could act on one that had
/// been replaced meanwhile.
#[test]
fn a_change_that_waited_goes_by_the_profile_that_holds_when_its_turn_comes() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let without =
        PROFILE.replace("[[kind]]\nname = \"test\"\nprefix = \"acme_test_\"\nbody = 32\n", "");
    for _ in 0..10 {
        std::thread::scope(|threads| {
            threads.spawn(|| drop(store.apply_realm("acme.toml", &without, &by())));
            threads.spawn(|| {
                if let Ok(issued) = store.issue(&Spec::new(acme, "test", "o"), &by()) {
                    store.revoke(issued.key.key_id, &by()).unwrap();
                }
            });
        });
        store.list(&Filter::new(), None, 100).unwrap();
        store.check().unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    }
}
