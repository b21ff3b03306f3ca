//! The audit trail.

use keycask::{AuditFilter, Event, Trim};
use pyo3::intern;
use pyo3::prelude::*;

use crate::actor::By;
use crate::names::{Id, Names};
use crate::record::Many;
use crate::stop::{Stop, argument};
use crate::store::Store;
use crate::time::Instant;
use crate::value;

/// One change, as the audit trail keeps it.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct AuditEntry {
    entry: keycask::AuditEntry,
    store_id: [u8; 16],
}

impl AuditEntry {
    /// Entries of `store`.
    pub(crate) fn all(store: &keycask::Store, entries: Vec<keycask::AuditEntry>) -> Vec<Self> {
        let store_id = store.id();
        entries.into_iter().map(|entry| Self { entry, store_id }).collect()
    }
}

#[pymethods]
impl AuditEntry {
    /// Place in the trail, from 1 without gaps.
    #[getter]
    fn number(&self) -> u64 {
        self.entry.number
    }

    /// The commit that made the change.
    #[getter]
    fn seq(&self) -> u64 {
        self.entry.seq
    }

    /// When it was asked for.
    #[getter]
    fn at(&self) -> Instant {
        Instant(self.entry.at)
    }

    /// Who asked for it.
    #[getter]
    fn actor(&self) -> &str {
        &self.entry.actor
    }

    /// The id of the operation; empty if there was none.
    #[getter]
    fn operation(&self) -> &str {
        &self.entry.operation
    }

    /// What was done, such as `key_issued`.
    #[getter]
    fn event(&self) -> &'static str {
        self.entry.event.name()
    }

    /// Name of the realm it was done in; None if in none.
    #[getter]
    fn realm(&self) -> Option<&str> {
        self.entry.realm.as_deref()
    }

    /// The key it was done to, if it was done to one alone.
    #[getter]
    fn key_id(&self) -> Option<Id> {
        self.entry.key.map(Id)
    }

    /// All keys that it was done to, in order.
    #[getter]
    fn keys(&self) -> Many<Id> {
        Many(self.entry.keys().map(Id).collect())
    }

    /// Your id of the owner whose key it is, or who was changed.
    #[getter]
    fn owner(&self) -> Option<&str> {
        self.entry.owner.as_deref()
    }

    /// Why; empty if nothing was said.
    #[getter]
    fn reason(&self) -> &str {
        &self.entry.reason
    }

    /// The changed fields as they were. No secret is among them.
    #[getter]
    fn before<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        members(py, serde_json::to_string(&self.entry.before))
    }

    /// The changed fields as they are now.
    #[getter]
    fn after<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        members(py, serde_json::to_string(&self.entry.after))
    }

    /// The entry as a JSON object on one line, as docs/audit.md describes it.
    fn to_json(&self) -> String {
        self.entry.to_json()
    }

    /// The entry as an event of the Open Cybersecurity Schema Framework: a JSON object on one
    /// line.
    fn to_ocsf(&self) -> String {
        self.entry.to_ocsf(self.store_id)
    }

    fn __repr__(&self) -> String {
        format!("<keycask.AuditEntry {}: {}>", self.entry.number, self.entry.event.name())
    }
}

not_pickled!(AuditEntry, "an entry is not pickled: take its to_json");

/// Python's reading of JSON text.
fn members<'py>(py: Python<'py>, json: serde_json::Result<String>) -> PyResult<Bound<'py, PyAny>> {
    let json = json.map_err(|_| PyErr::from(Stop::Engine(crate::store::not_known("JSON"))))?;
    py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (json,))
}

struct Page {
    page: keycask::AuditPage,
    entries: Vec<AuditEntry>,
}

shown!(Page as AuditPage, |it| {
    entries: Many(it.entries),
    reached: it.page.reached,
    more: it.page.more,
    first: it.page.first,
});

struct Check(keycask::AuditCheck);

shown!(Check as AuditCheck, |check| {
    first: check.0.first,
    last: check.0.last,
    entries: check.0.entries,
});

struct Trimmed(keycask::Trimmed);

shown!(Trimmed as Trimmed, |trimmed| { entries: trimmed.0.entries, more: trimmed.0.more });

#[pymethods]
impl Store {
    /// The entries of the audit trail that the conditions select, by number, from after number
    /// `after` on, `limit` at most, from 1 to `PAGE_MAX`. Whoever keeps `reached` of a page and
    /// begins there next time is given every later entry once.
    ///
    /// `events`: names of those that are asked for, one at least. `start`, `until`: of the
    /// half-open time.
    ///
    /// Raises `ArgumentError` for an unknown event, no event or a limit out of its limits;
    /// `IoError` or `CorruptError` if the file cannot be read.
    #[pyo3(signature = (*, after=0, limit=100, realm=None, owner=None, key=None, actor=None,
                        operation=None, events=None, start=None, until=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn audit(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] after: u64,
        #[pyo3(from_py_with = value::given)] limit: usize,
        realm: Option<String>,
        owner: Option<String>,
        key: Option<Id>,
        actor: Option<String>,
        operation: Option<String>,
        events: Option<Names>,
        start: Option<Instant>,
        until: Option<Instant>,
    ) -> Result<Page, Stop> {
        let mut filter = AuditFilter::new();
        if let Some(name) = realm {
            filter = filter.realm(name);
        }
        if let Some(id) = owner {
            filter = filter.owner(id);
        }
        if let Some(key) = key {
            filter = filter.key(key.0);
        }
        if let Some(name) = actor {
            filter = filter.actor(name);
        }
        if let Some(id) = operation {
            filter = filter.operation(id);
        }
        if let Some(Names(names)) = events {
            if names.is_empty() {
                return Err(argument("events: none is named"));
            }
            for name in names {
                let event: Event = name.parse()?;
                filter = filter.event(event);
            }
        }
        if let Some(start) = start {
            filter = filter.from(start.0);
        }
        if let Some(until) = until {
            filter = filter.until(until.0);
        }
        self.disk(py, |store| {
            let mut page = store.find_audit(&filter, after, limit)?;
            let entries = AuditEntry::all(store, std::mem::take(&mut page.entries));
            Ok::<_, keycask::Error>(Page { page, entries })
        })
    }

    /// Checks the audit trail alone: that no entry is missing, altered or in another's place.
    ///
    /// Raises `CorruptError` or `NewerError`, naming the first entry that is wrong; `IoError`.
    fn check_audit(&self, py: Python<'_>) -> Result<Check, Stop> {
        self.disk(py, keycask::Store::check_audit).map(Check)
    }

    /// Takes the oldest entries out of the audit trail, 10,000 at most, in one commit: those
    /// `before` a time, `through` a number, or all but `keep`.
    ///
    /// Raises `ArgumentError` unless one of the three is given; `CorruptError` if an entry is
    /// damaged or missing; what any change raises.
    #[pyo3(signature = (*, before=None, through=None, keep=None, by))]
    fn trim_audit(
        &self,
        py: Python<'_>,
        before: Option<Instant>,
        #[pyo3(from_py_with = value::given)] through: Option<u64>,
        #[pyo3(from_py_with = value::given)] keep: Option<u64>,
        by: By,
    ) -> Result<Trimmed, Stop> {
        let trim = match (before, through, keep) {
            (Some(before), None, None) => Trim::Before(before.0),
            (None, Some(through), None) => Trim::Through(through),
            (None, None, Some(keep)) => Trim::Keep(keep),
            _ => return Err(argument("want one of before, through and keep")),
        };
        self.disk(py, |store| store.trim_audit(trim, &by.0)).map(Trimmed)
    }
}
