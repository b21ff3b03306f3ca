//! Reading ahead: pages that lie behind one another are asked for one by one while a whole file is
//! read, and each read of its own costs as much again as copying a page.

use std::io;

use redb::StorageBackend;

/// Bytes that are read at once.
const LEN: usize = 64 << 10;

/// The piece of a file that was read last.
#[derive(Default)]
pub(super) struct Window {
    at: u64,
    bytes: Vec<u8>,
    /// Where what was asked for last ends.
    next: u64,
}

impl Window {
    /// Reads `file`, which ends at `end` and which nobody writes to meanwhile, at `offset`.
    pub(super) fn read(
        &mut self,
        file: &impl StorageBackend,
        end: u64,
        offset: u64,
        out: &mut [u8],
    ) -> io::Result<()> {
        let follows = offset.checked_sub(self.next).is_some_and(|gap| gap < LEN as u64);
        self.next = offset.saturating_add(out.len() as u64);
        if !self.has(offset, out.len()) && follows && out.len() < LEN {
            let len = usize::try_from(end.saturating_sub(offset)).unwrap_or(LEN).min(LEN);
            self.bytes.resize(len, 0);
            self.at = offset;
            // A failure is told of, as one of any other read: a failing disk is not to be trusted.
            file.read(offset, &mut self.bytes).inspect_err(|_| self.bytes.clear())?;
        }
        match self.there(offset, out.len()) {
            Some(there) => out.copy_from_slice(there),
            None => file.read(offset, out)?,
        }
        Ok(())
    }

    fn has(&self, offset: u64, len: usize) -> bool {
        self.there(offset, len).is_some()
    }

    fn there(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.at)?).ok()?;
        self.bytes.get(start..start.checked_add(len)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redb::backends::InMemoryBackend;

    use super::*;

    /// Bytes of the file; not a multiple of what is read at once.
    const FILE: u64 = 300_000;

    proptest! {
        #[test]
        fn what_is_read_is_what_is_there_in_whatever_order(
            reads in proptest::collection::vec((0..FILE, 1..5_000usize, any::<bool>()), 1..60),
        ) {
            let file = InMemoryBackend::new();
            let bytes: Vec<u8> = (0..FILE).map(|at| (at % 251) as u8).collect();
            file.set_len(FILE).unwrap();
            file.write(0, &bytes).unwrap();
            let mut window = Window::default();
            let mut next = 0;
            for (offset, len, follows) in reads {
                let offset = if follows { next } else { offset };
                let mut out = vec![0; len];
                let read = window.read(&file, FILE, offset, &mut out);
                match bytes.get(offset as usize..offset as usize + len) {
                    Some(want) => {
                        read.unwrap();
                        prop_assert_eq!(out.as_slice(), want);
                        next = offset + len as u64;
                    }
                    None => prop_assert!(read.is_err()),
                }
            }
        }
    }
}
