//! The log: the ops of the last commits, for readers that follow.

use redb::ReadableTable;

use super::batch::Batch;
use super::errors::OrFail;
use super::tables::LOG;
use super::view::{missing, named};
use crate::error::{Error, ErrorKind, Result};
use crate::record::LogRow;

/// By how many ops the log may grow over its length before it is cut, and the most rows that
/// one commit takes off it: old rows lie together, so taking several at once costs few pages.
const LOG_SLACK: u64 = 64;
const LOG_CUT: u64 = 256;

impl Batch {
    /// Gives the commit its seq, and the log its row.
    pub(super) fn put_log(&mut self) -> Result<()> {
        let seq = self.state.seq.checked_add(1);
        let seq = seq.ok_or_else(|| Error::new(ErrorKind::Internal, "seq has no next number"))?;
        self.state.seq = seq;
        let body = self.log.encode();
        self.state.logged = self.state.logged.saturating_add(weight(&body)?);
        self.put(LOG, &seq.to_be_bytes(), body)?;
        self.cut_log()
    }

    /// Takes the oldest commits off the log, as far as it keeps its length without them.
    fn cut_log(&mut self) -> Result<()> {
        let length = self.storage.log_len;
        let (mut first, mut logged) = (self.state.first, self.state.logged);
        if logged < length.saturating_add(LOG_SLACK) {
            return Ok(());
        }
        let mut log = self.raw(LOG)?;
        let mut oldest = self.storage.oldest();
        for _ in 0..LOG_CUT {
            if first >= self.state.seq {
                break;
            }
            let weight = match *oldest {
                Some((seq, weight)) if seq == first => weight,
                _ => {
                    let row = first.to_be_bytes();
                    let old = log.get(&row).or_fail("cut the log")?;
                    let old = old.ok_or_else(|| missing("log", &row, "it"))?;
                    let (body, _) = self.storage.keys.open("log", &row, old.value())?;
                    named(weight(body), "log", &row)?
                }
            };
            *oldest = Some((first, weight));
            if logged.saturating_sub(weight) < length {
                break;
            }
            log.remove(&first.to_be_bytes()).or_fail("cut the log")?;
            first = first.saturating_add(1);
            logged = logged.saturating_sub(weight);
        }
        drop((log, oldest));
        (self.state.first, self.state.logged) = (first, logged);
        Ok(())
    }
}

/// How much the commit with this row counts for the length of the log: its ops, and one if it
/// has none.
pub(super) fn weight(log_row: &[u8]) -> Result<u64> {
    LogRow::count(log_row).map(|count| u64::from(count.max(1)))
}
