//! Lines that are read once or twice, from a file or a stream; they may be tokens.

use std::fs::File;
use std::io::{self, Chain, Read, Seek, SeekFrom};
use std::path::Path;

use keycask::Result;
use zeroize::Zeroizing;

use crate::secret;

/// Bytes of a stream that are kept in one piece, which never moves.
const PIECE: usize = 1 << 20;

/// A file with lines, or standard input.
pub(crate) struct Lines {
    what: String,
    file: File,
    /// Where its lines begin, if it can be read again.
    start: Option<u64>,
    /// What was read of a stream to be read again.
    kept: Vec<Zeroizing<Vec<u8>>>,
}

impl Lines {
    /// Opens the file at `path`; `-` is standard input.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Permission` or `Io` if it cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (what, file) = if path == Path::new("-") {
            ("standard input".to_owned(), secret::stdin()?)
        } else {
            let what = format!("import {path:?}");
            let file = File::open(path).map_err(|e| secret::failed(&what, e))?;
            (what, file)
        };
        // A pipe has no place.
        let start = (&file).stream_position().ok();
        Ok(Self { what, file, start, kept: Vec::new() })
    }

    /// Sees to it that they can be read more than once: of a stream, all is kept in memory.
    ///
    /// # Errors
    ///
    /// `Io` if it cannot be read.
    pub(crate) fn keep(&mut self) -> Result<()> {
        if self.start.is_none() {
            self.kept = pieces(&self.file).map_err(|e| secret::failed(&self.what, e))?;
        }
        Ok(())
    }

    /// All of the lines.
    ///
    /// # Errors
    ///
    /// `Io` if the file cannot be gone back in.
    pub(crate) fn read(&mut self) -> Result<Chain<Pieces<'_>, &File>> {
        if let Some(start) = self.start {
            let back = (&self.file).seek(SeekFrom::Start(start));
            back.map_err(|e| secret::failed(&self.what, e))?;
        }
        Ok(Pieces { left: &self.kept, taken: 0 }.chain(&self.file))
    }
}

/// Reads a stream to its end.
fn pieces(mut from: impl Read) -> io::Result<Vec<Zeroizing<Vec<u8>>>> {
    let mut pieces = Vec::new();
    loop {
        let (mut piece, mut len) = (Zeroizing::new(vec![0; PIECE]), 0_usize);
        while let Some(free) = piece.get_mut(len..).filter(|free| !free.is_empty()) {
            match from.read(free) {
                Ok(0) => break,
                Ok(n) => len = len.saturating_add(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        piece.truncate(len);
        pieces.push(piece);
        if len < PIECE {
            return Ok(pieces);
        }
    }
}

/// Reads pieces, one after another.
pub(crate) struct Pieces<'a> {
    left: &'a [Zeroizing<Vec<u8>>],
    /// Bytes of the first of them that were taken.
    taken: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some((first, others)) = self.left.split_first() {
            if let Some(mut left) = first.get(self.taken..).filter(|left| !left.is_empty()) {
                let read = left.read(into)?;
                self.taken = self.taken.saturating_add(read);
                return Ok(read);
            }
            (self.left, self.taken) = (others, 0);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_read() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let text: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let kept = pieces(&*text).unwrap();
            for _ in 0..2 {
                let mut read = Vec::new();
                Pieces { left: &kept, taken: 0 }.read_to_end(&mut read).unwrap();
                assert!(read == text, "{len} bytes");
            }
        }
    }
}
