//! The realms of a store, as decisions read them.
//!
//! A change of profile swaps the whole table, so that a decision sees one profile or the
//! other and never half of each.

use std::collections::HashMap;
use std::sync::Arc;

use crate::entry::Idle;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, RealmRef};
use crate::index::Bind;
use crate::policy::Required;
use crate::realm::{Buckets, Kind, Profile, Realm, Rights};
use crate::record::{KeyRecord, RealmRecord};
use crate::request::Request;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A realm, and while its profile is being narrowed also what it shall be: then a key may do
/// no more than both allow.
#[derive(Clone)]
pub(super) struct Bound {
    pub realm: Arc<Realm>,
    beside: Option<Arc<Realm>>,
    /// Whether a decision needs the key's owner: for its rights, or for its plan's rates.
    pub reads_owner: bool,
}

impl Bound {
    fn new(realm: Arc<Realm>, beside: Option<Arc<Realm>>) -> Self {
        let inherits = |realm: &Realm| realm.kinds().iter().any(|k| k.rights != Rights::Key);
        let reads_owner = inherits(&realm)
            || beside.as_deref().is_some_and(inherits)
            || realm.plans().iter().any(|plan| !plan.rates.is_empty());
        Self { realm, beside, reads_owner }
    }

    /// `granted` and what it implies.
    fn expand(&self, granted: ScopeSet) -> ScopeSet {
        let scopes = self.realm.expand(granted);
        self.beside.as_ref().map_or(scopes, |beside| scopes & beside.expand(granted))
    }

    /// What a request needs for itself and for its method, by each profile that holds.
    pub(super) fn required(&self, scopes: ScopeSet, method: Option<&str>) -> Required {
        let Some(method) = method else { return Required::Scopes(scopes) };
        let required = Required::both(scopes, self.realm.required_for(method));
        match (required, &self.beside) {
            (Required::Scopes(scopes), Some(beside)) => {
                Required::both(scopes, beside.required_for(method))
            }
            (required, _) => required,
        }
    }

    /// Where the scopes of a key of this kind come from, if the realm has the kind.
    #[inline(always)]
    pub(super) fn rights(&self, number: KindRef) -> Option<Rights> {
        let kind = self.realm.kind(number)?;
        let beside = self.beside.as_ref().and_then(|beside| beside.kind(number));
        Some(match beside {
            Some(beside) if beside.rights != kind.rights => Rights::Both,
            _ => kind.rights,
        })
    }

    /// Whether a request accepts keys of this kind.
    #[inline(always)]
    pub(super) fn accepts(&self, kind: KindRef, request: &Request) -> bool {
        request.kinds.meets(self.realm.mask(kind))
    }

    /// Whether every record becomes the same entry under `other`.
    fn makes_like(&self, other: &Self) -> bool {
        let default = |bound: &Self| bound.realm.policy().default_plan.clone();
        let mut scopes = (0..=127).map(ScopeSet::single);
        let of_realm = |realm: &Arc<Realm>| (realm.policy().idle, realm.idle_since());
        let idle = |bound: &Self| {
            let realm = of_realm(&bound.realm);
            let beside = bound.beside.as_ref().map(of_realm);
            (realm, beside.filter(|beside| beside.0.is_some() && *beside != realm))
        };
        self.has_sides() == other.has_sides()
            && idle(self) == idle(other)
            && self.buckets() == other.buckets()
            && default(self) == default(other)
            && scopes.all(|scope| self.expand(scope) == other.expand(scope))
    }

    /// Whether keys of the realm have a side entry: for their meter or their last use.
    fn has_sides(&self) -> bool {
        self.realm.policy().usage || self.buckets().is_some()
    }

    /// Whose meters are charged, if any plan has rates.
    fn buckets(&self) -> Option<Buckets> {
        let realm = &self.realm;
        let rated = realm.plans().iter().any(|plan| !plan.rates.is_empty());
        rated.then_some(realm.policy().buckets)
    }

    /// For how long a key may stay unused by each profile that holds, if not for ever.
    fn idle(&self, record: &KeyRecord) -> Option<Idle> {
        let beside = self.beside.as_ref().and_then(|beside| record.idle(beside));
        match (record.idle(&self.realm), beside) {
            (Some(idle), Some(beside)) => Some(idle.shorter(beside)),
            (idle, beside) => idle.or(beside),
        }
    }
}

/// All realms of a store.
#[derive(Clone, Default)]
pub(super) struct Realms {
    /// By number.
    bound: Vec<Option<Bound>>,
    by_name: HashMap<String, RealmRef>,
    /// The realm of each kind, by the kind's number.
    of_kind: Vec<Option<RealmRef>>,
}

impl Realms {
    /// The realms that `records` describe.
    pub(super) fn new(records: &[RealmRecord]) -> Result<Self> {
        let mut realms = Self::default();
        for record in records {
            realms.put(record)?;
        }
        Ok(realms)
    }

    /// These realms with one that is new or changed.
    pub(super) fn with(&self, record: &RealmRecord) -> Result<Self> {
        let mut realms = self.clone();
        realms.put(record)?;
        Ok(realms)
    }

