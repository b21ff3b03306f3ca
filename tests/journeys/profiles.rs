//! Another profile for a realm that has keys.

use keycask::{ErrorKind, Filter, OwnerChange, Spec};

use crate::kit::{PROFILE, Scene, by};

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
fn a_kind_a_scope_or_a_plan_that_is_in_use_is_not_taken_away() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let refused = |toml: &str| {
        let refused = store.apply_realm("acme.toml", toml, &by()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        refused.message().to_owned()
    };
    let without = |part: &str| PROFILE.replace(part, "");
    let test = "[[kind]]\nname = \"test\"\nprefix = \"acme_test_\"\nbody = 32\n";
    let key = store.issue(&Spec::new(acme, "test", "o"), &by()).unwrap().key.key_id;
    // Who asks for a revoked key is told of its kind.
    store.revoke(key, &by()).unwrap();
    let told = refused(&without(test));
    assert!(told.contains("kind \"test\" is in use: 1 key is of it"), "{told}");

    let scopes = OwnerChange::new().direct(["write"]);
    store.set_owner(acme, "o", &scopes, &by()).unwrap();
    let unwritten = without("[[scope]]\nname = \"write\"\n");
    let unwritten = unwritten.replace("\"read\", \"write\"", "\"read\"");
    let told = refused(&unwritten);
    assert!(told.contains("scope \"write\" is in use: 1 owner has it"), "{told}");

    let plan = "[[plan]]\nname = \"small\"\nactive = 2\nrates = [\"5 per 1m\"]\n";
    let told = refused(&without(plan));
    assert!(told.contains("plan \"small\" is in use: 1 owner is on it"), "{told}");
    store.set_owner(acme, "p", &OwnerChange::new().plan("small"), &by()).unwrap();
    let told = refused(&without(plan));
    assert!(told.contains("plan \"small\" is in use: 2 owners are on it"), "{told}");
}

#[test]
fn what_revoked_keys_have_and_what_keys_of_another_realm_have_may_be_taken_away() {
    let scene = Scene::new();
    let store = scene.store();
    let (revoked, _) = scene.issue(&["read"]);
    store.revoke(revoked.key_id, &by()).unwrap();
    // The numbers of its scopes are the same.
    let other = "realm = \"other\"\n[[kind]]\nname = \"live\"\nprefix = \"other_\"\nbody = 32\n\
                 [[scope]]\nname = \"read\"\n[[scope]]\nname = \"write\"\n";
    store.apply_realm("other.toml", other, &by()).unwrap();
    let realm = store.realm("other").unwrap();
    store.set_owner(realm, "o", &OwnerChange::new(), &by()).unwrap();
    let key = store.issue(&Spec::new(realm, "live", "o").scopes(["read", "write"]), &by()).unwrap();
    let changed = PROFILE
        .replace("acme_live_", "acme_prod_")
        .replace("[[scope]]\nname = \"read\"\n", "")
        .replace("implies = [\"read\", \"write\"]", "implies = [\"write\"]");
    let change = store.apply_realm("acme.toml", &changed, &by()).unwrap();
    assert_eq!(change.scopes_removed, ["read"]);
    let refused =
        store.apply_realm("other.toml", &other.replace("[[scope]]\nname = \"read\"\n", ""), &by());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(store.key(key.key.key_id).unwrap().scopes, ["read", "write"]);
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
