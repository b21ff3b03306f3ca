//! Decisions that the host looks at, and patterns among them.

use keycask::{Decision, Finding, Result as Engine};
use pyo3::prelude::*;

use crate::actor::By;
use crate::names::Id;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::{Store, realm_name};
use crate::time::Instant;
use crate::value;

/// Names of `scopes` in `realm`.
fn names(
    store: &keycask::Store,
    realm: keycask::RealmRef,
    scopes: keycask::ScopeSet,
) -> Engine<Vec<String>> {
    let profile = store.profile(realm)?;
    Ok(profile.scope_names(scopes).into_iter().map(str::to_owned).collect())
}

struct ShownDecision {
    decision: Decision,
    realm: String,
    missing: Vec<String>,
    needed: Vec<String>,
}

impl ShownDecision {
    fn of(store: &keycask::Store, decision: Decision) -> Engine<Self> {
        let realm = realm_name(store, decision.realm)?;
        let missing = names(store, decision.realm, decision.missing)?;
        let needed = names(store, decision.realm, decision.needed)?;
        Ok(Self { decision, realm, missing, needed })
    }
}

shown!(ShownDecision as Decision, |it| {
    at: Instant(it.decision.at),
    realm: it.realm,
    outcome: it.decision.outcome,
    key_id: it.decision.key.map(Id),
    address: it.decision.address.map(|address| address.to_string()),
    missing: Many(it.missing),
    needed: Many(it.needed),
});

struct ShownFinding {
    finding: Finding,
    missing: Vec<String>,
}

shown!(ShownFinding as Finding, |it| {
    pattern: it.finding.pattern.name(),
    key_id: it.finding.key.map(Id),
    realm: it.finding.realm_name,
    owner: it.finding.owner,
    first: Instant(it.finding.first),
    last: Instant(it.finding.last),
    count: it.finding.count,
    network: it.finding.network,
    missing: Many(it.missing),
});

struct Decided {
    decisions: Vec<ShownDecision>,
    lost: u64,
}

shown!(Decided as Decided, |it| { decisions: Many(it.decisions), lost: it.lost });

struct Findings {
    findings: Vec<ShownFinding>,
    lost: u64,
}

shown!(Findings as Findings, |it| { findings: Many(it.findings), lost: it.lost });

#[pymethods]
impl Store {
    /// Decisions that were kept, the oldest first, `limit` at most. They are given once. The
    /// option `decisions` of `open` says which are kept.
    #[pyo3(signature = (*, limit=100))]
    fn decisions(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] limit: usize,
    ) -> Result<Decided, Stop> {
        self.disk(py, |store| -> Engine<_> {
            let decided = store.decisions(limit);
            let decisions = decided.decisions.into_iter();
            let decisions = decisions.map(|decision| ShownDecision::of(store, decision));
            Ok(Decided { decisions: decisions.collect::<Engine<_>>()?, lost: decided.lost })
        })
    }

    /// Puts decisions that were kept into the audit trail, and gives how many.
    ///
    /// Raises what any change does.
    #[pyo3(signature = (*, by))]
    fn audit_decisions(&self, py: Python<'_>, by: By) -> Result<u64, Stop> {
        self.disk(py, |store| store.audit_decisions(&by.0))
    }

    /// What was found in the use of keys since the store was opened. The option `patterns` of
    /// `open` says what is looked for.
    ///
    /// Raises `IoError` or `CorruptError` if the file cannot be read.
    fn findings(&self, py: Python<'_>) -> Result<Findings, Stop> {
        self.disk(py, |store| -> Engine<_> {
            let found = store.findings()?;
            let finding = |finding: Finding| -> Engine<_> {
                let missing = names(store, finding.realm, finding.missing)?;
                Ok(ShownFinding { finding, missing })
            };
            let findings = found.findings.into_iter().map(finding).collect::<Engine<_>>()?;
            Ok(Findings { findings, lost: found.lost })
        })
    }

    /// Puts what was found and not told yet into the audit trail, an entry each, and gives how
    /// many there are.
    ///
    /// Raises what any change does.
    #[pyo3(signature = (*, by))]
    fn tell_findings(&self, py: Python<'_>, by: By) -> Result<u64, Stop> {
        self.disk(py, |store| store.tell_findings(&by.0))
    }
}
