//! The secrets of other systems: when they are needed, and wrong ones.

use keycask::{
    ErrorKind, Import, ImportOutcome, ImportRules, OwnerChange, Pepper, Reason, Request, Spec,
    State, Store,
};

use crate::acme::{Scene, by, profile};
use crate::kit::{POLICY, options, sha256};

#[test]
fn a_secret_that_keys_are_found_by_is_needed_to_open_the_store() {
    let scene = Scene::new();
    let unnamed = scene.digest("hmac-sha256:key=nobodys", &sha256("x"));
    assert_eq!(scene.refused(unnamed).kind(), ErrorKind::NotFound);
    let digest = |text| scene.digest("sha256:after=old", &sha256(&format!("{text}the old pepper")));
    scene.import(&[digest("a-token-"), digest("b-token-")]);
    let Scene { dir, store, acme } = scene;
    store.close().unwrap();
    let path = dir.path().join("keys.keycask");
    let bare = || Store::options().pepper(Pepper::new(&[7; 32]));
    for options in [bare(), bare().import_secret("old", b"another")] {
        let refused = options.open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Pepper);
        assert!(refused.to_string().contains("\"old\""), "{refused}");
    }
    let store = options().open(&path).unwrap();
    store.verify(acme, b"a-token-", &Request::new()).unwrap();
    store.close().unwrap();
    // One key is left that is found by it.
    assert_eq!(bare().open(&path).unwrap_err().kind(), ErrorKind::Pepper);
    let store = options().open(&path).unwrap();
    store.verify(acme, b"b-token-", &Request::new()).unwrap();
    store.close().unwrap();
    // Once its last key was verified, it is not.
    bare().open(&path).unwrap().verify(acme, b"a-token-", &Request::new()).unwrap();
    for (name, secret) in [("", &b"x"[..]), ("Upper", b"x"), ("empty", b"")] {
        let refused = bare().import_secret(name, secret).open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
    }
    let refused = options().import_secret("old", b"x").open(&path).unwrap_err();
    assert!(refused.message().contains("\"old\": is given twice"), "{refused}");
}

#[test]
fn a_secret_by_which_only_revoked_keys_are_found_is_not_needed() {
    let scene = Scene::new();
    let digest = |text| scene.digest("sha256:after=old", &sha256(&format!("{text}the old pepper")));
    let ended = digest("ended").state(State::Revoked);
    let [ended, live] = scene.import(&[ended, digest("live")])[..] else { panic!("two keys") };
    let Scene { dir, store, acme } = scene;
    store.close().unwrap();
    let path = dir.path().join("keys.keycask");
    let bare = || Store::options().pepper(Pepper::new(&[7; 32]));
    assert_eq!(bare().open(&path).unwrap_err().kind(), ErrorKind::Pepper);
    let store = options().open(&path).unwrap();
    store.revoke(live, &by()).unwrap();
    let denied = |store: &Store| {
        let denied = store.verify(acme, b"ended", &Request::new()).unwrap_err();
        denied.denial().unwrap().reason
    };
    assert_eq!(denied(&store), Reason::Revoked);
    store.close().unwrap();
    // Without it they are not even found; with another one neither.
    for options in [bare(), bare().import_secret("old", b"another")] {
        let store = options.open(&path).unwrap();
        assert_eq!(denied(&store), Reason::Unknown);
        assert_eq!(store.key(ended).unwrap().state, State::Revoked);
        store.check().unwrap();
    }
}

/// Lines that had been imported with a wrong secret were known for ever, and no token was theirs.
#[test]
fn what_came_with_a_wrong_secret_comes_anew_with_the_right_one() {
    let scene = Scene::new();
    let path = scene.dir.path().join("wrong.redb");
    let with = |secret: &[u8]| Store::options().import_secret("old", secret);
    let prepare = |store: &Store| {
        let acme = store.realm("acme").unwrap();
        let spec = Spec::new(acme, "live", "ann");
        let digest = sha256("a-token-the old pepper");
        let import = Import::digest(spec, "sha256:after=old".parse().unwrap(), &digest).unwrap();
        let told = store.import(&[import], &ImportRules::new(), &by()).unwrap();
        let reason = || store.verify(acme, b"a-token-", &Request::new()).err();
        let reason = reason().map(|error| error.denial().unwrap().reason);
        match told[..] {
            [ImportOutcome::Imported(key)] => (key, reason),
            _ => panic!("{told:?}"),
        }
    };
    let store = with(b"a wrong pepper").create(&path).unwrap();
    store.apply_realm("acme.toml", &profile(POLICY), &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "ann", &OwnerChange::new(), &by()).unwrap();
    let (wrong, reason) = prepare(&store);
    assert_eq!(reason, Some(Reason::Unknown));
    store.revoke(wrong, &by()).unwrap();
    store.close().unwrap();
    let store = with(b"the old pepper").open(&path).unwrap();
    let (right, reason) = prepare(&store);
    assert_eq!((reason, right == wrong), (None, false));
    store.check().unwrap();
}
