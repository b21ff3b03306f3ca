//! The header row of table `meta`: what the file is, and the store's secrets under seal.

use std::ptr;

use super::mac::{MAC_LEN, MacKeys, SealedKeys, StoreKeys, equal};
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
//     41    1 generation   of the pepper that seals the secrets, from 1
//     42    1 peppered     1 if that generation has a pepper, 0 if it is without one
//     43   16 check        what tells a wrong pepper; zeros without one
//     59   18 previous     a generation that keys are still on, likewise; zeros if none
//     77   24 nonce
//    101   80 sealed       32 store key and 32 trace key under XChaCha20-Poly1305, then the tag;
//                          bytes 0..77 are the associated data
//    181   16 MAC          as every row's
// ```
//
// The check is the first 16 bytes of BLAKE3 over the store id, keyed with a key derived from
// the pepper.
const MAGIC: &[u8; 8] = b"keycask\0";
const VERSION: u8 = 1;
/// The first that it is not.
const NEWER: u8 = VERSION + 1;
const FIXED: usize = 77;
const GENERATION: usize = 18;

/// What the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) store: StoreId,
    pub(super) origin: StoreId,
    current: Generation,
    previous: Option<Generation>,
    sealed: SealedKeys,
}

/// One generation of the pepper.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Generation {
    number: u8,
    check: Option<[u8; 16]>,
}

/// The peppers that the host gives: of the present generation, and of the one before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peppers<'p> {
    pub(crate) present: Option<&'p Pepper>,
    pub(crate) previous: Option<&'p Pepper>,
}

impl Peppers<'_> {
    /// Which of the two is the pepper of `generation`: 0 the present, 1 the previous.
    pub(crate) fn place(&self, generation: Numbered<'_>) -> Option<usize> {
        let pepper = generation.pepper?;
        let is_its = |given: &Option<&Pepper>| given.is_some_and(|given| ptr::eq(given, pepper));
        [self.present, self.previous].iter().position(is_its)
    }
}

/// The pepper of one generation; none if that is without one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered<'p> {
    pub(crate) number: u8,
    pub(crate) pepper: Option<&'p Pepper>,
}

impl Header {
    /// The header of a new store, and its MAC keys.
    pub(super) fn new(pepper: Option<&Pepper>, random: &Random) -> Result<(Self, MacKeys)> {
        let store = StoreId::random(random)?;
        let keys = StoreKeys::random(random)?;
        let header = Self::make(store, store, Numbered { number: 1, pepper }, None, &keys, random)?;
        Ok((header, MacKeys::new(keys)))
    }

    /// The header of a store that is restored from the one with this header, and its MAC keys:
    /// another id and another store key. Digests, traces and sealed copies stay what they are,
    /// so the generations of the pepper, the trace key and the origin do.
    pub(super) fn restored(
        &self,
        peppers: Peppers<'_>,
        random: &Random,
    ) -> Result<(Self, MacKeys)> {
        let (current, previous) = self.match_peppers(peppers)?;
        let store = StoreId::random(random)?;
        let keys = self.store_keys(current.pepper)?.restored(random)?;
        let header = Self::make(store, self.origin, current, previous, &keys, random)?;
        Ok((header, MacKeys::new(keys)))
    }

    /// This header with another generation of the pepper, to which keys are to come over from
    /// the present one. `now` is the pepper of that.
    ///
    /// # Errors
    ///
    /// `Conflict` if keys are still to come over to the present one; `Random`.
    pub(super) fn rotated(
        &self,
        now: Option<&Pepper>,
        new: &Pepper,
        random: &Random,
    ) -> Result<Self> {
        let refuse = |why: &str| Err(Error::new(ErrorKind::Conflict, format!("pepper: {why}")));
        let before = self.current.number;
        match (&self.previous, before.checked_add(1)) {
            (Some(_), _) => refuse("one is being rotated already; retire the one before first"),
            (None, None) => refuse("it was rotated 254 times, and no number is left"),
            (None, Some(number)) => {
                let next = Numbered { number, pepper: Some(new) };
                let previous = Numbered { number: before, pepper: now };
                let keys = self.store_keys(now)?;
                Self::make(self.store, self.origin, next, Some(previous), &keys, random)
            }
        }
    }

    /// This header without the generation before, of which no key is left. `now` is the pepper of
    /// the present one.
    pub(super) fn retired(&self, now: Option<&Pepper>, random: &Random) -> Result<Self> {
        let current = Numbered { number: self.current.number, pepper: now };
        let keys = self.store_keys(now)?;
        Self::make(self.store, self.origin, current, None, &keys, random)
    }

    fn store_keys(&self, pepper: Option<&Pepper>) -> Result<StoreKeys> {
        StoreKeys::open(&self.sealed, pepper, &self.fixed_part())
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the store key does not open"))
    }

