//! How far somebody who follows a store has come.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::quote::no_such;
use crate::text::bytes_of_hex;

/// How far somebody who follows a store has come: the last commit that it knows, of which store.
///
/// The text of a cursor is `seq:store id`, the latter in 32 hexadecimal digits. A store that was
/// restored from a backup has another id, and a seq of one means nothing in the other.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::{Changed, Changes};
///
/// let since = store.feed()?.newest;
/// store.suspend(key, me)?;
/// let Changes::Since(commits) = store.changes(since, 100)? else { panic!("history is gone") };
/// assert_eq!(commits[0].changed, [Changed::Key(key)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeedCursor {
    /// Number of the commit.
    pub seq: u64,
    /// The store's id.
    pub store_id: [u8; 16],
}

impl fmt::Display for FeedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:032x}", self.seq, u128::from_be_bytes(self.store_id))
    }
}

impl FromStr for FeedCursor {
    type Err = Error;

    /// # Errors
    ///
    /// `Argument` for what [`Display`](fmt::Display) does not write.
    fn from_str(text: &str) -> Result<Self, Error> {
        let cursor = text.split_once(':').and_then(|(seq, store_id)| {
            let cursor = Self { seq: seq.parse().ok()?, store_id: bytes_of_hex(store_id)? };
            // One spelling alone: no sign, no zeros in front, no capitals.
            (cursor.to_string() == text).then_some(cursor)
        });
        cursor.ok_or_else(|| {
            let why = "want seq:store id, with 32 digits of 0-9a-f for the latter";
            Error::new(ErrorKind::Argument, format!("{}: {why}", no_such("cursor", text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_its_text_in_one_spelling() {
        let cursor = FeedCursor { seq: 12, store_id: [0x0A; 16] };
        let text = format!("12:{}", "0a".repeat(16));
        assert_eq!(cursor.to_string(), text);
        assert_eq!(text.parse::<FeedCursor>().unwrap(), cursor);
        for bad in ["", "12", &format!("+{text}"), &format!("{text}0"), &text.to_uppercase()] {
            let refused = bad.parse::<FeedCursor>().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Argument, "{bad:?}");
            assert!(refused.message().starts_with(&no_such("cursor", bad)), "{refused}");
        }
    }
}
