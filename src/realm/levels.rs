//! How deep a profile's TOML is nested, found out before anything is made of it.
//!
//! What reads TOML, and what drops it again, calls itself once a level. Its own limits are on the
//! parts of one name and on tables and arrays within each other, and may be multiplied: so levels
//! of all kinds are counted together here.

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, Source, Span};

/// Most levels: names in a name with dots, tables and arrays, one within the other. A profile has
/// five.
pub(super) const LEVELS_MAX: usize = 16;

/// Where `text` is nested too deep, if it is. What is wrong with it otherwise is not told.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let mut levels = Levels::default();
    parse_document(&Source::new(text).lex().into_vec(), &mut levels, &mut ());
    levels.too_deep
}

/// The levels above what is read next.
#[derive(Default)]
struct Levels {
    /// Names in the name of the table.
    table: usize,
    /// Names in the name of the value, so far.
    name: usize,
    /// Levels that each open table or array within a value has added.
    open: Vec<usize>,
    too_deep: Option<usize>,
}

impl Levels {
    fn enter(&mut self, span: Span) -> bool {
        self.open.push(self.name.saturating_add(1));
        self.name = 0;
        self.check(span)
    }

    fn leave(&mut self) {
        self.open.pop();
        self.name = 0;
    }

    /// Whether there are not too many, at `span`.
    fn check(&mut self, span: Span) -> bool {
        let open = self.open.iter().fold(0, |sum: usize, more| sum.saturating_add(*more));
        let all = open.saturating_add(self.table).saturating_add(self.name);
        if all > LEVELS_MAX && self.too_deep.is_none() {
            self.too_deep = Some(span.start());
        }
        self.too_deep.is_none()
    }

    /// The name of a table begins.
    fn begin(&mut self) {
        (self.table, self.name) = (0, 0);
        self.open.clear();
    }

    fn named(&mut self) {
        (self.table, self.name) = (self.name, 0);
    }
}

impl EventReceiver for Levels {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.begin();
    }

    fn std_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.named();
    }

    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.begin();
    }

    fn array_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.named();
    }

    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.enter(span)
    }

    fn inline_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.leave();
    }

    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.enter(span)
    }

    fn array_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.leave();
    }

    fn simple_key(&mut self, span: Span, _: Option<Encoding>, _: &mut dyn ErrorSink) {
        // Once it is too deep nothing more is to be known, of however many names.
        if self.too_deep.is_none() {
            self.name = self.name.saturating_add(1);
            self.check(span);
        }
    }

    fn scalar(&mut self, _: Span, _: Option<Encoding>, _: &mut dyn ErrorSink) {
        self.name = 0;
    }

    fn value_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.name = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_all_kinds_are_counted_together() {
        let names = |count: usize| vec!["a"; count].join(".");
        for (kind, text) in [
            ("names", (|n| vec!["a"; n].join(".") + " = 1") as fn(usize) -> String),
            ("a table's names", |n| format!("[{}]\na = 1", vec!["a"; n - 1].join("."))),
            ("tables' names", |n| format!("[[{}]]\na = 1", vec!["a"; n - 1].join("."))),
            ("arrays", |n| format!("a = {}1{}", "[".repeat(n - 1), "]".repeat(n - 1))),
            ("tables", |n| {
                format!("a{} = 1{}", " = {a".repeat((n - 1) / 2), "}".repeat((n - 1) / 2))
            }),
        ] {
            let most = if kind == "tables" { LEVELS_MAX - 1 } else { LEVELS_MAX };
            assert_eq!(too_deep(&text(most)), None, "{kind}: {}", text(most));
            assert!(too_deep(&text(most + 2)).is_some(), "{kind}: {}", text(most + 2));
        }
        // Values beside each other are no deeper for it.
        let many = format!("a = [{}]\n", "{b.c = [1, 2], d = 3}, ".repeat(100)).repeat(100);
        assert_eq!(too_deep(&format!("{many}[{}]\n{many}", names(9))), None);
        assert!(too_deep(&format!("{many}[{}]\n{many}", names(12))).is_some());
    }
}
