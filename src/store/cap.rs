//! Caps on active keys, counted in the transaction that makes a key active.
//!
//! An owner's places are its keys that are active, unexpired and not superseded, so that a
//! lineage counts once. Each path that makes a key active asks here: issue, resume, and an
//! update that gives an expired key a later end. A rotation hands its place on.

use crate::error::{Error, ErrorKind, Result};
use crate::ids::KindRef;
use crate::realm::Realm;
use crate::record::{KeyRecord, OwnerRecord};
use crate::storage::View;
use crate::time::Timestamp;

/// Refuses one more active key of `kind` for `owner` if a cap is reached.
///
/// Gives the keys that hold a place though they have expired, as they shall be written: off
/// their place. A refusal writes nothing, so it leaves them.
pub(super) fn admit(
    view: &View<'_>,
    realm: &Realm,
    kind: KindRef,
    owner: &OwnerRecord,
    now: Timestamp,
) -> Result<Vec<KeyRecord>> {
    let (cap, cap_of_kind) = realm.caps(realm.plan_of(owner.plan.as_deref())?, kind);
    if cap.is_none() && cap_of_kind.is_none() {
        return Ok(Vec::new());
    }
    let mut taken_off = Vec::new();
    let (mut held, mut held_of_kind) = (0_u32, 0_u32);
    for record in view.counted_keys(owner.owner)? {
        if record.end <= now {
            taken_off.push(KeyRecord { counted: false, ..record });
            continue;
        }
        held = held.saturating_add(1);
        if record.kind == kind {
            held_of_kind = held_of_kind.saturating_add(1);
        }
    }
    let refuse = |held: u32, cap: u32, of: &str| {
        let owner = &owner.id;
        let why = format!("owner {owner:?}: has {held} active keys{of}; {cap} are allowed");
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
