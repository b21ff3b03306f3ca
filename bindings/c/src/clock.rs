//! A clock that the caller moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use engine::{Clock, Timestamp};

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Clone)]
pub(crate) struct Hands(Arc<Dial>);

/// Relaxed throughout: a reading orders nothing else.
struct Dial {
    now_ms: AtomicI64,
    /// How far it was moved forward in all: a step back does not undo time.
    uptime_ms: AtomicU64,
}

impl Hands {
    pub(crate) fn at(now: Timestamp) -> Self {
        let now_ms = AtomicI64::new(now.as_ms());
        Self(Arc::new(Dial { now_ms, uptime_ms: AtomicU64::new(0) }))
    }

    pub(crate) fn set(&self, to: Timestamp) {
        let before = Timestamp::from_ms(self.0.now_ms.swap(to.as_ms(), Ordering::Relaxed));
        let forward = u64::try_from(to.since(before).as_millis()).unwrap_or(0);
        self.0.uptime_ms.fetch_add(forward, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.now_ms.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.uptime_ms.load(Ordering::Relaxed))
    }
}
