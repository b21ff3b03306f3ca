//! What was done in an operation that its caller named.

use std::fmt;

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::time::Timestamp;

/// What tells one request from another: 16 bytes of a hash over it.
pub(crate) type RequestDigest = [u8; 16];

/// What a call reports, as far as a later call of the same operation cannot read it from rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// A key was made or changed, or its token shown.
    Key(KeyId),
    /// These keys were made, in the order in which they were asked for.
    Keys(Vec<KeyId>),
    /// The owner that the request names was set.
    Owner,
    /// A profile was applied over this one; empty if the realm was new.
    Realm(String),
    /// So many keys were taken out, and whether there may have been more.
    Swept(u32, bool),
    /// So many copies were sealed anew.
    Resealed(u64),
    /// This became the present.
    Present(Timestamp),
    /// A store that was restored was confirmed.
    Confirmed,
    /// So many keys were revoked, and whether those were all.
    Ended(u64, bool),
}

/// An operation as the file keeps it. The row's key is `id`; the rest is its value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OperationRecord {
    /// As the caller named it.
    pub id: String,
    /// The commit that it was last done with. 0 until then.
    pub seq: u64,
    /// When it was last asked for with effect.
    pub at: Timestamp,
    pub request: RequestDigest,
    pub done: Done,
}

impl fmt::Debug for OperationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationRecord({:?}, seq {})", self.id, self.seq)
    }
}

// An operation's record, version 1. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 version  1
//      1    8 seq      of the commit that it was last done with
//      9    8 at       when it was last asked for with effect
//     17   16 request  derive_key("keycask 2026-11 request of an operation") over the request
//     33    1 tag      1 key, 2 owner, 3 realm, 4 swept, 5 resealed, 6 present, 7 confirmed,
//                      8 keys, 9 ended
//     34      what was done:
//           8 key id   1
//             profile  3: the one before; empty if the realm was new
//           4 keys     4: that were taken out
//           1 more     4: 1 if there may have been more, or 0
//           8 copies   5: that were sealed
//           8 present  6
//           4 count    8: of keys, then as many key ids of 8
//           8 keys     9: that were revoked
//           1 whole    9: 1 if those were all, or 0
// ```
//
// The request is a JSON object without spaces: the journey, the actor's name, and what is
// asked, members that are null left out, also of what is within.
const VERSION: u8 = 1;
const CONTEXT: &str = "keycask 2026-11 request of an operation";
const KEY: u8 = 1;
const OWNER: u8 = 2;
const REALM: u8 = 3;
const SWEPT: u8 = 4;
const RESEALED: u8 = 5;
const PRESENT: u8 = 6;
const CONFIRMED: u8 = 7;
const KEYS: u8 = 8;
const ENDED: u8 = 9;

impl OperationRecord {
    /// Tells requests apart: `journey`, as asked by `actor`, with what it asks for.
    pub(crate) fn digest(
        journey: &str,
        actor: &str,
        mut asked: Map<String, Value>,
    ) -> RequestDigest {
        asked.retain(|_, member| is_set(member));
        let mut request = Map::new();
        request.insert("journey".to_owned(), journey.into());
        request.insert("actor".to_owned(), actor.into());
        request.append(&mut asked);
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(Value::Object(request).to_string().as_bytes());
        hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// The value of the row, without its MAC.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.at.as_ms().to_le_bytes());
        out.extend_from_slice(&self.request);
        match &self.done {
            Done::Key(key) => {
                out.push(KEY);
                out.extend_from_slice(&key.bits().to_le_bytes());
            }
            Done::Keys(keys) => {
                out.push(KEYS);
                let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
                out.extend_from_slice(&count.to_le_bytes());
                out.extend(keys.iter().flat_map(|key| key.bits().to_le_bytes()));
            }
            Done::Owner => out.push(OWNER),
            Done::Realm(before) => {
                out.push(REALM);
                out.extend_from_slice(before.as_bytes());
            }
            Done::Swept(keys, more) => {
                out.push(SWEPT);
                out.extend_from_slice(&keys.to_le_bytes());
                out.push((*more).into());
            }
            Done::Resealed(copies) => {
                out.push(RESEALED);
                out.extend_from_slice(&copies.to_le_bytes());
            }
            Done::Confirmed => out.push(CONFIRMED),
            Done::Ended(keys, whole) => {
                out.push(ENDED);
                out.extend_from_slice(&keys.to_le_bytes());
                out.push((*whole).into());
            }
            Done::Present(present) => {
                out.push(PRESENT);
                out.extend_from_slice(&present.as_ms().to_le_bytes());
            }
        }
        out
    }

