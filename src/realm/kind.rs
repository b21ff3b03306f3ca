//! Kinds: the rows of a realm's token table.

use std::collections::HashSet;

use super::names;
use super::source::Section;
use crate::error::Result;
use crate::token::{Checksum, Shape};

/// Most kinds of a realm, over its whole life.
pub(crate) const KINDS_MAX: usize = 64;

/// Most active keys that a cap can allow.
pub(super) const CAP_MAX: u32 = 1_000_000_000;

/// Where the scopes come from that a key of a kind may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rights {
    /// The key's own scopes.
    Key,
    /// The scopes that its owner has directly, as they are at the moment of the decision.
    Owner,
    /// What both have.
    Both,
}

impl Rights {
    /// The name that a profile gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Owner => "owner",
            Self::Both => "both",
        }
    }
}

/// A kind of token of a realm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kind {
    /// Unique in the realm.
    pub name: String,
    /// What its tokens look like: prefix, length of the body, checksum.
    pub shape: Shape,
    /// Which data the kind is for, such as `production`.
    pub environment: Option<String>,
    /// Where its keys' scopes come from.
    pub rights: Rights,
    /// Whether a sealed copy of the token is kept, so that it can be shown again.
    pub reveal: bool,
    /// How many active keys of the kind an owner can have, whatever its plan.
    pub active: Option<u32>,
}

impl Kind {
    fn read(mut section: Section<'_>) -> Result<Self> {
        let name = names::name(&section.required("name")?)?;
        let at = section.required("prefix")?;
        let prefix = at.text()?;
        let body = section.required("body")?.length(Shape::BODY_MIN, Shape::BODY_MAX)?;
        let checksum = match section.field("checksum") {
            None => Checksum::Crc32,
            Some(field) => Checksum::parse(field.text()?).map_err(|e| field.error(e.message()))?,
        };
        let shape = Shape::new(prefix, body, checksum).map_err(|e| at.error(e.message()))?;
        let environment = section.field("environment").map(|f| names::name(&f)).transpose()?;
        let rights = match section.field("rights") {
            None => Rights::Key,
            Some(field) => match field.text()? {
                "key" => Rights::Key,
                "owner" => Rights::Owner,
                "both" => Rights::Both,
                other => return Err(field.error(format!("want key, owner or both, not {other:?}"))),
            },
        };
        let reveal = section.field("reveal").map_or(Ok(false), |f| f.flag())?;
        let active = section.field("active").map(|f| f.number(1, CAP_MAX)).transpose()?;
        section.close()?;
        Ok(Self { name, shape, environment, rights, reveal, active })
    }
}

/// Reads the kinds of a profile, one at least.
pub(super) fn read(root: &mut Section<'_>) -> Result<Vec<Kind>> {
    let at = root.required("kind")?;
    let mut seen = HashSet::new();
    let mut kinds = Vec::new();
    for item in at.items(KINDS_MAX)? {
        let kind = Kind::read(item.section()?)?;
        if !seen.insert(kind.name.clone()) {
            return Err(item.error(format!("two kinds have the name {:?}", kind.name)));
        }
        kinds.push(kind);
    }
    if kinds.is_empty() {
        return Err(at.error("a realm has one kind at least"));
    }
    Ok(kinds)
}

/// A set of kinds of one realm, as a mask: what a request accepts.
///
/// A kind's place in the mask is given once in a realm's life, so a set that was made before
/// a profile changed means the same kinds after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KindSet(u64);

impl KindSet {
    /// Every kind.
    pub const ALL: Self = Self(u64::MAX);

    /// No kind.
    pub const NONE: Self = Self(0);

    /// The set with these bits, as [`bits`](Self::bits) gave them.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The set's 64 bits, one a kind.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set that holds only the kind at `place`; empty if it is 64 or more.
    #[must_use]
    pub(crate) const fn single(place: u8) -> Self {
        match 1u64.checked_shl(place as u32) {
            Some(mask) => Self(mask),
            None => Self::NONE,
        }
    }

    /// The kinds of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets have a kind in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Default for KindSet {
    /// Every kind.
    fn default() -> Self {
        Self::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_kinds_holds_the_kinds_that_were_put_in() {
        let set = KindSet::single(0).union(KindSet::single(63));
        assert!(set.meets(KindSet::single(63)));
        assert!(!set.meets(KindSet::single(1)));
        assert!(KindSet::ALL.meets(set));
        assert_eq!(KindSet::single(64), KindSet::NONE);
        assert!(!KindSet::NONE.meets(KindSet::ALL));
    }
}
