//! What a peer keeps of a key.

/// Decides about a key. 48 bytes in memory and in a file.
#[derive(Clone, Copy)]
pub struct Record {
    /// The key's id.
    pub id: u64,
    /// Whose it is.
    pub owner: u64,
    /// What it is granted, a bit a scope.
    pub scopes: u128,
    /// When it ends, in milliseconds since 1970.
    pub end: u64,
    /// 0 if it is active.
    pub state: u64,
}

impl Record {
    /// Length in bytes.
    pub const LEN: usize = 48;

    /// Whether a token of the key may do at `now`, in milliseconds since 1970, what needs `scopes`.
    #[inline]
    pub fn grants(&self, scopes: u128, now: u64) -> bool {
        self.state == 0 && now < self.end && self.scopes & scopes == scopes
    }

    /// The record in a file's bytes.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let [low, high] = [self.scopes as u64, (self.scopes >> 64) as u64];
        let mut bytes = [0; Self::LEN];
        let words = [self.id, self.owner, low, high, self.end, self.state];
        for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// The record that [`to_bytes`](Self::to_bytes) wrote.
    #[inline]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let word = |at: usize| u64::from_le_bytes(bytes.as_chunks().0[at]);
        let scopes = u128::from(word(3)) << 64 | u128::from(word(2));
        Self { id: word(0), owner: word(1), scopes, end: word(4), state: word(5) }
    }
}
