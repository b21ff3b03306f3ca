//! A disk in memory that a test holds by its switches: it can fail, hang, and keep a record
//! of all that it was told, from which a power cut is made.

use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use redb::{BackendError, StorageBackend};
use rustix::io::Errno;

use crate::storage::checking::THREAD;

/// One thing that a disk was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Write(u64, Arc<[u8]>),
    SetLen(u64),
    /// Everything before is durable once this has returned.
    Sync,
    /// A sync failed.
    SyncFailed,
    /// What the test says happened here.
    Mark(usize),
}

/// Which operation fails, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// How many operations succeed before.
    pub(crate) after: u64,
    pub(crate) errno: Errno,
    /// Whether all later ones fail too.
    pub(crate) for_ever: bool,
    /// Whether reads fail and count too.
    pub(crate) reads: bool,
    /// Whether half of a write that fails gets there.
    pub(crate) half: bool,
}

/// Which syncs say that they were done though they were not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lie {
    /// Those whose number is a multiple of this.
    pub(crate) each: u64,
    /// Whether they fail, or do nothing.
    pub(crate) fails: bool,
}

/// A file that a store is opened over; a clone is the same file.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Frame>);

struct Frame {
    state: Mutex<State>,
    bell: Condvar,
}

struct State {
    bytes: Vec<u8>,
    record: Option<Vec<Step>>,
    fault: Option<Fault>,
    /// Operations that succeeded; with reads, and without.
    done: [u64; 2],
    failed: u64,
    syncs: u64,
    lie: Option<Lie>,
    stuck: bool,
    /// Whether a sync that makes a new length durable waits.
    stuck_growing: bool,
    /// Whether the length has changed since the last sync.
    resized: bool,
    /// From where on it lets redb's check of the file wait for its bytes.
    stuck_check: Option<u64>,
    /// How many wait for a disk that is stuck.
    hanging: usize,
}

impl Disk {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let state = State {
            bytes,
            record: None,
            fault: None,
            done: [0; 2],
            failed: 0,
            syncs: 0,
            lie: None,
            stuck: false,
            stuck_growing: false,
            resized: false,
            stuck_check: None,
            hanging: 0,
        };
        Self(Arc::new(Frame { state: Mutex::new(state), bell: Condvar::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a reader finds now.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Keeps a record from now on.
    pub(crate) fn record(&self) {
        self.state().record = Some(Vec::new());
    }

    /// The record so far; it goes on anew.
    pub(crate) fn take_record(&self) -> Vec<Step> {
        self.state().record.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes in the record that something happened.
    pub(crate) fn mark(&self, mark: usize) {
        if let Some(record) = &mut self.state().record {
            record.push(Step::Mark(mark));
        }
    }

    /// Lets an operation fail, counted from now.
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault;
        state.done = [0; 2];
        state.failed = 0;
    }

    /// How many operations succeeded since [`fail`](Self::fail), with reads or without.
    pub(crate) fn done(&self, reads: bool) -> u64 {
        self.state().done[usize::from(!reads)]
    }

    /// How many operations failed since [`fail`](Self::fail).
    pub(crate) fn failed(&self) -> u64 {
        self.state().failed
    }

    /// How often it was synced.
    pub(crate) fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Lets some syncs say that they were done though they were not.
    pub(crate) fn lie(&self, lie: Option<Lie>) {
        self.state().lie = lie;
    }

    /// Lets every sync wait from now on, or no longer; but for one that makes a new length
    /// durable, during which redb lets nobody begin to read.
    pub(crate) fn stick(&self, stuck: bool) {
        self.state().stuck = stuck;
        self.0.bell.notify_all();
    }

    /// Lets every sync wait that makes a new length durable, or no longer.
    pub(crate) fn stick_growing(&self, stuck: bool) {
        self.state().stuck_growing = stuck;
        self.0.bell.notify_all();
    }

    /// Lets redb's check of a file that is opened wait for what stands
    /// from there on, or no longer.
    pub(crate) fn stick_check(&self, from: Option<u64>) {
        self.state().stuck_check = from;
        self.0.bell.notify_all();
    }

    /// Whether somebody waits for it to become longer.
    pub(crate) fn hangs_growing(&self) -> bool {
        let state = self.state();
        state.stuck_growing && state.resized && state.hanging > 0
    }

    /// Whether somebody waits for it.
    pub(crate) fn hangs(&self) -> bool {
        self.state().hanging > 0
    }
}

impl State {
    /// Counts an operation; fails if it is to fail.
    fn operate(&mut self, is_read: bool) -> io::Result<()> {
        if let Some(fault) = self.fault
            && (fault.reads || !is_read)
        {
            let done = self.done[usize::from(!fault.reads)];
            if done == fault.after && (fault.for_ever || self.failed == 0) {
                self.failed += 1;
                return Err(fault.errno.into());
            }
        }
        self.done[0] += 1;
        self.done[1] += u64::from(!is_read);
        Ok(())
    }

    fn put(&mut self, offset: u64, data: &[u8]) {
        let (start, end) = (offset as usize, offset as usize + data.len());
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[start..end].copy_from_slice(data);
        if let Some(record) = &mut self.record {
            record.push(Step::Write(offset, data.into()));
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        if thread::current().name() == Some(THREAD) {
            state.hanging += 1;
            while state.stuck_check.is_some_and(|from| offset >= from) {
                state = self.0.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.hanging -= 1;
        }
        state.operate(true)?;
        let start = offset as usize;
        let found = state.bytes.get(start..start + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.operate(false)?;
        state.bytes.resize(len as usize, 0);
        state.resized = true;
        if let Some(record) = &mut state.record {
            record.push(Step::SetLen(len));
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.hanging += 1;
        self.0.bell.notify_all();
        while if state.resized { state.stuck_growing } else { state.stuck } {
            state = self.0.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.hanging -= 1;
        state.resized = false;
        let done = state.operate(false);
        state.syncs += u64::from(done.is_ok());
        let lie = state.lie.filter(|lie| state.syncs.is_multiple_of(lie.each));
        if let Some(record) = &mut state.record {
            match (&done, lie) {
                (Ok(()), Some(Lie { fails: false, .. })) => {}
                (Ok(()), None) => record.push(Step::Sync),
                (Ok(()), Some(_)) | (Err(_), _) => record.push(Step::SyncFailed),
            }
        }
        done
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if let Err(error) = state.operate(false) {
            if state.fault.is_some_and(|fault| fault.half) {
                state.put(offset, &data[..data.len() / 2]);
            }
            return Err(error);
        }
        state.put(offset, data);
        Ok(())
    }

    // One process alone has the file.

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn try_lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(false)
    }
}
