//! A realm: where a key is valid, with its kinds, scopes, plans, policy and answers.
//!
//! A [`Profile`] is what the TOML says. A [`Realm`] is a profile bound to the numbers that a
//! store gave to the names in it; it does not change, a changed profile is bound anew. What a
//! decision asks of it costs no hashing and no allocation.

mod answers;
mod change;
mod fields;
mod json;
mod kind;
mod levels;
mod methods;
mod names;
mod plan;
mod policy;
mod profile;
mod registry;
mod scopes;
mod source;
mod template;

use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, RealmRef};
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token::{Carriers, Grammar};

pub(crate) use answers::{Answers, Outcome, is_header_value};
pub use change::{Effect, KindChange, RealmChange, ScopeChange};
pub(crate) use fields::{differing, fields};
pub use kind::{Kind, KindSet, Rights};
pub use methods::MethodNeed;
pub use plan::{Plan, Window};
pub use policy::{Buckets, IDLE_LEAST, Policy};
pub(crate) use profile::Profile;
pub(crate) use registry::new_names;
pub use scopes::{NamedSet, Scope};
pub(crate) use template::{Placeholder, TextTemplate, Value};

use registry::KindTable;
use scopes::ScopeTable;

/// A realm of a store, as its profile describes it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// let profile = store.profile(realm)?;
/// assert_eq!(profile.name(), "seogeo");
/// let needed = profile.scope_set(["projects:read"])?;
/// assert_eq!(profile.scope_names(needed), ["projects:read"]);
/// assert!(profile.scope_set(["projects:fly"]).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Realm {
    reference: RealmRef,
    profile: Profile,
    kinds: KindTable,
    scopes: ScopeTable,
    /// Places of the plans in the profile, by number.
    plans: Vec<Option<usize>>,
    idle_since: Timestamp,
    usage_since: Timestamp,
}

impl Realm {
    /// Binds `profile` to the numbers of its realm: scope names by bit, kinds in the order in
    /// which they got their numbers, plan names by number; all with those that the profile no
    /// longer has.
    ///
    /// # Errors
    ///
    /// `Internal` if a scope, kind or plan of the profile has no number, or there are more names
    /// than numbers: [`new_names`] tells which to number first.
    pub(crate) fn bind(
        reference: RealmRef,
        profile: Profile,
        scope_names: &[String],
        kinds: &[(KindRef, String)],
        plans: &[String],
    ) -> Result<Self> {
        let kind_names: Vec<&str> = kinds.iter().map(|(_, name)| name.as_str()).collect();
        let unbound = new_names(&profile, scope_names, &kind_names, plans)?;
        let mut names = unbound.scopes.iter().chain(&unbound.kinds).chain(&unbound.plans);
        if let Some(name) = names.next() {
            return Err(Error::new(ErrorKind::Internal, format!("{name:?} has no number")));
        }
        let scopes = ScopeTable::new(scope_names, &profile.scopes)
            .map_err(|clash| Error::new(ErrorKind::Internal, clash.to_string()))?;
        let kinds = KindTable::new(&profile.kinds, kinds);
        let place = |name: &String| profile.plans.iter().position(|plan| plan.name == *name);
        let plans = plans.iter().map(place).collect();
        let [idle_since, usage_since] = [Timestamp::EPOCH; 2];
        Ok(Self { reference, profile, kinds, scopes, plans, idle_since, usage_since })
    }

    /// The same with keys that may stay unused as long as its policy says, counted from `idle`
    /// at the earliest, and whose use is kept since `usage`, if it is.
    pub(crate) fn counting_from(self, idle: Timestamp, usage: Timestamp) -> Self {
        Self { idle_since: idle, usage_since: usage, ..self }
    }

    /// From when on it counts that a key is unused, at the earliest.
    pub(crate) const fn idle_since(&self) -> Timestamp {
        self.idle_since
    }

    /// Since when the use of all its keys is kept; none if it is not.
    pub(crate) fn usage_since(&self) -> Option<Timestamp> {
        self.profile.policy.keeps_use().then_some(self.usage_since)
    }

    /// The realm's number in its store.
    #[must_use]
    pub const fn reference(&self) -> RealmRef {
        self.reference
    }

    /// The realm's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// The realm's name for people: its title, else its name.
    #[must_use]
    pub fn title(&self) -> &str {
        self.profile.title.as_deref().unwrap_or(&self.profile.name)
    }

