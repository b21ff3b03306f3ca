//! What steps are chosen by.

use arbitrary::Unstructured;

/// Chooses by the bytes that it is given, as long as there are any, and then by SplitMix64
/// (Steele, Lea and Flood, OOPSLA 2014).
pub struct Dice<'b> {
    bytes: Unstructured<'b>,
    state: u64,
}

impl<'b> Dice<'b> {
    /// Chooses by this seed alone.
    pub fn new(seed: u64) -> Self {
        Self { bytes: Unstructured::new(&[]), state: seed }
    }

    /// Chooses by these bytes first.
    pub fn of(bytes: &'b [u8]) -> Self {
        Self { bytes: Unstructured::new(bytes), state: 0 }
    }

    /// Whether bytes that it was given are left.
    pub fn has_bytes(&self) -> bool {
        !self.bytes.is_empty()
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        if self.has_bytes() {
            return self.bytes.choose_index(sides).unwrap();
        }
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    /// True one time in `of`.
    pub fn hits(&mut self, of: usize) -> bool {
        self.roll(of) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}
