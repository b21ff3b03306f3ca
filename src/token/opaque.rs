//! Texts that other systems made as tokens: opaque to us, within limits.

use std::ops::RangeInclusive;

/// Lengths of a token that is imported, in bytes.
pub(crate) const OPAQUE_LEN: RangeInclusive<usize> = 4..=512;

/// Whether `text` can be the token of a key that was imported: so long, and of visible ASCII
/// alone. That may have a comma: a digest does not tell.
pub(crate) fn is_opaque(text: &[u8]) -> bool {
    OPAQUE_LEN.contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}

/// Where in `text` the first byte stands with which no request can present it: one that is not
/// visible ASCII, or a comma, by which a header is taken for two.
pub(crate) fn uncarried(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| !byte.is_ascii_graphic() || *byte == b',')
}
