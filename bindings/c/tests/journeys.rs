//! Whatever the engine can do, a C program can, or `journeys.txt` says why not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kit::{CRATE, top};

/// Types of the engine of which every public method has a line.
const DONE_WITH: &[&str] = &[
    "Store",
    "Options",
    "Spec",
    "Update",
    "Rotation",
    "OwnerChange",
    "Filter",
    "AuditFilter",
    "Request",
    "Restore",
    "Ending",
    "Import",
    "ImportRules",
    "ImportLines",
    "Patterns",
    "Actor",
    "Realm",
];

/// Types of the engine of which every public field has a line.
const MADE_OF: &[&str] = &[
    "HttpRequest",
    "Outcome",
    "Answer",
    "Grant",
    "Rate",
    "Credits",
    "Denial",
    "KeyInfo",
    "KeyQuota",
    "OwnerInfo",
    "Description",
    "Explanation",
    "Check",
    "Stats",
    "KindCount",
    "DecisionCounts",
    "Decision",
    "Decided",
    "Finding",
    "Findings",
    "AuditEntry",
    "AuditPage",
    "AuditCheck",
    "Trimmed",
    "Commit",
    "Feed",
    "FeedCursor",
    "Page",
    "DryRun",
    "Ended",
    "Swept",
    "Compacted",
    "Backup",
    "Restored",
    "PepperStatus",
    "Operation",
    "ImportReport",
    "Leak",
    "Leaks",
    "Issued",
    "Kind",
    "Scope",
    "NamedSet",
    "Plan",
    "Window",
    "Policy",
];

/// The name before whatever cannot be part of one.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    text.split_at(end.unwrap_or(text.len())).0
}

/// Gives the lines of every file of the engine to `what`, but for tests, and for the table in
/// memory, whose types are its own.
fn read(dir: &Path, what: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let is = |name: &str| path.file_name().is_some_and(|file| file == name);
        if path.is_dir() {
            if !is("tests") && !is("index") {
                read(&path, what);
            }
        } else if !is("tests.rs") {
            fs::read_to_string(&path).unwrap().lines().for_each(&mut *what);
        }
    }
}

/// Public methods and fields of the engine, as `Type::name`.
fn of_the_engine() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // The type whose block a line is in, and what its public items begin with.
    let mut block: Option<(String, &[&str])> = None;
    read(&top().join("src"), &mut |line: &str| {
        let begins = |before: &str| line.strip_prefix(before).map(name);
        if let Some(of) = begins("impl ").filter(|of| DONE_WITH.contains(of)) {
            block = Some((of.to_owned(), &["    pub fn ", "    pub const fn "]));
        } else if let Some(of) = begins("pub struct ").filter(|of| MADE_OF.contains(of)) {
            block = Some((of.to_owned(), &["    pub "]));
        } else if line.starts_with(['}', 'i', 'p']) {
            block = None;
        } else if let Some((of, before)) = &block
            && let Some(item) = before.iter().find_map(|before| begins(before))
        {
            found.insert(format!("{of}::{item}"));
        }
    });
    found
}

/// What the header has: functions, constants, types, and fields as `type.field`.
struct Header {
    functions: BTreeSet<String>,
    others: BTreeSet<String>,
}

fn header() -> Header {
    let text = fs::read_to_string(top().join("include/keycask.h")).unwrap();
    let (mut functions, mut others) = (BTreeSet::new(), BTreeSet::new());
    let mut fields = Vec::new();
    for line in text.lines() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        if let Some(constant) = code.strip_prefix("#define ") {
            others.insert(name(constant).to_owned());
        } else if code.starts_with("KEYCASK_") && code.contains(" = ") {
            others.insert(name(code).to_owned());
        } else if let Some(of) = line.strip_prefix("} ") {
            let of = name(of);
            others.extend(fields.drain(..).map(|field: String| format!("{of}.{field}")));
            others.insert(of.to_owned());
        } else if let Some(typed) = line.strip_prefix("typedef ") {
            let of = typed.trim_end_matches(';').rsplit(' ').next().unwrap();
            others.insert(of.to_owned());
        } else if let Some(field) = line.strip_prefix("    ").filter(|line| line.ends_with(';')) {
            let field = field.split(['[', ';']).next().unwrap();
            fields.extend(field.rsplit([' ', '*']).next().map(str::to_owned));
        } else if let Some((before, _)) = line.split_once('(') {
            let function = before.rsplit([' ', '*']).next().unwrap();
            if !line.starts_with([' ', '#']) && function.starts_with("keycask_") {
                functions.insert(function.to_owned());
            }
        }
    }
    Header { functions, others }
}

/// Lines of the table: what is before the first space, and what follows.
fn table() -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(CRATE).join("tests/journeys.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parts = lines.map(|line| line.split_once(' ').unwrap());
    parts.map(|(engine, c)| (engine.to_owned(), c.trim_start().to_owned())).collect()
}

#[test]
fn every_journey_of_the_engine_has_its_line_and_every_line_holds() {
    let (engine, header) = (of_the_engine(), header());
    let (mut lines, mut met) = (BTreeMap::new(), BTreeSet::new());
    let mut wrong = Vec::new();
    for (of, c) in table() {
        match c.split_once(' ') {
            Some(("-", why)) => assert!(!why.is_empty(), "{of} has no reason"),
            _ => {
                let c = c.split(' ').next().unwrap();
                met.insert(c.to_owned());
                if !header.functions.contains(c) && !header.others.contains(c) {
                    wrong.push(format!("{of}: the header has no {c}"));
                }
            }
        }
        if of != "-" && lines.insert(of.clone(), c).is_some() {
            wrong.push(format!("{of}: two lines"));
        }
    }
    for of in engine.iter().filter(|of| !lines.contains_key(*of)) {
        wrong.push(format!("{of}: no line in tests/journeys.txt"));
    }
    for of in lines.keys().filter(|of| !engine.contains(*of)) {
        wrong.push(format!("{of}: the engine has none"));
    }
    for function in header.functions.difference(&met) {
        wrong.push(format!("{function}: no line in tests/journeys.txt"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is read is there to be read: a type that was renamed would have no lines to fail on.
#[test]
fn every_type_was_found() {
    let engine = of_the_engine();
    for of in DONE_WITH.iter().chain(MADE_OF) {
        assert!(engine.iter().any(|item| item.starts_with(&format!("{of}::"))), "{of}");
    }
    let header = header();
    assert!(header.functions.contains("keycask_verify") && header.functions.len() > 40);
    for name in ["keycask_grant.end_ms", "KEYCASK_NEVER", "KEYCASK_ERR_IO", "keycask_status"] {
        assert!(header.others.contains(name), "{name}");
    }
}
