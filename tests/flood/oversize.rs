//! Input that is very long, or nested very deep: an error that says so, soon and in little room.
//!
//! All of it is read on a thread with a small stack. Where a reader calls itself once a level, that
//! is the end of the process.

use std::hint::black_box;
use std::io::BufRead as _;
use std::process::Command;
use std::{env, thread};

use allocation_counter::measure;
use keycask::{
    Alerts, AuditFilter, Error, ErrorKind, HttpRequest, ImportLines, ImportRules, OwnerChange,
    Request, Spec, Store, Update,
};

use crate::alone;
use crate::shapes::{PROFILE, Scene, by};

fn with_little_stack(work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let small = thread::Builder::new().stack_size(512 << 10);
        small.spawn_scoped(scope, work).unwrap().join().unwrap();
    });
}

/// `text` so often that it is `len` bytes long at most.
fn repeated(text: &str, len: usize) -> String {
    text.repeat(len / text.len())
}

/// `depth` levels: `open` so often, then `within`, then `close` as often.
fn nested(open: &str, within: &str, close: &str, depth: usize) -> String {
    format!("{}{within}{}", open.repeat(depth), close.repeat(depth))
}

/// Whether a reader of lines has set hardly more aside than a line may have.
fn is_little(bytes: u64) -> bool {
    bytes < 4 << 20
}

fn assert_refused<T>(what: &str, kind: ErrorKind, result: Result<T, Error>) {
    let Err(error) = result else { panic!("{what} is taken") };
    assert_eq!(error.kind(), kind, "{what}: {error}");
    assert!(error.to_string().len() < 5_000, "{what}: the error is long itself");
}

/// Tells a process of the test below how deep its text is nested.
const LEVELS: &str = "KEYCASK_TEST_LEVELS";

#[test]
fn a_reader_that_calls_itself_once_a_level_is_noticed() {
    fn depth(text: &[u8]) -> usize {
        match text.split_first() {
            Some((b'[', rest)) => 1 + black_box(depth(black_box(rest))),
            _ => 0,
        }
    }
    if let Ok(levels) = env::var(LEVELS) {
        let text = nested("[", "", "]", levels.parse().unwrap());
        return with_little_stack(|| {
            black_box(depth(text.as_bytes()));
        });
    }
    for (levels, is_well) in [("100", true), ("100000", false)] {
        let name = "oversize::a_reader_that_calls_itself_once_a_level_is_noticed";
        let mut run = Command::new(env::current_exe().unwrap());
        let output = run.args(["--exact", name]).env(LEVELS, levels).output().unwrap();
        assert_eq!(output.status.success(), is_well, "{levels} levels: {output:?}");
    }
}

#[test]
fn a_reader_that_takes_a_line_whole_is_noticed() {
    let _alone = alone();
    let text = repeated("x", 4 << 20);
    let info = measure(|| {
        text.as_bytes().read_line(&mut String::new()).unwrap();
    });
    assert!(!is_little(info.bytes_max), "{} bytes", info.bytes_max);
}

/// Names with 70 parts, each in a table of the one before it, were levels enough to end a process
/// that read them with a megabyte of stack: what reads TOML limits the parts and the tables, and
/// not both together.
#[test]
fn a_profile_that_is_nested_deep_in_any_way_is_refused() {
    let _alone = alone();
    with_little_stack(|| {
        let scene = Scene::with(Store::options());
        let dotted = |name: &str, depth: usize| vec![name; depth].join(".");
        let mut mixed = String::new();
        for _ in 0..70 {
            mixed.push_str(&format!("{} = {{", dotted("a", 70)));
        }
        let mixed = format!("{mixed}a = 1{}", "}".repeat(70));
        let mut tables = format!("[{}]\n", dotted("a", 79));
        tables.push_str(&mixed);
        for (what, more) in [
            ("arrays", format!("a = {}", nested("[", "1", "]", 100_000))),
            ("arrays never closed", format!("a = {}", "[".repeat(200_000))),
            ("inline tables", format!("a = {}", nested("{a = ", "1", "}", 40_000))),
            ("a dotted name", format!("{} = 1", dotted("a", 120_000))),
            ("the name of a table", format!("[{}]", dotted("a", 120_000))),
            ("dotted names in tables", mixed),
            ("dotted names in tables of a table", tables),
            ("arrays in tables", format!("a = {}", nested("[{a = ", "1", "}]", 79))),
        ] {
            let profile = format!("{more}\n{PROFILE}");
            let applied = scene.store.apply_realm("deep.toml", &profile, &by());
            assert_refused(what, ErrorKind::Profile, applied);
        }
    });
}

