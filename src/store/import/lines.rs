//! Import from lines of JSON, some thousand keys a commit.

use std::io::{BufRead, Read};

use zeroize::{Zeroize, Zeroizing};

use super::buffer::Buffer;
use super::taken::Taken;
use super::{ImportOutcome, ImportRules};
use crate::actor::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Step, Tally};
use crate::spec::{Import, ImportLines, LINE_MAX, told};
use crate::store::{ISSUE_MAX, Store};

/// What became of the lines of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Lines that were read, empty ones left out.
    pub lines: u64,
    /// Keys that were imported, or in a dry run would be.
    pub imported: u64,
    /// Keys that the store had already.
    pub known: u64,
    /// Lines that were refused.
    pub refused: u64,
}

impl ImportReport {
    /// What an import is said to have failed with, of which this was done before.
    fn before(&self, error: Error) -> Error {
        let done = self.imported;
        error.adding(format_args!("{done} keys of earlier lines were imported"))
    }
}

/// Most bytes of the lines that are imported in one commit. In memory a line takes up to 14 times
/// its length.
const BATCH_BYTES: usize = 4 << 20;

/// Lines that are imported in one commit.
#[derive(Default)]
struct Batch {
    keys: Vec<Import>,
    /// The number of each one's line.
    numbers: Vec<u64>,
    bytes: usize,
    /// Lines that are refused, and why.
    refused: Vec<(u64, Error)>,
}

impl Batch {
    fn put(&mut self, key: Import, number: u64, bytes: usize) {
        self.keys.push(key);
        self.numbers.push(number);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn has_room(&self) -> bool {
        self.keys.len().max(self.refused.len()) < ISSUE_MAX && self.bytes < BATCH_BYTES
    }
}

impl Store {
    /// Imports the key of each line of `from`, a JSON object as [`ImportLines`] reads it.
    ///
    /// Up to [`ISSUE_MAX`] lines, or 4 MiB of them, are one commit, as [`import`](Self::import)
    /// does it, and no more are in memory. `refused` is told of each line that is refused, in
    /// order, by its number from 1, without anything that stands in it. If they are not to be
    /// [skipped](ImportRules::skip_refused), the first batch with one is not imported and nothing
    /// after it; what was imported before stays, and the same lines can be given again: what the
    /// store has is known. A dry run first finds all that is wrong with the lines, and takes half
    /// the memory that their keys will take. `from` is read through a buffer that is wiped: it
    /// needs none of its own, which would keep tokens.
    /// [Progress](crate::Options::progress) is told of.
    ///
    /// # Errors
    ///
    /// For the first refused line, with its number; `Io` if `from` cannot be read; those of
    /// [`import`](Self::import). If keys of earlier lines were imported, it says how many.
    pub fn import_lines(
        &self,
        lines: &ImportLines,
        from: impl Read,
        rules: &ImportRules,
        by: &Actor,
        mut refused: impl FnMut(u64, &Error),
    ) -> Result<ImportReport> {
        self.realms.load().get(lines.realm)?;
        let mut tally = Tally::new(self.report.as_ref(), Step::Import, 0);
        let (mut report, mut number) = (ImportReport::default(), 0_u64);
        let mut from = Buffer::new(from);
        // As long as any line that is taken, so that it never grows, which would leave a copy.
        let mut line = Zeroizing::new(Vec::with_capacity(LINE_MAX.saturating_add(1)));
        let mut taken = Taken::default();
        let mut more = true;
        // Nothing is there of a dry run, and nothing to tell of a first batch.
        let failed = |report: &ImportReport, error| {
            if report.imported == 0 || rules.dry_run { error } else { report.before(error) }
        };
        while more {
            let mut batch = Batch::default();
            while batch.has_room() {
                // Beyond its length it is wiped already.
                line.as_mut_slice().zeroize();
                line.clear();
                more = read_line(&mut from, &mut line).map_err(|error| failed(&report, error))?;
                if !more {
                    break;
                }
                number = number.saturating_add(1);
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                report.lines = report.lines.saturating_add(1);
                tally.row();
                match parse(lines, &line) {
                    Ok(key) => batch.put(key, number, line.len()),
                    Err(error) => batch.refused.push((number, error)),
                }
            }
            // With a line that is refused already, it is tried for what else there is to tell.
            let halts = rules.halt() && !batch.refused.is_empty();
            let tried = if halts { rules.dry_run(true) } else { *rules };
            // What was imported before is in the store.
            if !rules.dry_run {
                taken = Taken::default();
            }
            let outcomes = self.import_after(&mut taken, &batch.keys, &tried, by);
            let outcomes = outcomes.map_err(|error| failed(&report, error))?;
            for (outcome, number) in outcomes.iter().zip(&batch.numbers) {
                if let ImportOutcome::Refused(error) = outcome {
                    batch.refused.push((*number, told(error)));
                }
            }
            batch.refused.sort_by_key(|(number, _)| *number);
            batch.refused.iter().for_each(|(number, error)| refused(*number, error));
            if let Some((number, error)) = batch.refused.first().filter(|_| rules.halt()) {
                let why = format!("line {number}: {error}");
                return Err(report.before(Error::new(error.kind(), why)));
            }
            let lines = u64::try_from(batch.refused.len()).unwrap_or(u64::MAX);
            report.refused = report.refused.saturating_add(lines);
            for outcome in outcomes {
                let count = match outcome {
                    ImportOutcome::Imported(_) => &mut report.imported,
                    ImportOutcome::Known(_) => &mut report.known,
                    ImportOutcome::Refused(_) => continue,
                };
                *count = count.saturating_add(1);
            }
        }
        tally.end();
        Ok(report)
    }
}

/// Reads one line without its end. False if there is none. Of one that is too long, so much is
/// read that it shows.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    let failed =
        |e| Error::new(ErrorKind::Io, "the lines to import could not be read").caused_by(e);
    let most = u64::try_from(LINE_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let read = from.by_ref().take(most).read_until(b'\n', line).map_err(failed)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > LINE_MAX {
        loop {
            let buffer = from.fill_buf().map_err(failed)?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (len, all) = (buffer.len(), buffer.is_empty());
            from.consume(end.map_or(len, |end| end.saturating_add(1)));
            if all || end.is_some() {
                break;
            }
        }
    }
    Ok(read > 0)
}

fn parse(lines: &ImportLines, line: &[u8]) -> Result<Import> {
    let refuse = |why: &str| Error::new(ErrorKind::Argument, why);
    if line.len() > LINE_MAX {
        return Err(refuse(&format!("it is over {LINE_MAX} bytes long")));
    }
    lines.read(std::str::from_utf8(line).map_err(|_| refuse("it is not UTF-8"))?)
}
