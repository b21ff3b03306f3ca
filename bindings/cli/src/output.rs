//! What a run prints: data on standard output, for people as tables and for programs as
//! JSON, and everything else on standard error.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use keycask::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::unseen::seen;

/// The version of the JSON that every object carries. It grows when a field changes its
/// meaning or goes away; a new field leaves it.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Rows of a table that are laid out together.
const TABLE_ROWS: usize = 500;

/// Columns of a terminal into which long values are broken; a narrower one breaks lines itself.
const NARROWEST: u16 = 40;

/// One thing to show: names and values, in order.
///
/// In JSON the fields of an object, for people the rows of a table of two columns.
#[derive(Clone, Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// No field.
    pub(crate) fn new() -> Self {
        Self(Map::new())
    }

    /// Adds the field `name`.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Adds all fields of `other`.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The object on one line, without a line end: the schema's version, then the fields.
    pub(crate) fn json(&self) -> String {
        let mut map = Map::new();
        map.insert("schema_version".to_owned(), json!(SCHEMA_VERSION));
        map.extend(self.0.clone());
        Value::from(map).to_string()
    }

    /// The names of the fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The values, as people read them, each on one line.
    pub(crate) fn cells(&self) -> impl Iterator<Item = String> {
        self.0.values().map(text)
    }

    fn cell(&self, name: &str) -> String {
        self.0.get(name).map(text).unwrap_or_default()
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(members: Map<String, Value>) -> Self {
        Self(members)
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(fields.0)
    }
}

/// A value as people read it, on one line.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => seen(&text.replace(char::is_control, " ")),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let named = |(name, value): (&String, &Value)| format!("{name} {}", text(value));
            fields.iter().map(named).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Where a run prints, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// For programs if `json`, else for people.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints one thing. For people, fields without a value are left out.
    pub(crate) fn one(self, fields: &Fields) -> Result<()> {
        if self.json {
            return self.line(&fields.json());
        }
        let mut table = plain_table();
        // A terminal that does not know its width says 0.
        if table.width().is_some_and(|width| width >= NARROWEST) {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        for (name, value) in &fields.0 {
            let cell = text(value);
            if !cell.is_empty() {
                table.add_row([name.replace('_', " "), cell]);
            }
        }
        self.line(&laid_out(table))
    }

    /// Begins a list. For people it has `columns`; a program gets every field.
    pub(crate) fn list(self, columns: &'static [&'static str]) -> List {
        List { output: self, columns, table: plain_table(), rows: 0, headed: false }
    }

    /// Prints `text` and a line end on standard output.
    pub(crate) fn line(self, text: &str) -> Result<()> {
        write_data(&[text.as_bytes(), b"\n"].concat())
    }

    /// Tells people something that is not data. Programs are not told.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            say(text);
        }
    }

    /// Ends what was printed with how it ended: to people `text` on standard error, to programs
    /// `fields` as the last line of the data.
    pub(crate) fn end(self, text: &str, fields: &Fields) -> Result<()> {
        if self.json {
            return self.line(&fields.json());
        }
        say(text);
        Ok(())
    }

    /// Tells what went wrong.
    pub(crate) fn error(self, code: &str, message: &str) {
        if self.json {
            say(&Fields::new().with("code", code).with("message", message).json());
        } else {
            say(&format!("\u{1b}[1;31merror:\u{1b}[0m {message}"));
        }
    }
}

/// A list that is being printed: JSON line by line, a table some hundred rows at a time.
pub(crate) struct List {
    output: Output,
    columns: &'static [&'static str],
    table: Table,
    rows: usize,
    headed: bool,
}

impl List {
    /// Adds one row.
    pub(crate) fn row(&mut self, fields: &Fields) -> Result<()> {
        if self.output.json {
            return self.output.line(&fields.json());
        }
        if !self.headed {
            self.table.set_header(self.columns.iter().map(|name| heading(name)));
            self.headed = true;
        }
        self.table.add_row(self.columns.iter().map(|name| fields.cell(name)));
        self.rows = self.rows.saturating_add(1);
        if self.rows < TABLE_ROWS { Ok(()) } else { self.print() }
    }

    /// Prints what is left.
    pub(crate) fn end(mut self) -> Result<()> {
        self.print()
    }

    fn print(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let table = std::mem::replace(&mut self.table, plain_table());
        self.output.line(&laid_out(table))
    }
}

/// Writes a line to standard error, coloured only where that is wanted. If it cannot be
/// written there is nowhere left to say so.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn heading(name: &str) -> String {
    name.replace('_', " ").to_uppercase()
}

/// A table without lines, as wide as what stands in it: an id that is broken over two lines
/// cannot be copied.
fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// The text of a table, its first column at the left edge.
fn laid_out(mut table: Table) -> String {
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    table.trim_fmt()
}

/// Writes data to standard output, all of it.
pub(crate) fn write_data(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(unwritable)
}

/// The error for a standard output that does not take what is written.
pub(crate) fn unwritable(error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "standard output").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_says_its_version_first_and_keeps_the_order_of_its_fields() {
        let fields = Fields::new().with("b", 1).and(Fields::new().with("a", "x"));
        assert_eq!(fields.json(), r#"{"schema_version":1,"b":1,"a":"x"}"#);
    }

    #[test]
    fn a_cell_holds_no_line_end_and_no_escape() {
        assert_eq!(text(&json!("a\nb\u{1b}[31m")), "a b [31m");
        assert_eq!(text(&json!("ann\u{202E}txt.exe")), "ann[U+202E]txt.exe");
        assert_eq!(text(&json!(["a", "b"])), "a, b");
        assert_eq!(text(&json!({"limit": 3, "left": true})), "limit 3, left yes");
        assert_eq!(text(&Value::Null), "");
    }
}
