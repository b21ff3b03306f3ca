//! keycask for Python: the engine's `Store` as `keycask._keycask`, which `keycask` gives out.
//!
//! A file is one noun. Each that has journeys adds its own methods to [`store::Store`]. What they
//! give is a Python class of the package, made by [`record`]; what is decided often is a
//! class of Rust: `Verdict`, `Grant`, `Outcome`, `Answer`.
#![forbid(unsafe_code)]

#[macro_use]
mod record;

mod actor;
mod audit;
mod backup;
#[cfg(feature = "bench")]
mod bench;
mod changes;
mod clock;
mod code;
mod explain;
mod filter;
mod fork;
mod grant;
mod import;
mod issue;
mod key;
mod leaks;
mod life;
mod list;
mod names;
mod observe;
mod open;
mod owner;
mod pepper;
mod present;
mod progress;
mod realm;
mod request;
mod spec;
mod stats;
mod stop;
mod store;
mod tend;
mod text;
mod time;
mod token;
mod value;
mod verdict;
mod verify;

/// The compiled part of `keycask`.
#[pyo3::pymodule(name = "_keycask")]
mod module {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::audit::AuditEntry;
    #[pymodule_export]
    use crate::clock::Clock;
    #[pymodule_export]
    use crate::fork::inherited;
    #[pymodule_export]
    use crate::grant::Grant;
    #[pymodule_export]
    use crate::present::{Answer, Outcome};
    #[pymodule_export]
    use crate::progress::Progress;
    #[pymodule_export]
    use crate::request::Request;
    #[pymodule_export]
    use crate::store::Store;
    #[pymodule_export]
    use crate::token::Token;
    #[pymodule_export]
    use crate::verdict::Verdict;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("CODES", crate::code::table(module.py())?)?;
        module.add("ISSUE_MAX", keycask::ISSUE_MAX)?;
        module.add("PAGE_MAX", keycask::PAGE_MAX)?;
        #[cfg(feature = "bench")]
        module.add_function(wrap_pyfunction!(crate::bench::rust_verify, module)?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
