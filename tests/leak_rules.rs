//! Rules for other scanners: they take them, and find tokens by them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use keycask::{Actor, OwnerChange, RuleFormat, Spec, Store};
use regex::Regex;

const PROFILE: &str = r#"
realm = "a.shop_1-x"
[[kind]]
name = "Live.1"
prefix = "Sh-live_"
body = 22
[[kind]]
name = "short"
prefix = "s"
body = 22
checksum = "none"
[[kind]]
name = "even"
prefix = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
body = 22
checksum = "none"
[[kind]]
name = "longest"
prefix = "abcdefghijklmnopqrstuvwxyz_-0123"
body = 128
"#;

/// A store with the realm, and `count` tokens of each kind by its name.
fn tokens(count: usize) -> (tempfile::TempDir, Store, BTreeMap<String, Vec<String>>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys.redb")).unwrap();
    let by = Actor::new("ann");
    store.apply_realm("shop.toml", PROFILE, &by).unwrap();
    let realm = store.realm("a.shop_1-x").unwrap();
    store.set_owner(realm, "ann", &OwnerChange::new(), &by).unwrap();
    let mut tokens = BTreeMap::new();
    for kind in store.profile(realm).unwrap().kinds() {
        let specs = vec![Spec::new(realm, kind.name.as_str(), "ann"); count];
        let issued = store.issue_many(&specs, &by).unwrap();
        let texts = issued.iter().map(|issued| issued.token.expose().to_owned()).collect();
        tokens.insert(kind.name.clone(), texts);
    }
    (dir, store, tokens)
}

fn rules(store: &Store, format: RuleFormat) -> String {
    let realm = store.profile(store.realm("a.shop_1-x").unwrap()).unwrap();
    format.rules([&*realm])
}

/// Shannon's entropy of a text in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = BTreeMap::new();
    text.bytes().for_each(|byte| *counts.entry(byte).or_insert(0.0) += 1.0);
    let share = |count: &f64| count / text.len() as f64;
    counts.values().map(share).map(|share| -share * share.log2()).sum()
}

/// What `expression`, with the token as its group, finds in `text`.
fn found(expression: &Regex, text: &str) -> Vec<String> {
    expression.captures_iter(text).map(|captures| captures[1].to_owned()).collect()
}

#[test]
fn gitleaks_finds_each_token_that_stands_alone_by_its_own_rule() {
    let (_dir, store, tokens) = tokens(2_000);
    let file: toml::Table = rules(&store, RuleFormat::Gitleaks).parse().unwrap();
    assert_eq!(file["extend"]["useDefault"].as_bool(), Some(true));
    let rules = file["rules"].as_array().unwrap();
    assert_eq!(rules.len(), tokens.len());
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        let tokens = &tokens[id.strip_prefix("a.shop_1-x/").unwrap()];
        assert_eq!(rule["secretGroup"].as_integer(), Some(1));
        let [keyword] = &rule["keywords"].as_array().unwrap()[..] else { panic!() };
        let (keyword, least) = (keyword.as_str().unwrap(), rule["entropy"].as_float().unwrap());
        let expression = Regex::new(rule["regex"].as_str().unwrap()).unwrap();
        for token in tokens {
            assert!(token.to_lowercase().contains(keyword));
            assert!(entropy(token) > least, "{id}: {} is not over {least}", entropy(token));
        }
        // Tokens with one character between them, as columns of a file.
        assert_eq!(found(&expression, &tokens.join(",")), *tokens);
        let token = &tokens[0];
        for (before, after) in
            [("KEY=\"", "\""), ("a\\n", "\\n"), ("_", "_"), ("-", "-"), ("\u{e9}\n", "\r\n")]
        {
            let text = format!("{before}{token}{after}");
            assert_eq!(found(&expression, &text), [token.as_str()], "{text}");
        }
        for text in [format!("x{token}"), format!("{token}x"), token[..token.len() - 1].into()] {
            assert!(!found(&expression, &text).contains(token), "{id}: {text}");
        }
        assert!(least > 1.0, "{id}: {least}");
        let empty =
            format!("{}{}", &token[..keyword.len()], "x".repeat(token.len() - keyword.len()));
        assert!(entropy(&empty) <= least || id.ends_with("longest"), "{id}: {empty}");
    }
}

/// The values of `field: 'value'`, in order.
fn quoted<'t>(text: &'t str, field: &str) -> Vec<&'t str> {
    let lines = text.lines().map(str::trim_start);
    let values = lines.filter_map(|line| line.strip_prefix(field)?.strip_prefix(": '"));
    values.map(|value| value.strip_suffix('\'').unwrap()).collect()
}

