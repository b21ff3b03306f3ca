//! Lines of JSON: what becomes of each, and what is said of it.

use std::fmt::Write as _;

use keycask::{Error, ErrorKind, Filter, ImportLines, ImportRules};

use crate::acme::{Scene, by};
use crate::kit::sha256;

#[test]
fn lines_are_imported_with_a_report_of_each_that_is_refused() {
    let scene = Scene::new();
    let mut text = String::new();
    for n in 0..25_000 {
        let digest = sha256(&format!("token-{n}"));
        text.push_str(&format!(r#"{{"owner": "ann", "digest": "{digest}", "scopes": ["read"]}}"#));
        text.push('\n');
    }
    text.push_str("\n{\"owner\": \"ann\", \"token\": \"the last one\"}\n");
    text.push_str("{\"owner\": \"ann\", \"tokan\": \"do-not-show\"}\n");
    text.push_str("{\"owner\": \"ann\", \"token\": \"no-newline\", \"kind\": \"shown\"}");
    let lines = ImportLines::new(scene.acme).kind("live").scheme("unkey".parse().unwrap());
    let run = |rules: &ImportRules| {
        let mut refused = Vec::new();
        let told = |number, error: &Error| refused.push((number, error.to_string()));
        let done = scene.store.import_lines(&lines, text.as_bytes(), rules, &by(), told);
        (done, refused)
    };
    let (report, refused) = run(&ImportRules::new().dry_run(true));
    let report = report.unwrap();
    assert_eq!((report.lines, report.imported, report.refused), (25_003, 25_001, 2));
    assert_eq!(refused.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [25_002, 25_003]);
    assert!(!format!("{refused:?}").contains("do-not-show"), "{refused:?}");
    assert_eq!(scene.counts(), []);
    let (halted, _) = run(&ImportRules::new());
    let why = halted.unwrap_err().to_string();
    assert!(why.starts_with("line 25002: token"), "{why}");
    assert!(why.ends_with("20000 keys of earlier lines were imported"), "{why}");
    let (report, _) = run(&ImportRules::new().skip_refused(true));
    let report = report.unwrap();
    assert_eq!((report.imported, report.known, report.refused), (5_001, 20_000, 2));
    assert_eq!(scene.reason("token-24999"), None);
    assert_eq!(scene.reason("no-newline"), None);
    let shown = scene.key_of("no-newline").unwrap();
    assert_eq!(scene.store.reveal(shown, &by()).unwrap().expose(), "no-newline");
    assert_eq!(scene.store.list(&Filter::new(), None, 10).unwrap().keys.len(), 10);
}

#[test]
fn what_is_wrong_with_a_line_is_said_without_its_token() {
    let scene = Scene::new();
    let lines = ImportLines::new(scene.acme).kind("live");
    let secret = "s3cret-that-nobody-shall-see";
    for (line, why) in [
        (format!(r#"{{"owner": "ann", "token": {secret}}}"#), "is not JSON"),
        (format!(r#"{{"owner": 7, "token": "{secret}"}}"#), "another type"),
        (format!(r#"{{"owner": "ann", "{secret}": 1}}"#), "unknown field"),
        (format!(r#"{{"owner": "ann", "token": "{secret} "}}"#), "visible ASCII"),
        (format!(r#"{{"owner": "ann", "token": "{secret},"}}"#), "the byte at 28 is a comma"),
        (format!(r#"{{"owner": "ann", "token": "a\u002c{secret}"}}"#), "the byte at 1 is a comma"),
        (format!(r#"{{"owner": "ann", "digest": "{secret}"}}"#), "scheme: is missing"),
        (
            format!(r#"{{"owner": "ann", "digest": "{secret}", "scheme": "sha256"}}"#),
            "want 64 of hex",
        ),
        (format!(r#"{{"owner": "ann", "digest": "$2b$12${secret}", "scheme": "sha256"}}"#), "slow"),
        (format!(r#"{{"owner": "ann", "token": "{secret}", "scheme": "md5"}}"#), "broken"),
        (format!(r#"{{"owner": "ann", "token": "{secret}", "state": "gone"}}"#), "state: want"),
        (format!(r#"{{"owner": "ann", "token": "{secret}", "end": "soon"}}"#), "end: "),
        (format!(r#"{{"owner": "ann", "token": "{secret}", "digest": "x"}}"#), "either"),
        (r#"{"owner": "ann"}"#.to_owned(), "either"),
    ] {
        let refused = lines.read(&line).unwrap_err();
        assert!(refused.to_string().contains(why), "{line}: {refused}");
        assert!(!refused.to_string().contains(secret), "{refused}");
    }
}

/// No request can present it: a comma joins what might have come as two fields.
#[test]
fn a_line_whose_token_has_a_comma_is_refused_in_a_dry_run_too() {
    let scene = Scene::new();
    let text = "{\"owner\": \"ann\", \"token\": \"fine\"}\n\
                {\"owner\": \"ann\", \"token\": \"one,two\"}\n";
    let lines = ImportLines::new(scene.acme).kind("live");
    let run = |rules: ImportRules| {
        let mut refused = Vec::new();
        let told = |number, error: &Error| refused.push((number, error.message().to_owned()));
        let done = scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), told);
        (done.map(|report| (report.imported, report.refused)), refused)
    };
    for rules in [ImportRules::new().dry_run(true), ImportRules::new().skip_refused(true)] {
        let (done, refused) = run(rules);
        assert_eq!(done.unwrap(), (1, 1));
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].0, 2);
        assert!(refused[0].1.starts_with("token: the byte at 3 is a comma"), "{refused:?}");
    }
    let halted = run(ImportRules::new()).0.unwrap_err();
    assert!(halted.message().starts_with("line 2: token: the byte at 3 is a comma"), "{halted}");
    assert_eq!(scene.key_of("one,two"), None);
}

/// A dry run of many batches saw each of them alone.
#[test]
fn a_dry_run_tells_what_lines_come_to_that_stand_far_apart() {
    let scene = Scene::new();
    let mut text = String::new();
    let mut line = |owner: &str, token: &str| {
        writeln!(text, r#"{{"owner": "{owner}", "token": "{token}"}}"#).unwrap();
    };
    line("ann", "twice");
    line("ann", "of-two-owners");
    line("p", "first-place");
    line("new", "of-a-new-owner");
    for n in 0..10_000 {
        line("ann", &format!("token-{n}"));
    }
    line("ann", "twice");
    line("p", "of-two-owners");
    line("p", "second-place");
    line("p", "no-place");
    line("new", "another-of-it");
    let lines = ImportLines::new(scene.acme).kind("live");
    let run = |rules: ImportRules| {
        let mut refused = Vec::new();
        let rules = rules.make_owners(true);
        let told = |number, error: &Error| refused.push((number, error.kind()));
        let report = scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), told);
        (report.unwrap(), refused)
    };
    let dry = run(ImportRules::new().dry_run(true));
    assert_eq!(dry.1, [(10_006, ErrorKind::Conflict), (10_008, ErrorKind::Cap)]);
    assert_eq!((dry.0.imported, dry.0.known, dry.0.refused), (10_006, 1, 2));
    assert_eq!(scene.counts(), []);
    // What it told is what comes of it.
    assert_eq!(run(ImportRules::new().skip_refused(true)), dry);
}

#[test]
fn long_lines_are_imported_in_commits_of_4_mib() {
    let scene = Scene::new();
    let mut text = String::new();
    let metadata = "m".repeat(4_000);
    for n in 0..2_500 {
        writeln!(text, r#"{{"owner": "ann", "token": "token-{n}", "metadata": "{metadata}"}}"#)
            .unwrap();
    }
    let names = vec![r#""read""#; 129].join(",");
    writeln!(text, r#"{{"owner": "ann", "token": "many-names", "scopes": [{names}]}}"#).unwrap();
    let names = vec![r#""read""#; 128].join(",");
    writeln!(text, r#"{{"owner": "ann", "token": "some-names", "scopes": [{names}]}}"#).unwrap();
    let lines = ImportLines::new(scene.acme).kind("live");
    let before = scene.store.stats().unwrap().seq;
    let mut refused = Vec::new();
    let rules = ImportRules::new().skip_refused(true);
    let told = |number, error: &Error| refused.push((number, error.to_string()));
    let report = scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), told).unwrap();
    assert_eq!((report.imported, report.refused), (2_501, 1));
    assert_eq!(scene.store.stats().unwrap().seq, before + 3);
    assert!(refused[0].1.contains("over 128 names"), "{refused:?}");
}

/// Whose export has two columns swapped has tokens where names belong.
#[test]
fn what_is_refused_of_a_line_is_told_without_any_text_that_stands_in_it() {
    let scene = Scene::new();
    let secret = "s3cret";
    let lines = ImportLines::new(scene.acme);
    let (digest, of_ann) = (sha256("x"), r#""owner": "ann", "kind": "live""#);
    for member in [
        format!(r#""owner": "{secret}", "kind": "live", "token": "abcd""#),
        format!(r#""owner": "ann", "kind": "{secret}", "token": "abcd""#),
        format!(r#"{of_ann}, "token": "abcd", "scopes": ["{secret}"]"#),
        format!(r#"{of_ann}, "token": "abcd", "sets": ["\"{secret}"]"#),
        format!(r#"{of_ann}, "token": "abcd", "{secret}": 1"#),
        format!(r#"{of_ann}, "token": "abcd", "state": "{secret}""#),
        format!(r#"{of_ann}, "token": "abcd", "end": "{secret}""#),
        format!(r#"{of_ann}, "token": "abcd", "last_four": "{secret}""#),
        format!(r#"{of_ann}, "digest": "{secret}", "scheme": "sha256""#),
        format!(r#"{of_ann}, "digest": "crc{secret}$1", "scheme": "sha256""#),
        format!(r#"{of_ann}, "digest": "{digest}", "scheme": "{secret}""#),
        format!(r#"{of_ann}, "digest": "{digest}", "scheme": "md5{secret}""#),
        format!(r#"{of_ann}, "digest": "{digest}", "scheme": "sha256:{secret}""#),
        format!(r#"{of_ann}, "digest": "{digest}", "scheme": "talos:before={secret}""#),
        format!(r#"{of_ann}, "digest": "{digest}", "scheme": "seam:before={secret}""#),
        format!(r#"{of_ann}, "digest": "{digest}", "scheme": "seam", "lead": "{secret}""#),
    ] {
        let line = format!("{{{member}}}");
        let mut said = String::new();
        let rules = ImportRules::new().skip_refused(true);
        let told = |number, error: &Error| said = format!("{number} {error} {error:?}");
        scene.store.import_lines(&lines, line.as_bytes(), &rules, &by(), told).unwrap();
        assert!(said.starts_with("1 "), "{line}: not refused");
        assert!(!said.contains(secret), "{line}: {said}");
        let halted = scene.store.import_lines(
            &lines,
            line.as_bytes(),
            &ImportRules::new(),
            &by(),
            |_, _| {},
        );
        let halted = halted.unwrap_err();
        assert!(!format!("{halted} {halted:?}").contains(secret), "{line}: {halted:?}");
    }
}

#[test]
fn a_token_with_escapes_is_the_text_that_they_stand_for() {
    let scene = Scene::new();
    let lines = ImportLines::new(scene.acme).kind("live");
    let read = |json: &str| lines.read(&format!(r#"{{"owner": "ann", "token": {json}}}"#));
    let keys = [r#""a\/b\\c\"d""#, r#""\u0041BCD""#].map(|json| read(json).unwrap());
    let ids = scene.import(&keys);
    assert_eq!(scene.key_of("a/b\\c\"d"), Some(ids[0]));
    assert_eq!(scene.key_of("ABCD"), Some(ids[1]));
    for json in ["7", "[\"abcd\"]", "{\"abcd\": 1}", "null", r#""ab\ncd""#, r#""abc\ud83d""#] {
        assert_eq!(read(json).unwrap_err().kind(), ErrorKind::Argument, "{json}");
    }
}
