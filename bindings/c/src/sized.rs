//! Structs that may grow.

/// A struct of the header that begins with its size.
///
/// What an older program leaves out reads as zero, and is not written. What a newer program
/// has beyond is refused unless it is zero, and is not written.
///
/// # Safety
///
/// The type is `repr(C)`, its first field is `struct_size: u32`, any bytes are a value of it,
/// and it has no padding.
pub(crate) unsafe trait Sized: Copy {}

/// Smallest `struct_size`: that of the field, and of four bytes more that every struct has.
pub(crate) const SMALLEST: usize = 8;

/// Largest `struct_size`: far beyond what a struct will ever be, near enough to catch memory
/// that was never set.
pub(crate) const LARGEST: usize = 4096;
