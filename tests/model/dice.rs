//! What steps are chosen by.

use arbitrary::Unstructured;

use super::numbers::Numbers;

/// Chooses by the bytes that it is given, as long as there are any, and then by numbers.
pub struct Dice<'b> {
    bytes: Unstructured<'b>,
    numbers: Numbers,
    /// Whether it chooses by numbers alone.
    is_seeded: bool,
}

impl<'b> Dice<'b> {
    /// Chooses by this seed alone.
    pub fn new(seed: u64) -> Self {
        Self { bytes: Unstructured::new(&[]), numbers: Numbers::new(seed), is_seeded: true }
    }

    /// Chooses by these bytes first.
    pub fn of(bytes: &'b [u8]) -> Self {
        Self { bytes: Unstructured::new(bytes), numbers: Numbers::new(0), is_seeded: false }
    }

    /// Whether it was given bytes and none of them are left.
    pub fn is_spent(&self) -> bool {
        !self.is_seeded && self.bytes.is_empty()
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        if !self.bytes.is_empty() {
            return self.bytes.choose_index(sides).unwrap();
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
