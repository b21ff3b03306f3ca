//! Rows of `meta` for those who ask what holds of any bytes as one: each of them is sealed for
//! keys of no store, read, and written again.

use super::header::{Header, Peppers};
use super::mac::{MacKeys, StoreKeys};
use super::state::State;
use crate::random::Random;

/// The body of a state's row once it was read and written, if it can be read.
pub(crate) fn state(body: &[u8]) -> Option<Vec<u8>> {
    let keys = MacKeys::new(StoreKeys::random(&Random::system()).ok()?);
    let row = State::sealed(body.to_vec(), &keys);
    let again = State::decode(&row, &keys).ok()?.encode(&keys);
    State::unsealed(&again, &keys).ok()
}

/// The part of a header before what is sealed, once the header of a store without a pepper was
/// read and written, if it can be read.
pub(crate) fn header(fixed: &[u8]) -> Option<Vec<u8>> {
    let random = Random::system();
    let keys = StoreKeys::random(&random).ok()?;
    let sealed = keys.seal(None, fixed, &random).ok()?;
    let body = [fixed, sealed.nonce.as_slice(), sealed.sealed.as_slice()].concat();
    let row = Header::sealed(body, &MacKeys::new(keys));
    let (header, keys) = Header::decode(&row, Peppers::default()).ok()?;
    header.encode(&keys).get(..fixed.len()).map(<[u8]>::to_vec)
}
