//! Fewer networks, a first quota, an idle span: enforced while the change is on its way to the
//! disk, and while nobody knows whether it came there.

use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use super::{GoOn, PROFILE, Scene, by, open, options, wait_for};
use crate::error::{ErrorKind, Result};
use crate::info::Issued;
use crate::key_id::KeyId;
use crate::quota::{Quota, Refill};
use crate::request::Request;
use crate::spec::{OwnerChange, Rotation, Spec, Update};
use crate::storage::tests::disk::Fault;
use crate::time::Clock;
use crate::verdict::Reason;

/// Whether a token is granted from each of three addresses.
fn granted(scene: &Scene, token: &str) -> [bool; 3] {
    ["10.0.0.1", "10.200.0.1", "192.0.2.1"].map(|address| {
        let request = Request::new().address(address.parse().unwrap());
        scene.store.verify(scene.acme, token.as_bytes(), &request).is_ok()
    })
}

#[test]
fn what_a_new_list_takes_away_is_refused_at_once_and_what_it_adds_only_after_its_commit() {
    let scene = Scene::new();
    let spec = || Spec::new(scene.acme, "live", "o");
    let [free, listed] = [spec(), spec().networks(["10.0.0.0/8"])]
        .map(|spec| scene.store.issue(&spec, &by()).unwrap());
    let tokens = [&free, &listed].map(|issued| issued.token.expose());
    let update = Update::new().networks(["10.0.0.0/16", "192.0.2.0/24"]);
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        let other = scope.spawn(|| scene.issue());
        wait_for(|| scene.disk.hangs());
        let changing = [&free, &listed].map(|issued| {
            let (store, update, key) = (&scene.store, &update, issued.key.key_id);
            scope.spawn(move || store.update(key, update, &by()))
        });
        wait_for(|| scene.store.writers.waiting() == 2);
        assert_eq!(granted(&scene, tokens[0]), [true, false, true]);
        assert_eq!(granted(&scene, tokens[1]), [true, false, false]);
        assert!(!other.is_finished() && !changing.iter().any(|thread| thread.is_finished()));
        drop(go_on);
        other.join().unwrap().unwrap();
        changing.into_iter().for_each(|thread| drop(thread.join().unwrap().unwrap()));
    });
    for token in tokens {
        assert_eq!(granted(&scene, token), [true, false, true]);
    }
}

/// A grace that is shorter than what is left of the old key's time holds at once, though others are
/// served before.
#[test]
fn a_key_that_is_about_to_be_rotated_ends_with_its_grace() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    let rotation = Rotation::new().grace(Duration::from_secs(60));
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        let other = scope.spawn(|| scene.issue());
        wait_for(|| scene.disk.hangs());
        let rotating = scope.spawn(|| scene.store.rotate(key, &rotation, &by()));
        wait_for(|| scene.store.writers.waiting() == 1);
        assert_eq!(scene.reason(token), None);
        scene.clock.forward(Duration::from_secs(60));
        assert_eq!(scene.reason(token), Some(Reason::Expired));
        drop(go_on);
        other.join().unwrap().unwrap();
        rotating.join().unwrap().unwrap();
    });
}

/// So do fewer scopes, an earlier end and a shorter idle span.
#[test]
fn a_key_that_is_about_to_have_less_has_it_at_once() {
    let scene = Scene::new();
    let issue =
        || scene.store.issue(&Spec::new(scene.acme, "live", "o").scopes(["read", "write"]), &by());
    let needs = scene.store.profile(scene.acme).unwrap().scope_set(["write"]).unwrap();
    let minute = Duration::from_secs(60);
    let updates = [
        (Update::new().scopes(["read"]), Duration::ZERO),
        (Update::new().end(scene.clock.now().plus(minute)), minute),
        (Update::new().idle(minute * 60), minute * 62),
    ];
    let issued = [(); 3].map(|()| issue().unwrap());
    let granted = |n: usize| {
        let (token, request) = (issued[n].token.expose(), Request::new().needs(needs));
        scene.store.verify(scene.acme, token.as_bytes(), &request).is_ok()
    };
    assert!((0..3).all(granted));
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        let other = scope.spawn(issue);
        wait_for(|| scene.disk.hangs());
        let changing = updates.iter().zip(&issued).map(|((update, _), issued)| {
            let (store, key) = (&scene.store, issued.key.key_id);
            scope.spawn(move || store.update(key, update, &by()))
        });
        let changing: Vec<_> = changing.collect();
        wait_for(|| scene.store.writers.waiting() == 3);
        for (n, (_, after)) in updates.iter().enumerate() {
            scene.clock.forward(*after);
            assert!(!granted(n), "{n}");
        }
        drop(go_on);
        other.join().unwrap().unwrap();
        // The end has passed by now, so that one is refused.
        let done = changing.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(done.map(|done| done.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    });
}

