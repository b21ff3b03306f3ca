//! A stored realm.

use serde::{Deserialize, Serialize};

use super::fields::Fields;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, RealmRef};
use crate::time::Timestamp;

/// A realm as the file keeps it: its profile's text, and the numbers that were given to the
/// names in it. A number is never given again to another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RealmRecord {
    pub realm: RealmRef,
    pub name: String,
    /// The profile's TOML, as it was applied.
    pub profile: String,
    /// Scope names by bit. A name that the profile no longer has keeps its bit.
    pub scopes: Vec<String>,
    pub kinds: Vec<KindName>,
    /// Plan names by number. A name that the profile no longer has keeps its number.
    pub plans: Vec<String>,
    /// Since when its keys may not stay unused for ever; none if they may.
    pub idle_since: Option<Timestamp>,
    /// Since when the use of all its keys is kept; none if it is not.
    pub usage_since: Option<Timestamp>,
}

/// A kind's number in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KindName {
    pub kind: KindRef,
    pub name: String,
}

// A realm's record, version 1: the version byte, then a JSON object.
//
// ```text
// {"name": ..., "profile": ..., "scopes": [name, ...], "kinds": [[number, name], ...],
//  "plans": [name, ...], "idle_since": ..., "usage_since": ...}
// ```
//
// Moments are in milliseconds, and left out if there is none.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    profile: String,
    scopes: Vec<String>,
    kinds: Vec<(u16, String)>,
    plans: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idle_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage_since: Option<i64>,
}

impl RealmRecord {
    /// Since when the use of all its keys is kept, as far as is known.
    pub(crate) fn use_kept_since(&self) -> Option<Timestamp> {
        self.usage_since.or(self.idle_since)
    }

    /// The value of the realm's row, without the row's MAC.
    ///
    /// # Errors
    ///
    /// `Internal` if it cannot be written as JSON, which no value causes.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let body = Body {
            name: self.name.clone(),
            profile: self.profile.clone(),
            scopes: self.scopes.clone(),
            kinds: self.kinds.iter().map(|k| (k.kind.number(), k.name.clone())).collect(),
            plans: self.plans.clone(),
            idle_since: self.idle_since.map(Timestamp::as_ms),
            usage_since: self.usage_since.map(Timestamp::as_ms),
        };
        let mut out = vec![VERSION];
        serde_json::to_writer(&mut out, &body).map_err(|e| {
            Error::new(ErrorKind::Internal, format!("realm {:?} is no JSON: {e}", self.name))
        })?;
        Ok(out)
    }

    /// The record of `realm` whose row has this value.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it, `Corrupt` if none did.
    pub(crate) fn decode(realm: RealmRef, bytes: &[u8]) -> Result<Self> {
        let mut fields = Fields::new("realm", VERSION, bytes)?;
        let no_body = fields.corrupt("it is not the JSON object that it should be");
        let body: Body = serde_json::from_slice(fields.rest()).map_err(|_| no_body)?;
        let kinds = body.kinds.into_iter();
        Ok(Self {
            realm,
            name: body.name,
            profile: body.profile,
            scopes: body.scopes,
            kinds: kinds.map(|(n, name)| KindName { kind: KindRef::new(n), name }).collect(),
            plans: body.plans,
            idle_since: body.idle_since.map(Timestamp::from_ms),
            usage_since: body.usage_since.map(Timestamp::from_ms),
        })
    }
}
