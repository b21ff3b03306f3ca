//! The state row of table `meta`: where the store stands after a commit.
//!
//! It is in every commit, and its MAC covers the digest of all records, so no row can be
//! taken out or put back to what it was without that being seen.

use super::header::StoreId;
use super::mac::{MAC_LEN, MacKeys};
use super::set::SetDigest;
use super::tables::STATE;
use crate::anchor::Anchor;
use crate::audit::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// How many rows a table has, for those whose number is known without counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) keys: u64,
    /// Keys that have an end.
    pub(crate) ending: u64,
    pub(crate) owners: u64,
    pub(crate) realms: u64,
    pub(crate) sealed: u64,
    pub(crate) usage: u64,
    pub(crate) operations: u64,
    /// Lineages of which a key has a quota.
    pub(crate) balances: u64,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Role {
    /// A store in use.
    Live = 0,
    /// A copy to restore from. It is never written to.
    Backup = 1,
    /// A store that was restored from a backup, until somebody confirms it.
    Restored = 2,
}

impl Role {
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Live),
            1 => Some(Self::Backup),
            2 => Some(Self::Restored),
            _ => None,
        }
    }
}

// The state row, version 1. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 version      1
//      1    1 role         0 live, 1 backup, 2 restored and not confirmed
//      2    8 seq          of the last commit that has one
//     10    8 commit       number of the last commit
//     18    8 first        seq of the oldest row of the log; seq + 1 if it is empty
//     26    8 logged       ops in the log, a commit without any counted as one
//     34   64 counts       of keys, ending keys, owners, realms, sealed, usage, operations,
//                          balances
//     98    4 next realm   number for the next realm
//    102    4 next kind    number for the next kind
//    106    8 next owner   number for the next owner
//    114    8 mark         durable time mark, milliseconds
//    122    8 entries      number of the last audit entry
//    130   32 head         where the audit trail stands
//    162    8 cut          number of the last audit entry that was taken out; 0 if none was
//    170   32 base         where the audit trail stood after that one
//    202   32 set          digest of the rows of keys, owners, realms and sealed: masked
//    234   32 balances     digest of the rows of balances: masked
//    266   16 MAC          as every row's, over the row with the digests unmasked
// ```
//
// The mask is keyed BLAKE3 over the MAC, so the digests are in the file enciphered only.
const STATE_VERSION: u8 = 1;
/// The first that is not known.
const NEWER: u8 = STATE_VERSION + 1;

/// Where the store stands after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) role: Role,
    /// Seq of the last commit that has one. 0 before the first.
    pub(crate) seq: u64,
    /// Number of the last commit, with or without a seq.
    pub(crate) commit: u64,
    /// Seq of the oldest row of the log.
    pub(crate) first: u64,
    /// Ops in the log, a commit without any counted as one.
    pub(crate) logged: u64,
    pub(crate) counts: Counts,
    /// The number that the next new realm gets; above `u16::MAX` there are no more.
    pub(crate) next_realm: u32,
    /// The number that the next new kind gets; above `u16::MAX` there are no more.
    pub(crate) next_kind: u32,
    /// The number that the next new owner gets; above `u32::MAX` there are no more.
    pub(crate) next_owner: u64,
    /// The durable time mark.
    pub(crate) mark: Timestamp,
    /// Number of the last audit entry.
    pub(crate) entries: u64,
    /// Where the audit trail stands.
    pub(crate) head: Chain,
    /// Number of the last audit entry that was taken out. 0 if none was.
    pub(crate) cut: u64,
    /// Where the audit trail stood after that entry: what its oldest row is chained to.
    pub(crate) base: Chain,
    /// Digest of the rows of keys, owners, realms and sealed copies.
    pub(crate) set: SetDigest,
    /// Digest of the rows of balances. These change without a seq, so that a copy, whose rows
    /// are those of one seq, has its own.
    pub(crate) balances: SetDigest,
}

impl State {
    /// Where a new store stands.
    pub(super) fn new() -> Self {
        Self {
            role: Role::Live,
            seq: 0,
            commit: 0,
            first: 1,
            logged: 0,
            counts: Counts::default(),
            next_realm: 1,
            next_kind: 1,
            next_owner: 1,
            mark: Timestamp::EPOCH,
            entries: 0,
            head: [0; 32],
            cut: 0,
            base: [0; 32],
            set: SetDigest::default(),
            balances: SetDigest::default(),
        }
    }

