//! Sets of scopes: one bit a scope, up to 128 in a realm.
//!
//! A bit's name belongs to a realm. Here are only the masks and their algebra; implication
//! is expanded before a set gets here, so that a check is one AND.

use bitflags::bitflags;

bitflags! {
    /// A set of scopes of one realm, as a mask of 128 bits. Empty grants nothing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct ScopeSet: u128 {
        const _ = !0;
    }
}

impl ScopeSet {
    /// How many scopes a realm can have, over its whole life.
    pub const MAX: usize = 128;

    /// The set that holds only scope number `bit`; empty if `bit` is 128 or more.
    #[must_use]
    pub const fn single(bit: u8) -> Self {
        match 1u128.checked_shl(bit as u32) {
            Some(mask) => Self::from_bits_retain(mask),
            None => Self::empty(),
        }
    }

    /// The numbers of the scopes in the set, ascending.
    pub fn numbers(self) -> impl Iterator<Item = u8> {
        let mut rest = self.bits();
        std::iter::from_fn(move || {
            let bit = u8::try_from(rest.trailing_zeros()).ok().filter(|&b| b < 128)?;
            rest &= rest.wrapping_sub(1);
            Some(bit)
        })
    }
}
