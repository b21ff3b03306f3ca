//! What is read of lines and not taken yet; it may be tokens, and is wiped.

use std::io::{BufRead, ErrorKind, Read, Result};

use zeroize::Zeroizing;

/// Bytes that are read at a time.
const ROOM: usize = 64 << 10;

/// Reads from `R` through a buffer that never moves, and is wiped when it is dropped.
pub(super) struct Buffer<R> {
    from: R,
    buffer: Zeroizing<Vec<u8>>,
    /// What of the buffer was read and not taken.
    start: usize,
    end: usize,
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, buffer: Zeroizing::new(vec![0; ROOM]), start: 0, end: 0 }
    }
}

impl<R: Read> Read for Buffer<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Buffer<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, read(&mut self.from, &mut self.buffer)?);
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn consume(&mut self, taken: usize) {
        self.start = self.start.saturating_add(taken).min(self.end);
    }
}

/// Reads once, however often a signal comes between.
fn read(mut from: impl Read, into: &mut [u8]) -> Result<usize> {
    loop {
        match from.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            let few = into.len().min(7);
            self.0.read(&mut into[..few])
        }
    }

    #[test]
    fn what_is_read_is_what_there_is() {
        let text: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let mut read = Vec::new();
        Buffer::new(&*text).read_to_end(&mut read).unwrap();
        assert_eq!(read, text);
        let mut slow = Buffer::new(Slow(b"a line\nand another one\nand no end"));
        let mut lines = Vec::new();
        while slow.read_until(b'\n', &mut lines).unwrap() > 0 {
            lines.push(b'.');
        }
        assert_eq!(lines, b"a line\n.and another one\n.and no end.");
    }
}
