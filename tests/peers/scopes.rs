//! Scopes: what they contain, whose they are, and that nothing goes round them.

use std::collections::{BTreeMap, BTreeSet};

use keycask::{OwnerChange, Reason, Request, Spec};

use crate::kit::{Scene, by, text};

const PROFILE: &str = r#"
realm = "r"
[[kind]]
name = "key"
prefix = "k_"
body = 22
[[kind]]
name = "both"
prefix = "b_"
body = 22
rights = "both"
[[kind]]
name = "owner"
prefix = "o_"
body = 22
rights = "owner"
[[scope]]
name = "read"
[[scope]]
name = "write"
implies = ["read"]
[[scope]]
name = "admin"
"#;

/// A restricted key had its owner's role, and what was told of it showed the owner's rights. No
/// call of the engine makes a key out of the rights of another: an actor is a name.
#[test]
fn p23_a_key_is_told_to_have_what_it_may_use_and_no_more() {
    let scene = Scene::new(PROFILE);
    let owner = OwnerChange::new().direct(["write"]).group(["admin"]);
    scene.store().set_owner(scene.realm, "ann", &owner, &by()).unwrap();
    for (kind, granted, want) in [
        ("key", &["read"][..], &["read"][..]),
        ("key", &["admin"], &["admin"]),
        ("both", &["read"], &["read"]),
        ("both", &["read", "admin"], &["read"]),
        ("owner", &[], &["read", "write"]),
    ] {
        let issued = scene.issue(&scene.spec(kind).scopes(granted.iter().copied()));
        let token = text(&issued).as_bytes();
        let grant = scene.store().verify(scene.realm, token, &Request::new()).unwrap();
        assert_eq!(scene.store().describe(&grant).unwrap().scopes, want, "{kind} {granted:?}");
        for scope in ["read", "write", "admin"] {
            let is_granted = scene.reason_for(token, &[scope]).is_none();
            assert_eq!(is_granted, want.contains(&scope), "{kind} {granted:?} {scope}");
        }
    }
}

/// What each scope of a profile contains, itself among it, by going from scope to scope.
fn closure(profile: &toml::Table) -> BTreeMap<String, BTreeSet<String>> {
    let mut implied: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scope in profile["scope"].as_array().unwrap() {
        let implies = scope.get("implies").and_then(|list| list.as_array());
        let names = implies.into_iter().flatten().map(|name| name.as_str().unwrap());
        implied.insert(scope["name"].as_str().unwrap(), names.collect());
    }
    let reached = |from: &str| {
        let mut reached = BTreeSet::from([from.to_owned()]);
        let mut open = vec![from];
        while let Some(scope) = open.pop() {
            let next = implied[scope].iter().filter(|next| reached.insert((**next).to_owned()));
            let next: Vec<&str> = next.copied().collect();
            open.extend(next);
        }
        reached
    };
    implied.keys().map(|scope| ((*scope).to_owned(), reached(scope))).collect()
}

/// A wildcard that was to read allowed what writes, and a wildcard and a scope beside it did not
/// add up. There are no wildcards here; what a scope contains, its profile lists.
#[test]
fn p24_each_scope_allows_what_its_profile_says_that_it_contains_and_nothing_else() {
    for name in ["example", "cloudgeni", "securecodinghub"] {
        let path = format!("{}/profiles/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let profile = std::fs::read_to_string(path).unwrap();
        let table: toml::Table = profile.parse().unwrap();
        let closure = closure(&table);
        let unlimited = "[[plan]]\nname = \"no-limits\"\n";
        let scene = Scene::new(&format!("{profile}\n{unlimited}"));
        let plan = OwnerChange::new().plan("no-limits");
        scene.store().set_owner(scene.realm, "ann", &plan, &by()).unwrap();
        let kinds = table["kind"].as_array().unwrap();
        let kind =
            kinds.iter().find(|kind| kind.get("rights").is_none_or(|r| r.as_str() == Some("key")));
        let kind = kind.unwrap()["name"].as_str().unwrap();
        let specs: Vec<Spec> =
            closure.keys().map(|scope| scene.spec(kind).scopes([scope.as_str()])).collect();
        let issued = scene.store().issue_many(&specs, &by()).unwrap();
        for ((scope, contained), issued) in closure.iter().zip(&issued) {
            for other in closure.keys() {
                let is_granted = scene.reason_for(text(issued), &[other]).is_none();
                assert_eq!(is_granted, contained.contains(other), "{name}: {scope} and {other}");
            }
        }
        // Two scopes allow what either does.
        let [one, other] = [closure.keys().next(), closure.keys().last()].map(Option::unwrap);
        let both = scene.issue(&scene.spec(kind).scopes([one.as_str(), other]));
        assert_eq!(scene.reason_for(text(&both), &[one, other]), None, "{name}");
    }
}

#[test]
fn p24_a_new_scope_widens_no_key_unless_its_profile_says_so() {
    let scene = Scene::new(PROFILE);
    let key = scene.issue(&scene.spec("key").scopes(["write", "admin"]));
    let with = format!("{PROFILE}[[scope]]\nname = \"delete\"\n");
    let change = scene.store().apply_realm("r.toml", &with, &by()).unwrap();
    assert!(!change.widens(), "{change}");
    assert!(scene.reason_for(text(&key), &["delete"]).is_some());
    let said = with.replace("name = \"admin\"\n", "name = \"admin\"\nimplies = [\"delete\"]\n");
    let change = scene.store().apply_realm("r.toml", &said, &by()).unwrap();
    assert!(change.widens(), "{change}");
    assert_eq!(scene.reason_for(text(&key), &["delete"]), None);
}

/// An owner's power was kept as a way round the scopes, so its keys had some old part of it, or
/// nothing. Here an owner's scopes are as they are at the moment of each decision.
#[test]
fn p25_a_key_with_its_owners_rights_has_them_as_they_are_now() {
    let mut scene = Scene::new(PROFILE);
    let key = scene.issue(&scene.spec("owner"));
    let may = |scene: &Scene| {
        let scopes = ["read", "write", "admin"].into_iter();
        scopes.filter(|scope| scene.reason_for(text(&key), &[scope]).is_none()).collect::<Vec<_>>()
    };
    for (direct, want) in [
        (&["admin"][..], &["admin"][..]),
        (&["write", "admin"], &["read", "write", "admin"]),
        (&["read"], &["read"]),
        (&[], &[]),
    ] {
        let change = OwnerChange::new().direct(direct.iter().copied());
        scene.store().set_owner(scene.realm, "ann", &change, &by()).unwrap();
        assert_eq!(may(&scene), want);
        scene.reopen();
        assert_eq!(may(&scene), want);
    }
    assert!(matches!(scene.reason(text(&key)), Some(Reason::Scope { .. })));
}
