//! A profile's TOML, read field by field.
//!
//! Every error names the source, the line and the field. A [`Section`] remembers which
//! fields were asked for and refuses the rest when it is closed, so that a misspelt field
//! is never silently ignored.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::levels::{LEVELS_MAX, too_deep};
use crate::error::{Error, ErrorKind, Result};

/// The text of a profile, and the name that errors give it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'a> Source<'a> {
    /// Longest profile in bytes.
    pub(super) const MAX: usize = 256 * 1024;

    /// The profile `text`, which came from `name`.
    pub(super) fn new(name: &'a str, text: &'a str) -> Result<Self> {
        if text.len() > Self::MAX {
            let why = format!("{name}: a profile of {} bytes; at most 262144", text.len());
            return Err(Error::new(ErrorKind::Profile, why));
        }
        Ok(Self { name, text })
    }

    /// Parses the whole text.
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>> {
        if let Some(at) = too_deep(self.text) {
            let (line, why) = (self.line(at), format!("more than {LEVELS_MAX} levels"));
            let why = format!("{}:{line}: nested too deep: {why}", self.name);
            return Err(Error::new(ErrorKind::Profile, why));
        }
        DeTable::parse(self.text).map_err(|error| {
            let line = self.line(error.span().map_or(0, |span| span.start));
            let why = error.message();
            Error::new(ErrorKind::Profile, format!("{}:{line}: not TOML: {why}", self.name))
        })
    }

    fn line(self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
    }

    fn error(self, at: usize, field: &str, why: &str) -> Error {
        let line = self.line(at);
        Error::new(ErrorKind::Profile, format!("{}:{line}: {field}: {why}", self.name))
    }
}

/// A table of the profile.
pub(super) struct Section<'a> {
    source: Source<'a>,
    path: String,
    at: usize,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The outermost table.
    pub(super) fn root(source: Source<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { source, path: String::new(), at: 0, table: table.get_ref(), asked: Vec::new() }
    }

    /// The field `name`, if it is there.
    pub(super) fn field(&mut self, name: &'static str) -> Option<Field<'a>> {
        self.asked.push(name);
        let (_, value) = self.table.iter().find(|(key, _)| key.get_ref() == name)?;
        Some(self.place(name, value))
    }

    /// The field `name`, which must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Result<Field<'a>> {
        self.field(name).ok_or_else(|| {
            self.source.error(self.at, &self.path_of(name), "missing; it has no default")
        })
    }

    /// The table `name`, if it is there.
    pub(super) fn section(&mut self, name: &'static str) -> Result<Option<Section<'a>>> {
        self.field(name).map(|field| field.section()).transpose()
    }

    /// The tables of the array `name`, at most `most`; none if it is not there.
    pub(super) fn sections(&mut self, name: &'static str, most: usize) -> Result<Vec<Section<'a>>> {
        let Some(field) = self.field(name) else { return Ok(Vec::new()) };
        field.items(most)?.into_iter().map(|item| item.section()).collect()
    }

    /// Every field, for a table whose field names are the profile's own choice.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        self.table.iter().map(|(key, value)| {
            let name: &str = key.get_ref();
            (name, self.place(name, value))
        })
    }

    /// Refuses a field that was not asked for.
    pub(super) fn close(self) -> Result<()> {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let why = format!("unknown field; here stand {}", self.asked.join(", "));
                return Err(self.source.error(key.span().start, &self.path_of(name), &why));
            }
        }
        Ok(())
    }

    /// The error that says `why` about the whole table.
    pub(super) fn error(&self, why: impl AsRef<str>) -> Error {
        let path = if self.path.is_empty() { "profile" } else { &self.path };
        self.source.error(self.at, path, why.as_ref())
    }

    fn place(&self, name: &str, value: &'a Spanned<DeValue<'a>>) -> Field<'a> {
        let at = value.span().start;
        Field { source: self.source, path: self.path_of(name), at, value: value.get_ref() }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A value of the profile.
#[derive(Clone)]
pub(super) struct Field<'a> {
    source: Source<'a>,
    path: String,
    at: usize,
    value: &'a DeValue<'a>,
}

