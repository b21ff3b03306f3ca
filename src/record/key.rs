//! A stored key.

use std::fmt;

use super::fields::{Fields, put_text};
use super::imported::Imported;
use super::parts::Parts;
use crate::digest::{Address, Digest, Locator};
use crate::entry::{Idle, State};
use crate::error::Result;
use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;
use crate::realm::Realm;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// Why a key is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cause {
    /// Nothing happened to it since it was issued.
    None = 0,
    /// Somebody asked for it.
    Asked = 1,
    /// It was rotated without grace, or a later rotation ended its grace.
    Rotated = 2,
    /// Its token was lost: the operation that made it was asked for again, and made another
    /// key in its place.
    Reissued = 3,
}

impl Cause {
    /// The cause stored as `byte`, if there is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            1 => Some(Self::Asked),
            2 => Some(Self::Rotated),
            3 => Some(Self::Reissued),
            _ => None,
        }
    }

    /// The cause's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Asked => "asked",
            Self::Rotated => "rotated",
            Self::Reissued => "reissued",
        }
    }

    /// The byte that stores the cause.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }
}

/// A key as the file keeps it. The row's key is `key_id`; the rest is its value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyRecord {
    pub key_id: KeyId,
    pub digest: Digest,
    /// Generation of the pepper under which `digest` was computed.
    pub pepper: u8,
    pub kind: KindRef,
    pub owner: OwnerRef,
    pub state: State,
    pub cause: Cause,
    /// Takes a place under the owner's caps on active keys.
    pub counted: bool,
    /// As granted, before implication.
    pub scopes: ScopeSet,
    pub issued: Timestamp,
    pub start: Timestamp,
    pub end: Timestamp,
    /// When the state last changed.
    pub changed: Timestamp,
    /// The first key of the lineage: the key itself unless it came from a rotation.
    pub lineage: KeyId,
    /// 1 for the first key of a lineage.
    pub generation: u32,
    pub predecessor: Option<KeyId>,
    pub successor: Option<KeyId>,
    /// Last four characters of the token.
    pub last_four: [u8; 4],
    pub name: String,
    /// JSON as the caller gave it, byte for byte.
    pub metadata: String,
    /// Why the state last changed, in the actor's words.
    pub reason: String,
    pub parts: Parts,
}

impl fmt::Debug for KeyRecord {
    /// Names the key; a digest is never printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRecord({})", self.key_id)
    }
}

// A key's record, version 1. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 version      1
//      1    1 state        0 active, 1 suspended, 2 revoked
//      2    1 cause        0 none, 1 asked, 2 rotated, 3 reissued
//      3    1 flags        bit 0 counted, bit 1 has predecessor, bit 2 has successor
//      4    1 pepper       generation of the pepper
//      5    2 kind
//      7    4 owner
//     11   16 scopes       bit n is scope number n
//     27    8 issued       milliseconds since the epoch, as all times; i64::MAX is never
//     35    8 start
//     43    8 end
//     51    8 changed
//     59    8 lineage      a key id
//     67    4 generation
//     71    8 predecessor  a key id, 0 if there is none
//     79    8 successor    a key id, 0 if there is none
//     87    4 last four    of the token
//     91   32 digest       left out in the log
//    123    2 length of the name, then the name
//           2 length of the metadata, then the metadata
//           2 length of the reason, then the reason
//             parts        drawn in parts.rs
// ```
const VERSION: u8 = 1;
const COUNTED: u8 = 1;
const HAS_PREDECESSOR: u8 = 2;
const HAS_SUCCESSOR: u8 = 4;

/// Whether a record holds the digest: the row does, the log does not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Row,
    Log,
}

impl KeyRecord {
    /// What finds the key in memory.
    pub(crate) fn address(&self) -> Address {
        let digest = self.digest.words();
        let locator = match self.parts.imported {
            // What its token ends with is not known.
            Some(Imported::Digest { .. }) => Locator::of_digest(digest),
            _ => Locator::of(self.last_four),
        };
        Address { locator, digest }
    }

    /// When the key ceased or will cease to be of use: when it was revoked, or its end; `None`
    /// if neither.
    pub(crate) fn over(&self) -> Option<Timestamp> {
        let over = match self.state {
            State::Revoked => self.end.min(self.changed),
            State::Active | State::Suspended => self.end,
        };
        (over != Timestamp::NEVER).then_some(over)
    }

    /// For how long the key may stay unused in `realm`, if not for ever, and from when on that
    /// counts if no use is later: from its start, the last change of its state, or when the span
    /// was given.
    pub(crate) fn idle(&self, realm: &Realm) -> Option<Idle> {
        let Idle { span, since } = self.idle_of(realm)?;
        Some(Idle { span, since: since.max(self.start).max(self.changed) })
    }

    /// The span that was said for the key or else for `realm`, and when.
    pub(crate) fn idle_of(&self, realm: &Realm) -> Option<Idle> {
        let of_realm = || Some(Idle { span: realm.policy().idle?, since: realm.idle_since() });
        self.parts.idle.or_else(of_realm)
    }

    /// Whether it is kept in `realm` when the key was last used.
    pub(crate) fn keeps_use(&self, realm: &Realm) -> bool {
        realm.policy().usage || self.idle(realm).is_some()
    }