#[test]
fn a_body_of_an_answer_that_is_nested_deep_is_refused() {
    let _alone = alone();
    with_little_stack(|| {
        let scene = Scene::with(Store::options());
        for body in [nested("[", "1", "]", 8_000), nested(r#"{"a":"#, "1", "}", 2_700)] {
            let profile =
                format!("{PROFILE}\n[answer.unauthorized]\nstatus = 401\nbody = '{body}'\n");
            let applied = scene.store.apply_realm("deep.toml", &profile, &by());
            assert_refused("a body", ErrorKind::Profile, applied);
        }
    });
}

#[test]
fn lines_to_import_that_are_nested_deep_or_very_long_are_refused_in_little_room() {
    let _alone = alone();
    with_little_stack(|| {
        let (scene, rules) = (Scene::with(Store::options()), ImportRules::new().skip_refused(true));
        let lines = ImportLines::new(scene.acme).kind("live");
        let line = |field: &str, value: &str| {
            format!("{{\"owner\": \"o\", \"token\": \"a-token\", \"{field}\": {value}}}\n")
        };
        let texts = [
            line("scopes", &nested("[", "", "]", 7_000)),
            line("metadata", &nested("[", "", "]", 7_000)),
            line("metadata", &nested(r#"{"a":"#, "1", "}", 2_600)),
            line("name", &format!("\"{}\"", repeated("n", 15_000))),
            line("scopes", &format!("[{}\"\"]", repeated("\"\",", 15_000))),
            format!("{}\n", "[".repeat(16_000)),
            format!("{}\n", repeated("x", 4 << 20)),
            repeated("{", 1 << 20),
        ];
        for text in &texts {
            let mut told = Vec::new();
            let refused = |_, error: &Error| told.push(error.to_string());
            let mut report = None;
            let info = measure(|| {
                let done =
                    scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), refused);
                report = Some(done.unwrap());
            });
            let (told, start) = (told.join("; "), &text[..text.len().min(60)]);
            assert_eq!(report.map(|report| report.imported), Some(0), "{start}");
            assert!(!told.is_empty() && told.len() < 1_000, "{start}: {told}");
            assert!(is_little(info.bytes_max), "{start}: {} bytes", info.bytes_max);
        }
    });
}

/// An alert may have an alert in it, and that had one, and so on.
#[test]
fn alerts_that_are_nested_deep_or_very_long_are_refused() {
    let _alone = alone();
    with_little_stack(|| {
        for text in [
            nested(r#"{"alert":"#, "{}", "}", 100_000),
            nested("[", "", "]", 100_000),
            nested(r#"[{"x":"#, "1", "}]", 100_000),
            nested(r#"{"alert":{"x":["#, "1", "]}}", 100_000),
        ] {
            assert_refused("alerts", ErrorKind::Argument, Alerts::read(text.as_bytes()));
        }
        let endless = std::io::Read::take(std::io::repeat(b' '), 1 << 40);
        let info = measure(|| {
            assert_refused("endless alerts", ErrorKind::Argument, Alerts::read(endless));
        });
        assert!(info.bytes_max <= 3 * Alerts::LEN_MAX as u64, "{} bytes", info.bytes_max);
    });
}

/// A name that the store has not was quoted as long as it was, into logs and answers.
#[test]
fn metadata_names_and_owners_of_any_length_and_depth_are_refused_or_kept() {
    let _alone = alone();
    with_little_stack(|| {
        let scene = Scene::with(Store::options());
        let (store, spec) = (&scene.store, || Spec::new(scene.acme, "live", "o"));
        let long = repeated("n", 1 << 20);
        let deep = nested("[", "", "]", 2_048);
        let issue = |spec: &Spec| store.issue(spec, &by()).map(|issued| issued.key.key_id);
        for (what, refused) in [
            ("a name", issue(&spec().name(long.as_str()))),
            ("metadata", issue(&spec().metadata(format!("\"{long}\"")))),
            ("deep metadata", issue(&spec().metadata(nested("[", "", "]", 1 << 20)))),
            ("an owner", issue(&Spec::new(scene.acme, "live", long.as_str()))),
            ("a kind", issue(&Spec::new(scene.acme, long.as_str(), "o"))),
            ("a scope", issue(&spec().scopes([long.as_str()]))),
        ] {
            let Err(error) = refused else { panic!("{what} is taken") };
            let told = error.to_string().len();
            assert!(told < 5_000, "{what}: the error is {told} bytes long itself");
        }
        let key = issue(&spec().metadata(deep.as_str())).unwrap();
        assert_eq!(store.key(key).unwrap().metadata, deep);
        let named = Update::new().name(long.as_str());
        assert_refused("a new name", ErrorKind::Argument, store.update(key, &named, &by()));
        let planned = OwnerChange::new().plan(long.as_str());
        let planned = store.set_owner(scene.acme, "o", &planned, &by());
        assert!(planned.unwrap_err().to_string().len() < 5_000);
        let found = store.realm(&long);
        assert!(found.unwrap_err().to_string().len() < 5_000);
    });
}

#[test]
fn requests_with_very_many_and_very_long_headers_are_answered_soon_and_in_little_room() {
    let _alone = alone();
    with_little_stack(|| {
        let scene = Scene::with(Store::options());
        let (long, name) = (vec![b'x'; 4 << 20], repeated("n", 1 << 20));
        let many = vec![("Authorization", &b"Bearer x"[..]); 100_000];
        let others = vec![("X-Other", &b"x"[..]); 100_000];
        let one = |name, value| vec![(name, value)];
        for headers in [
            many,
            others,
            one("Authorization", &long[..]),
            one(name.as_str(), &long[..]),
            one("Authorization", &[b"Bearer ", &long[..]].concat()[..]),
        ] {
            for request_id in ["", name.as_str()] {
                let http = HttpRequest { method: "GET", headers: &headers, request_id };
                let mut answer = None;
                let info = measure(|| {
                    let outcome = scene.store.present(scene.acme, &http, &Request::new());
                    answer = Some(outcome.unwrap().answer);
                });
                let answer = answer.unwrap();
                assert!(matches!(answer.status, 400..500), "{}", answer.status);
                assert!(answer.body.len() < 4 << 10, "a body of {} bytes", answer.body.len());
                assert!(info.bytes_max < 64 << 10, "{} bytes", info.bytes_max);
            }
        }
    });
}

/// A limit is refused before anything is set aside for so many entries, and what is asked for may
/// be as long as one likes.
#[test]
fn audit_queries_with_limits_numbers_and_names_of_any_size_are_refused_or_find_nothing() {
    let _alone = alone();
    with_little_stack(|| {
        let scene = Scene::with(Store::options());
        let (store, long) = (&scene.store, repeated("n", 1 << 20));
        let any = AuditFilter::new();
        for limit in [0, 1_001, usize::MAX] {
            let found = store.find_audit(&any, 0, limit);
            assert_refused("a limit", ErrorKind::Argument, found);
        }
        let named = [
            AuditFilter::new().realm(long.as_str()),
            AuditFilter::new().owner(long.as_str()),
            AuditFilter::new().actor(long.as_str()),
            AuditFilter::new().operation(long.as_str()),
        ];
        let info = measure(|| {
            for filter in &named {
                assert_eq!(store.find_audit(filter, 0, 1_000).unwrap().entries.len(), 0);
            }
            let page = store.find_audit(&any, u64::MAX, 1_000).unwrap();
            assert_eq!(page.entries.len(), 0);
            let known = store.audit(0, usize::MAX).unwrap().len();
            assert_eq!(page.reached, known as u64);
            assert_eq!(store.audit(u64::MAX, usize::MAX).unwrap().len(), 0);
        });
        assert!(info.bytes_max < 1 << 20, "{} bytes", info.bytes_max);
    });
}
