use super::*;
use crate::realm::{Buckets, Rights};
use std::time::Duration;

/// The least profile there is.
const LEAST: &str = r#"
realm = "r"
[[kind]]
name = "k"
prefix = "k_"
body = 32
"#;

fn told(text: &str) -> String {
    Profile::parse("p.toml", text).map_or_else(|e| e.to_string(), |_| "accepted".to_owned())
}

#[test]
fn the_least_profile_has_the_documented_defaults() {
    let profile = Profile::parse("p.toml", LEAST).unwrap();
    let [kind] = profile.kinds.as_slice() else { panic!("one kind") };
    assert_eq!((kind.rights, kind.reveal, kind.active), (Rights::Key, false, None));
    assert_eq!(kind.shape.checksum().name(), "crc32");
    let [carrier] = profile.carriers.accepted() else { panic!("one carrier") };
    assert_eq!((carrier.name(), carrier.scheme()), ("Authorization", Some("Bearer")));
    let policy = profile.policy;
    assert_eq!((policy.default_life, policy.longest_life), (None, None));
    assert_eq!(policy.default_grace, Duration::ZERO);
    assert_eq!(policy.longest_grace, Duration::from_secs(30 * 86_400));
    assert_eq!(policy.retain, Duration::from_secs(90 * 86_400));
    assert_eq!(policy.buckets, Buckets::Lineage);
    assert!(policy.suspend && !policy.tell_expired && !policy.usage);
}

#[test]
fn the_default_life_is_the_longest_if_only_that_is_given() {
    let text = format!("{LEAST}[policy]\nlongest_life = \"30d\"\n");
    let policy = Profile::parse("p.toml", &text).unwrap().policy;
    assert_eq!(policy.default_life, Some(Duration::from_secs(30 * 86_400)));
}

