//! The fields of a record, one after another: fixed little-endian integers, then text with
//! its length before it. Reading is total: whatever the bytes are, it ends in a value or in
//! an error that says what is wrong with them.

use crate::error::{Error, ErrorKind, Result};

/// What is left to read of one record.
pub(super) struct Fields<'a> {
    record: &'static str,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Begins to read the `record` in `bytes`: its version byte, which must be `known`.
    pub(super) fn new(record: &'static str, known: u8, bytes: &'a [u8]) -> Result<Self> {
        let mut fields = Self { record, rest: bytes };
        match fields.u8()? {
            version if version == known => Ok(fields),
            version if version > known => Err(Error::new(
                ErrorKind::Newer,
                format!("{record} record: version {version}, this program reads up to {known}"),
            )),
            version => Err(fields.corrupt(&format!("version {version} never was"))),
        }
    }

    /// An error that says `why` these bytes are no record.
    #[cold]
    pub(super) fn corrupt(&self, why: &str) -> Error {
        Error::new(ErrorKind::Corrupt, format!("{} record: {why}", self.record))
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| self.corrupt("it ends in the middle of a field"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.corrupt("it ends in the middle of a field"))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn u128(&mut self) -> Result<u128> {
        self.array().map(u128::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// The next `len` bytes, as fields of the same record.
    pub(super) fn part(&mut self, len: usize) -> Result<Self> {
        Ok(Self { record: self.record, rest: self.take(len)? })
    }

    /// An error that says that a later version wrote `what`.
    #[cold]
    pub(super) fn newer(&self, what: &str) -> Error {
        let why = format!("{} record: {what} is of a later version", self.record);
        Error::new(ErrorKind::Newer, why)
    }

    /// A byte of flags, of which only those in `known` may be set.
    pub(super) fn flags(&mut self, known: u8) -> Result<u8> {
        match self.u8()? {
            flags if flags & !known == 0 => Ok(flags),
            flags => Err(self.corrupt(&format!("flags {flags:#04x} are not all known"))),
        }
    }

    /// The text called `name`, of at most `max` bytes.
    pub(super) fn text(&mut self, name: &str, max: usize) -> Result<String> {
        let len = usize::from(self.u16()?);
        if len > max {
            return Err(self.corrupt(&format!("{name} has {len} bytes, at most {max}")));
        }
        let text = self.take(len)?;
        let text =
            std::str::from_utf8(text).map_err(|_| self.corrupt(&format!("{name} is not UTF-8")))?;
        Ok(text.to_owned())
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Ends the record: nothing may be left.
    pub(super) fn end(self) -> Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.corrupt(&format!("{} bytes are left at its end", self.rest.len())))
    }
}

/// Appends the text called `name` with its length before it.
///
/// # Errors
///
/// `Argument` if it is longer than `max` bytes.
pub(super) fn put_text(out: &mut Vec<u8>, name: &str, text: &str, max: usize) -> Result<()> {
    let len = u16::try_from(text.len()).ok().filter(|len| usize::from(*len) <= max);
    let Some(len) = len else {
        return Err(Error::new(
            ErrorKind::Argument,
            format!("{name}: {} bytes, at most {max}", text.len()),
        ));
    };
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(())
}
