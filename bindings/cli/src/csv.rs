//! Rows for a spreadsheet, as RFC 4180 has them.

use csv::{Terminator, Writer, WriterBuilder};
use keycask::{Error, ErrorKind, Result};

use crate::output::{Fields, write_data};

/// Rows that are written together.
const ROWS: usize = 500;

/// What a cell may begin with that spreadsheets take for a formula; owners and names are foreign
/// text. <https://owasp.org/www-community/attacks/CSV_Injection>
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// Rows that are being written: before the first, the names of its fields.
pub(crate) struct Csv {
    rows: Writer<Vec<u8>>,
    waiting: usize,
    headed: bool,
}

impl Csv {
    pub(crate) fn new() -> Self {
        Self { rows: writer(), waiting: 0, headed: false }
    }

    /// Adds a row, which has the fields of the first one.
    ///
    /// # Errors
    ///
    /// `Io` if standard output does not take it.
    pub(crate) fn row(&mut self, fields: &Fields) -> Result<()> {
        if !self.headed {
            self.rows.write_record(fields.names()).map_err(failed)?;
            self.headed = true;
        }
        self.rows.write_record(fields.cells().map(harmless)).map_err(failed)?;
        self.waiting = self.waiting.saturating_add(1);
        if self.waiting < ROWS { Ok(()) } else { self.write() }
    }

    /// Writes what is left.
    ///
    /// # Errors
    ///
    /// As for [`row`](Self::row).
    pub(crate) fn end(mut self) -> Result<()> {
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        self.waiting = 0;
        let rows = std::mem::replace(&mut self.rows, writer());
        let bytes = rows.into_inner().map_err(|e| failed(e.into_error().into()))?;
        write_data(&bytes)
    }
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new())
}

/// The cell, as text in any spreadsheet: also in one that ends a cell at each semicolon.
fn harmless(cell: String) -> String {
    let mut told = String::with_capacity(cell.len());
    let mut begins = true;
    for c in cell.chars() {
        if begins && FORMULA.contains(&c) {
            told.push('\'');
        }
        begins = c == ';' || begins && matches!(c, ' ' | '"');
        told.push(c);
    }
    told
}

fn failed(error: csv::Error) -> Error {
    Error::new(ErrorKind::Io, "CSV").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_keeps_to_itself() {
        let fields = Fields::new().with("owner", "=1+1").with("name", "a,\"b\"").with("n", 3);
        let mut csv = Csv::new();
        csv.headed = true;
        csv.rows.write_record(fields.cells().map(harmless)).unwrap();
        let text = String::from_utf8(csv.rows.into_inner().unwrap()).unwrap();
        assert_eq!(text, "'=1+1,\"a,\"\"b\"\"\",3\r\n");
        for (cell, told) in [
            ("x;=1+1;y", "x;'=1+1;y"),
            ("; \"@a\"", "; \"'@a\""),
            (" ;  -1;;+2", " ;  '-1;;'+2"),
            ("a=b-c", "a=b-c"),
        ] {
            assert_eq!(harmless(cell.to_owned()), told);
        }
    }
}