/// What is appended to the least profile, whose last line is 6, and what is told of it.
const REFUSED: &[(&str, &str)] = &[
    // Fields that are not there, or not so.
    ("colour = 1", "7: kind.colour: unknown field; here stand name, prefix, body, checksum"),
    ("checksum = \"md5\"", "7: kind.checksum: "),
    ("checksum = 1", "7: kind.checksum: want a string, not integer"),
    ("rights = \"all\"", "7: kind.rights: "),
    ("reveal = \"yes\"", "7: kind.reveal: want true or false, not string"),
    ("active = 0", "7: kind.active: want 1 to 1000000000, not 0"),
    ("environment = \"\"", "7: kind.environment: want 1 to 64"),
    ("[colour]", "7: colour: unknown field; here stand realm, title"),
    ("[[colour]]", "7: colour: unknown field"),
    // Kinds.
    ("[[kind]]\nname = \"b\"", "7: kind.prefix: missing"),
    ("[[kind]]\nprefix = \"b\"", "7: kind.name: missing"),
    ("[[kind]]\nname = \"k\"\nprefix = \"b_\"\nbody = 32", "7: kind: two kinds have the name"),
    ("[[kind]]\nname = \"b\"\nprefix = \"b_\"\nbody = 21", "10: kind.body: want 22 to 128"),
    ("[[kind]]\nname = \"b\"\nprefix = \"b_\"\nbody = 129", "10: kind.body: want 22 to 128"),
    ("[[kind]]\nname = \"b\"\nprefix = \"_b\"\nbody = 32", "9: kind.prefix: "),
    ("[[kind]]\nname = \"b\"\nprefix = \"\"\nbody = 32", "9: kind.prefix: "),
    ("[[kind]]\nname = \"b\"\nprefix = \"k_\"\nbody = 32", "3: kind: "),
    ("[[kind]]\nname = \"a b\"\nprefix = \"b_\"\nbody = 32", "8: kind.name: want 1 to 64"),
    // Where tokens stand.
    ("[present]", "7: present.headers: missing"),
    ("[present]\nheaders = []", "8: present.headers: "),
    ("[present]\nheaders = [\"A\"]", "8: present.headers: want a table, not string"),
    ("[present]\nheaders = [{ name = \"A B\" }]", "8: present.headers: "),
    ("[present]\nheaders = [{ name = \"A\", scheme = \"B C\" }]", "8: present.headers: "),
    ("[present]\nheaders = [{ name = \"A\", scheem = \"B\" }]", "8: present.headers.scheem: "),
    ("[present]\nheaders = [{ name = \"A\" }, { name = \"a\" }]", "8: present.headers: "),
    ("[present]\nheaders = [{ name = \"A\" }]\ndecoys = [\"a\"]", "8: present.headers: "),
    // Scopes.
    ("[[scope]]\nname = \"\"", "8: scope.name: want 1 to 64 visible ASCII"),
    ("[[scope]]\nname = \"a b\"", "8: scope.name: "),
    ("[[scope]]\nname = 'a\"b'", "8: scope.name: "),
    ("[[scope]]\nname = 'a\\b'", "8: scope.name: "),
    ("[[scope]]\nname = \"a\"\n[[scope]]\nname = \"a\"", "9: scope: two scopes have the name"),
    (
        "[[scope]]\nname = \"a\"\nimplies = [\n  \"a\",\n  \"b\",\n]",
        "11: scope.implies: the profile has no scope \"b\"",
    ),
    ("[[scope]]\nname = \"a\"\nmethods = [\"G T\"]", "9: scope.methods: want a method"),
    (
        "[[scope]]\nname = \"a\"\nmethods = [\"GET\"]\n[[scope]]\nname = \"b\"\nmethods = [\"*\"]",
        "10: scope: method \"GET\" is permitted by \"a\" and by \"b\"",
    ),
    ("[[scope]]\nname = \"a\"\ntitle = \"\\u0007\"", "9: scope.title: "),
    // Sets.
    ("[[set]]\nname = \"s\"\nscopes = [\"a\"]", "9: set.scopes: the profile has no scope \"a\""),
    ("[[set]]\nname = \"s\"\nscopes = []", "9: set.scopes: a set has one scope at least"),
    ("[[set]]\nname = \"s\"", "7: set.scopes: missing"),
    // Plans.
    ("[[plan]]\nname = \"p\"\n[[plan]]\nname = \"p\"", "9: plan: another plan has the same name"),
    ("[[plan]]\nname = \"p\"\nactive = -1", "9: plan.active: want 0 to 1000000000, not -1"),
    ("[[plan]]\nname = \"p\"\nkinds = { x = 1 }", "9: plan.kinds.x: the profile has no kind"),
    ("[[plan]]\nname = \"p\"\nrates = [\"1 in 1m\"]", "9: plan.rates: want a rate such as"),
    (
        "[[plan]]\nname = \"p\"\nrates = [\n\"1 per 1m\",\n\"2 per 60s\"]",
        "11: plan.rates: two rates",
    ),
    (
        "[[plan]]\nname = \"p\"\nrates = [\"1 per 1s\", \"1 per 2s\", \"1 per 3s\", \"1 per 4s\", \
         \"1 per 5s\", \"1 per 6s\", \"1 per 7s\", \"1 per 8s\", \"1 per 9s\"]",
        "9: plan.rates: 9 items; at most 8",
    ),
    // Policy.
    ("[policy]\ndefault_plan = \"p\"", "8: policy.default_plan: the profile has no plan \"p\""),
    ("[policy]\ndefault_life = \"long\"", "8: policy.default_life: span \"long\""),
    ("[policy]\ndefault_life = \"0s\"", "8: policy.default_life: want more than nothing"),
    ("[policy]\nretain = \"1us\"", "8: policy.retain: finer than a millisecond"),
    (
        "[policy]\ndefault_life = \"2d\"\nlongest_life = \"1d\"",
        "8: policy.default_life: longer than longest_life",
    ),
    (
        "[policy]\ndefault_life = \"never\"\nlongest_life = \"1d\"",
        "8: policy.default_life: longer than longest_life",
    ),
    ("[policy]\ndefault_grace = \"31d\"", "8: policy.default_grace: longer than longest_grace"),
    ("[policy]\nbuckets = \"key\"", "8: policy.buckets: want lineage or owner"),
    ("[policy]\nsuspended = true", "8: policy.suspended: unknown field"),
    // Answers.
    ("[answers.refused]", "7: answers.refused: unknown field"),
    ("[answers.expired]", "7: answers.expired: never given"),
    ("[answers.granted]\nstatus = 200", "8: answers.granted.status: unknown field"),
    ("[answers.granted]\nbody = \"1\"", "8: answers.granted.body: unknown field"),
    ("[answers.forbidden]\nstatus = 200", "8: answers.forbidden.status: want 400 to 599, not 200"),
    ("[answers.forbidden]\nbody = \"{\"", "8: answers.forbidden.body: in the body: "),
    (
        "[answers.forbidden]\nbody = '''\n{\n  \"a\": \"{colour}\"\n}'''",
        "8: answers.forbidden.body: in the body: no placeholder is called \"colour\"",
    ),
    ("[answers.limited.headers]\nX = \"{x}\"", "8: answers.limited.headers.X: no placeholder"),
    ("[answers.limited.headers]\nX = \"a\\nb\"", "8: answers.limited.headers.X: a header value is"),
    ("[answers.limited.headers]\nX = \" a\"", "8: answers.limited.headers.X: a header value is"),
    ("[answers.limited.headers]\n\"X Y\" = \"\"", "8: answers.limited.headers.X Y: not the name"),
    ("[answers.limited.headers]\nX = \"\"\nx = \"\"", "9: answers.limited.headers.x: this header"),
];