    /// The kinds, in the profile's order.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.profile.kinds
    }

    /// The kind with this number, if it is one of the realm that its profile still has.
    #[must_use]
    #[inline]
    pub fn kind(&self, kind: KindRef) -> Option<&Kind> {
        self.profile.kinds.get(self.kinds.position(kind)?)
    }

    /// The set that holds only this kind; empty for a kind that is not the realm's.
    #[must_use]
    #[inline]
    pub fn mask(&self, kind: KindRef) -> KindSet {
        self.kinds.mask(kind)
    }

    /// The name of a kind, also of one that the profile no longer has.
    #[must_use]
    pub fn kind_name(&self, kind: KindRef) -> Option<&str> {
        self.kinds.name(kind)
    }

    /// The number of the kind `name`, and the kind.
    ///
    /// # Errors
    ///
    /// `NotFound` if the profile has none of this name.
    pub fn kind_named(&self, name: &str) -> Result<(KindRef, &Kind)> {
        let found = self.profile.kinds.iter().find(|kind| kind.name == name);
        let bound = found.and_then(|kind| Some((self.kinds.number(name)?, kind)));
        bound.ok_or_else(|| self.no("kind", name))
    }

    /// The set of the kinds with these names.
    ///
    /// # Errors
    ///
    /// `NotFound` for a name that the profile has not.
    pub fn kind_set<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Result<KindSet> {
        names.into_iter().try_fold(KindSet::NONE, |set, name| {
            let (kind, _) = self.kind_named(name.as_ref())?;
            Ok(set.union(self.mask(kind)))
        })
    }

    /// The scopes, in the profile's order.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.profile.scopes
    }

    /// The set of the scopes with these names, without what they imply.
    ///
    /// # Errors
    ///
    /// `NotFound` for a name that the profile has not.
    pub fn scope_set<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Result<ScopeSet> {
        names.into_iter().try_fold(ScopeSet::empty(), |set, name| {
            let name = name.as_ref();
            let bit = self.scopes.bit(name).ok_or_else(|| self.no("scope", name))?;
            Ok(set.union(ScopeSet::single(bit)))
        })
    }

    /// The names of the scopes in `set`, in the order in which they got their bits; also of
    /// those that the profile no longer has.
    #[must_use]
    pub fn scope_names(&self, set: ScopeSet) -> Vec<&str> {
        self.scopes.names(set).collect()
    }

    /// The scopes that the profile has.
    #[must_use]
    pub const fn all_scopes(&self) -> ScopeSet {
        self.scopes.live()
    }

    /// `set` and all that its scopes imply, directly and through others.
    #[must_use]
    pub fn expand(&self, set: ScopeSet) -> ScopeSet {
        self.scopes.expand(set)
    }

    /// What a request needs because of its HTTP method.
    #[must_use]
    pub fn required_for(&self, method: &str) -> MethodNeed {
        self.scopes.methods().need(method)
    }

    /// The named sets of scopes, in the profile's order.
    #[must_use]
    pub fn sets(&self) -> &[NamedSet] {
        &self.profile.sets
    }

    /// The scopes of the set `name`, without what they imply.
    ///
    /// # Errors
    ///
    /// `NotFound` if the profile has none of this name.
    pub fn set_named(&self, name: &str) -> Result<ScopeSet> {
        let set = self.profile.sets.iter().find(|set| set.name == name);
        self.scope_set(&set.ok_or_else(|| self.no("set", name))?.scopes)
    }

    /// The plans, in the profile's order.
    #[must_use]
    pub fn plans(&self) -> &[Plan] {
        &self.profile.plans
    }

    /// The plan with this number.
    #[must_use]
    pub fn plan(&self, number: u8) -> Option<&Plan> {
        let place = self.plans.get(usize::from(number)).copied().flatten()?;
        self.profile.plans.get(place)
    }

    /// The number of the plan `name`, and the plan.
    ///
    /// # Errors
    ///
    /// `NotFound` if the profile has none of this name.
    pub fn plan_named(&self, name: &str) -> Result<(u8, &Plan)> {
        let mut numbered = (0..=u8::MAX).filter_map(|number| Some((number, self.plan(number)?)));
        numbered.find(|(_, plan)| plan.name == name).ok_or_else(|| self.no("plan", name))
    }

    /// The number of the plan of an owner that was given the plan `name`, or none: then the
    /// default plan's, if the policy has one.
    ///
    /// # Errors
    ///
    /// `NotFound` if the profile has none of this name.
    pub fn plan_of(&self, name: Option<&str>) -> Result<Option<u8>> {
        let name = name.or(self.profile.policy.default_plan.as_deref());
        name.map(|name| self.plan_named(name).map(|(number, _)| number)).transpose()
    }

    /// How many active keys an owner on a plan can have: in all, and of one kind. `None` is
    /// without limit.
    #[must_use]
    pub fn caps(&self, plan: Option<u8>, kind: KindRef) -> (Option<u32>, Option<u32>) {
        let plan = plan.and_then(|number| self.plan(number));
        let Some(kind) = self.kind(kind) else { return (Some(0), Some(0)) };
        let by_plan = plan.and_then(|plan| plan.active_of(&kind.name));
        let of_kind = kind.active.into_iter().chain(by_plan).min();
        (plan.and_then(|plan| plan.active), of_kind)
    }

    /// What the realm allows over the life of a key.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.profile.policy
    }

    /// How the realm's tokens are spelled.
    #[must_use]
    pub(crate) const fn grammar(&self) -> &Grammar {
        &self.profile.grammar
    }

    /// Where requests carry the realm's tokens.
    #[must_use]
    pub(crate) const fn carriers(&self) -> &Carriers {
        &self.profile.carriers
    }

    /// What outsiders are told.
    #[must_use]
    pub(crate) const fn answers(&self) -> &Answers {
        &self.profile.answers
    }

    /// The authentication scheme of a challenge: that of the first accepted header, or
    /// `ApiKey` if it has none.
    #[must_use]
    pub(crate) fn challenge_scheme(&self) -> &str {
        let first = self.profile.carriers.accepted().first();
        first.and_then(|carrier| carrier.scheme()).unwrap_or("ApiKey")
    }

    /// The profile that was bound.
    #[must_use]
    pub(crate) const fn profile(&self) -> &Profile {
        &self.profile
    }

    #[cold]
    fn no(&self, what: &str, name: &str) -> Error {
        let realm = self.name();
        let why = format!("{what} {name:?}: realm {realm:?} has none of this name");
        Error::new(ErrorKind::NotFound, why)
    }
}

#[cfg(test)]
mod tests;
