//! The header row of table `meta`: what the file is, and the store key under seal.

use super::mac::{MAC_LEN, MacKeys, SealedKey, StoreKey, equal};
use super::tables::HEADER;
use crate::digest::Pepper;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

/// Names a store for as long as it lives. A restored copy gets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

impl StoreId {
    fn random(random: &Random) -> Result<Self> {
        let mut id = [0; 16];
        random.fill(&mut id)?;
        Ok(Self(id))
    }
}

// The header row, version 1. Its place and its first nine bytes are the same in every
// version. Integers are little-endian.
//
// ```text
// offset size name
//      0    8 magic        "keycask" and a zero byte
//      8    1 version      of the whole file's format: 1
//      9   16 store id
//     25   16 origin       the id of the store that it was first made as: its own, unless it
//                          was restored; sealed copies are bound to it
//     41    1 generation   of the pepper that seals the store key, from 1
//     42    1 peppered     1 if that generation has a pepper, 0 if it is without one
//     43   16 check        what tells a wrong pepper; zeros without one
//     59   18 previous     a generation that keys are still on, likewise; zeros if none
//     77   24 nonce
//    101   48 sealed       the store key under XChaCha20-Poly1305, then the tag; bytes 0..77
//                          are the associated data
//    149   16 MAC          as every row's
// ```
//
// The check is the first 16 bytes of BLAKE3 over the store id, keyed with a key derived from
// the pepper. Nothing writes a previous generation yet.
const MAGIC: &[u8; 8] = b"keycask\0";
const VERSION: u8 = 1;
const FIXED: usize = 77;
const GENERATION: usize = 18;

/// What the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) store: StoreId,
    pub(super) origin: StoreId,
    current: Generation,
    previous: Option<Generation>,
    sealed: SealedKey,
}

/// One generation of the pepper.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Generation {
    number: u8,
    check: Option<[u8; 16]>,
}

impl Header {
    /// The header of a new store, and its MAC keys.
    pub(super) fn new(pepper: Option<&Pepper>, random: &Random) -> Result<(Self, MacKeys)> {
        let store = StoreId::random(random)?;
        Self::make(store, store, 1, pepper, random)
    }

    /// The header of a store that is restored from the one with this header, and its MAC keys:
    /// another id and another store key. Digests and sealed copies stay what they are, so the
    /// origin and the generation of the pepper do.
    pub(super) fn restored(
        &self,
        pepper: Option<&Pepper>,
        random: &Random,
    ) -> Result<(Self, MacKeys)> {
        let store = StoreId::random(random)?;
        Self::make(store, self.origin, self.current.number, pepper, random)
    }

    fn make(
        store: StoreId,
        origin: StoreId,
        number: u8,
        pepper: Option<&Pepper>,
        random: &Random,
    ) -> Result<(Self, MacKeys)> {
        let check = pepper.map(|pepper| check_value(pepper, store));
        let current = Generation { number, check };
        let key = StoreKey::random(random)?;
        let associated = fixed_part(store, origin, &current, None);
        let sealed = key.seal(pepper, &associated, random)?;
        Ok((Self { store, origin, current, previous: None, sealed }, MacKeys::new(&key)))
    }

    /// The generation of the pepper under which new digests are computed.
    pub(super) fn generation(&self) -> u8 {
        self.current.number
    }

    pub(super) fn is_peppered(&self) -> bool {
        self.current.check.is_some()
    }

