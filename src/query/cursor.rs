//! Where a list goes on.

use std::fmt;
use std::str::FromStr;

use super::Order;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::quote::no_such;
use crate::record::KeyRecord;
use crate::time::Timestamp;

/// Where a list goes on: after the last key that was looked at.
///
/// It holds no lock and no resources, and is never too old: pages may be asked for a year
/// later, or by another process. It also holds the instant at which the first page was asked
/// for, and later pages mean that same instant where a filter says "now", so that time that
/// passes between two pages moves no key from one to the other. It holds nothing secret. As
/// text, which [`FromStr`] reads, it has up to 64 characters without spaces; what stands in it
/// is not promised, but that a key id is the cursor [after](Self::after) that key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    place: Place,
    as_of: Option<Timestamp>,
}

/// A key's place in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Of [`Order::KeyId`].
    KeyId(KeyId),
    /// Of [`Order::End`]: when the key is over, or never.
    End(Timestamp, KeyId),
}

impl Place {
    /// That of `record`.
    pub(crate) fn of(record: &KeyRecord, order: Order) -> Self {
        match order {
            Order::KeyId => Self::KeyId(record.key_id),
            Order::End => Self::End(record.over().unwrap_or(Timestamp::NEVER), record.key_id),
        }
    }

    const fn order(self) -> Order {
        match self {
            Self::KeyId(_) => Order::KeyId,
            Self::End(..) => Order::End,
        }
    }
}

impl Cursor {
    /// Goes on after `key` in a list [by key id](Order::KeyId), whether there is such a key or
    /// not. Where the filter says "now", each page means its own.
    #[must_use]
    pub const fn after(key: KeyId) -> Self {
        Self { place: Place::KeyId(key), as_of: None }
    }

    pub(crate) const fn new(place: Place, as_of: Timestamp) -> Self {
        Self { place, as_of: Some(as_of) }
    }

    /// The key after which the list goes on.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        match self.place {
            Place::KeyId(key) | Place::End(_, key) => key,
        }
    }

    /// The instant that a filter's "now" means.
    pub(crate) const fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// The place in a list by `order`.
    ///
    /// # Errors
    ///
    /// `Argument` if it is the cursor of another order.
    pub(crate) fn place(&self, order: Order) -> Result<Place> {
        if self.place.order() == order {
            return Ok(self.place);
        }
        let (own, asked) = (self.place.order().name(), order.name());
        let why = format!("cursor {self}: is of a list by {own}; this one is by {asked}");
        Err(Error::new(ErrorKind::Argument, why))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::KeyId(key) => write!(f, "{key}")?,
            Place::End(over, key) => write!(f, "{key}.{}", over.as_ms())?,
        }
        match self.as_of {
            Some(as_of) => write!(f, "@{}", as_of.as_ms()),
            None => Ok(()),
        }
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// Reads what [`Display`](fmt::Display) writes, or a key id.
    ///
    /// # Errors
    ///
    /// `Argument` for anything else.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = || {
            let what = no_such("cursor", text);
            let why = format!("{what}: want one as a list gave it, or a key id");
            Error::new(ErrorKind::Argument, why)
        };
        let ms = |text: &str| match text.parse::<i64>() {
            Ok(ms) if ms.to_string() == text => Ok(Timestamp::from_ms(ms)),
            _ => Err(refuse()),
        };
        let (place, as_of) = match text.split_once('@') {
            Some((place, as_of)) => (place, Some(ms(as_of)?)),
            None => (text, None),
        };
        let place = match place.split_once('.') {
            Some((key, over)) => Place::End(ms(over)?, key.parse().map_err(|_| refuse())?),
            None => Place::KeyId(place.parse().map_err(|_| refuse())?),
        };
        Ok(Self { place, as_of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_has_one_spelling() {
        let (key, at) = (KeyId::from_bits(u64::MAX), Timestamp::from_ms(-5));
        let cursors = [
            Cursor::after(key),
            Cursor::new(Place::KeyId(key), at),
            Cursor::new(Place::End(Timestamp::NEVER, key), Timestamp::NEVER),
            Cursor::new(Place::End(at, KeyId::from_bits(0)), at),
        ];
        for cursor in cursors {
            let text = cursor.to_string();
            assert!(text.len() <= 64 && !text.contains(' '), "{text}");
            assert_eq!(text.parse::<Cursor>().unwrap(), cursor);
        }
        assert_eq!(key.to_string().parse::<Cursor>().unwrap(), Cursor::after(key));
        for bad in [
            "",
            "@",
            "key_0",
            "key_0000000000000.",
            "key_0000000000000@",
            "key_0000000000000@+5",
            "key_0000000000000@05",
            "key_0000000000000.5.6@1",
            "key_0000000000000@1 ",
        ] {
            let refused = bad.parse::<Cursor>().unwrap_err();
            assert!(refused.message().starts_with(&no_such("cursor", bad)), "{refused}");
        }
    }
}
