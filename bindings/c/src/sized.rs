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
pub(crate) unsafe trait Sized: Copy {
    /// The sizes that versions of the header have given it, the present one among them. A
    /// smaller struct has one of these, so that no field is cut in half or lost by mistake.
    ///
    /// A struct that grows keeps the sizes that it had: `offset_of!` of each first new field.
    const SIZES: &'static [usize] = &[size_of::<Self>()];

    /// The smallest of them.
    const LEAST: usize = least(Self::SIZES);
}

const fn least(sizes: &[usize]) -> usize {
    match sizes {
        [] => usize::MAX,
        [size, others @ ..] => {
            let others = least(others);
            if *size < others { *size } else { others }
        }
    }
}

/// Largest `struct_size`: far beyond what a struct will ever be, near enough to catch memory
/// that was never set.
pub(crate) const LARGEST: usize = 4096;

/// Whether a `T` can be of `size` bytes: as it is or was, or as a later version has it.
#[inline]
pub(crate) fn fits<T: Sized>(size: usize) -> bool {
    let known = size_of::<T>();
    size == known || (size > known && size <= LARGEST) || T::SIZES.contains(&size)
}
