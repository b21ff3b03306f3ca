//! A mistake of the engine's, for the address sanitizer to tell: so a fuzz target shows that the
//! engine is built with it.

/// Reads a byte behind these.
pub fn read_behind(bytes: &[u8]) -> u8 {
    crate::sys::read_behind(bytes)
}
