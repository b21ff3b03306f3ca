//! The least that can be made durable: bytes of a file that are there already, overwritten.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const PAGE: usize = 4096;

/// A file whose beginning is overwritten again and again.
pub struct Raw {
    file: File,
    bytes: Vec<u8>,
}

impl Raw {
    /// A file that can take up to `len` bytes at once.
    pub fn new(directory: &Path, len: usize) -> Self {
        let file = File::create(directory.join("raw")).unwrap();
        let bytes = vec![0xA5; len.next_multiple_of(PAGE)];
        file.write_all_at(&bytes, 0).unwrap();
        file.sync_all().unwrap();
        Self { file, bytes }
    }

    /// Overwrites as many whole pages as hold `len` bytes, and makes them durable.
    pub fn write(&self, len: usize) {
        self.file.write_all_at(&self.bytes[..len.next_multiple_of(PAGE)], 0).unwrap();
        self.file.sync_data().unwrap();
    }
}
