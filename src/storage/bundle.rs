//! Rows that are checked together, because the MACs of many take less time than those of each.

use super::mac::{Mac, MacKeys, confirm, parts, split, too_short};
use super::set::Element;
use crate::error::Result;

/// How many rows are checked together at most.
const ROWS: usize = 64;

/// How many bytes of rows are held at most, but for the last row.
const BYTES: usize = 64 << 10;

/// Rows of one table that were read and not checked yet.
pub(super) struct Bundle<'t, const N: usize> {
    table: &'t str,
    /// What is hashed of each row, one after another.
    text: Vec<u8>,
    rows: Vec<Row<N>>,
}

/// Where a row is in the text.
struct Row<const N: usize> {
    key: [u8; N],
    start: usize,
    body: usize,
    end: usize,
    /// None if the value was too short to have one.
    mac: Option<Mac>,
}

impl<'t, const N: usize> Bundle<'t, N> {
    /// An empty bundle of rows of `table`.
    pub(super) fn new(table: &'t str) -> Self {
        Self { table, text: Vec::new(), rows: Vec::with_capacity(ROWS) }
    }

    pub(super) fn push(&mut self, key: &[u8; N], value: &[u8]) {
        let (body, mac) = split(value).map_or((value, None), |(body, mac)| (body, Some(*mac)));
        let start = self.text.len();
        parts(self.table, key, body, |parts| {
            parts.iter().for_each(|part| self.text.extend_from_slice(part));
        });
        let end = self.text.len();
        let body = end.saturating_sub(body.len());
        self.rows.push(Row { key: *key, start, body, end, mac });
    }

    /// Whether it is time to check.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.text.len() >= BYTES
    }

    /// Checks the rows in their order, gives the key, body and element of each that is right to
    /// `each`, and empties the bundle.
    ///
    /// # Errors
    ///
    /// `Corrupt`, naming the first row that is wrong, after those before it were given; what
    /// `each` refuses with.
    pub(super) fn check(
        &mut self,
        keys: &MacKeys,
        mut each: impl FnMut(&[u8; N], &[u8], &Element) -> Result<()>,
    ) -> Result<()> {
        let within = |start, end| self.text.get(start..end).unwrap_or_default();
        let texts: Vec<&[u8]> = self.rows.iter().map(|row| within(row.start, row.end)).collect();
        let hashes = keys.hash_many(&texts);
        for (row, (want, element)) in self.rows.iter().zip(&hashes) {
            let mac = row.mac.as_ref().ok_or_else(|| too_short(self.table, &row.key))?;
            confirm(self.table, &row.key, mac, want)?;
            each(&row.key, within(row.body, row.end), element)?;
        }
        self.text.clear();
        self.rows.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::mac::StoreKey;
    use super::*;
    use crate::error::ErrorKind;
    use crate::random::Random;

    type Rows = Vec<([u8; 8], Vec<u8>)>;

    /// Rows of many lengths, some longer than are hashed beside others.
    fn rows(keys: &MacKeys) -> Rows {
        let row = |n: u64| {
            let body = vec![n as u8; if n % 29 == 5 { 2_000 } else { 150 + n as usize % 9 }];
            (n.to_be_bytes(), keys.seal("keys", &n.to_be_bytes(), body).0)
        };
        (0..150).map(row).collect()
    }

    /// What a scan in bundles gives, and how it ends.
    fn scan(keys: &MacKeys, rows: &Rows) -> (Vec<(Vec<u8>, Element)>, Result<()>) {
        let mut given = Vec::new();
        let mut bundle = Bundle::new("keys");
        let mut check = |bundle: &mut Bundle<'_, 8>| {
            bundle.check(keys, |key, body, element| {
                assert_eq!(*key, (given.len() as u64).to_be_bytes());
                given.push((body.to_vec(), *element));
                Ok(())
            })
        };
        let mut result = Ok(());
        for (key, value) in rows {
            bundle.push(key, value);
            if bundle.is_full() && result.is_ok() {
                result = check(&mut bundle);
            }
        }
        let result = result.and_then(|()| check(&mut bundle));
        (given, result)
    }

    fn keys() -> MacKeys {
        MacKeys::new(&StoreKey::random(&Random::system()).unwrap())
    }

    #[test]
    fn rows_open_together_to_what_each_opens_to() {
        let keys = keys();
        let rows = rows(&keys);
        let (given, result) = scan(&keys, &rows);
        result.unwrap();
        assert_eq!(given.len(), rows.len());
        for ((body, element), (key, value)) in given.iter().zip(&rows) {
            assert_eq!(keys.open("keys", key, value).unwrap(), (body.as_slice(), *element));
        }
    }

    #[test]
    fn the_first_row_that_is_wrong_is_named_after_all_before_it_were_given() {
        let keys = keys();
        for wrong in [0, 1, 63, 64, 149] {
            for what in 0..3 {
                let mut rows = rows(&keys);
                // Whatever comes after it is wrong, too.
                for (_, value) in &mut rows[wrong..] {
                    match what {
                        0 => value[3] ^= 1,
                        1 => *value.last_mut().unwrap() ^= 1,
                        _ => value.truncate(15),
                    }
                }
                let (given, result) = scan(&keys, &rows);
                let (key, value) = &rows[wrong];
                let (error, alone) = (result.unwrap_err(), keys.open("keys", key, value));
                assert_eq!(given.len(), wrong);
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert_eq!(error.message(), alone.unwrap_err().message());
            }
        }
    }

    #[test]
    fn what_a_taker_refuses_comes_before_what_is_wrong_with_later_rows() {
        let keys = keys();
        let mut bundle = Bundle::new("keys");
        bundle.push(&[0; 8], &keys.seal("keys", &[0; 8], vec![1]).0);
        bundle.push(&[1; 8], &[0; 40]);
        let refused = bundle.check(&keys, |_, _, _| Err(too_short("owners", &[0; 4])));
        assert!(refused.unwrap_err().message().starts_with("owners"));
    }
}