    /// The operation `id` whose row has this value.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it, `Corrupt` if none did.
    pub(crate) fn decode(id: &str, value: &[u8]) -> Result<Self> {
        let mut fields = Fields::new("operation", VERSION, value)?;
        let (seq, at) = (fields.u64()?, Timestamp::from_ms(fields.i64()?));
        let request = fields.array()?;
        let tag = fields.u8()?;
        let done = match tag {
            KEY => Done::Key(KeyId::from_bits(fields.u64()?)),
            KEYS => {
                let count = fields.u32()?;
                let key = |_| fields.u64().map(KeyId::from_bits);
                Done::Keys((0..count).map(key).collect::<Result<_>>()?)
            }
            OWNER => Done::Owner,
            REALM => {
                let before = std::str::from_utf8(fields.rest());
                let corrupt =
                    |_| Error::new(ErrorKind::Corrupt, "operation record: a profile is not UTF-8");
                let done = Done::Realm(before.map_err(corrupt)?.to_owned());
                return Ok(Self { id: id.to_owned(), seq, at, request, done });
            }
            SWEPT => {
                let keys = fields.u32()?;
                Done::Swept(keys, fields.flags(1)? == 1)
            }
            RESEALED => Done::Resealed(fields.u64()?),
            CONFIRMED => Done::Confirmed,
            ENDED => {
                let keys = fields.u64()?;
                Done::Ended(keys, fields.flags(1)? == 1)
            }
            PRESENT => Done::Present(Timestamp::from_ms(fields.i64()?)),
            _ => return Err(fields.corrupt(&format!("nothing that was done has tag {tag}"))),
        };
        fields.end()?;
        Ok(Self { id: id.to_owned(), seq, at, request, done })
    }
}

/// Whether there is anything; takes out of it what is not.
fn is_set(member: &mut Value) -> bool {
    match member {
        Value::Null => return false,
        Value::Array(members) => members.iter_mut().for_each(|member| _ = is_set(member)),
        Value::Object(members) => members.retain(|_, member| is_set(member)),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(done: Done) -> OperationRecord {
        let at = Timestamp::from_ms(-5);
        OperationRecord { id: "a".to_owned(), seq: 7, at, request: [9; 16], done }
    }

    #[test]
    fn an_operation_survives_its_row_and_no_shorter_or_longer_row_is_one() {
        let all = [
            Done::Key(KeyId::from_bits(77)),
            Done::Keys(vec![]),
            Done::Keys(vec![KeyId::from_bits(78), KeyId::from_bits(76)]),
            Done::Owner,
            Done::Swept(3, true),
            Done::Resealed(1 << 40),
            Done::Present(Timestamp::from_ms(8)),
            Done::Confirmed,
            Done::Ended(1 << 33, true),
            Done::Ended(1, false),
        ];
        for done in all {
            let row = record(done.clone()).encode();
            assert_eq!(OperationRecord::decode("a", &row).unwrap(), record(done));
            for cut in 0..row.len() {
                assert!(OperationRecord::decode("a", &row[..cut]).is_err(), "cut at {cut}");
            }
            let longer = [row.as_slice(), &[0]].concat();
            let refused = OperationRecord::decode("a", &longer).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Corrupt);
        }
        let realm = record(Done::Realm("realm = \"x\"".to_owned()));
        assert_eq!(OperationRecord::decode("a", &realm.encode()).unwrap(), realm);
    }

    #[test]
    fn an_operation_of_a_later_version_is_newer() {
        let mut row = record(Done::Owner).encode();
        row[0] = 2;
        assert_eq!(OperationRecord::decode("a", &row).unwrap_err().kind(), ErrorKind::Newer);
    }

    #[test]
    fn requests_differ_by_journey_actor_and_every_member_and_not_by_what_is_not_set() {
        let asked = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let digest = |j, a, text| OperationRecord::digest(j, a, asked(text));
        let one = digest("issue", "alice", r#"{"name":"x","end":null}"#);
        assert_eq!(one, digest("issue", "alice", r#"{"name":"x"}"#));
        assert_ne!(one, digest("rotate", "alice", r#"{"name":"x"}"#));
        assert_ne!(one, digest("issue", "bob", r#"{"name":"x"}"#));
        assert_ne!(one, digest("issue", "alice", r#"{"name":"y"}"#));
        assert_ne!(one, digest("issue", "alice", r#"{"name":"x","end":0}"#));
        let many = digest("issue", "alice", r#"{"specs":[{"name":"x","end":null},{}]}"#);
        assert_eq!(many, digest("issue", "alice", r#"{"specs":[{"name":"x"},{}]}"#));
        assert_ne!(many, digest("issue", "alice", r#"{"specs":[{"name":"x"}]}"#));
        assert_ne!(many, digest("issue", "alice", r#"{"specs":[{},{"name":"x"}]}"#));
    }
}
