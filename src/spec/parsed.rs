//! Values of a JSON line, within bounds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::scope::ScopeSet;

/// Names of scopes or sets: as many as a realm has scopes at most, so that a line takes little
/// more memory than its length.
#[derive(Default)]
pub(super) struct Names(pub Vec<String>);

impl Names {
    /// What an error about more of them begins with.
    pub(super) const TOO_MANY: &str = "over 128 names";
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = from.next_element()? {
                    if names.len() == ScopeSet::MAX {
                        return Err(A::Error::custom(Names::TOO_MANY));
                    }
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        from.deserialize_seq(Each)
    }
}