    /// These realms while one is on its way to become what `record` says: its keys may do no
    /// more than both profiles allow. A new realm is not there yet.
    pub(super) fn narrowed_by(&self, record: &RealmRecord) -> Result<Self> {
        let mut realms = self.clone();
        if let Some(slot) = realms.bound.get_mut(usize::from(record.realm.number()))
            && let Some(bound) = slot
        {
            *bound = Bound::new(Arc::clone(&bound.realm), Some(Arc::new(bind(record)?)));
        }
        Ok(realms)
    }

    fn put(&mut self, record: &RealmRecord) -> Result<()> {
        let realm = Arc::new(bind(record)?);
        for kind in &record.kinds {
            set(&mut self.of_kind, kind.kind.number(), record.realm);
        }
        self.by_name.insert(record.name.clone(), record.realm);
        set(&mut self.bound, record.realm.number(), Bound::new(realm, None));
        Ok(())
    }

    /// The realm `realm`.
    pub(super) fn get(&self, realm: RealmRef) -> Result<&Bound> {
        let bound = self.bound.get(usize::from(realm.number()));
        bound.and_then(Option::as_ref).ok_or_else(|| unknown(realm))
    }

    /// The realm called `name`.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Realm>> {
        Some(&self.get(*self.by_name.get(name)?).ok()?.realm)
    }

    /// A kind and its realm.
    pub(super) fn of_kind(&self, kind: KindRef) -> Result<(&Realm, &Kind)> {
        let missing = || {
            let why = format!("kind number {}: no profile has it", kind.number());
            Error::new(ErrorKind::Corrupt, why)
        };
        let realm = &self.get(self.realm_of(kind).ok_or_else(missing)?)?.realm;
        Ok((realm, realm.kind(kind).ok_or_else(missing)?))
    }

    /// All realms by number.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Realm>> {
        self.bound.iter().flatten().map(|bound| &bound.realm)
    }

    /// All kinds by number, each with its realm.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&Realm, KindRef)> {
        let numbered = (0..=u16::MAX).map(KindRef::new).zip(&self.of_kind);
        numbered.filter_map(|(kind, realm)| Some((&*self.get((*realm)?).ok()?.realm, kind)))
    }

    fn bound_of_kind(&self, kind: KindRef) -> Option<&Bound> {
        self.get(self.realm_of(kind)?).ok()
    }

    /// The realm of a kind.
    pub(super) fn realm_of(&self, kind: KindRef) -> Option<RealmRef> {
        self.of_kind.get(usize::from(kind.number())).copied().flatten()
    }

    /// The realms of which some entry differs from what `other` makes of it.
    pub(super) fn differing(&self, other: &Self) -> impl Iterator<Item = RealmRef> {
        self.bound.iter().flatten().filter_map(|bound| {
            let realm = bound.realm.reference();
            let before = other.get(realm).ok()?;
            (!bound.makes_like(before)).then_some(realm)
        })
    }
}

impl Bind for Realms {
    fn expand(&self, kind: KindRef, granted: ScopeSet) -> ScopeSet {
        self.bound_of_kind(kind).map_or(ScopeSet::empty(), |bound| bound.expand(granted))
    }

    fn expand_owner(&self, realm: RealmRef, direct: ScopeSet) -> ScopeSet {
        self.get(realm).map_or(ScopeSet::empty(), |bound| bound.expand(direct))
    }

    fn plan_number(&self, realm: RealmRef, plan: Option<&str>) -> Option<u8> {
        self.get(realm).ok()?.realm.plan_of(plan).ok()?
    }

    fn idle(&self, record: &KeyRecord) -> Option<Idle> {
        self.bound_of_kind(record.kind)?.idle(record)
    }

    fn needs_side(&self, record: &KeyRecord) -> bool {
        record.parts.quota.is_some()
            || self.bound_of_kind(record.kind).is_some_and(Bound::has_sides)
    }

    fn meters_lineages(&self, kind: KindRef) -> bool {
        self.bound_of_kind(kind).and_then(Bound::buckets) == Some(Buckets::Lineage)
    }

    fn meters_owners(&self, realm: RealmRef) -> bool {
        self.get(realm).ok().and_then(Bound::buckets) == Some(Buckets::Owner)
    }
}

/// The realm that a record describes.
pub(super) fn bind(record: &RealmRecord) -> Result<Realm> {
    let profile = Profile::parse(&record.name, &record.profile)?;
    let kinds: Vec<_> = record.kinds.iter().map(|k| (k.kind, k.name.clone())).collect();
    let realm = Realm::bind(record.realm, profile, &record.scopes, &kinds, &record.plans)?;
    let [idle, usage] =
        [record.idle_since, record.use_kept_since()].map(|at| at.unwrap_or(Timestamp::EPOCH));
    Ok(realm.counting_from(idle, usage))
}

/// Puts `value` at place `number` of a table that grows as needed.
fn set<T>(table: &mut Vec<Option<T>>, number: u16, value: T) {
    let at = usize::from(number);
    if table.len() <= at {
        table.resize_with(at.saturating_add(1), || None);
    }
    if let Some(place) = table.get_mut(at) {
        *place = Some(value);
    }
}

#[cold]
fn unknown(realm: RealmRef) -> Error {
    let why = format!("realm number {}: this store has none", realm.number());
    Error::new(ErrorKind::NotFound, why)
}
