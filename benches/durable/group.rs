//! Group commit as plainly as it can be, for what has none of its own.

use std::sync::{Condvar, Mutex};

/// Writers that share commits. Those who come while one commits wait; then the first of them
/// commits for all that wait.
pub struct Group<R> {
    state: Mutex<State<R>>,
    bell: Condvar,
}

struct State<R> {
    waiting: Vec<R>,
    busy: bool,
    /// How many records were ever put in, and how many of them are durable.
    put: u64,
    durable: u64,
}

impl<R> Group<R> {
    pub fn new() -> Self {
        let state = State { waiting: Vec::new(), busy: false, put: 0, durable: 0 };
        Self { state: Mutex::new(state), bell: Condvar::new() }
    }

    /// Returns once `record` is durable; `commit` makes the records of all who wait so.
    pub fn write(&self, record: R, commit: impl FnOnce(Vec<R>)) {
        let mut state = self.state.lock().unwrap();
        state.waiting.push(record);
        state.put += 1;
        let mine = state.put;
        state = self.bell.wait_while(state, |state| state.busy && state.durable < mine).unwrap();
        if state.durable >= mine {
            return;
        }
        state.busy = true;
        let (records, durable) = (std::mem::take(&mut state.waiting), state.put);
        drop(state);
        commit(records);
        state = self.state.lock().unwrap();
        (state.busy, state.durable) = (false, durable);
        drop(state);
        self.bell.notify_all();
    }
}
