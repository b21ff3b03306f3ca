//! What is shown of a realm: what its profile says, and what another would change.

use std::time::Duration;

use keycask::{
    Buckets, Effect, Kind, KindChange, NamedSet, Plan, Policy, Realm, RealmChange, Scope,
    ScopeChange, Window,
};
use serde_json::{Value, json};

use crate::output::Fields;
use crate::when::span;

/// A realm in few words.
pub(crate) fn realm(realm: &Realm) -> Fields {
    let names = |iter: &mut dyn Iterator<Item = &str>| json!(iter.collect::<Vec<_>>());
    Fields::new()
        .with("realm", realm.name())
        .with("title", realm.title())
        .with("kinds", names(&mut realm.kinds().iter().map(|kind| kind.name.as_str())))
        .with("scopes", names(&mut realm.scopes().iter().map(|scope| scope.name.as_str())))
        .with("sets", names(&mut realm.sets().iter().map(|set| set.name.as_str())))
        .with("plans", names(&mut realm.plans().iter().map(|plan| plan.name.as_str())))
}

/// All of a realm.
pub(crate) fn profile(realm: &Realm) -> Fields {
    Fields::new()
        .with("realm", realm.name())
        .with("title", realm.title())
        .with("kinds", kinds(realm))
        .with("scopes", scopes(realm))
        .with("sets", sets(realm))
        .with("plans", plans(realm))
        .with("policy", Value::from(policy(realm.policy())))
}

/// What a realm allows over the life of a key.
pub(crate) fn policy(policy: &Policy) -> Fields {
    let life = |life: Option<Duration>| life.map_or_else(|| "never".to_owned(), span);
    let buckets = match policy.buckets {
        Buckets::Owner => "owner",
        _ => "lineage",
    };
    Fields::new()
        .with("default_plan", policy.default_plan.as_deref())
        .with("default_life", life(policy.default_life))
        .with("longest_life", life(policy.longest_life))
        .with("default_grace", span(policy.default_grace))
        .with("longest_grace", span(policy.longest_grace))
        .with("rotate_after", policy.rotate_after.map(span))
        .with("suspend", policy.suspend)
        .with("tell_expired", policy.tell_expired)
        .with("buckets", buckets)
        .with("usage", policy.usage)
        .with("idle", policy.idle.map(span))
        .with("retain", span(policy.retain))
}

/// The kinds of a realm.
pub(crate) fn kinds(realm: &Realm) -> Vec<Fields> {
    let row = |kind: &Kind| {
        Fields::new()
            .with("kind", kind.name.as_str())
            .with("prefix", kind.shape.prefix())
            .with("body", kind.shape.body_len())
            .with("checksum", kind.shape.checksum().name())
            .with("environment", kind.environment.as_deref())
            .with("rights", kind.rights.name())
            .with("reveal", kind.reveal)
            .with("active", kind.active)
    };
    realm.kinds().iter().map(row).collect()
}

/// The scopes of a realm.
pub(crate) fn scopes(realm: &Realm) -> Vec<Fields> {
    let row = |scope: &Scope| {
        Fields::new()
            .with("scope", scope.name.as_str())
            .with("title", scope.title.as_deref())
            .with("tier", scope.tier.as_deref())
            .with("implies", scope.implies.as_slice())
            .with("methods", scope.methods.as_slice())
    };
    realm.scopes().iter().map(row).collect()
}

/// The named sets of scopes of a realm.
pub(crate) fn sets(realm: &Realm) -> Vec<Fields> {
    let row = |set: &NamedSet| {
        Fields::new()
            .with("set", set.name.as_str())
            .with("title", set.title.as_deref())
            .with("scopes", set.scopes.as_slice())
    };
    realm.sets().iter().map(row).collect()
}

/// A rate as a profile has it.
fn rate(window: &Window) -> String {
    let rate = format!("{} per {}", window.limit, span(Duration::from_millis(window.period_ms)));
    if window.burst == window.limit { rate } else { format!("{rate}, burst {}", window.burst) }
}

/// The plans of a realm.
pub(crate) fn plans(realm: &Realm) -> Vec<Fields> {
    let row = |plan: &Plan| {
        Fields::new()
            .with("plan", plan.name.as_str())
            .with("title", plan.title.as_deref())
            .with("active", plan.active)
            .with("kinds", plan.kinds.iter().cloned().collect::<Value>())
            .with("rates", plan.rates.iter().map(rate).collect::<Vec<_>>())
            .with("quota", plan.quota.map(|quota| quota.to_string()))
    };
    realm.plans().iter().map(row).collect()
}

/// What applying a profile changes.
pub(crate) fn change(change: &RealmChange) -> Fields {
    let kind = |kind: &KindChange| {
        json!({
            "name": kind.name,
            "fields": kind.fields,
            "reshaped": kind.reshaped,
            "rights": kind.rights.map(Effect::name),
        })
    };
    let scope = |scope: &ScopeChange| {
        json!({
            "name": scope.name,
            "implies_gained": scope.implies_gained,
            "implies_lost": scope.implies_lost,
            "methods_gained": scope.methods_gained,
            "methods_lost": scope.methods_lost,
        })
    };
    Fields::new()
        .with("realm", change.realm.as_str())
        .with("changed", !change.is_empty())
        .with("created", change.created)
        .with("widens", change.widens())
        .with("narrows", change.narrows())
        .with("kinds_added", change.kinds_added.as_slice())
        .with("kinds_removed", change.kinds_removed.as_slice())
        .with("kinds_changed", change.kinds_changed.iter().map(kind).collect::<Vec<_>>())
        .with("scopes_added", change.scopes_added.as_slice())
        .with("scopes_removed", change.scopes_removed.as_slice())
        .with("scopes_changed", change.scopes_changed.iter().map(scope).collect::<Vec<_>>())
        .with("plans_added", change.plans_added.as_slice())
        .with("plans_removed", change.plans_removed.as_slice())
        .with("plans_changed", change.plans_changed.as_slice())
        .with("sections", change.sections.as_slice())
}
