//! Realms and their profiles.

use std::sync::Arc;

use keycask::{Buckets, Effect, Plan, Policy, RealmChange, RuleFormat};
use pyo3::prelude::*;

use crate::actor::By;
use crate::record::Many;
use crate::stop::{Stop, argument};
use crate::store::{Store, not_known};
use crate::time::span;

struct Realm(Arc<keycask::Realm>);

shown!(Realm as Realm, |realm| {
    name: realm.0.name(),
    title: realm.0.title(),
    kinds: Many(realm.0.kinds().iter().map(Kind).collect()),
    scopes: Many(realm.0.scopes().iter().map(Scope).collect()),
    sets: Many(realm.0.sets().iter().map(NamedSet).collect()),
    plans: Many(realm.0.plans().iter().map(ShownPlan).collect()),
    policy: ShownPolicy(realm.0.policy()),
});

struct Kind<'a>(&'a keycask::Kind);

shown!(Kind<'_> as Kind, |kind| {
    name: &kind.0.name,
    prefix: kind.0.shape.prefix(),
    body_len: kind.0.shape.body_len(),
    checksum: kind.0.shape.checksum().name(),
    environment: kind.0.environment.as_deref(),
    rights: kind.0.rights.name(),
    reveal: kind.0.reveal,
    active: kind.0.active,
});

struct Scope<'a>(&'a keycask::Scope);

shown!(Scope<'_> as Scope, |scope| {
    name: &scope.0.name,
    title: scope.0.title.as_deref(),
    tier: scope.0.tier.as_deref(),
    implies: Many(scope.0.implies.iter().collect()),
    methods: Many(scope.0.methods.iter().collect()),
});

struct NamedSet<'a>(&'a keycask::NamedSet);

shown!(NamedSet<'_> as NamedSet, |set| {
    name: &set.0.name,
    title: set.0.title.as_deref(),
    scopes: Many(set.0.scopes.iter().collect()),
});

struct ShownPlan<'a>(&'a Plan);

shown!(ShownPlan<'_> as Plan, |plan| {
    name: &plan.0.name,
    title: plan.0.title.as_deref(),
    active: plan.0.active,
    kinds: Many(plan.0.kinds.iter().map(|(name, most)| (name, *most)).collect()),
    rates: Many(plan.0.rates.iter().map(Window).collect()),
    quota: plan.0.quota.map(|quota| quota.to_string()),
});

struct Window<'a>(&'a keycask::Window);

shown!(Window<'_> as Window, |window| {
    limit: window.0.limit,
    period: span(window.0.period_ms),
    burst: window.0.burst,
});

struct ShownPolicy<'a>(&'a Policy);

shown!(ShownPolicy<'_> as Policy, |policy| {
    default_plan: policy.0.default_plan.as_deref(),
    default_life: policy.0.default_life,
    longest_life: policy.0.longest_life,
    default_grace: policy.0.default_grace,
    longest_grace: policy.0.longest_grace,
    rotate_after: policy.0.rotate_after,
    suspend: policy.0.suspend,
    tell_expired: policy.0.tell_expired,
    buckets: buckets(policy.0.buckets)?,
    usage: policy.0.usage,
    idle: policy.0.idle,
    retain: policy.0.retain,
});

fn buckets(buckets: Buckets) -> Result<&'static str, Stop> {
    match buckets {
        Buckets::Lineage => Ok("lineage"),
        Buckets::Owner => Ok("owner"),
        _ => Err(not_known("buckets").into()),
    }
}

struct Change(RealmChange);

shown!(Change as RealmChange, |change| {
    widens: change.0.widens(),
    narrows: change.0.narrows(),
    realm: change.0.realm,
    created: change.0.created,
    kinds_added: Many(change.0.kinds_added),
    kinds_removed: Many(change.0.kinds_removed),
    kinds_changed: Many(change.0.kinds_changed.into_iter().map(KindChange).collect()),
    scopes_added: Many(change.0.scopes_added),
    scopes_removed: Many(change.0.scopes_removed),
    scopes_changed: Many(change.0.scopes_changed.into_iter().map(ScopeChange).collect()),
    plans_added: Many(change.0.plans_added),
    plans_removed: Many(change.0.plans_removed),
    plans_changed: Many(change.0.plans_changed),
    sections: Many(change.0.sections),
});

struct KindChange(keycask::KindChange);

shown!(KindChange as KindChange, |change| {
    name: change.0.name,
    fields: Many(change.0.fields),
    reshaped: change.0.reshaped,
    rights: change.0.rights.map(Effect::name),
});

struct ScopeChange(keycask::ScopeChange);

shown!(ScopeChange as ScopeChange, |change| {
    effect: change.0.effect().map(Effect::name),
    name: change.0.name,
    implies_gained: Many(change.0.implies_gained),
    implies_lost: Many(change.0.implies_lost),
    methods_gained: Many(change.0.methods_gained),
    methods_lost: Many(change.0.methods_lost),
});

#[pymethods]
impl Store {
    /// Makes the realm that the profile `toml` describes, or changes it, in one transaction.
    /// `source` names the text in messages: a file's path. Applying the same text again changes
    /// nothing.
    ///
    /// Raises `ProfileError` if the text is not a profile, naming source, line and field;
    /// `ConflictError` if keys or owners use what it no longer has; what any change raises.
    #[pyo3(signature = (source, toml, *, by))]
    fn apply_realm(
        &self,
        py: Python<'_>,
        source: &str,
        toml: &str,
        by: By,
    ) -> Result<Change, Stop> {
        self.disk(py, |store| store.apply_realm(source, toml, &by.0)).map(Change)
    }

    /// What `apply_realm` would change, or why it would refuse.
    ///
    /// Raises what `apply_realm` does, but for what a change does.
    fn compare_realm(&self, py: Python<'_>, source: &str, toml: &str) -> Result<Change, Stop> {
        self.disk(py, |store| store.compare_realm(source, toml)).map(Change)
    }

    /// The realm called `name`, as its profile says.
    ///
    /// Raises `NotFoundError` if there is none.
    fn realm(&self, name: &str) -> Result<Realm, Stop> {
        Ok(self.memory(|store| store.profile(store.realm(name)?))?.map(Realm)?)
    }

    /// All realms, in the order in which they were made.
    fn realms(&self) -> Result<Many<Realm>, Stop> {
        self.memory(|store| Many(store.realms().into_iter().map(Realm).collect()))
    }

    /// Rules by which another scanner finds the tokens of all realms, a file of them. `format`:
    /// "gitleaks", "trufflehog" or "github".
    ///
    /// Raises `ArgumentError` for another format.
    fn rules(&self, format: &str) -> Result<String, Stop> {
        let found = RuleFormat::ALL.into_iter().find(|known| known.name() == format);
        let Some(found) = found else {
            let names = RuleFormat::ALL.map(RuleFormat::name).join(", ");
            return Err(argument(format!("format {format:?}: want one of {names}")));
        };
        self.memory(|store| found.rules(store.realms().iter().map(|realm| &**realm)))
    }
}