impl<'a> Field<'a> {
    /// The text that stands here.
    pub(super) fn text(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong("a string"))
    }

    /// The true or false that stands here.
    pub(super) fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    /// The whole number of `least..=most` that stands here.
    pub(super) fn number(&self, least: u32, most: u32) -> Result<u32> {
        let integer = self.value.as_integer().ok_or_else(|| self.wrong("a whole number"))?;
        u32::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| self.error(format!("want {least} to {most}, not {}", integer.as_str())))
    }

    /// The length of `least..=most` that stands here.
    pub(super) fn length(&self, least: usize, most: usize) -> Result<usize> {
        let bound = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let length = self.number(bound(least), bound(most))?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// The items of the array that stands here, at most `most`.
    pub(super) fn items(&self, most: usize) -> Result<Vec<Field<'a>>> {
        let array = self.value.as_array().ok_or_else(|| self.wrong("an array"))?;
        if array.len() > most {
            return Err(self.error(format!("{} items; at most {most}", array.len())));
        }
        let place = |item: &'a Spanned<DeValue<'a>>| Field {
            source: self.source,
            path: self.path.clone(),
            at: item.span().start,
            value: item.get_ref(),
        };
        Ok(array.iter().map(place).collect())
    }

    /// The table that stands here.
    pub(super) fn section(&self) -> Result<Section<'a>> {
        let table = self.value.as_table().ok_or_else(|| self.wrong("a table"))?;
        let (source, path, at) = (self.source, self.path.clone(), self.at);
        Ok(Section { source, path, at, table, asked: Vec::new() })
    }

    /// The error that says `why` about this value.
    pub(super) fn error(&self, why: impl AsRef<str>) -> Error {
        self.source.error(self.at, &self.path, why.as_ref())
    }

    fn wrong(&self, want: &str) -> Error {
        self.error(format!("want {want}, not {}", self.value.type_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, f: impl FnOnce(Section<'_>) -> Result<()>) -> String {
        let source = Source::new("p.toml", text).unwrap();
        let table = match source.parse() {
            Ok(table) => table,
            Err(error) => return error.to_string(),
        };
        f(Section::root(source, &table)).map_or_else(|e| e.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn an_error_names_source_line_and_field() {
        let text = "a = 1\n\n[b]\nc = \"x\"\n[[d]]\ne = 7\n[[d]]\ne = 8\nf = 9\n";
        let deep = |mut root: Section<'_>| {
            root.field("a");
            let mut b = root.section("b")?.unwrap();
            assert_eq!(b.required("c")?.text()?, "x");
            let wrong = b.required("c")?.flag().unwrap_err().to_string();
            assert_eq!(wrong, "p.toml:4: b.c: want true or false, not string");
            b.close()?;
            for mut d in root.sections("d", 2)? {
                assert!((7..=8).contains(&d.required("e")?.number(1, 9)?));
                d.close()?;
            }
            root.close()
        };
        assert_eq!(read(text, deep), "p.toml:9: d.f: unknown field; here stand e");
    }

    #[test]
    fn a_missing_field_is_told_at_its_table() {
        let told = read("a = 1\n[[d]]\nx = 1\n", |mut root| {
            root.sections("d", 1)?.pop().unwrap().required("y").map(drop)
        });
        assert_eq!(told, "p.toml:2: d.y: missing; it has no default");
    }

    #[test]
    fn text_that_is_not_toml_is_told_with_its_line() {
        assert!(read("a = 1\nb = = 2\n", |_| Ok(())).starts_with("p.toml:2: not TOML: "));
        assert!(read("a = 1\na = 2\n", |_| Ok(())).starts_with("p.toml:2: not TOML: duplicate"));
    }

    #[test]
    fn a_number_outside_its_range_is_refused_with_the_range() {
        for bad in ["0", "10", "-1", "99999999999999999999"] {
            let told =
                read(&format!("a = {bad}"), |mut root| root.required("a")?.number(1, 9).map(drop));
            assert_eq!(told, format!("p.toml:1: a: want 1 to 9, not {bad}"));
        }
        assert_eq!(read("a = 0x9", |mut r| r.required("a")?.number(1, 9).map(drop)), "ok");
    }

    #[test]
    fn a_profile_over_its_size_is_refused() {
        let text = "#".repeat(Source::MAX + 1);
        let told = Source::new("p.toml", &text).err().unwrap().to_string();
        assert_eq!(told, "p.toml: a profile of 262145 bytes; at most 262144");
    }
}
