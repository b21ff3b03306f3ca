//! Caps on active keys, counted in the transaction that makes a key active.
//!
//! An owner's places are the lineages of which some generation is active and unexpired: a
//! rotation takes no second place, and gives none up while the old key lives on in its
//! grace. Each path that makes a key active asks here: issue, resume, and an update that
//! gives an expired key a later end.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, ErrorKind, Result};
use crate::ids::KindRef;
use crate::key_id::KeyId;
use crate::realm::Realm;
use crate::record::{KeyRecord, OwnerRecord};
use crate::storage::View;
use crate::time::Timestamp;

/// The places of one owner, while one journey makes keys of it active. They are read when the
/// first cap asks for them.
pub(super) struct Places {
    /// What has expired by then stays so: the mark that the journey's commit records.
    mark: Timestamp,
    held: Option<Held>,
}

#[derive(Default)]
struct Held {
    lineages: HashSet<KeyId>,
    of_kind: HashMap<KindRef, u32>,
}

impl Held {
    fn put(&mut self, lineage: KeyId, kind: KindRef) {
        if self.lineages.insert(lineage) {
            let count = self.of_kind.entry(kind).or_default();
            *count = count.saturating_add(1);
        }
    }
}

impl Places {
    pub(super) const fn new(mark: Timestamp) -> Self {
        Self { mark, held: None }
    }

    /// Gives a place to `lineage`, of which a key of `kind` becomes active for `owner`. One
    /// that has a place needs no other. Refuses if a cap is reached.
    ///
    /// Gives the keys that are counted though they have expired, as they shall be written: not
    /// counted. A refusal writes nothing, so it leaves them; and one wild reading of the clock, by
    /// which they have expired for the moment, leaves them counted.
    pub(super) fn admit(
        &mut self,
        view: &View<'_>,
        realm: &Realm,
        kind: KindRef,
        owner: &OwnerRecord,
        lineage: KeyId,
        now: Timestamp,
    ) -> Result<Vec<KeyRecord>> {
        let (cap, cap_of_kind) = realm.caps(realm.plan_of(owner.plan.as_deref())?, kind);
        if cap.is_none() && cap_of_kind.is_none() {
            return Ok(Vec::new());
        }
        let mut taken_off = Vec::new();
        let held = match &mut self.held {
            Some(held) => held,
            none => {
                let mut held = Held::default();
                for record in view.counted_keys(owner.owner)? {
                    if record.end > now {
                        held.put(record.lineage, record.kind);
                    } else if record.end <= self.mark {
                        taken_off.push(KeyRecord { counted: false, ..record });
                    }
                }
                none.insert(held)
            }
        };
        if !held.lineages.contains(&lineage) {
            let all = u32::try_from(held.lineages.len()).unwrap_or(u32::MAX);
            let of_kind = held.of_kind.get(&kind).copied().unwrap_or(0);
            if let Some(cap) = cap.filter(|cap| all >= *cap) {
                return Err(refuse(owner, all, cap, ""));
            }
            if let Some(cap) = cap_of_kind.filter(|cap| of_kind >= *cap) {
                let kind = realm.kind_name(kind).unwrap_or_default();
                return Err(refuse(owner, of_kind, cap, &format!(" of kind {kind:?}")));
            }
            held.put(lineage, kind);
        }
        Ok(taken_off)
    }
}

fn refuse(owner: &OwnerRecord, held: u32, cap: u32, of: &str) -> Error {
    let owner = &owner.id;
    let keys = if held == 1 { "key" } else { "keys" };
    let why = format!("owner {owner:?}: has {held} active {keys}{of}; {cap} allowed");
    Error::new(ErrorKind::Cap, why)
}
