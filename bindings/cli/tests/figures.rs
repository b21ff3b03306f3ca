//! What the command tells of a store in numbers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::Place;
use serde_json::json;

/// Names of labels with their values, in order.
type Labels = Vec<(String, String)>;

/// A sample: its labels and its value.
type Sample = (Labels, f64);

/// Reads the text format 0.0.4 of Prometheus as strictly as it is written down: metric by metric,
/// HELP, TYPE, then the samples. Gives type and samples by name.
fn parse(text: &str) -> Result<BTreeMap<String, (String, Vec<Sample>)>, String> {
    let mut metrics: BTreeMap<String, (String, Vec<Sample>)> = BTreeMap::new();
    let all = text.strip_suffix('\n').ok_or("no line end at the end")?;
    let mut lines = all.split('\n').peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").ok_or(format!("no HELP: {line}"))?;
        let (name, help) = help.split_once(' ').ok_or(format!("no text: {line}"))?;
        let sound = |name: &str| {
            let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(rest)
        };
        if !sound(name) || help.is_empty() {
            return Err(format!("name or help: {line}"));
        }
        let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
        let (same, kind) = kind.and_then(|kind| kind.split_once(' ')).ok_or("no TYPE")?;
        if same != name || !["gauge", "counter"].contains(&kind) {
            return Err(format!("TYPE of {name}: {same} {kind}"));
        }
        if (kind == "counter") != name.ends_with("_total") {
            return Err(format!("{name} is a {kind}"));
        }
        let mut samples: Vec<Sample> = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let rest = line.strip_prefix(name).ok_or(format!("not of {name}: {line}"))?;
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => labels(rest)?,
                None => (Vec::new(), rest),
            };
            let value = value.strip_prefix(' ').ok_or(format!("no blank: {line}"))?;
            let value = value.parse().map_err(|e| format!("{e}: {line}"))?;
            if !labels.iter().all(|(label, _)| sound(label)) {
                return Err(format!("label: {line}"));
            }
            if samples.iter().any(|(other, _)| *other == labels) {
                return Err(format!("twice: {line}"));
            }
            samples.push((labels, value));
        }
        if metrics.insert(name.to_owned(), (kind.to_owned(), samples)).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(metrics)
}

/// The labels up to the closing brace, and what follows it.
fn labels(mut text: &str) -> Result<(Labels, &str), String> {
    let mut labels = Vec::new();
    loop {
        let (name, rest) = text.split_once("=\"").ok_or("no label")?;
        let (mut value, mut chars) = (String::new(), rest.char_indices());
        let end = loop {
            match chars.next().ok_or("no closing quote")? {
                (at, '"') => break at,
                (_, '\\') => match chars.next().ok_or("no escape")?.1 {
                    'n' => value.push('\n'),
                    same @ ('\\' | '"') => value.push(same),
                    other => return Err(format!("escape {other:?}")),
                },
                (_, plain) => value.push(plain),
            }
        };
        labels.push((name.to_owned(), value));
        match rest[end + 1..].strip_prefix(',') {
            Some(more) => text = more,
            None => {
                let after = rest[end + 1..].strip_prefix('}').ok_or("no closing brace")?;
                return Ok((labels, after));
            }
        }
    }
}