    pub(super) fn encode(&self, keys: &MacKeys) -> Vec<u8> {
        let c = self.counts;
        let mut body = vec![STATE_VERSION, self.role as u8];
        for number in [self.seq, self.commit, self.first, self.logged] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        let counts = [c.keys, c.ending, c.owners, c.realms, c.sealed, c.usage, c.operations];
        for count in counts.into_iter().chain([c.balances]) {
            body.extend_from_slice(&count.to_le_bytes());
        }
        body.extend_from_slice(&self.next_realm.to_le_bytes());
        body.extend_from_slice(&self.next_kind.to_le_bytes());
        body.extend_from_slice(&self.next_owner.to_le_bytes());
        body.extend_from_slice(&self.mark.as_ms().to_le_bytes());
        body.extend_from_slice(&self.entries.to_le_bytes());
        body.extend_from_slice(&self.head);
        body.extend_from_slice(&self.cut.to_le_bytes());
        body.extend_from_slice(&self.base);
        body.extend_from_slice(&self.set.to_bytes());
        body.extend_from_slice(&self.balances.to_bytes());
        Self::sealed(body, keys)
    }

    /// The row with this body.
    pub(super) fn sealed(body: Vec<u8>, keys: &MacKeys) -> Vec<u8> {
        let mut row = keys.seal("meta", STATE, body).0;
        toggle_mask(keys, &mut row);
        row
    }

    /// The body of this row.
    ///
    /// # Errors
    ///
    /// `Corrupt` if it is not that of a state sealed with `keys`.
    pub(super) fn unsealed(row: &[u8], keys: &MacKeys) -> Result<Vec<u8>> {
        let mut row = row.to_vec();
        toggle_mask(keys, &mut row);
        keys.open("meta", STATE, &row).map(|(body, _)| body.to_vec())
    }

    /// What to keep elsewhere of the store `store`, which stands here.
    pub(super) fn anchor(&self, store: StoreId, keys: &MacKeys) -> Anchor {
        let mut state = store.0.to_vec();
        state.extend_from_slice(&self.seq.to_le_bytes());
        state.extend_from_slice(&self.entries.to_le_bytes());
        state.extend_from_slice(&self.head);
        state.extend_from_slice(&self.set.to_bytes());
        Anchor { seq: self.seq, store_id: store.0, digest: keys.anchor(&state) }
    }

    /// How many entries of the audit trail there are.
    pub(crate) fn kept_entries(&self) -> u64 {
        self.entries.saturating_sub(self.cut)
    }

    /// How many rows an opening reads.
    pub(crate) fn rows(&self) -> u64 {
        let Counts { keys, owners, realms, .. } = self.counts;
        keys.saturating_add(owners).saturating_add(realms)
    }

    /// # Errors
    ///
    /// `Newer` or `Corrupt`.
    pub(super) fn decode(row: &[u8], keys: &MacKeys) -> Result<Self> {
        let body = Self::unsealed(row, keys)?;
        match body.first() {
            Some(&STATE_VERSION) => {}
            Some(version @ NEWER..) => {
                let why = format!("meta, state: version {version} is not known yet");
                return Err(Error::new(ErrorKind::Newer, why));
            }
            _ => return Err(Error::new(ErrorKind::Corrupt, "meta, state: no such version")),
        }
        Self::split(&body).ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "meta, state: its length or role is wrong")
        })
    }

    fn split(body: &[u8]) -> Option<Self> {
        let (role, mut rest) = body.get(1..)?.split_first()?;
        let role = Role::from_byte(*role)?;
        let (seq, commit) = (next(&mut rest)?, next(&mut rest)?);
        let (first, logged) = (next(&mut rest)?, next(&mut rest)?);
        let counts = Counts {
            keys: next(&mut rest)?,
            ending: next(&mut rest)?,
            owners: next(&mut rest)?,
            realms: next(&mut rest)?,
            sealed: next(&mut rest)?,
            usage: next(&mut rest)?,
            operations: next(&mut rest)?,
            balances: next(&mut rest)?,
        };
        let (numbers, mut rest) = rest.split_first_chunk::<8>()?;
        let ([a, b, c, d], [e, f, g, h]) = split_in_half(*numbers);
        let next_owner = next(&mut rest)?;
        let mark = next(&mut rest)?.cast_signed();
        let entries = next(&mut rest)?;
        let (head, mut rest) = rest.split_first_chunk()?;
        let cut = next(&mut rest)?;
        let (base, rest) = rest.split_first_chunk()?;
        let (set, rest) = rest.split_first_chunk()?;
        let balances: &[u8; 32] = rest.try_into().ok()?;
        Some(Self {
            role,
            seq,
            commit,
            first,
            logged,
            counts,
            next_realm: u32::from_le_bytes([a, b, c, d]),
            next_kind: u32::from_le_bytes([e, f, g, h]),
            next_owner,
            mark: Timestamp::from_ms(mark),
            entries,
            head: *head,
            cut,
            base: *base,
            set: SetDigest::from_bytes(set),
            balances: SetDigest::from_bytes(balances),
        })
    }
}

