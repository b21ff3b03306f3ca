//! The header row of table `meta`: what the file is, and the store key under seal.

use super::mac::{MAC_LEN, MacKeys, SealedKey, StoreKey, equal};
use super::tables::HEADER;
use crate::digest::Pepper;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

/// Names a store for as long as it lives. A restored copy gets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

// The header row, version 1. Its place and its first nine bytes are the same in every
// version. Integers are little-endian.
//
// ```text
// offset size name
//      0    8 magic        "keycask" and a zero byte
//      8    1 version      of the whole file's format: 1
//      9   16 store id
//     25    1 generation   of the pepper that seals the store key
//     26    1 peppered     1 if that generation has a pepper, 0 if it is without one
//     27   16 check        what tells a wrong pepper; zeros without one
//     43   24 nonce
//     67   48 sealed       the store key under XChaCha20-Poly1305, then the tag; bytes 0..43
//                          are the associated data
//    115   16 MAC          as every row's
// ```
const MAGIC: &[u8; 8] = b"keycask\0";
const VERSION: u8 = 1;
const FIXED: usize = 43;

/// What the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) store: StoreId,
    /// Number of the pepper generation that keys computed today belong to.
    pub(super) generation: u8,
    check: Option<[u8; 16]>,
    sealed: SealedKey,
}

impl Header {
    /// The header of a new store, and its MAC keys.
    pub(super) fn new(pepper: Option<&Pepper>, random: &Random) -> Result<(Self, MacKeys)> {
        let mut id = [0; 16];
        random.fill(&mut id)?;
        let store = StoreId(id);
        let generation = 1;
        let check = pepper.map(|pepper| check_value(pepper, store));
        let key = StoreKey::random(random)?;
        let sealed = key.seal(pepper, &fixed_part(store, generation, check), random)?;
        Ok((Self { store, generation, check, sealed }, MacKeys::new(&key)))
    }

    pub(super) fn is_peppered(&self) -> bool {
        self.check.is_some()
    }

    pub(super) fn encode(&self, keys: &MacKeys) -> Vec<u8> {
        let mut body = fixed_part(self.store, self.generation, self.check).to_vec();
        body.extend_from_slice(&self.sealed.nonce);
        body.extend_from_slice(&self.sealed.sealed);
        keys.seal("meta", HEADER, body).0
    }

    /// The header with this row, and the MAC keys that `pepper` opens.
    ///
    /// # Errors
    ///
    /// `Foreign`, `Newer`, `Pepper` or `Corrupt`.
    pub(super) fn decode(row: &[u8], pepper: Option<&Pepper>) -> Result<(Self, MacKeys)> {
        let foreign = || Error::new(ErrorKind::Foreign, "it is not a keycask store");
        let corrupt = |why| Error::new(ErrorKind::Corrupt, format!("meta, header: {why}"));
        let (magic, rest) = row.split_first_chunk().ok_or_else(foreign)?;
        if magic != MAGIC {
            return Err(foreign());
        }
        match rest.first().copied() {
            Some(VERSION) => {}
            Some(version) if version > VERSION => {
                return Err(Error::new(
                    ErrorKind::Newer,
                    format!("its format is {version}, this program reads up to {VERSION}"),
                ));
            }
            _ => return Err(corrupt("no such version")),
        }
        let header = Self::split(row).ok_or_else(|| corrupt("its length or a flag is wrong"))?;
        header.compare(pepper)?;
        let associated = fixed_part(header.store, header.generation, header.check);
        let key = StoreKey::open(&header.sealed, pepper, &associated)
            .ok_or_else(|| corrupt("its sealed key is damaged or forged"))?;
        let keys = MacKeys::new(&key);
        keys.open("meta", HEADER, row)?;
        Ok((header, keys))
    }

