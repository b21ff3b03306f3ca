//! The part of a text that is in memory.

use std::io::{self, Read};
use std::ops::Range;

use zeroize::Zeroizing;

/// A window that moves over a text: what a token may begin in, one byte before it, and as much
/// after it as the longest token and one byte more. It is wiped, since tokens pass through it.
pub(super) struct Window {
    bytes: Zeroizing<Vec<u8>>,
    len: usize,
    /// Where in the bytes a token may begin that was not looked for yet.
    fresh: usize,
    /// Bytes of the text before the window.
    before: u64,
    longest: usize,
    is_last: bool,
}

impl Window {
    /// A window for tokens of up to `longest` bytes, that reads up to `read` bytes at once.
    pub(super) fn new(read: usize, longest: usize) -> Self {
        // One byte stands before what is fresh.
        let size = read.saturating_add(longest).saturating_add(1);
        let bytes = Zeroizing::new(vec![0; size]);
        Self { bytes, len: 0, fresh: 0, before: 0, longest, is_last: false }
    }

    /// Moves on over what was searched, and reads until the window or the text is at its end.
    pub(super) fn advance(&mut self, text: &mut impl Read) -> io::Result<()> {
        let searched = self.starts().end;
        let kept = searched.saturating_sub(1);
        self.bytes.copy_within(kept..self.len, 0);
        self.before = self.before.saturating_add(kept as u64);
        self.len = self.len.saturating_sub(kept);
        self.fresh = searched.saturating_sub(kept);
        while let Some(free) = self.bytes.get_mut(self.len..).filter(|free| !free.is_empty()) {
            match text.read(free) {
                Ok(0) => {
                    self.is_last = true;
                    break;
                }
                Ok(n) => self.len = self.len.saturating_add(n).min(self.bytes.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What is in the window.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Bytes of the text before the window.
    pub(super) const fn before(&self) -> u64 {
        self.before
    }

    /// Where in the window tokens are to be looked for: where one begins of which all is here,
    /// and the byte after it, and that was not in an earlier window's.
    pub(super) fn starts(&self) -> Range<usize> {
        let end = if self.is_last { self.len } else { self.len.saturating_sub(self.longest) };
        self.fresh..end.max(self.fresh)
    }

    /// Whether the text ends with the window.
    pub(super) const fn is_last(&self) -> bool {
        self.is_last
    }
}
