//! A clock that stands still until it is moved.
#![allow(dead_code, reason = "each test moves it in its own ways")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use keycask::{Clock, Timestamp};

/// The calendar, and the uptime, in milliseconds. Clones are the same clock.
#[derive(Clone)]
pub struct Hands(Arc<[AtomicI64; 2]>);

impl Hands {
    /// A clock that was just started, at this time of the calendar.
    pub fn at(now: &str) -> Self {
        Self::at_ms(Timestamp::parse(now).unwrap().as_ms())
    }

    pub fn at_ms(now: i64) -> Self {
        Self(Arc::new([AtomicI64::new(now), AtomicI64::new(0)]))
    }

    /// Lets time pass.
    pub fn forward(&self, span: Duration) {
        let ms = i64::try_from(span.as_millis()).unwrap();
        self.0.iter().for_each(|hand| _ = hand.fetch_add(ms, Ordering::Relaxed));
    }

    /// Lets time pass to then.
    pub fn until(&self, then: &str) {
        self.forward(Timestamp::parse(then).unwrap().since(self.now()));
    }

    /// Moves the calendar forward or back; no time passes.
    pub fn step(&self, ms: i64) {
        self.0[0].fetch_add(ms, Ordering::Relaxed);
    }

    /// Moves the calendar back; no time passes.
    pub fn back(&self, span: Duration) {
        self.step(-i64::try_from(span.as_millis()).unwrap());
    }

    /// Sets the calendar; no time passes.
    pub fn set(&self, to: &str) {
        self.0[0].store(Timestamp::parse(to).unwrap().as_ms(), Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0[0].load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0[1].load(Ordering::Relaxed)).unwrap())
    }
}
