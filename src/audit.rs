//! The audit trail: who changed what, when and why.
//!
//! An entry is readable by itself and for ever: it names realm, key and owner as people do,
//! and holds no token and no digest. Entries are numbered from 1 and chained: each row
//! carries a keyed hash over the one before it, so that one that is changed, moved or taken
//! out of the middle shows.
//!
//! Beside the entry itself: which entries are asked for (`filter`), and an entry as others read
//! it (`json`, `ocsf`).

mod filter;
mod json;
mod ocsf;

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::quote::no_such;
use crate::secret::Secret;
use crate::time::Timestamp;

pub use filter::AuditFilter;

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What was done. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $variant,)*
        }

        impl Event {
            /// Every event.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The event's stable name in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

events! {
    /// A realm's profile was applied.
    RealmApplied = "realm_applied",
    /// An owner was made or changed.
    OwnerSet = "owner_set",
    /// A key was issued.
    KeyIssued = "key_issued",
    /// A key was imported from another system.
    KeyImported = "key_imported",
    /// A key was rotated: a successor was issued.
    KeyRotated = "key_rotated",
    /// A key whose token was lost was revoked, and another issued in its place: the operation that
    /// made it was asked for again.
    KeyReissued = "key_reissued",
    /// A key was paused.
    KeySuspended = "key_suspended",
    /// A key was active again.
    KeyResumed = "key_resumed",
    /// A key was ended for good.
    KeyRevoked = "key_revoked",
    /// A key's name, metadata, window or scopes were changed.
    KeyUpdated = "key_updated",
    /// A key's token was shown again.
    KeyRevealed = "key_revealed",
    /// Keys were taken out after their retention: those that the entry lists.
    KeysSwept = "keys_swept",
    /// The oldest entries of the trail were taken out.
    AuditTrimmed = "audit_trimmed",
    /// Something was found in the use of a key that somebody should look at.
    PatternFound = "pattern_found",
    /// Decisions were put into the trail: those that the entry lists.
    DecisionsNoted = "decisions_noted",
    /// The durable time mark was set back.
    ClockReset = "clock_reset",
    /// Sealed tokens were sealed under another key.
    SealingKeyChanged = "sealing_key_changed",
    /// A generation of the pepper was added or retired.
    PepperChanged = "pepper_changed",
    /// The store was made from a backup of another.
    StoreRestored = "store_restored",
    /// A store that was restored takes changes from here on.
    RestoreConfirmed = "restore_confirmed",
}

impl Event {
    /// The event with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

impl FromStr for Event {
    type Err = Error;

    /// # Errors
    ///
    /// `Argument` if no event has this name.
    fn from_str(name: &str) -> Result<Self> {
        Self::from_name(name).ok_or_else(|| {
            let why = format!("{}: there is none of this name", no_such("event", name));
            Error::new(ErrorKind::Argument, why)
        })
    }
}

/// One change, as the audit trail keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Place in the trail, from 1 without gaps. 0 until the entry is in it.
    pub number: u64,
    /// The commit that made the change. 0 until then.
    pub seq: u64,
    /// When it was asked for.
    pub at: Timestamp,
    /// Who asked for it, in the caller's words.
    pub actor: String,
    /// The id of the operation, if the caller named one. Empty if it did not.
    pub operation: String,
    /// What was done.
    pub event: Event,
    /// Name of the realm it was done in.
    pub realm: Option<String>,
    /// The key it was done to, if it was done to one alone. Where it was done to several, the
    /// member `keys` of `after` [lists](Self::keys) them.
    pub key: Option<KeyId>,
    /// The application's own id of the owner whose key it is, or who was changed.
    pub owner: Option<String>,
    /// Why, in the actor's words. Empty if nothing was said.
    pub reason: String,
    /// The changed fields as they were. No secret is among them.
    pub before: Map<String, Value>,
    /// The changed fields as they are now.
    pub after: Map<String, Value>,
}

impl AuditEntry {
    /// The keys that it was done to, in order.
    pub fn keys(&self) -> impl Iterator<Item = KeyId> {
        let listed = self.after.get(KEYS).and_then(Value::as_array);
        self.key.into_iter().chain(listed.into_iter().flatten().filter_map(named))
    }

    /// Whether it was done to `key`, or made or ended it beside another.
    pub(crate) fn concerns(&self, key: KeyId) -> bool {
        let beside = BESIDE.iter().filter_map(|member| self.after.get(*member));
        self.keys().chain(beside.filter_map(named)).any(|of| of == key)
    }

    /// The same entry, done to all of `keys`: at most [`KEYS_MAX`].
    pub(crate) fn about_keys(mut self, keys: &[KeyId]) -> Self {
        let list = keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        self.after.insert("count".to_owned(), keys.len().into());
        self.after.insert(KEYS.to_owned(), list.into());
        self
    }

    /// An entry that is not in the trail yet, about nothing in particular.
    pub(crate) fn new(event: Event, at: Timestamp, actor: &str) -> Self {
        Self {
            number: 0,
            seq: 0,
            at,
            actor: actor.to_owned(),
            operation: String::new(),
            event,
            realm: None,
            key: None,
            owner: None,
            reason: String::new(),
            before: Map::new(),
            after: Map::new(),
        }
    }
}

/// Most keys that one entry lists, which makes it some 25 KB long.
pub(crate) const KEYS_MAX: usize = 1_000;

/// The member of `after` that lists the keys that something was done to.
const KEYS: &str = "keys";

/// The members that name one more key: the successor of a rotation and the predecessor that was
/// revoked with it, and what was issued in the place of a key whose token was lost.
pub(crate) const SUCCESSOR: &str = "successor";
pub(crate) const REVOKED_PREDECESSOR: &str = "revoked_predecessor";
pub(crate) const REISSUED_AS: &str = "reissued_as";
const BESIDE: [&str; 3] = [SUCCESSOR, REVOKED_PREDECESSOR, REISSUED_AS];

/// The key that a member names.
fn named(member: &Value) -> Option<KeyId> {
    member.as_str()?.parse().ok()
}

/// Where a trail stands: the hash over all of its entries. All zeros before the first.
pub(crate) type Chain = [u8; 32];

// An entry's row, version 1. Its key is the entry's number.
//
// ```text
// offset size name
//      0    1 version  1
//      1   32 chain    keyed BLAKE3 over the chain before (32 bytes), the number (8 bytes,
//                      little-endian), the version (1 byte) and the body
//     33      body     a JSON object; members that are empty are left out
// ```
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    seq: u64,
    at: i64,
    actor: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    operation: Cow<'a, str>,
    event: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    realm: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    reason: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Map::<String, Value>::is_empty")]
    before: Cow<'a, Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Map::<String, Value>::is_empty")]
    after: Cow<'a, Map<String, Value>>,
}

