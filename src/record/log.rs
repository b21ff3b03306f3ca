//! The ops of one commit, as the log keeps them.

use super::fields::Fields;
use super::op::Op;
use crate::error::{Error, ErrorKind, Result};

// A row of the log, version 1. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 version  1
//      1    4 count    of ops
//      5      ops      drawn in op.rs, one after another
// ```
const VERSION: u8 = 1;

/// A row of the log while its commit is being made.
#[derive(Default)]
pub(crate) struct LogRow {
    count: u32,
    ops: Vec<u8>,
}

impl LogRow {
    /// Appends `ops`.
    ///
    /// # Errors
    ///
    /// `Argument` if a text of a record is over its limit, or there are 2^32 ops: nothing was
    /// appended then.
    pub(crate) fn push(&mut self, ops: &[Op]) -> Result<()> {
        let count = u32::try_from(ops.len()).ok().and_then(|more| self.count.checked_add(more));
        let count = count.ok_or_else(|| Error::new(ErrorKind::Argument, "too many ops"))?;
        let len = self.ops.len();
        for op in ops {
            op.append_to(&mut self.ops).inspect_err(|_| self.ops.truncate(len))?;
        }
        self.count = count;
        Ok(())
    }

    /// The value of the row, without its MAC.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [&[VERSION], self.count.to_le_bytes().as_slice(), self.ops.as_slice()].concat()
    }

    /// How many ops the row with this value has.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it, `Corrupt` if none did.
    pub(crate) fn count(value: &[u8]) -> Result<u32> {
        Fields::new("log", VERSION, value)?.u32()
    }

    /// The ops of the row with this value, in order. Digests and addresses in them are all zeros.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it, `Corrupt` if none did.
    pub(crate) fn decode(value: &[u8]) -> Result<Vec<Op>> {
        let mut fields = Fields::new("log", VERSION, value)?;
        let count = fields.u32()?;
        let mut ops = Vec::new();
        for _ in 0..count {
            ops.push(Op::take(&mut fields)?);
        }
        fields.end()?;
        Ok(ops)
    }
}
