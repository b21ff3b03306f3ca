//! Values of `metrics`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use keycask::{Request, describe_metrics, record_metrics};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit, with_local_recorder,
};

use crate::{by, place, spec};

/// What a recorder was given: values by names with labels, and what names are said to be.
#[derive(Default)]
struct Given {
    values: Arc<Mutex<BTreeMap<String, f64>>>,
    described: Mutex<Vec<String>>,
}

struct Cell(String, Arc<Mutex<BTreeMap<String, f64>>>);

impl Cell {
    fn put(&self, value: f64) {
        self.1.lock().unwrap().insert(self.0.clone(), value);
    }
}

impl CounterFn for Cell {
    fn increment(&self, _: u64) {
        panic!("the engine counts by itself");
    }

    fn absolute(&self, value: u64) {
        self.put(f64::from(u32::try_from(value).unwrap()));
    }
}

impl GaugeFn for Cell {
    fn increment(&self, _: f64) {
        panic!("the engine counts by itself");
    }

    fn decrement(&self, _: f64) {
        panic!("the engine counts by itself");
    }

    fn set(&self, value: f64) {
        self.put(value);
    }
}

impl Given {
    fn cell(&self, key: &Key) -> Arc<Cell> {
        let mut name = key.name().to_owned();
        for label in key.labels() {
            name.push_str(&format!(" {}={}", label.key(), label.value()));
        }
        Arc::new(Cell(name, Arc::clone(&self.values)))
    }

    fn describe(&self, name: &KeyName, what: &SharedString) {
        assert!(what.ends_with('.'), "{what}");
        self.described.lock().unwrap().push(name.as_str().to_owned());
    }
}

impl Recorder for Given {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, what: SharedString) {
        assert!(name.as_str().ends_with("_total"));
        self.describe(&name, &what);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, what: SharedString) {
        self.describe(&name, &what);
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        panic!("there is none");
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("there is none");
    }
}

#[test]
fn the_facade_is_given_what_the_store_counts_and_only_when_it_is_asked() {
    let (_dir, store, realm) = place();
    let given = Given::default();
    with_local_recorder(&given, || {
        describe_metrics();
        let token = store.issue(&spec(realm), &by()).unwrap().token;
        for _ in 0..3 {
            store.verify(realm, token.expose().as_bytes(), &Request::new()).unwrap();
        }
        store.verify(realm, b"nonsense", &Request::new()).unwrap_err();
        assert!(given.values.lock().unwrap().is_empty(), "a decision calls no facade");
        record_metrics(&store).unwrap();
    });
    let values = given.values.lock().unwrap();
    let stats = store.stats().unwrap();
    for (name, value) in [
        ("keycask_verify_total result=granted", 3),
        ("keycask_verify_total result=malformed", 1),
        ("keycask_verify_total result=revoked", 0),
        ("keycask_commits_total", stats.seq),
        ("keycask_owners", 1),
        ("keycask_realms", 1),
        ("keycask_index_bytes", stats.index_bytes),
        ("keycask_log_commits", stats.log_commits),
        ("keycask_audit_entries_total", 3),
        ("keycask_audit_kept_entries", 3),
        ("keycask_peppered", 0),
        ("keycask_unconfirmed", 0),
    ] {
        assert_eq!(values[name], f64::from(u32::try_from(value).unwrap()), "{name}");
    }
    assert_eq!(values.len(), 14 + 10);
    let mut names: Vec<_> =
        values.keys().map(|name| name.split(' ').next().unwrap().to_owned()).collect();
    names.dedup();
    names.sort();
    let mut described = given.described.into_inner().unwrap();
    described.sort();
    assert_eq!(names, described);
    // Whoever reads both finds one thing under one name.
    let command = std::fs::read_to_string("bindings/cli/src/commands/stat.rs").unwrap();
    for name in names.iter().filter(|name| *name != "keycask_verify_total") {
        assert!(command.contains(&format!("\"{name}\"")), "{name} is not the command's");
    }
}