fn chain(key: &Secret, before: &Chain, number: u64, version: u8, body: &[u8]) -> blake3::Hash {
    key.hasher(|hasher| {
        hasher.update(before).update(&number.to_le_bytes());
        hasher.update(&[version]).update(body).finalize()
    })
}

/// The row whose body `write` puts at its end, after a trail that stands at `before`, and where it
/// stands then.
pub(crate) fn chained(
    key: &Secret,
    before: &Chain,
    number: u64,
    write: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<(Vec<u8>, Chain)> {
    let mut row = Vec::with_capacity(512);
    row.push(VERSION);
    row.extend_from_slice(&Chain::default());
    write(&mut row)?;
    let mut after = Chain::default();
    if let Some((place, body)) = row.get_mut(1..).and_then(<[u8]>::split_first_chunk_mut) {
        after = *chain(key, before, number, VERSION, body).as_bytes();
        *place = after;
    }
    Ok((row, after))
}

impl AuditEntry {
    /// The entry's row after a trail that stands at `before`, and where it stands then. The
    /// number and the seq are in it.
    pub(crate) fn encode(&self, key: &Secret, before: &Chain) -> Result<(Vec<u8>, Chain)> {
        let body = Body {
            seq: self.seq,
            at: self.at.as_ms(),
            actor: Cow::Borrowed(&self.actor),
            operation: Cow::Borrowed(&self.operation),
            event: Cow::Borrowed(self.event.name()),
            realm: self.realm.as_deref().map(Cow::Borrowed),
            key: self.key.map(|key| key.to_string()),
            owner: self.owner.as_deref().map(Cow::Borrowed),
            reason: Cow::Borrowed(&self.reason),
            before: Cow::Borrowed(&self.before),
            after: Cow::Borrowed(&self.after),
        };
        chained(key, before, self.number, |row| {
            serde_json::to_writer(row, &body)
                .map_err(|e| Error::new(ErrorKind::Internal, format!("audit entry: no JSON: {e}")))
        })
    }

    /// The entry `number` whose row this is, after a trail that stands at `before`, and where
    /// the trail stands then.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it. `Corrupt` if it is damaged, or is not what came
    /// at this place of the trail.
    pub(crate) fn decode(
        key: &Secret,
        before: &Chain,
        number: u64,
        row: &[u8],
    ) -> Result<(Self, Chain)> {
        let corrupt =
            |why: &str| Error::new(ErrorKind::Corrupt, format!("audit entry {number}: {why}"));
        let newer = |what: &str| {
            Error::new(ErrorKind::Newer, format!("audit entry {number}: {what} is not known yet"))
        };
        let (after, body) = split(number, row)?;
        let version = row.first().copied().unwrap_or(0);
        if blake3::Hash::from_bytes(after) != chain(key, before, number, version, body) {
            return Err(corrupt("it is damaged, or is not what came after the one before it"));
        }
        match version {
            VERSION => {}
            0 => return Err(corrupt("version 0 never was")),
            version => return Err(newer(&format!("version {version}"))),
        }
        let body: Body = serde_json::from_slice(body)
            .map_err(|_| corrupt("its body is not what it should be"))?;
        let event = Event::from_name(&body.event)
            .ok_or_else(|| newer(&format!("event {:?}", body.event)))?;
        let key_id = body.key.as_deref().map(str::parse).transpose();
        let entry = Self {
            number,
            seq: body.seq,
            at: Timestamp::from_ms(body.at),
            actor: body.actor.into_owned(),
            operation: body.operation.into_owned(),
            event,
            realm: body.realm.map(Cow::into_owned),
            key: key_id.map_err(|_| corrupt("its key id is none"))?,
            owner: body.owner.map(Cow::into_owned),
            reason: body.reason.into_owned(),
            before: body.before.into_owned(),
            after: body.after.into_owned(),
        };
        Ok((entry, after))
    }
}

/// Where the trail stands after the entry `number` whose row this is, as the row says.
///
/// # Errors
///
/// `Corrupt` if the row is too short to say it.
pub(crate) fn chain_of(number: u64, row: &[u8]) -> Result<Chain> {
    split(number, row).map(|(chain, _)| chain)
}

fn split(number: u64, row: &[u8]) -> Result<(Chain, &[u8])> {
    let parts = row.get(1..).and_then(|rest| rest.split_first_chunk());
    let (chain, body) = parts.ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, format!("audit entry {number}: its row is too short"))
    })?;
    Ok((*chain, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Secret {
        Secret::copy(&[7; 32])
    }
    const START: Chain = [0; 32];

    fn entry(number: u64) -> AuditEntry {
        let mut entry = AuditEntry::new(Event::KeyRevoked, Timestamp::from_ms(1_000), "alice");
        entry.number = number;
        entry.seq = 41;
        entry.key = Some(KeyId::from_bits(99));
        entry.reason = "left the \"company\"\n".to_owned();
        entry.before.insert("state".to_owned(), "active".into());
        entry.after.insert("state".to_owned(), "revoked".into());
        entry
    }

    #[test]
    fn an_entry_survives_its_row_at_its_own_place_only() {
        let (row, head) = entry(1).encode(&key(), &START).unwrap();
        assert_eq!(AuditEntry::decode(&key(), &START, 1, &row).unwrap(), (entry(1), head));
        assert_eq!(chain_of(1, &row).unwrap(), head);
        for refused in [
            AuditEntry::decode(&key(), &START, 2, &row),
            AuditEntry::decode(&key(), &head, 1, &row),
            AuditEntry::decode(&Secret::copy(&[8; 32]), &START, 1, &row),
        ] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn a_row_with_any_bit_changed_or_any_byte_missing_is_refused() {
        let (row, _) = entry(1).encode(&key(), &START).unwrap();
        for at in 0..row.len() {
            let mut bad = row.clone();
            bad[at] ^= 4;
            assert!(AuditEntry::decode(&key(), &START, 1, &bad).is_err(), "byte {at}");
            assert!(AuditEntry::decode(&key(), &START, 1, &row[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_row_of_a_later_version_is_newer_and_not_damaged() {
        let body = br#"{"shape":"unknown"}"#;
        let head = *chain(&key(), &START, 1, 2, body).as_bytes();
        let row = [&[2], head.as_slice(), body].concat();
        let refused = AuditEntry::decode(&key(), &START, 1, &row).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Newer);
    }

    #[test]
    fn every_event_is_found_by_its_name() {
        for event in Event::ALL {
            assert_eq!(Event::from_name(event.name()), Some(*event));
        }
        assert_eq!(Event::from_name("key_lost"), None);
        let told = |name: &str| name.parse::<Event>().unwrap_err().to_string();
        assert_eq!(told("key_lost"), "event \"key_lost\": there is none of this name");
        // A token in the wrong place is not repeated.
        assert_eq!(told(&"k".repeat(40)), "event of 40 bytes: there is none of this name");
    }
}