#[test]
fn what_is_exposed_is_parsed_by_the_rules_of_its_format_and_says_what_stat_says() {
    let place = Place::with_owner();
    place.run(&["owner", "set", "--realm", "shop", "secret-owner"]).expect(0);
    let (key, _) = place.issue(&["--kind", "live"]);
    place.issue(&["--kind", "live", "--end", "+1s"]);
    place.issue(&["--kind", "test"]);
    place.run(&["suspend", &key]).expect(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let text = place.run(&["stat", "--prometheus"]).expect(0);
    assert!(text.err.is_empty());
    let metrics = parse(&text.out).unwrap();
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels: Vec<_> = labels.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let (_, samples) = &metrics[name];
        samples.iter().find(|(of, _)| *of == labels).unwrap().1
    };
    let keys =
        |kind, state| value("keycask_keys", &[("realm", "shop"), ("kind", kind), ("state", state)]);
    assert_eq!([keys("live", "active"), keys("live", "suspended")], [1.0, 1.0]);
    assert_eq!([keys("test", "active"), keys("shown", "active")], [1.0, 0.0]);
    let live = [("realm", "shop"), ("kind", "live")];
    assert_eq!(value("keycask_expired_keys", &live), 1.0);
    let stat = place.run(&["stat", "--json"]).expect(0).json();
    for (name, field) in [
        ("keycask_owners", "owners"),
        ("keycask_realms", "realms"),
        ("keycask_commits_total", "seq"),
        ("keycask_log_commits", "log_commits"),
        ("keycask_audit_entries_total", "audit_last"),
        ("keycask_audit_kept_entries", "audit_entries"),
        ("keycask_file_bytes", "file_bytes"),
        ("keycask_index_bytes", "index_bytes"),
        ("keycask_pepper_generation", "pepper_generation"),
        ("keycask_pepper_left_keys", "pepper_left"),
    ] {
        assert_eq!(Some(value(name, &[])), stat[field].as_f64(), "{name}");
    }
    assert_eq!([value("keycask_peppered", &[]), value("keycask_unconfirmed", &[])], [1.0, 0.0]);
    let names: Vec<&str> = metrics
        .values()
        .flat_map(|(_, samples)| samples.iter().flat_map(|(labels, _)| labels))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(names.iter().all(|name| ["realm", "kind", "state"].contains(name)), "{names:?}");
    for foreign in ["ann", "secret-owner", &key] {
        assert!(!text.out.contains(foreign), "{foreign}");
    }
    place.run(&["stat", "--prometheus", "--json"]).expect(2);
}

#[test]
fn a_text_that_breaks_a_rule_of_the_format_is_refused() {
    let good =
        "# HELP a_total All.\n# TYPE a_total counter\na_total{b=\"c\"} 1\na_total{b=\"d\"} 2\n";
    assert_eq!(parse(good).unwrap()["a_total"].1.len(), 2);
    for (from, to) in [
        ("2\n", "2"),
        ("# HELP a_total All.\n", ""),
        ("# TYPE a_total counter\n", ""),
        ("counter", "gauge"),
        ("All.", ""),
        ("a_total{b=\"d\"}", "b_total{b=\"d\"}"),
        ("b=\"d\"", "b=\"c\""),
        ("b=\"d\"", "b=\"\\d\""),
        ("b=\"d\"", "b-c=\"d\""),
        ("b=\"d\"}", "b=\"d\""),
        ("} 2", "}2"),
        ("} 2", "} two"),
    ] {
        assert!(parse(&good.replacen(from, to, 1)).is_err(), "{from:?} to {to:?}");
    }
}

