//! A stored owner.

use super::fields::{Fields, put_text};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::scope::ScopeSet;

/// An owner as the file keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnerRecord {
    pub owner: OwnerRef,
    pub realm: RealmRef,
    /// The application's own id: 1 to 128 bytes.
    pub id: String,
    /// Name of a plan of the realm's profile.
    pub plan: Option<String>,
    pub suspended: bool,
    /// Scopes that the owner has itself, as given.
    pub direct: ScopeSet,
    /// Scopes that the owner has through groups. No key inherits them.
    pub group: ScopeSet,
}

// An owner's record, version 1. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 version  1
//      1    1 flags    bit 0 suspended, bit 1 has a plan
//      2    2 realm
//      4   16 direct   bit n is scope number n
//     20   16 group    likewise
//     36    2 length of the id, then the id
//           2 length of the plan, then the plan; 0 if there is none
// ```
const VERSION: u8 = 1;
const SUSPENDED: u8 = 1;
const HAS_PLAN: u8 = 2;

impl OwnerRecord {
    /// Longest id of an owner in bytes; the shortest has one.
    pub(crate) const ID_MAX: usize = 128;

    /// Longest name of a plan in bytes.
    pub(crate) const PLAN_MAX: usize = 64;

    /// The value of the owner's row, without the row's MAC.
    ///
    /// # Errors
    ///
    /// `Argument` if the id is empty, or a text is over its limit.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        if self.id.is_empty() {
            return Err(Error::new(ErrorKind::Argument, "owner id: empty, at least 1 byte"));
        }
        let mut flags = if self.suspended { SUSPENDED } else { 0 };
        flags |= if self.plan.is_some() { HAS_PLAN } else { 0 };
        let mut out = vec![VERSION, flags];
        out.extend_from_slice(&self.realm.number().to_le_bytes());
        out.extend_from_slice(&self.direct.bits().to_le_bytes());
        out.extend_from_slice(&self.group.bits().to_le_bytes());
        put_text(&mut out, "owner id", &self.id, Self::ID_MAX)?;
        put_text(&mut out, "plan", self.plan.as_deref().unwrap_or(""), Self::PLAN_MAX)?;
        Ok(out)
    }

    /// The record of `owner` whose row has this value.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote it, `Corrupt` if none did.
    pub(crate) fn decode(owner: OwnerRef, bytes: &[u8]) -> Result<Self> {
        let mut fields = Fields::new("owner", VERSION, bytes)?;
        let flags = fields.flags(SUSPENDED | HAS_PLAN)?;
        let realm = RealmRef::new(fields.u16()?);
        let direct = ScopeSet::from_bits_retain(fields.u128()?);
        let group = ScopeSet::from_bits_retain(fields.u128()?);
        let id = fields.text("id", Self::ID_MAX)?;
        if id.is_empty() {
            return Err(fields.corrupt("its id is empty"));
        }
        let plan = match (fields.text("plan", Self::PLAN_MAX)?, flags & HAS_PLAN != 0) {
            (plan, true) => Some(plan),
            (plan, false) if plan.is_empty() => None,
            _ => return Err(fields.corrupt("a plan stands where its flag says none")),
        };
        fields.end()?;
        Ok(Self { owner, realm, id, plan, suspended: flags & SUSPENDED != 0, direct, group })
    }
}
