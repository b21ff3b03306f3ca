//! Decisions that the host wants to see, and the queue that they wait in.
//!
//! A verify that is to be seen is a few words in a ring of fixed size: it takes no memory, waits
//! for nobody, and is dropped and counted when the ring is full. No word of it is secret: of a
//! token that is nobody's, nothing is kept at all.

mod note;
mod ring;
mod sample;

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::verdict::{GRANTED, OUTCOMES};

pub(crate) use note::Note;
pub(crate) use ring::Ring;
pub(crate) use sample::Sampler;

/// Which decisions are kept for [`Store::decisions`](crate::Store::decisions).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, dir, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::{Decisions, Request, Store};
///
/// let path = dir.path().join("watched.keycask");
/// let store = Store::options().decisions(Decisions::Denials).create(path)?;
/// store.apply_realm("seogeo.toml", include_str!(concat!(
///     env!("CARGO_MANIFEST_DIR"), "/profiles/seogeo.toml")), me)?;
/// let realm = store.realm("seogeo")?;
/// assert!(store.verify(realm, b"sg_live_none", &Request::new()).is_err());
/// assert_eq!(store.decisions(100).decisions[0].outcome, "malformed");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decisions {
    /// None: a verify asks one question more and that is all.
    #[default]
    Never,
    /// Every denial, and no grant.
    Denials,
    /// Every denial, and one grant of so many, drawn by chance. 1 is every grant, 0 is none.
    Sample(u32),
}

/// One decision as it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// When it was made, by the store's clock or as the request named it.
    pub at: Timestamp,
    /// The realm that decided.
    pub realm: RealmRef,
    /// `granted`, the [name](crate::Reason::name) of the reason of a denial, or `unpresented`.
    pub outcome: &'static str,
    /// The key, where the token is one's.
    pub key: Option<KeyId>,
    /// Where the request came from, if it said so.
    pub address: Option<IpAddr>,
    /// For `scope`: what the request needs and the key has not.
    pub missing: ScopeSet,
    /// For a grant: what the request needed, for itself and for its method.
    pub needed: ScopeSet,
}

impl Decision {
    /// Whether it was a grant.
    #[must_use]
    pub fn is_grant(&self) -> bool {
        self.outcome == OUTCOMES[GRANTED]
    }

    /// What the audit trail says of it.
    pub(crate) fn members(&self) -> Map<String, Value> {
        let members = json!({
            "at": self.at.to_string(),
            "outcome": self.outcome,
            "realm": self.realm.number(),
            "key_id": self.key.map(|key| key.to_string()),
            "address": self.address.map(|address| address.to_string()),
        });
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}
