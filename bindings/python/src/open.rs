//! Create and open a store, and how.

use std::path::PathBuf;

use keycask::{Decisions, Options, Pepper, SealingKey};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::clock::Clock;
use crate::progress::Progress;
use crate::stop::{Stop, argument};
use crate::store::Store;
use crate::value;

/// The 32 bytes of a pepper or a sealing key, where Python has them.
pub(crate) fn secret<'v>(what: &str, value: &'v Bound<'_, PyAny>) -> Result<&'v [u8; 32], Stop> {
    let bytes = value.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes();
    bytes.try_into().map_err(|_| argument(format!("{what}: want 32 bytes")))
}

/// The number that an option is.
fn number<'py, T>(name: &str, value: &Bound<'py, PyAny>) -> Result<T, Stop>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    value::read(value).map_err(|stop| stop.of(name))
}

#[derive(FromPyObject)]
struct Patterns {
    idle: std::time::Duration,
    late: std::time::Duration,
    denials: u32,
    within: std::time::Duration,
}

/// Options as keywords. One that is None is as if it were not there.
pub(crate) fn options(given: Option<&Bound<'_, PyDict>>) -> Result<Options, Stop> {
    let mut options = Options::new();
    for (name, value) in given.into_iter().flatten() {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        options = match name.as_str() {
            "pepper" => options.pepper(Pepper::new(secret(&name, &value)?)),
            "previous_pepper" => options.previous_pepper(Pepper::new(secret(&name, &value)?)),
            "sealing_key" => options.sealing_key(SealingKey::new(secret(&name, &value)?)),
            "import_secrets" => {
                for (name, secret) in value.cast::<PyDict>().map_err(PyErr::from)? {
                    let secret = secret.cast::<PyBytes>().map_err(PyErr::from)?;
                    options = options.import_secret(name.extract::<String>()?, secret.as_bytes());
                }
                options
            }
            "clock" => options.clock(value.cast::<Clock>().map_err(PyErr::from)?.get().hands()),
            "read_only" => options.read_only(value.extract()?),
            "cache_bytes" => options.cache_bytes(number(&name, &value)?),
            "log_len" => options.log_len(number(&name, &value)?),
            "min_seq" => options.min_seq(number(&name, &value)?),
            "lease_max" => options.lease_max(number(&name, &value)?),
            "progress" => {
                options.progress(value.cast::<Progress>().map_err(PyErr::from)?.get().reporter())
            }
            "decisions" => options.decisions(decisions(&value)?),
            "patterns" => {
                let Patterns { idle, late, denials, within } = value::read(&value)?;
                let patterns = keycask::Patterns::new().idle(idle).late(late);
                options.patterns(patterns.scope_denials(denials, within))
            }
            _ => {
                let why = format!("{name:?} is no option of a store");
                return Err(PyTypeError::new_err(why).into());
            }
        };
    }
    Ok(options)
}

/// `"never"`, `"denials"`, or a number n: every denial and one grant in n.
fn decisions(value: &Bound<'_, PyAny>) -> Result<Decisions, Stop> {
    let Ok(name) = value.cast::<PyString>() else {
        return number("decisions", value).map(Decisions::Sample);
    };
    match &*name.to_cow()? {
        "never" => Ok(Decisions::Never),
        "denials" => Ok(Decisions::Denials),
        _ => Err(argument("decisions: want \"never\", \"denials\" or a number")),
    }
}

#[pymethods]
impl Store {
    /// Makes a store in a new file at `path`, which must not exist, and opens it. The options are
    /// those of `open`.
    ///
    /// Raises `ConflictError` if something is at `path`; `NotFoundError` if its directory is
    /// missing, `PermissionError` if that cannot be written; `FullError`, `IoError`,
    /// `RandomError`; `ArgumentError` for an option that cannot be.
    #[staticmethod]
    #[pyo3(signature = (path, **options))]
    fn create(
        py: Python<'_>,
        path: PathBuf,
        options: Option<&Bound<'_, PyDict>>,
    ) -> Result<Self, Stop> {
        let options = self::options(options)?;
        Ok(Self::new(py.detach(|| options.create(path))?))
    }

    /// Opens the store in the file at `path`.
    ///
    /// `pepper`, 32 bytes: the secret that keys digests, as the store was made with.
    /// `previous_pepper`: the one before, until all keys have left it. `sealing_key`, 32 bytes:
    /// opens tokens that may be shown again. `import_secrets`: names and bytes of other systems'
    /// secrets. `clock`: a `Clock`, for tests. `read_only`: beside the process that writes, as of
    /// this opening. `cache_bytes`: of pages of the file. `log_len`: how many ops `changes` can go
    /// back. `min_seq`: refuses a file that is older. `lease_max`: credits that are in memory
    /// ahead of the file. `progress`: a `Progress` to look at. `decisions`: which to keep for
    /// `decisions()`: "never", "denials", or n for one grant in n as well. `patterns`: a
    /// `Patterns` to look for.
    ///
    /// Raises `NotFoundError` without a file; `LockedError` if another process or handle has it
    /// open for writing, as with several workers of a server; `PepperError`, `ForeignError`,
    /// `NewerError`, `CorruptError`, `RolledBackError`; `PermissionError`, `IoError`;
    /// `ArgumentError` for an option that cannot be.
    #[staticmethod]
    #[pyo3(signature = (path, **options))]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        options: Option<&Bound<'_, PyDict>>,
    ) -> Result<Self, Stop> {
        let options = self::options(options)?;
        Ok(Self::new(py.detach(|| options.open(path))?))
    }
}
