//! What one thread does while another one works.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Two threads of which one measures in bursts what it does while the other works. Each burst
/// begins when both have a processor: on a busy machine they seldom have, and beside a thread that
/// waits for one nothing is slow.
#[derive(Default)]
pub struct Beside {
    /// The burst that is to be, then the one that the other thread works in, then the last one
    /// that is over.
    wanted: AtomicU64,
    begun: AtomicU64,
    over: AtomicU64,
    floods: AtomicBool,
    ended: AtomicBool,
}

impl Beside {
    /// Waits until something holds. False if all has ended before.
    fn wait(&self, mut holds: impl FnMut() -> bool) -> bool {
        for turn in 1_u64.. {
            if holds() {
                return true;
            }
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
            if turn.is_multiple_of(1_000) { thread::yield_now() } else { hint::spin_loop() }
        }
        false
    }

    /// Does `work` in every burst until all has ended.
    pub fn work(&self, mut work: impl FnMut(bool)) {
        let _end = End(self);
        let (mut last, wanted) = (0, || self.wanted.load(Ordering::Acquire));
        while self.wait(|| wanted() > last) {
            last = wanted();
            let floods = self.floods.load(Ordering::Relaxed);
            self.begun.store(last, Ordering::Relaxed);
            while self.over.load(Ordering::Relaxed) < last && !self.ended.load(Ordering::Relaxed) {
                work(floods);
            }
        }
    }

    pub fn burst(&self, floods: bool, burst: impl FnOnce()) {
        self.floods.store(floods, Ordering::Relaxed);
        let this = self.wanted.fetch_add(1, Ordering::Release) + 1;
        assert!(self.wait(|| self.begun.load(Ordering::Relaxed) == this), "the other has ended");
        burst();
        self.over.store(this, Ordering::Relaxed);
    }
}

/// Ends both threads with the one that has it, also when that panics.
pub struct End<'a>(pub &'a Beside);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}