    pub(super) fn encode(&self, keys: &MacKeys) -> Vec<u8> {
        let mut body = fixed_part(self.store, self.origin, &self.current, self.previous.as_ref());
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
        let newer = |why: String| Error::new(ErrorKind::Newer, why);
        let (magic, rest) = row.split_first_chunk().ok_or_else(foreign)?;
        if magic != MAGIC {
            return Err(foreign());
        }
        match rest.first().copied() {
            Some(VERSION) => {}
            Some(v) if v > VERSION => {
                return Err(newer(format!(
                    "its format is {v}, this program reads up to {VERSION}"
                )));
            }
            _ => return Err(corrupt("no such version")),
        }
        let split = row
            .split_at_checked(FIXED)
            .and_then(|(fixed, rest)| Some((fixed, Self::split(fixed, rest)?)));
        let (fixed, header) = split.ok_or_else(|| corrupt("its length or a flag is wrong"))?;
        header.compare(pepper)?;
        let key = StoreKey::open(&header.sealed, pepper, fixed)
            .ok_or_else(|| corrupt("its sealed key is damaged or forged"))?;
        let keys = MacKeys::new(&key);
        keys.open("meta", HEADER, row)?;
        if header.previous.is_some() {
            return Err(newer("its pepper is being changed, which is not known yet".to_owned()));
        }
        Ok((header, keys))
    }

    fn split(fixed: &[u8], rest: &[u8]) -> Option<Self> {
        let (store, rest_of_fixed) = fixed.get(MAGIC.len() + 1..)?.split_first_chunk()?;
        let (origin, generations) = rest_of_fixed.split_first_chunk()?;
        let (current, previous) = generations.split_at_checked(GENERATION)?;
        let current = Generation::decode(current)?;
        let none = previous.iter().all(|byte| *byte == 0);
        let previous = if none { None } else { Some(Generation::decode(previous)?) };
        let (nonce, rest) = rest.split_first_chunk()?;
        let (sealed, mac) = rest.split_first_chunk()?;
        let sealed = SealedKey { nonce: *nonce, sealed: *sealed };
        let (store, origin) = (StoreId(*store), StoreId(*origin));
        let header = Self { store, origin, current, previous, sealed };
        (mac.len() == MAC_LEN).then_some(header)
    }

    /// Whether `pepper` is the one that the store was made with.
    fn compare(&self, pepper: Option<&Pepper>) -> Result<()> {
        let refuse = |why| Err(Error::new(ErrorKind::Pepper, why));
        match (pepper, self.current.check) {
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

impl Generation {
    fn encode(&self) -> impl Iterator<Item = u8> {
        let check = self.check.unwrap_or_default();
        [self.number, u8::from(self.check.is_some())].into_iter().chain(check)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let ([number, peppered], check) = bytes.split_first_chunk()?;
        let check: [u8; 16] = check.try_into().ok()?;
        let check = match peppered {
            0 if check == [0; 16] => None,
            1 => Some(check),
            _ => return None,
        };
        (*number > 0).then_some(Self { number: *number, check })
    }
}

fn check_value(pepper: &Pepper, store: StoreId) -> [u8; 16] {
    let key = zeroize::Zeroizing::new(pepper.derive("keycask 2026-11 check of the pepper"));
    let hash = blake3::keyed_hash(&key, &store.0);
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// The header up to its nonce, which is associated with the sealed key.
fn fixed_part(
    store: StoreId,
    origin: StoreId,
    current: &Generation,
    previous: Option<&Generation>,
) -> Vec<u8> {
    let mut part = [MAGIC.as_slice(), &[VERSION], &store.0, &origin.0].concat();
    part.extend(current.encode());
    match previous {
        Some(previous) => part.extend(previous.encode()),
        None => part.extend([0; GENERATION]),
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(byte: u8) -> Pepper {
        Pepper::new(&[byte; 32])
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
            assert_eq!(row.len(), 165);
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
                9..77 => &[ErrorKind::Pepper, ErrorKind::Corrupt],
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
        row.truncate(20);
        assert_eq!(kind_of(&row, None), ErrorKind::Newer);
    }

    #[test]
    fn a_second_generation_is_newer_and_not_ignored() {
        let random = Random::system();
        let (mut header, _) = Header::new(None, &random).unwrap();
        header.previous = Some(Generation { number: 1, check: Some([1; 16]) });
        header.current.number = 2;
        let key = StoreKey::random(&random).unwrap();
        let part =
            fixed_part(header.store, header.origin, &header.current, header.previous.as_ref());
        header.sealed = key.seal(None, &part, &random).unwrap();
        assert_eq!(kind_of(&header.encode(&MacKeys::new(&key)), None), ErrorKind::Newer);
    }
}
