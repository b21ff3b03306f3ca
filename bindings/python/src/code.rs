//! The numbers of outcomes, which are the statuses of the C ABI: 0 granted, above 0 a denial,
//! below 0 a failure. A test holds them against `include/keycask.h`.

use keycask::{Reason, Unpresented};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Names and numbers. A name is the engine's own, but for those that are made here: `other`,
/// `unpresented`, `panic`, `closed`, `gone`, `moved`.
const CODES: [(&str, i32); 46] = [
    ("malformed", 1),
    ("unknown", 2),
    ("revoked", 3),
    ("suspended", 4),
    ("owner_suspended", 5),
    ("not_yet_valid", 6),
    ("expired", 7),
    ("idle", 8),
    ("network", 9),
    ("scope", 10),
    ("rate_limited", 11),
    ("quota_exhausted", 12),
    ("other", 13),
    ("unpresented", 31),
    ("missing", 32),
    ("empty", 33),
    ("repeated", 34),
    ("wrong_header", 35),
    ("wrong_scheme", 36),
    ("spaces", 37),
    ("not_ascii", 38),
    ("argument", -1),
    ("profile", -2),
    ("not_found", -3),
    ("conflict", -4),
    ("cap", -5),
    ("locked", -6),
    ("read_only", -7),
    ("permission", -8),
    ("foreign", -9),
    ("newer", -10),
    ("pepper", -11),
    ("corrupt", -12),
    ("full", -13),
    ("io", -14),
    ("poisoned", -15),
    ("indeterminate", -16),
    ("random", -17),
    ("internal", -18),
    ("forked", -19),
    ("panic", -20),
    ("closed", -22),
    ("gone", -23),
    ("rolled_back", -24),
    ("unconfirmed", -25),
    ("moved", -26),
];

/// All of them, for Python.
pub(crate) fn table(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for (name, code) in CODES {
        table.set_item(name, code)?;
    }
    Ok(table)
}

/// The number of a denial that has none yet.
pub(crate) const OTHER: i32 = 13;

fn of(name: &str) -> i32 {
    let known = CODES.iter().find(|(known, _)| *known == name);
    known.map_or(OTHER, |(_, code)| *code)
}

/// The number of a denial.
pub(crate) fn of_reason(reason: Reason) -> i32 {
    of(reason.name())
}

/// The number of a request that presents no token.
pub(crate) fn of_unpresented(why: Unpresented) -> i32 {
    of(why.name())
}
