//! Caps on active keys, counted in the transaction that makes a key active.
//!
//! An owner's places are the lineages of which some generation is active and unexpired: a
//! rotation takes no second place, and gives none up while the old key lives on in its
//! grace. Each path that makes a key active asks here: issue, resume, and an update that
//! gives an expired key a later end.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::ids::KindRef;
use crate::key_id::KeyId;
use crate::realm::Realm;
use crate::record::{KeyRecord, OwnerRecord};
use crate::storage::View;
use crate::time::Timestamp;

/// Refuses to make a key of `kind` and `lineage` active for `owner` if a cap is reached. A
/// lineage that has a place needs no other.
///
/// Gives the keys that are counted though they have expired, as they shall be written: not
/// counted. A refusal writes nothing, so it leaves them.
pub(super) fn admit(
    view: &View<'_>,
    realm: &Realm,
    kind: KindRef,
    owner: &OwnerRecord,
    lineage: Option<KeyId>,
    now: Timestamp,
) -> Result<Vec<KeyRecord>> {
    let (cap, cap_of_kind) = realm.caps(realm.plan_of(owner.plan.as_deref())?, kind);
    if cap.is_none() && cap_of_kind.is_none() {
        return Ok(Vec::new());
    }
    let mut taken_off = Vec::new();
    let mut places: HashMap<KeyId, KindRef> = HashMap::new();
    for record in view.counted_keys(owner.owner)? {
        if record.end <= now {
            taken_off.push(KeyRecord { counted: false, ..record });
        } else {
            places.insert(record.lineage, record.kind);
        }
    }
    if lineage.is_some_and(|lineage| places.contains_key(&lineage)) {
        return Ok(taken_off);
    }
    let count = |held: usize| u32::try_from(held).unwrap_or(u32::MAX);
    let held = count(places.len());
    let held_of_kind = count(places.values().filter(|other| **other == kind).count());
    let refuse = |held: u32, cap: u32, of: &str| {
        let owner = &owner.id;
        let keys = if held == 1 { "key" } else { "keys" };
        let why = format!("owner {owner:?}: has {held} active {keys}{of}; {cap} allowed");
        Err(Error::new(ErrorKind::Cap, why))
    };
    match (cap, cap_of_kind) {
        (Some(cap), _) if held >= cap => refuse(held, cap, ""),
        (_, Some(cap)) if held_of_kind >= cap => {
            let kind = realm.kind_name(kind).unwrap_or_default();
            refuse(held_of_kind, cap, &format!(" of kind {kind:?}"))
        }
        _ => Ok(taken_off),
    }
}
