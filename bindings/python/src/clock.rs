//! A clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use keycask::Timestamp;
use pyo3::prelude::*;

use crate::time::Instant;
use crate::value;

/// A clock that stands still until it is set, for tests: `Store.open(path, clock=Clock(now))`.
///
/// A store goes by the machine's clock if it is given none.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Clock(Arc<Dial>);

/// Relaxed throughout: a reading orders nothing else.
struct Dial {
    now_ms: AtomicI64,
    /// How far it was moved forward in all: a step back does not undo time.
    uptime_ms: AtomicU64,
}

/// What an engine reads of it, without Python.
pub(crate) struct Hands(Arc<Dial>);

impl Clock {
    pub(crate) fn hands(&self) -> Hands {
        Hands(Arc::clone(&self.0))
    }
}

impl keycask::Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.now_ms.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.uptime_ms.load(Ordering::Relaxed))
    }
}

#[pymethods]
impl Clock {
    #[new]
    fn new(now: Instant) -> Self {
        let now_ms = AtomicI64::new(now.0.as_ms());
        Self(Arc::new(Dial { now_ms, uptime_ms: AtomicU64::new(0) }))
    }

    /// What it shows, to the millisecond.
    #[getter]
    fn now(&self) -> Instant {
        Instant(Timestamp::from_ms(self.0.now_ms.load(Ordering::Relaxed)))
    }

    /// Has it show `to`.
    fn set(&self, to: Instant) {
        let before = self.0.now_ms.swap(to.0.as_ms(), Ordering::Relaxed);
        let forward = to.0.since(Timestamp::from_ms(before)).as_millis();
        let forward = u64::try_from(forward).unwrap_or(0);
        self.0.uptime_ms.fetch_add(forward, Ordering::Relaxed);
    }

    /// Moves it on by `span`.
    fn advance(&self, #[pyo3(from_py_with = value::given)] span: Duration) {
        self.set(Instant(self.now().0.plus(span)));
    }
}

not_pickled!(Clock, "a clock is not pickled: it is one with the store that goes by it");
