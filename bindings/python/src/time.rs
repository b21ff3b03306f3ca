//! Instants, as `datetime` has them. Spans are `timedelta`, which PyO3 reads and makes.

use std::time::Duration;

use keycask::Timestamp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// An instant: an aware `datetime` to the millisecond, `keycask.NEVER` for none.
#[derive(Clone, Copy)]
pub(crate) struct Instant(pub Timestamp);

/// The first and last millisecond that `datetime` has.
const FIRST_MS: i64 = -62_135_596_800_000;
const LAST_MS: i64 = 253_402_300_799_999;

impl<'py> IntoPyObject<'py> for Instant {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        static INSTANT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static NEVER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if self.0 == Timestamp::NEVER {
            return NEVER.import(py, "keycask._time", "NEVER").cloned();
        }
        let ms = self.0.as_ms().clamp(FIRST_MS, LAST_MS);
        INSTANT.import(py, "keycask._time", "instant")?.call1((ms,))
    }
}

impl<'py> FromPyObject<'_, 'py> for Instant {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        static MILLISECONDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let milliseconds = MILLISECONDS.import(object.py(), "keycask._time", "milliseconds")?;
        let ms: Option<i64> = milliseconds.call1((object,))?.extract()?;
        Ok(Self(ms.map_or(Timestamp::NEVER, Timestamp::from_ms)))
    }
}

/// A span of milliseconds; none for one that never ends.
pub(crate) fn span(ms: u64) -> Option<Duration> {
    (ms != u64::MAX).then(|| Duration::from_millis(ms))
}
