//! What steps are chosen by.

use super::numbers::Numbers;

/// Chooses by the bytes that it is given, as long as there are any, and then by numbers.
pub struct Dice {
    /// The last first.
    bytes: Vec<u8>,
    numbers: Numbers,
}

impl Dice {
    /// Chooses by this seed alone.
    pub fn new(seed: u64) -> Self {
        Self { bytes: Vec::new(), numbers: Numbers::new(seed) }
    }

    /// Chooses by these bytes first, each of which decides one throw.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.iter().rev().copied().collect(), numbers: Numbers::new(0) }
    }

    /// Whether bytes that it was given are left.
    pub fn has_bytes(&self) -> bool {
        !self.bytes.is_empty()
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        if let Some(byte) = self.bytes.pop() {
            return usize::from(byte) % sides;
        }
        usize::try_from(self.numbers.next() % sides as u64).unwrap()
    }

    /// True one time in `of`.
    pub fn hits(&mut self, of: usize) -> bool {
        self.roll(of) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}
