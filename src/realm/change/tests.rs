use super::*;

const BASE: &str = r#"
realm = "r"
title = "R"
[[kind]]
name = "live"
prefix = "r_live_"
body = 32
[[scope]]
name = "read"
methods = ["GET"]
[[scope]]
name = "write"
[[scope]]
name = "admin"
implies = ["write"]
[[plan]]
name = "free"
active = 2
rates = ["10 per 1m"]
[policy]
default_plan = "free"
"#;

/// What changes if `from` becomes `to` in the base profile.
fn change(from: &str, to: &str) -> RealmChange {
    assert!(BASE.contains(from));
    let old = Profile::parse("old", BASE).unwrap();
    let new = Profile::parse("new", &BASE.replacen(from, to, 1)).unwrap();
    RealmChange::between(Some(&old), &new).unwrap()
}

#[test]
fn a_first_profile_adds_all_that_it_has() {
    let change = RealmChange::between(None, &Profile::parse("p", BASE).unwrap()).unwrap();
    assert!(change.created && !change.is_empty());
    assert_eq!(change.kinds_added, ["live"]);
    assert_eq!(change.scopes_added, ["read", "write", "admin"]);
    assert_eq!(change.plans_added, ["free"]);
    assert!(!change.widens() && !change.narrows());
}

#[test]
fn the_same_profile_in_other_words_changes_nothing() {
    assert!(change("body = 32", "body = 0x20 # as it was").is_empty());
    assert!(change("\"10 per 1m\"", "\"10 per 60s, burst 10\"").is_empty());
    assert_eq!(change("body", "body").to_string(), "realm r: unchanged\n");
}

#[test]
fn a_renamed_thing_is_one_removed_and_one_added() {
    let kind = change("name = \"live\"", "name = \"prod\"");
    assert_eq!((kind.kinds_removed, kind.kinds_added), (vec!["live".into()], vec!["prod".into()]));
    let scope = change("name = \"read\"", "name = \"view\"");
    assert_eq!(
        (&scope.scopes_removed[..], &scope.scopes_added[..]),
        (&["read".into()][..], &["view".into()][..])
    );
    assert!(scope.scopes_changed.is_empty());
    let text = BASE.replace("\"free\"", "\"basic\"");
    let (old, new) = (Profile::parse("o", BASE).unwrap(), Profile::parse("n", &text).unwrap());
    let plan = RealmChange::between(Some(&old), &new).unwrap();
    assert_eq!((plan.plans_removed, plan.plans_added), (vec!["free".into()], vec!["basic".into()]));
    assert_eq!(plan.sections, ["policy"]);
}

#[test]
fn a_kind_whose_tokens_look_different_is_reshaped() {
    for (from, to, field) in [
        ("r_live_", "r_prod_", "prefix"),
        ("body = 32", "body = 40", "body"),
        ("body = 32", "body = 32\nchecksum = \"none\"", "checksum"),
    ] {
        let change = change(from, to);
        let [kind] = change.kinds_changed.as_slice() else { panic!("one kind: {change:?}") };
        assert_eq!(
            (kind.name.as_str(), &kind.fields[..], kind.reshaped),
            ("live", &[field][..], true)
        );
        assert_eq!(kind.rights, None);
    }
    let other = change("body = 32", "body = 32\nactive = 1\nreveal = true\nenvironment = \"e\"");
    assert_eq!(other.kinds_changed[0].fields, ["environment", "reveal", "active"]);
    assert!(!other.kinds_changed[0].reshaped);
}

#[test]
fn other_rights_are_wider_narrower_or_neither() {
    for (from, to, effect) in [
        ("key", "both", Effect::Narrower),
        ("owner", "both", Effect::Narrower),
        ("both", "key", Effect::Wider),
        ("both", "owner", Effect::Wider),
        ("key", "owner", Effect::Other),
        ("owner", "key", Effect::Other),
    ] {
        let with = |rights| BASE.replace("body = 32", &format!("body = 32\nrights = \"{rights}\""));
        let (old, new) = (with(from), with(to));
        let (old, new) = (Profile::parse("o", &old).unwrap(), Profile::parse("n", &new).unwrap());
        let change = RealmChange::between(Some(&old), &new).unwrap();
        assert_eq!(change.kinds_changed[0].rights, Some(effect), "{from} to {to}");
        assert_eq!(change.widens(), effect != Effect::Narrower);
        assert_eq!(change.narrows(), effect != Effect::Wider);
    }
}

#[test]
fn an_implication_changes_every_scope_that_reaches_it() {
    let wider = change("name = \"write\"", "name = \"write\"\nimplies = [\"read\"]");
    let names: Vec<&str> = wider.scopes_changed.iter().map(|change| change.name.as_str()).collect();
    assert_eq!(names, ["write", "admin"]);
    for change in &wider.scopes_changed {
        assert_eq!(change.implies_gained, ["read"]);
        assert_eq!(change.effect(), Some(Effect::Wider));
    }
    assert!(wider.widens() && !wider.narrows());
    let other = change("implies = [\"write\"]", "implies = [\"read\"]");
    assert_eq!(other.scopes_changed[0].effect(), Some(Effect::Other));
    assert!(other.widens() && other.narrows());
    let narrower = change("implies = [\"write\"]\n", "");
    assert_eq!(narrower.scopes_changed[0].implies_lost, ["write"]);
    assert!(narrower.narrows() && !narrower.widens());
}

#[test]
fn methods_plans_and_sections_are_told() {
    let methods = change("[\"GET\"]", "[\"POST\"]");
    let [scope] = methods.scopes_changed.as_slice() else { panic!("one scope") };
    assert_eq!(
        (&scope.methods_gained[..], &scope.methods_lost[..]),
        (&["POST".into()][..], &["GET".into()][..])
    );
    assert_eq!(change("active = 2", "active = 1").plans_changed, ["free"]);
    assert_eq!(change("10 per", "20 per").plans_changed, ["free"]);
    assert_eq!(change("title = \"R\"", "title = \"S\"").sections, ["title"]);
    let all = change(
        "[policy]",
        "[present]\nheaders = [{ name = \"X-R\" }]\n[[set]]\nname = \"s\"\nscopes = [\"read\"]\n\
         [answers.limited]\nstatus = 503\n[policy]\nusage = true",
    );
    assert_eq!(all.sections, ["present", "sets", "policy", "answers"]);
    assert!(all.to_string().contains("  answers changed\n"));
}