#[test]
fn trufflehog_has_the_expressions_of_gitleaks_and_as_many_detectors() {
    let (_dir, store, tokens) = tokens(1);
    let text = rules(&store, RuleFormat::Trufflehog);
    assert!(text.starts_with("detectors:\n  - name: \"a.shop_1-x/Live.1\"\n"), "{text}");
    let file: toml::Table = rules(&store, RuleFormat::Gitleaks).parse().unwrap();
    let rules = file["rules"].as_array().unwrap();
    let expressions: Vec<_> = rules.iter().map(|rule| rule["regex"].as_str().unwrap()).collect();
    assert_eq!(quoted(&text, "token"), expressions);
    assert_eq!(text.matches("  - name: ").count(), tokens.len());
    assert_eq!(text.matches("\n    keywords: [\"").count(), tokens.len());
    assert_eq!(text.matches("\n    entropy: ").count(), tokens.len());
}

#[test]
fn github_finds_each_token_and_the_sample_that_is_nobodys() {
    let (_dir, store, tokens) = tokens(1);
    let text = rules(&store, RuleFormat::Github);
    let [formats, befores, afters, samples] =
        ["secret_format", "before_secret", "after_secret", "test_string"]
            .map(|field| quoted(&text, field));
    assert_eq!(formats.len(), tokens.len());
    let kinds = store.profile(store.realm("a.shop_1-x").unwrap()).unwrap();
    for (number, kind) in kinds.kinds().iter().enumerate() {
        let (format, before, after) = (formats[number], befores[number], afters[number]);
        for part in [format, before, after] {
            // Hyperscan takes no look-around, no reference back and no option within.
            assert!(!part.contains("(?") && !part.contains("\\1"), "{part}");
        }
        let whole = Regex::new(&format!("(?:{before})({format})(?:{after})")).unwrap();
        let token = &tokens[&kind.name][0];
        assert_eq!(found(&whole, &format!("key: {token}.")), [token.as_str()]);
        assert_eq!(found(&whole, samples[number]), [samples[number]]);
        let mut kinds = Vec::new();
        let leaks = store.leaked(samples[number].as_bytes(), |leak| {
            kinds.push((leak.place.offset, leak.kind, leak.key));
            Ok(())
        });
        leaks.unwrap();
        let (reference, _) = store
            .profile(store.realm("a.shop_1-x").unwrap())
            .unwrap()
            .kind_named(&kind.name)
            .map(|(number, kind)| (number, kind.clone()))
            .unwrap();
        assert!(kinds.contains(&(0, reference, None)), "{}", samples[number]);
    }
}

/// A hyphen stood between the names, which both may have: of two rules of one id gitleaks keeps the
/// later, and so it does of its own and one of ours.
#[test]
fn no_two_rules_have_one_name_and_none_has_that_of_a_rule_of_gitleaks() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys.redb")).unwrap();
    let kind = |name: &str, prefix: &str| {
        format!("[[kind]]\nname = \"{name}\"\nprefix = \"{prefix}\"\nbody = 22\n")
    };
    let realms = [
        ("acme", kind("shop-live", "a_") + &kind("shop.live", "b_") + &kind("shop_live", "c_")),
        ("acme-shop", kind("live", "d_")),
        ("acme.shop", kind("live", "e_")),
        ("acme_shop", kind("live", "f_")),
        ("generic", kind("api-key", "g_")),
    ];
    let realms = realms.map(|(realm, kinds)| {
        let profile = format!("realm = \"{realm}\"\n{kinds}");
        store.apply_realm(realm, &profile, &Actor::new("ann")).unwrap();
        store.profile(store.realm(realm).unwrap()).unwrap()
    });
    let names = |format: RuleFormat, field: &str| -> BTreeSet<String> {
        let text = format.rules(realms.iter().map(|realm| &**realm));
        let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(field)).collect();
        assert_eq!(names.len(), 7, "{text}");
        names.into_iter().map(|name| name.trim_matches('"').to_owned()).collect()
    };
    let ids = names(RuleFormat::Gitleaks, "id = ");
    assert_eq!(ids.len(), 7, "{ids:?}");
    assert!(!ids.contains("generic-api-key"), "{ids:?}");
    // Its fingerprints, of which a list says what to ignore, are `file:id:line`.
    assert!(ids.iter().all(|id| !id.contains(':')), "{ids:?}");
    assert_eq!(names(RuleFormat::Trufflehog, "  - name: "), ids);
    assert_eq!(names(RuleFormat::Github, "- name: ").len(), 7);
}

#[test]
fn formats_are_known_by_their_names() {
    let names = RuleFormat::ALL.map(RuleFormat::name);
    assert_eq!(names, ["gitleaks", "trufflehog", "github"]);
}
