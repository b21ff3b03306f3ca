//! One change of a row, complete in itself and idempotent.

use std::fmt;

use super::fields::Fields;
use super::key::Form;
use super::{KeyRecord, OwnerRecord, RealmRecord};
use crate::digest::{Address, Locator};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;

/// A change of one row: the row as it is afterwards.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// The key is new or is now so.
    Key(KeyRecord),
    /// The key is now so, under another digest: the address finds the slot that it had. The log
    /// has it as any key.
    Rekey(KeyRecord, Address),
    /// The key was swept: the row is gone. The address finds its slot; the log leaves it out.
    Forget(KeyId, Address),
    /// The owner is new or is now so.
    Owner(OwnerRecord),
    /// The realm is new or is now so.
    Realm(RealmRecord),
}

impl fmt::Debug for Op {
    /// Names the row; a digest is never printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "Key({})", key.key_id),
            Self::Rekey(key, _) => write!(f, "Rekey({})", key.key_id),
            Self::Forget(key_id, _) => write!(f, "Forget({key_id})"),
            Self::Owner(owner) => write!(f, "Owner({})", owner.owner.number()),
            Self::Realm(realm) => write!(f, "Realm({})", realm.realm.number()),
        }
    }
}

// An op in a row of the log. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 tag      1 key, 2 forget, 3 owner, 4 realm
//      1    8 number   key id, or number of the owner or realm
//      9    4 length   of the record
//     13      record   of a key without its digest; empty for forget
// ```
const KEY: u8 = 1;
const FORGET: u8 = 2;
const OWNER: u8 = 3;
const REALM: u8 = 4;
const LEN: usize = 4;

impl Op {
    /// The key that it writes, if it writes one.
    pub(crate) fn key(&self) -> Option<&KeyRecord> {
        match self {
            Self::Key(key) | Self::Rekey(key, _) => Some(key),
            _ => None,
        }
    }

    /// Appends the op to the ops of a row of the log.
    ///
    /// # Errors
    ///
    /// `Argument` if a text of its record is over its limit. Some of the op may be there then.
    pub(super) fn append_to(&self, log: &mut Vec<u8>) -> Result<()> {
        let (tag, number) = match self {
            Self::Key(key) | Self::Rekey(key, _) => (KEY, key.key_id.bits()),
            Self::Forget(key_id, _) => (FORGET, key_id.bits()),
            Self::Owner(owner) => (OWNER, u64::from(owner.owner.number())),
            Self::Realm(realm) => (REALM, u64::from(realm.realm.number())),
        };
        log.push(tag);
        log.extend_from_slice(&number.to_le_bytes());
        let at = log.len();
        log.extend_from_slice(&[0; LEN]);
        match self {
            Self::Key(key) | Self::Rekey(key, _) => key.put(log, Form::Log)?,
            Self::Forget(..) => {}
            Self::Owner(owner) => log.extend_from_slice(&owner.encode()?),
            Self::Realm(realm) => log.extend_from_slice(&realm.encode()?),
        }
        let len = log.len().saturating_sub(at).saturating_sub(LEN);
        let len = u32::try_from(len)
            .map_err(|_| Error::new(ErrorKind::Argument, "a record of 4 GiB or more"))?;
        if let Some(place) = log.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
            *place = len.to_le_bytes();
        }
        Ok(())
    }

    /// Takes the next op out of a row of the log. A digest or an address in it is all zeros.
    pub(super) fn take(fields: &mut Fields<'_>) -> Result<Self> {
        let tag = fields.u8()?;
        let number = fields.u64()?;
        let len = fields.u32()?;
        let len = usize::try_from(len).map_err(|_| fields.corrupt("an op is too long"))?;
        let body = fields.take(len)?;
        let no_number = |_| fields.corrupt("a number is too large");
        Ok(match tag {
            KEY => Self::Key(KeyRecord::take(KeyId::from_bits(number), body, Form::Log)?),
            FORGET if body.is_empty() => {
                let nowhere = Address { locator: Locator::from_number(0), digest: [0; 2] };
                Self::Forget(KeyId::from_bits(number), nowhere)
            }
            OWNER => {
                let owner = OwnerRef::new(u32::try_from(number).map_err(no_number)?);
                Self::Owner(OwnerRecord::decode(owner, body)?)
            }
            REALM => {
                let realm = RealmRef::new(u16::try_from(number).map_err(no_number)?);
                Self::Realm(RealmRecord::decode(realm, body)?)
            }
            _ => return Err(fields.corrupt(&format!("no op has tag {tag}"))),
        })
    }
}