    fn make(
        store: StoreId,
        origin: StoreId,
        current: Numbered<'_>,
        previous: Option<Numbered<'_>>,
        keys: &StoreKeys,
        random: &Random,
    ) -> Result<Self> {
        let generation = |of: Numbered<'_>| Generation {
            number: of.number,
            check: of.pepper.map(|pepper| check_value(pepper, store)),
        };
        let (nonce, sealed) = ([0; 24], [0; 80]);
        let mut header = Self {
            store,
            origin,
            current: generation(current),
            previous: previous.map(generation),
            sealed: SealedKeys { nonce, sealed },
        };
        header.sealed = keys.seal(current.pepper, &header.fixed_part(), random)?;
        Ok(header)
    }

    pub(super) fn is_peppered(&self) -> bool {
        self.current.check.is_some()
    }

    pub(super) fn encode(&self, keys: &MacKeys) -> Vec<u8> {
        let mut body = self.fixed_part();
        body.extend_from_slice(&self.sealed.nonce);
        body.extend_from_slice(&self.sealed.sealed);
        Self::sealed(body, keys)
    }

    /// The row with this body.
    pub(super) fn sealed(body: Vec<u8>, keys: &MacKeys) -> Vec<u8> {
        keys.seal("meta", HEADER, body).0
    }

    /// The header with this row, and the MAC keys that `peppers` open.
    ///
    /// # Errors
    ///
    /// `Foreign`, `Newer`, `Pepper` or `Corrupt`.
    pub(super) fn decode(row: &[u8], peppers: Peppers<'_>) -> Result<(Self, MacKeys)> {
        let foreign = || Error::new(ErrorKind::Foreign, "it is not a keycask store");
        let corrupt = |why| Error::new(ErrorKind::Corrupt, format!("meta, header: {why}"));
        let newer = |why: String| Error::new(ErrorKind::Newer, why);
        let (magic, rest) = row.split_first_chunk().ok_or_else(foreign)?;
        if magic != MAGIC {
            return Err(foreign());
        }
        match rest.first().copied() {
            Some(VERSION) => {}
            Some(v @ NEWER..) => {
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
        let (current, _) = header.match_peppers(peppers)?;
        let keys = StoreKeys::open(&header.sealed, current.pepper, fixed)
            .ok_or_else(|| corrupt("its sealed key is damaged or forged"))?;
        let keys = MacKeys::new(keys);
        keys.open("meta", HEADER, row)?;
        Ok((header, keys))
    }

    fn split(fixed: &[u8], rest: &[u8]) -> Option<Self> {
        let (store, rest_of_fixed) = fixed.get(MAGIC.len() + 1..)?.split_first_chunk()?;
        let (origin, generations) = rest_of_fixed.split_first_chunk()?;
        let (current, previous) = generations.split_at_checked(GENERATION)?;
        let current = Generation::decode(current)?;
        let none = previous.iter().all(|byte| *byte == 0);
        let previous = if none { None } else { Some(Generation::decode(previous)?) };
        if previous.as_ref().is_some_and(|previous| previous.number >= current.number) {
            return None;
        }
        let (nonce, rest) = rest.split_first_chunk()?;
        let (sealed, mac) = rest.split_first_chunk()?;
        let sealed = SealedKeys { nonce: *nonce, sealed: *sealed };
        let (store, origin) = (StoreId(*store), StoreId(*origin));
        let header = Self { store, origin, current, previous, sealed };
        (mac.len() == MAC_LEN).then_some(header)
    }

    /// Which of `peppers` are those of the present generation and of the one before, if keys
    /// are still on that.
    ///
    /// The given ones may be one step ahead of the file, or one behind: then a store opens at
    /// each step of a rotation with the same peppers.
    ///
    /// # Errors
    ///
    /// `Pepper` if one that is needed is not among them.
    pub(super) fn match_peppers<'p>(
        &self,
        peppers: Peppers<'p>,
    ) -> Result<(Numbered<'p>, Option<Numbered<'p>>)> {
        let refuse = |why| Error::new(ErrorKind::Pepper, why);
        let given = [peppers.present, peppers.previous];
        let of = |generation: &Generation, why| match generation.check {
            None => Ok(Numbered { number: generation.number, pepper: None }),
            Some(check) => {
                let is_its = |pepper: &&Pepper| equal(&check_value(pepper, self.store), &check);
                let pepper = given.into_iter().flatten().find(is_its);
                let found = pepper.map(|_| Numbered { number: generation.number, pepper });
                found.ok_or_else(|| refuse(why))
            }
        };
        let why = match (peppers.present, self.current.check) {
            (Some(_), None) => {
                return Err(refuse("it was made without a pepper, and one is given"));
            }
            (None, _) => "it was made with a pepper, and none is given",
            (Some(_), _) => "the pepper is not the one that it was made with",
        };
        let current = of(&self.current, why)?;
        let why =
            "its pepper was rotated, and keys are still on the one before, which is not given";
        let previous = self.previous.as_ref().map(|previous| of(previous, why)).transpose()?;
        Ok((current, previous))
    }

    /// The header up to its nonce, which is associated with the sealed key.
    fn fixed_part(&self) -> Vec<u8> {
        let mut part = [MAGIC.as_slice(), &[VERSION], &self.store.0, &self.origin.0].concat();
        part.extend(self.current.encode());
        match &self.previous {
            Some(previous) => part.extend(previous.encode()),
            None => part.extend([0; GENERATION]),
        }
        part
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
    let hash = pepper.derive("keycask 2026-11 check of the pepper").hash(&store.0);
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(byte: u8) -> Pepper {
        Pepper::new(&[byte; 32])
    }

    fn given<'p>(present: Option<&'p Pepper>, previous: Option<&'p Pepper>) -> Peppers<'p> {
        Peppers { present, previous }
    }

    fn kind_of(row: &[u8], pepper: Option<&Pepper>) -> ErrorKind {
        Header::decode(row, given(pepper, None)).err().unwrap().kind()
    }

    #[test]
    fn a_generation_has_a_number_from_one_on_and_a_check_if_it_has_a_pepper() {
        let is_one = |number: u8, peppered: u8, check: u8| {
            let bytes = [&[number, peppered][..], &[check; 16]].concat();
            Generation::decode(&bytes).map(|one| one.encode().collect::<Vec<u8>>() == bytes)
        };
        assert_eq!([is_one(1, 0, 0), is_one(255, 1, 7), is_one(1, 1, 0)], [Some(true); 3]);
        let others = [is_one(0, 0, 0), is_one(0, 1, 7), is_one(1, 0, 7), is_one(1, 2, 7)];
        assert_eq!(others, [None; 4]);
    }

    #[test]
    fn a_header_opens_with_its_own_pepper_only() {
        let random = Random::system();
        for own in [None, Some(pepper(1))] {
            let (header, keys) = Header::new(own.as_ref(), &random).unwrap();
            let row = header.encode(&keys);
            assert_eq!(row.len(), 197);
            let (again, keys_again) = Header::decode(&row, given(own.as_ref(), None)).unwrap();
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
            assert!(Header::decode(&row[..cut], given(Some(&pepper), None)).is_err());
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
    fn p44_a_header_of_two_generations_opens_with_both_peppers_in_either_place() {
        let random = Random::system();
        let [one, two, other] = [1, 2, 3].map(pepper);
        let (first, keys) = Header::new(Some(&one), &random).unwrap();
        let rotated = first.rotated(Some(&one), &two, &random).unwrap();
        let retired = rotated.retired(Some(&two), &random).unwrap();
        assert_eq!((rotated.current.number, retired.current.number), (2, 2));
        let opens = |header: &Header, present, previous| {
            let decoded = Header::decode(&header.encode(&keys), given(present, previous));
            decoded.map(|(_, again)| {
                assert_eq!(keys.hash("t", b"k", b"b"), again.hash("t", b"k", b"b"));
            })
        };
        // The same two peppers open each step of a rotation.
        for header in [&first, &rotated, &retired] {
            opens(header, Some(&two), Some(&one)).unwrap();
        }
        opens(&retired, Some(&two), None).unwrap();
        for (header, present, previous) in [
            (&first, Some(&two), None),
            (&rotated, Some(&two), None),
            (&rotated, Some(&one), None),
            (&rotated, Some(&two), Some(&other)),
            (&retired, Some(&one), Some(&other)),
        ] {
            assert_eq!(opens(header, present, previous).unwrap_err().kind(), ErrorKind::Pepper);
        }
        let third = rotated.rotated(Some(&two), &other, &random).unwrap_err();
        assert_eq!(third.kind(), ErrorKind::Conflict);
    }

    #[test]
    fn p44_a_pepper_can_be_given_to_a_store_that_has_none() {
        let random = Random::system();
        let new = pepper(2);
        let (first, keys) = Header::new(None, &random).unwrap();
        let rotated = first.rotated(None, &new, &random).unwrap();
        assert!(rotated.is_peppered());
        let row = rotated.encode(&keys);
        let (again, _) = Header::decode(&row, given(Some(&new), None)).unwrap();
        let (current, previous) = again.match_peppers(given(Some(&new), None)).unwrap();
        let of = |generation: Numbered<'_>| (generation.number, generation.pepper.is_some());
        assert_eq!((of(current), previous.map(of)), ((2, true), Some((1, false))));
        assert_eq!(kind_of(&row, None), ErrorKind::Pepper);
    }
}
