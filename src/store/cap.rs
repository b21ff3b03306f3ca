//! Caps on active keys, counted in the transaction that makes a key active.
//!
//! An owner's places are its keys that are active, unexpired and not superseded, so that a
//! lineage counts once. Each path that makes a key active asks here: issue, resume, and an
//! update that gives an expired key a later end. A rotation hands its place on.

use crate::error::{Error, ErrorKind, Result};
use crate::realm::{Kind, Realm};
use crate::record::{KeyRecord, OwnerRecord};
use crate::storage::Rows;
use crate::time::Timestamp;

/// Refuses one more active key of `kind` for `owner` if a cap is reached.
///
/// Gives the keys that hold a place though they have expired, as they shall be written: off
/// their place. A refusal writes nothing, so it leaves them.
pub(super) fn admit(
    rows: &dyn Rows,
    realm: &Realm,
    kind: &Kind,
    owner: &OwnerRecord,
    now: Timestamp,
) -> Result<Vec<KeyRecord>> {
    let plan = realm.plan_of(owner.plan.as_deref());
    let all = plan.and_then(|plan| plan.active());
    let of_plan = plan.and_then(|plan| plan.active_of(kind));
    let of_kind = kind.active();
    if all.is_none() && of_plan.is_none() && of_kind.is_none() {
        return Ok(Vec::new());
    }
    let mut taken_off = Vec::new();
    let (mut held, mut held_of_kind) = (0_u32, 0_u32);
    for record in rows.places(owner.owner)? {
        let record = record?;
        if record.end <= now {
            taken_off.push(KeyRecord { counted: false, ..record });
            continue;
        }
        held = held.saturating_add(1);
        if record.kind == kind.number() {
            held_of_kind = held_of_kind.saturating_add(1);
        }
    }
    let plan_name = plan.map_or("", |plan| plan.name());
    let refuse = |cap: u32, what: &str| {
        let why = format!("owner {:?}: has {cap} active keys, as many as {what} allows", owner.id);
        Err(Error::new(ErrorKind::Cap, why))
    };
    match (all, of_plan, of_kind) {
        (Some(cap), _, _) if held >= cap => refuse(cap, &format!("plan {plan_name:?}")),
        (_, Some(cap), _) if held_of_kind >= cap => {
            refuse(cap, &format!("plan {plan_name:?} for kind {:?}", kind.name()))
        }
        (_, _, Some(cap)) if held_of_kind >= cap => {
            refuse(cap, &format!("kind {:?}", kind.name()))
        }
        _ => Ok(taken_off),
    }
}
