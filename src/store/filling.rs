//! Fill the table in memory while a file is read.
//!
//! Reading rows and checking their MACs takes about as long as putting their keys into the
//! table, so once there are many a second thread does the latter. It ends before the opening
//! does. Where no thread is to be had, one does both.

use std::panic;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{Builder, JoinHandle};

use super::realms::Realms;
use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::key_id::KeyId;
use crate::record::{Op, RealmRecord};
use crate::storage::Loaded;
use crate::time::Timestamp;

/// How many rows are put into the table at a time.
const STEP: usize = 1024;

/// How many times as many rows wait for the other thread at most.
const AHEAD: usize = 8;

/// Takes the rows of a file, which come as realms, owners, keys, uses.
pub(super) struct Filling {
    index: Arc<Index>,
    /// Rows that were not put into the table yet.
    rows: Vec<Op>,
    uses: Vec<(KeyId, Timestamp)>,
    /// What fills the table on this thread.
    here: Filler,
    there: There,
}

/// What fills the table on the other thread.
enum There {
    NotYet,
    Running(SyncSender<Vec<Op>>, JoinHandle<Result<Filler>>),
    /// It cannot be, or was and has ended.
    None,
}

/// The realms that rows are read by.
#[derive(Default)]
struct Filler {
    records: Vec<RealmRecord>,
    realms: Option<Realms>,
}

impl Filling {
    /// Fills an empty table, in which so many keys are expected.
    pub(super) fn new(keys: usize) -> Self {
        let (index, rows) = (Arc::new(Index::new(keys)), Vec::with_capacity(STEP));
        Self { index, rows, uses: Vec::new(), here: Filler::default(), there: There::NotYet }
    }

    pub(super) fn take(&mut self, loaded: Loaded) -> Result<()> {
        match loaded {
            Loaded::Row(op) => self.rows.push(op),
            Loaded::Used(key, at) => {
                self.uses.push((key, at));
                return Ok(());
            }
        }
        if self.rows.len() < STEP {
            return Ok(());
        }
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(STEP));
        if matches!(self.there, There::NotYet) {
            self.there = self.start();
        }
        let There::Running(to, _) = &self.there else { return self.here.put(rows, &self.index) };
        if to.send(rows).is_ok() {
            return Ok(());
        }
        self.join()?;
        Err(Error::new(ErrorKind::Internal, "the table was no longer filled"))
    }

    /// The table once all rows are in it, and the realms.
    pub(super) fn finish(mut self) -> Result<(Index, Realms)> {
        self.join()?;
        self.here.put(std::mem::take(&mut self.rows), &self.index)?;
        self.index.recall(std::mem::take(&mut self.uses));
        let Filler { records, realms } = std::mem::take(&mut self.here);
        let index = Arc::clone(&self.index);
        drop(self);
        let shared = || Error::new(ErrorKind::Internal, "the table is still being filled");
        let index = Arc::into_inner(index).ok_or_else(shared)?;
        Ok((index, realms.map_or_else(|| Realms::new(&records), Ok)?))
    }

    fn start(&self) -> There {
        let (to, from) = mpsc::sync_channel::<Vec<Op>>(AHEAD);
        let index = Arc::clone(&self.index);
        let fill = move || {
            let mut filler = Filler::default();
            from.into_iter().try_for_each(|rows| filler.put(rows, &index)).map(|()| filler)
        };
        let thread = Builder::new().name("keycask open".to_owned()).spawn(fill);
        thread.map_or(There::None, |thread| There::Running(to, thread))
    }

    /// Ends the other thread, if there is one, and takes over from it.
    fn join(&mut self) -> Result<()> {
        let There::Running(to, thread) = std::mem::replace(&mut self.there, There::None) else {
            return Ok(());
        };
        drop(to);
        self.here = thread.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))?;
        Ok(())
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        // An opening that failed takes the other thread along.
        if let There::Running(to, thread) = std::mem::replace(&mut self.there, There::None) {
            drop(to);
            let _ = thread.join();
        }
    }
}

impl Filler {
    fn put(&mut self, mut rows: Vec<Op>, index: &Index) -> Result<()> {
        let realms = rows.iter().take_while(|op| matches!(op, Op::Realm(_))).count();
        for op in rows.drain(..realms) {
            if let Op::Realm(record) = op {
                self.records.push(record);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let realms = match self.realms.take() {
            Some(realms) => realms,
            None => Realms::new(&self.records)?,
        };
        index.load(&rows, &realms)?;
        self.realms = Some(realms);
        Ok(())
    }
}
