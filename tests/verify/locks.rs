//! Locks: a writer that stops in the middle of a change holds up other writers, and no verify.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use keycask::{Clock, Options, Spec, Store, SystemClock, Timestamp};

use super::kit::{Scene, by};

thread_local! {
    /// Whether this thread stops when it reads the clock, as a plan does that has its turn.
    static STOPS: Cell<bool> = const { Cell::new(false) };
}

#[derive(Default)]
struct Gate {
    /// Whether a thread has stopped, and whether it may go on.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    fn stop(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 = true;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |(_, open)| !*open).unwrap());
    }

    fn open(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }

    fn wait_for_stop(&self) {
        let state = self.state.lock().unwrap();
        let limit = Duration::from_secs(60);
        let waited = self.changed.wait_timeout_while(state, limit, |(stopped, _)| !*stopped);
        assert!(!waited.unwrap().1.timed_out(), "no writer has read the clock");
    }
}

struct Stopping(Arc<Gate>, SystemClock);

impl Clock for Stopping {
    fn now(&self) -> Timestamp {
        if STOPS.get() {
            self.0.stop();
        }
        self.1.now()
    }

    fn uptime(&self) -> Duration {
        self.1.uptime()
    }
}

fn issue(store: &Store, acme: keycask::RealmRef) {
    store.issue(&Spec::new(acme, "live", "free"), &by()).unwrap();
}

#[test]
fn a_writer_that_stops_in_its_turn_holds_up_writers_and_no_verify() {
    let gate = Arc::new(Gate::default());
    let clock = Stopping(Arc::clone(&gate), SystemClock::new());
    let mut scene = Scene::new(Options::new().clock(clock));
    let (store, acme) = (Arc::clone(&scene.store), scene.acme);
    let writer = |stops| {
        let store = Arc::clone(&store);
        thread::spawn(move || {
            STOPS.set(stops);
            issue(&store, acme);
        })
    };
    let stopped = writer(true);
    gate.wait_for_stop();
    let waiting = writer(false);
    let verifying = thread::spawn(move || {
        scene.present_fresh();
        (0..1_000).for_each(|_| scene.present_all());
    });
    let start = Instant::now();
    while !verifying.is_finished() && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(1));
    }
    let verified = verifying.is_finished();
    // Who takes the lock that the writer holds does notice.
    let held_up = !waiting.is_finished() && !stopped.is_finished();
    gate.open();
    for thread in [stopped, waiting, verifying] {
        thread.join().unwrap();
    }
    assert!(verified, "a verify waited for a writer");
    assert!(held_up, "no writer waited for the one that stopped");
}
