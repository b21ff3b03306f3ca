//! Writing a file anew: every row, in the order of the tables and of their keys, so that pages
//! are as full as they can be and lie in order.
//!
//! The new file is made beside the old one, read back and compared row by row, and renamed over
//! it. Whenever a crash comes, the store's name has one of the two, each of them whole and with
//! the same rows. redb's own compaction moves pages and does not repack them.

use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{
    Key, ReadTransaction, ReadableTable, ReadableTableMetadata, StorageBackend, TableDefinition,
    TableHandle, Value, WriteTransaction,
};

use super::backend::Gate;
use super::errors::{OrFail, from_io, naming};
use super::file::{FileId, Place};
use super::handle::Handle;
use super::tables::{EachTable, each_table};
use super::{Current, Storage, StorageOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::process::Listed;
use crate::progress::{Report, Step, Tally};
use crate::random::Random;

/// A new file that is in place.
struct Rewritten {
    new: Current,
    gate: Arc<dyn Gate>,
    /// Of the old file and of the new one.
    lengths: [u64; 2],
    /// Whether it stays in place after a power cut.
    durable: Result<()>,
}

impl Storage {
    /// Puts a file with the same rows, written anew, in the place of this one, and goes on with
    /// it. Gives the lengths of both. Nobody may write meanwhile; views go on.
    ///
    /// # Errors
    ///
    /// `ReadOnly`, `Poisoned`, `Conflict` if the store's name has another file by now, `Full`,
    /// `Io`, `Permission`, `Corrupt`: the old file is in its place as it was. `Indeterminate` if
    /// it is not known which of the two a power cut would leave: then the store takes no more
    /// writes until it is reopened.
    pub(crate) fn rewrite(&self, random: &Random, report: Option<&Report>) -> Result<[u64; 2]> {
        self.writable()?;
        let place = self.place.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Argument, "the store has no file name, and cannot be compacted")
        })?;
        let doing = place.doing("compact");
        let rewritten = self.write_anew(place, random, report);
        let Rewritten { new, gate, lengths, durable } = rewritten.map_err(|e| naming(&doing, e))?;
        // The new file has the name now, whatever is still to fail.
        self.change(new, gate);
        durable.map(|()| lengths).map_err(|error| {
            self.shared.poison();
            let why = format!(
                "could not {doing}: the new file is in place, but a power cut may bring the old \
                 one back; reopen the store"
            );
            Error::new(ErrorKind::Indeterminate, why).caused_by(error)
        })
    }

    /// Makes the new file and puts it in place.
    fn write_anew(
        &self,
        place: &Place,
        random: &Random,
        report: Option<&Report>,
    ) -> Result<Rewritten> {
        let doing = "open the new file";
        let current = self.current();
        let old = place.still(current.file.get().copied())?;
        let draft = place.draft_over(random)?;
        let from = current.handle.begin_read()?;
        let rows = count_rows(&from)?;
        let tally = Tally::new(report, Step::Copy, rows);
        write_rows(&from, draft.backend(doing)?, tally)?;
        let file = draft.file()?;
        let (listed, id) = (Listed::new(&file), FileId::of(&file)?);
        let file = FileBackend::new(file).or_fail(doing)?;
        let options =
            StorageOptions { cache_bytes: self.cache_bytes, report, ..StorageOptions::new(None) };
        // What opening writes is held back until the file has been compared.
        let (handle, gate) = Handle::open(file, Some(listed), true, &options, doing)?;
        let tally = Tally::new(report, Step::Check, rows);
        compare_rows(&from, &handle.begin_read()?, tally)?;
        gate.release().map_err(|e| from_io(doing, e))?;
        let lengths = [old.len(), draft.len()?];
        let durable = draft.replace(&old)?;
        Ok(Rewritten { new: Current { handle, file: id.into() }, gate, lengths, durable })
    }
}

/// How many rows there are in all tables.
pub(super) fn count_rows(from: &ReadTransaction) -> Result<u64> {
    let mut count = Count { from, rows: 0 };
    each_table(&mut count)?;
    Ok(count.rows)
}

/// Writes all rows of `from` to the empty `backend`, and closes it.
pub(super) fn write_rows(
    from: &ReadTransaction,
    backend: impl StorageBackend,
    mut tally: Tally,
) -> Result<()> {
    let doing = "write the new file";
    let options = StorageOptions::new(None);
    let Handle::Write(mut database) = Handle::open(backend, None, false, &options, doing)?.0 else {
        return Err(Error::new(ErrorKind::ReadOnly, "a new file is made for writing"));
    };
    let mut to = database.begin_write().or_fail(doing)?;
    to.set_two_phase_commit(true);
    each_table(&mut Write { from, to: &to, tally: &mut tally })?;
    to.commit().or_fail(doing)?;
    // redb doubles a file that grows; this gives back what it has too much.
    database.compact().or_fail(doing)?;
    database.end(doing, |open| open.close().or_fail(doing))?;
    tally.end();
    Ok(())
}

/// Refuses unless `to` has the rows of `from` and no others.
pub(super) fn compare_rows(
    from: &ReadTransaction,
    to: &ReadTransaction,
    mut tally: Tally,
) -> Result<()> {
    each_table(&mut Compare { from, to, tally: &mut tally })?;
    tally.end();
    Ok(())
}

struct Count<'t> {
    from: &'t ReadTransaction,
    rows: u64,
}

impl EachTable for Count<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<()> {
        let table = self.from.open_table(table).or_fail("count rows")?;
        self.rows = self.rows.saturating_add(table.len().or_fail("count rows")?);
        Ok(())
    }
}

struct Write<'t> {
    from: &'t ReadTransaction,
    to: &'t WriteTransaction,
    tally: &'t mut Tally,
}

impl EachTable for Write<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<()> {
        let from = self.from.open_table(table).or_fail("read rows")?;
        let mut to = self.to.open_table(table).or_fail("write rows")?;
        for row in from.iter().or_fail("read rows")? {
            let (key, value) = row.or_fail("read rows")?;
            to.insert(key.value(), value.value()).or_fail("write rows")?;
            self.tally.row();
        }
        Ok(())
    }
}

struct Compare<'t> {
    from: &'t ReadTransaction,
    to: &'t ReadTransaction,
    tally: &'t mut Tally,
}

impl EachTable for Compare<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<()> {
        let name = table.name();
        let from = self.from.open_table(table).or_fail("read rows")?;
        let to = self.to.open_table(table).or_fail("read rows")?;
        let differs = || {
            let why = format!("{name}: the new file has other rows than the old one");
            Error::new(ErrorKind::Corrupt, why)
        };
        let mut copies = to.iter().or_fail("read rows")?;
        for row in from.iter().or_fail("read rows")? {
            let (key, value) = row.or_fail("read rows")?;
            let copy = copies.next().ok_or_else(differs)?;
            let (copy_key, copy_value) = copy.or_fail("read rows")?;
            let same = K::as_bytes(&key.value()).as_ref()
                == K::as_bytes(&copy_key.value()).as_ref()
                && V::as_bytes(&value.value()).as_ref()
                    == V::as_bytes(&copy_value.value()).as_ref();
            if !same {
                return Err(differs());
            }
            self.tally.row();
        }
        if copies.next().is_some() { Err(differs()) } else { Ok(()) }
    }
}
