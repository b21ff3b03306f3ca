//! Texts that other systems made as tokens: opaque to us, within limits.

use std::ops::RangeInclusive;

/// Lengths of a token that is imported, in bytes.
pub(crate) const OPAQUE_LEN: RangeInclusive<usize> = 4..=512;

/// Whether `text` can be a token that was imported: so long, and of visible ASCII alone, which
/// every header can carry.
pub(crate) fn is_opaque(text: &[u8]) -> bool {
    OPAQUE_LEN.contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}
