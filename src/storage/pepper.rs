//! The header while the pepper is rotated or retired: the one thing in the file beside rows that
//! says what they are.

use super::batch::Batch;
use super::errors::OrFail;
use super::header::{Header, Numbered, Peppers};
use super::tables::{HEADER, META};
use super::{Storage, tables};
use crate::digest::Pepper;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

/// A header that is to take the place of the store's.
#[derive(Clone)]
pub(crate) struct NewHeader(Header);

impl Storage {
    /// Which of `peppers` are those of the present generation and of the one before, if keys are
    /// still on that.
    ///
    /// # Errors
    ///
    /// `Pepper`.
    pub(crate) fn match_peppers<'p>(
        &self,
        peppers: Peppers<'p>,
    ) -> Result<(Numbered<'p>, Option<Numbered<'p>>)> {
        self.header().match_peppers(peppers)
    }

    /// The header with `new` as its pepper, beside `now`, which it is.
    ///
    /// # Errors
    ///
    /// `Conflict` if another one is beside it already; `Random`.
    pub(crate) fn rotated(
        &self,
        now: Option<&Pepper>,
        new: &Pepper,
        random: &Random,
    ) -> Result<NewHeader> {
        self.header().rotated(now, new, random).map(NewHeader)
    }

    /// The header with `now` alone, which is its pepper.
    ///
    /// # Errors
    ///
    /// `Random`.
    pub(crate) fn retired(&self, now: Option<&Pepper>, random: &Random) -> Result<NewHeader> {
        self.header().retired(now, random).map(NewHeader)
    }

    /// Takes notice of a header that is durable.
    pub(crate) fn note_header(&self, new: NewHeader) {
        *self.header.write().unwrap_or_else(std::sync::PoisonError::into_inner) = new.0;
    }

    /// Refuses if the file has another header by now than `header`: a copy that was begun with it
    /// may have rows of a later one.
    pub(super) fn still_under(&self, header: &Header) -> Result<()> {
        let row = tables::header(&self.current().handle.begin_read()?)?;
        if row.as_deref() == Some(&*header.encode(&self.shared.keys)) {
            return Ok(());
        }
        let why = "the pepper was rotated or retired meanwhile: begin again";
        Err(Error::new(ErrorKind::Conflict, why))
    }
}

impl Batch {
    /// Puts `header` in the place of the store's.
    pub(crate) fn put_header(&mut self, header: &NewHeader) -> Result<()> {
        self.attempt_numbered(|batch| {
            let row = header.0.encode(&batch.storage.keys);
            batch.raw(META)?.insert(HEADER, row.as_slice()).or_fail("write meta")?;
            Ok(())
        })
    }
}