#[test]
fn stat_counts_keys_of_each_kind_and_how_many_of_them_have_expired() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live", "--end", "+1s"]);
    let (gone, _) = place.issue(&["--kind", "live"]);
    place.run(&["revoke", &gone]).expect(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let stat = place.run(&["stat", "--json"]).expect(0).json();
    let live = json!({
        "realm": "shop", "kind": "live", "active": 1, "suspended": 0, "revoked": 1, "expired": 1
    });
    assert_eq!(stat["kinds"][0], live);
    assert_eq!(stat["kinds"].as_array().unwrap().len(), 3);
    let length = std::fs::metadata(place.store()).unwrap().len();
    assert_eq!(stat["file_bytes"], length);
    let table = place.run(&["stat"]).expect(0).out;
    let row: Vec<&str> = table
        .lines()
        .find_map(|line| line.strip_prefix("shop"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(row, ["live", "1", "0", "1", "1"]);
    place.run(&["show", &key]).expect(0);
}

#[test]
fn an_export_has_a_line_or_a_row_for_each_record_and_no_token() {
    let place = Place::with_owner();
    place.run(&["owner", "set", "--realm", "shop", "=1+1"]).expect(0);
    let issue = ["issue", "--json", "--realm", "shop", "--kind", "live", "--name", "a,\"b\""];
    let issued = place.run(&[&issue[..], &["=1+1"]].concat()).expect(0).json();
    let (other, _) = place.issue(&["--kind", "test"]);
    let lines = place.run(&["export", "keys"]).expect(0);
    assert_eq!(lines.out, place.run(&["list", "--json"]).expect(0).out);
    let chosen = place.run(&["export", "keys", "--realm", "shop", "--kind", "test"]).expect(0);
    assert_eq!(chosen.lines()[0]["key_id"], other);
    assert_eq!(chosen.lines().len(), 1);
    let token = issued["token"].as_str().unwrap();
    let csv = place.run(&["export", "keys", "--csv"]).expect(0).out;
    for text in [&lines.out, &csv] {
        assert!(!text.contains(&token["sh_live_".len()..]), "{text}");
    }
    let rows: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 3, "{csv}");
    let names: Vec<String> = lines.lines()[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(rows[0].split(',').collect::<Vec<_>>(), names[1..]);
    let key = issued["key_id"].as_str().unwrap();
    let begins = format!("{key},shop,live,production,'=1+1,\"a,\"\"b\"\"\",active,none,no,");
    assert!(rows[1].starts_with(&begins), "{csv}");

    let owners = place.run(&["export", "owners"]).expect(0).lines();
    assert_eq!(owners.iter().map(|owner| &owner["owner"]).collect::<Vec<_>>(), ["=1+1", "ann"]);
    let csv = place.run(&["export", "owners", "--csv", "--realm", "shop"]).expect(0).out;
    assert!(csv.starts_with("realm,owner,plan,suspended,direct,group\r\nshop,'=1+1,big,"), "{csv}");
    place.run(&["export", "owners", "--realm", "none"]).expect(4);
    let realms = place.run(&["export", "realms"]).expect(0).lines();
    assert_eq!(realms, [place.run(&["realm", "show", "shop", "--json"]).expect(0).json()]);
    place.run(&["export", "keys", "--csv", "--json"]).expect(2);
}

#[test]
fn a_bench_measures_in_a_store_of_its_own_and_leaves_nothing_behind() {
    let place = Place::empty();
    std::fs::create_dir(place.path("here")).unwrap();
    let here = place.text("here");
    let ran = place.run(&["bench", "--keys", "50", "--directory", &here]).expect(0);
    assert_eq!(ran.out.lines().count(), 8, "{ran:?}");
    assert!(ran.out.starts_with("WHAT") && ran.out.contains("among 50 keys"), "{ran:?}");
    assert_eq!(std::fs::read_dir(place.path("here")).unwrap().count(), 0);
    assert!(!place.store().exists());
    let none = place.run(&["bench", "--directory", &place.text("none"), "--json"]).expect(4);
    assert_eq!(none.error()["code"], "not_found");
    place.run(&["bench", "--keys", "0"]).expect(2);
}

#[test]
fn a_dry_run_says_how_many_entries_a_trim_would_take_out() {
    let place = Place::with_owner();
    for _ in 0..4 {
        place.issue(&["--kind", "live"]);
    }
    let entries = place.run(&["audit", "--json"]).expect(0).lines();
    let at = entries[3]["at"].as_str().unwrap().to_owned();
    let trim = |args: &[&str]| {
        let all = [&["audit", "trim", "--json"][..], args].concat();
        place.run(&all).expect(0).json()["entries"].clone()
    };
    for which in [["--before", &at], ["--through", "3"], ["--keep", "3"]] {
        assert_eq!(trim(&[&which[..], &["--dry-run"]].concat()), 3, "{which:?}");
    }
    assert_eq!(trim(&["--keep", "100", "--dry-run"]), 0);
    assert_eq!(trim(&["--before", "2000-01-01T00:00:00Z", "--dry-run"]), 0);
    assert_eq!(trim(&["--before", "2100-01-01T00:00:00Z", "--dry-run"]), 6);
    assert_eq!(place.run(&["audit", "--json"]).expect(0).lines().len(), 6);
    assert_eq!(trim(&["--before", &at, "--yes"]), 3);
    // The trim is an entry itself.
    assert_eq!(trim(&["--keep", "1", "--dry-run"]), 3);
    assert_eq!(trim(&["--keep", "1", "--yes"]), 3);
}
