//! What a journey goes by, where another one of its commit has just changed that.

use std::collections::BTreeSet;

use super::sharing::{Doing, share};
use super::*;
use crate::digest::Pepper;
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;
use crate::spec::Import;
use crate::store::{ImportOutcome, ImportRules, Trim};

#[test]
fn owners_that_are_made_in_one_commit_have_each_a_number_of_their_own() {
    let scene = Scene::new();
    let (store, acme) = (&scene.store, scene.acme);
    let make = |id: String| -> Doing<'_> {
        Box::new(move || store.set_owner(acme, &id, &OwnerChange::new(), &by()).map(drop))
    };
    let import = |ids: [&'static str; 2]| -> Doing<'_> {
        let token = |id: &str| Import::token(Spec::new(acme, "live", id), &format!("of-{id}"));
        let (rules, keys) =
            (ImportRules::new().make_owners(true), ids.map(|id| token(id).unwrap()));
        Box::new(move || store.import(&keys, &rules, &by()).map(drop))
    };
    let mut others: Vec<_> = (0..20).map(|number| make(format!("made-{number}"))).collect();
    others.insert(3, import(["imported-1", "imported-2"]));
    others.push(import(["imported-3", "imported-4"]));
    let before = scene.seq();
    let results = share(&scene, make("first".to_owned()), others);
    results.into_iter().for_each(|result| result.unwrap());
    assert_eq!(scene.seq(), before + 2);
    let scene = scene.reopen();
    let owners = scene.store.owners(acme, None, 100).unwrap();
    let numbers: BTreeSet<_> = owners.iter().map(|owner| owner.owner.number()).collect();
    assert_eq!((owners.len(), numbers.len()), (26, 26));
}

#[test]
fn who_trims_the_trail_beside_another_is_not_told_that_it_is_damaged() {
    let scene = Scene::new();
    let trim =
        || -> Doing<'_> { Box::new(|| scene.store.trim_audit(Trim::Keep(2), &by()).map(drop)) };
    let results = share(&scene, issue(&scene), vec![trim(), trim(), trim()]);
    results.into_iter().for_each(|result| result.unwrap());
    let scene = scene.reopen();
    let check = scene.store.check_audit().unwrap();
    // The two that were kept, and what each trim said of itself that the next one kept.
    assert_eq!((check.entries, check.last), (3, 6));
}

/// A key that comes to an end, and whose row may be taken out after that.
fn over(scene: &Scene, import: &Import) -> KeyId {
    let imported = scene.store.import(std::slice::from_ref(import), &ImportRules::new(), &by());
    let ImportOutcome::Imported(key) = imported.unwrap()[0] else { panic!("it is there") };
    scene.store.revoke(key, &by()).unwrap();
    scene.clock.forward(Duration::from_secs(2 * 3_600));
    key
}

fn issue(scene: &Scene) -> Doing<'_> {
    Box::new(|| scene.issue().map(drop))
}

fn sweep(scene: &Scene) -> Doing<'_> {
    Box::new(|| scene.store.sweep(100, &by()).map(|swept| assert_eq!(swept.keys, 1)))
}

#[test]
fn a_token_that_was_swept_in_the_same_commit_can_be_imported() {
    let scene = Scene::new();
    let token = || Import::token(Spec::new(scene.acme, "live", "o"), "of-another-system").unwrap();
    let before = over(&scene, &token());
    let import: Doing<'_> = Box::new(|| {
        let outcomes = scene.store.import(&[token()], &ImportRules::new(), &by())?;
        assert!(matches!(outcomes[..], [ImportOutcome::Imported(key)] if key != before));
        Ok(())
    });
    let results = share(&scene, issue(&scene), vec![sweep(&scene), import]);
    results.into_iter().for_each(|result| result.unwrap());
    assert_eq!(scene.reopen().reason("of-another-system"), None);
}

#[test]
fn two_imports_of_one_commit_bring_no_more_schemes_than_one_may() {
    let scene = Scene::new();
    let of = |names: &[&str]| -> Vec<Import> {
        let digest = |name: &&str| {
            let len = if name.starts_with("sha512:") || **name == *"sha512" { 128 } else { 64 };
            let spec = Spec::new(scene.acme, "live", "o");
            let key = Import::digest(spec, name.parse().unwrap(), &"5".repeat(len)).unwrap();
            match name.split_once(':') {
                Some((_, "first-bar")) => key.lead("1|"),
                Some(_) => key.lead("a_"),
                None => key,
            }
        };
        names.iter().map(digest).collect()
    };
    let import = |names: &[&str]| -> Doing<'_> {
        let keys = of(names);
        let store = &scene.store;
        Box::new(move || store.import(&keys, &ImportRules::new(), &by()).map(drop))
    };
    let some = ["sha256", "sha512", "sha512-256", "sha256:first-bar", "sha256:last-underscore"];
    let others = [
        "sha512:first-bar",
        "sha512:last-underscore",
        "sha512-256:first-bar",
        "sha512-256:last-underscore",
    ];
    let results = share(&scene, issue(&scene), vec![import(&some), import(&others)]);
    let kinds: Vec<_> = results.iter().map(|r| r.as_ref().err().map(Error::kind)).collect();
    assert_eq!(kinds, [None, None, Some(ErrorKind::Argument)]);
}

#[test]
fn a_key_that_is_swept_while_a_pepper_is_retired_is_passed_over() {
    let scene = Scene::new();
    let token = Import::token(Spec::new(scene.acme, "live", "o"), "of-another-system").unwrap();
    scene.issue().unwrap();
    let short = Spec::new(scene.acme, "live", "o").life(Duration::from_secs(1));
    scene.store.issue(&short, &by()).unwrap();
    scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    scene.clock.forward(Duration::from_secs(2 * 3_600));
    // The mark has to come there, too.
    scene.store.import(&[token], &ImportRules::new(), &by()).unwrap();
    let retire: Doing<'_> =
        Box::new(|| scene.store.retire_pepper(&by()).map(|revoked| assert_eq!(revoked, 1)));
    let owner: Doing<'_> =
        Box::new(|| scene.store.set_owner(scene.acme, "p", &OwnerChange::new(), &by()).map(drop));
    let results = share(&scene, owner, vec![sweep(&scene), retire]);
    results.into_iter().for_each(|result| result.unwrap());
    assert_eq!(scene.store.pepper_status().unwrap().previous, None);
}
