//! Operations that callers named: which were done, kept as long as their commits are in the log.

use redb::{ReadableTable, TableHandle};

use super::apply::{move_row, moved};
use super::batch::Batch;
use super::errors::OrFail;
use super::tables::{BY_SEQ, OPERATIONS, by_seq_row, operation_of};
use super::view::{View, missing, named};
use crate::error::{Error, ErrorKind, Result};
use crate::record::OperationRecord;

/// The most operations that one commit takes out: as many as can come with one, so that they
/// leave no slower than they come.
const OPERATIONS_CUT: usize = 256;

impl View<'_> {
    /// The operation `id`, if it was done and is still known.
    pub(crate) fn operation(&self, id: &str) -> Result<Option<OperationRecord>> {
        let body = self.body(OPERATIONS, id.as_bytes())?;
        body.map(|body| decode(id, &body)).transpose()
    }

    /// Every operation has its row in `by_seq`, and is of a commit that there was.
    pub(super) fn check_operations(&self) -> Result<()> {
        let last = self.state()?.seq;
        for row in self.table(OPERATIONS)?.all()? {
            let (id, value) = row.or_fail("read operations")?;
            let (body, _) = self.mac_keys().open(OPERATIONS.name(), id.value(), value.value())?;
            let operation = decode(text(id.value())?, body)?;
            let row = by_seq_row(operation.seq, &operation.id);
            if self.table(BY_SEQ)?.get(row.as_slice())?.is_none() {
                return Err(missing(BY_SEQ.name(), &row, "it"));
            }
            if operation.seq > last {
                return Err(missing(OPERATIONS.name(), id.value(), "its commit"));
            }
        }
        Ok(())
    }
}

impl Batch {
    /// Keeps `operation` as done with this commit, whose seq it is given.
    pub(crate) fn note(&mut self, operation: &mut OperationRecord) -> Result<()> {
        self.attempt_numbered(|batch| {
            operation.seq = batch.state.seq.saturating_add(1);
            let id = operation.id.as_str();
            let old = batch.put(OPERATIONS, id.as_bytes(), operation.encode())?;
            let old = old.map(|body| decode(id, &body)).transpose()?;
            let old = old.map(|old| by_seq_row(old.seq, id));
            let new = by_seq_row(operation.seq, id);
            move_row(&mut batch.raw(BY_SEQ)?, old.as_deref(), Some(new.as_slice()))?;
            let count = &mut batch.state.counts.operations;
            *count = moved(*count, old.is_some(), true);
            Ok(())
        })
    }

    /// Takes out operations whose commits are no longer in the log.
    pub(super) fn cut_operations(&mut self) -> Result<()> {
        if self.state.counts.operations == 0 {
            return Ok(());
        }
        let end = self.state.first.to_be_bytes();
        let old: Vec<Vec<u8>> = self
            .raw(BY_SEQ)?
            .range(..end.as_slice())
            .or_fail("read by_seq")?
            .take(OPERATIONS_CUT)
            .map(|row| Ok(row.or_fail("read by_seq")?.0.value().to_vec()))
            .collect::<Result<_>>()?;
        for row in old {
            let (_, id) = operation_of(&row).ok_or_else(|| {
                Error::new(ErrorKind::Corrupt, "by_seq: a row is too short to be one")
            })?;
            let there = self.take(OPERATIONS, id)?;
            there.ok_or_else(|| missing(OPERATIONS.name(), id, "it"))?;
            move_row(&mut self.raw(BY_SEQ)?, Some(row.as_slice()), None)?;
            let count = &mut self.state.counts.operations;
            *count = moved(*count, true, false);
        }
        Ok(())
    }
}

fn decode(id: &str, body: &[u8]) -> Result<OperationRecord> {
    named(OperationRecord::decode(id, body), OPERATIONS.name(), id.as_bytes())
}

fn text(id: &[u8]) -> Result<&str> {
    std::str::from_utf8(id).map_err(|_| missing(OPERATIONS.name(), id, "UTF-8 in its id"))
}
