//! The values of the small tables, without their MACs: a version byte, then one thing.
//!
//! ```text
//! offset size name
//!      0    1 version    1
//!      1    4 owner      in owner_names, little-endian
//!      1    8 last used  in usage, little-endian, milliseconds since the epoch
//!      1      copy       in sealed, as the store sealed it
//!      1    4 keys       in balances, little-endian: how many keys of the lineage have a quota
//!      5    8 left       credits
//!     13    8 due        when they are refilled, milliseconds since the epoch
//! ```

use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::quota::Balance;
use crate::time::Timestamp;

const VERSION: u8 = 1;

pub(super) fn put_owner(owner: OwnerRef) -> Vec<u8> {
    [&[VERSION], owner.number().to_le_bytes().as_slice()].concat()
}

pub(super) fn owner(body: &[u8]) -> Result<OwnerRef> {
    let number = rest(body)?.try_into().map_err(|_| corrupt())?;
    Ok(OwnerRef::new(u32::from_le_bytes(number)))
}

pub(super) fn put_last_used(at: Timestamp) -> Vec<u8> {
    [&[VERSION], at.as_ms().to_le_bytes().as_slice()].concat()
}

pub(super) fn last_used(body: &[u8]) -> Result<Timestamp> {
    let ms = rest(body)?.try_into().map_err(|_| corrupt())?;
    Ok(Timestamp::from_ms(i64::from_le_bytes(ms)))
}

pub(super) fn put_sealed(copy: &[u8]) -> Vec<u8> {
    [&[VERSION], copy].concat()
}

pub(super) fn sealed(body: &[u8]) -> Result<&[u8]> {
    rest(body)
}

pub(super) fn put_balance(keys: u32, balance: Balance) -> Vec<u8> {
    let mut body = vec![VERSION];
    body.extend_from_slice(&keys.to_le_bytes());
    body.extend_from_slice(&balance.left.to_le_bytes());
    body.extend_from_slice(&balance.due.as_ms().to_le_bytes());
    body
}

pub(super) fn balance(body: &[u8]) -> Result<(u32, Balance)> {
    let body: &[u8; 20] = rest(body)?.try_into().map_err(|_| corrupt())?;
    let (keys, body) = body.split_first_chunk().ok_or_else(corrupt)?;
    let (left, due) = body.split_first_chunk().ok_or_else(corrupt)?;
    let due = due.try_into().map_err(|_| corrupt())?;
    let due = Timestamp::from_ms(i64::from_le_bytes(due));
    Ok((u32::from_le_bytes(*keys), Balance { left: u64::from_le_bytes(*left), due }))
}

fn rest(body: &[u8]) -> Result<&[u8]> {
    match body {
        [VERSION, rest @ ..] => Ok(rest),
        [version, ..] if *version > VERSION => {
            let why = format!("version {version}, this program reads up to {VERSION}");
            Err(Error::new(ErrorKind::Newer, why))
        }
        _ => Err(corrupt()),
    }
}

fn corrupt() -> Error {
    Error::new(ErrorKind::Corrupt, "its version or length is wrong")
}
