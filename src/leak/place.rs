//! Where in a text something stands.

use memchr::{memchr_iter, memrchr};

/// Where in a text something begins. Everything counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Bytes before it, from the beginning of the text.
    pub offset: u64,
    /// Its line, from 1. A line ends with a line feed.
    pub line: u64,
    /// Its first byte's number in that line, from 1.
    pub column: u64,
}

/// The lines of a text, as far as it was passed.
#[derive(Default)]
pub(super) struct Lines {
    /// Bytes that were passed.
    passed: u64,
    /// Lines that ended in them.
    ended: u64,
    /// Where the line began that had not ended.
    start: u64,
}

impl Lines {
    /// Bytes that were passed.
    pub(super) const fn passed(&self) -> u64 {
        self.passed
    }

    /// Passes the bytes that come next.
    pub(super) fn pass(&mut self, text: &[u8]) {
        if let Some(last) = memrchr(b'\n', text) {
            let ended = memchr_iter(b'\n', text).count();
            self.ended = self.ended.saturating_add(ended as u64);
            self.start = self.passed.saturating_add(last as u64).saturating_add(1);
        }
        self.passed = self.passed.saturating_add(text.len() as u64);
    }

    /// The place of the byte that comes next.
    pub(super) const fn place(&self) -> Place {
        Place {
            offset: self.passed,
            line: self.ended.saturating_add(1),
            column: self.passed.saturating_sub(self.start).saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_those_of_an_editor_that_counts_bytes() {
        let text = b"ab\n\nc\r\n\xC3\xA9d";
        for cut in 0..=text.len() {
            let mut lines = Lines::default();
            for at in 0..=text.len() {
                let before = &text[..at];
                let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
                let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                // Up to `cut` in one step, from there on byte by byte.
                if at < cut {
                    continue;
                }
                lines.pass(&text[lines.passed() as usize..at]);
                let place = lines.place();
                assert_eq!(
                    (place.offset, place.line, place.column),
                    (at as u64, line as u64, (at - start + 1) as u64)
                );
            }
        }
    }
}
