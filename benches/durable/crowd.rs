//! Many writers at once.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::rounds::micros;

pub const WRITERS: usize = 64;

/// How long the writers of one round write.
pub const TIME: Duration = Duration::from_millis(300);

/// Runs `op` in 64 threads over and over, and gives how long each took in microseconds.
pub fn write(op: &(impl Fn() + Sync)) -> Vec<f64> {
    let barrier = Barrier::new(WRITERS);
    let writer = || {
        let mut times = Vec::with_capacity(1 << 12);
        barrier.wait();
        let start = Instant::now();
        while start.elapsed() < TIME {
            let one = Instant::now();
            op();
            times.push(micros(one.elapsed()));
        }
        times
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS).map(|_| scope.spawn(writer)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}
