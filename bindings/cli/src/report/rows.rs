//! The first rows of a list, and how many there are.

use std::time::Duration;

use keycask::{KeyInfo, Timestamp};

use crate::when;

/// The first rows of a list that may be long.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) heads: &'static [&'static str],
    pub(super) first: Vec<Vec<String>>,
    /// How many rows there would be.
    pub(super) total: u64,
    most: usize,
}

impl Rows {
    /// No row; of those that come, `most` are kept.
    pub(super) const fn new(heads: &'static [&'static str], most: usize) -> Self {
        Self { heads, first: Vec::new(), total: 0, most }
    }

    /// Counts one row, and keeps it if there is room.
    pub(super) fn add(&mut self, row: impl FnOnce() -> Vec<String>) {
        self.total = self.total.saturating_add(1);
        if self.first.len() < self.most {
            self.first.push(row());
        }
    }

    /// The first cell of the first row.
    pub(super) fn example(&self) -> &str {
        self.first.first().and_then(|row| row.first()).map_or("KEY", String::as_str)
    }
}

/// Tells of `key`, in `realm`, with `fact`: a row under [`key_heads`].
pub(super) fn key(key: &KeyInfo, realm: &str, fact: String) -> Vec<String> {
    vec![
        key.key_id.to_string(),
        realm.to_owned(),
        key.owner.clone(),
        key.name.clone(),
        key.hint(),
        fact,
    ]
}

/// The day of an instant, or `never`.
pub(super) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..10).filter(|_| text.contains('T')).unwrap_or(&text).to_owned()
}

/// The minute of an instant, in UTC.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

/// A span in words, if it is of whole days.
pub(super) fn span(span: Duration) -> String {
    match when::span(span) {
        text if text.ends_with('d') => counted(span.as_secs() / 86_400, "day", "days"),
        text => text,
    }
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what is counted.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", number(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_first_rows_and_counts_all() {
        let mut rows = Rows::new(&["n"], 2);
        (0..5).for_each(|n| rows.add(|| vec![n.to_string()]));
        assert_eq!((rows.total, rows.first.len(), rows.example()), (5, 2, "0"));
        assert_eq!(Rows::new(&["n"], 2).example(), "KEY");
    }

    #[test]
    fn numbers_and_instants_are_as_people_read_them() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(span(Duration::from_secs(90 * 86_400)), "90 days");
        assert_eq!(span(Duration::from_secs(36 * 3600)), "36h");
        assert_eq!(counted(1, "key", "keys"), "1 key");
        assert_eq!(counted(2000, "key", "keys"), "2,000 keys");
        let at = Timestamp::parse("2026-01-31T04:05:06Z").unwrap();
        assert_eq!(day(at), "2026-01-31");
        assert_eq!(minute(at), "2026-01-31 04:05 UTC");
        assert_eq!(
            (day(Timestamp::NEVER), minute(Timestamp::NEVER)),
            ("never".into(), "never".into())
        );
    }
}
