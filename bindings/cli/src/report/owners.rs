//! Owners, and those of them who have nearly as many active keys as their plan allows.

use std::collections::HashMap;

use keycask::{Filter, KeyId, KindRef, OwnerInfo, Realm, Result, State, Store};

use super::PAGE;
use super::keys::kinds;
use super::rows::Rows;

/// What was counted of all owners.
pub(super) struct Owners {
    pub(super) total: u64,
    pub(super) suspended: Rows,
    /// Owners with as many active lineages as they may have.
    pub(super) at_cap: Rows,
    /// Owners who have nine tenths of that, and not all.
    pub(super) near_cap: Rows,
}

const CAPPED: &[&str] = &["owner", "realm", "plan", "active keys", "cap", "of"];

/// The caps of a plan: on all kinds together, and on each.
type Caps = (Option<u32>, Vec<(KindRef, u32)>);

impl Owners {
    /// Looks at every owner, and at the keys of those whose plan has a cap.
    pub(super) fn look(store: &Store, most: usize) -> Result<Self> {
        let mut owners = Self {
            total: 0,
            suspended: Rows::new(&["owner", "realm", "plan"], most),
            at_cap: Rows::new(CAPPED, most),
            near_cap: Rows::new(CAPPED, most),
        };
        for realm in store.realms() {
            let mut caps = HashMap::new();
            let mut after: Option<String> = None;
            loop {
                let page = store.owners(realm.reference(), after.as_deref(), PAGE)?;
                let Some(last) = page.last() else { break };
                after = Some(last.id.clone());
                for owner in &page {
                    let caps = caps
                        .entry(owner.plan.clone())
                        .or_insert_with(|| caps_of(&realm, owner.plan.as_deref()));
                    owners.take(store, &realm, owner, caps)?;
                }
            }
        }
        Ok(owners)
    }

    fn take(&mut self, store: &Store, realm: &Realm, owner: &OwnerInfo, caps: &Caps) -> Result<()> {
        let plan = || owner.plan.clone().unwrap_or_default();
        self.total = self.total.saturating_add(1);
        if owner.suspended {
            self.suspended.add(|| vec![owner.id.clone(), realm.name().to_owned(), plan()]);
        }
        let (all, of_kinds) = caps;
        if all.is_none() && of_kinds.is_empty() {
            return Ok(());
        }
        let places = Places::of(store, owner)?;
        let of_all = all.map(|cap| (places.all(), cap, "all kinds"));
        let of_kinds = of_kinds.iter().map(|(kind, cap)| {
            (places.of_kind(*kind), *cap, realm.kind_name(*kind).unwrap_or_default())
        });
        for (held, cap, of) in of_all.into_iter().chain(of_kinds) {
            let rows = match held {
                held if held >= u64::from(cap) => &mut self.at_cap,
                held if held * 10 >= u64::from(cap) * 9 => &mut self.near_cap,
                _ => continue,
            };
            rows.add(|| {
                let (realm, of) = (realm.name().to_owned(), of.to_owned());
                vec![owner.id.clone(), realm, plan(), held.to_string(), cap.to_string(), of]
            });
        }
        Ok(())
    }
}

fn caps_of(realm: &Realm, plan: Option<&str>) -> Caps {
    let plan = realm.plan_of(plan).ok().flatten();
    let mut caps = (None, Vec::new());
    for kind in kinds(realm) {
        let (all, of_kind) = realm.caps(plan, kind);
        caps.0 = all;
        caps.1.extend(of_kind.map(|cap| (kind, cap)));
    }
    caps
}

/// The places of an owner: lineages of which some generation is active and has not expired, and
/// the kind of each.
struct Places(HashMap<KeyId, KindRef>);

impl Places {
    fn of(store: &Store, owner: &OwnerInfo) -> Result<Self> {
        let filter = Filter::new().realm(owner.realm).owner(&owner.id);
        let filter = filter.state(State::Active).expired(false);
        let (mut places, mut after) = (HashMap::new(), None);
        loop {
            let page = store.list(&filter, after, PAGE)?;
            places.extend(page.keys.iter().map(|key| (key.lineage, key.kind)));
            after = page.next;
            if after.is_none() {
                return Ok(Self(places));
            }
        }
    }

    fn all(&self) -> u64 {
        self.0.len() as u64
    }

    fn of_kind(&self, kind: KindRef) -> u64 {
        self.0.values().filter(|of| **of == kind).count() as u64
    }
}
