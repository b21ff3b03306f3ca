//! A fork of the process. Python tells of it with `os.register_at_fork`.

use pyo3::prelude::*;

/// Tells the engine, in a child, that it is one; gives the descriptors of the stores' files.
#[pyfunction]
pub(crate) fn inherited() -> Vec<i32> {
    keycask::forked().collect()
}
