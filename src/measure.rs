//! What a store counts, for the `metrics` facade. It is asked for when somebody wants to know:
//! a decision never calls the facade.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use crate::error::Result;
use crate::store::Store;

const DECISIONS: &str = "keycask_verify_total";
const COMMITS: &str = "keycask_commits_total";
const KEYS: &str = "keycask_keys";
const OWNERS: &str = "keycask_owners";
const REALMS: &str = "keycask_realms";
const INDEX: &str = "keycask_index_bytes";
const HUGE: &str = "keycask_index_huge_bytes";

/// Tells the recorder of this process what the values of [`record_metrics`] are: once, after it was
/// installed.
pub fn describe_metrics() {
    let decisions = "Decisions since the store was opened, by result.";
    describe_counter!(DECISIONS, Unit::Count, decisions);
    describe_counter!(COMMITS, Unit::Count, "Commits of the store, in all its life.");
    describe_gauge!(KEYS, Unit::Count, "Keys in the file, in whatever state.");
    describe_gauge!(OWNERS, Unit::Count, "Owners in the file.");
    describe_gauge!(REALMS, Unit::Count, "Realms in the file.");
    describe_gauge!(INDEX, Unit::Bytes, "The table in memory.");
    describe_gauge!(HUGE, Unit::Bytes, "The table in memory, as far as it is on huge pages.");
}

/// Gives the recorder of this process what a store counts, as it is now: call it before values are
/// collected. `keycask_verify_total` has the label `result`: `granted`, `unpresented`, or the
/// [reason](crate::Reason::name). No label names a key, an owner or a realm.
///
/// It reads the file's counts, in some microseconds, and costs decisions nothing.
///
/// # Errors
///
/// Those of [`Store::stats`].
pub fn record_metrics(store: &Store) -> Result<()> {
    for (result, count) in store.decision_counts().by_name() {
        counter!(DECISIONS, "result" => result).absolute(count);
    }
    let stats = store.stats()?;
    counter!(COMMITS).absolute(stats.seq);
    for (name, value) in [
        (KEYS, stats.keys),
        (OWNERS, stats.owners),
        (REALMS, stats.realms),
        (INDEX, stats.index_bytes),
        (HUGE, stats.index_huge_bytes),
    ] {
        gauge!(name).set(as_float(value));
    }
    Ok(())
}

/// The facade's gauges are floating-point numbers: exact to 2^53.
#[allow(clippy::cast_precision_loss, reason = "a gauge has no other type")]
const fn as_float(value: u64) -> f64 {
    value as f64
}