#[test]
fn a_profile_that_breaks_a_rule_is_refused_with_line_and_field() {
    for (text, why) in REFUSED {
        let told = told(&format!("{}\n{text}", LEAST.trim_end()));
        assert!(told.starts_with(&format!("p.toml:{why}")), "{text}\n  want {why}\n  told {told}");
    }
}

#[test]
fn a_realm_has_a_name_and_a_kind() {
    assert_eq!(told(""), "p.toml:1: realm: missing; it has no default");
    assert_eq!(told("realm = \"r\""), "p.toml:1: kind: missing; it has no default");
    assert_eq!(told("realm = \"r\"\nkind = []"), "p.toml:2: kind: a realm has one kind at least");
    for bad in ["", "R", "a b", "-a", "a/b", &"a".repeat(65)] {
        let told = told(&LEAST.replace("\"r\"", &format!("{bad:?}")));
        assert!(told.starts_with("p.toml:2: realm: want 1 to 64 of a-z 0-9"), "{told}");
    }
    assert_eq!(told(&LEAST.replace("\"r\"", &format!("{:?}", "a".repeat(64)))), "accepted");
}

#[test]
fn more_rows_than_a_profile_can_have_are_refused_with_the_limit() {
    let rows = |table: &str, count: usize, more: &str| -> String {
        let row =
            |n| format!("[[{table}]]\nname = \"n{n}\"\n{}\n", more.replace('#', &format!("{n}")));
        (0..count).map(row).collect()
    };
    let kinds = |count| rows("kind", count, "prefix = \"n#_\"\nbody = 32");
    for (text, most) in [
        (kinds(63), None),
        (kinds(64), Some("kind: 65 items; at most 64")),
        (rows("scope", 128, ""), None),
        (rows("scope", 129, ""), Some("scope: 129 items; at most 128")),
        (rows("plan", 64, ""), None),
        (rows("plan", 65, ""), Some("plan: 65 items; at most 64")),
        (rows("set", 65, "scopes = []"), Some("set: 65 items; at most 64")),
    ] {
        let told = told(&format!("{LEAST}{text}"));
        assert!(told.ends_with(most.unwrap_or("accepted")), "{told}");
    }
}

#[test]
fn a_profile_cut_off_anywhere_or_with_a_line_gone_or_twice_is_accepted_or_told_with_its_place() {
    let whole = include_str!("../../../profiles/stairoids.toml");
    let lines: Vec<&str> = whole.lines().collect();
    let cut = (0..whole.len()).map(|at| whole[..at].to_owned());
    let gone = (0..lines.len()).map(|at| [&lines[..at], &lines[at + 1..]].concat().join("\n"));
    let twice = (0..lines.len()).map(|at| [&lines[..=at], &lines[at..]].concat().join("\n"));
    for text in cut.chain(gone).chain(twice) {
        let told = told(&text);
        let line = told.strip_prefix("p.toml:").and_then(|rest| rest.split_once(": "));
        let line = line.and_then(|(line, _)| line.parse::<usize>().ok());
        let placed = line.is_some_and(|line| (1..=text.lines().count() + 1).contains(&line));
        assert!(placed || told == "accepted", "{told}");
    }
}
