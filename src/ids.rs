//! The numbers by which a store names its realms, kinds and owners.
//!
//! They are given once, never again to something else, and mean nothing outside the store
//! that gave them.

macro_rules! reference {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($int);

        impl $name {
            /// The reference with this number.
            #[must_use]
            pub const fn new(number: $int) -> Self {
                Self(number)
            }

            /// The number.
            #[must_use]
            pub const fn number(self) -> $int {
                self.0
            }
        }
    };
}

reference! {
    /// A realm of this store. From [`Store::realm`](crate::Store::realm).
    RealmRef(u16)
}
reference! {
    /// A kind of token. Numbers are unique in the store, so a kind implies its realm.
    KindRef(u16)
}
reference! {
    /// An owner of this store. It gives its realm and id on demand.
    OwnerRef(u32)
}