    /// From when on it is known whether the key was used, if that is [kept](Self::keeps_use).
    pub(crate) fn use_known_from(&self, realm: &Realm) -> Timestamp {
        let own = self.parts.idle.map(|idle| idle.since);
        let kept = [realm.usage_since(), own].into_iter().flatten().min();
        kept.map_or(self.came(), |kept| kept.max(self.came()))
    }

    /// When it was issued here or, if it is imported, taken in: what it was used for before that is
    /// not known.
    pub(crate) fn came(&self) -> Timestamp {
        self.issued.max(self.key_id.issued())
    }

    /// Longest name of a key in bytes.
    pub(crate) const NAME_MAX: usize = 128;

    /// Longest metadata of a key in bytes.
    pub(crate) const METADATA_MAX: usize = 4096;

    /// Longest reason for a change in bytes.
    pub(crate) const REASON_MAX: usize = 256;

    /// The value of the key's row, without the row's MAC.
    ///
    /// # Errors
    ///
    /// `Argument` if a text is over its limit.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(192);
        self.put(&mut out, Form::Row)?;
        Ok(out)
    }

    /// The record of `key_id` whose row has this value.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it, `Corrupt` if none did.
    pub(crate) fn decode(key_id: KeyId, bytes: &[u8]) -> Result<Self> {
        Self::take(key_id, bytes, Form::Row)
    }

    pub(super) fn put(&self, out: &mut Vec<u8>, form: Form) -> Result<()> {
        let mut flags = 0;
        for (flag, set) in [
            (COUNTED, self.counted),
            (HAS_PREDECESSOR, self.predecessor.is_some()),
            (HAS_SUCCESSOR, self.successor.is_some()),
        ] {
            flags |= if set { flag } else { 0 };
        }
        let id = |key: Option<KeyId>| key.map_or(0, KeyId::bits).to_le_bytes();
        out.extend_from_slice(&[VERSION, self.state.byte(), self.cause.byte(), flags, self.pepper]);
        out.extend_from_slice(&self.kind.number().to_le_bytes());
        out.extend_from_slice(&self.owner.number().to_le_bytes());
        out.extend_from_slice(&self.scopes.bits().to_le_bytes());
        for at in [self.issued, self.start, self.end, self.changed] {
            out.extend_from_slice(&at.as_ms().to_le_bytes());
        }
        out.extend_from_slice(&id(Some(self.lineage)));
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&id(self.predecessor));
        out.extend_from_slice(&id(self.successor));
        out.extend_from_slice(&self.last_four);
        if form == Form::Row {
            out.extend_from_slice(self.digest.as_bytes());
        }
        put_text(out, "name", &self.name, Self::NAME_MAX)?;
        put_text(out, "metadata", &self.metadata, Self::METADATA_MAX)?;
        put_text(out, "reason", &self.reason, Self::REASON_MAX)?;
        self.parts.put(out, form)
    }

    pub(super) fn take(key_id: KeyId, bytes: &[u8], form: Form) -> Result<Self> {
        let mut fields = Fields::new("key", VERSION, bytes)?;
        let state = State::from_byte(fields.u8()?).ok_or_else(|| fields.corrupt("no state"))?;
        let cause = Cause::from_byte(fields.u8()?).ok_or_else(|| fields.corrupt("no cause"))?;
        let flags = fields.flags(COUNTED | HAS_PREDECESSOR | HAS_SUCCESSOR)?;
        let pepper = fields.u8()?;
        let kind = KindRef::new(fields.u16()?);
        let owner = OwnerRef::new(fields.u32()?);
        let scopes = ScopeSet::from_bits_retain(fields.u128()?);
        let mut time = || fields.i64().map(Timestamp::from_ms);
        let (issued, start, end, changed) = (time()?, time()?, time()?, time()?);
        let lineage = KeyId::from_bits(fields.u64()?);
        let generation = fields.u32()?;
        let mut relative = |flag| match (fields.u64()?, flags & flag != 0) {
            (0, false) => Ok(None),
            (bits, true) => Ok(Some(KeyId::from_bits(bits))),
            (_, false) => Err(fields.corrupt("a key id stands where its flag says none")),
        };
        let (predecessor, successor) = (relative(HAS_PREDECESSOR)?, relative(HAS_SUCCESSOR)?);
        let last_four = fields.array()?;
        let digest = match form {
            Form::Row => fields.array()?,
            Form::Log => [0; Digest::LEN],
        };
        let record = Self {
            key_id,
            digest: Digest::from_bytes(digest),
            pepper,
            kind,
            owner,
            state,
            cause,
            counted: flags & COUNTED != 0,
            scopes,
            issued,
            start,
            end,
            changed,
            lineage,
            generation,
            predecessor,
            successor,
            last_four,
            name: fields.text("name", Self::NAME_MAX)?,
            metadata: fields.text("metadata", Self::METADATA_MAX)?,
            reason: fields.text("reason", Self::REASON_MAX)?,
            parts: Parts::take(&mut fields, form)?,
        };
        fields.end()?;
        Ok(record)
    }
}