#[test]
fn a_list_that_was_refused_leaves_the_key_as_it_was() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    let update = Update::new().networks(["10.0.0.0/16"]).metadata("no JSON");
    let error = scene.store.update(key, &update, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert_eq!(granted(&scene, token), [true; 3]);
}

/// Changes a key with the disk failing at each step in turn. Gives to `look` each scene in which
/// nobody knows what became of the change, and the key's token.
fn unknown(update: &Update, look: impl Fn(&Scene, &str)) {
    for after in 0.. {
        let scene = Scene::new();
        let issued = scene.issue().unwrap();
        let (key, token) = (issued.key.key_id, issued.token.expose());
        let fault = Fault { after, errno: Errno::IO, for_ever: true, reads: false, half: true };
        scene.disk.fail(Some(fault));
        match scene.store.update(key, update, &by()).map_err(|error| error.kind()) {
            Err(ErrorKind::Indeterminate) => look(&scene, token),
            Err(_) => assert_eq!(scene.reason(token), None, "a change that was not made"),
            Ok(_) => break,
        }
    }
}

/// A change that gave a key its first quota, and of which nobody knew whether it was made, left
/// the key without one until the store was reopened: no request was charged.
#[test]
fn a_key_that_may_have_got_its_first_quota_is_refused_until_the_store_is_reopened() {
    let quota = Quota::new(2, Refill::Never).unwrap();
    let found = std::cell::Cell::new(0);
    unknown(&Update::new().quota(quota), |scene, token| {
        assert_eq!(scene.reason(token), Some(Reason::Suspended));
        found.set(found.get() + 1);
    });
    assert!(found.get() > 0);
}

