//! A store in a fork of the process that opened it: every call that can fail refuses. The fork
//! itself is tried through the C ABI; here the process is told of one that was not.
#![allow(clippy::unwrap_used, clippy::panic)]

use keycask::{
    Actor, Alerts, AuditFilter, Ending, ErrorKind, Filter, HttpRequest, Import, ImportLines,
    ImportRules, OwnerChange, Patterns, Pepper, Request, Rotation, SealingKey, Spec, Store, Trim,
    Update,
};

const PROFILE: &str = "realm = 'acme'\n[[kind]]\nname = 'live'\nprefix = 'a_'\nbody = 32\n";

#[test]
fn a_store_that_was_inherited_refuses_every_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.redb");
    let by = Actor::new("parent");
    let store = Store::options().patterns(Patterns::new()).create(&path).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by).unwrap();
    let issued = store.issue(&Spec::new(acme, "live", "o"), &by).unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose().as_bytes());
    let request = Request::new();
    let grant = store.verify(acme, token, &request).unwrap();
    let feed = store.feed().unwrap();
    assert!(!store.is_forked());

    assert!(keycask::forked().count() > 0, "the file's descriptor is not listed");

    assert!(store.is_forked());
    let http = HttpRequest { method: "GET", headers: &[], request_id: "" };
    let spec = Spec::new(acme, "live", "o");
    let ending = Ending::revoke(Filter::new().realm(acme));
    let import = Import::token(Spec::new(acme, "live", "o"), "of-another-system").unwrap();
    let lines = ImportLines::new(acme);
    let alerts = Alerts::read(&b"[]"[..]).unwrap();
    let kinds = [
        store.verify(acme, token, &request).map(drop).map_err(|error| match error {
            keycask::VerifyError::Failed(error) => error,
            denied => panic!("{denied}"),
        }),
        store.verify_many(acme, &[token], &request, &mut Vec::new()),
        store.present(acme, &http, &request).map(drop),
        store.explain(acme, token, None, &request).map(drop),
        store.describe(&grant).map(drop),
        store.issue(&spec, &by).map(drop),
        store.rotate(key, &Rotation::new(), &by).map(drop),
        store.suspend(key, &by).map(drop),
        store.resume(key, &by).map(drop),
        store.revoke(key, &by).map(drop),
        store.update(key, &Update::new().name("n"), &by).map(drop),
        store.key(key).map(drop),
        store.list(&Filter::new(), None, 1).map(drop),
        store.reveal(key, &by).map(drop),
        store.set_owner(acme, "p", &OwnerChange::new(), &by).map(drop),
        store.owner(acme, "o").map(drop),
        store.owners(acme, None, 1).map(drop),
        store.apply_realm("acme.toml", PROFILE, &by).map(drop),
        store.realm("acme").map(drop),
        store.sweep(1, &by).map(drop),
        store.feed().map(drop),
        store.audit(0, 1).map(drop),
        store.stats().map(drop),
        store.check(),
        store.flush(),
        store.reset_clock(&by).map(drop),
        store.find_audit(&AuditFilter::new(), 0, 1).map(drop),
        store.check_audit().map(drop),
        store.trim_audit(Trim::Keep(1), &by).map(drop),
        store.anchor().map(drop),
        store.backup(dir.path().join("backup")).map(drop),
        store.compact().map(drop),
        store.count(&Filter::new()).map(drop),
        store.count_by_kind().map(drop),
        store.end_many(&ending, &by).map(drop),
        store.dry_run(&ending).map(drop),
        store.changes(feed.oldest, 1).map(drop),
        store.revoke_presented(acme, token, "leaked").map(drop).map_err(|error| match error {
            keycask::VerifyError::Failed(error) => error,
            denied => panic!("{denied}"),
        }),
        store.import(&[import], &ImportRules::new(), &by).map(drop),
        store.import_lines(&lines, &b""[..], &ImportRules::new(), &by, |_, _| ()).map(drop),
        store.imports(acme).map(drop),
        store.issue_many(&[spec], &by).map(drop),
        store.leaked(&b""[..], |_| Ok(())).map(drop),
        store.leaked_alerts(&alerts, |_, _| Ok(())).map(drop),
        store.audit_decisions(&by).map(drop),
        store.findings().map(drop),
        store.tell_findings(&by).map(drop),
        store.operation("issue").map(drop),
        store.owner_id(grant.owner).map(drop),
        store.rotate_pepper(Pepper::new(&[7; 32]), &by).map(drop),
        store.retire_pepper(&by).map(drop),
        store.pepper_status().map(drop),
        store.compare_realm("acme.toml", PROFILE).map(drop),
        store.profile(acme).map(drop),
        store.rehash().map(drop),
        store.confirm_restore(&by),
        store.change_sealing_key(&SealingKey::new(&[7; 32]), &by).map(drop),
        store.sweep_all(&by).map(drop),
    ];
    let told = kinds.into_iter().map(|result| result.map_err(|error| error.kind()));
    let others = told.enumerate().filter(|(_, told)| *told != Err(ErrorKind::Forked));
    assert_eq!(others.collect::<Vec<_>>(), []);

    // Their numbers are the child's own by now.
    assert_eq!(keycask::forked().next(), None, "a fork of the child is given them");
    let _own = Store::options().create(dir.path().join("own.redb")).unwrap();
    drop(store);
    assert!(keycask::forked().count() > 0, "the descriptor of the child's file is not listed");
}
