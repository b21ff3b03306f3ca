//! Where a store stood after one commit, small enough to be kept elsewhere.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::quote::no_such;
use crate::text::bytes_of_hex;

/// Where a store stood after one commit: to be kept outside of its file, and held against a
/// copy later.
///
/// The text of an anchor is `seq:store id:digest`, the last two in 32 hexadecimal digits. It is
/// no secret: the digest is keyed, and says nothing about the store to who has no key.
///
/// Of two copies of one store, the one with the smaller seq is older. With the same seq and
/// another digest they are no copies of one store: each went on by itself since.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::Anchor;
///
/// let kept = store.anchor()?.to_string();
/// let anchor: Anchor = kept.parse()?;
/// assert_eq!(anchor, store.anchor()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Anchor {
    /// Number of the commit.
    pub seq: u64,
    /// The store's id, which a store that was restored from a backup does not share.
    pub store_id: [u8; 16],
    /// A keyed digest of all keys, owners, realms and sealed tokens, and of the audit trail.
    pub digest: [u8; 16],
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.store_id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(":")?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Anchor {
    type Err = Error;

    /// # Errors
    ///
    /// `Argument` for what [`Display`](fmt::Display) does not write.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(':');
        let anchor = (|| {
            let anchor = Self {
                seq: parts.next()?.parse().ok()?,
                store_id: bytes_of_hex(parts.next()?)?,
                digest: bytes_of_hex(parts.next()?)?,
            };
            // One spelling alone: no sign, no zeros in front, no capitals.
            (anchor.to_string() == text).then_some(anchor)
        })();
        anchor.ok_or_else(|| {
            let why = "want seq:store id:digest, with 32 digits of 0-9a-f for each of the last two";
            Error::new(ErrorKind::Argument, format!("{}: {why}", no_such("anchor", text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_its_text_in_one_spelling() {
        let anchor = Anchor { seq: 4711, store_id: [0x0A; 16], digest: [0xF0; 16] };
        let text = format!("4711:{}:{}", "0a".repeat(16), "f0".repeat(16));
        assert_eq!(anchor.to_string(), text);
        assert_eq!(text.parse::<Anchor>().unwrap(), anchor);
        for bad in [
            "",
            "4711",
            &format!("+{text}"),
            &format!("0{text}"),
            &format!(" {text}"),
            &format!("{text}:"),
            &format!("{text}0"),
            &text.to_uppercase(),
            &text[..text.len() - 1],
            &text.replace("4711", "99999999999999999999"),
            &text.replace("0a", "+a"),
        ] {
            let refused = bad.parse::<Anchor>().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Argument, "{bad:?}");
            assert!(refused.message().starts_with(&no_such("anchor", bad)), "{refused}");
        }
    }
}