/// The same, of an idle span. Uses that come later count.
#[test]
fn a_key_that_may_have_got_an_idle_span_is_granted_for_that_span_at_most() {
    let found = std::cell::Cell::new(0);
    let (hour, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
    unknown(&Update::new().idle(hour), |scene, token| {
        scene.clock.forward(hour - Duration::from_secs(1));
        assert_eq!(scene.reason(token), None);
        scene.clock.forward(hour + minute - Duration::from_secs(1));
        assert_eq!(scene.reason(token), None);
        scene.clock.forward(hour + minute);
        assert_eq!(scene.reason(token), Some(Reason::Idle));
        found.set(found.get() + 1);
    });
    assert!(found.get() > 0);
}

const IDLE: &str = "idle = \"2h\"";

fn apply(scene: &Scene, policy: &str) -> Result<()> {
    let profile = format!("{PROFILE}{policy}\n");
    scene.store.apply_realm("acme.toml", &profile, &by()).map(drop)
}

/// Changes a store with the disk failing at each step in turn, and looks at each scene in which
/// nobody knows what became of that: three hours later a key that nobody used meanwhile is to be
/// idle, as it is once the change was made. `own` is the key's own span; `policies` are the realm's
/// as the key is issued, and before the change.
fn idle_unknown(
    own: Option<Duration>,
    policies: [&str; 2],
    change: impl Fn(&Scene, KeyId) -> Result<()>,
) {
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let mut found = 0;
    for after in 0.. {
        let scene = Scene::new();
        let [first, before] = policies;
        apply(&scene, first).unwrap();
        let spec = Spec::new(scene.acme, "live", "o");
        let spec = match own {
            Some(span) => spec.idle(span),
            None => spec,
        };
        let issued = scene.store.issue(&spec, &by()).unwrap();
        let token = issued.token.expose();
        apply(&scene, before).unwrap();
        let fault = Fault { after, errno: Errno::IO, for_ever: true, reads: false, half: true };
        scene.disk.fail(Some(fault));
        let changed = change(&scene, issued.key.key_id).map_err(|error| error.kind());
        scene.clock.forward(hours(3));
        let reason = scene.store.verify(scene.acme, token.as_bytes(), &Request::new()).err();
        let reason = reason.map(|error| error.denial().unwrap().reason);
        match changed {
            Err(ErrorKind::Indeterminate) => {
                assert_eq!(reason, Some(Reason::Idle));
                found += 1;
            }
            Err(_) => assert_eq!(reason, None, "a change that was not made"),
            Ok(()) => {
                assert_eq!(reason, Some(Reason::Idle));
                break;
            }
        }
    }
    assert!(found > 0);
}

/// A key that went back to its realm's span kept its own while nobody knew whether it had.
#[test]
fn a_key_that_may_have_lost_its_own_idle_span_has_that_of_its_realm() {
    // Of its own it has a longer one, from before its realm had any.
    let own = Duration::from_secs(90 * 86_400);
    idle_unknown(Some(own), ["", IDLE], |scene, key| {
        scene.store.update(key, &Update::new().no_idle(), &by()).map(drop)
    });
}

/// A span that a profile began to say did not hold for any key while nobody knew whether it did.
#[test]
fn an_idle_span_that_a_profile_may_have_begun_to_say_holds() {
    idle_unknown(None, ["", ""], |scene, _| apply(scene, IDLE));
}

#[test]
fn a_shorter_idle_span_that_a_profile_may_say_holds() {
    let long = "idle = \"90d\"";
    idle_unknown(None, [long, long], |scene, _| apply(scene, IDLE));
}

/// A profile's change shows the keys of its realm anew, and those of no other.
#[test]
fn a_scope_that_implies_less_takes_nothing_from_the_keys_of_another_realm() {
    let scene = Scene::new();
    let implying =
        PROFILE.replace("name = \"write\"\n", "name = \"write\"\nimplies = [\"read\"]\n");
    scene.store.apply_realm("acme.toml", &implying, &by()).unwrap();
    scene.store.apply_realm("beta.toml", &implying.replace("acme", "beta"), &by()).unwrap();
    let beta = scene.store.realm("beta").unwrap();
    scene.store.set_owner(beta, "o", &OwnerChange::new(), &by()).unwrap();
    let tokens = [scene.acme, beta].map(|realm| {
        let issued = scene.store.issue(&Spec::new(realm, "live", "o").scopes(["write"]), &by());
        (realm, issued.unwrap().token.expose().to_owned())
    });
    let granted = || {
        tokens.each_ref().map(|(realm, token)| {
            let needs = scene.store.profile(*realm).unwrap().scope_set(["read"]).unwrap();
            scene.store.verify(*realm, token.as_bytes(), &Request::new().needs(needs)).is_ok()
        })
    };
    assert_eq!(granted(), [true, true]);
    apply(&scene, "").unwrap();
    assert_eq!(granted(), [false, true]);
    scene.store.apply_realm("acme.toml", &implying, &by()).unwrap();
    assert_eq!(granted(), [true, true]);
}

/// When neither the new profile nor the old one could be shown as a whole, some keys went on with
/// less than either gives them, and the caller was told that all was as before.
#[test]
fn a_profile_that_cannot_be_read_back_in_leaves_every_key_as_it_was_or_ends_all_writing() {
    let wide = PROFILE.replace("\"write\"\n", "\"write\"\nimplies = [\"read\"]\n");
    let (mut reads, mut kept, mut poisoned) = (0, 0, 0);
    loop {
        let mut scene = Scene::new();
        scene.store.apply_realm("acme.toml", &wide, &by()).unwrap();
        let spec = Spec::new(scene.acme, "live", "o").scopes(["write"]);
        scene.store.issue_many(&vec![spec.clone(); 40], &by()).unwrap();
        scene.store.close().unwrap();
        scene.store = open(&scene.disk, options(&scene.clock).cache_bytes(0)).unwrap();
        let issued = scene.store.issue_many(&[spec.clone(), spec.clone()], &by()).unwrap();
        let fault =
            Fault { after: reads, errno: Errno::IO, for_ever: true, reads: true, half: false };
        scene.disk.fail(Some(fault));
        let told = scene.store.apply_realm("acme.toml", PROFILE, &by());
        scene.disk.fail(None);
        if told.is_ok() {
            break;
        }
        let reading = scene.store.profile(scene.acme).unwrap().scope_set(["read"]).unwrap();
        let request = Request::new().needs(reading);
        let verify = |issued: &Issued| {
            let token = issued.token.expose().as_bytes();
            scene.store.verify(scene.acme, token, &request).is_ok()
        };
        let is_poisoned = scene.store.storage.is_poisoned();
        assert!(is_poisoned || issued.iter().all(verify), "{reads} reads: {told:?}");
        (kept, poisoned) = (kept + u32::from(!is_poisoned), poisoned + u32::from(is_poisoned));
        reads += 1;
    }
    assert!(kept > 0 && poisoned > 0, "{kept} {poisoned}");
}