    fn split(row: &[u8]) -> Option<Self> {
        let rest = row.get(MAGIC.len() + 1..)?;
        let (store, rest) = rest.split_first_chunk()?;
        let ([generation, peppered], rest) = rest.split_first_chunk()?;
        let (check, rest) = rest.split_first_chunk()?;
        let check = match peppered {
            0 if *check == [0; 16] => None,
            1 => Some(*check),
            _ => return None,
        };
        let (nonce, rest) = rest.split_first_chunk()?;
        let (sealed, mac) = rest.split_first_chunk()?;
        let sealed = SealedKey { nonce: *nonce, sealed: *sealed };
        let header = Self { store: StoreId(*store), generation: *generation, check, sealed };
        (mac.len() == MAC_LEN).then_some(header)
    }

    /// Whether `pepper` is the one that the store was made with.
    fn compare(&self, pepper: Option<&Pepper>) -> Result<()> {
        let refuse = |why| Err(Error::new(ErrorKind::Pepper, why));
        match (pepper, self.check) {
            (None, None) => Ok(()),
            (None, Some(_)) => refuse("it was made with a pepper, and none is given"),
            (Some(_), None) => refuse("it was made without a pepper, and one is given"),
            (Some(pepper), Some(check)) if equal(&check_value(pepper, self.store), &check) => {
                Ok(())
            }
            (Some(_), Some(_)) => refuse("the pepper is not the one that it was made with"),
        }
    }
}

fn check_value(pepper: &Pepper, store: StoreId) -> [u8; 16] {
    let key = zeroize::Zeroizing::new(pepper.derive("keycask 2026-11 check of the pepper"));
    let hash = blake3::keyed_hash(&key, &store.0);
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

fn fixed_part(store: StoreId, generation: u8, check: Option<[u8; 16]>) -> [u8; FIXED] {
    let mut part = [0; FIXED];
    let flags = [generation, u8::from(check.is_some())];
    let check = check.unwrap_or_default();
    let bytes = MAGIC.iter().chain(&[VERSION]).chain(&store.0).chain(&flags).chain(&check);
    for (to, from) in part.iter_mut().zip(bytes) {
        *to = *from;
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(byte: u8) -> Pepper {
        Pepper::new([byte; 32])
    }

    fn kind_of(row: &[u8], pepper: Option<&Pepper>) -> ErrorKind {
        Header::decode(row, pepper).err().unwrap().kind()
    }

    #[test]
    fn a_header_opens_with_its_own_pepper_only() {
        let random = Random::system();
        for own in [None, Some(pepper(1))] {
            let (header, keys) = Header::new(own.as_ref(), &random).unwrap();
            let row = header.encode(&keys);
            assert_eq!(row.len(), 131);
            let (again, keys_again) = Header::decode(&row, own.as_ref()).unwrap();
            assert_eq!(again, header);
            assert_eq!(keys.hash("t", b"k", b"b"), keys_again.hash("t", b"k", b"b"));
            let other = if own.is_some() { None } else { Some(pepper(1)) };
            assert_eq!(kind_of(&row, other.as_ref()), ErrorKind::Pepper);
            assert_eq!(kind_of(&row, Some(&pepper(2))), ErrorKind::Pepper);
        }
    }

    #[test]
    fn no_changed_header_opens() {
        let pepper = pepper(1);
        let (header, keys) = Header::new(Some(&pepper), &Random::system()).unwrap();
        let row = header.encode(&keys);
        for bit in 0..row.len() * 8 {
            let mut bad = row.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let want: &[ErrorKind] = match bit / 8 {
                0..8 => &[ErrorKind::Foreign],
                8 => &[ErrorKind::Newer, ErrorKind::Corrupt],
                // A store id, flag or check value that changed looks like another pepper.
                9..43 => &[ErrorKind::Pepper, ErrorKind::Corrupt],
                _ => &[ErrorKind::Corrupt],
            };
            let kind = kind_of(&bad, Some(&pepper));
            assert!(want.contains(&kind), "bit {bit}: {kind:?}");
        }
        for cut in 0..row.len() {
            assert!(Header::decode(&row[..cut], Some(&pepper)).is_err());
        }
    }

    #[test]
    fn a_header_of_a_later_format_is_newer_whatever_follows_its_version() {
        let (header, keys) = Header::new(None, &Random::system()).unwrap();
        let mut row = header.encode(&keys);
        row[8] = 2;
        row.truncate(40);
        assert_eq!(kind_of(&row, None), ErrorKind::Newer);
    }
}