fn next(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

fn split_in_half([a, b, c, d, e, f, g, h]: [u8; 8]) -> ([u8; 4], [u8; 4]) {
    ([a, b, c, d], [e, f, g, h])
}

/// Masks or unmasks the digests, which stand before the MAC at the end of the row.
fn toggle_mask(keys: &MacKeys, row: &mut [u8]) {
    let Some((body, mac)) = row.split_last_chunk_mut::<MAC_LEN>() else { return };
    let Some(digests) = body.last_chunk_mut::<64>() else { return };
    for (byte, mask) in digests.iter_mut().zip(keys.mask(mac)) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::storage::header::Header;

    fn state() -> State {
        State {
            role: Role::Restored,
            seq: 1,
            commit: 2,
            first: 3,
            logged: 17,
            counts: Counts {
                keys: 4,
                ending: 5,
                owners: 6,
                realms: 7,
                sealed: 8,
                usage: 9,
                operations: 10,
                balances: 18,
            },
            next_realm: 11,
            next_kind: 12,
            next_owner: 13,
            mark: Timestamp::from_ms(-14),
            entries: 15,
            head: [16; 32],
            cut: 20,
            base: [18; 32],
            set: SetDigest::from_bytes(&[17; 32]),
            balances: SetDigest::from_bytes(&[19; 32]),
        }
    }

    #[test]
    fn a_state_survives_its_row_and_no_changed_row_opens() {
        let (_, keys) = Header::new(None, &Random::system()).unwrap();
        let row = state().encode(&keys);
        assert_eq!(row.len(), 282);
        assert_eq!(State::decode(&row, &keys).unwrap(), state());
        for bit in 0..row.len() * 8 {
            let mut bad = row.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(State::decode(&bad, &keys).is_err(), "bit {bit}");
        }
    }

    /// A row with another first byte, or another length, under a MAC that is right.
    fn resealed(keys: &MacKeys, version: u8, len: usize) -> Vec<u8> {
        let mut body = State::unsealed(&state().encode(keys), keys).unwrap();
        body[0] = version;
        body.resize(len, 0);
        State::sealed(body, keys)
    }

    #[test]
    fn a_state_of_a_later_version_is_newer_and_of_none_that_there_was_corrupt() {
        let (_, keys) = Header::new(None, &Random::system()).unwrap();
        let kind = |version| {
            let len = state().encode(&keys).len() - MAC_LEN;
            State::decode(&resealed(&keys, version, len), &keys).map_err(|error| error.kind())
        };
        assert_eq!(kind(STATE_VERSION), Ok(state()));
        assert_eq!(kind(STATE_VERSION + 1), Err(ErrorKind::Newer));
        assert_eq!(kind(0), Err(ErrorKind::Corrupt));
    }

    #[test]
    fn a_state_that_is_cut_off_or_goes_on_is_corrupt_whether_its_mac_is_right_or_not() {
        let (_, keys) = Header::new(None, &Random::system()).unwrap();
        let row = state().encode(&keys);
        let kind = |row: &[u8]| State::decode(row, &keys).unwrap_err().kind();
        for len in 0..row.len() {
            assert_eq!(kind(&row[..len]), ErrorKind::Corrupt, "{len}");
        }
        let whole = row.len() - MAC_LEN;
        for len in (1..whole).chain([whole + 1, whole + 32]) {
            assert_eq!(kind(&resealed(&keys, STATE_VERSION, len)), ErrorKind::Corrupt, "{len}");
        }
    }

    #[test]
    fn no_digest_of_a_set_is_in_the_row_in_the_clear() {
        let (_, keys) = Header::new(None, &Random::system()).unwrap();
        let row = state().encode(&keys);
        for digest in [[17; 8], [19; 8]] {
            assert!(row.windows(8).all(|bytes| bytes != digest));
        }
    }
}
