//! What a store counts, for the `metrics` facade. It is asked for when somebody wants to know:
//! a decision never calls the facade. Names are those of `keycask stat --prometheus`.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use crate::error::Result;
use crate::info::Stats;
use crate::store::Store;

const DECISIONS: &str = "keycask_verify_total";

/// Where a value stands among the figures.
type Place = fn(&Stats) -> u64;

/// What grows, of the file.
const COUNTERS: [(&str, &str, Place); 2] = [
    ("keycask_commits_total", "Commits since the store was made: its seq.", |stats| stats.seq),
    ("keycask_audit_entries_total", "Entries of the audit trail that were ever made.", |stats| {
        stats.audit_last
    }),
];

/// What is as it is now, of the file and of memory.
const GAUGES: [(&str, Unit, &str, Place); 8] = [
    ("keycask_realms", Unit::Count, "Realms of the store.", |stats| stats.realms),
    ("keycask_owners", Unit::Count, "Owners in all realms.", |stats| stats.owners),
    ("keycask_index_bytes", Unit::Bytes, "Memory of the table by which keys are found.", |stats| {
        stats.index_bytes
    }),
    ("keycask_index_huge_bytes", Unit::Bytes, "How much of it is on huge pages.", |stats| {
        stats.index_huge_bytes
    }),
    ("keycask_log_commits", Unit::Count, "Commits that the log has.", |stats| stats.log_commits),
    (
        "keycask_audit_kept_entries",
        Unit::Count,
        "Entries of the audit trail that were not taken out.",
        |stats| stats.audit_entries,
    ),
    ("keycask_peppered", Unit::Count, "1 if a pepper keys the digests, else 0.", |stats| {
        stats.peppered.into()
    }),
    (
        "keycask_unconfirmed",
        Unit::Count,
        "1 if the store was restored and takes no changes yet, else 0.",
        |stats| stats.unconfirmed.into(),
    ),
];

/// Tells the recorder of this process what the values of [`record_metrics`] are: once, after it was
/// installed.
pub fn describe_metrics() {
    let decisions = "Decisions since the store was opened, by result.";
    describe_counter!(DECISIONS, Unit::Count, decisions);
    for (name, what, _) in COUNTERS {
        describe_counter!(name, Unit::Count, what);
    }
    for (name, unit, what, _) in GAUGES {
        describe_gauge!(name, unit, what);
    }
}

/// Gives the recorder of this process what a store counts, as it is now: call it before values are
/// collected. `keycask_verify_total` has the label `result`: `granted`, `unpresented`, or the
/// [reason](crate::Reason::name). No label names a key, an owner or a realm.
///
/// It reads the file's counts, in some microseconds, and costs decisions nothing. How many keys
/// there are of which kind is not among it: for that all keys are read
/// ([`Store::count_by_kind`]).
///
/// # Errors
///
/// Those of [`Store::stats`].
pub fn record_metrics(store: &Store) -> Result<()> {
    for (result, count) in store.decision_counts().by_name() {
        counter!(DECISIONS, "result" => result).absolute(count);
    }
    let stats = store.stats()?;
    for (name, _, value) in COUNTERS {
        counter!(name).absolute(value(&stats));
    }
    for (name, _, _, value) in GAUGES {
        gauge!(name).set(as_float(value(&stats)));
    }
    Ok(())
}

/// The facade's gauges are floating-point numbers: exact to 2^53.
#[allow(clippy::cast_precision_loss, reason = "a gauge has no other type")]
const fn as_float(value: u64) -> f64 {
    value as f64
}
